package ipp_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/ipp"
	"jaliya/internal/ipp/ipptest"
)

var document = append([]byte("%PDF-1.7\n"), bytes.Repeat([]byte("jaliya\n"), 30_000)...)

func printer(t *testing.T, at string) *ipp.Printer {
	t.Helper()
	p, err := ipp.New(ipp.Options{URI: at, Poll: time.Millisecond, Wait: 5 * time.Second})
	require.NoError(t, err)
	t.Cleanup(p.Close)
	return p
}

func TestPrint(t *testing.T) {
	fake := ipptest.New(t)
	p := printer(t, fake.URI())
	require.Equal(t, ipp.Ready, p.Status(t.Context()))
	require.NoError(t, p.Print(t.Context(), document, func(ipp.Reason) { t.Error("it never stood") }))
	require.Equal(t, [][]byte{document}, fake.Printed())
	head := string(fake.Heads()[0])
	require.Contains(t, head, "job-name\x00\x05print")
	require.Contains(t, head, "copies\x00\x04\x00\x00\x00\x01")
	require.Contains(t, head, "application/pdf")
}

// TestOldPrinter: one that knows 1.1 alone is asked in it.
func TestOldPrinter(t *testing.T) {
	fake := ipptest.New(t)
	fake.Set(func(f *ipptest.Printer) { f.Only11 = true })
	p := printer(t, fake.URI())
	require.NoError(t, p.Print(t.Context(), document, func(ipp.Reason) {}))
	require.Equal(t, [][]byte{document}, fake.Printed())
}

// TestPaperOutMidJob: the printer stands, somebody fills in paper, it goes on.
func TestPaperOutMidJob(t *testing.T) {
	fake := ipptest.New(t)
	fake.Set(func(f *ipptest.Printer) {
		f.Looks = []ipptest.Look{
			{State: ipptest.Processing},
			{State: ipptest.Standing, Printer: []string{"media-empty-error"}},
			{State: ipptest.Processing, Printer: []string{"media-needed"}},
			{State: ipptest.Processing},
			{State: ipptest.Completed},
		}
	})
	var heard []ipp.Reason
	require.NoError(t, printer(t, fake.URI()).Print(t.Context(), document, func(r ipp.Reason) { heard = append(heard, r) }))
	require.Equal(t, []ipp.Reason{ipp.PaperOut, ipp.Ready}, heard)
	require.Len(t, fake.Printed(), 1)
}

