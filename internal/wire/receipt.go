package wire

import (
	"bytes"
	"encoding/base32"
	"maps"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"jaliya/internal/fault"
	"jaliya/internal/seal"
)

// MaxReceipt is the cap of a signed receipt in bytes.
const MaxReceipt = 1024

// Receipt says that the hub holds a range of a node's entries: committed by the
// Raft majority, their images verified in the vault. Stored, not accepted.
type Receipt struct {
	Version     uint8     `cbor:"1,keyasint"`
	Cluster     ClusterID `cbor:"2,keyasint"`
	Node        NodeID    `cbor:"3,keyasint"`
	Incarnation uint64    `cbor:"4,keyasint"`
	First       uint64    `cbor:"5,keyasint"`
	Last        uint64    `cbor:"6,keyasint"`
	Head        Digest    `cbor:"7,keyasint"`
	Root        Digest    `cbor:"8,keyasint"`
	Index       uint64    `cbor:"9,keyasint"`
	Time        int64     `cbor:"10,keyasint"`
}

// SignedReceipt is a receipt as the hub sends it and the node stores it.
type SignedReceipt struct {
	_         struct{} `cbor:",toarray"`
	Raw       []byte   // encoded Receipt
	Key       KeyID
	Signature []byte
}

// SignReceipt signs r. Ed25519 is deterministic, so a repeat is byte-equal.
func SignReceipt(r Receipt, by *seal.SigningKey) SignedReceipt {
	r.Version = Version
	raw := Marshal(r)
	return SignedReceipt{Raw: raw, Key: by.KeyID, Signature: by.Sign(seal.DomainReceipt, raw)}
}

// DecodeReceipt reads a signed receipt without trusting it. The outer array is
// closed, so it has one encoding and any other is refused: a repeat is byte-equal.
func DecodeReceipt(raw []byte) (SignedReceipt, error) {
	var s SignedReceipt
	if err := Unmarshal(raw, MaxReceipt, &s); err != nil {
		return SignedReceipt{}, err
	}
	if !bytes.Equal(Marshal(s), raw) {
		return SignedReceipt{}, fault.New(fault.Invalid, "wire: decode receipt", "encoding", nil)
	}
	return s, nil
}

// KeySet holds the public keys that may have signed, by id.
type KeySet map[KeyID]seal.VerifyKey

// List gives the keys, in no order.
func (s KeySet) List() []seal.VerifyKey { return slices.Collect(maps.Values(s)) }

// ParseKeySet reads public keys of 32 bytes each.
func ParseKeySet(raw [][]byte) (KeySet, error) {
	set := make(KeySet, len(raw))
	for _, one := range raw {
		k, err := seal.ParseVerifyKey(one)
		if err != nil {
			return nil, err
		}
		set[k.KeyID] = k
	}
	return set, nil
}

// NewKeySet indexes the keys by their ids.
func NewKeySet(keys ...seal.VerifyKey) KeySet {
	set := make(KeySet, len(keys))
	for _, k := range keys {
		set[k.KeyID] = k
	}
	return set
}

// statement is what a signature is said to be over, and by whom.
type statement struct {
	domain    seal.Domain
	key       KeyID
	message   []byte
	signature []byte
}

func (s KeySet) verify(op string, said statement) error {
	pub, ok := s[said.key]
	if !ok {
		return fault.New(fault.Denied, op, "unknown key "+said.key.String(), nil)
	}
	if err := pub.Verify(said.domain, said.message, said.signature); err != nil {
		return fault.New(fault.Denied, op, "", err)
	}
	return nil
}

// Verify checks the signature and the form of the range, and gives the receipt.
func (s SignedReceipt) Verify(keys KeySet) (Receipt, error) {
	const op = "wire: verify receipt"
	if err := keys.verify(op, statement{seal.DomainReceipt, s.Key, s.Raw, s.Signature}); err != nil {
		return Receipt{}, err
	}
	var r Receipt
	if err := Unmarshal(s.Raw, MaxReceipt, &r); err != nil {
		return Receipt{}, err
	}
	switch {
	case r.Version == 0 || r.Version > Version:
		return Receipt{}, fault.New(fault.Unsupported, op, "version", nil)
	case !r.rangeHolds():
		return Receipt{}, fault.New(fault.Invalid, op, "range", nil)
	}
	return r, nil
}

// rangeHolds says that first to last is one batch; nothing that subtracts the
// two is asked before.
func (r Receipt) rangeHolds() bool {
	return r.First > 0 && r.Last >= r.First && r.Last-r.First < MaxBatchEntries
}

// RootOf gives the RFC 6962 tree hash over the entry hashes of a range.
func RootOf(hashes []Digest) Digest {
	return Digest(treeOf(hashes).root)
}

type smallTree struct {
	stored []tlog.Hash
	root   tlog.Hash
	size   int64
}

