package document_test

import (
	"bytes"
	"compress/flate"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"jaliya/internal/consular"
	"jaliya/internal/document"
	"jaliya/internal/fault"
	"jaliya/internal/pades"
	"jaliya/internal/paper"
	"jaliya/internal/paper/pdf"
	"jaliya/internal/vds"
)

func names(r *document.Report) (held, refused []document.CheckName) {
	for _, c := range r.Checks {
		if c.Err == nil {
			held = append(held, c.Name)
			continue
		}
		refused = append(refused, c.Name)
	}
	return held, refused
}

func TestIssueAndVerify(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for n, d := range map[string]paper.RecordData{"nothing": record(0), "mentions": record(3), "longest": longest()} {
		for _, service := range []consular.Service{consular.RecordPolice, consular.RecordJustice} {
			d.Service = service
			out := o.issue(t, d)
			r := document.Verify(out.PDF, o.trust(), o.keys(t), today)
			held, refused := names(r)
			require.Empty(t, refused, n)
			require.Equal(t, []document.CheckName{
				document.CheckSignature, document.CheckTime, document.CheckSealed, document.CheckSeal,
				document.CheckOutcome, document.CheckParticulars, document.CheckDates,
			}, held)
			require.True(t, r.Good())
			require.Equal(t, pades.LevelLT, r.Level)
			require.Equal(t, pades.LevelLT, out.Level)
			require.Equal(t, d.OutcomeLines(), r.Outcome)
			require.Equal(t, service, r.Record.Service)
			require.Equal(t, d.Number, r.Record.Number)

			plain := document.Verify(out.PDF, o.trust(), nil, today)
			require.True(t, plain.Good())
			require.False(t, plain.Holds(document.CheckSeal), "not said to be proved without keys")
			require.Equal(t, d.Number, plain.Record.Number)
		}
	}
	require.False(t, (&document.Report{}).Good(), "nothing checked is not good")
}

// TestFlippedFileIsRefused flips bytes all over a document; package pades
// flips every one of a smaller file.
func TestFlippedFileIsRefused(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	file, trust, keys := o.issue(t, record(0)).PDF, o.trust(), o.keys(t)
	for at := 0; at < len(file); at += 41 {
		file[at] ^= 0x10
		require.False(t, document.Verify(file, trust, keys, today).Good(), "byte %d", at)
		file[at] ^= 0x10
	}
	require.True(t, document.Verify(file, trust, keys, today).Good())
}

func TestFlippedSealIsRefused(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	seal, keys := o.issue(t, record(0)).Seal, o.keys(t)
	text := []byte(vds.Text(seal))
	require.True(t, document.ReadSeal(text, keys, today, document.Typed{}).Good())
	for at := range text {
		flipped := bytes.Clone(text)
		flipped[at] ^= 1
		require.False(t, document.ReadSeal(flipped, keys, today, document.Typed{}).Good(), "character %d", at)
	}
}

// TestForgedPaper: who prints another outcome beside a real seal is found out
// by anyone who types the control code, and cannot make the seal fit.
func TestForgedPaper(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	marked := record(2)
	out := o.issue(t, marked)
	code := codeOf(t, out)
	keys := o.keys(t)
	text := []byte(vds.Text(out.Seal))

	honest := document.ReadSeal(text, keys, today, document.Typed{Code: code, Outcome: marked.OutcomeLines()})
	require.True(t, honest.Good())
	require.True(t, honest.Holds(document.CheckOutcome))

	forged := document.ReadSeal(text, keys, today, document.Typed{Code: code, Outcome: document.Nothing()})
	_, refused := names(forged)
	require.Equal(t, []document.CheckName{document.CheckOutcome}, refused)
	require.Nil(t, forged.Outcome)

	spotless := o.issue(t, record(0))
	moved := document.ReadSeal(text, keys, today, document.Typed{Code: codeOf(t, spotless), Outcome: document.Nothing()})
	require.False(t, moved.Good(), "another paper's code")
	good := document.ReadSeal([]byte(vds.Text(spotless.Seal)), keys, today, document.Typed{Code: codeOf(t, spotless), Outcome: document.Nothing()})
	require.True(t, good.Good())
}

// TestPageLearnsNothing: without the control code the answers for both
// outcomes are the same but for the numbers drawn.
func TestPageLearnsNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	keys := o.keys(t)
	spotless, marked := o.issue(t, record(0)), o.issue(t, record(5))
	require.Len(t, marked.Seal, len(spotless.Seal))
	read := func(out document.Issued) *document.Report {
		r := document.ReadSeal(out.Seal, keys, today, document.Typed{})
		require.True(t, r.Good())
		require.Nil(t, r.Outcome)
		r.Record.Outcome, r.Record.Particulars = vds.Commitment{}, vds.Commitment{}
		return r
	}
	require.Equal(t, read(spotless), read(marked))
}

func codeOf(t *testing.T, out document.Issued) vds.ControlCode {
	t.Helper()
	var k struct{ Code vds.ControlCode }
	raw := flate.NewReader(bytes.NewReader(pdf.Kept(out.PDF, paper.KeptRecord)))
	require.NoError(t, json.NewDecoder(raw).Decode(&k))
	return k.Code
}

func TestDates(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	out, keys := o.issue(t, record(0)), o.keys(t)
	for day, kind := range map[consular.Date]fault.Kind{
		"2026-11-22": fault.Other, "2027-02-22": fault.Other, "2027-02-23": fault.Expired, "2026-11-21": fault.Invalid,
	} {
		for _, r := range []*document.Report{
			document.Verify(out.PDF, o.trust(), keys, day), document.Verify(out.PDF, o.trust(), nil, day),
			document.ReadSeal(out.Seal, keys, day, document.Typed{}),
		} {
			require.Equal(t, kind == fault.Other, r.Good(), day)
			require.Equal(t, kind, fault.KindOf(r.Checks[len(r.Checks)-1].Err), day)
		}
	}
}

