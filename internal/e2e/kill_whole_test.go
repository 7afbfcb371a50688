package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// wholeKills is how many processes plain `go test` kills; the tier asks for more
// by JALIYA_KILLS.
const wholeKills = 3

// TestKillWhole kills -9 whole hubs and nodes at random moments while people are
// enrolled over the desk's API. Everything that a desk confirmed must reach L2
// and an answer, and the journals must verify.
func TestKillWhole(t *testing.T) {
	kills := wholeKills
	if asked := os.Getenv(envKills); asked != "" {
		n, err := strconv.Atoi(asked)
		require.NoError(t, err)
		kills = n
	}
	seed := strconv.Itoa(os.Getpid())
	cmd := exec.CommandContext(t.Context(), programs(t)+"/jaliya", "localnet", "--once", "--journey", "murder",
		"--kills", strconv.Itoa(kills), "--seed", seed, "--port-base", portBase(t), "--dir", t.TempDir())
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "seed %s\n%s", seed, out)
	require.Contains(t, string(out), "every step held")
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, "0 lost") {
			fmt.Printf("whole processes: %d kills, %s\n", kills, strings.TrimSpace(line))
		}
	}
}
