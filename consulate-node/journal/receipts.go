package journal

import (
	"math"

	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

// PutReceipt stores a receipt whose signature the caller has verified. It must
// speak of this journal's own history, in any of its incarnations: fault.Denied
// is one for another node or cluster; fault.Fork another hash at its end, or an
// end that is not here; fault.Gap a hole before it; fault.Corrupt a root that
// our entries do not have, under which no proof could be printed. A repeat
// changes nothing.
func PutReceipt(w kv.Writer, signed wire.SignedReceipt, r wire.Receipt) error {
	const op = "journal: store receipt"
	id, err := readIdentity(w)
	if err != nil {
		return err
	}
	s, err := readState(w)
	if err != nil {
		return err
	}
	switch {
	case r.Cluster != id.Cluster || r.Node != id.Node || !knownIncarnation(w, s, r.Incarnation):
		return fault.New(fault.Denied, op, "a receipt for another history", nil)
	case r.First == 0 || r.Last < r.First || r.Last-r.First >= wire.MaxBatchEntries:
		return fault.New(fault.Invalid, op, "range", nil)
	}
	receipted := receiptedOf(w, r.Incarnation)
	own, err := positionAt(w, r.Node, r.Incarnation, r.Last)
	switch {
	case fault.Is(err, fault.NotFound):
		return fault.New(fault.Fork, op, "a receipt for entries that are not here", nil)
	case err != nil:
		return err
	case own.Hash != r.Head:
		return fault.New(fault.Fork, op, own.String(), nil)
	case r.First > receipted+1:
		return fault.New(fault.Gap, op, own.String(), nil)
	case r.Last <= receipted:
		return nil
	}
	return secure(w, s, signed, r)
}

func secure(w kv.Writer, s State, signed wire.SignedReceipt, r wire.Receipt) error {
	const op = "journal: store receipt"
	hashes, err := hashesOf(w, r)
	if err != nil {
		return damaged(op, "range", err)
	}
	if wire.RootOf(hashes) != r.Root {
		return fault.New(fault.Corrupt, op, "root of a receipt up to "+uitoa(r.Last), nil)
	}
	if err := w.Put(bucketReceipts, entryKey(r.Incarnation, r.Last), wire.Marshal(signed)); err != nil {
		return err
	}
	if r.Incarnation != s.Head.Incarnation {
		list, err := readChapters(w)
		if err != nil {
			return err
		}
		return list.secured(w, r)
	}
	s.Receipted = r.Last
	return putState(w, s)
}

// hashesOf gives the stored hashes of a receipt's range. Whoever uses them
// compares their root with the receipt's.
func hashesOf(r kv.Reader, receipt wire.Receipt) ([]wire.Digest, error) {
	hashes := make([]wire.Digest, 0, wire.MaxBatchEntries)
	for n := receipt.First; n <= receipt.Last; n++ {
		at, err := hashAt(r, receipt.Node, receipt.Incarnation, n)
		if err != nil {
			return nil, err
		}
		hashes = append(hashes, at.Hash)
	}
	return hashes, nil
}

func knownIncarnation(r kv.Reader, s State, incarnation uint64) bool {
	return incarnation == s.Head.Incarnation || r.Get(bucketEntries, entryKey(incarnation, 1)) != nil
}

// receiptedOf gives the last sequence of an incarnation under a stored receipt,
// 0 for none.
func receiptedOf(r kv.Reader, incarnation uint64) (last uint64) {
	r.Descend(bucketReceipts, entryKey(incarnation, math.MaxUint64), func(key, _ []byte) bool {
		if inc, seq, ok := parseEntryKey(key); ok && inc == incarnation {
			last = seq
		}
		return false
	})
	return last
}

// receiptFor finds the stored receipt that covers a sequence.
func receiptFor(r kv.Reader, incarnation, seq uint64) (wire.SignedReceipt, error) {
	const op = "journal: find receipt"
	var raw []byte
	r.Ascend(bucketReceipts, entryKey(incarnation, seq), func(key, value []byte) bool {
		if inc, _, ok := parseEntryKey(key); ok && inc == incarnation {
			raw = append([]byte(nil), value...)
		}
		return false
	})
	if raw == nil || seq == 0 {
		return wire.SignedReceipt{}, fault.New(fault.NotFound, op, "not secured nationally yet", nil)
	}
	signed, err := wire.DecodeReceipt(raw)
	if err != nil {
		return signed, fault.New(fault.Corrupt, op, "", err)
	}
	return signed, nil
}

// Prove builds the proof for one entry from its receipt and the chain, checking
// the receipt's signature with keys and its root against the chain. It gives
// fault.NotFound while the entry has no receipt.
func Prove(r kv.Reader, incarnation, seq uint64, keys wire.KeySet) (wire.Proof, error) {
	const op = "journal: prove entry"
	signed, err := receiptFor(r, incarnation, seq)
	if err != nil {
		return wire.Proof{}, err
	}
	receipt, err := signed.Verify(keys)
	if err != nil {
		return wire.Proof{}, err
	}
	hashes, err := hashesOf(r, receipt)
	if err != nil {
		return wire.Proof{}, damaged(op, "range", err)
	}
	return wire.NewProof(signed, receipt, hashes, seq)
}
