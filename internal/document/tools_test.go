package document_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/document"
	"jaliya/internal/paper"
)

// TestIndependentReaders gives documents to programs that share no code with
// ours: pdfsig proves the signature, zbarimg reads the seal off the rendered
// page, qpdf checks the file. It runs where JALIYA_PDF_TOOLS=1 says that
// poppler-utils, qpdf and zbar-tools are installed.
func TestIndependentReaders(t *testing.T) {
	if os.Getenv("JALIYA_PDF_TOOLS") != "1" {
		t.Skip("JALIYA_PDF_TOOLS is not 1: poppler-utils, qpdf and zbar-tools are not asked for")
	}
	o := newOffice(t)
	run := func(name string, args ...string) string {
		out, err := exec.CommandContext(t.Context(), name, args...).Output()
		require.NoError(t, err, "%s: %s", name, out)
		return string(out)
	}
	for name, d := range map[string]paper.RecordData{"nothing": record(0), "mentions": record(3), "longest": longest()} {
		packed, err := document.Pack(o.issue(t, d).PDF)
		require.NoError(t, err)
		file, err := document.Unpack(packed)
		require.NoError(t, err)
		path := filepath.Join(t.TempDir(), "record.pdf")
		require.NoError(t, os.WriteFile(path, file, 0o600))

		signature := run("pdfsig", "-nocert", path)
		for _, want := range []string{
			"Signature is Valid.", "Total document signed", "ETSI.CAdES.detached", "SHA-256", "CN=Test office",
		} {
			require.Contains(t, signature, want, name)
		}
		require.Contains(t, run("qpdf", "--check", path), "No syntax or stream encoding errors", name)

		run("pdftoppm", "-r", "200", "-png", "-f", "1", "-l", "1", path, path)
		drawn, err := filepath.Glob(path + "*.png")
		require.NoError(t, err)
		require.Len(t, drawn, 1)
		read := run("zbarimg", "-q", "--raw", drawn[0])
		r := document.ReadSeal([]byte(read), o.keys(t), today, document.Typed{})
		require.True(t, r.Good(), "%s: %q", name, read)
		require.Equal(t, d.Number, r.Record.Number)

		file[bytes.Index(file, []byte("/ByteRange"))/2] ^= 1 // before the hole that the signature fills
		require.NoError(t, os.WriteFile(path, file, 0o600))
		// It exits in several ways: what it says counts.
		broken, _ := exec.CommandContext(t.Context(), "pdfsig", "-nocert", path).Output()
		require.NotContains(t, string(broken), "Signature is Valid.", name)
	}
}
