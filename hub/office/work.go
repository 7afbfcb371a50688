package office

import (
	"encoding/binary"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/paper"
)

// Act is what an officer does with a request. Which fields count is the event's.
type Act struct {
	Seen     uint64 // version of the request as the page showed it
	Event    Event
	Text     string                 // question, grounds, why
	Language consular.Language      // of a question
	Entry    paper.Mention          // EntryAdded
	Place    int                    // EntryDropped
	Keep     []int                  // Proposed: places of the entries that stay
	Reason   consular.RefusalReason // RefusalDecided
}

// maxWhy caps a reason and grounds, in characters.
const maxWhy = 1000

// maxEntries is how many a document takes.
const maxEntries = 20

// Refusals lists what the network is told of a refusal.
func Refusals() []consular.RefusalReason {
	return []consular.RefusalReason{consular.RefusedNotEntitled, consular.RefusedIdentityNotProved, consular.RefusedFraud}
}

// Do carries out what an officer decided: on disk when it returns. Errors: Denied
// without the permission, or with CodeTwoOfficers; Conflict with CodeMoved when
// somebody was faster; Invalid with the code of what is missing.
func (o *Office) Do(who access.Principal, id string, a Act) error {
	if err := who.Require(access.RecordDecide); err != nil {
		return err
	}
	a.Text = strings.TrimSpace(strings.ReplaceAll(a.Text, "\r\n", "\n"))
	if err := a.validate(o.today()); err != nil {
		return err
	}
	return o.store.change(id, func(w kv.Writer, q *request, f *finding) error {
		if q.Version != a.Seen {
			return fault.New(fault.Conflict, "office: act", "", CodeMoved.cause())
		}
		line := step{At: ms(o.needs.Now()), By: who.ID, Why: a.Text}
		if a.Event == Asked || a.Event == Proposed {
			line.Why = "" // has a place of its own
		}
		if err := q.happen(a.Event, *f, line); err != nil {
			return err
		}
		return o.after(w, q, f, deed{Act: a, line: line})
	})
}

type deed struct {
	Act

	line step
}

// validate wants the fields of the event.
func (a Act) validate(today consular.Date) error { //nolint:cyclop // one case for each event
	const op = "office: check act"
	short := utf8.RuneCountInString(a.Text) <= maxWhy && utf8.ValidString(a.Text)
	bad := func(code Code) error { return fault.New(fault.Invalid, op, "", code.cause()) }
	switch a.Event {
	case Asked:
		if a.Text == "" || !short || a.Language.Validate() != nil {
			return bad(CodeQuestion)
		}
	case EntryAdded:
		return checkEntry(a.Entry, today)
	case Proposed, Returned, Voided, RevocationSaid:
		if a.Text == "" || !short {
			return bad(CodeNoReason)
		}
	case RefusalDecided:
		if !slices.Contains(Refusals(), a.Reason) || !short {
			return bad(CodeNoReason)
		}
	case Found, SeveralFound, EntryDropped, NothingFound, EntriesFound, Confirmed, IssueOrdered:
		if !short {
			return bad(CodeNoReason)
		}
	case Answered, SearchEnded, DocumentMade, Released, WithdrawalAsked:
		return fault.New(fault.Invalid, op, "not an officer's", nil)
	default:
		return fault.New(fault.Invalid, op, "unknown event", nil)
	}
	return nil
}

// checkEntry asks of an entry what the document will ask.
func checkEntry(m paper.Mention, today consular.Date) error {
	if m.Validate(today) != nil {
		return fault.New(fault.Invalid, "office: check entry", "", CodeEntry.cause())
	}
	return nil
}

// after does what follows from an event, in its transaction.
func (o *Office) after(w kv.Writer, q *request, f *finding, d deed) error { //nolint:cyclop // one case for each event
	now := at(d.line.At)
	switch d.Event { //nolint:exhaustive // the others change the state alone
	case Asked:
		return o.ask(w, q, d)
	case EntryAdded:
		if len(f.Entries) >= maxEntries {
			return fault.New(fault.TooLarge, "office: add entry", "", CodeEntry.cause())
		}
		f.Entries = append(f.Entries, d.Entry)
	case EntryDropped:
		if d.Place < 0 || d.Place >= len(f.Entries) {
			return fault.New(fault.Conflict, "office: drop entry", "", CodeMoved.cause())
		}
		f.Entries = slices.Delete(f.Entries, d.Place, d.Place+1)
	case Proposed:
		keep := slices.Compact(slices.Sorted(slices.Values(d.Keep)))
		if len(keep) > 0 && (keep[0] < 0 || keep[len(keep)-1] >= len(f.Entries)) {
			return fault.New(fault.Invalid, "office: propose", "", CodeEntry.cause())
		}
		f.Proposer, f.Grounds, f.Keep = d.line.By, d.Text, keep
	case Returned:
		f.Proposer, f.Grounds, f.Keep = "", "", nil
	case NothingFound:
		return o.store.count(w, q, false)
	case Confirmed:
		early := o.needs.Plan.Due(at(q.Since), Early, at(q.Since))
		return o.store.count(w, q, !o.needs.Plan.ready(now).Before(early))
	case EntriesFound:
		q.Reviewed = true
	case IssueOrdered:
		q.Ordered = d.line.At
	case Voided:
		q.Ordered, q.Number, q.Target = 0, "", 0
		*f = finding{Entries: f.Entries}
		return w.Delete(bucketPackages, []byte(q.ID))
	case RefusalDecided:
		// A question that is out stays out until the refusal leaves.
		q.Reason, q.Target = d.Reason.String(), ms(o.needs.Plan.Due(at(q.Since), q.Lot, o.needs.Plan.ready(now)))
	case RevocationSaid:
		return o.store.revoke(w, q, d.line.At)
	}
	return nil
}

