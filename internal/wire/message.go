package wire

import (
	"encoding/binary"
	"math/bits"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
)

// History is what a node holds of one of its incarnations.
type History struct {
	_         struct{} `cbor:",toarray"`
	Oldest    uint64   // first sequence whose body is held, 0 for none
	Head      Position // after the newest entry
	Receipted uint64   // last sequence with a stored receipt
}

// MaxHistories bounds the incarnations that one hello may name.
const MaxHistories = 4

// Hello opens a control session: what the node holds.
type Hello struct {
	Lowest    uint8        `cbor:"1,keyasint"` // versions that the node reads
	Highest   uint8        `cbor:"2,keyasint"`
	Node      NodeID       `cbor:"3,keyasint"`
	Histories []History    `cbor:"4,keyasint"` // newest incarnation last
	Notices   NoticeCursor `cbor:"5,keyasint"`
	Time      int64        `cbor:"6,keyasint"`
	Software  string       `cbor:"7,keyasint"`
	Feature   uint32       `cbor:"8,keyasint,omitempty"` // level up to which the node's software hears the hub; 0 from one of before
	Log       uint64       `cbor:"9,keyasint,omitempty"` // leaves of the national log at the checkpoint that the node keeps
}

// Validate names the field of a hello that no honest node sends.
func (h Hello) Validate() error {
	const op = "wire: validate hello"
	switch {
	case h.Lowest == 0 || h.Highest < h.Lowest:
		return fault.New(fault.Invalid, op, "versions", nil)
	case h.Lowest > Version:
		return fault.New(fault.Unsupported, op, "version "+uitoa(uint64(h.Lowest)), nil)
	case h.Node.IsZero():
		return fault.New(fault.Invalid, op, "node", nil)
	case len(h.Histories) > MaxHistories:
		return fault.New(fault.TooLarge, op, "histories", nil)
	}
	seen := map[uint64]bool{}
	for _, one := range h.Histories {
		at := one.Head
		if at.Node != h.Node || at.Incarnation == 0 || at.Seq > MaxSeq || seen[at.Incarnation] {
			return fault.New(fault.Invalid, op, "histories", nil)
		}
		seen[at.Incarnation] = true
	}
	return nil
}

// Verdict is what the hub concludes about one history (SPEC.md section 8).
type Verdict uint8

// The verdicts. Each comment says what the node does next.
const (
	VerdictFollow  Verdict = 1 // send from the cursor on
	VerdictRestore Verdict = 2 // take your own entries back, then open a new incarnation
	VerdictNew     Verdict = 3 // nothing of this incarnation is here: send from 1
	VerdictReissue Verdict = 4 // people let you go on beside another history: open a new incarnation, re-issue what has no receipt
)

// Decision answers one history of a hello.
type Decision struct {
	_       struct{} `cbor:",toarray"`
	Verdict Verdict
	Cursor  Position // what the hub holds
}

// IntakeKey is a public key that visits are sealed to, by number.
type IntakeKey struct {
	_      struct{} `cbor:",toarray"`
	Number uint32
	Public []byte
}

// Welcome answers a hello: what the hub holds and what is to follow.
type Welcome struct {
	Version   uint8       `cbor:"1,keyasint"`
	Cluster   ClusterID   `cbor:"2,keyasint"`
	Session   uint64      `cbor:"3,keyasint"`
	Decisions []Decision  `cbor:"4,keyasint"` // one for each history, in order
	Time      int64       `cbor:"5,keyasint"`
	Receipts  [][]byte    `cbor:"6,keyasint"` // Ed25519 public keys of receipts and notices
	Intake    []IntakeKey `cbor:"7,keyasint"` // newest last
	Feature   uint32      `cbor:"8,keyasint"`
	Notices   uint64      `cbor:"9,keyasint,omitempty"`  // how many the post has been told; 0 from a hub that does not say
	Others    []Position  `cbor:"10,keyasint,omitempty"` // what the hub has of incarnations that the hello did not name, at most MaxOthers
	Log       *LogProof   `cbor:"11,keyasint,omitempty"` // to a node whose hello's feature level is 5 or more, from a hub of that level
}

