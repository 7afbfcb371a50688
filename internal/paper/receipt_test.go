package paper_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/paper"
)

func receiptData(tb testing.TB) paper.ReceiptData {
	tb.Helper()
	zone, err := time.LoadLocation("Europe/Paris")
	require.NoError(tb, err)
	return paper.ReceiptData{
		Kind: consular.ConsulateGeneral, Post: "FR-LYO", City: consular.Name{Arabic: "ليون", Latin: "Lyon"},
		Reference: slipData(tb).Reference, Entry: strings.Repeat("a1b2c3d4", 8), Node: strings.Repeat("0f", 16), Sequence: 4711,
		Cluster: strings.Repeat("c3", 16), Position: 90210, Secured: printed(), Key: "4f0a12bc99de0001",
		Proof: "JR1-" + strings.Repeat("QWERTY234567", 38), Zone: zone, Language: consular.English, Staff: "A-0417", Printed: printed(),
	}
}

func TestReceipt(t *testing.T) {
	t.Parallel()
	p := press(t)
	first, err := p.Receipt(receiptData(t))
	require.NoError(t, err)
	second, err := press(t).Receipt(receiptData(t))
	require.NoError(t, err)
	require.True(t, bytes.Equal(first, second), "equal data, equal bytes")
	require.Equal(t, 1, pages(first))
	for name, change := range map[string]func(d *paper.ReceiptData){
		"of a full batch":   func(d *paper.ReceiptData) { d.Proof = "JR1-" + strings.Repeat("QWERTY2345", 89) },
		"no third language": func(d *paper.ReceiptData) { d.Language = "" },
		"in Arabic":         func(d *paper.ReceiptData) { d.Language = consular.Arabic },
		"no Arabic city":    func(d *paper.ReceiptData) { d.City.Arabic = "" },
	} {
		d := receiptData(t)
		change(&d)
		out, err := p.Receipt(d)
		require.NoError(t, err, name)
		require.Equal(t, 1, pages(out), name)
	}
}

func TestReceiptRefuses(t *testing.T) {
	t.Parallel()
	p := press(t)
	for name, c := range map[string]struct {
		change func(d *paper.ReceiptData)
		kind   fault.Kind
	}{
		"no proof":             {func(d *paper.ReceiptData) { d.Proof = "" }, fault.TooLarge},
		"too long a proof":     {func(d *paper.ReceiptData) { d.Proof = strings.Repeat("A", 1001) }, fault.TooLarge},
		"no content hash":      {func(d *paper.ReceiptData) { d.Entry = "" }, fault.Invalid},
		"no log position":      {func(d *paper.ReceiptData) { d.Position = 0 }, fault.Invalid},
		"no time":              {func(d *paper.ReceiptData) { d.Secured = time.Time{} }, fault.Invalid},
		"no zone":              {func(d *paper.ReceiptData) { d.Zone = nil }, fault.Invalid},
		"no city":              {func(d *paper.ReceiptData) { d.City = consular.Name{} }, fault.Invalid},
		"a mistyped reference": {func(d *paper.ReceiptData) { d.Reference = "123456789012345678" }, fault.Invalid},
	} {
		d := receiptData(t)
		c.change(&d)
		_, err := p.Receipt(d)
		require.Equal(t, c.kind, fault.KindOf(err), name)
	}
}

// TestGroups: what is printed in groups is the short form again once the blanks
// are out.
func TestGroups(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 5, 6, 7, 72, 73, 900} {
		text := strings.Repeat("ABCDEFG", n/7+1)[:n]
		rows := paper.Groups(text)
		require.Equal(t, text, strings.Join(strings.Fields(strings.Join(rows, "\n")), ""))
		for _, row := range rows {
			require.LessOrEqual(t, len(row), 104)
		}
	}
	require.Empty(t, paper.Groups(""))
}
