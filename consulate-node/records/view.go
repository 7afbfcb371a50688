package records

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"

	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/spelling"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/ipp"
	"jaliya/internal/kv"
	"jaliya/internal/web"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// Stage is what is to be done with a document at the counter.
type Stage string

// The stages. Each comment says who acts next.
const (
	StageWaiting  Stage = "waiting"  // the person comes with the code
	StageAsked    Stage = "asked"    // the hub seals the document
	StageFetching Stage = "fetching" // it comes in
	StagePrinting Stage = "printing" // the printer
	StageStopped  Stage = "stopped"  // nothing was printed: somebody mends it and prints again
	StageSheet    Stage = "sheet"    // the agent types the number of the sheet
	StageUnsure   Stage = "unsure"   // two persons look at the printer
	StageLost     Stage = "lost"     // the key died with the process: two persons
	StagePrinted  Stage = "printed"  // the person, with a proof of identity
	StageGiven    Stage = "given"    // nobody
	StageOnline   Stage = "online"   // the person opened it online: a print is asked for on the portal
	StageCall     Stage = "call"     // somebody telephones
)

// View is a file as the counter sees it: never what the document says.
type View struct {
	Reference consular.Reference `json:"reference"`
	Service   consular.Service   `json:"service"`
	Family    consular.Name      `json:"family_name,omitzero"`
	Given     consular.Name      `json:"given_name,omitzero"`
	Birth     consular.BirthDate `json:"birth_date,omitempty"`
	Phone     string             `json:"phone,omitempty"` // of a person to be called
	Email     string             `json:"email,omitempty"`
	Language  string             `json:"language,omitempty"`
	State     string             `json:"state"`
	Stage     Stage              `json:"stage"`
	Heard     time.Time          `json:"heard"`
	Fetched   uint64             `json:"fetched,omitempty"` // bytes
	Total     uint64             `json:"total,omitempty"`
	Reason    ipp.Reason         `json:"reason,omitempty"` // why the printer stands, or stopped
	Sheet     string             `json:"sheet,omitempty"`
	Spoilt    int                `json:"spoilt,omitempty"` // sheets
	Called    bool               `json:"called,omitempty"`
	WrongCode bool               `json:"wrong_code,omitempty"` // the newest try
	Refused   uint16             `json:"refused,omitempty"`
	GivenAt   time.Time          `json:"given,omitzero"`
	Level     journal.Level      `json:"level"` // of this post's newest entry about it
}

// Format gives the placeholder under every verb.
func (View) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, hidden) // fmt itself ignores the error too
}

// LogValue gives the placeholder.
func (View) LogValue() slog.Value { return slog.StringValue(hidden) }

// view makes a view; the caller holds mu.
func (r *Records) view(f *file) View {
	v := View{
		Reference: f.Reference, Service: f.Service, Family: f.Family, Given: f.Given, Birth: f.Birth,
		State: f.state().String(), Heard: time.UnixMilli(f.Heard).UTC(), Sheet: f.Sheet, Spoilt: int(f.Spoilt),
		Called: f.Called, WrongCode: f.Refused == reasonCode, Level: r.levelOf(f.Last),
	}
	if f.Refused != reasonCode {
		v.Refused = f.Refused
	}
	if f.DoneAt != 0 {
		v.GivenAt = time.UnixMilli(f.DoneAt).UTC()
	}
	if called(f.state()) {
		v.Phone, v.Email, v.Language = string(f.Contact.Phone), string(f.Contact.Email), f.Contact.Language.String()
	}
	v.Stage = r.stage(f, &v)
	return v
}

func (r *Records) stage(f *file, v *View) Stage {
	switch s := f.state(); {
	case called(s):
		return StageCall
	case s == workflow.HandedOver:
		return StageGiven
	case s == workflow.Printed:
		return StagePrinted
	case s == workflow.EDelivered:
		return StageOnline
	case s != workflow.Printing:
		return StageWaiting
	}
	one := r.runs[f.Reference]
	switch {
	case f.Out:
		return StageSheet
	case f.Trouble != "":
		v.Reason = f.Trouble
		return StageUnsure
	case one == nil || one.record != f.Begun:
		return StageLost
	case one.stopped != "":
		v.Reason = one.stopped
		return StageStopped
	case one.sent:
		v.Reason = one.stands
		return StagePrinting
	case one.ticket == nil:
		return StageAsked
	}
	v.Fetched, v.Total = one.fetched, one.ticket.Size
	return StageFetching
}

