package pades_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/issuer"
	"jaliya/internal/pades"
	"jaliya/internal/paper/pdf"
	"jaliya/internal/revocation"
)

// tail is how long the validation data of these tests are.
const tail = 6 << 10

// finder gives the lists that it holds.
type finder struct{ lists []*x509.RevocationList }

func (f finder) Find(context.Context, []revocation.Question) ([]*x509.RevocationList, error) {
	return f.lists, nil
}

func (o *office) lists(tb testing.TB, of *issuer.Authority, revoked ...x509.RevocationListEntry) []*x509.RevocationList {
	tb.Helper()
	out, err := of.Lists(issuer.Years(o.clock, 1), revoked...)
	require.NoError(tb, err)
	return out
}

func (o *office) completer(tb testing.TB) pades.Completer {
	tb.Helper()
	return pades.Completer{Trust: o.trust(), Lists: finder{append(o.lists(tb, o.issuers), o.lists(tb, o.times)...)}}
}

// complete gives a B-LT file and its signed revision.
func (o *office) complete(tb testing.TB) (file, revision []byte) {
	tb.Helper()
	revision = o.sign(tb)
	got, err := o.completer(tb).Complete(tb.Context(), revision, tail)
	require.NoError(tb, err)
	require.NoError(tb, got.Missing)
	require.Equal(tb, pades.LevelLT, got.Level)
	require.Len(tb, got.File, len(revision)+tail)
	return got.File, revision
}

func TestLongTerm(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	file, revision := o.complete(t)
	require.True(t, bytes.HasPrefix(file, revision), "no signed byte changes")
	got, err := pades.Verify(file, o.trust())
	require.NoError(t, err)
	require.Equal(t, pades.LevelLT, got.Level)
	require.Equal(t, revision, got.Revision)
	require.Len(t, got.Chain, 3)

	bare, err := pades.Verify(revision, o.trust())
	require.NoError(t, err)
	require.Equal(t, pades.LevelT, bare.Level)
}

// TestYearsLater: by now every certificate has run out, the roots' too, and
// the lists with them; nobody is asked.
func TestYearsLater(t *testing.T) {
	t.Parallel()
	then := time.Now().AddDate(-20, 0, 0)
	o := newOffice(t)
	o.clock = then
	var err error
	o.issuers, err = issuer.NewAuthority("Old office", issuer.Years(then, 10))
	require.NoError(t, err)
	o.times, err = issuer.NewAuthority("Old time", issuer.Years(then, 10))
	require.NoError(t, err)
	o.signer, err = o.issuers.Documents("Old documents", issuer.Years(then, 2))
	require.NoError(t, err)
	o.stamper, err = o.times.Times("Old time stamps", issuer.Years(then, 5))
	require.NoError(t, err)
	file, _ := o.complete(t)
	got, err := pades.Verify(file, o.trust())
	require.NoError(t, err)
	require.Equal(t, pades.LevelLT, got.Level)
	require.True(t, got.Root.NotAfter.Before(time.Now()))
}

// TestNothingHindersAFile: whatever is missing, the file has its size and
// holds as B-T.
func TestNothingHindersAFile(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	signed := o.sign(t)
	issuers, times := o.lists(t, o.issuers), o.lists(t, o.times)
	large := make([]x509.RevocationListEntry, 300)
	for i := range large {
		large[i] = x509.RevocationListEntry{SerialNumber: o.issuers.Root().SerialNumber, RevocationTime: now(), ReasonCode: i%4 + 1}
	}
	for name, c := range map[string]pades.Completer{
		"nothing is configured": {},
		"no root":               {Lists: finder{issuers}},
		"another root":          {Trust: newOffice(t).trust(), Lists: finder{issuers}},
		"no list":               {Trust: o.trust(), Lists: finder{}},
		"no list of the times":  {Trust: o.trust(), Lists: finder{issuers}},
		"one list of each":      {Trust: o.trust(), Lists: finder{[]*x509.RevocationList{issuers[1], times[1]}}},
		"no room":               {Trust: o.trust(), Lists: finder{append(o.lists(t, o.issuers, large...), times...)}},
	} {
		got, err := c.Complete(t.Context(), signed, tail)
		require.NoError(t, err, name)
		require.Error(t, got.Missing, name)
		require.Equal(t, pades.LevelT, got.Level, name)
		require.Len(t, got.File, len(signed)+tail, name)
		read, err := pades.Verify(got.File, o.trust())
		require.NoError(t, err, name)
		require.Equal(t, pades.LevelT, read.Level, name)
	}
}

