package backlog

import (
	"fmt"
	"io"
	"strings"

	"jaliya/internal/fault"
)

// report prints a table of each profile. The error names those on which we were
// not ahead.
func report(tables []table, o Options, out io.Writer) error {
	var behind []string
	for _, t := range tables {
		scaled := ""
		if t.cargo.entries < o.Entries {
			scaled = fmt.Sprintf(", scaled down from %d", o.Entries)
		}
		fmt.Fprintf(out, "%s: %d entries%s, %.1f MB\n", t.profile, t.cargo.entries, scaled, float64(t.cargo.payload)/1e6)
		for _, l := range t.lines {
			unfinished := ""
			if l.carried < t.cargo.payload {
				unfinished = fmt.Sprintf("  gave up at %.0f %%", 100*float64(l.carried)/float64(t.cargo.payload))
			}
			fmt.Fprintf(out, "  %-28s %5.1f %% of the link  %7.1f s  first packet %5.2f s  first receipt %6.2f s  %.2f x sent%s\n",
				l.name, 100*t.share(l), l.took.Seconds(), l.dialed.Seconds(), l.first.Seconds(), float64(l.sent)/float64(max(1, l.carried)), unfinished)
		}
		if t.share(t.lines[1]) <= t.share(t.lines[2]) {
			behind = append(behind, t.profile.String())
		}
	}
	if len(behind) > 0 {
		return fault.New(fault.Other, "backlog: be ahead of HTTP/2 over TCP BBR", strings.Join(behind, "; "), nil)
	}
	fmt.Fprintln(out, "ahead of HTTP/2 over TCP BBR on each link")
	return nil
}

// share counts from a contender's first packet: ours has to find out that the link
// is back, and the others are told.
func (t table) share(l line) float64 { return t.profile.share(l.carried, l.took-l.dialed) }
