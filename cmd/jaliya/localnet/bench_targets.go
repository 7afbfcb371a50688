package localnet

import (
	"fmt"
	"io"
	"strings"
	"time"

	"jaliya/internal/fault"
)

// What a node and a hub must hold (design, section 9). Memory is RssAnon: the map
// of a bbolt file is the kernel's to take back.
const (
	readyWithin   = 2 * time.Second
	nodeAnonymous = 64 << 20
	hubAnonymous  = 256 << 20
	herdWithin    = 15 * time.Second
	herdSpread    = 1.5 // the slowest post, in medians of all
)

// verdicts prints figures and remembers which missed their targets.
type verdicts struct {
	out    io.Writer
	missed []string
}

// say prints a figure without a target.
func (v *verdicts) say(name, format string, args ...any) {
	fmt.Fprintf(v.out, "%-42s %s\n", name, fmt.Sprintf(format, args...))
}

// hold prints a figure and its target.
func (v *verdicts) hold(held bool, name, figure, target string) {
	word := "held"
	if !held {
		word = "MISSED"
		v.missed = append(v.missed, name)
	}
	v.say(name, "%s  (%s: %s)", figure, target, word)
}

func (v *verdicts) within(took, most time.Duration, name string) {
	v.hold(took <= most, name, fmt.Sprintf("%.2f s", took.Seconds()), fmt.Sprintf("at most %.0f s", most.Seconds()))
}

func (v *verdicts) below(bytes, most int, name string) {
	v.hold(bytes > 0 && bytes <= most, name, fmt.Sprintf("%d MiB", bytes>>20), fmt.Sprintf("at most %d MiB", most>>20))
}

// err names what was missed.
func (v *verdicts) err(op string) error {
	if len(v.missed) == 0 {
		return nil
	}
	return fault.New(fault.Other, op, "missed: "+strings.Join(v.missed, ", "), nil)
}
