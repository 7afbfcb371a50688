package ledger

import (
	"encoding/binary"
	"errors"
	"strconv"

	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

// Applied gives the index and term of the newest applied entry, zeros at first.
// It is fault.Corrupt when what is stored was damaged.
func Applied(r kv.Reader) (index, term uint64, err error) {
	raw := r.Get(inMeta, keyApplied)
	if raw == nil {
		return 0, 0, nil
	}
	raw, err = unguard(inMeta, keyApplied, raw)
	if err != nil || len(raw) != 16 {
		return 0, 0, fault.New(fault.Corrupt, "ledger: read applied index", "", err)
	}
	return toNumber(raw), toNumber(raw[8:]), nil
}

// setApplied goes forward only (D11.4).
func setApplied(w kv.Writer, index, term uint64) error {
	if have, _, err := Applied(w); err != nil || index <= have {
		return err
	}
	return w.Put(inMeta, keyApplied, guard(inMeta, keyApplied, numbers(index, term)))
}

// members gives the stored membership and the index of the entry that set it.
func members(r kv.Reader) (blob []byte, index uint64, err error) {
	raw := r.Get(inMeta, keyMembers)
	if raw == nil {
		return nil, 0, nil
	}
	raw, err = unguard(inMeta, keyMembers, raw)
	if err != nil || len(raw) < 8 {
		return nil, 0, fault.New(fault.Corrupt, "ledger: read membership", "", err)
	}
	return append([]byte(nil), raw[8:]...), toNumber(raw), nil
}

// setMembers goes forward only. The membership is not part of the state hash.
func setMembers(w kv.Writer, blob []byte, index uint64) error {
	if _, have, err := members(w); err != nil || index <= have {
		return err
	}
	raw := binary.BigEndian.AppendUint64(make([]byte, 0, 8+len(blob)+checkBytes), index)
	return w.Put(inMeta, keyMembers, guard(inMeta, keyMembers, append(raw, blob...)))
}

// maxTime keeps sums of times far from the end of an int64: the year 10889.
const maxTime = 1 << 48

// Apply applies one committed command. An index that is not above the applied
// one is skipped: the result is the zero Result (D11.2). What is wrong with a
// command is in the Result; an error comes from the store, and then nothing
// of the transaction may be committed.
func Apply(w kv.Writer, index, term uint64, data []byte) (Result, error) {
	if have, _, err := Applied(w); err != nil || index <= have {
		return Result{}, err
	}
	f := newFolding(w, index, term)
	result, err := applyCommand(&tx{w: f, index: index}, data)
	if err != nil {
		return Result{}, err
	}
	if err := f.finish(); err != nil {
		return Result{}, err
	}
	result.Index = index
	return result, setApplied(w, index, term)
}

func applyCommand(t *tx, data []byte) (Result, error) {
	c, err := Decode(data)
	if err != nil {
		r := refuse(fault.KindOf(err), "command does not decode")
		if len(data) > 0 {
			r.Kind = Kind(data[0])
		}
		return r, nil
	}
	if err := t.load(); err != nil {
		return Result{}, err
	}
	if t.time = c.when(); t.time <= 0 || t.time > maxTime {
		return Result{Kind: c.kind(), Fault: fault.Invalid, Text: "time"}, nil
	}
	if t.cluster.ID == (wire.ClusterID{}) && c.kind() != KindInit {
		return Result{Kind: c.kind(), Fault: fault.Unavailable, Text: "not initialized"}, nil
	}
	result, err := c.apply(t)
	if err != nil {
		return Result{}, err
	}
	result.Kind = c.kind()
	if result.Fault == 0 {
		if err := t.note(result.Kind, data); err != nil {
			return Result{}, err
		}
	}
	return result, t.close()
}

// tx is the application of one command.
type tx struct {
	w       *folding
	index   uint64
	time    int64 // of the command
	cluster Cluster
	counts  counts
	before  counts // as they were stored
	tally   tally
	officer wire.StaffID // who says the command inside an OfficerAct
}

// counts are the last numbers given; each series begins at 1.
type counts struct {
	Commits    uint64 `cbor:"1,keyasint"`
	Cases      uint64 `cbor:"2,keyasint"`
	Orders     uint64 `cbor:"3,keyasint"`
	Refused    uint64 `cbor:"4,keyasint"`
	Quarantine uint64 `cbor:"5,keyasint"`
	Alarms     uint64 `cbor:"6,keyasint"`
	Openings   uint64 `cbor:"7,keyasint,omitempty"`
	Deeds      uint64 `cbor:"40,keyasint,omitempty"`

	Settlements uint64 `cbor:"80,keyasint,omitempty"`
	Leaves      uint64 `cbor:"90,keyasint,omitempty"` // of the tree: how many there are
}

func (t *tx) load() (err error) {
	if t.cluster, _, err = load[Cluster](t.w, inMeta, keyCluster); err != nil {
		return err
	}
	if t.cluster.Feature > Feature {
		return tooOld(t.cluster)
	}
	t.counts, _, err = load[counts](t.w, inMeta, keyCounts)
	t.before = t.counts
	return err
}

// tooOld stops a member whose program is older than the cluster's feature
// level: it would decide otherwise than the others (D19).
func tooOld(c Cluster) error {
	return fault.New(fault.Unsupported, "ledger: apply command", "feature level "+strconv.FormatUint(uint64(c.Feature), 10),
		errors.New("this program is older than the cluster: upgrade it"))
}

func (t *tx) close() error {
	if err := t.storeTally(); err != nil {
		return err
	}
	if t.counts == t.before {
		return nil
	}
	return t.put(inMeta, keyCounts, t.counts)
}

func (t *tx) put(in bucket, key []byte, value any) error { return store(t.w, in, key, value) }

func (t *tx) putRaw(in bucket, key, value []byte) error { return t.w.Put(in, key, value) }

func (t *tx) delete(in bucket, key []byte) error { return t.w.Delete(in, key) }

// Alarm is something that people must look at; it is never overwritten.
type Alarm struct {
	Number uint64    `cbor:"1,keyasint"`
	Kind   AlarmKind `cbor:"2,keyasint"`
	Time   int64     `cbor:"3,keyasint"`
	Index  uint64    `cbor:"4,keyasint"`
	// Subject is a position, a node id or a case number, never a person.
	Subject string `cbor:"5,keyasint"`
}

// AlarmKind says what an alarm is about. Append-only.
type AlarmKind uint8

// The alarms.
const (
	AlarmFork  AlarmKind = 1 // a node has two histories: compare them, decide which machine is real
	AlarmClock AlarmKind = 2 // a time limit of a case passed: whoever acts next is late
)

func (t *tx) alarm(kind AlarmKind, subject string) error {
	t.counts.Alarms++
	a := Alarm{Number: t.counts.Alarms, Kind: kind, Time: t.time, Index: t.index, Subject: subject}
	return t.put(inAlarms, number(a.Number), a)
}
