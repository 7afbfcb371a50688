package ledger

import (
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

// Source runs reads on one consistent state; a Ledger and every kv.Store are
// one.
type Source interface {
	View(fn func(kv.Reader) error) error
}

// Views reads the state. Every method is one short transaction, returns copies
// and is bounded. Whether this member's state is new enough to decide by is the
// caller's question to the cluster (D17).
type Views struct{ source Source }

// NewViews gives the views of a state.
func NewViews(s Source) Views { return Views{source: s} }

// MaxSlice bounds how many things one view returns.
const MaxSlice = 1024

func bounded(n int) int { return max(1, min(n, MaxSlice)) }

// view runs a read that gives one value.
func view[T any](v Views, fn func(kv.Reader) (T, error)) (value T, err error) {
	err = v.source.View(func(r kv.Reader) error {
		value, err = fn(r)
		return err
	})
	return value, err
}

// one reads a value that must be there.
func one[T any](v Views, in bucket, key []byte) (T, error) {
	return view(v, func(r kv.Reader) (T, error) {
		value, found, err := load[T](r, in, key)
		if err == nil && !found {
			err = fault.New(fault.NotFound, "ledger: read "+string(in), "", nil)
		}
		return value, err
	})
}

// list reads the values after a number, at most n.
func list[T any](v Views, in bucket, after uint64, n int) ([]T, error) {
	return view(v, func(r kv.Reader) (values []T, err error) {
		r.Ascend(in, number(after+1), func(key, raw []byte) bool {
			var value T
			if value, err = decode[T](in, key, raw); err != nil {
				return false
			}
			values = append(values, value)
			return len(values) < bounded(n)
		})
		return values, err
	})
}

// Cluster gives the identity and the public keys; never the index secret. Its
// zero value means: not initialized.
func (v Views) Cluster() (Cluster, error) {
	return view(v, func(r kv.Reader) (Cluster, error) {
		c, _, err := load[Cluster](r, inMeta, keyCluster)
		c.Secret = nil
		return c, err
	})
}

// StateHash gives the rolling hash and the applied index that it belongs to:
// members with equal indexes have equal hashes (I13).
func (v Views) StateHash() (index uint64, hash wire.Digest, err error) {
	err = v.source.View(func(r kv.Reader) (err error) {
		index, _, err = Applied(r)
		copy(hash[:], r.Get(inMeta, keyHash))
		return err
	})
	return index, hash, err
}

// Counts gives how many of each there are.
func (v Views) Counts() (Counts, error) {
	return view(v, func(r kv.Reader) (Counts, error) {
		c, _, err := load[counts](r, inMeta, keyCounts)
		return Counts(c), err
	})
}

// Counts says how many entries, cases and so on the state has numbered.
type Counts struct {
	Commits, Cases, Orders, Refused, Quarantine, Alarms, Openings, Deeds, Settlements, Leaves uint64
}

// Node gives a machine, fault.NotFound when none has the id.
func (v Views) Node(id wire.NodeID) (Node, error) { return one[Node](v, inNodes, id[:]) }

// Nodes gives all machines in the order of their ids, at most MaxSlice.
func (v Views) Nodes() ([]Node, error) {
	return view(v, func(r kv.Reader) (nodes []Node, err error) {
		r.Ascend(inNodes, nil, func(key, raw []byte) bool {
			var n Node
			if n, err = decode[Node](inNodes, key, raw); err == nil {
				nodes = append(nodes, n)
			}
			return err == nil && len(nodes) < MaxSlice
		})
		return nodes, err
	})
}

// Post gives a post and its active machine.
func (v Views) Post(id consular.PostID) (Post, error) { return one[Post](v, inPosts, postKey(id)) }

// Invitation gives an invitation by the hash of its secret.
func (v Views) Invitation(hash wire.Digest) (Invitation, error) {
	return one[Invitation](v, inInvites, hash[:])
}

// Cursor gives how far an incarnation is committed, and whether anything of it
// is: if not, the position is its genesis.
func (v Views) Cursor(node wire.NodeID, incarnation uint64) (at wire.Position, known bool, err error) {
	err = v.source.View(func(r kv.Reader) error {
		at, known, err = cursorOf(r, node, incarnation)
		return err
	})
	return at, known, err
}

// HashAt gives the hash that the state holds at a position, for the comparison
// at hello (D36); fault.NotFound above the cursor.
func (v Views) HashAt(node wire.NodeID, incarnation, seq uint64) (wire.Digest, error) {
	if seq == 0 {
		return wire.Genesis(node, incarnation).Hash, nil
	}
	return view(v, func(r kv.Reader) (wire.Digest, error) {
		held, err := placeAt(r, node, incarnation, seq)
		return held.hash, err
	})
}

func placeAt(r kv.Reader, node wire.NodeID, incarnation, seq uint64) (link, error) {
	held, found, err := loadLink(r, inPositions, positionKey(node, incarnation, seq))
	if err == nil && !found {
		err = fault.New(fault.NotFound, "ledger: read positions", "", nil)
	}
	return held, err
}

// Receipts gives the unsigned receipts that cover first to last, in order, at
// most MaxSlice: ask again from behind the last one. The state must hold the
// range.
func (v Views) Receipts(node wire.NodeID, incarnation, first, last uint64) ([]wire.Receipt, error) {
	if first == 0 || last < first {
		return nil, fault.New(fault.Invalid, "ledger: read ranges", "range", nil)
	}
	return view(v, func(r kv.Reader) ([]wire.Receipt, error) {
		at, _, err := cursorOf(r, node, incarnation)
		if err != nil {
			return nil, err
		}
		if last > at.Seq {
			return nil, fault.New(fault.NotFound, "ledger: read ranges", at.String(), nil)
		}
		return receipts(r, span{node: node, incarnation: incarnation, first: first, last: last})
	})
}

// Denylist gives all lines in the order of their subjects.
func (v Views) Denylist() ([]Denial, error) {
	return view(v, func(r kv.Reader) (lines []Denial, err error) {
		r.Ascend(inDenied, nil, func(key, raw []byte) bool {
			var d Denial
			if d, err = decode[Denial](inDenied, key, raw); err == nil {
				lines = append(lines, d)
			}
			return err == nil
		})
		return lines, err
	})
}

// Denied reports whether a subject (DeniedNode, DeniedSerial) is on the
// denylist.
func (v Views) Denied(subject string) (bool, error) {
	return view(v, func(r kv.Reader) (bool, error) {
		return r.Get(inDenied, []byte(subject)) != nil, nil
	})
}

// Quarantine gives the evidence of forks after a number.
func (v Views) Quarantine(after uint64, n int) ([]Quarantined, error) {
	return list[Quarantined](v, inQuarantine, after, n)
}

// Alarms gives the alarms after a number.
func (v Views) Alarms(after uint64, n int) ([]Alarm, error) {
	return list[Alarm](v, inAlarms, after, n)
}

// RefusedEntries gives the list of refused entries after a number.
func (v Views) RefusedEntries(after uint64, n int) ([]RefusedLine, error) {
	return list[RefusedLine](v, inRefused, after, n)
}

// Order gives an order by id.
func (v Views) Order(id uint64) (Order, error) { return one[Order](v, inOrders, number(id)) }

// OpenOrders gives the open orders of a kind, oldest first, at most n; those
// whose next attempt is later than now are left out.
func (v Views) OpenOrders(kind uint8, now int64, n int) ([]Order, error) {
	return view(v, func(r kv.Reader) (orders []Order, err error) {
		ascend(r, inOpen, within{prefix: []byte{kind}}, func(key, due []byte) bool {
			if int64(toNumber(due)) > now { //nolint:gosec // written from an int64
				return true
			}
			o, found, e := load[Order](r, inOrders, key[1:])
			if err = e; found {
				orders = append(orders, o)
			}
			return err == nil && len(orders) < bounded(n)
		})
		return orders, err
	})
}

// NoticeHead gives the cursor of a post's whole notice log.
func (v Views) NoticeHead(post consular.PostID) (wire.NoticeCursor, error) {
	return view(v, func(r kv.Reader) (wire.NoticeCursor, error) {
		c, _, err := load[Cluster](r, inMeta, keyCluster)
		if err != nil {
			return wire.NoticeCursor{}, err
		}
		return headOf(r, c.ID, post)
	})
}

// NoticesAfter gives the notices to a post that follow seq, at most n, and the
// cursor at seq that they follow: what wire.SealNotices signs. fault.Gap when
// the log is not that long.
func (v Views) NoticesAfter(post consular.PostID, seq uint64, n int) (after wire.NoticeCursor, raws [][]byte, err error) {
	err = v.source.View(func(r kv.Reader) error {
		after, err = noticeCursorAt(r, post, seq)
		if err != nil {
			return err
		}
		ascend(r, inNotices, within{prefix: postKey(post), from: number(seq + 1)}, func(_, value []byte) bool {
			var raw []byte
			if _, raw, err = splitNotice(value); err == nil {
				raws = append(raws, append([]byte(nil), raw...))
			}
			return err == nil && len(raws) < min(bounded(n), wire.MaxNoticesBatch)
		})
		return err
	})
	return after, raws, err
}

func noticeCursorAt(r kv.Reader, post consular.PostID, seq uint64) (wire.NoticeCursor, error) {
	if seq == 0 {
		c, _, err := load[Cluster](r, inMeta, keyCluster)
		return wire.NoticeGenesis(c.ID, post), err
	}
	value := r.Get(inNotices, noticeKey(post, seq))
	if value == nil {
		return wire.NoticeCursor{}, fault.New(fault.Gap, "ledger: read notices", string(post), nil)
	}
	hash, _, err := splitNotice(value)
	return wire.NoticeCursor{Seq: seq, Hash: hash}, err
}
