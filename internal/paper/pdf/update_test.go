package pdf_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/paper/pdf"
)

// TestUpdate: an update has the size that it was told, whatever it holds, and
// gives back what was put in.
func TestUpdate(t *testing.T) {
	t.Parallel()
	d := pdf.New(pdf.Info{Title: "Specimen", Language: "fr"})
	d.AddPage(pdf.A4())
	file, err := d.Bytes()
	require.NoError(t, err)
	for name, v := range map[string]pdf.Validation{
		"nothing":      {},
		"certificates": {Certificates: [][]byte{[]byte("one"), []byte("two")}},
		"both":         {Certificates: [][]byte{[]byte("endstream\nendobj\n")}, Lists: [][]byte{{}, []byte("\x00list")}},
	} {
		for size := 2000; size < 2300; size++ {
			tail, err := pdf.Update(file, v, size)
			require.NoError(t, err, name)
			require.Len(t, tail, size, name)
			got, err := pdf.ReadUpdate(file, tail)
			require.NoError(t, err, name)
			require.Len(t, got.Certificates, len(v.Certificates), name)
			require.Len(t, got.Lists, len(v.Lists), name)
			for i, one := range v.Lists {
				require.Equal(t, one, got.Lists[i], name)
			}
		}
		_, err := pdf.Update(file, v, 300)
		require.True(t, fault.Is(err, fault.TooLarge), name)
	}
	many := make([][]byte, 33)
	tail, err := pdf.Update(file, pdf.Validation{Lists: many}, 9000)
	require.NoError(t, err)
	_, err = pdf.ReadUpdate(file, tail)
	require.True(t, fault.Is(err, fault.Corrupt), "more than anybody needs")

	tail, err = pdf.Update(file, pdf.Validation{}, 2000)
	require.NoError(t, err)
	for name, other := range map[string][]byte{
		"not ours":        []byte("%PDF-1.7\nsomething\n%%EOF\n"),
		"cut":             file[:len(file)-1],
		"two revisions":   append(bytes.Clone(file), tail...),
		"another catalog": bytes.Replace(file, []byte("/Type /Catalog"), []byte("/Type /Katalog"), 1),
		"another table":   bytes.Replace(file, []byte("\nxref\n"), []byte("\nXref\n"), 1),
	} {
		_, err := pdf.Update(other, pdf.Validation{}, 2000)
		require.True(t, fault.Is(err, fault.Invalid), name)
		_, err = pdf.ReadUpdate(other, tail)
		require.True(t, fault.Is(err, fault.Corrupt), name)
	}
}

// FuzzReadUpdate feeds what might follow a file: what is taken for validation
// data is, written again, the same bytes.
func FuzzReadUpdate(f *testing.F) {
	d := pdf.New(pdf.Info{Title: "Specimen", Language: "fr"})
	d.AddPage(pdf.A4())
	file, err := d.Bytes()
	require.NoError(f, err)
	for _, v := range []pdf.Validation{{}, {Certificates: [][]byte{[]byte("one")}, Lists: [][]byte{[]byte("two"), {}}}} {
		tail, err := pdf.Update(file, v, 1200)
		require.NoError(f, err)
		f.Add(tail)
	}
	f.Fuzz(func(t *testing.T, tail []byte) {
		v, err := pdf.ReadUpdate(file, tail)
		if err != nil {
			require.True(t, fault.Is(err, fault.Corrupt))
			return
		}
		again, err := pdf.Update(file, v, len(tail))
		require.NoError(t, err)
		require.Equal(t, again, tail)
	})
}
