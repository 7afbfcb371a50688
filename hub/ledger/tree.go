package ledger

import (
	"crypto/sha256"

	"golang.org/x/mod/sumdb/tlog"

	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

// featureTree is the level from which the state keeps the Merkle tree (D50).
const featureTree = 5

// Leaf is one line of the national log: an entry as it was committed, or a command
// by which people or systems decided something. The tree over the leaves is that
// of RFC 6962, section 2.1; a leaf's record is its CBOR. It names nobody: erasing
// a person's bodies leaves it as it is.
type Leaf struct {
	Number uint64   `cbor:"1,keyasint"` // in the log, from 0
	Kind   LeafKind `cbor:"2,keyasint"`
	Index  uint64   `cbor:"3,keyasint"` // Raft
	Time   int64    `cbor:"4,keyasint"` // of the command
	// Of an entry: where it stands in its chain, and what became of it.
	Commit  uint64         `cbor:"5,keyasint,omitempty"`
	At      *wire.Position `cbor:"6,keyasint,omitempty"`
	Verdict Verdict        `cbor:"7,keyasint,omitempty"`
	Reason  Reason         `cbor:"8,keyasint,omitempty"`
	// Of a command: its kind and the SHA-256 of its bytes.
	Command Kind         `cbor:"9,keyasint,omitempty"`
	Digest  *wire.Digest `cbor:"10,keyasint,omitempty"`
}

// LeafKind says what a leaf is of. Append-only.
type LeafKind uint8

// The kinds.
const (
	LeafEntry   LeafKind = 1
	LeafCommand LeafKind = 2
)

// Hash is the leaf's hash in the tree.
func (l Leaf) Hash() wire.Digest { return wire.Digest(tlog.RecordHash(wire.Marshal(l))) }

// keepsTree reports whether the level has the tree.
func (t *tx) keepsTree() bool { return t.cluster.Feature >= featureTree }

// leafOf is the leaf of a stored entry, nil for one from before the tree.
func leafOf(s Stored) *Leaf {
	if s.Leaf == 0 {
		return nil
	}
	at := s.At
	return &Leaf{
		Number: s.Leaf - 1, Kind: LeafEntry, Index: s.Index, Time: s.Time,
		Commit: s.Commit, At: &at, Verdict: s.Verdict, Reason: s.Reason,
	}
}

// grow appends an entry to the tree; the caller stores it after.
func (t *tx) grow(s *Stored) error {
	if !t.keepsTree() {
		return nil
	}
	s.Leaf = t.counts.Leaves + 1
	return t.leaf(*leafOf(*s))
}

// note appends a command that had its effect, if it is one that somebody is to
// answer for.
func (t *tx) note(kind Kind, data []byte) error {
	if !t.keepsTree() || !answerable(kind) {
		return nil
	}
	digest := wire.Digest(sha256.Sum256(data))
	l := Leaf{Number: t.counts.Leaves, Kind: LeafCommand, Index: t.index, Time: t.time, Command: kind, Digest: &digest}
	if err := t.put(inActs, number(l.Number), l); err != nil {
		return err
	}
	return t.leaf(l)
}

// answerable reports whether a command is a line of the log by itself. Admit and
// File bring entries, which are lines; the others that are not say only how the
// network stands.
func answerable(k Kind) bool {
	switch k {
	case KindAdmit, KindFile, KindTick, KindOpenSession, KindTell, KindRetell, KindSweptVoid, KindObserve, KindNoteAlert,
		KindNoteReports:
		return false
	case KindInit, KindInviteNode, KindJoinNode, KindCompleteOrder, KindRevoke, KindRotateKeys, KindDecide,
		KindRaiseFeature, KindErase, KindChangeStaff, KindOpenPouch, KindMovePouch, KindNoteOpening, KindReadOnce,
		KindVoidDocument, KindChangeOfficer, KindSeatOfficer, KindOfficerAct, KindAttendNeed, KindRedriveOrder,
		KindSettleRefused, KindDescribePost, KindNoteFork, KindSettleFork,
		KindInviteMember, KindJoinMember, KindRemoveMember:
		return true
	}
	return true
}

// leaf stores what the tree needs of its next leaf: the hash of each subtree that
// it completes. They follow from what the state hash covers already, and are not
// folded into it.
func (t *tx) leaf(l Leaf) error {
	n := int64(l.Number) //nolint:gosec // far below the limit
	hashes, err := tlog.StoredHashesForRecordHash(n, tlog.Hash(l.Hash()), treeReader{t.w})
	if err != nil {
		return fault.New(fault.Corrupt, "ledger: grow tree", "", err)
	}
	at := uint64(tlog.StoredHashIndex(0, n)) //nolint:gosec // not negative
	for i, h := range hashes {
		key := number(at + uint64(i))
		if err := t.w.Writer.Put(inTree, key, guard(inTree, key, h[:])); err != nil {
			return err
		}
	}
	t.counts.Leaves++
	return nil
}

// treeReader reads stored hashes.
type treeReader struct{ r kv.Reader }

// ReadHashes implements tlog.HashReader.
func (t treeReader) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		key := number(uint64(index)) //nolint:gosec // not negative
		raw, err := unguard(inTree, key, t.r.Get(inTree, key))
		if err != nil || len(raw) != len(hashes[i]) {
			return nil, fault.New(fault.Corrupt, "ledger: read tree", "", err)
		}
		hashes[i] = tlog.Hash(raw)
	}
	return hashes, nil
}
