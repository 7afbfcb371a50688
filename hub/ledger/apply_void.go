package ledger

import (
	"slices"

	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// featureVoid is the level from which members know VoidDocument.
const featureVoid = 4

// VoidDocument takes a document of a record office that counts no more: its
// name goes on the public list, and its case ends where it still can (domain.md
// G.2, row 18). The office says it by the contract "records", without a reason;
// the same once more does nothing.
type VoidDocument struct {
	Time     int64       `cbor:"1,keyasint"`
	Case     uint64      `cbor:"2,keyasint"`
	Document wire.Digest `cbor:"3,keyasint"` // document.Name
}

// Void is a line of the list.
type Void struct {
	Case uint64 `cbor:"1,keyasint"`
	Time int64  `cbor:"2,keyasint"`
}

func (VoidDocument) kind() Kind { return KindVoidDocument }

func (c VoidDocument) when() int64 { return c.Time }

func (c VoidDocument) apply(t *tx) (Result, error) {
	if t.cluster.Feature < featureVoid {
		return refuse(fault.Unsupported, "feature level"), nil
	}
	if c.Document.IsZero() {
		return refuse(fault.Invalid, "document"), nil
	}
	listed, found, err := load[Void](t.w, inVoid, c.Document[:])
	switch {
	case err != nil:
		return Result{}, err
	case found && listed.Case != c.Case:
		return refuse(fault.Conflict, "the document is another case's"), nil
	case found:
		return Result{Case: c.Case}, nil // a repeat
	}
	held, found, err := load[Case](t.w, inCases, number(c.Case))
	switch {
	case err != nil:
		return Result{}, err
	case !found || workflow.Kind(held.Flow.Kind) != workflow.KindRecord:
		return refuse(fault.NotFound, "case of a record"), nil
	case len(held.Flow.Serial) == 0:
		return refuse(fault.Conflict, "nothing was issued"), nil
	}
	return c.end(t, held)
}

// end puts the document on the list and ends its case, unless that has ended
// otherwise: the paper may still be about.
func (c VoidDocument) end(t *tx, held Case) (Result, error) {
	line := Void{Case: c.Case, Time: c.Time}
	may := workflow.For(workflow.KindRecord).AllowedAt(workflow.State(held.Flow.State), workflow.Issuer)
	if !slices.Contains(may, workflow.DocumentRevoked) {
		return Result{Case: c.Case}, t.put(inVoid, c.Document[:], line)
	}
	in := workflow.Input{Event: workflow.DocumentRevoked, Actor: workflow.Issuer, Seen: held.Flow.Version}
	out, err := workflow.Step(held.Flow.Case(), in)
	if err != nil {
		return refuse(fault.KindOf(err), "the case refuses the event"), nil
	}
	if err := t.put(inVoid, c.Document[:], line); err != nil {
		return Result{}, err
	}
	return t.moved(&held, in, out)
}

// SweptVoid says that every record office was asked after this time which of its
// documents count no more, and that all of them are on the list: as of when the
// list holds. An earlier time than the state has changes nothing.
type SweptVoid struct {
	Time  int64 `cbor:"1,keyasint"`
	Asked int64 `cbor:"2,keyasint"` // when the first office was asked, at most Time
}

func (SweptVoid) kind() Kind { return KindSweptVoid }

func (c SweptVoid) when() int64 { return c.Time }

func (c SweptVoid) apply(t *tx) (Result, error) {
	switch {
	case t.cluster.Feature < featureVoid:
		return refuse(fault.Unsupported, "feature level"), nil
	case c.Asked <= 0 || c.Asked > c.Time:
		return refuse(fault.Invalid, "asked"), nil
	case toNumber(t.w.Get(inMeta, keySwept)) >= uint64(c.Asked):
		return Result{}, nil
	}
	return Result{}, t.w.Put(inMeta, keySwept, number(uint64(c.Asked)))
}

// VoidSwept gives as of when the list of revoked documents holds, in ms since
// 1970; 0: never.
func (v Views) VoidSwept() (int64, error) {
	return view(v, func(r kv.Reader) (int64, error) { return int64(toNumber(r.Get(inMeta, keySwept))), nil }) //nolint:gosec // was a time
}

// VoidDocuments gives the names of all revoked documents, in their order.
func (v Views) VoidDocuments() ([]wire.Digest, error) {
	return view(v, func(r kv.Reader) (list []wire.Digest, err error) {
		r.Ascend(inVoid, nil, func(key, _ []byte) bool {
			if len(key) != len(wire.Digest{}) {
				err = fault.New(fault.Corrupt, "ledger: list revoked documents", "name", nil)
				return false
			}
			list = append(list, wire.Digest(key))
			return true
		})
		return list, err
	})
}

// void names cases of records that had a document, and those that are revoked
// are all there is in that state.
func (a *auditor) void() {
	a.r.Ascend(inVoid, nil, func(key, raw []byte) bool {
		line, err := decode[Void](inVoid, key, raw)
		if !a.check(err == nil && len(key) == len(wire.Digest{}), "a revoked document is not readable") {
			return true
		}
		c, found, err := load[Case](a.r, inCases, number(line.Case))
		a.check(err == nil && found && workflow.Kind(c.Flow.Kind) == workflow.KindRecord && len(c.Flow.Serial) > 0,
			"a revoked document is of case %d, which has none", line.Case)
		return true
	})
}
