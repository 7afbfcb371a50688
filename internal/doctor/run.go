package doctor

import (
	"context"
	"time"

	"jaliya/internal/telemetry"
)

// CheckLimit is how long one check may take.
const CheckLimit = 15 * time.Second

// Check is one step. Run looks and changes nothing; it returns soon after ctx
// is done, and at least one finding.
type Check struct {
	Step  string
	Needs []string // steps that must not be bad
	Run   func(ctx context.Context) []Finding
}

// Patient says whose self-test it is.
type Patient struct{ Role, Who string }

// Run runs the checks one after the other, in the order of the path. seen, if
// given, hears each step when it is done.
func Run(ctx context.Context, p Patient, checks []Check, seen func(Report)) Report {
	r := Report{Role: p.Role, Who: p.Who, Version: telemetry.Version, At: time.Now().UTC(), State: Skipped}
	cause := map[string]string{} // of each step that is bad or could not be tried, the first bad one
	for _, c := range checks {
		begun := time.Now()
		findings := look(ctx, c, cause)
		took := time.Since(begun)
		for _, f := range findings {
			if f.Step == "" {
				f.Step = c.Step
			}
			state := f.Code.State()
			if state == Bad && f.Relieve {
				state = Warn
			}
			if state == Bad {
				cause[f.Step] = f.Step
			}
			r.State = worst(r.State, state)
			r.Steps = append(r.Steps, Result{
				Step: f.Step, Subject: f.Subject, Code: f.Code, Number: f.Code.Number(), State: state, Facts: f.Facts, Took: took,
			})
		}
		if seen != nil {
			seen(r)
		}
	}
	return r
}

// look runs one check, unless what it needs is broken, and for as long as it may
// take. A check that does not obey its context is left behind.
func look(ctx context.Context, c Check, cause map[string]string) []Finding {
	for _, need := range c.Needs {
		if first, ok := cause[need]; ok {
			cause[c.Step] = first // what needs this one is unknown as well
			return []Finding{{Code: "skipped", Facts: Facts{"step": "@doctor.step." + first + ".name"}}}
		}
	}
	ctx, cancel := context.WithTimeout(ctx, CheckLimit)
	defer cancel()
	done := make(chan []Finding, 1) // one value, so that a late check does not wait for ever
	go func() {
		defer func() {
			if recover() != nil { // in a running node a self-test must not end the node
				done <- []Finding{{Code: "crashed"}}
			}
		}()
		done <- c.Run(ctx)
	}()
	select {
	case f := <-done:
		return f
	case <-ctx.Done():
	}
	grace := time.NewTimer(time.Second)
	defer grace.Stop()
	select {
	case f := <-done:
		return f
	case <-grace.C:
		return []Finding{{Code: "timeout"}}
	}
}