func TestTrust(t *testing.T) {
	t.Parallel()
	o, other := newOffice(t), newOffice(t)
	out := o.issue(t, record(0))
	r := document.Verify(out.PDF, other.trust(), other.keys(t), today)
	require.False(t, r.Good())
	require.Len(t, r.Checks, 1, "nothing is read from a file that is not trusted")
	require.Nil(t, r.Record)
	r = document.Verify(out.PDF, o.trust(), other.keys(t), today)
	_, refused := names(r)
	require.Equal(t, []document.CheckName{document.CheckSeal}, refused)
	require.Nil(t, document.ReadSeal(out.Seal, other.keys(t), today, document.Typed{}).Record)

	// Signed by a trusted issuer, but no record.
	d := pdf.New(pdf.Info{Title: "Letter", Language: "fr", Created: now()})
	d.AddPage(pdf.A4())
	d.Reserve(pades.Room)
	letter, err := d.Bytes()
	require.NoError(t, err)
	letter, err = pades.Sign(t.Context(), letter, o.Keys.Document, o)
	require.NoError(t, err)
	_, refused = names(document.Verify(letter, o.trust(), o.keys(t), today))
	require.Equal(t, []document.CheckName{document.CheckSealed}, refused)
}

func TestIssueRefuses(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := record(0)
	d.Number = "short"
	_, err := o.Issue(t.Context(), d)
	require.True(t, fault.Is(err, fault.Invalid))
	d = record(0)
	d.Issued = "2020-01-01"
	_, err = o.Issue(t.Context(), d)
	require.True(t, fault.Is(err, fault.Expired), "before the keys were valid: %v", err)
	o.down = fault.New(fault.Unavailable, "test", "", nil)
	_, err = o.Issue(t.Context(), record(0))
	require.True(t, fault.Is(err, fault.Unavailable))
	o.down = nil
	_, err = o.Issue(t.Context(), record(0))
	require.NoError(t, err, "the same number once the authority is back")
	o.Random = bytes.NewReader(nil)
	_, err = o.Issue(t.Context(), record(0))
	require.True(t, fault.Is(err, fault.Internal))
}

// TestContainerTellsNothing: nothing, a few and twenty long mentions are one
// size, and stay one size whatever compresses them.
func TestContainerTellsNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression))
	require.NoError(t, err)
	sizes := map[int]bool{}
	for _, d := range []paper.RecordData{record(0), record(1), record(12), longest()} {
		file := o.issue(t, d).PDF
		packed, err := document.Pack(file)
		require.NoError(t, err)
		require.Len(t, packed, document.Size)
		back, err := document.Unpack(packed)
		require.NoError(t, err)
		require.True(t, bytes.Equal(file, back))
		require.True(t, document.Verify(back, o.trust(), o.keys(t), today).Good(), "still signed")
		sizes[len(encoder.EncodeAll(packed, nil))] = true
		var deflated bytes.Buffer
		w, err := flate.NewWriter(&deflated, flate.BestCompression)
		require.NoError(t, err)
		_, err = w.Write(packed)
		require.NoError(t, err)
		require.NoError(t, w.Close())
		require.GreaterOrEqual(t, deflated.Len(), document.Size)
		require.Len(t, file, document.FileSize, "%d mentions", len(d.Mentions))
	}
	require.Len(t, sizes, 1)
}

func TestContainerRefuses(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, document.MaxDocument + 1} {
		_, err := document.Pack(make([]byte, size))
		require.True(t, fault.Is(err, fault.TooLarge))
	}
	for _, size := range []int{1, document.MaxDocument} {
		file := bytes.Repeat([]byte{7}, size)
		packed, err := document.Pack(file)
		require.NoError(t, err)
		back, err := document.Unpack(packed)
		require.NoError(t, err)
		require.True(t, bytes.Equal(file, back))
		for at := 0; at < len(packed); at += 501 {
			packed[at] ^= 4
			_, err := document.Unpack(packed)
			require.Error(t, err, at)
			packed[at] ^= 4
		}
		_, err = document.Unpack(packed[:document.Size-1])
		require.True(t, fault.Is(err, fault.Invalid))
	}
	_, err := document.Unpack(bytes.Repeat([]byte("x"), document.Size))
	require.True(t, fault.Is(err, fault.Invalid))
}

// TestErrorsTellNoNames: what goes into logs names fields, never values.
func TestErrorsTellNoNames(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := record(1)
	d.Mentions[0].Sentence.Arabic = ""
	_, err := o.Issue(t.Context(), d)
	require.Error(t, err)
	for _, secret := range []string{"BENABD", "FATIMA", "chèque", "1992"} {
		require.False(t, strings.Contains(err.Error(), secret))
	}
}

func BenchmarkIssue(b *testing.B) {
	o := newOffice(b)
	b.Run("document", func(b *testing.B) {
		d := record(2)
		for b.Loop() {
			o.issue(b, d)
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "documents/s")
	})
	b.Run("raw P-256", func(b *testing.B) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		require.NoError(b, err)
		digest := sha256.Sum256(nil)
		for b.Loop() {
			if _, err := ecdsa.SignASN1(rand.Reader, key, digest[:]); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "signatures/s")
	})
	b.Run("verify", func(b *testing.B) {
		out, trust, keys := o.issue(b, record(2)), o.trust(), o.keys(b)
		for b.Loop() {
			if !document.Verify(out.PDF, trust, keys, today).Good() {
				b.Fatal("refused")
			}
		}
	})
}
