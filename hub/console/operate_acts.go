package console

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"jaliya/hub/ledger"
	"jaliya/hub/watch"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/web"
	"jaliya/internal/wire"
)

// maxNote is the cap of an operator's note, in characters.
const maxNote = 200

// What came between a page of an operator and their click.
const (
	ChangedEnded   = "ended"   // the need ended by itself
	ChangedTaken   = "taken"   // somebody else has it
	ChangedFree    = "free"    // nobody has it any more
	ChangedDone    = "done"    // the order was carried out or withdrawn
	ChangedTried   = "tried"   // the order was tried again since
	ChangedSettled = "settled" // the entry was settled by somebody
	ChangedFork    = "fork"    // a machine showed something new
	ChangedDecided = "decided" // somebody decided about the machine
)

// ChangedError says that something is no longer as an operator's page showed it.
// It is a cause of a Conflict; nothing was changed.
type ChangedError struct {
	What string
	By   wire.StaffID // empty: nobody, or not known
	At   time.Time
	Note string

	coded web.CodedError
}

// Error names what changed, without its text.
func (e *ChangedError) Error() string { return e.coded.Error() }

// Unwrap gives the code of the problem.
func (e *ChangedError) Unwrap() error { return e.coded }

func changed(e ChangedError) error {
	e.coded = web.CodedError{Code: web.CodeVersionConflict}
	return fault.New(fault.Conflict, "console: operate", e.What, &e)
}

// NeedAct takes a need or gives it back.
type NeedAct struct {
	Key  string       `json:"key"`
	Take bool         `json:"take"`
	Seen wire.StaffID `json:"seen,omitempty"` // who had it on the page, empty for nobody
	Note string       `json:"note,omitempty"` // for the next shift
}

// AttendNeed notes who has a need. To take what one has already, or to give back
// what nobody has, changes nothing. Errors: Conflict with a ChangedError when the
// need ended, or is not with whom the page showed.
func (c *Console) AttendNeed(ctx context.Context, who access.Principal, in NeedAct) error {
	if err := who.Require(access.HubOperate); err != nil {
		return err
	}
	note, err := noteOf(in.Note, false)
	if err != nil {
		return err
	}
	if in.Key == "" {
		return invalid("key", consular.RuleRequired)
	}
	picture, err := c.Watch.Picture(ctx)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(picture.Needs, func(n watch.Need) bool { return n.Key == in.Key })
	if at < 0 {
		return changed(ChangedError{What: ChangedEnded})
	}
	in.Note = note
	if same, err := in.against(picture.Needs[at].Taken, wire.StaffID(who.ID)); same || err != nil {
		return err
	}
	if !in.Take {
		note = ""
	}
	_, err = c.as(who, 0)(ctx, ledger.AttendNeed{Time: c.Now().UnixMilli(), Key: in.Key, Take: in.Take, Note: note})
	if fault.Is(err, fault.Conflict) {
		return changed(ChangedError{What: ChangedEnded})
	}
	return err
}

// against compares the act with who has the need: it may change nothing, or come
// from a page that shows somebody else.
func (in NeedAct) against(held watch.Taken, me wire.StaffID) (same bool, err error) {
	mine := held.By == me
	switch {
	case in.Take && mine:
		return in.Note == "" || in.Note == held.Note, nil
	case !in.Take && held.By == "":
		return true, nil
	case !in.Take && mine, in.Take && held.By == in.Seen:
		return false, nil
	case held.By == "":
		return false, changed(ChangedError{What: ChangedFree})
	}
	return false, changed(ChangedError{What: ChangedTaken, By: held.By, At: held.At, Note: held.Note})
}

// RetryAct has an order tried again now.
type RetryAct struct {
	Order    uint64 `json:"-"`
	Attempts int    `json:"attempts"` // as they were shown
}

// RetryOrder has a stuck order tried again at once instead of at its time. An
// order is carried out under its id, so that a second try does nothing twice.
// Errors: Conflict with a ChangedError when it was done, withdrawn or tried since.
func (c *Console) RetryOrder(ctx context.Context, who access.Principal, in RetryAct) error {
	if err := who.Require(access.HubOperate); err != nil {
		return err
	}
	list, err := c.Watch.Stuck(maxDesk)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(list, func(s watch.Stuck) bool { return s.Order == in.Order })
	switch {
	case at < 0:
		return changed(ChangedError{What: ChangedDone})
	case list[at].Attempts != in.Attempts:
		return changed(ChangedError{What: ChangedTried, At: list[at].Next})
	}
	_, err = c.as(who, 0)(ctx, ledger.RedriveOrder{Time: c.Now().UnixMilli(), Order: in.Order})
	if fault.Is(err, fault.Conflict) || fault.Is(err, fault.Used) || fault.Is(err, fault.NotFound) {
		return changed(ChangedError{What: ChangedDone})
	}
	return err
}

// SettleAct says that a refused entry was dealt with.
type SettleAct struct {
	Number uint64 `json:"-"`
	Note   string `json:"note"` // what was done
}

// SettleRefused settles a refused entry with a note of what was done. Errors:
// NotFound; Conflict with a ChangedError when it was settled with another note.
func (c *Console) SettleRefused(ctx context.Context, who access.Principal, in SettleAct) error {
	if err := who.Require(access.HubOperate); err != nil {
		return err
	}
	note, err := noteOf(in.Note, true)
	if err != nil {
		return err
	}
	list, err := c.Watch.RefusedEntries(maxDesk)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(list, func(r watch.Refused) bool { return r.Number == in.Number })
	switch {
	case at < 0:
		return fault.New(fault.NotFound, "console: settle refused", "", nil)
	case list[at].Settled && list[at].Note == note:
		return nil
	case list[at].Settled:
		return changed(ChangedError{What: ChangedSettled, Note: list[at].Note})
	}
	_, err = c.as(who, 0)(ctx, ledger.SettleRefused{Time: c.Now().UnixMilli(), Number: in.Number, Note: note})
	if fault.Is(err, fault.Conflict) || fault.Is(err, fault.Used) {
		return changed(ChangedError{What: ChangedSettled})
	}
	return err
}

// noteOf reads a note: one line, without what no page shows.
func noteOf(text string, required bool) (string, error) { return lineOf("note", text, required) }

// lineOf reads one line that an officer types into a field.
func lineOf(field, text string, required bool) (string, error) {
	text = strings.Join(strings.Fields(text), " ")
	switch {
	case text == "" && required:
		return "", invalid(field, consular.RuleRequired)
	case utf8.RuneCountInString(text) > maxNote:
		return "", invalid(field, consular.RuleLength)
	case !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl):
		return "", invalid(field, consular.RuleFormat)
	}
	return text, nil
}
