package main

import (
	"bytes"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/cli"
	"jaliya/internal/consular"
	"jaliya/internal/document"
	"jaliya/internal/issuer"
	"jaliya/internal/lang"
	"jaliya/internal/outside"
	simtime "jaliya/internal/outside/timestamp"
	"jaliya/internal/pades"
	"jaliya/internal/paper"
	"jaliya/internal/timestamp"
	"jaliya/internal/vds"
)

// desk is a directory with a document, as a reader has it.
type desk struct {
	dir  string
	seal string
	code string
	day  string
}

func (d desk) path(name string) string { return filepath.Join(d.dir, name) }

// newDesk issues a record with the keys of a test office and the time of a
// simulated authority.
func newDesk(t *testing.T) desk {
	t.Helper()
	d := desk{dir: t.TempDir(), day: string(consular.DateOf(time.Now()))}
	keys, err := issuer.Create(d.dir, "Test office", "MAPN", time.Now())
	require.NoError(t, err)
	times, err := simtime.LoadKeys(d.dir, time.Now())
	require.NoError(t, err)
	sim, err := simtime.New(simtime.Config{Keys: times, Clock: outside.NewClock(1)})
	require.NoError(t, err)
	server := httptest.NewServer(sim.Handler())
	defer server.Close()
	roots := x509.NewCertPool()
	roots.AddCert(times.Root)
	catalog, err := lang.Open()
	require.NoError(t, err)
	press, err := paper.NewPress(catalog)
	require.NoError(t, err)
	office := document.Issuer{
		Press: press, Keys: keys,
		Times: &timestamp.Client{Address: server.URL + simtime.Path, Roots: roots},
	}
	today := consular.Date(d.day)
	var drawn bytes.Buffer
	office.Random = io.TeeReader(rand.Reader, &drawn)
	out, err := office.Issue(t.Context(), paper.RecordData{
		Service: consular.RecordPolice, Office: paper.Text{Arabic: "الرباط", French: "Rabat"},
		Number: "DGSN26A0012345", Reference: "185296341852967471", Issued: today, Expires: today.AddMonths(3), Made: time.Now(),
		Person: consular.Person{
			Family: consular.Name{Arabic: "بناني", Latin: "BENNANI"}, Given: consular.Name{Arabic: "أمينة", Latin: "AMINA"},
			Sex: consular.Female, Birth: "1992-05-01", BirthPlace: consular.Name{Arabic: "فاس", Latin: "Fes"},
			BirthCountry: consular.Morocco, Nationality: consular.Morocco,
		},
	})
	require.NoError(t, err)
	code, err := vds.NewControlCode(&drawn)
	require.NoError(t, err)
	d.seal, d.code = vds.Text(out.Seal), code.Printed()
	packed, err := document.Pack(out.PDF)
	require.NoError(t, err)
	flipped := bytes.Clone(out.PDF)
	flipped[len(flipped)/2] ^= 1
	for name, data := range map[string][]byte{
		"record.pdf": out.PDF, "record.packed": packed, "flipped.pdf": flipped, "seal.txt": []byte(d.seal + "\n"),
		"seal.b64": []byte(base64.StdEncoding.EncodeToString(out.Seal)), "says.txt": []byte("mentions\nanother\n"),
	} {
		require.NoError(t, os.WriteFile(d.path(name), data, 0o600))
	}
	return d
}

// run runs `jaliya verify document` and gives what it printed and its exit code.
func (d desk) run(t *testing.T, in string, args ...string) (string, int) {
	t.Helper()
	var out, bad bytes.Buffer
	args = append([]string{"verify", "document", "--trust", d.path("root.pem"), "--time-trust", d.path("time.pem")}, args...)
	code := cli.Run(t.Context(), cli.Program{Name: "jaliya", Grammar: &grammar{}, Args: args},
		cli.Streams{In: strings.NewReader(in), Out: &out, Err: &bad})
	return out.String() + bad.String(), code
}

