package telemetry_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/telemetry"
)

func works(context.Context) error { return nil }

func fails(err error) func(context.Context) error {
	return func(context.Context) error { return err }
}

func TestReport(t *testing.T) {
	broken := fault.New(fault.Storage, "journal: append", "", errors.New("input/output error"))
	down := fault.New(fault.Unavailable, "ship: dial", "hub-1", nil)
	tests := []struct {
		name          string
		journal, link func(context.Context) error
		status        string
		latched       int
	}{
		{"Ready", works, works, telemetry.StatusReady, 0},
		{"DegradedWithoutLink", works, fails(down), telemetry.StatusDegraded, 0},
		{"DegradedWhenMinorStoreLatched", works, fails(broken), telemetry.StatusDegraded, 0},
		{"UnavailableWithoutJournal", fails(down), works, telemetry.StatusUnavailable, 0},
		{"UnavailableBeatsDegraded", fails(down), fails(down), telemetry.StatusUnavailable, 0},
		{"Latched", fails(broken), works, telemetry.StatusUnavailable, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			health, err := telemetry.NewHealth(
				telemetry.Check{Name: "journal", Func: tt.journal, Critical: true},
				telemetry.Check{Name: "link", Func: tt.link},
			)
			require.NoError(t, err)
			report := health.Report(t.Context())
			require.Equal(t, tt.status, report.Status)
			require.Len(t, report.Latched(), tt.latched)
			require.Equal(t, "journal", report.Functions[0].Name)
			require.Equal(t, "link", report.Functions[1].Name)
			for _, f := range report.Functions {
				require.Equal(t, f.OK, f.Reason == "", "what is not OK has a reason: %+v", f)
			}
		})
	}
}

func TestReportSince(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var down atomic.Bool
		health, err := telemetry.NewHealth(telemetry.Check{Name: "link", Func: func(context.Context) error {
			if down.Load() {
				return errors.New("no route")
			}
			return nil
		}})
		require.NoError(t, err)
		start := time.Now().UTC()
		since := func() time.Time { return health.Report(t.Context()).Functions[0].Since }

		advance(time.Minute)
		require.Equal(t, start, since(), "still as at the start")
		down.Store(true)
		require.Equal(t, start.Add(time.Minute), since())
		advance(time.Minute)
		require.Equal(t, start.Add(time.Minute), since(), "a reason that stays moves nothing")
		down.Store(false)
		require.Equal(t, start.Add(2*time.Minute), since())
	})
}

// A function that hangs is told as such, does not make others wait longer, and
// is not asked a second time meanwhile.
func TestReportHangingFunction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		release := make(chan struct{})
		health, err := telemetry.NewHealth(
			telemetry.Check{Name: "journal", Critical: true, Func: func(context.Context) error {
				asked.Add(1)
				<-release // deaf to its context, as a dead disk is
				return nil
			}},
			telemetry.Check{Name: "desk", Func: works},
		)
		require.NoError(t, err)

		begun := time.Now()
		report := health.Report(t.Context())
		require.Equal(t, telemetry.StatusUnavailable, report.Status)
		require.Contains(t, report.Functions[0].Reason, "no answer for 2s")
		require.True(t, report.Functions[1].OK)
		require.Less(t, time.Since(begun), 3*time.Second)

		advance(time.Minute)
		begun = time.Now()
		report = health.Report(t.Context())
		require.Contains(t, report.Functions[0].Reason, "no answer for 1m2s")
		require.Zero(t, time.Since(begun), "known to hang, so nobody waits again")
		require.EqualValues(t, 1, asked.Load())

		close(release)
		health.Wait()
		require.Equal(t, telemetry.StatusReady, health.Report(t.Context()).Status)
	})
}

// Who hangs up early learns nothing and changes nothing.
func TestReportCallerLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		health, err := telemetry.NewHealth(telemetry.Check{Name: "journal", Critical: true, Func: func(ctx context.Context) error {
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
			return ctx.Err()
		}})
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		require.Equal(t, telemetry.StatusReady, health.Report(ctx).Status)
		require.Equal(t, telemetry.StatusReady, health.Report(t.Context()).Status)
		health.Wait()
	})
}

func TestNewHealth(t *testing.T) {
	link := telemetry.Check{Name: "link", Func: works}
	tests := []struct {
		name   string
		checks []telemetry.Check
		kind   fault.Kind
	}{
		{"ErrNone", nil, fault.Invalid},
		{"ErrNoName", []telemetry.Check{{Func: works}}, fault.Invalid},
		{"ErrNoFunc", []telemetry.Check{{Name: "link"}}, fault.Invalid},
		{"ErrTwice", []telemetry.Check{link, link}, fault.Exists},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := telemetry.NewHealth(tt.checks...)
			require.Equal(t, tt.kind, fault.KindOf(err))
		})
	}
}

// advance lets the bubble's clock run.
func advance(d time.Duration) { <-time.After(d) }
