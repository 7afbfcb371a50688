package records

import (
	"context"
	"slices"
	"strings"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/web"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// change is what every action on a file has in common: permission, lock, file.
func (r *Records) change(ctx context.Context, p access.Principal, reference string, do func(*file) error) (View, error) {
	const op = "records: change"
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
	if err := do(&f); err != nil {
		return View{}, err
	}
	return r.view(&f), nil
}

// Printed records the number that is printed on the sheet of the numbered stock;
// durable on return. The same number again changes nothing. Errors: Invalid,
// NotFound with CodePrintUnknown, Conflict with CodePrintBusy while no sheet is
// out.
func (r *Records) Printed(ctx context.Context, p access.Principal, reference, sheet string) (View, error) {
	const op = "records: note sheet"
	return r.change(ctx, p, reference, func(f *file) error {
		number, err := wire.ParseSerial(sheet)
		if err != nil {
			return refuse(op, "sheet", consular.RuleFormat)
		}
		switch {
		case f.state() == workflow.Printed && f.Sheet == number:
			return nil
		case f.state() == workflow.Printing && !f.Out:
			return coded(op, fault.Conflict, web.CodePrintBusy)
		}
		return r.move(ctx, f, move{
			kind: wire.KindDocumentPrinted, in: workflow.Input{Event: workflow.DocumentPrinted, Actor: workflow.Agent},
			body: wire.RecordAct{By: p.ID, Sheet: number}, edit: func(f *file) { f.Sheet, f.Trouble = number, "" },
		})
	})
}

// SpoiltInput is a print that came to nothing.
type SpoiltInput struct {
	Reference string
	Second    access.Principal // has shown who they are beside the first
	Why       string
	Sheet     string // its number, if there is one
}

// Spoilt records that two persons saw a print come to nothing and destroyed
// what came out of it; durable on return. There is one more try. Errors: Denied
// with CodeTwoPersons, Invalid, NotFound with CodePrintUnknown, Conflict with
// CodePrintOver or, while it is being printed, CodePrintBusy.
func (r *Records) Spoilt(ctx context.Context, p access.Principal, in SpoiltInput) (View, error) {
	const op = "records: note spoilt sheet"
	return r.change(ctx, p, in.Reference, func(f *file) error {
		why, sheet := strings.TrimSpace(in.Why), ""
		if why == "" {
			return refuse(op, "why", consular.RuleRequired)
		}
		if len(why) > wire.MaxAnswer || consular.HasHidden(why) {
			return refuse(op, "why", consular.RuleLength)
		}
		if in.Sheet != "" {
			var err error
			if sheet, err = wire.ParseSerial(in.Sheet); err != nil {
				return refuse(op, "spoilt_sheet", consular.RuleFormat)
			}
		}
		if one := r.runs[f.Reference]; one != nil && one.stopped == "" {
			return coded(op, fault.Conflict, web.CodePrintBusy)
		}
		ask := workflow.Input{Event: workflow.PrintSpoilt, Actor: workflow.Supervisor, Post: r.o.Post.ID, TwoPersons: true}
		if err := workflow.Check(f.flow(r.o.Post.ID), ask); err != nil {
			return refusal(f, wire.KindPrintSpoilt, err)
		}
		if err := pair(op, p, in.Second); err != nil {
			return err
		}
		err := r.move(ctx, f, move{
			kind: wire.KindPrintSpoilt, in: ask,
			body: wire.RecordAct{By: p.ID, Second: in.Second.ID, Text: why, Sheet: sheet},
			edit: func(f *file) {
				f.Spoilt, f.Begun, f.Out, f.Trouble, f.Sheet = f.Spoilt+1, wire.RecordID{}, false, "", ""
			},
		})
		if err == nil {
			delete(r.runs, f.Reference)
		}
		return err
	})
}

// pair wants two different persons of the post, of whom one may witness a
// destruction.
func pair(op string, first, second access.Principal) error {
	may := first.Role.Has(access.CardDestroy) || second.Role.Has(access.CardDestroy)
	if second.Require(access.HandoverWrite) != nil || strings.EqualFold(first.ID, second.ID) || !may {
		return fault.New(fault.Denied, op, "", web.CodeTwoPersons.Cause())
	}
	return nil
}

// GiveInput is a document that leaves the post in a hand.
type GiveInput struct {
	Reference string
	Sheet     string             // read from the sheet in the hand
	Document  wire.ShownDocument // with which the person showed who they are
	Face      bool               // the agent compared the face with it
}

// HandOver records that the person has the document, after the agent saw who
// they are; durable on return. Said again, it changes nothing. Errors: Invalid
// with the fields, NotFound with CodePrintUnknown, Conflict with CodePrintBusy.
func (r *Records) HandOver(ctx context.Context, p access.Principal, in GiveInput) (View, error) {
	const op = "records: hand document over"
	return r.change(ctx, p, in.Reference, func(f *file) error {
		if f.state() == workflow.HandedOver {
			return nil
		}
		var found consular.Violations
		add := func(bad bool, field string, rule consular.Rule) {
			if bad {
				found = append(found, consular.Violation{Field: field, Rule: rule})
			}
		}
		sheet, err := wire.ParseSerial(in.Sheet)
		add(err != nil, "sheet", consular.RuleFormat)
		add(err == nil && f.state() == workflow.Printed && sheet != f.Sheet, "sheet", ruleOther)
		add(in.Document == 0 || in.Document > wire.ShownOther, "document", consular.RuleRequired)
		add(!in.Face, "face", consular.RuleRequired)
		if found != nil {
			return fault.New(fault.Invalid, op, "", web.CodedError{Code: web.Code(fault.Invalid.Code()), Violations: found})
		}
		return r.move(ctx, f, move{
			kind: wire.KindDocumentHandedOver, in: workflow.Input{Event: workflow.DocumentHandedOver, Actor: workflow.Agent},
			body: wire.RecordAct{By: p.ID}, edit: func(f *file) { f.DoneAt = r.o.Clock().UnixMilli() },
		})
	})
}

// ruleOther is the rule of a sheet that is not the one of this document.
const ruleOther consular.Rule = "differs"

// Called records that the person was told on the telephone what is asked of
// them; durable on return. Their time runs from then on. Said again, it changes
// nothing. Errors: NotFound or Conflict with CodeCallUnasked.
func (r *Records) Called(ctx context.Context, p access.Principal, reference string) (View, error) {
	const op = "records: log call"
	if err := p.Require(access.HandoverWrite); err != nil {
		return View{}, err
	}
	end, err := r.begin(ctx, op)
	if err != nil {
		return View{}, err
	}
	defer end()
	f, err := r.lookUp(op, reference, web.CodeCallUnasked)
	switch {
	case err != nil:
		return View{}, err
	case f.Called:
		return r.view(&f), nil
	case !called(f.state()):
		return View{}, coded(op, fault.Conflict, web.CodeCallUnasked)
	}
	record := wire.NewRecordID()
	body := wire.RecordAct{Version: wire.Version, Reference: f.Reference, By: p.ID, At: r.o.Clock().UnixMilli()}
	now := f
	now.Called, now.Last, now.Refused = true, record, 0
	e := entry{record: record, kind: wire.KindCallLogged, plain: wire.Marshal(body), header: wire.Header{Reference: f.Reference.Digits()}}
	if err := r.say(ctx, e, func(w kv.Writer) error { return r.put(w, &now) }); err != nil {
		return View{}, err
	}
	return r.view(&now), nil
}

// shows appends that somebody saw whose file it is (domain.md E.3).
func (r *Records) shows(ctx context.Context, p access.Principal, files []file) error {
	for _, f := range slices.Clone(files) {
		e := entry{record: wire.NewRecordID(), kind: wire.KindFileViewed, plain: wire.Marshal(wire.Custody{Version: wire.Version, By: p.ID})}
		e.header.Reference = f.Reference.Digits()
		if err := r.say(ctx, e, nil); err != nil {
			return err
		}
	}
	return nil
}
