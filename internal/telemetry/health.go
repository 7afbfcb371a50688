package telemetry

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"jaliya/internal/fault"
)

const (
	opHealth = "telemetry: health"

	// AnswerLimit is how long a function may think about how it is.
	AnswerLimit = 2 * time.Second

	// grace lets a function that obeys its context say so in its own words.
	grace = 250 * time.Millisecond
)

// The states of a program as a whole.
const (
	StatusReady       = "ready"       // every function works
	StatusDegraded    = "degraded"    // a function that is not critical does not work
	StatusUnavailable = "unavailable" // a critical function does not work
)

// Check is one function of the program that can say how it is.
type Check struct {
	// Name is the word that operators know it by: "journal", "link", "desk".
	Name string
	// Func returns nil while the function works, else the reason. It reads a
	// state and does no work of its own; it returns soon after ctx is done. A
	// latched store answers fault.Storage, which ends liveness where the
	// function is critical.
	Func func(ctx context.Context) error
	// Critical says that without it the program serves nobody. A node without
	// its link still serves, so its link is not critical.
	Critical bool
}

// Function is what is known of one function.
type Function struct {
	Name     string    `json:"name"`
	OK       bool      `json:"ok"`
	Critical bool      `json:"critical"`
	Reason   string    `json:"reason,omitempty"` // why not, without personal data
	Since    time.Time `json:"since"`            // when OK was first seen to be as it is
	err      error
}

// Report is the truth of one moment: Functions in the order of registration.
type Report struct {
	Status    string     `json:"status"`
	Functions []Function `json:"functions"`
}

// Health asks the functions of a program how they are. It is safe for
// concurrent use.
type Health struct {
	functions []*function
	asking    sync.WaitGroup // the questions under way
}

// function is one check and what it said last.
type function struct {
	check Check

	mu     sync.Mutex // guards what follows
	last   Function
	flight *flight // the question under way, nil when none
}

// flight is one question under way; done is closed by the goroutine that asks.
// What the answer was stands in function.last by then.
type flight struct {
	begun time.Time
	done  chan struct{}
}

// NewHealth watches over the checks given. It refuses none at all, because a
// program without functions is not ready, and two of one name.
func NewHealth(checks ...Check) (*Health, error) {
	if len(checks) == 0 {
		return nil, fault.New(fault.Invalid, opHealth, "", errors.New("no function is named, so readiness would say nothing"))
	}
	h := &Health{}
	seen := make(map[string]bool)
	for _, c := range checks {
		if c.Name == "" || c.Func == nil {
			return nil, fault.New(fault.Invalid, opHealth, c.Name, errors.New("a check needs a name and a function"))
		}
		if seen[c.Name] {
			return nil, fault.New(fault.Exists, opHealth, c.Name, nil)
		}
		seen[c.Name] = true
		h.functions = append(h.functions, &function{
			check: c,
			last:  Function{Name: c.Name, OK: true, Critical: c.Critical, Since: time.Now().UTC()},
		})
	}
	return h, nil
}

// Report asks every function, at the same time and for at most AnswerLimit. A
// function that does not answer is not OK.
func (h *Health) Report(ctx context.Context) Report {
	report := Report{Functions: make([]Function, len(h.functions))}
	var asking sync.WaitGroup
	for i, f := range h.functions {
		asking.Go(func() { report.Functions[i] = h.ask(ctx, f) })
	}
	asking.Wait()
	report.Status = status(report.Functions)
	return report
}

// Wait returns when no question is under way any more. The owner calls it after
// the admin listener has ended.
func (h *Health) Wait() { h.asking.Wait() }

// Latched names the critical functions whose store has failed (D3): only a new
// process can mend that.
func (r Report) Latched() []Function {
	var latched []Function
	for _, f := range r.Functions {
		if f.Critical && fault.Is(f.err, fault.Storage) {
			latched = append(latched, f)
		}
	}
	return latched
}

func status(functions []Function) string {
	all := StatusReady
	for _, f := range functions {
		switch {
		case f.OK:
		case f.Critical:
			return StatusUnavailable
		default:
			all = StatusDegraded
		}
	}
	return all
}

// ask joins the question under way or starts one, and waits for its answer. A
// function that hangs therefore costs one goroutine, however often it is asked,
// and after the first time no further waiting.
func (h *Health) ask(ctx context.Context, f *function) Function {
	flight := h.join(ctx, f)
	select {
	case <-flight.done:
	case <-ctx.Done(): // who asked has gone: that says nothing of the function
	case <-time.After(time.Until(flight.begun.Add(AnswerLimit + grace))):
		f.overdue(flight)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.last
}

func (h *Health) join(ctx context.Context, f *function) *flight {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.flight == nil {
		flight := &flight{begun: time.Now(), done: make(chan struct{})}
		f.flight = flight
		// Detached: who asked first may leave while others wait for the answer.
		detached := context.WithoutCancel(ctx)
		h.asking.Go(func() { f.run(detached, flight) })
	}
	return f.flight
}

func (f *function) run(ctx context.Context, flight *flight) {
	ctx, cancel := context.WithTimeout(ctx, AnswerLimit)
	defer cancel()
	err := f.check.Func(ctx)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note(err)
	f.flight = nil
	close(flight.done)
}

// overdue notes that a question is still without an answer, unless one has just
// come.
func (f *function) overdue(flight *flight) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.flight == flight {
		waited := time.Since(flight.begun).Round(time.Second)
		f.note(fault.New(fault.Timeout, opHealth, f.check.Name, fmt.Errorf("no answer for %s", waited)))
	}
}

// note keeps an answer, under mu; Since moves only when OK changes.
func (f *function) note(err error) {
	if ok := err == nil; ok != f.last.OK {
		f.last.OK, f.last.Since = ok, time.Now().UTC()
	}
	f.last.err, f.last.Reason = err, ""
	if err != nil {
		f.last.Reason = err.Error()
	}
}
