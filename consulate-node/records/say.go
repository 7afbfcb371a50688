package records

import (
	"context"
	"errors"
	"slices"

	"jaliya/consulate-node/journal"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/seal"
	"jaliya/internal/web"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// entry is something to be said of a file.
type entry struct {
	record wire.RecordID
	kind   wire.Kind
	header wire.Header // the fields of the kind
	plain  []byte      // the body; cleared once it is sealed
}

// say seals and appends an entry, durable on return; also is the change that it
// reports, in the same transaction.
func (r *Records) say(ctx context.Context, e entry, also func(kv.Writer) error) error {
	defer clear(e.plain)
	intake, err := r.o.Intake()
	if err != nil {
		return fault.New(fault.Unavailable, "records: seal entry", "", errors.Join(web.CodeNoIntakeKey.Cause(), err))
	}
	d := journal.Draft{Header: e.header, Also: func(w kv.Writer) error {
		if also != nil {
			if err := also(w); err != nil {
				return err
			}
		}
		return r.step(e.kind)
	}}
	if d.Body, err = r.sealBody(intake, e); err != nil {
		return err
	}
	h := &d.Header
	h.Record, h.Kind, h.IntakeKey, h.Post = e.record, e.kind, intake.ID, r.o.Post.ID
	h.Time = r.o.Clock().UnixMilli()
	if offset, measured := r.o.Offset(); measured {
		ms := offset.Milliseconds()
		h.Offset = &ms
	}
	_, err = r.o.Journal.Append(ctx, d)
	return err
}

func (r *Records) sealBody(intake seal.IntakePublic, e entry) ([]byte, error) {
	visit, err := seal.NewVisit(intake, e.record, r.o.Dictionaries)
	if err != nil {
		return nil, err
	}
	defer visit.Destroy()
	return visit.SealBody(e.plain, wire.BodyAAD(e.record, e.kind))
}

// move is one event of a file: what the workflow is asked, and what is said when
// it agrees.
type move struct {
	record wire.RecordID
	kind   wire.Kind
	in     workflow.Input
	header wire.Header
	body   wire.RecordAct
	edit   func(*file)
}

func (r *Records) move(ctx context.Context, f *file, m move) error {
	m.in.Post, m.in.TwoPersons = r.o.Post.ID, m.kind.ByTwo()
	out, err := workflow.Step(f.flow(r.o.Post.ID), m.in)
	if err != nil {
		return refusal(f, m.kind, err)
	}
	if m.record.IsZero() {
		m.record = wire.NewRecordID()
	}
	m.body.Version, m.body.Reference, m.body.At = wire.Version, f.Reference, r.o.Clock().UnixMilli()
	if err := m.body.Validate(m.kind); err != nil {
		return err
	}
	now := *f
	now.State, now.Last, now.Refused = uint8(out.Case.State), m.record, 0
	if out.Moved {
		now.Said = append(slices.Clip(now.Said), said{Record: m.record, State: now.State})
	}
	m.edit(&now)
	m.header.Reference = f.Reference.Digits()
	e := entry{record: m.record, kind: m.kind, header: m.header, plain: wire.Marshal(m.body)}
	if err := r.say(ctx, e, func(w kv.Writer) error { return r.put(w, &now) }); err != nil {
		return err
	}
	*f = now
	return nil
}

// refusal says in the words of a desk why something may not be done.
func refusal(f *file, kind wire.Kind, err error) error {
	const op = "records: act"
	code := web.CodePrintBusy
	switch {
	case fault.Is(err, fault.Invalid):
		return err
	case kind == wire.KindPrintSpoilt && f.Spoilt > 0:
		code = web.CodePrintOver
	case f.state() == workflow.EDelivered || !f.Here:
		code = web.CodePrintUnknown
	}
	return fault.New(fault.Conflict, op, "", errors.Join(code.Cause(), err))
}

// lookUp reads a reference and gives its file.
func (r *Records) lookUp(op, reference string, unknown web.Code) (file, error) {
	ref, err := consular.ParseReference(reference)
	if err != nil {
		return file{}, err
	}
	var f file
	err = r.o.Journal.View(func(reader kv.Reader) error {
		var found bool
		if f, found, err = r.get(reader, ref); err == nil && !found {
			err = coded(op, fault.NotFound, unknown)
		}
		return err
	})
	return f, err
}

func refuse(op, field string, rule consular.Rule) error {
	return fault.New(fault.Invalid, op, "", web.CodedError{
		Code: web.Code(fault.Invalid.Code()), Violations: consular.Violations{{Field: field, Rule: rule}},
	})
}

func coded(op string, kind fault.Kind, code web.Code) error {
	return fault.New(kind, op, "", code.Cause())
}