// MaxOthers bounds the incarnations of one node that a welcome names.
const MaxOthers = 64

// Refusal ends or answers with a reason. Text is for logs, without personal
// data; screens translate Kind.
type Refusal struct {
	Kind   fault.Kind `cbor:"1,keyasint"`
	Text   string     `cbor:"2,keyasint"`
	Resume *Position  `cbor:"3,keyasint,omitempty"`
	Image  *Digest    `cbor:"4,keyasint,omitempty"` // a bundle that the vault lacks: upload it again
}

// Err turns a refusal into the fault that it carries.
func (r Refusal) Err(op string) error { return fault.New(r.Kind, op, r.Text, nil) }

// RefusalOf carries a fault's kind to the other side; operation, subject and
// cause stay here.
func RefusalOf(err error, resume *Position) Refusal {
	text := fault.KindOf(err).String()
	return Refusal{Kind: fault.KindOf(err), Text: text, Resume: resume}
}

// Ping asks for a sign of life and the other side's clock.
type Ping struct {
	_       struct{} `cbor:",toarray"`
	Counter uint64
	Time    int64
}

// Pong answers a ping.
type Pong struct {
	_       struct{} `cbor:",toarray"`
	Counter uint64
	Asked   int64 // Time of the ping
	Time    int64 // when it was answered
}

// MaxBundleChunks bounds the chunks of one bundle: 2,040 of 128 KiB are 255 MiB.
const MaxBundleChunks = 2040

// Offer announces a bundle on a bulk stream.
type Offer struct {
	Digest    Digest   `cbor:"1,keyasint"`
	Size      uint64   `cbor:"2,keyasint"`
	ChunkSize uint32   `cbor:"3,keyasint"` // sealed bytes of every chunk but the last
	Chunks    []byte   `cbor:"4,keyasint"` // SHA-256 of each sealed chunk, 32 bytes each
	Record    RecordID `cbor:"5,keyasint"`
}

// Count gives the number of chunks.
func (o Offer) Count() int { return len(o.Chunks) / 32 }

// ChunkDigest gives the digest of chunk i, and zero, which is no chunk's digest,
// for a chunk that the offer does not have.
func (o Offer) ChunkDigest(i int) Digest {
	if i < 0 || i >= o.Count() {
		return Digest{}
	}
	return Digest(o.Chunks[i*32 : i*32+32])
}

// Validate names the field that does not agree with the others.
func (o Offer) Validate() error {
	const op = "wire: validate offer"
	n := uint64(o.Count()) //nolint:gosec // a length
	switch {
	case len(o.Chunks)%32 != 0 || n == 0 || n > MaxBundleChunks:
		return fault.New(fault.Invalid, op, "chunks", nil)
	case o.ChunkSize == 0 || o.ChunkSize > MaxChunk-4:
		return fault.New(fault.Invalid, op, "chunk size", nil)
	case o.Size <= (n-1)*uint64(o.ChunkSize) || o.Size > n*uint64(o.ChunkSize):
		return fault.New(fault.Invalid, op, "size", nil)
	}
	return nil
}

// Want answers an offer: which chunks are missing, or that all is stored.
type Want struct {
	Stored  bool   `cbor:"1,keyasint"`
	Missing Bitmap `cbor:"2,keyasint,omitempty"`
}

// Bitmap marks chunks by number, least significant bit first in each byte.
type Bitmap []byte

// NewBitmap gives a bitmap for n chunks, none marked.
func NewBitmap(n int) Bitmap { return make(Bitmap, (n+7)/8) }

// Set marks chunk i; there is nothing to mark outside the bitmap.
func (b Bitmap) Set(i int) {
	if b.holds(i) {
		b[i/8] |= 1 << (i % 8)
	}
}

// Clear unmarks chunk i.
func (b Bitmap) Clear(i int) {
	if b.holds(i) {
		b[i/8] &^= 1 << (i % 8)
	}
}

// Has reports whether chunk i is marked; chunks outside the bitmap are not.
func (b Bitmap) Has(i int) bool { return b.holds(i) && b[i/8]&(1<<(i%8)) != 0 }

// holds keeps a number from the other side from reaching past the bytes.
func (b Bitmap) holds(i int) bool { return i >= 0 && i/8 < len(b) }

