package records

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"log/slog"
	"time"

	"jaliya/internal/consular"
	"jaliya/internal/document"
	"jaliya/internal/fault"
	"jaliya/internal/ipp"
	"jaliya/internal/kv"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

// run is a print of this process. Records.mu guards all of it but key, which
// whoever works on it reads alone.
type run struct {
	reference consular.Reference
	record    wire.RecordID // the print.begun
	key       *seal.PostKey
	ticket    *wire.Ticket

	wanted  bool       // it shall be carried out
	working bool       // it is
	fetched uint64     // bytes
	sent    bool       // the printer has been asked
	stands  ipp.Reason // why the printer stands in the middle
	stopped ipp.Reason // why nothing was printed: it may be tried again
}

// maxFetchWait is the longest pause between two tries to fetch.
const maxFetchWait = 30 * time.Second

// carryOut fetches, opens and prints, and says what became of it. The document
// is in memory while it runs, and nowhere afterwards.
func (r *Records) carryOut(ctx context.Context, one *run) {
	err := r.printOnce(ctx, one)
	t := ipp.Trouble{}
	if err != nil {
		t = ipp.TroubleOf(err)
		r.o.Logger.Warn("print did not end well", slog.String("reason", string(t.Reason)), slog.Bool("spent", t.Spent),
			slog.String("kind", fault.KindOf(err).Code()))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	one.working, one.sent, one.stands = false, false, ""
	if err != nil && !t.Spent {
		one.stopped = t.Reason
		return
	}
	if r.runs[one.reference] == one {
		delete(r.runs, one.reference) // the key has done its work
	}
	if err := r.note(one, t.Reason); err != nil {
		r.o.Logger.Error("print cannot be noted", slog.String("kind", fault.KindOf(err).Code()))
	}
}

// note writes down that the sheet is out, or that nobody knows.
func (r *Records) note(one *run, reason ipp.Reason) error {
	return r.o.Journal.Update(func(w kv.Writer) error {
		f, found, err := r.get(w, one.reference)
		if err != nil || !found || f.Begun != one.record {
			return err
		}
		f.Out, f.Trouble = reason == ipp.Ready, reason
		return r.put(w, &f)
	})
}

func (r *Records) printOnce(ctx context.Context, one *run) error {
	raw, err := r.fetch(ctx, one)
	if err != nil {
		return nothingSent(err)
	}
	pdf, err := one.document(raw)
	clear(raw)
	if err != nil {
		return nothingSent(err)
	}
	defer clear(pdf)
	r.mu.Lock()
	one.sent = true
	r.mu.Unlock()
	if r.o.Printer == nil {
		return nothingSent(nil)
	}
	return r.o.Printer.Print(ctx, pdf, func(reason ipp.Reason) {
		r.mu.Lock()
		defer r.mu.Unlock()
		one.stands = reason
	})
}

// nothingSent says that the printer was not asked.
func nothingSent(err error) error {
	reason := ipp.Unreachable
	if fault.Is(err, fault.Corrupt) || fault.Is(err, fault.Denied) || fault.Is(err, fault.Invalid) || fault.Is(err, fault.NotFound) {
		reason = ReasonDocument
	}
	return fault.New(fault.KindOf(err), "records: print", string(reason), ipp.Trouble{Reason: reason})
}

// ReasonDocument is why a print stands still when what came from the hub cannot
// be read: two persons end it.
const ReasonDocument ipp.Reason = "document"

// fetch brings the sealed document part by part. A part that fails is asked for
// again, where it stood, until ctx ends.
func (r *Records) fetch(ctx context.Context, one *run) ([]byte, error) {
	const op = "records: fetch document"
	t := one.ticket
	raw := make([]byte, 0, t.Size)
	wait := r.retry
	for uint64(len(raw)) < t.Size {
		part, err := r.o.Part(ctx, wire.FetchRequest{
			Version: wire.Version, Record: t.Record, Object: t.Object, Offset: uint64(len(raw)),
			Length: uint32(min(wire.MaxFetch, t.Size-uint64(len(raw)))),
		})
		switch {
		case fault.Is(err, fault.Denied), fault.Is(err, fault.Invalid), fault.Is(err, fault.NotFound):
			return nil, err // the hub will not change its mind
		case err != nil || len(part) == 0:
			select {
			case <-ctx.Done():
				return nil, fault.New(fault.Timeout, op, "", ctx.Err())
			case <-time.After(wait):
			}
			wait = min(2*wait, maxFetchWait)
			continue
		case uint64(len(raw)+len(part)) > t.Size:
			return nil, fault.New(fault.Corrupt, op, "longer than its ticket", nil)
		}
		raw, wait = append(raw, part...), r.retry
		r.mu.Lock()
		one.fetched = uint64(len(raw))
		r.mu.Unlock()
	}
	if sha256.Sum256(raw) != t.Object {
		return nil, fault.New(fault.Corrupt, op, "another document", nil)
	}
	return raw, nil
}

// document opens a package with the key of the print.
func (one *run) document(raw []byte) (pdf []byte, err error) {
	const op = "records: open document"
	p, err := wire.ParsePackage(raw)
	if err != nil {
		return nil, err
	}
	if p.Record != one.record {
		return nil, fault.New(fault.Denied, op, "another print's", nil)
	}
	opened, err := one.key.Open(p.Body, wire.PrintContext, wire.PrintAAD(one.record))
	if err != nil {
		return nil, err
	}
	defer opened.Destroy()
	bundle, err := opened.OpenBundle(bytes.NewReader(p.Bundle))
	if err != nil {
		return nil, err
	}
	var container []byte
	defer func() { clear(container) }()
	_, err = bundle.Each(func(head seal.PartHead, in io.Reader) error {
		if head.Name != wire.DocumentPart || container != nil {
			return fault.New(fault.Invalid, op, "part", nil)
		}
		container, err = io.ReadAll(io.LimitReader(in, wire.DocumentSize+1))
		return err
	})
	if err != nil {
		return nil, err
	}
	return document.Unpack(container)
}
