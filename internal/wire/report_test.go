package wire_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

func report() wire.Report {
	return wire.Report{
		Time: hubTime, Software: "1.4.0", Started: hubTime - 86_400_000, Transport: "quic",
		Entries: 12, Bytes: 40_000, Oldest: hubTime - 60_000, Images: 3, ImageBytes: 6_000_000, Drafts: 2,
		Free: 60 << 30, Total: 240 << 30, Used: 9 << 30, Mirror: wire.MirrorGood,
		Working: hubTime + 6*86_400_000, Device: hubTime + 300*86_400_000, Alone: 45,
	}
}

func reportGoldens() []golden { return []golden{plain("report", report())} }

// TestReportValidate drops what no honest node says.
func TestReportValidate(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*wire.Report)
		want   fault.Kind
	}{
		{"OK", func(*wire.Report) {}, fault.Other},
		{"OKNothingWaits", func(r *wire.Report) { r.Entries, r.Bytes, r.Oldest, r.Images, r.ImageBytes = 0, 0, 0, 0, 0 }, fault.Other},
		{"OKDiskNotKnown", func(r *wire.Report) { r.Free, r.Total, r.Used = 0, 0, 0 }, fault.Other},
		{"OKClockWrong", func(r *wire.Report) { r.Time, r.Oldest, r.Started = 1, 1, 1 }, fault.Other},
		{"ErrNoSoftware", func(r *wire.Report) { r.Software = "" }, fault.Invalid},
		{"ErrSoftwareLong", func(r *wire.Report) { r.Software = strings.Repeat("1", 65) }, fault.Invalid},
		{"ErrSoftwareText", func(r *wire.Report) { r.Software = "1.0 \u202e" }, fault.Invalid},
		{"ErrTransport", func(r *wire.Report) { r.Transport = "pigeon" }, fault.Invalid},
		{"ErrEntries", func(r *wire.Report) { r.Entries = 1 << 40 }, fault.Invalid},
		{"ErrImages", func(r *wire.Report) { r.Images = 1 << 63 }, fault.Invalid},
		{"ErrDrafts", func(r *wire.Report) { r.Drafts = 1 << 33 }, fault.Invalid},
		{"ErrBytes", func(r *wire.Report) { r.Bytes = 1 << 60 }, fault.Invalid},
		{"ErrImageBytes", func(r *wire.Report) { r.ImageBytes = 1 << 60 }, fault.Invalid},
		{"ErrFreeAboveTotal", func(r *wire.Report) { r.Free = r.Total + 1 }, fault.Invalid},
		{"ErrUsed", func(r *wire.Report) { r.Used = 1 << 60 }, fault.Invalid},
		{"ErrMirror", func(r *wire.Report) { r.Mirror = 3 }, fault.Invalid},
		{"ErrAlone", func(r *wire.Report) { r.Alone = 5000 }, fault.Invalid},
		{"ErrTimeZero", func(r *wire.Report) { r.Time = 0 }, fault.Invalid},
		{"ErrTimeFar", func(r *wire.Report) { r.Time = 1 << 60 }, fault.Invalid},
		{"ErrOldestBefore1970", func(r *wire.Report) { r.Oldest = -5 }, fault.Invalid},
		{"ErrOldestMissing", func(r *wire.Report) { r.Oldest = 0 }, fault.Invalid},
		{"ErrOldestOfNothing", func(r *wire.Report) { r.Entries = 0 }, fault.Invalid},
		{"ErrCertificate", func(r *wire.Report) { r.Working = -1 }, fault.Invalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := report()
			c.change(&r)
			requireKind(t, c.want, r.Validate())
			require.LessOrEqual(t, len(wire.Marshal(report())), wire.FrameReport.Limit())
		})
	}
}

// TestReportLargest: whatever is valid fits the frame.
func TestReportLargest(t *testing.T) {
	r := wire.Report{
		Time: 1 << 48, Software: strings.Repeat("9", 64), Started: 1 << 48, Transport: "quic", Entries: 1 << 32, Bytes: 1 << 56,
		Oldest: 1 << 48, Images: 1 << 32, ImageBytes: 1 << 56, Drafts: 1 << 32, Free: 1 << 56, Total: 1 << 56, Used: 1 << 56,
		Mirror: wire.MirrorFailed, Working: 1 << 48, Device: 1 << 48, Alone: 366,
	}
	require.NoError(t, r.Validate())
	require.LessOrEqual(t, len(wire.Marshal(r)), wire.FrameReport.Limit())
}

// TestReportDiffers says when a report goes before its time.
func TestReportDiffers(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*wire.Report)
		want   bool
	}{
		{"Same", func(*wire.Report) {}, false},
		{"LaterOnly", func(r *wire.Report) { r.Time += 3000; r.Entries++; r.Free -= 1 << 20 }, false},
		{"MirrorFailed", func(r *wire.Report) { r.Mirror = wire.MirrorFailed }, true},
		{"AllSecured", func(r *wire.Report) { r.Entries, r.Oldest = 0, 0 }, true},
		{"WorkDoubled", func(r *wire.Report) { r.Entries *= 4 }, true},
		{"ImagesDoubled", func(r *wire.Report) { r.Images *= 8 }, true},
		{"DiskTaken", func(r *wire.Report) { r.Free -= 20 << 30 }, true},
		{"DiskFreed", func(r *wire.Report) { r.Free += 20 << 30 }, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := report()
			c.change(&r)
			require.Equal(t, c.want, r.Differs(report()))
		})
	}
}

func FuzzReport(f *testing.F) {
	f.Add(wire.Marshal(report()))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var r wire.Report
		if wire.Unmarshal(raw, wire.FrameReport.Limit(), &r) != nil || r.Validate() != nil {
			return
		}
		again := wire.Marshal(r)
		require.LessOrEqual(t, len(again), wire.FrameReport.Limit())
		var same wire.Report
		require.NoError(t, wire.Unmarshal(again, wire.FrameReport.Limit(), &same))
		require.Equal(t, r, same)
		require.False(t, r.Differs(same))
	})
}
