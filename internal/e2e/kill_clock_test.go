package e2e

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestKillClock sets the clocks of whole hubs and nodes back and forth while they
// run and while they are killed. Everything that a desk confirmed must reach L2 and
// an answer while the posts' clocks are wrong.
//
// It needs programs of its own, built from a standard library with another
// time.Now, which takes minutes where nothing is cached: plain `go test` leaves it
// to the tier.
func TestKillClock(t *testing.T) {
	if os.Getenv(envKills) == "" {
		t.Skip("clocks of real processes are set by make crash")
	}
	set := clockedPrograms(t)
	out, err := localnetOnce(t, "murder-clock", programs(t), 1)
	require.Error(t, err, "programs that nobody can set are found out\n%s", out)
	require.Contains(t, out, "goes by another clock")
	murder(t, "murder-clock", set)
}

// clocked is the folder of the programs whose clocks can be set: a process has no
// clock of its own in Linux, and no library can be put before Go's.
var clocked = sync.OnceValues(func() (string, error) {
	plain, err := built()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(plain, "clocked")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return "", err
	}
	overlay, err := clockOverlay(dir)
	if err != nil {
		return "", err
	}
	build := exec.Command("go", "build", "-overlay", overlay, "-o", dir+string(filepath.Separator),
		"jaliya/cmd/hub", "jaliya/cmd/consulate-node")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return "", err
	}
	return dir, os.Link(filepath.Join(plain, "jaliya"), filepath.Join(dir, "jaliya"))
})

func clockedPrograms(t *testing.T) string {
	t.Helper()
	dir, err := clocked()
	require.NoError(t, err)
	return dir
}

// clockOverlay writes a time.Now that asks by how much the clock was set, and the
// overlay that puts it into the standard library.
func clockOverlay(dir string) (string, error) {
	root, err := exec.CommandContext(context.Background(), "go", "env", "GOROOT").Output()
	if err != nil {
		return "", err
	}
	library := filepath.Join(strings.TrimSpace(string(root)), "src", "time")
	source, err := os.ReadFile(filepath.Join(library, "time.go"))
	if err != nil {
		return "", err
	}
	const reads = "func Now() Time {\n\tsec, nsec, mono := runtimeNow()\n"
	changed := strings.Replace(string(source), reads, reads+"\tsec += clockSet()\n", 1)
	now, set := filepath.Join(dir, "time.go"), filepath.Join(dir, "set.go")
	if err := os.WriteFile(now, []byte(changed), 0o600); err != nil {
		return "", err
	}
	added, err := os.ReadFile(filepath.Join("testdata", "clock", "set.go.txt"))
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(set, added, 0o600); err != nil {
		return "", err
	}
	raw, err := json.Marshal(map[string]map[string]string{"Replace": {
		filepath.Join(library, "time.go"):      now,
		filepath.Join(library, "clock_set.go"): set,
	}})
	if err != nil {
		return "", err
	}
	overlay := filepath.Join(dir, "overlay.json")
	return overlay, os.WriteFile(overlay, raw, 0o600)
}
