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
func TestKillWhole(t *testing.T) { murder(t, "murder", programs(t)) }

// TestKillCards does so while cards go the whole way from a desk to a hand. Every
// person who was given a slip must get one card, and everything that a counter
// confirmed must be in the hub's ledger, once.
func TestKillCards(t *testing.T) { murder(t, "murder-card", programs(t)) }

func murder(t *testing.T, journey, programs string) {
	t.Helper()
	kills := wholeKills
	if asked := os.Getenv(envKills); asked != "" {
		n, err := strconv.Atoi(asked)
		require.NoError(t, err)
		kills = n
	}
	out, err := localnetOnce(t, journey, programs, kills)
	require.NoError(t, err, "%s", out)
	require.Contains(t, out, "every step held")
	for line := range strings.Lines(out) {
		if strings.Contains(line, "0 lost") {
			fmt.Printf("%s: %d kills, %s\n", journey, kills, strings.TrimSpace(line))
		}
	}
}

// localnetOnce runs a journey of murder and gives what it printed.
func localnetOnce(t *testing.T, journey, programs string, kills int) (string, error) {
	t.Helper()
	seed := strconv.Itoa(os.Getpid())
	cmd := exec.CommandContext(t.Context(), programs+"/jaliya", "localnet", "--once", "--journey", journey,
		"--kills", strconv.Itoa(kills), "--seed", seed, "--port-base", portBase(t), "--dir", t.TempDir())
	out, err := cmd.CombinedOutput()
	return "seed " + seed + "\n" + string(out), err
}
