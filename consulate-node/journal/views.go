package journal

import (
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

func view[T any](j *Journal, fn func(kv.Reader) (T, error)) (T, error) {
	var out T
	err := j.View(func(r kv.Reader) error {
		var err error
		out, err = fn(r)
		return err
	})
	return out, err
}

// State gives head and cursors.
func (j *Journal) State() (State, error) { return view(j, readState) }

// Identity gives whose journal it is.
func (j *Journal) Identity() (Identity, error) { return view(j, readIdentity) }

// ReadAfter gives the entries after a position (see the function ReadAfter).
func (j *Journal) ReadAfter(after wire.Position, limit int) ([]wire.Entry, error) {
	return view(j, func(r kv.Reader) ([]wire.Entry, error) { return ReadAfter(r, after, limit) })
}

// Position gives the position after a sequence of the current incarnation.
func (j *Journal) Position(seq uint64) (wire.Position, error) {
	return view(j, func(r kv.Reader) (wire.Position, error) {
		s, err := readState(r)
		if err != nil {
			return wire.Position{}, err
		}
		return positionAt(r, s.Head.Node, s.Head.Incarnation, seq)
	})
}

// Unstored lists bundles that the hub does not have, and the first sequence
// that waits for one, 0 for none (see the function Unstored).
func (j *Journal) Unstored(limit int) ([]wire.Digest, uint64, error) {
	type answer struct {
		digests []wire.Digest
		first   uint64
	}
	a, err := view(j, func(r kv.Reader) (answer, error) {
		s, err := readState(r)
		if err != nil {
			return answer{}, err
		}
		digests, first := Unstored(r, s.Head.Incarnation, limit)
		return answer{digests, first}, nil
	})
	return a.digests, a.first, err
}

// Image gives what the journal knows of a bundle.
func (j *Journal) Image(digest wire.Digest) (Image, error) {
	return view(j, func(r kv.Reader) (Image, error) { return readImage(r, digest) })
}

// Request gives what this post knows of a request.
func (j *Journal) Request(reference string) (Tracked, error) {
	return view(j, func(r kv.Reader) (Tracked, error) {
		q, err := readRequest(r, reference)
		if err != nil {
			return Tracked{}, err
		}
		return Tracked{Request: q, Level: LevelOf(r, q)}, nil
	})
}

// Requests lists requests in slices (see List).
func (j *Journal) Requests(after string, limit int) ([]Tracked, error) {
	return view(j, func(r kv.Reader) ([]Tracked, error) { return List(r, after, limit) })
}

// ByRecord gives the header of the entry that carries a record id.
func (j *Journal) ByRecord(id wire.RecordID) (wire.Header, error) {
	const op = "journal: find record"
	return view(j, func(r kv.Reader) (wire.Header, error) {
		key := r.Get(bucketRecords, id[:])
		if key == nil {
			return wire.Header{}, fault.New(fault.NotFound, op, id.String(), nil)
		}
		incarnation, seq, ok := parseEntryKey(key)
		if !ok {
			return wire.Header{}, fault.New(fault.Corrupt, op, id.String(), nil)
		}
		one, err := readEntry(r, incarnation, seq)
		return one.header, damaged(op, id.String(), err)
	})
}

// Prove builds the printable proof that the hub has an entry.
func (j *Journal) Prove(at wire.Position, keys wire.KeySet) (wire.Proof, error) {
	return view(j, func(r kv.Reader) (wire.Proof, error) { return Prove(r, at.Incarnation, at.Seq, keys) })
}

// Check proves the whole journal while it is open (see the function Check).
func (j *Journal) Check(keys wire.KeySet) (Report, error) {
	return view(j, func(r kv.Reader) (Report, error) { return Check(r, keys) })
}
