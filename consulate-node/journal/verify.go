package journal

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strconv"

	"jaliya/consulate-node/journal/mirror"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

// Report says what Verify proved.
type Report struct {
	Identity  Identity
	Head      wire.Position
	Entries   uint64 // chain links proved from the genesis on
	Receipts  uint64 // receipts whose signature and range were proved
	Receipted uint64 // last sequence under a proved receipt
	Notices   uint64
	Requests  uint64
	Images    uint64 // bundles named by entries
	Missing   uint64 // of those, bundles not found beside the journal
	Away      uint64 // of those, bundles that only the hub ever had of what came back from it
	Chapters  uint64 // incarnations, the one that is written included
	Again     uint64 // entries that stand in a newer incarnation once more
	Stubs     uint64 // entries whose body was erased
	Aside     uint64 // entries that gave way to what came back from the hub
}

// Verify proves a journal offline: every link of every chain from its genesis,
// every body's digest, every receipt's signature against keys and its root
// against the chain, the notice chain to its cursor, that the indexes say what
// the entries say, and that every bundle that an entry names is there. path
// is journal.db itself, or a copy of it. A nil keys skips signatures of receipts.
func Verify(path string, keys wire.KeySet) (rep Report, err error) {
	store, err := kv.Open(path, kv.Options{ReadOnly: true})
	if err != nil {
		return rep, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	err = store.View(func(r kv.Reader) error {
		if rep, err = Check(r, keys); err != nil {
			return err
		}
		return countBundles(r, filepath.Dir(path), &rep)
	})
	return rep, err
}

// Check proves what an open store holds, without the bundles beside it; it is
// what Recover and crash tests ask. Damage is fault.Corrupt.
func Check(r kv.Reader, keys wire.KeySet) (Report, error) {
	var v verifier
	v.r, v.keys = r, keys
	var err error
	if v.rep.Identity, err = readIdentity(r); err != nil {
		return v.rep, err
	}
	if v.state, err = readState(r); err != nil {
		return v.rep, damaged("journal: verify", "state", err)
	}
	v.rep.Head = v.state.Head
	if v.list, err = readChapters(r); err != nil {
		return v.rep, err
	}
	for _, step := range []func() error{v.chapters, v.chains, v.ends, v.receipts, v.notices, v.indexes, v.aside} {
		if err := step(); err != nil {
			return v.rep, err
		}
	}
	return v.rep, nil
}

// verifier walks one consistent state.
type verifier struct {
	r     kv.Reader
	keys  wire.KeySet
	state State
	rep   Report
	named uint64 // images named by entries, counted for each entry
	heads map[uint64]wire.Position
	list  chapters
}

// each walks a bucket until check fails and says where.
func (v *verifier) each(bucket []byte, check func(key, value []byte) error) error {
	var failed error
	v.r.Ascend(bucket, nil, func(key, value []byte) bool {
		if err := check(key, value); err != nil {
			failed = fault.New(fault.Corrupt, "journal: verify "+string(bucket), place(key), err)
		}
		return failed == nil
	})
	return failed
}

// place names a key for people; record ids and digests stay bytes of their own
// bucket and are no secret.
func place(key []byte) string {
	if inc, seq, ok := parseEntryKey(key); ok {
		return strconv.FormatUint(inc, 16) + "/" + uitoa(seq)
	}
	return "key of " + strconv.Itoa(len(key)) + " bytes"
}

var (
	errKey     = errors.New("no such key is ever written")
	errChain   = errors.New("the chain is broken")
	errPlace   = errors.New("the header names another place")
	errForm    = errors.New("not the form that is written")
	errIndex   = errors.New("an index does not say what the entries say")
	errHead    = errors.New("the head is not the newest entry's")
	errReceipt = errors.New("the receipt is not for these entries")
)

// chains walks every incarnation from its genesis.
func (v *verifier) chains() error {
	v.heads = map[uint64]wire.Position{}
	if err := v.each(bucketEntries, v.link); err != nil {
		return err
	}
	want := v.state.Head
	head, begun := v.heads[want.Incarnation]
	if !begun {
		head = wire.Genesis(v.rep.Identity.Node, want.Incarnation)
	}
	if head != want {
		return fault.New(fault.Corrupt, "journal: verify head", want.String(), errHead)
	}
	return nil
}

func (v *verifier) link(key, value []byte) error {
	incarnation, seq, ok := parseEntryKey(key)
	if !ok {
		return errKey
	}
	at, begun := v.heads[incarnation]
	if !begun {
		at = wire.Genesis(v.rep.Identity.Node, incarnation)
	}
	hash, e, err := decodeStored(value)
	if err != nil {
		return err
	}
	h, err := e.CheckStub()
	if err != nil {
		return err
	}
	if at, err = at.NextOf(e); err != nil {
		return err
	}
	switch {
	case at.Seq != seq || at.Hash != hash:
		return errChain
	case h.Node != at.Node || h.Incarnation != incarnation || h.Seq != seq || h.Source != wire.SourceNode:
		return errPlace
	case !bytes.Equal(storedEntry(hash, e), value):
		return errForm
	}
	v.heads[incarnation] = at
	return v.counted(key, h, e)
}

// counted counts an entry that holds, and looks at what leads to it and at what
// it names.
func (v *verifier) counted(key []byte, h wire.Header, e wire.Entry) error {
	if v.list.order(h.Incarnation) < 0 {
		return errChapter
	}
	if err := v.indexed(h.Record, key); err != nil {
		return err
	}
	v.rep.Entries++
	if e.Stub() {
		v.rep.Stubs++
	}
	return v.images(h)
}

// images wants every bundle that a header names known, with its size.
func (v *verifier) images(h wire.Header) error {
	for _, image := range h.Images {
		i, err := readImage(v.r, image.Digest)
		if err != nil {
			return err
		}
		if i.Size != image.Size || !i.names(Place{Incarnation: h.Incarnation, Seq: h.Seq}) {
			return errIndex
		}
		v.named++
	}
	return nil
}

func (v *verifier) receipts() error {
	done := map[uint64]uint64{}
	err := v.each(bucketReceipts, func(key, value []byte) error {
		incarnation, last, ok := parseEntryKey(key)
		if !ok {
			return errKey
		}
		r, err := v.receipt(value)
		if err != nil {
			return err
		}
		if r.Incarnation != incarnation || r.Last != last || r.First > done[incarnation]+1 {
			return errReceipt
		}
		done[incarnation] = last
		v.rep.Receipts++
		return nil
	})
	if err != nil {
		return err
	}
	v.rep.Receipted = done[v.state.Head.Incarnation]
	if v.rep.Receipted != v.state.Receipted {
		return fault.New(fault.Corrupt, "journal: verify receipts", "receipted "+uitoa(v.state.Receipted), nil)
	}
	return nil
}

// receipt proves one receipt against the chain, which is proved already.
func (v *verifier) receipt(raw []byte) (wire.Receipt, error) {
	signed, err := wire.DecodeReceipt(raw)
	if err != nil {
		return wire.Receipt{}, err
	}
	r, err := v.open(signed)
	if err != nil {
		return r, err
	}
	id := v.rep.Identity
	if r.Node != id.Node || r.Cluster != id.Cluster || r.First == 0 || r.Last < r.First ||
		r.Last-r.First >= wire.MaxBatchEntries {
		return r, errReceipt
	}
	hashes, err := hashesOf(v.r, r)
	if err != nil {
		return r, err
	}
	if hashes[len(hashes)-1] != r.Head || wire.RootOf(hashes) != r.Root || !bytes.Equal(wire.Marshal(signed), raw) {
		return r, errReceipt
	}
	return r, nil
}

func (v *verifier) open(signed wire.SignedReceipt) (wire.Receipt, error) {
	if v.keys != nil {
		return signed.Verify(v.keys)
	}
	var r wire.Receipt
	err := wire.Unmarshal(signed.Raw, wire.MaxReceipt, &r)
	return r, err
}

func (v *verifier) notices() error {
	at := wire.NoticeGenesis(v.rep.Identity.Cluster, v.rep.Identity.Post)
	err := v.each(bucketNotices, func(key, value []byte) error {
		if at = at.Next(value); !bytes.Equal(key, noticeKey(at.Seq)) {
			return errKey
		}
		v.rep.Notices++
		return nil
	})
	if err != nil {
		return err
	}
	if at != v.state.Notices {
		return fault.New(fault.Corrupt, "journal: verify notices", "cursor "+uitoa(v.state.Notices.Seq), nil)
	}
	return nil
}

// VerifyMirror proves the mirror in dir as Verify proves a journal: every frame
// by its chain, then all that they make together, in a file of its own that is
// removed again, and that every image that an entry names lies beside it.
func VerifyMirror(dir string, keys wire.KeySet) (rep Report, err error) {
	const op = "journal: verify mirror"
	h, err := mirror.Find(dir)
	if err != nil {
		return rep, err
	}
	work, err := os.MkdirTemp("", "jaliya-mirror-*")
	if err != nil {
		return rep, fault.New(fault.Storage, op, "", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	err = h.Rebuild(filepath.Join(work, fileName), setMirror, func(r kv.Reader) error {
		if rep, err = Check(r, keys); err != nil {
			return err
		}
		if rep.Identity.Node != wire.NodeID(h.Node) {
			return fault.New(fault.Corrupt, op, "another node's", nil)
		}
		return countBundles(r, dir, &rep)
	})
	return rep, err
}