func TestVerifyDocument(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	keys := d.path("seal.pem")
	late := string(consular.Date(d.day).AddMonths(4))
	for name, test := range map[string]struct {
		in   string
		args []string
		code int
		said []string
	}{
		"file":              {"", []string{d.path("record.pdf")}, 0, []string{"holds    signature", "holds    time", "PAdES B-T\n", "DGSN26A0012345", "says             nothing"}},
		"file with keys":    {"", []string{d.path("record.pdf"), "--seal-keys", keys}, 0, []string{"holds    outcome", "holds    seal         MAPN"}},
		"container":         {"", []string{d.path("record.packed"), "--seal-keys", keys}, 0, []string{"holds    particulars"}},
		"flipped":           {"", []string{d.path("flipped.pdf"), "--seal-keys", keys}, 1, []string{"REFUSED  signature", "does not hold"}},
		"after its time":    {"", []string{d.path("record.pdf"), "--on", late}, 1, []string{"holds    signature", "REFUSED  dates"}},
		"seal as text":      {"", []string{"--seal", d.seal, "--seal-keys", keys}, 0, []string{"holds    seal", "BENNANI بناني"}},
		"seal in a file":    {"", []string{"--seal", d.path("seal.txt"), "--seal-keys", keys}, 0, []string{"holds    dates"}},
		"seal in Base64":    {"", []string{"--seal", d.path("seal.b64"), "--seal-keys", keys}, 0, []string{"holds    seal"}},
		"seal piped":        {d.seal + "\n", []string{"--seal", "-", "--seal-keys", keys}, 0, []string{"holds    seal"}},
		"seal and code":     {"", []string{"--seal", d.seal, "--seal-keys", keys, "--code", d.code}, 0, []string{"holds    outcome", "says             nothing"}},
		"seal, forged":      {"", []string{"--seal", d.seal, "--seal-keys", keys, "--code", d.code, "--says", d.path("says.txt")}, 1, []string{"REFUSED  outcome"}},
		"seal, flipped":     {"", []string{"--seal", flip(d.seal), "--seal-keys", keys}, 1, []string{"REFUSED  seal"}},
		"seal without keys": {"", []string{"--seal", d.seal}, 1, []string{"--seal-keys"}},
		"a mistyped code":   {"", []string{"--seal", d.seal, "--seal-keys", keys, "--code", "7K2M"}, 1, []string{"16 letters and digits"}},
		"both":              {"", []string{d.path("record.pdf"), "--seal", d.seal}, 1, []string{"give a file, or --seal"}},
		"neither":           {"", nil, 1, []string{"give a file, or --seal"}},
		"no such file":      {"", []string{d.path("none.pdf")}, 1, []string{"not found"}},
		"no such day":       {"", []string{d.path("record.pdf"), "--on", "2026-02-30"}, 1, []string{"invalid"}},
		"no key for seals":  {"", []string{d.path("record.pdf"), "--seal-keys", d.path("sign.pem")}, 1, []string{"for another purpose than seals"}},
	} {
		said, code := d.run(t, test.in, test.args...)
		require.Equal(t, test.code, code, "%s: %s", name, said)
		for _, want := range test.said {
			require.Contains(t, said, want, name)
		}
	}
}

// flip changes a character in the middle of the signature.
func flip(seal string) string {
	at := len(seal) - 20
	other := "A"
	if seal[at] == 'A' {
		other = "B"
	}
	return seal[:at] + other + seal[at+1:]
}

func TestVerifyDocumentAsJSON(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	said, code := d.run(t, "", d.path("record.pdf"), "--seal-keys", d.path("seal.pem"), "--json")
	require.Zero(t, code)
	var got told
	require.NoError(t, json.Unmarshal([]byte(said), &got))
	require.True(t, got.Good)
	require.Len(t, got.Checks, 7)
	require.Equal(t, pades.LevelT, got.Level)
	require.Equal(t, []string{"nothing"}, got.Says)
}

// TestVerifyDocumentWantsTheTimesRoot: the issuer's root does not vouch for
// times.
func TestVerifyDocumentWantsTheTimesRoot(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	require.NoError(t, os.Rename(d.path("root.pem"), d.path("time.pem")))
	require.NoError(t, issuer.SaveCertificates(d.path("root.pem"), rootOf(t, d.path("time.pem"))))
	said, code := d.run(t, "", d.path("record.pdf"))
	require.Equal(t, 1, code)
	require.Contains(t, said, "REFUSED  signature")
}

func rootOf(t *testing.T, path string) *x509.Certificate {
	t.Helper()
	certs, err := issuer.LoadCertificates(path)
	require.NoError(t, err)
	return certs[0]
}

// TestSpecimens: what `jaliya sim record` issues holds under the command that
// it prints, and its container under the same.
func TestSpecimens(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	run := func(args ...string) string {
		var out, bad bytes.Buffer
		code := cli.Run(t.Context(), cli.Program{Name: "jaliya", Grammar: &grammar{}, Args: args}, cli.Streams{Out: &out, Err: &bad})
		require.Zero(t, code, bad.String())
		return out.String()
	}
	for _, args := range [][]string{{}, {"--justice"}, {"--justice", "--mentions", "20", "--seed", "7"}} {
		printed := run(append([]string{"sim", "record", "--dir", dir}, args...)...)
		lines := strings.Split(strings.TrimSpace(printed), "\n")
		require.Len(t, lines, 2)
		command := strings.Fields(lines[1])[1:]
		said := run(command...)
		require.Contains(t, said, "holds    outcome")
		require.Contains(t, said, "level            PAdES B-LT")
		command[len(command)-1] = strings.TrimSuffix(command[len(command)-1], ".pdf") + ".packed"
		require.Contains(t, run(command...), "holds    outcome")
	}
	_, err := os.Stat(filepath.Join(dir, "police", "seal.txt"))
	require.NoError(t, err)
}
