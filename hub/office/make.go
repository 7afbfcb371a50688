package office

import (
	"bytes"
	"context"
	"log/slog"
	"time"

	"jaliya/internal/consular"
	"jaliya/internal/document"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/paper"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

// body is what a package says beside the document: nothing that tells what was
// found.
type body struct {
	Version  uint8         `cbor:"1,keyasint"`
	Number   string        `cbor:"2,keyasint,omitempty"`
	Issued   consular.Date `cbor:"3,keyasint,omitempty"`
	Expires  consular.Date `cbor:"4,keyasint,omitempty"`
	Stem     string        `cbor:"5,keyasint,omitempty"`
	Question string        `cbor:"6,keyasint,omitempty"`
	Language string        `cbor:"7,keyasint,omitempty"`
}

// sealed makes the package of a body and, where there is one, a document.
func (o *Office) sealed(q request, b body, pdf []byte) ([]byte, error) {
	public, err := seal.ParseIntakePublic(q.Reply.Public)
	if err != nil {
		return nil, err
	}
	visit, err := seal.NewVisit(public, q.Record, o.dicts)
	if err != nil {
		return nil, err
	}
	defer visit.Destroy()
	p := wire.Package{Record: q.Record}
	if p.Body, err = visit.SealBody(wire.Marshal(b), wire.PackageAAD(q.Record)); err != nil {
		return nil, err
	}
	if pdf == nil {
		return wire.Marshal(p), nil
	}
	packed, err := document.Pack(pdf)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	writer, err := visit.FixedBundleWriter(&out, wire.DocumentSize)
	if err != nil {
		return nil, err
	}
	if _, err := writer.Add(wire.DocumentPart, "application/pdf", bytes.NewReader(packed)); err != nil {
		return nil, err
	}
	if _, err := writer.Finish(); err != nil {
		return nil, err
	}
	p.Bundle = out.Bytes()
	return wire.Marshal(p), nil
}

func (o *Office) sealQuestion(q request) ([]byte, error) {
	return o.sealed(q, body{Version: 1, Question: q.Question, Language: q.Language}, nil)
}

// validity of a document, in months (domain.md B.1).
const validity = 3

// make makes the document of a request that was ordered. Its number is on disk
// before anything is signed with it; when the authority of times is down nothing
// is kept, and the same number is tried again.
func (o *Office) make(ctx context.Context, id string) error {
	var q request
	var f finding
	err := o.store.change(id, func(w kv.Writer, held *request, found *finding) (err error) {
		if held.Ordered == 0 || held.State != Clear && held.State != Decided {
			return fault.New(fault.Conflict, "office: make document", held.State.String(), nil)
		}
		if held.Number == "" {
			held.Number, err = o.store.number(w, o.needs.Letters, o.needs.Now().In(o.needs.Zone))
		}
		q, f = *held, *found
		return err
	})
	if err != nil {
		return err
	}
	product, err := consular.ParseService(q.Product)
	if err != nil {
		return err
	}
	today := o.today()
	d := paper.RecordData{
		Service: product, Office: o.needs.Name, Number: q.Number, Person: q.Content.Person, Issued: today,
		Expires: today.AddMonths(validity), Page: o.needs.Page, Made: o.needs.Now(),
	}
	if q.State == Decided {
		d.Mentions = f.mentions()
	}
	issued, err := o.needs.Maker.Issue(ctx, d)
	if err != nil {
		return o.hindered(q, err)
	}
	pack, err := o.sealed(q, body{Version: 1, Number: d.Number, Issued: d.Issued, Expires: d.Expires, Stem: stem(d.Number)}, issued.PDF)
	if err != nil {
		return o.hindered(q, err)
	}
	return o.store.change(id, func(w kv.Writer, held *request, found *finding) error {
		if held.Version != q.Version || held.Number != q.Number {
			return fault.New(fault.Conflict, "office: keep document", "", CodeMoved.cause())
		}
		now := o.needs.Now()
		if err := held.happen(DocumentMade, *found, step{At: ms(now), By: byOffice}); err != nil {
			return err
		}
		held.Hindrance, held.Target = "", ms(o.needs.Plan.Due(at(held.Since), held.Lot, now))
		return w.Put(bucketPackages, []byte(id), pack)
	})
}

// hindered writes down why a document could not be made, for the officer's page.
func (o *Office) hindered(q request, cause error) error {
	o.needs.Metrics.failures.Inc()
	kind := fault.KindOf(cause).Code()
	if q.Hindrance != kind {
		err := o.store.change(q.ID, func(_ kv.Writer, held *request, _ *finding) error {
			held.Hindrance = kind
			return nil
		})
		if err != nil {
			return err
		}
	}
	return fault.New(fault.Unavailable, "office: make document", kind, cause)
}

// Times of the clock's work.
const (
	retryFirst = 2 * time.Second
	retryMost  = time.Minute
	// idleMost bounds a wait, so that a clock that was set is noticed.
	idleMost = time.Minute
)

// Run makes and releases what is due until ctx ends.
func (o *Office) Run(ctx context.Context) error {
	retry := retryFirst
	for {
		changed := o.store.watch()
		next, failed, err := o.turn(ctx)
		if err != nil {
			if fault.Is(err, fault.Storage) {
				return err
			}
			o.needs.Logger.Error("the clock's work failed", slog.String("kind", fault.KindOf(err).String()))
		}
		wait := min(next.Sub(o.needs.Now()), idleMost)
		if failed || err != nil {
			wait, retry = min(wait, retry), min(2*retry, retryMost)
			changed = nil // its own note of a failure is no reason to try at once
		} else {
			retry = retryFirst
		}
		timer := time.NewTimer(max(wait, 0))
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-changed:
			timer.Stop()
		case <-timer.C:
		}
	}
}