// Count gives the number of marked chunks.
func (b Bitmap) Count() int {
	n := 0
	for _, x := range b {
		n += bits.OnesCount8(x)
	}
	return n
}

// ChunkFrame gives the payload of a chunk frame.
func ChunkFrame(index int, sealed []byte) []byte {
	buf := binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(sealed)), uint32(index)) //nolint:gosec // below MaxBundleChunks
	return append(buf, sealed...)
}

// ParseChunk splits the payload of a chunk frame.
func ParseChunk(payload []byte) (int, []byte, error) {
	if len(payload) <= 4 {
		return 0, nil, fault.New(fault.Invalid, "wire: parse chunk", "empty", nil)
	}
	index := binary.BigEndian.Uint32(payload)
	if index >= MaxBundleChunks {
		return 0, nil, fault.New(fault.Invalid, "wire: parse chunk", "index", nil)
	}
	return int(index), payload[4:], nil
}

// JoinRequest is what a machine sends with an invitation. Both certificates are
// asked for by PKCS #10 requests, of which the hub takes the public key only.
type JoinRequest struct {
	Version    uint8           `cbor:"1,keyasint"`
	Secret     []byte          `cbor:"2,keyasint"` // of the invitation
	Post       consular.PostID `cbor:"3,keyasint"`
	Node       NodeID          `cbor:"4,keyasint"`
	DeviceCSR  []byte          `cbor:"5,keyasint"` // DER
	WorkingCSR []byte          `cbor:"6,keyasint"` // DER
	JournalKey []byte          `cbor:"7,keyasint"` // Ed25519 public key
	PostKey    []byte          `cbor:"8,keyasint"` // HPKE public key
	Software   string          `cbor:"9,keyasint"`
	Time       int64           `cbor:"10,keyasint"`
	DeskCSR    []byte          `cbor:"11,keyasint,omitempty"` // DER
	DeskNames  []string        `cbor:"12,keyasint,omitempty"` // by which workstations reach the desk, at most MaxDeskNames
}

// MaxDeskNames bounds the names and addresses of one desk.
const MaxDeskNames = 8

// JoinReply gives a machine all that it needs to work alone for 45 days.
type JoinReply struct {
	Version  uint8       `cbor:"1,keyasint"`
	Cluster  ClusterID   `cbor:"2,keyasint"`
	Device   []byte      `cbor:"3,keyasint"` // certificate chain, PEM
	Working  []byte      `cbor:"4,keyasint"` // certificate chain, PEM
	Trust    []byte      `cbor:"5,keyasint"` // trust bundle, PEM
	Receipts [][]byte    `cbor:"6,keyasint"`
	Intake   []IntakeKey `cbor:"7,keyasint"`
	Time     int64       `cbor:"8,keyasint"`
	Desk     []byte      `cbor:"9,keyasint,omitempty"`  // certificate chain, when one was asked for
	Notices  uint64      `cbor:"10,keyasint,omitempty"` // how many wait for the machine: what the post has open
}

// RenewRequest asks for a working certificate under the device certificate, for
// the desk's certificate, or for another device certificate of the same key, or
// for several: an empty request is for nothing.
type RenewRequest struct {
	Version    uint8    `cbor:"1,keyasint"`
	WorkingCSR []byte   `cbor:"2,keyasint"`
	Time       int64    `cbor:"3,keyasint"`
	DeskCSR    []byte   `cbor:"4,keyasint,omitempty"`
	DeskNames  []string `cbor:"5,keyasint,omitempty"` // at most MaxDeskNames
	DeviceCSR  []byte   `cbor:"6,keyasint,omitempty"` // of the key that the hub knows the machine by
}

// RenewReply brings what was asked for and the newest trust bundle.
type RenewReply struct {
	Version uint8  `cbor:"1,keyasint"`
	Working []byte `cbor:"2,keyasint"`
	Trust   []byte `cbor:"3,keyasint"`
	Time    int64  `cbor:"4,keyasint"`
	Desk    []byte `cbor:"5,keyasint,omitempty"`
	Device  []byte `cbor:"6,keyasint,omitempty"`
}
