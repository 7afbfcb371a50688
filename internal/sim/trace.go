package sim

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"
)

// Line is one thing that happened: when, to whom, what, and two numbers whose
// meaning is the what's.
type Line struct {
	At   time.Time
	Who  string
	What string
	A, B uint64
}

// String gives the line as it stands in a report.
func (l Line) String() string {
	return fmt.Sprintf("%s %-8s %-22s %d %d", l.At.Format("02 15:04:05.000"), l.Who, l.What, l.A, l.B)
}

// Trace is the record of a run: a hash over every line, and the newest lines
// themselves.
type Trace struct {
	hash  uint64
	count uint64
	ring  []Line
}

// kept is how many lines a trace remembers.
const kept = 4096

// Add records a line.
func (t *Trace) Add(l Line) {
	h := fnv.New64a()
	b := binary.BigEndian.AppendUint64(nil, t.hash)
	b = binary.BigEndian.AppendUint64(b, uint64(l.At.UnixNano()))
	b = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(b, l.A), l.B)
	b = append(append(append(b, l.Who...), 0), l.What...)
	_, _ = h.Write(b) // a hash never fails
	t.hash = h.Sum64()
	if len(t.ring) < kept {
		t.ring = append(t.ring, l)
	} else {
		t.ring[t.count%kept] = l
	}
	t.count++
}

// Hash stands for all lines in order.
func (t *Trace) Hash() uint64 { return t.hash }

// Count gives how many lines there were.
func (t *Trace) Count() uint64 { return t.count }

// Tail gives the newest lines, at most n, oldest first; of those about who only,
// unless who is empty.
func (t *Trace) Tail(n int, who string) string {
	lines := slices.Clone(t.ring)
	if t.count > kept {
		at := int(t.count % kept)
		lines = append(slices.Clone(t.ring[at:]), t.ring[:at]...)
	}
	if who != "" {
		lines = slices.DeleteFunc(lines, func(l Line) bool { return l.Who != who })
	}
	var b strings.Builder
	for _, l := range lines[max(0, len(lines)-n):] {
		b.WriteString(l.String() + "\n")
	}
	return b.String()
}