// turn does all that is due now, in the order of ids, which tells nothing; it
// gives when the next thing may be due, and whether something must be tried
// again.
func (o *Office) turn(ctx context.Context) (next time.Time, failed bool, err error) {
	ids, err := o.store.list()
	if err != nil {
		return next, false, err
	}
	o.needs.Metrics.waiting.Set(float64(len(ids)))
	next = o.needs.Now().Add(idleMost)
	for _, id := range ids {
		if ctx.Err() != nil {
			return next, failed, nil //nolint:nilerr // told to stop: what is left is due at the next start
		}
		again, err := o.due(ctx, id)
		switch {
		case fault.Is(err, fault.Storage):
			return next, failed, err
		case fault.Is(err, fault.Conflict) || fault.Is(err, fault.NotFound):
			next = o.needs.Now() // an officer was faster: look again
		case err != nil:
			failed = true
			o.needs.Logger.Warn("a document could not be made now", slog.String("kind", fault.KindOf(err).String()))
		case !again.IsZero() && again.Before(next):
			next = again
		}
	}
	return next, failed, nil
}

// due does what is due of one request, and gives when something will be.
func (o *Office) due(ctx context.Context, id string) (time.Time, error) {
	q, err := o.store.request(id)
	if err != nil {
		return time.Time{}, err
	}
	now := o.needs.Now()
	if when, ok := o.makingAt(q, now); ok {
		if when.After(now) {
			return when, nil
		}
		if err := o.make(ctx, id); err != nil {
			return time.Time{}, err
		}
		if q, err = o.store.request(id); err != nil {
			return time.Time{}, err
		}
		now = o.needs.Now()
	}
	if q.Target != 0 {
		if at(q.Target).After(now) {
			return at(q.Target), nil
		}
		if err := o.release(id); err != nil {
			return time.Time{}, err
		}
	}
	if over, ok := o.erasure(q); ok {
		if over.After(now) {
			return over, nil
		}
		return time.Time{}, o.store.change(id, func(w kv.Writer, q *request, _ *finding) error { return o.store.erase(w, q) })
	}
	return time.Time{}, nil
}

// makingAt gives when the document of an ordered request is to be made: in the
// slot before the one in which it leaves, so that its times tell of that slot
// alone.
func (o *Office) makingAt(q request, now time.Time) (time.Time, bool) {
	if q.Ordered == 0 || q.State != Clear && q.State != Decided {
		return time.Time{}, false
	}
	ready := o.needs.Plan.ready(at(q.Ordered))
	if now.After(ready) {
		ready = now
	}
	return o.needs.Plan.begins(o.needs.Plan.Due(at(q.Since), q.Lot, ready)), true
}

// release lets something leave whose slot has come.
func (o *Office) release(id string) error {
	err := o.store.change(id, func(w kv.Writer, q *request, f *finding) error {
		now := o.needs.Now()
		if q.Target == 0 || at(q.Target).After(now) {
			return fault.New(fault.Conflict, "office: release", "", nil)
		}
		q.Target = 0
		if q.State == IdentityQuery {
			q.leave(OutQuestion, "", now)
			return nil
		}
		if err := q.happen(Released, *f, step{At: ms(now), By: byOffice}); err != nil {
			return err
		}
		if q.State == Refused {
			q.leave(OutRefused, q.Reason, now)
			return w.Delete(bucketPackages, []byte(id))
		}
		q.leave(OutIssued, "", now)
		return nil
	})
	if err == nil {
		o.needs.Metrics.left.Inc()
	}
	return err
}

// erasure gives when the content of a request that is over is to be erased: a
// document that was never fetched is kept.
func (o *Office) erasure(q request) (time.Time, bool) {
	if q.Erased {
		return time.Time{}, false
	}
	switch q.State {
	case Issued, Revoked:
		return at(q.Fetched).Add(o.needs.Keep), q.Fetched != 0
	case Refused:
		return at(q.Left).Add(o.needs.Keep), q.released()
	case Withdrawn:
		return at(q.Left).Add(o.needs.Keep), true
	case Matching, IdentityQuery, Resolve, Matched, Searched, Clear, Review, Decided:
	}
	return time.Time{}, false
}
