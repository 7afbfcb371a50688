package records

import (
	"log/slog"

	"jaliya/consulate-node/journal"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// slice is how many notices one transaction takes.
const slice = 64

// keep is how long a file is kept that the hub says nothing more of: the
// document is void after three months (domain.md G.2), and the person may have
// chosen another post.
const keepMillis = 100 * 24 * 3600 * 1000

func (r *Records) hear() error {
	for {
		var notices []wire.Notice
		err := r.o.Journal.View(func(reader kv.Reader) (err error) {
			notices, err = journal.NoticesAfter(reader, cursorOf(reader), slice)
			return err
		})
		if err != nil || len(notices) == 0 {
			return err
		}
		if err := r.o.Journal.Update(func(w kv.Writer) error { return r.take(w, notices) }); err != nil {
			return err
		}
		r.heard(notices)
	}
}

func (r *Records) take(w kv.Writer, notices []wire.Notice) error {
	for _, n := range notices {
		if err := r.notice(w, n); err != nil {
			return err
		}
	}
	return putCursor(w, notices[len(notices)-1].Seq)
}

// notice takes one in. What cannot be read must not keep the next ones waiting:
// it is reported and passed over.
func (r *Records) notice(w kv.Writer, n wire.Notice) error {
	ref, err := consular.ParseReference(n.Reference)
	if err != nil {
		return nil //nolint:nilerr // a notice about something that is no request
	}
	f, found, err := r.get(w, ref)
	if err != nil {
		return err
	}
	switch n.Kind { //nolint:exhaustive // the others are no news of a person
	case wire.NoticeCaseMoved:
		return r.moved(w, n, f, found)
	case wire.NoticeEntryRefused:
		if found && f.refuse(n.Record, n.Reason, n.Time) {
			return r.put(w, &f)
		}
	}
	return nil
}

// moved takes the hub's word of a case, with the names of the person or without.
func (r *Records) moved(w kv.Writer, n wire.Notice, f file, found bool) error {
	if found = r.name(n, &f, found); !found {
		return nil
	}
	err := f.hear(n, func(record wire.RecordID) (uint64, error) { return journal.SecuredAt(w, record) })
	if err != nil {
		return err
	}
	if !called(f.state()) {
		f.Contact = consular.Contact{}
	}
	if over(f.state()) || !f.Here && !called(f.state()) {
		return r.drop(w, &f)
	}
	return r.put(w, &f)
}

// name writes into a file whose it is, and makes one of somebody who is not
// known here yet. It reports whether there is a file.
func (r *Records) name(n wire.Notice, f *file, found bool) bool {
	state := workflow.State(n.State)
	if len(n.Body) == 0 || !awaited(state) && !printing(state) && !called(state) {
		return found
	}
	s, err := r.summary(n)
	if err != nil {
		r.o.Logger.Warn("summary cannot be read", slog.Uint64("notice", n.Seq), slog.String("kind", fault.KindOf(err).Code()))
		return found
	}
	if !called(state) && s.Service.Family() != consular.FamilyRecord {
		return found // a card, which its pouch brings
	}
	if !found {
		*f = file{Reference: s.Reference, State: n.State}
	}
	f.Service, f.Family, f.Given, f.Birth, f.Contact, f.Heard = s.Service, s.Family, s.Given, s.Birth, s.Contact, n.Time
	f.Here = f.Here || !called(state)
	return true
}

func (r *Records) summary(n wire.Notice) (wire.Summary, error) {
	opened, err := r.o.PostKey.Open(n.Body, wire.SummaryContext, wire.SummaryAAD(r.o.Post.ID, n.Reference))
	if err != nil {
		return wire.Summary{}, err
	}
	defer opened.Destroy()
	s, err := wire.DecodeSummary(opened.Body())
	if err == nil && s.Reference.Digits() != n.Reference {
		err = fault.New(fault.Invalid, "records: read summary", "another request's", nil)
	}
	return s, err
}

// heard is what the notices mean for the prints of this process: a ticket
// begins the fetch, a refusal ends the key.
func (r *Records) heard(notices []wire.Notice) {
	for _, n := range notices {
		ref, err := consular.ParseReference(n.Reference)
		one := r.runs[ref]
		if err != nil || one == nil {
			continue
		}
		switch n.Kind { //nolint:exhaustive // the others change no print
		case wire.NoticeDocument:
			t, err := wire.DecodeTicket(n.Body)
			if err == nil && t.Record == one.record && t.Size <= wire.MaxPackage && one.ticket == nil {
				one.ticket, one.wanted = &t, true
			}
		case wire.NoticeEntryRefused:
			if n.Record == one.record {
				delete(r.runs, ref)
			}
		case wire.NoticeCaseMoved:
			if over(workflow.State(n.State)) {
				delete(r.runs, ref)
			}
		}
	}
}

// forget drops what nobody asked for in time.
func (r *Records) forget() error {
	files, err := r.all()
	if err != nil {
		return err
	}
	now := r.o.Clock().UnixMilli()
	for i := range files {
		if f := &files[i]; now-f.Heard > keepMillis && !printing(f.state()) {
			if err := r.o.Journal.Update(func(w kv.Writer) error { return r.drop(w, f) }); err != nil {
				return err
			}
		}
	}
	return nil
}

// Forget drops files that the hub says nothing more of; the node calls it now
// and then.
func (r *Records) Forget() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.forget()
}
