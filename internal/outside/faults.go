package outside

import (
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"jaliya/internal/config"
	"jaliya/internal/fault"
)

// Kind is what goes wrong.
type Kind string

// The faults that every simulator has, in the order in which one request meets
// them. Simulators add their own and ask Fires for them.
const (
	Drop      Kind = "drop"       // the connection ends, nothing was done: an outage
	Status    Kind = "status"     // Fault.Status instead of an answer, nothing was done
	Delay     Kind = "delay"      // the answer comes Fault.Delay later
	Twice     Kind = "twice"      // the request is carried out twice, as by a proxy that repeats
	Lose      Kind = "lose"       // it is carried out, the connection ends without an answer
	WrongType Kind = "wrong-type" // a page of HTML instead of the answer
	Garbage   Kind = "garbage"    // bytes that are no JSON, under the right type
	Truncate  Kind = "truncate"   // half of the answer, then the end
	Oversize  Kind = "oversize"   // an answer without an end in sight
)

// Fault is one thing that goes wrong.
type Fault struct {
	ID   int  `json:"id"`
	Kind Kind `json:"kind"`
	// On is the beginning of "METHOD pattern" ("PUT /v1/jobs"); empty: every request.
	On     string          `json:"on,omitempty"`
	Times  int             `json:"times,omitempty"` // how often; zero: until it is taken away
	Rate   float64         `json:"rate,omitempty"`  // of the requests it could hit; zero: all
	For    config.Duration `json:"for,omitempty"`   // real time after which it is over; zero: no end
	Delay  config.Duration `json:"delay,omitempty"`
	Status int             `json:"status,omitempty"` // default 500
	Fired  int             `json:"fired"`

	until time.Time
}

// Validate names the field that breaks a rule.
func (f Fault) Validate() error {
	const op = "outside: validate fault"
	switch {
	case f.Kind == "" || len(f.Kind) > 40 || len(f.On) > 100:
		return fault.New(fault.Invalid, op, "kind is required, and short", nil)
	case f.Times < 0 || f.Rate < 0 || f.Rate > 1:
		return fault.New(fault.Invalid, op, "times is not negative, rate is 0 to 1", nil)
	case f.Status != 0 && (f.Status < 400 || f.Status > 599):
		return fault.New(fault.Invalid, op, "status is 400 to 599", nil)
	}
	return nil
}

// maxFaults caps how many faults wait at once.
const maxFaults = 100

// Faults are the faults of one simulator. Safe for concurrent use.
type Faults struct {
	mu   sync.Mutex // guards all below
	rand *rand.Rand
	list []*Fault
	last int
	past map[Kind]int
}

// NewFaults gives none; seed decides about rates.
func NewFaults(seed uint64) *Faults {
	return &Faults{rand: rand.New(rand.NewPCG(seed, 0x6f757473)), past: make(map[Kind]int)} //nolint:gosec // chance of a simulator, repeatable by its seed
}

// Add lets something go wrong from now on and gives its id.
func (f *Faults) Add(one Fault) (int, error) {
	if err := one.Validate(); err != nil {
		return 0, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.list) >= maxFaults {
		return 0, fault.New(fault.Full, "outside: add fault", "", nil)
	}
	f.last++
	one.ID, one.Fired = f.last, 0
	if one.For > 0 {
		one.until = time.Now().Add(one.For.Std())
	}
	f.list = append(f.list, &one)
	return one.ID, nil
}

// Clear takes all faults away.
func (f *Faults) Clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = nil
}

// List gives the faults that wait.
func (f *Faults) List() []Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sweep()
	list := make([]Fault, len(f.list))
	for i, one := range f.list {
		list[i] = *one
	}
	return list
}

// Fired gives how often faults of a kind have happened since the start.
func (f *Faults) Fired(kind Kind) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.past[kind]
}

// Fires decides whether a fault of the kind happens to an operation now, and
// gives it.
func (f *Faults) Fires(kind Kind, on string) (Fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sweep()
	for _, one := range f.list {
		if one.Kind != kind || !strings.HasPrefix(on, one.On) || (one.Rate > 0 && f.rand.Float64() >= one.Rate) {
			continue
		}
		one.Fired++
		f.past[kind]++
		return *one, true
	}
	return Fault{}, false
}

// sweep takes away what is over.
func (f *Faults) sweep() {
	f.list = slices.DeleteFunc(f.list, func(one *Fault) bool {
		return (one.Times > 0 && one.Fired >= one.Times) || (!one.until.IsZero() && time.Now().After(one.until))
	})
}
