package localnet

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// centreSpeed lets the production centres make a card in about a second: two
// and a half hours of theirs.
const centreSpeed = 10_000

func (n *Network) centreDir() string { return filepath.Join(n.dir, "centre") }

// startCentre starts the card production centres.
func (n *Network) startCentre(ctx context.Context, o Options) error {
	p := n.beside(&process{name: "centre", admin: n.Sites})
	return n.programs.start(ctx, p, "jaliya", "sim", "centre",
		"--rabat", loopback(o.PortBase+offsetCentre), "--marrakech", loopback(o.PortBase+offsetCentre+1),
		"--admin", n.Sites, "--speed", strconv.Itoa(centreSpeed), "--per-day", "100000",
		"--seed", strconv.FormatUint(o.Seed, 10), "--dir", n.centreDir())
}

// desks is the part of the hub's configuration that drives a card to the bag,
// faster than a ministry would.
func (n *Network) desks(o Options) string {
	var b strings.Builder
	if o.VerifyByHand || o.Day {
		fmt.Fprint(&b, "[verify]\nby_hand = true\n")
	}
	after, late := time.Second, ""
	if o.Day {
		after, late = scaled(o.Pace, dayPack), fmt.Sprintf("late = %q\n", scaled(o.Pace, dayLate))
	}
	fmt.Fprintf(&b, "[pouch]\nauto = %t\ncards = 20\nafter = %q\n%s", !o.PackByHand, after, late)
	fmt.Fprint(&b, "[centre]\ntimeout = \"5s\"\npoll = \"250ms\"\npoll_most = \"5s\"\nfail_over = \"20s\"\n[centre.breaker]\npause = \"2s\"\nmost = \"10s\"\n")
	for i, site := range []string{"rabat", "marrakech"} {
		fmt.Fprintf(&b, "[[centre.site]]\nnumber = %d\nname = %q\nurl = \"http://%s\"\npacket_key = %q\ntoken_file = %q\n",
			i+1, site, loopback(o.PortBase+offsetCentre+i), filepath.Join(n.centreDir(), site+".pub"), filepath.Join(n.centreDir(), "token"))
	}
	return b.String()
}
