package journal

import (
	"encoding/binary"
	"hash/crc32"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

// Buckets of journal.db (DESIGN.md).
var (
	bucketMeta     = []byte("meta")
	bucketEntries  = []byte("entries")
	bucketRecords  = []byte("records")
	bucketImages   = []byte("images")
	bucketUnstored = []byte("unstored")
	bucketReceipts = []byte("receipts")
	bucketNotices  = []byte("notices")
	bucketRequests = []byte("requests")
	bucketWaiting  = []byte("waiting")
	bucketAside    = []byte("aside")

	keyIdentity = []byte("identity")
	keyState    = []byte("state")
)

// Identity says whose journal it is. It is written once, at creation.
type Identity struct {
	Node    wire.NodeID     `cbor:"1,keyasint"`
	Post    consular.PostID `cbor:"2,keyasint"`
	Cluster wire.ClusterID  `cbor:"3,keyasint"`
}

// Validate names the field that is missing, as fault.Invalid.
func (id Identity) Validate() error {
	const op = "journal: validate identity"
	switch {
	case id.Node.IsZero():
		return fault.New(fault.Invalid, op, "node", nil)
	case id.Cluster == wire.ClusterID{}:
		return fault.New(fault.Invalid, op, "cluster", nil)
	}
	return id.Post.Validate()
}

// State is the head of the journal and how far the hub has it. It changes in
// the transaction that makes it true.
type State struct {
	Head      wire.Position     `cbor:"1,keyasint"` // after the newest entry
	Receipted uint64            `cbor:"2,keyasint"` // last sequence of the head's incarnation under a stored receipt; <= Head.Seq
	Notices   wire.NoticeCursor `cbor:"3,keyasint"` // last notice stored
	Oldest    uint64            `cbor:"4,keyasint"` // first sequence whose body is held, 0 for none
}

// Create writes the identity and the head before the first entry. A store that
// has an identity is left as it is, if it is the same one.
func Create(w kv.Writer, id Identity, incarnation uint64) error {
	const op = "journal: create"
	switch held, err := readIdentity(w); {
	case fault.Is(err, fault.NotFound):
	case err != nil:
		return err
	case held != id:
		return fault.New(fault.Exists, op, "the journal belongs to node "+held.Node.String()+" of "+string(held.Post), nil)
	default:
		return nil
	}
	if err := id.Validate(); err != nil {
		return err
	}
	if incarnation == 0 {
		return fault.New(fault.Invalid, op, "incarnation", nil)
	}
	if err := w.Put(bucketMeta, keyIdentity, encodeHeld(id)); err != nil {
		return err
	}
	return putState(w, State{
		Head:    wire.Genesis(id.Node, incarnation),
		Notices: wire.NoticeGenesis(id.Cluster, id.Post),
	})
}

func readIdentity(r kv.Reader) (Identity, error) {
	return readMeta[Identity](r, "journal: read identity", keyIdentity)
}

func readState(r kv.Reader) (State, error) {
	return readMeta[State](r, "journal: read state", keyState)
}

func readMeta[T any](r kv.Reader, op string, key []byte) (T, error) {
	raw := r.Get(bucketMeta, key)
	if raw == nil {
		var none T
		return none, fault.New(fault.NotFound, op, "this node has not joined", nil)
	}
	return decodeHeld[T](op, string(key), raw)
}

// checksum is CRC-32C, which a disk's flipped bit does not pass.
var checksum = crc32.MakeTable(crc32.Castagnoli)

const checksumSize = 4

// encodeHeld gives the bytes of a value of ours that no hash chain covers: CBOR
// and its checksum (D5).
func encodeHeld(v any) []byte {
	raw := wire.Marshal(v)
	return binary.BigEndian.AppendUint32(raw, crc32.Checksum(raw, checksum))
}

// decodeHeld reads a value that this package wrote: what does not agree with its
// checksum, or does not decode, is damage and not somebody's input.
func decodeHeld[T any](op, subject string, raw []byte) (T, error) {
	var v T
	n := len(raw) - checksumSize
	if n < 0 || crc32.Checksum(raw[:n], checksum) != binary.BigEndian.Uint32(raw[n:]) {
		return v, fault.New(fault.Corrupt, op, subject, nil)
	}
	if err := wire.Unmarshal(raw[:n], n, &v); err != nil {
		return v, fault.New(fault.Corrupt, op, subject, err)
	}
	return v, nil
}

// StateOf gives head and cursors of the journal in a store.
func StateOf(r kv.Reader) (State, error) { return readState(r) }

// ImageOf gives what the journal in a store knows of a bundle.
func ImageOf(r kv.Reader, digest wire.Digest) (Image, error) { return readImage(r, digest) }

func putState(w kv.Writer, s State) error { return w.Put(bucketMeta, keyState, encodeHeld(s)) }

const entryKeySize = 16

// entryKey orders entries by incarnation and sequence.
func entryKey(incarnation, seq uint64) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, incarnation), seq)
}

func parseEntryKey(key []byte) (incarnation, seq uint64, ok bool) {
	if len(key) != entryKeySize {
		return 0, 0, false
	}
	return binary.BigEndian.Uint64(key), binary.BigEndian.Uint64(key[8:]), true
}

func noticeKey(seq uint64) []byte { return binary.BigEndian.AppendUint64(nil, seq) }
