package intake_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"jaliya/hub/intake"
	"jaliya/internal/wire"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func goodReport() wire.Report {
	return wire.Report{Time: noon.Add(3 * time.Second).UnixMilli(), Software: "v1.4.0", Started: 1, Transport: "quic", Alone: 45}
}

// TestReported drops what cannot be, counts it, and keeps what was known.
func TestReported(t *testing.T) {
	absurd := goodReport()
	absurd.Free = 5 // of a disk of 0 bytes
	later := goodReport()
	later.Time = -4
	for _, c := range []struct {
		name    string
		raw     []byte
		dropped bool
	}{
		{"OK", wire.Marshal(goodReport()), false},
		{"ErrFreeAboveTotal", wire.Marshal(absurd), true},
		{"ErrTime", wire.Marshal(later), true},
		{"ErrNotCBOR", []byte("report"), true},
		{"ErrTooLarge", bytes.Repeat([]byte{0}, wire.FrameReport.Limit()+1), true},
		{"ErrEmpty", nil, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			reg := prometheus.NewRegistry()
			h := intake.NewHeard(func() time.Time { return noon }, intake.NewMetrics(reg))
			h.Report(c.raw)
			n, err := testutil.GatherAndCount(reg, "jaliya_intake_reports_dropped_total")
			require.NoError(t, err)
			require.Equal(t, c.dropped, n == 1)
			require.Equal(t, c.dropped, h.Said().Told == 0)
			if !c.dropped {
				require.Equal(t, goodReport(), h.Said().Report)
				require.EqualValues(t, 3000, h.Said().Offset, "until it is measured, as the report's own clock says")
			}
		})
	}
}

// TestPonged measures by the fastest exchange, follows a clock that was set, and
// believes no answer from before it was asked.
func TestPonged(t *testing.T) {
	now := noon
	h := intake.NewHeard(func() time.Time { return now }, nil)
	answer := func(rtt, ahead time.Duration) {
		asked := now
		now = now.Add(rtt)
		pong := wire.Pong{Counter: 1, Asked: asked.UnixMilli(), Time: asked.Add(rtt / 2).Add(ahead).UnixMilli()}
		require.NoError(t, h.Pong(wire.Marshal(pong)))
	}
	answer(200*time.Millisecond, 5*time.Second)
	require.EqualValues(t, 200, h.Said().RTT)
	require.EqualValues(t, 5000, h.Said().Offset)
	answer(900*time.Millisecond, 5*time.Second+300*time.Millisecond)
	require.EqualValues(t, 5000, h.Said().Offset, "a slow exchange tells less")
	answer(120*time.Millisecond, 5*time.Second+10*time.Millisecond)
	require.EqualValues(t, 120, h.Said().RTT)
	require.EqualValues(t, 5010, h.Said().Offset)
	answer(300*time.Millisecond, -time.Hour)
	require.EqualValues(t, -3600_000, h.Said().Offset, "the clock was set")
	before := h.Said()
	for name, p := range map[string]wire.Pong{
		"Future": {Counter: 1, Asked: now.Add(time.Hour).UnixMilli(), Time: now.UnixMilli()},
		"Stale":  {Counter: 1, Asked: now.Add(-time.Hour).UnixMilli(), Time: now.UnixMilli()},
		"Absurd": {Counter: 1, Asked: now.UnixMilli(), Time: 1 << 62},
	} {
		require.NoError(t, h.Pong(wire.Marshal(p)), name)
		require.Equal(t, before, h.Said(), name)
	}
	require.Error(t, h.Pong([]byte("pong")))
}