func TestTrouble(t *testing.T) {
	for name, tc := range map[string]struct {
		set    func(*ipptest.Printer)
		reason ipp.Reason
		spent  bool
		jobs   int
	}{
		"NotAccepting":     {func(f *ipptest.Printer) { f.Accepting = false }, ipp.NotAccepting, false, 0},
		"PaperOutBefore":   {func(f *ipptest.Printer) { f.Reasons = []string{"media-empty-error"} }, ipp.PaperOut, false, 0},
		"Jam":              {func(f *ipptest.Printer) { f.Reasons = []string{"media-jam-error"} }, ipp.PaperJam, false, 0},
		"CoverOpen":        {func(f *ipptest.Printer) { f.Reasons = []string{"cover-open"} }, ipp.CoverOpen, false, 0},
		"InkOut":           {func(f *ipptest.Printer) { f.Reasons = []string{"toner-empty-error"} }, ipp.InkOut, false, 0},
		"Stopped":          {func(f *ipptest.Printer) { f.State = ipptest.Stopped }, ipp.Stopped, false, 0},
		"NoPDF":            {func(f *ipptest.Printer) { f.Formats = []string{"image/pwg-raster"} }, ipp.NoPDF, false, 0},
		"RefusesTheFormat": {func(f *ipptest.Printer) { f.Refuse = 0x040a }, ipp.NoPDF, false, 0},
		"Busy":             {func(f *ipptest.Printer) { f.Refuse = 0x0507 }, ipp.NotAccepting, false, 0},
		"Refuses":          {func(f *ipptest.Printer) { f.Refuse = 0x0403 }, ipp.Refused, false, 0},
		"NoPrinter":        {func(f *ipptest.Printer) { f.Garbage = true }, ipp.Unreadable, false, 0},
		"CutWhileSending":  {func(f *ipptest.Printer) { f.CutSend = true }, ipp.Lost, true, 0},
		"CutAfterwards":    {func(f *ipptest.Printer) { f.CutLooks = true }, ipp.Lost, true, 1},
		"ForgetsTheJob":    {func(f *ipptest.Printer) { f.Forgets = true }, ipp.Lost, true, 1},
		"Aborts":           {func(f *ipptest.Printer) { f.Looks = []ipptest.Look{{State: ipptest.Aborted}} }, ipp.Aborted, true, 1},
		"CanceledAtIt":     {func(f *ipptest.Printer) { f.Looks = []ipptest.Look{{State: ipptest.Canceled}} }, ipp.Aborted, true, 1},
	} {
		t.Run(name, func(t *testing.T) {
			fake := ipptest.New(t)
			fake.Set(tc.set)
			err := printer(t, fake.URI()).Print(t.Context(), document, func(ipp.Reason) {})
			require.Error(t, err)
			got := ipp.TroubleOf(err)
			require.Equal(t, tc.reason, got.Reason, "%v", err)
			require.Equal(t, tc.spent, got.Spent, "%v", err)
			require.Len(t, fake.Printed(), tc.jobs)
		})
	}
}

func TestOff(t *testing.T) {
	fake := ipptest.New(t)
	p := printer(t, fake.URI())
	fake.Close()
	require.Equal(t, ipp.Unreachable, p.Status(t.Context()))
	err := p.Print(t.Context(), document, func(ipp.Reason) {})
	require.Equal(t, ipp.Unreachable, ipp.TroubleOf(err).Reason)
	require.False(t, ipp.TroubleOf(err).Spent)
}

// TestGivesUp: nobody fills in paper. The job is taken back, so that no sheet
// comes out at night.
func TestGivesUp(t *testing.T) {
	fake := ipptest.New(t)
	fake.Set(func(f *ipptest.Printer) {
		f.Looks = []ipptest.Look{{State: ipptest.Standing, Reasons: []string{"media-needed"}}}
	})
	p, err := ipp.New(ipp.Options{URI: fake.URI(), Poll: time.Millisecond, Wait: 50 * time.Millisecond})
	require.NoError(t, err)
	t.Cleanup(p.Close)
	stood := ipp.Ready
	err = p.Print(t.Context(), document, func(r ipp.Reason) { stood = r })
	require.Equal(t, ipp.PaperOut, stood)
	require.Equal(t, ipp.TooSlow, ipp.TroubleOf(err).Reason)
	require.True(t, ipp.TroubleOf(err).Spent)
	require.Equal(t, 1, fake.Canceled())

	ctx, cancel := context.WithCancel(t.Context())
	err = p.Print(ctx, document, func(ipp.Reason) { cancel() })
	require.True(t, ipp.TroubleOf(err).Spent)
	require.Equal(t, 2, fake.Canceled(), "who leaves takes the job along")
}

func TestAddress(t *testing.T) {
	for uri, ok := range map[string]bool{
		"ipp://printer.local/ipp/print": true, "ipps://10.0.0.7:8631/ipp/print": true, "ipp://printer": true,
		"http://printer/": false, "ipp:///x": false, "ipp://user:pw@printer/": false, "": false, "ipp://p/?a=b": false,
	} {
		require.Equal(t, ok, ipp.CheckURI(uri) == nil, uri)
	}
	_, err := ipp.New(ipp.Options{URI: "ipps://printer/", CA: "/nowhere.pem"})
	require.True(t, fault.Is(err, fault.NotFound))
}