func TestRevokedCertificates(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	signed := o.sign(t)
	entry := func(c *x509.Certificate, at time.Time, reason int) []x509.RevocationListEntry {
		return []x509.RevocationListEntry{{SerialNumber: c.SerialNumber, RevocationTime: at, ReasonCode: reason}}
	}
	early, late := now().Add(-time.Minute), now().Add(time.Minute)
	for name, test := range map[string]struct {
		signer, times []x509.RevocationListEntry
		holds         bool
	}{
		"signer before":        {signer: entry(o.signer.Chain[0], early, 4)},
		"signer after":         {signer: entry(o.signer.Chain[0], late, 1), holds: true},
		"clock before":         {times: entry(o.stamper.Chain[0], early, 4)},
		"clock stolen after":   {times: entry(o.stamper.Chain[0], late, 1)},
		"clock replaced after": {times: entry(o.stamper.Chain[0], late, 4), holds: true},
	} {
		lists := append(o.lists(t, o.issuers, test.signer...), o.lists(t, o.times, test.times...)...)
		got, err := pades.Completer{Trust: o.trust(), Lists: finder{lists}}.Complete(t.Context(), signed, tail)
		if test.holds {
			require.NoError(t, err, name)
			require.Equal(t, pades.LevelLT, got.Level, name)
			continue
		}
		require.True(t, fault.Is(err, fault.Denied), "%s: nobody issues it", name)

		// Somebody adds the list later: no reader believes the file any more.
		data := pdf.Validation{}
		for _, l := range lists {
			data.Lists = append(data.Lists, l.Raw)
		}
		update, err := pdf.Update(signed, data, tail)
		require.NoError(t, err, name)
		_, err = pades.Verify(slices.Concat(signed, update), o.trust())
		require.True(t, fault.Is(err, fault.Denied), "%s: %v", name, err)
	}
}

// TestEveryFlippedByteOfTheUpdateIsRefused: the signature covers none of them,
// and yet none can be another.
func TestEveryFlippedByteOfTheUpdateIsRefused(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	file, revision := o.complete(t)
	trust := o.trust()
	for at := len(revision); at < len(file); at++ {
		bit := byte(1) << (at % 8)
		file[at] ^= bit
		_, err := pades.Verify(file, trust)
		file[at] ^= bit
		require.Error(t, err, "byte %d bit %02x", at-len(revision), bit)
		require.NotEqual(t, fault.Other, fault.KindOf(err))
	}
	_, err := pades.Verify(file, trust)
	require.NoError(t, err, "flipped back")
	for cut := len(revision) + 1; cut < len(file); cut += 97 {
		_, err := pades.Verify(file[:cut], trust)
		require.Error(t, err, "cut at %d", cut)
	}
}

// TestShadowAttacks appends what the attacks of that name append (Mainka,
// Mladenov, Rohlmann, 2021: hide, replace, hide and replace), and what else an
// incremental update can do to a signed file (ISO 32000-1, 7.5.6; EN 319
// 142-1, 5.4). Each is a well-formed update of the kind that viewers follow.
func TestShadowAttacks(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	whole, revision := o.complete(t)
	trust := o.trust()
	// object gives an update of one object after a file.
	object := func(file []byte, number int, body string) []byte {
		at := len(file)
		out := fmt.Appendf(bytes.Clone(file), "%d 0 obj\n%s\nendobj\n", number, body)
		table := len(out)
		return fmt.Appendf(out, "xref\n%d 1\n%010d 00000 n \ntrailer\n<< /Size 40 /Root 1 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n",
			number, at, bytes.LastIndex(file, []byte("\nxref\n"))+1, table)
	}
	// other is the update of a file with something else in it, as long.
	update := whole[len(revision):]
	other := func(was, is string) []byte {
		require.Contains(t, string(update), was)
		return append(bytes.Clone(revision), strings.Replace(string(update), was, is, 1)...)
	}
	const page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] /Contents 3 0 R >>"
	for _, file := range [][]byte{revision, whole} {
		for name, attack := range map[string][]byte{
			"replace: a page's content":   object(file, 4, page),
			"replace: a font":             object(file, 3, "<< /Type /Font /Subtype /Type1 /BaseFont /Courier >>"),
			"replace: a form's value":     object(file, 8, "<< /Type /Annot /Subtype /Widget /FT /Tx /T (Name) /V (Another) >>"),
			"hide: an overlay is dropped": object(file, 5, "null"),
			"hide: a note over the page":  object(file, 39, "<< /Type /Annot /Subtype /FreeText /Rect [0 0 100 100] >>"),
			"hide and replace: the root":  object(file, 1, "<< /Type /Catalog /Pages 39 0 R >>"),
			"the signature's own field":   object(file, 6, "<< /Type /Sig /ByteRange [0 1 2 3] >>"),
			"only a new table":            fmt.Appendf(bytes.Clone(file), "xref\n0 0\ntrailer\n<< /Size 9 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(file)),
			"a comment":                   append(bytes.Clone(file), "% seen\n"...),
			"a line":                      append(bytes.Clone(file), '\n'),
			"another whole file":          append(bytes.Clone(file), document(t, 0)...),
			"the update once more":        append(bytes.Clone(file), update[:len(update)-1]...),
			"a store of nothing alone":    object(file, 39, "<< /Type /DSS /Certs [] /CRLs [] >>"),
		} {
			_, err := pades.Verify(attack, trust)
			require.Error(t, err, name)
			require.NotEqual(t, fault.Other, fault.KindOf(err), "%s: %v", name, err)
		}
	}
	for name, attack := range map[string][]byte{
		"an action beside the store":       other(" /Extensions ", " /OpenAction 4 0 R /Extensions "),
		"the catalog has other pages":      other("/Pages ", "/Pages 9"),
		"the catalog has another form":     other("/SigFlags 3", "/SigFlags 0"),
		"an object under a comment":        other("% ", "\n9 0 obj null endobj %"),
		"the table leads elsewhere":        other("\n1 1\n0", "\n1 1\n1"),
		"the table says more":              other("xref\n1 1\n", "xref\n1 1\n0000000000 00000 n \n1 1\n"),
		"the update before is left out":    other("/Prev ", "/Prev 1"),
		"another root":                     other("/Root 1 0 R", "/Root 2 0 R"),
		"per-signature data nobody proves": other("/Type /DSS", "/Type /DSS /VRI 9 0 R"),
		"a store without lists' names":     other("/CRLs [", "/CRLs [9 0 R "),
	} {
		_, err := pades.Verify(attack, trust)
		require.True(t, fault.Is(err, fault.Corrupt), "%s: %v", name, err)
	}
}

