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
func TestKillWhole(t *testing.T) { murder(t, "murder") }

// TestKillCards does so while cards go the whole way from a desk to a hand. Every
// person who was given a slip must get one card, and everything that a counter
// confirmed must be in the hub's ledger, once.
func TestKillCards(t *testing.T) { murder(t, "murder-card") }

func murder(t *testing.T, journey string) {
	t.Helper()
	kills := wholeKills
	if asked := os.Getenv(envKills); asked != "" {
		n, err := strconv.Atoi(asked)
		require.NoError(t, err)
		kills = n
	}
	seed := strconv.Itoa(os.Getpid())
	cmd := exec.CommandContext(t.Context(), programs(t)+"/jaliya", "localnet", "--once", "--journey", journey,
		"--kills", strconv.Itoa(kills), "--seed", seed, "--port-base", portBase(t), "--dir", t.TempDir())
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "seed %s\n%s", seed, out)
	require.Contains(t, string(out), "every step held")
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, "0 lost") {
			fmt.Printf("%s: %d kills, %s\n", journey, kills, strings.TrimSpace(line))
		}
	}
}
