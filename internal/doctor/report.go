package doctor

import "time"

// Facts are what a finding's words are filled with: addresses, sizes, times. A
// value that begins with "@" is a key of the catalog.
type Facts map[string]string

// Finding is what one check saw.
type Finding struct {
	Step    string // whose it is; empty: the check's own
	Subject string // which of several, such as a hub's address
	Code    Code
	Facts   Facts
	Relieve bool // another of the same step works: bad is then worth a look only
}

// Result is one line of a report.
type Result struct {
	Step    string        `json:"step"`
	Subject string        `json:"subject,omitempty"`
	Code    Code          `json:"code"`
	Number  int           `json:"number"`
	State   State         `json:"state"`
	Facts   Facts         `json:"facts,omitempty"`
	Took    time.Duration `json:"took_ns"`
}

// Report is one self-test.
type Report struct {
	Role    string    `json:"role"`          // "node", "hub" or "portal"
	Who     string    `json:"who,omitempty"` // post or member
	Version string    `json:"version"`
	At      time.Time `json:"at"`
	State   State     `json:"state"`
	Steps   []Result  `json:"steps"`
}

// worst gives the worse of two states.
func worst(a, b State) State {
	rank := map[State]int{Skipped: 0, Good: 1, Warn: 2, Bad: 3}
	if rank[b] > rank[a] {
		return b
	}
	return a
}

// Broken lists the results in a state, in the order of the path.
func (r Report) Broken(s State) []Result {
	var out []Result
	for _, one := range r.Steps {
		if one.State == s {
			out = append(out, one)
		}
	}
	return out
}

// Position gives the number of a step in this report, from 1, and how many
// there are: several findings of one step have one number.
func (r Report) Position(step string) (at, of int) {
	last := ""
	for _, one := range r.Steps {
		if one.Step != last {
			of++
			last = one.Step
		}
		if one.Step == step {
			at = of
		}
	}
	return at, of
}

// Find gives the results of a step.
func (r Report) Find(step string) []Result {
	var out []Result
	for _, one := range r.Steps {
		if one.Step == step {
			out = append(out, one)
		}
	}
	return out
}