// ReadHashes serves tlog from memory.
func (t *smallTree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, at := range indexes {
		if at < 0 || at >= int64(len(t.stored)) {
			return nil, fault.New(fault.Internal, "wire: read tree", uitoa(uint64(at)), nil) //nolint:gosec // only printed
		}
		out[i] = t.stored[at]
	}
	return out, nil
}

// treeOf cannot fail: it reads back only what it has stored.
func treeOf(hashes []Digest) *smallTree {
	t := &smallTree{}
	for i, h := range hashes {
		t.stored = append(t.stored, must(tlog.StoredHashesForRecordHash(int64(i), tlog.RecordHash(h[:]), t))...)
	}
	t.size = int64(len(hashes))
	t.root = must(tlog.TreeHash(t.size, t))
	return t
}

// Proof shows that one entry stands under a receipt. It is what a slip prints.
type Proof struct {
	_       struct{} `cbor:",toarray"`
	Version uint8
	Receipt SignedReceipt
	Seq     uint64
	Hash    Digest
	Path    []Digest
}

// MaxProof is the cap of a proof in bytes.
const MaxProof = 2048

// NewProof builds the proof for the entry seq, given the entry hashes of the
// receipt's whole range in order.
func NewProof(s SignedReceipt, r Receipt, hashes []Digest, seq uint64) (Proof, error) {
	const op = "wire: prove entry"
	if !r.rangeHolds() || seq < r.First || seq > r.Last || uint64(len(hashes)) != r.Last-r.First+1 {
		return Proof{}, fault.New(fault.Invalid, op, "range", nil)
	}
	tree := treeOf(hashes)
	if Digest(tree.root) != r.Root {
		return Proof{}, fault.New(fault.Corrupt, op, "root", nil)
	}
	at := seq - r.First
	path := must(tlog.ProveRecord(tree.size, int64(at), tree)) //nolint:gosec // below 256
	p := Proof{Version: Version, Receipt: s, Seq: seq, Hash: hashes[at], Path: make([]Digest, len(path))}
	for i, h := range path {
		p.Path[i] = Digest(h)
	}
	return p, nil
}

// Verify checks signature and path, and gives the receipt that covers the entry.
func (p Proof) Verify(keys KeySet) (Receipt, error) {
	const op = "wire: verify proof"
	r, err := p.Receipt.Verify(keys)
	if err != nil {
		return Receipt{}, err
	}
	if p.Seq < r.First || p.Seq > r.Last {
		return Receipt{}, fault.New(fault.Invalid, op, "sequence", nil)
	}
	path := make(tlog.RecordProof, len(p.Path))
	for i, h := range p.Path {
		path[i] = tlog.Hash(h)
	}
	size, at := int64(r.Last-r.First+1), int64(p.Seq-r.First) //nolint:gosec // both at most 256
	if err := tlog.CheckRecord(path, size, tlog.Hash(r.Root), at, tlog.RecordHash(p.Hash[:])); err != nil {
		return Receipt{}, fault.New(fault.Corrupt, op, "path", err)
	}
	return r, nil
}

const proofPrefix = "JR1-"

// maxProofText lets the text be twice as long as the longest proof, for spaces
// and line ends.
const maxProofText = 2 * MaxProof * 8 / 5

var proofText = base32.StdEncoding.WithPadding(base32.NoPadding)

// Text gives the printable form of SPEC.md section 5.
func (p Proof) Text() string { return proofPrefix + proofText.EncodeToString(Marshal(p)) }

// ParseProof reads the printable form; spaces, line ends and case do not matter.
// Of the letters that remain there is exactly one spelling of a proof.
func ParseProof(text string) (Proof, error) {
	const op = "wire: parse proof"
	if len(text) > maxProofText {
		return Proof{}, fault.New(fault.TooLarge, op, uitoa(uint64(len(text)))+" bytes", nil)
	}
	text = strings.ToUpper(strings.Join(strings.Fields(text), ""))
	rest, ok := strings.CutPrefix(text, proofPrefix)
	if !ok || proofText.DecodedLen(len(rest)) > MaxProof {
		return Proof{}, fault.New(fault.Invalid, op, "a receipt begins with "+proofPrefix, nil)
	}
	raw, err := proofText.DecodeString(rest)
	if err != nil {
		return Proof{}, fault.New(fault.Invalid, op, "", err)
	}
	var p Proof
	if err := Unmarshal(raw, MaxProof, &p); err != nil {
		return Proof{}, err
	}
	if p.Version == 0 || p.Version > Version {
		return Proof{}, fault.New(fault.Unsupported, op, "version "+uitoa(uint64(p.Version)), nil)
	}
	if p.Text() != text {
		return Proof{}, fault.New(fault.Invalid, op, "encoding", nil)
	}
	return p, nil
}
