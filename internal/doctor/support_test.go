package doctor_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/cli"
	"jaliya/internal/doctor"
)

// secrets are what must stand nowhere in a support file.
var secrets = []string{
	"BENZAKOUR", "Benzakour", "بنزكور", "1985-03-12", "12/03/1985", "AB123456", "+33612348765", "06 12 34 87 65",
	"canary.person@example.org", "123456789012345678", "123456 789012 345678", "hunter2", "tok_4f9a", "Nadia Tazi", "LYO-4711",
}

const canaryConfig = `# password of Nadia Tazi: hunter2
dir = "/var/lib/jaliya/node"
hubs = ["hub.example.ma:7700"]
[desk]
listen = "0.0.0.0:8443"
[[desk.service_account]]
name = "Nadia Tazi"
token_sha256 = "tok_4f9a"
[printer]
uri = "ipps://tazi:hunter2@printer.local/ipp/print?pin=hunter2"
[mail]
password_file = "/etc/hunter2"
user = "canary.person@example.org"
[alert]
mail = ["canary.person@example.org"]
[alert.webhook]
url = "https://hooks.example.ma:8443/T0/hunter2"
`

const canaryLog = `{"time":"2026-11-22T07:55:04.17Z","level":"INFO","msg":"link changed","component":"ship","from":"","to":"dialing","reason":"timeout"}
{"time":"2026-11-22T07:55:05Z","level":"WARN","msg":"session failed","error":"ship: send: 123456789012345678: BENZAKOUR: timeout","family":"Benzakour","count":5}
{"time":"2026-11-22T07:55:06Z","level":"WARN","msg":"again 123456789012345678 of بنزكور born 12/03/1985, 06 12 34 87 65, AB123456","staff":"LYO-4711"}
2026-11-22 07:55:07Z INF served canary.person@example.org BENZAKOUR status=200
panic: Nadia Tazi +33612348765 1985-03-12 123456 789012 345678
`

// files unpacks an archive and proves that each file is listed in its contents.
func files(t *testing.T, raw []byte) map[string]string {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	require.NoError(t, err)
	out := map[string]string{}
	for _, f := range archive.File {
		r, err := f.Open()
		require.NoError(t, err)
		data, err := io.ReadAll(r)
		require.NoError(t, err)
		out[f.Name] = string(data)
	}
	for name, data := range out {
		require.Contains(t, out["CONTENTS.txt"], name)
		if name != "CONTENTS.txt" {
			sum := sha256.Sum256([]byte(data))
			require.Contains(t, out["CONTENTS.txt"], hex.EncodeToString(sum[:]))
		}
	}
	return out
}

// TestSupportFile writes one as the command does, out of a configuration and a
// log full of what must not be in it.
func TestSupportFile(t *testing.T) {
	dir := t.TempDir()
	config, log, file := filepath.Join(dir, "node.toml"), filepath.Join(dir, "node.log"), filepath.Join(dir, "support.zip")
	require.NoError(t, os.WriteFile(config, []byte(canaryConfig), 0o600))
	require.NoError(t, os.WriteFile(log, []byte(canaryLog), 0o600))
	report := doctor.Run(t.Context(), doctor.Patient{Role: "node", Who: "FR-LYO"}, []doctor.Check{says("reach", nil, "reach-silent")}, nil)
	report.At = time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	var out, errs bytes.Buffer
	c := doctor.Command{Config: config, Log: log, Support: file, Language: "en"}
	err := c.Say(t.Context(), cli.Streams{Out: &out, Err: &errs}, doctor.Examined{Report: report, Parts: []doctor.Part{{Name: "disk.json", About: "the disk", Data: []byte("{}")}}})
	require.ErrorContains(t, err, "code 194")
	require.Contains(t, out.String(), "Read this sentence over the telephone:\n  FR-LYO, step 1 of 1, code 194:")

	raw, err := os.ReadFile(file)
	require.NoError(t, err)
	sum := sha256.Sum256(raw)
	require.Contains(t, errs.String(), "SHA-256 "+hex.EncodeToString(sum[:]))
	got := files(t, raw)
	for _, name := range []string{"CONTENTS.txt", "doctor.en.txt", "doctor.fr.txt", "doctor.json", "version.json", "disk.json", "config.toml", "log.txt"} {
		require.NotEmpty(t, got[name], name)
	}
	for name, text := range got {
		for _, secret := range secrets {
			require.NotContains(t, text, secret, name)
		}
	}
	require.Contains(t, got["CONTENTS.txt"], "It does not hold:\n  - names, birth dates")
	// What helps is still there.
	require.Contains(t, got["config.toml"], "hub.example.ma:7700")
	require.Contains(t, got["config.toml"], "printer.local")
	require.Contains(t, got["config.toml"], "hooks.example.ma:8443")
	for _, part := range []string{"link changed", `"reason":"timeout"`, "ship: send:", "status=200", "2026-11-22T07:55:06Z"} {
		require.Contains(t, got["log.txt"], part)
	}
}

// TestReferencesAreMarked holds that a number is known again within one file,
// and in no other.
func TestReferencesAreMarked(t *testing.T) {
	line := "x 123456789012345678\ny 123456789012345678\nz 876543210987654321\n"
	mark := func() (first, second, third string) {
		lines := strings.Fields(string(doctor.CleanLog([]byte(line))))
		return lines[1], lines[3], lines[5]
	}
	a, b, other := mark()
	require.Equal(t, a, b)
	require.NotEqual(t, a, other)
	again, _, _ := mark()
	require.NotEqual(t, a, again)
}

func TestBrokenConfigGivesNothing(t *testing.T) {
	require.NotContains(t, string(doctor.CleanConfig([]byte("password = hunter2 = x"))), "hunter2")
}
