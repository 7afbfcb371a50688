package pdf_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/paper/pdf"
)

func arabic(tb testing.TB) *pdf.Font {
	tb.Helper()
	data, err := os.ReadFile("../fonts/NotoNaskhArabic-Regular.ttf")
	require.NoError(tb, err)
	f, err := pdf.ParseFont("NotoNaskhArabic-Regular", data)
	require.NoError(tb, err)
	return f
}

func info() pdf.Info {
	return pdf.Info{Title: "Essai <é>", Language: "fr", Created: time.Date(2026, 11, 22, 14, 20, 0, 0, time.FixedZone("", 3600))}
}

func glyphs(f *pdf.Font, text string) []pdf.Glyph {
	var out []pdf.Glyph
	for i, r := range text {
		gid, _ := f.Shaped().NominalGlyph(r)
		out = append(out, pdf.Glyph{ID: uint16(gid), Advance: 500, Up: float64(i % 3 * 40), Right: 3, Text: string(r)})
	}
	return out
}

func sample(t *testing.T) []byte {
	t.Helper()
	d := pdf.New(info())
	p := d.AddPage(pdf.A5())
	black := pdf.Color{}
	p.Fill(black)
	p.Fill(black, pdf.Box{X: 10, Y: 10, Width: 20, Height: 20})
	p.Frame(pdf.Color{R: 255}, 1, pdf.Box{X: 10, Y: 10, Width: 20, Height: 20})
	p.Line(black, 0.5, pdf.Point{X: 1, Y: 1}, pdf.Point{X: 9, Y: 9})
	p.Polygon(black, []pdf.Point{{X: 1, Y: 1}})
	p.Polygon(black, []pdf.Point{{X: 1, Y: 1}, {X: 9, Y: 1}, {X: 9, Y: 9}})
	f := arabic(t)
	p.Text(pdf.Run{Font: f, Size: 12, At: pdf.Point{X: 50, Y: 60}, Glyphs: glyphs(f, "سلام آت")})
	p.Text(pdf.Run{Font: f, Size: 12})
	require.NoError(t, p.QR("0123456789", pdf.Point{X: 50, Y: 100}, 80))
	require.NoError(t, p.Code128("ICFRPAR260000001C", pdf.Box{X: 50, Y: 200, Width: 200, Height: 40}))
	out, err := d.Bytes()
	require.NoError(t, err)
	return out
}

func TestFileHoldsTogether(t *testing.T) {
	t.Parallel()
	file := sample(t)
	require.Equal(t, file, sample(t), "equal calls, equal bytes")
	require.Contains(t, string(file), "(D:20261122132000Z)")
	require.Contains(t, string(file), "Essai &lt;é&gt;")

	start := regexp.MustCompile(`startxref\n(\d+)\n%%EOF\n$`).FindSubmatch(file)
	require.NotNil(t, start)
	at, err := strconv.Atoi(string(start[1]))
	require.NoError(t, err)
	require.True(t, bytes.HasPrefix(file[at:], []byte("xref\n0 ")))
	entries := regexp.MustCompile(`(?m)^(\d{10}) 00000 n $`).FindAllSubmatch(file[at:], -1)
	require.NotEmpty(t, entries)
	for i, e := range entries {
		offset, err := strconv.Atoi(string(e[1]))
		require.NoError(t, err)
		require.True(t, bytes.HasPrefix(file[offset:], []byte(strconv.Itoa(i+1)+" 0 obj\n")), "object %d", i+1)
	}
}

// streams unpacks every compressed stream of a file.
func streams(t *testing.T, file []byte) [][]byte {
	t.Helper()
	var out [][]byte
	for _, m := range regexp.MustCompile(`(?s)/Length (\d+) [^\n]*/FlateDecode >>\nstream\n`).FindAllSubmatchIndex(file, -1) {
		size, err := strconv.Atoi(string(file[m[2]:m[3]]))
		require.NoError(t, err)
		z, err := zlib.NewReader(bytes.NewReader(file[m[1] : m[1]+size]))
		require.NoError(t, err)
		data, err := io.ReadAll(z)
		require.NoError(t, err)
		out = append(out, data)
	}
	return out
}

func TestSubsetKeepsOutlinesUnderTheirNumbers(t *testing.T) {
	t.Parallel()
	whole := arabic(t)
	var font []byte
	maps := ""
	for _, s := range streams(t, sample(t)) {
		if bytes.HasPrefix(s, []byte{0, 1, 0, 0}) {
			font = s
		}
		if bytes.Contains(s, []byte("begincmap")) {
			maps = string(s)
		}
	}
	require.NotEmpty(t, font)
	full, err := os.Stat("../fonts/NotoNaskhArabic-Regular.ttf")
	require.NoError(t, err)
	require.Less(t, int64(len(font)), full.Size()/4)
	for _, r := range "سلامآت" {
		gid, ok := whole.Shaped().NominalGlyph(r)
		require.True(t, ok)
		want := strings.ToUpper(strconv.FormatInt(int64(r), 16))
		require.Contains(t, maps, "<"+hex4(int(gid))+"> <"+strings.Repeat("0", 4-len(want))+want+">")
		wanted, err := pdf.Outline(whole, uint16(gid))
		require.NoError(t, err)
		kept, err := pdf.OutlineOf(font, uint16(gid))
		require.NoError(t, err)
		require.Equal(t, wanted, kept[:len(wanted)], string(r))
	}
	require.Zero(t, pdf.Checksum(font)-0xB1B0AFBA, "the font's own checksum")
}