// levelOf gives the level of an entry of this post; what the hub said first is
// L2 from the start.
func (r *Records) levelOf(record wire.RecordID) (level journal.Level) {
	if record.IsZero() {
		return journal.L2
	}
	hd, err := r.o.Journal.ByRecord(record)
	if err != nil {
		return journal.L1
	}
	at := wire.Position{Node: hd.Node, Incarnation: hd.Incarnation, Seq: hd.Seq}
	if err := r.o.Journal.View(func(reader kv.Reader) error {
		level = journal.LevelOf(reader, journal.Request{Position: at})
		return nil
	}); err != nil {
		return journal.L1
	}
	return level
}

// List gives what waits at this post, the longest first: documents and calls.
// Names are not in it: it hangs open beside the counter.
func (r *Records) List(ctx context.Context, p access.Principal) ([]View, error) {
	const op = "records: list"
	if err := p.Require(access.CardRead); err != nil {
		return nil, err
	}
	end, err := r.begin(ctx, op)
	if err != nil {
		return nil, err
	}
	defer end()
	files, err := r.all()
	if err != nil {
		return nil, err
	}
	slices.SortFunc(files, func(a, b file) int {
		return cmp.Or(cmp.Compare(a.Heard, b.Heard), cmp.Compare(a.Reference, b.Reference))
	})
	out := make([]View, 0, len(files))
	for i := range files {
		v := r.view(&files[i])
		v.Family, v.Given, v.Birth, v.Phone, v.Email = consular.Name{}, consular.Name{}, "", "", ""
		out = append(out, v)
	}
	return out, nil
}

// Get gives one file by its reference; that it was seen is an entry. Errors:
// Invalid, NotFound with CodePrintUnknown.
func (r *Records) Get(ctx context.Context, p access.Principal, reference string) (View, error) {
	const op = "records: show"
	if err := p.Require(access.CardRead); err != nil {
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
	if err := r.shows(ctx, p, []file{f}); err != nil {
		return View{}, err
	}
	return r.view(&f), nil
}

// Progress gives one file without whose it is, for a page that looks again and
// again at a print: who looks was said when it was opened.
func (r *Records) Progress(ctx context.Context, p access.Principal, reference string) (View, error) {
	const op = "records: show progress"
	if err := p.Require(access.CardRead); err != nil {
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
	v := r.view(&f)
	v.Family, v.Given, v.Birth, v.Phone, v.Email = consular.Name{}, consular.Name{}, "", "", ""
	return v, nil
}

// MaxHits is how many files a search shows; more is a search for nobody.
const (
	MaxHits  = 8
	maxQuery = 256 // bytes
)

// Found is the answer to a search.
type Found struct {
	Files []View `json:"files"`
	More  bool   `json:"more"` // too many: nothing is shown, the search must say more
}

// Find looks for documents that wait here by reference or by a name in either
// script; each one that is shown is an entry of who saw it. Nothing found is no
// error. Errors: Invalid for an empty or endless text.
func (r *Records) Find(ctx context.Context, p access.Principal, text string) (Found, error) {
	const op = "records: find"
	if err := p.Require(access.CardRead); err != nil {
		return Found{}, err
	}
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return Found{}, refuse(op, "text", consular.RuleRequired)
	case len(text) > maxQuery:
		return Found{}, refuse(op, "text", consular.RuleLength)
	}
	end, err := r.begin(ctx, op)
	if err != nil {
		return Found{}, err
	}
	defer end()
	files, err := r.all()
	if err != nil {
		return Found{}, err
	}
	files = slices.DeleteFunc(files, func(f file) bool { return !f.matches(text) })
	if len(files) > MaxHits {
		return Found{Files: []View{}, More: true}, nil
	}
	if err := r.shows(ctx, p, files); err != nil {
		return Found{}, err
	}
	out := Found{Files: make([]View, 0, len(files))}
	for i := range files {
		out.Files = append(out.Files, r.view(&files[i]))
	}
	return out, nil
}

// matches reports whether a text is the file's reference, the person's name, or
// words of it.
func (f *file) matches(text string) bool {
	if ref, err := consular.ParseReference(text); err == nil {
		return ref == f.Reference
	}
	terms, q := spelling.Names(f.Family, f.Given), spelling.Ask(text)
	has := func(all []spelling.Term) bool {
		return len(all) > 0 && !slices.ContainsFunc(all, func(t spelling.Term) bool { return !slices.Contains(terms, t) })
	}
	return has(q.Whole) || has(q.Words)
}

// Ready reports whether the printer works, for the node's readiness.
func (r *Records) Ready(ctx context.Context) error {
	if reason := r.Printer(ctx); reason != ipp.Ready && reason != ipp.Unconfigured {
		return fault.New(fault.Unavailable, "records: check printer", string(reason), nil)
	}
	return nil
}
