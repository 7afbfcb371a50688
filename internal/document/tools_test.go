package document_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/document"
	"jaliya/internal/issuer"
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
			"Signature is Valid.", "Not total document signed", "ETSI.CAdES.detached", "SHA-256", "CN=Test office",
		} {
			require.Contains(t, signature, want, name)
		}
		checkRevision(t, run, file, path)
		require.Contains(t, run("qpdf", "--check", path), "No syntax or stream encoding errors", name)

		run("pdftoppm", "-r", "200", "-png", "-f", "1", "-l", "1", path, path)
		drawn, err := filepath.Glob(path + "*.png")
		require.NoError(t, err)
		require.Len(t, drawn, 1)
		read := run("zbarimg", "-q", "--raw", drawn[0])
		r := document.ReadSeal([]byte(read), o.keys(t), today, document.Typed{})
		require.True(t, r.Good(), "%s: %q", name, read)
		require.Equal(t, d.Number, r.Record.Number)

		checkLists(t, run, o, file)

		file[bytes.Index(file, []byte("/ByteRange"))/2] ^= 1 // before the hole that the signature fills
		require.NoError(t, os.WriteFile(path, file, 0o600))
		// It exits in several ways: what it says counts.
		broken, _ := exec.CommandContext(t.Context(), "pdfsig", "-nocert", path).Output()
		require.NotContains(t, string(broken), "Signature is Valid.", name)
	}
}

// checkRevision asks others whether the signature covers all of the file but
// the validation data.
func checkRevision(t *testing.T, run func(string, ...string) string, file []byte, path string) {
	t.Helper()
	_, rest, found := bytes.Cut(file, []byte("%%EOF\n"))
	require.True(t, found)
	revision := path + ".signed.pdf"
	require.NoError(t, os.WriteFile(revision, file[:len(file)-len(rest)], 0o600))
	signature := run("pdfsig", "-nocert", revision)
	require.Contains(t, signature, "Signature is Valid.")
	require.Contains(t, signature, "Total document signed")
	require.NotContains(t, signature, "Not total")
}

// checkLists takes the validation data out with somebody else's reader, and
// asks openssl to prove the signer's certificate with them alone.
func checkLists(t *testing.T, run func(string, ...string) string, o *office, file []byte) {
	t.Helper()
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	require.NoError(t, os.WriteFile(path("record.pdf"), file, 0o600))
	store := regexp.MustCompile(`/DSS ([0-9]+) 0 R`).FindStringSubmatch(run("qpdf", "--show-object=1", path("record.pdf")))
	require.NotNil(t, store, "the catalog names a store")
	data := regexp.MustCompile(`/CRLs \[ (.*) \] /Certs \[ (.*) \]|/Certs \[ (.*) \] /CRLs \[ (.*) \]`).
		FindStringSubmatch(run("qpdf", "--show-object="+store[1], path("record.pdf")))
	require.NotNil(t, data)
	take := func(refs, kind string) (all []string) {
		for _, one := range regexp.MustCompile(`([0-9]+) 0 R`).FindAllStringSubmatch(refs, -1) {
			name := path(kind + one[1])
			raw := run("qpdf", "--show-object="+one[1], "--raw-stream-data", path("record.pdf"))
			require.NoError(t, os.WriteFile(name+".der", []byte(raw), 0o600))
			run("openssl", kind, "-inform", "DER", "-in", name+".der", "-out", name+".pem")
			all = append(all, name+".pem")
		}
		return all
	}
	certificates, lists := take(data[2]+data[3], "x509"), take(data[1]+data[4], "crl")
	require.Len(t, certificates, 6, "both chains with their roots")
	require.Len(t, lists, 4)
	join := func(name string, files []string) string {
		var all []byte
		for _, one := range files {
			raw, err := os.ReadFile(one)
			require.NoError(t, err)
			all = append(all, raw...)
		}
		require.NoError(t, os.WriteFile(path(name), all, 0o600))
		return path(name)
	}
	require.NoError(t, issuer.SaveCertificates(path("root.pem"), o.issuers.Root()))
	said := run("openssl", "verify", "-attime", strconv.FormatInt(now().Unix(), 10), "-crl_check_all", "-CAfile", path("root.pem"),
		"-untrusted", join("untrusted.pem", certificates), "-CRLfile", join("lists.pem", lists), certificates[0])
	require.Contains(t, said, ": OK")
}