func hex4(n int) string {
	s := strings.ToUpper(strconv.FormatInt(int64(n), 16))
	return strings.Repeat("0", 4-len(s)) + s
}

func TestParseFontRefuses(t *testing.T) {
	t.Parallel()
	whole, err := os.ReadFile("../fonts/NotoSansTifinagh-Regular.ttf")
	require.NoError(t, err)
	for name, data := range map[string][]byte{
		"nothing": nil, "not a font": []byte(strings.Repeat("x", 500)), "cut off": whole[:len(whole)/2],
	} {
		_, err := pdf.ParseFont(name, data)
		require.True(t, fault.Is(err, fault.Invalid), name)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	_, err := pdf.New(info()).Bytes()
	require.True(t, fault.Is(err, fault.Invalid))
	d := pdf.New(info())
	p := d.AddPage(pdf.A4())
	require.Equal(t, pdf.A4(), p.Size())
	require.True(t, fault.Is(p.QR("", pdf.Point{}, 80), fault.TooLarge))
	require.True(t, fault.Is(p.QR(strings.Repeat("é", 501), pdf.Point{}, 80), fault.TooLarge))
	require.NoError(t, p.QR("détail", pdf.Point{}, 80))
	require.True(t, fault.Is(p.Code128("", pdf.Box{}), fault.Invalid))
	_, err = d.AddImage([]byte("GIF89a"))
	require.True(t, fault.Is(err, fault.Invalid))
	_, err = d.AddImage(make([]byte, 17<<20))
	require.True(t, fault.Is(err, fault.TooLarge))
	_, err = d.AddImage(bomb(t))
	require.True(t, fault.Is(err, fault.TooLarge))
}

// bomb is a PNG whose header promises 400 million pixels.
func bomb(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, image.NewGray(image.Rect(0, 0, 1, 1))))
	file := b.Bytes()
	header := file[12:29] // "IHDR" with width and height first
	binary.BigEndian.PutUint32(header[4:], 20_000)
	binary.BigEndian.PutUint32(header[8:], 20_000)
	binary.BigEndian.PutUint32(file[29:], crc32.ChecksumIEEE(header))
	return file
}

func TestImages(t *testing.T) {
	t.Parallel()
	see := image.NewNRGBA(image.Rect(0, 0, 2, 1))
	see.Set(0, 0, color.NRGBA{R: 255, A: 255})
	see.Set(1, 0, color.NRGBA{R: 9, A: 0})
	var asPNG, asJPEG, asGray bytes.Buffer
	require.NoError(t, png.Encode(&asPNG, see))
	require.NoError(t, jpeg.Encode(&asJPEG, see, nil))
	require.NoError(t, jpeg.Encode(&asGray, image.NewGray(image.Rect(0, 0, 4, 4)), nil))
	d := pdf.New(info())
	p := d.AddPage(pdf.A4())
	for i, data := range [][]byte{asPNG.Bytes(), asJPEG.Bytes(), asGray.Bytes()} {
		m, err := d.AddImage(data)
		require.NoError(t, err)
		require.Greater(t, m.Aspect(), 0.5)
		p.Place(m, pdf.Box{X: 10, Y: 50 * float64(i), Width: 40, Height: 40})
	}
	out, err := d.Bytes()
	require.NoError(t, err)
	require.True(t, bytes.Contains(out, asJPEG.Bytes()), "a JPEG is kept as it is")
	require.Contains(t, string(out), "/DeviceGray")
	found := false
	for _, s := range streams(t, out) {
		found = found || bytes.Equal(s, []byte{255, 0, 0, 255, 255, 255})
	}
	require.True(t, found, "clear parts become white")
}

func FuzzAddImage(f *testing.F) {
	var b bytes.Buffer
	require.NoError(f, png.Encode(&b, image.NewGray(image.Rect(0, 0, 3, 3))))
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		d := pdf.New(info())
		m, err := d.AddImage(data)
		if err != nil {
			require.NotEqual(t, fault.Other, fault.KindOf(err))
			return
		}
		d.AddPage(pdf.A5()).Place(m, pdf.Box{Width: 10, Height: 10})
		_, err = d.Bytes()
		require.NoError(t, err)
	})
}