// Search ends a search: the event of the end and of what it brought are one
// transaction, nobody sees the state between them.
func (o *Office) Search(who access.Principal, id string, seen uint64, on Event) error {
	if err := who.Require(access.RecordDecide); err != nil {
		return err
	}
	if on != NothingFound && on != EntriesFound {
		return fault.New(fault.Invalid, "office: end search", "event", nil)
	}
	return o.store.change(id, func(w kv.Writer, q *request, f *finding) error {
		if q.Version != seen {
			return fault.New(fault.Conflict, "office: act", "", CodeMoved.cause())
		}
		line := step{At: ms(o.needs.Now()), By: who.ID}
		if err := q.happen(SearchEnded, *f, line); err != nil {
			return err
		}
		if err := q.happen(on, *f, line); err != nil {
			return err
		}
		return o.after(w, q, f, deed{Act: Act{Event: on}, line: line})
	})
}

// ask seals the question; it leaves in the next slot.
func (o *Office) ask(w kv.Writer, q *request, d deed) error {
	q.Question, q.Language = d.Text, string(d.Language)
	sealed, err := o.sealQuestion(*q)
	if err != nil {
		return err
	}
	q.Target = ms(o.needs.Plan.next(at(d.line.At)))
	return w.Put(bucketPackages, []byte(q.ID), sealed)
}

// today is the day on which documents are dated.
func (o *Office) today() consular.Date { return consular.DateOf(o.needs.Now().In(o.needs.Zone)) }

// Line is one request in a list.
type Line struct {
	ID      string
	Product string
	State   State
	Family  consular.Name
	Given   consular.Name
	Arrived time.Time
	Changed time.Time
	Ordered bool
	Left    bool // the network has the end of it
}

// List gives the requests that still need somebody, the oldest first.
func (o *Office) List(who access.Principal) ([]Line, error) {
	if err := who.Require(access.RecordDecide); err != nil {
		return nil, err
	}
	var out []Line
	err := o.store.kv.View(func(r kv.Reader) error {
		var err error
		r.Ascend(bucketOpen, nil, func(key, _ []byte) bool {
			var q request
			if q, err = o.store.read(r, string(key)); err != nil {
				return false
			}
			out = append(out, Line{
				ID: q.ID, Product: q.Product, State: q.State, Family: q.Content.Person.Family, Given: q.Content.Person.Given,
				Arrived: at(q.Arrived), Changed: at(q.Steps[len(q.Steps)-1].At), Ordered: q.Ordered != 0, Left: q.released(),
			})
			return true
		})
		return err
	})
	slices.SortFunc(out, func(a, b Line) int { return a.Arrived.Compare(b.Arrived) })
	return out, err
}

// Open gives a request to an officer, after the line that says who read it is on
// disk.
func (o *Office) Open(who access.Principal, id string) (q request, f finding, err error) {
	if err := who.Require(access.RecordDecide); err != nil {
		return q, f, err
	}
	err = o.store.kv.Update(func(w kv.Writer) error {
		var err error
		if q, err = o.store.read(w, id); err != nil {
			return err
		}
		if f, err = o.store.finding(w, id); err != nil {
			return err
		}
		return o.view(w, id, who.ID)
	})
	return q, f, err
}

// Reading is one opening of a request by an officer.
type Reading struct {
	At int64  `cbor:"1,keyasint"`
	By string `cbor:"2,keyasint"`
}

// viewKey orders readings by request and time.
func viewKey(id string, n uint64) []byte {
	return binary.BigEndian.AppendUint64(append([]byte(id), 0), n)
}

func (o *Office) view(w kv.Writer, id, by string) error {
	var n uint64
	w.Descend(bucketViews, viewKey(id, ^uint64(0)), func(key, _ []byte) bool {
		if rest, ok := strings.CutPrefix(string(key), id+"\x00"); ok && len(rest) == 8 {
			n = binary.BigEndian.Uint64([]byte(rest)) + 1
		}
		return false
	})
	return o.store.put(w, bucketViews, viewKey(id, n), Reading{At: ms(o.needs.Now()), By: by}, sizeFigures)
}

// readings gives who opened a request, the last first.
func (o *Office) readings(id string, limit int) (out []Reading, err error) {
	err = o.store.kv.View(func(r kv.Reader) error {
		var err error
		r.Descend(bucketViews, viewKey(id, ^uint64(0)), func(key, _ []byte) bool {
			if !strings.HasPrefix(string(key), id+"\x00") || len(out) == limit {
				return false
			}
			var one Reading
			if _, err = o.store.get(r, bucketViews, append([]byte(nil), key...), &one); err != nil {
				return false
			}
			out = append(out, one)
			return true
		})
		return err
	})
	return out, err
}

// Share tells officers the running figures of the office.
type Share struct {
	Decided, Reviewed, Missed uint64
	Share                     float64
}

// Figures gives them.
func (o *Office) Figures(who access.Principal) (out Share, err error) {
	if err := who.Require(access.RecordDecide); err != nil {
		return out, err
	}
	err = o.store.kv.View(func(r kv.Reader) error {
		f, err := o.store.figures(r)
		out = Share{f.Decided, f.Reviewed, f.Missed, f.share(o.needs.Plan.Share)}
		return err
	})
	return out, err
}
