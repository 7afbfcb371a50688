package ledger

import (
	"slices"
	"time"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// maxTimeline bounds the lines of one case that a view returns: the newest.
const maxTimeline = 200

// CaseView is a case with its timeline, oldest line first.
type CaseView struct {
	Case
	Status   workflow.Status
	Timeline []Line
}

// Stays gives the states of the case with the moments at which they were
// entered: what its promised date is reckoned from.
func (c CaseView) Stays() []workflow.Stay {
	stays := make([]workflow.Stay, len(c.Timeline))
	for i, line := range c.Timeline {
		stays[i] = workflow.Stay{State: workflow.State(line.State), At: time.UnixMilli(line.Time).UTC()}
	}
	return stays
}

// Case gives a case by its reference, for staff; fault.NotFound when there is
// none.
func (v Views) Case(ref consular.Reference) (CaseView, error) {
	return view(v, func(r kv.Reader) (CaseView, error) {
		c, found, err := referenced(r, ref)
		if err == nil && !found {
			err = fault.New(fault.NotFound, "ledger: read case", "", nil)
		}
		if err != nil {
			return CaseView{}, err
		}
		return withTimeline(r, c)
	})
}

// CaseNumber gives a case by its number.
func (v Views) CaseNumber(n uint64) (CaseView, error) {
	return view(v, func(r kv.Reader) (CaseView, error) {
		c, found, err := load[Case](r, inCases, number(n))
		if err == nil && !found {
			err = fault.New(fault.NotFound, "ledger: read case", "", nil)
		}
		if err != nil {
			return CaseView{}, err
		}
		return withTimeline(r, c)
	})
}

// Mine gives what a person filed on the portal, newest first, at most n.
func (v Views) Mine(owner wire.Digest, n int) ([]CaseView, error) {
	return view(v, func(r kv.Reader) (list []CaseView, err error) {
		cluster, _, err := load[Cluster](r, inMeta, keyCluster)
		if err != nil {
			return nil, err
		}
		prefix := ownerPrefix(cluster.Secret, owner)
		var numbers [][]byte
		ascend(r, inOwners, within{prefix: prefix}, func(key, _ []byte) bool {
			numbers = append(numbers, slices.Clone(key[len(prefix):]))
			return true
		})
		slices.Reverse(numbers)
		for _, at := range numbers[:min(len(numbers), bounded(n))] {
			c, found, err := load[Case](r, inCases, at)
			if err == nil && !found {
				err = fault.New(fault.Corrupt, "ledger: read cases", "", nil)
			}
			if err != nil {
				return nil, err
			}
			one, err := withTimeline(r, c)
			if err != nil {
				return nil, err
			}
			list = append(list, one)
		}
		return list, nil
	})
}

// Cases gives the cases after a number, without their timelines.
func (v Views) Cases(after uint64, n int) ([]Case, error) { return list[Case](v, inCases, after, n) }

func referenced(r kv.Reader, ref consular.Reference) (Case, bool, error) {
	c, _, err := load[Cluster](r, inMeta, keyCluster)
	if err != nil {
		return Case{}, false, err
	}
	return caseUnder(r, referenceKey(c.Secret, ref.Digits()))
}

func withTimeline(r kv.Reader, c Case) (CaseView, error) {
	v := CaseView{Case: c, Status: statusOf(c.Flow.Kind, c.Flow.State)}
	var err error
	from := uint64(0)
	if c.Flow.Version > maxTimeline {
		from = c.Flow.Version - maxTimeline
	}
	ascend(r, inHistory, within{prefix: number(c.Number), from: number(from)}, func(key, raw []byte) bool {
		var line Line
		if line, err = decode[Line](inHistory, key, raw); err == nil {
			v.Timeline = append(v.Timeline, line)
		}
		return err == nil
	})
	return v, err
}

func statusOf(kind, state uint8) workflow.Status {
	m := workflow.For(workflow.Kind(kind))
	if m == nil {
		return workflow.StatusNone
	}
	return m.Public(workflow.State(state))
}

// Followed is what the person may read of a request: neutral statuses only.
type Followed struct {
	Service consular.Service
	Pickup  consular.PostID
	Status  workflow.Status
	Updated int64 // when the status was reached
	// Reason is given where the person must act or was refused, else zero.
	Reason consular.RefusalReason
	Steps  []Step // oldest first
}

// Step is one status and when it was reached.
type Step struct {
	Status workflow.Status
	Time   int64
}

var errFollow = fault.New(fault.NotFound, "ledger: follow", "", nil)

// Follow gives what the person may read. An unknown reference and a wrong slip
// code get the same answer after the same work (I21).
func (v Views) Follow(ref consular.Reference, code consular.SlipCode) (Followed, error) {
	return view(v, func(r kv.Reader) (Followed, error) {
		c, found, err := referenced(r, ref)
		if err == nil && !found {
			// Any other case, read and then not matched: the same work.
			c, _, err = load[Case](r, inCases, number(1))
			c.Slip = [32]byte{}
		}
		if err != nil {
			return Followed{}, err
		}
		if !consular.SlipHash(c.Slip).Matches(ref, code) || !found {
			return Followed{}, errFollow
		}
		full, err := withTimeline(r, c)
		if err != nil {
			return Followed{}, err
		}
		return follow(full), nil
	})
}

// Public gives what the public may read of a case that the caller may show.
func Public(c CaseView) Followed { return follow(c) }

func follow(c CaseView) Followed {
	f := Followed{Service: consular.Service(c.Flow.Service), Pickup: c.Flow.Pickup, Status: c.Status}
	for _, line := range c.Timeline {
		status := statusOf(c.Flow.Kind, line.State)
		if n := len(f.Steps); n == 0 || f.Steps[n-1].Status != status {
			f.Steps = append(f.Steps, Step{Status: status, Time: line.Time})
		}
	}
	if n := len(f.Steps); n > 0 {
		f.Updated = f.Steps[n-1].Time
	}
	switch c.Status { //nolint:exhaustive // in every other status a reason would tell what the status hides
	case workflow.StatusAction, workflow.StatusRejected, workflow.StatusCanceled:
		f.Reason = consular.RefusalReason(c.Flow.Reason) //nolint:gosec // set from one
	}
	return f
}