// TestForeignValidationData: well formed, and not this file's.
func TestForeignValidationData(t *testing.T) {
	t.Parallel()
	o, other := newOffice(t), newOffice(t)
	signed := o.sign(t)
	own, foreign := o.lists(t, o.issuers), other.lists(t, other.issuers)
	newer, err := o.issuers.Lists(issuer.Years(now().AddDate(0, 1, 0), 1))
	require.NoError(t, err)
	root := o.issuers.Root().Raw
	for name, data := range map[string]pdf.Validation{
		"a certificate of another":  {Certificates: [][]byte{root, other.issuers.Root().Raw}},
		"a certificate twice":       {Certificates: [][]byte{root, root}},
		"words as a certificate":    {Certificates: [][]byte{[]byte("endstream endobj 1 0 obj")}},
		"a certificate and more":    {Certificates: [][]byte{append(bytes.Clone(root), 0)}},
		"a list of another":         {Lists: [][]byte{foreign[0].Raw}},
		"a list twice":              {Lists: [][]byte{own[1].Raw, own[1].Raw}},
		"two lists of one":          {Lists: [][]byte{own[1].Raw, newer[1].Raw}},
		"a list and more":           {Lists: [][]byte{append(bytes.Clone(own[1].Raw), 0)}},
		"a list with more inside":   {Lists: [][]byte{within(own[1].Raw)}},
		"a certificate as a list":   {Lists: [][]byte{root}},
		"a list as a certificate":   {Certificates: [][]byte{own[0].Raw}},
		"a record as a certificate": {Certificates: [][]byte{[]byte("<< /Length 3 /Type /JLYTest >>\nstream\nabc\nendstream")}},
	} {
		update, err := pdf.Update(signed, data, tail)
		require.NoError(t, err, name)
		_, err = pades.Verify(slices.Concat(signed, update), o.trust())
		require.True(t, fault.Is(err, fault.Corrupt), "%s: %v", name, err)
	}
	// Fewer is no lie: the level says so.
	update, err := pdf.Update(signed, pdf.Validation{Certificates: [][]byte{root}, Lists: [][]byte{newer[1].Raw}}, tail)
	require.NoError(t, err)
	got, err := pades.Verify(slices.Concat(signed, update), o.trust())
	require.NoError(t, err)
	require.Equal(t, pades.LevelT, got.Level)
}

// within puts bytes after the signature of a list, into its outermost wrapping.
func within(list []byte) []byte {
	out := append(bytes.Clone(list), 4, 1, 'x')
	if out[1] != 0x82 {
		return append([]byte{0x30, 0x81, byte(len(out) - 3)}, out[3:]...)
	}
	out[2], out[3] = byte((len(out)-4)>>8), byte(len(out)-4)
	return out
}
