package ipp

import (
	"context"
	"errors"
	"time"

	"jaliya/internal/fault"
)

// Job states (RFC 8011 section 5.3.7).
const (
	jobHeld       = 4
	jobStopped    = 6
	jobCanceled   = 7
	jobAborted    = 8
	jobCompleted  = 9
	jobName       = "print"
	requesterName = "post"
)

// Print prints one copy of a PDF and returns when the printer says that it is
// out. waits is told each time the printer stands in the middle, with why
// (Ready when it goes on), so that somebody can fill in paper. The printer is
// asked first, so that what it would refuse is not sent. Errors carry a Trouble.
func (p *Printer) Print(ctx context.Context, pdf []byte, waits func(Reason)) error {
	const op = "ipp: print"
	if len(pdf) == 0 {
		return fault.New(fault.Invalid, op, "empty document", Trouble{Reason: Refused})
	}
	if reason := p.Status(ctx); reason != Ready {
		return trouble(op, reason, ctx.Err())
	}
	job, err := p.send(ctx, pdf)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, p.o.Wait)
	defer cancel()
	err = p.follow(ctx, job, waits)
	if err != nil && ctx.Err() != nil {
		p.cancel(ctx, job)
		return spent(op, TooSlow, errors.Join(ctx.Err(), err))
	}
	return err
}

// send brings the document to the printer. What the printer answers with a
// refusal made no job; what gets no answer may have.
func (p *Printer) send(ctx context.Context, pdf []byte) (job int32, err error) {
	const op = "ipp: send document"
	ctx, cancel := context.WithTimeout(ctx, sendWithin)
	defer cancel()
	b := p.begin(opPrintJob)
	b.text(tagName, "requesting-user-name", requesterName)
	b.text(tagName, "job-name", jobName)
	b.text(tagMIME, "document-format", mediaPDF)
	b.group(tagJob)
	b.integer("copies", 1)
	out, err := p.post(ctx, b.end(), pdf)
	if err != nil {
		if TroubleOf(err).Reason == Refused || neverLeft(err) {
			return 0, err
		}
		return 0, spent(op, Lost, err)
	}
	if out.status > statusMaxOK {
		return 0, trouble(op, refusal(out.status), nil)
	}
	job, ok := out.number("job-id")
	if !ok {
		return 0, spent(op, Unreadable, nil)
	}
	return job, nil
}

// follow looks at the job until it has ended. A look that fails is no end: the
// printer may be busy with the sheet.
func (p *Printer) follow(ctx context.Context, job int32, waits func(Reason)) error {
	const op, maxMissed = "ipp: follow job", 20
	t := time.NewTicker(p.o.Poll)
	defer t.Stop()
	stood, missed := Ready, 0
	for {
		out, err := p.ask(ctx, opGetJob, func(b *builder) {
			b.integer("job-id", job)
			b.text(tagName, "requesting-user-name", requesterName)
			b.keywords("requested-attributes", "job-state", "job-state-reasons")
		})
		now := stood
		switch {
		case err != nil:
			if missed++; missed > maxMissed {
				return spent(op, Lost, err)
			}
		case out.status == statusNotFound:
			return spent(op, Lost, nil) // it forgot the job: nobody knows
		default:
			missed = 0
			var over bool
			if now, over, err = p.judge(ctx, out); over || err != nil {
				return err
			}
		}
		if now != stood {
			stood = now
			waits(now)
		}
		select {
		case <-ctx.Done():
			return spent(op, TooSlow, ctx.Err())
		case <-t.C:
		}
	}
}

// judge reads the state of a job: over, or going on, or standing for a reason.
func (p *Printer) judge(ctx context.Context, out reply) (stands Reason, over bool, err error) {
	const op = "ipp: follow job"
	state, ok := out.number("job-state")
	switch {
	case out.status > statusMaxOK || !ok:
		return "", false, spent(op, Unreadable, nil)
	case state == jobCompleted:
		return Ready, true, nil
	case state == jobAborted, state == jobCanceled:
		return "", false, spent(op, Aborted, nil)
	}
	if reason := halted(out.texts("job-state-reasons")); reason != Stopped {
		return reason, false, nil
	}
	if state == jobStopped || state == jobHeld {
		if reason := p.Status(ctx); reason != Ready {
			return reason, false, nil
		}
		return Stopped, false, nil
	}
	// A printer that is out of paper may leave its jobs as they are.
	if reason := p.Status(ctx); reason == PaperOut || reason == PaperJam || reason == CoverOpen || reason == InkOut {
		return reason, false, nil
	}
	return Ready, false, nil
}

// cancel takes the job back, so that the sheet does not come out when nobody
// waits for it any more.
func (p *Printer) cancel(ctx context.Context, job int32) {
	_, err := p.ask(context.WithoutCancel(ctx), opCancelJob, func(b *builder) {
		b.integer("job-id", job)
		b.text(tagName, "requesting-user-name", requesterName)
	})
	_ = err // the caller is told in any case that a sheet may have come out
}
