package pdf_test

import (
	"bytes"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/paper/pdf"
)

// TestFill: a file has the size that it was told, whatever it says, and its
// table is where it says.
func TestFill(t *testing.T) {
	plain := func(size int) ([]byte, error) {
		d := pdf.New(pdf.Info{Title: "Specimen", Language: "fr"})
		d.AddPage(pdf.A4())
		d.Fill(size)
		return d.Bytes()
	}
	bare, err := plain(0)
	require.NoError(t, err)
	_, err = plain(len(bare) + 1)
	require.True(t, fault.Is(err, fault.TooLarge), err)
	for _, size := range []int{len(bare) + 3, len(bare) + 130, len(bare) + 131, 9_999, 10_000, 10_001, 10_130, 99_999, 100_000, 100_100, 221_184} {
		file, err := plain(size)
		if size < len(bare)+3 {
			continue
		}
		require.NoError(t, err, size)
		require.Len(t, file, size)
		_, rest, found := bytes.Cut(file, []byte("startxref\n"))
		require.True(t, found)
		at, err := strconv.Atoi(string(bytes.TrimSuffix(rest, []byte("\n%%EOF\n"))))
		require.NoError(t, err)
		require.True(t, bytes.HasPrefix(file[at:], []byte("xref\n")), size)
		require.Equal(t, byte('\n'), file[at-1])
		for line := range bytes.Lines(file[bytes.LastIndex(file[:at], []byte("endobj\n"))+7 : at]) {
			require.Equal(t, byte('%'), line[0])
			require.LessOrEqual(t, len(line), 255)
		}
	}
}
