package paper_test

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/paper"
)

func TestSlip(t *testing.T) {
	t.Parallel()
	p := press(t)
	first, err := p.Slip(slipData(t))
	require.NoError(t, err)
	second, err := press(t).Slip(slipData(t))
	require.NoError(t, err)
	require.True(t, bytes.Equal(first, second), "equal data, equal bytes")
	require.Equal(t, 1, pages(first), "an ordinary slip is one page")
	require.Less(t, len(first), 80<<10)
	require.True(t, bytes.HasPrefix(first, []byte("%PDF-1.7\n")))
	require.Contains(t, string(first), "<pdfaid:part>2</pdfaid:part>")

	d := slipData(t)
	d.Code = "48201938"
	other, err := p.Slip(d)
	require.NoError(t, err)
	require.False(t, bytes.Equal(first, other))
}

func TestOnePressForAll(t *testing.T) {
	t.Parallel()
	p := press(t)
	d := slipData(t)
	want, err := p.Slip(d)
	require.NoError(t, err)
	var all sync.WaitGroup
	got := make([][]byte, 4)
	for i := range got {
		all.Go(func() { got[i], _ = p.Slip(d) })
	}
	all.Wait()
	for _, file := range got {
		require.True(t, bytes.Equal(want, file))
	}
}

func TestSlipInEachState(t *testing.T) {
	t.Parallel()
	p := press(t)
	for name, change := range map[string]func(d *paper.SlipData){
		"saved at this post":   func(d *paper.SlipData) { d.Level, d.Proof = 1, "" },
		"archived":             func(d *paper.SlipData) { d.Level = 3 },
		"waived":               func(d *paper.SlipData) { d.Fee = consular.Fee{} },
		"no third language":    func(d *paper.SlipData) { d.Language = "" },
		"third in Tamazight":   func(d *paper.SlipData) { d.Language = consular.Tamazight },
		"third in German":      func(d *paper.SlipData) { d.Language = consular.German },
		"no Arabic city":       func(d *paper.SlipData) { d.City.Arabic = "" },
		"no documents":         func(d *paper.SlipData) { d.Documents = nil },
		"every document":       func(d *paper.SlipData) { d.Documents = consular.DocumentKinds() },
		"a long proof":         func(d *paper.SlipData) { d.Proof = strings.Repeat("A1b", 250) },
		"very long names":      func(d *paper.SlipData) { d.Applicant.Given.Latin = strings.TrimSpace(strings.Repeat("ABD ", 25)) },
		"no payment reference": func(d *paper.SlipData) { d.Payment = "" },
	} {
		d := slipData(t)
		change(&d)
		out, err := p.Slip(d)
		require.NoError(t, err, name)
		require.LessOrEqual(t, pages(out), 2, name)
	}
}

func TestSlipRefuses(t *testing.T) {
	t.Parallel()
	p := press(t)
	for name, test := range map[string]struct {
		change func(d *paper.SlipData)
		kind   fault.Kind
	}{
		"a request not on disk":   {func(d *paper.SlipData) { d.Level = 0 }, fault.Invalid},
		"a level of a newer hub":  {func(d *paper.SlipData) { d.Level = 4 }, fault.Invalid},
		"a proof before level 2":  {func(d *paper.SlipData) { d.Level = 1 }, fault.Invalid},
		"no follow code":          {func(d *paper.SlipData) { d.Follow = "" }, fault.TooLarge},
		"too long a proof":        {func(d *paper.SlipData) { d.Proof = strings.Repeat("x", 1001) }, fault.TooLarge},
		"a mistyped reference":    {func(d *paper.SlipData) { d.Reference = "123456789012345678" }, fault.Invalid},
		"no slip code":            {func(d *paper.SlipData) { d.Code = "" }, fault.Invalid},
		"a name in one script":    {func(d *paper.SlipData) { d.Applicant.Family.Arabic = "" }, fault.Invalid},
		"no city":                 {func(d *paper.SlipData) { d.City = consular.Name{} }, fault.Invalid},
		"too many documents":      {func(d *paper.SlipData) { d.Documents = make([]consular.DocumentKind, 41) }, fault.TooLarge},
		"a fee that does not add": {func(d *paper.SlipData) { d.Fee.Total = consular.MAD(1) }, fault.Invalid},
		"no legal limit":          {func(d *paper.SlipData) { d.Limit = "" }, fault.Invalid},
	} {
		d := slipData(t)
		test.change(&d)
		_, err := p.Slip(d)
		require.Equal(t, test.kind, fault.KindOf(err), "%s: %v", name, err)
		require.NotContains(t, err.Error(), "BENABDERRAHMANE", name)
	}
}

func TestNamesProof(t *testing.T) {
	t.Parallel()
	p := press(t)
	d := namesData()
	out, err := p.NamesProof(d)
	require.NoError(t, err)
	require.Equal(t, 1, pages(out))
	for _, portrait := range [][]byte{jpegImage(t), pngImage(t)} {
		d.Portrait = portrait
		with, err := p.NamesProof(d)
		require.NoError(t, err)
		require.Equal(t, 1, pages(with))
		require.Contains(t, string(with), "/Subtype /Image")
	}
	ref := slipData(t).Reference
	d.Portrait, d.Reference = nil, ref
	_, err = p.NamesProof(d)
	require.NoError(t, err)

	d.Portrait = []byte("not an image")
	_, err = p.NamesProof(d)
	require.True(t, fault.Is(err, fault.Invalid))
	d = namesData()
	d.Person.Given.Latin = ""
	_, err = p.NamesProof(d)
	require.True(t, fault.Is(err, fault.Invalid))
	d = namesData()
	d.City = consular.Name{}
	_, err = p.NamesProof(d)
	require.True(t, fault.Is(err, fault.Invalid))
}

func pages(file []byte) int { return bytes.Count(file, []byte("/Type /Page ")) }

func picture() image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, 70, 90))
	for y := range 90 {
		for x := range 70 {
			m.Set(x, y, color.NRGBA{R: uint8(3 * x), G: 90, B: uint8(2 * y), A: uint8(128 + x)})
		}
	}
	return m
}

func jpegImage(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, jpeg.Encode(&b, picture(), nil))
	return b.Bytes()
}

func pngImage(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, picture()))
	return b.Bytes()
}

func BenchmarkSlip(b *testing.B) {
	p, d := press(b), slipData(b)
	b.ReportAllocs()
	size := 0
	for b.Loop() {
		out, err := p.Slip(d)
		if err != nil {
			b.Fatal(err)
		}
		size = len(out)
	}
	b.ReportMetric(float64(size)/1024, "KB")
}
