package records

import (
	"context"
	"time"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/ipp"
	"jaliya/internal/seal"
	"jaliya/internal/web"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// Limits of wrong codes at a reference: a person mistypes a few times, who
// guesses would need years.
const (
	maxWrong  = 5
	wrongSpan = 15 * time.Minute
)

// Begin begins a print with the code that the person gives: a key is made for
// it, in memory, and the hub is asked for the document. Durable on return, but
// for the key. The hub says whether the code was right. Errors: Invalid with the
// fields; NotFound with CodePrintUnknown; Unavailable with CodePrintOffline or
// CodePrinter, nothing changed; Conflict with CodePrintBusy; Denied with
// CodeAttempts.
func (r *Records) Begin(ctx context.Context, p access.Principal, reference, code string) (View, error) {
	const op = "records: begin print"
	if err := p.Require(access.HandoverWrite); err != nil {
		return View{}, err
	}
	typed, err := consular.ParseSlipCode(code)
	if err != nil {
		return View{}, err
	}
	// The printer is asked before the lock is taken: it may be slow to answer.
	stands := r.Printer(ctx)
	end, err := r.begin(ctx, op)
	if err != nil {
		return View{}, err
	}
	defer end()
	f, err := r.lookUp(op, reference, web.CodePrintUnknown)
	if err != nil {
		return View{}, err
	}
	begins := workflow.Input{Event: workflow.PrintBegun, Actor: workflow.Agent, Post: r.o.Post.ID}
	if err := workflow.Check(f.flow(r.o.Post.ID), begins); err != nil {
		return View{}, refusal(&f, wire.KindPrintBegun, err)
	}
	if wait := f.wait(r.o.Clock()); wait > 0 {
		return View{}, fault.New(fault.Denied, op, "", web.CodedError{Code: web.CodeAttempts, RetryAfter: wait})
	}
	switch {
	case !r.o.Connected():
		return View{}, coded(op, fault.Unavailable, web.CodePrintOffline)
	case stands != ipp.Ready:
		return View{}, coded(op, fault.Unavailable, web.CodePrinter)
	}
	if err := r.start(ctx, &f, start{p.ID, typed, begins}); err != nil {
		return View{}, err
	}
	return r.view(&f), nil
}

// start is what a print is begun with.
type start struct {
	by   string
	code consular.SlipCode
	in   workflow.Input
}

func (r *Records) start(ctx context.Context, f *file, s start) error {
	key, err := seal.GeneratePostKey(r.o.Dictionaries)
	if err != nil {
		return err
	}
	hash := wire.Digest(s.code.Hash(f.Reference))
	one := &run{reference: f.Reference, record: wire.NewRecordID(), key: key}
	before := f.State
	err = r.move(ctx, f, move{
		record: one.record, kind: wire.KindPrintBegun, in: s.in,
		header: wire.Header{SlipHash: &hash}, body: wire.RecordAct{By: s.by, Key: key.Public().Encode()},
		edit: func(f *file) { f.Begun, f.Before, f.Out, f.Trouble, f.Sheet = one.record, before, false, "", "" },
	})
	if err == nil {
		r.runs[f.Reference] = one
	}
	return err
}

// wait says how long no further code is taken.
func (f *file) wait(now time.Time) time.Duration {
	recent := 0
	var first int64
	for _, at := range f.Wrong {
		if now.UnixMilli()-at < wrongSpan.Milliseconds() {
			if recent++; recent == 1 {
				first = at
			}
		}
	}
	if recent < maxWrong {
		return 0
	}
	return time.UnixMilli(first).Add(wrongSpan).Sub(now)
}

// Again sends a document to the printer once more of which the printer has taken
// nothing. Errors: those of Begin.
func (r *Records) Again(ctx context.Context, p access.Principal, reference string) (View, error) {
	const op = "records: print again"
	if err := p.Require(access.HandoverWrite); err != nil {
		return View{}, err
	}
	end, err := r.begin(ctx, op)
	if err != nil {
		return View{}, err
	}
	defer end()
	f, err := r.lookUp(op, reference, web.CodePrintUnknown)
	if err != nil {
		return View{}, err
	}
	one := r.runs[f.Reference]
	if one == nil || one.working || one.stopped == "" {
		return View{}, coded(op, fault.Conflict, web.CodePrintBusy)
	}
	one.stopped, one.wanted = "", true
	r.nudge()
	return r.view(&f), nil
}
