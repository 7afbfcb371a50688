package sim_test

import (
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"jaliya/internal/consular"
	"jaliya/internal/seal"
	"jaliya/internal/sim"
	"jaliya/internal/wire"
)

const (
	week = 7 * 24 * time.Hour
	// convalescence is how long the network has, after all is healed, to become
	// quiet.
	convalescence = 12 * time.Hour
	maxPosts      = 71
)

// start is the first virtual moment of every run.
var start = time.Date(2026, time.January, 5, 8, 0, 0, 0, time.UTC)

// keys are signing keys that all runs share: nothing that happens depends on
// their bytes. The first is the hub's.
var keys = sync.OnceValue(func() []*seal.SigningKey {
	out := make([]*seal.SigningKey, maxPosts+1)
	for i := range out {
		key, err := seal.GenerateSigningKey()
		if err != nil {
			panic(err)
		}
		out[i] = key
	}
	return out
})

// posts are the posts of the directory.
var posts = sync.OnceValue(func() []consular.PostID {
	directory, err := consular.BuiltInDirectory()
	if err != nil {
		panic(err)
	}
	all := directory.All()
	out := make([]consular.PostID, len(all))
	for i, p := range all {
		out[i] = p.ID
	}
	return out
})

// plant is a mistake that a control run makes on purpose.
type plant int

const (
	nothing        plant = iota
	earlyReceipt         // the hub signs a receipt before it has committed
	acceptGap            // the hub takes entries that do not follow
	ignoreSessions       // the hub takes entries of an older session
	poisonBlocks         // intake refuses a batch with an entry that will be refused
	reuseSequence        // the hub believes a node that came back from a backup
)

// temper is what a seed decides about a whole run.
type temper struct {
	length   time.Duration // before all is healed
	rest     time.Duration // after that
	posts    int
	entries  int           // about so many
	mean     time.Duration // between two faults
	hostile  bool          // frames are dropped, repeated and reordered
	clumsy   float64       // share of proposals with a mishap
	flips    bool          // a bit of a journal may flip
	restores bool          // an old backup may be put back
	anchors  bool          // nodes keep an anchor
	clones   bool          // a machine may run twice
	revokes  bool          // a node may be revoked
}

func newTemper(r *sim.Rand) temper {
	t := temper{
		length: week, rest: convalescence,
		entries: 20 + r.IntN(100), mean: week / time.Duration(20+r.IntN(70)),
		hostile: r.Chance(0.2), flips: r.Chance(0.2), restores: r.Chance(0.25),
		clones: r.Chance(0.15), revokes: r.Chance(0.15),
	}
	t.anchors = r.Chance(0.6)
	switch d := r.Float64(); {
	case d < 0.75:
		t.posts = 2 + r.IntN(5)
	case d < 0.93:
		t.posts = 7 + r.IntN(12)
	case d < 0.98:
		t.posts = 19 + r.IntN(30)
	default:
		t.posts = maxPosts
	}
	if r.Chance(0.6) {
		t.clumsy = r.Float64() * 0.3
	}
	return t
}

// controlled makes a short and eventful run for a control.
func (t *temper) controlled(p plant) {
	t.posts, t.entries, t.clumsy = 2+t.posts%4, 150, 0.2
	t.length, t.rest = 8*time.Hour, 15*time.Minute
	t.mean = t.length / 60
	t.restores = p == reuseSequence
}

// world is one simulated network.
type world struct {
	seed    uint64
	temper  temper
	plant   plant
	rand    *sim.Rand
	clock   *sim.Scheduler
	trace   sim.Trace
	hub     *hub
	nodes   []*node
	check   *checker
	chaos   *sim.Chaos
	healing bool
	faults  int // besides those of chaos: mishaps of proposals
	appends int
	wrong   string // the first violation
}

// figures are what a run adds to the report.
type figures struct {
	seeds, faults, entries int
	days                   float64
}

func newWorld(seed uint64, p plant) *world {
	w := &world{seed: seed, plant: p, rand: sim.NewRand(seed), clock: sim.NewScheduler(start)}
	w.temper = newTemper(w.rand)
	if p != nothing {
		w.temper.controlled(p)
	}
	w.check = newChecker(w)
	w.hub = newHub(w)
	for i := range w.temper.posts {
		w.nodes = append(w.nodes, newNode(w, i))
	}
	return w
}

// run lets a week pass, heals everything, waits until all is quiet, and checks
// what must hold. It gives the violation, empty for none.
func (w *world) run() (wrong string) {
	defer func() {
		if p := recover(); p != nil {
			wrong = fmt.Sprintf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	w.hub.found()
	for _, n := range w.nodes {
		n.begin()
	}
	w.chaos = sim.NewChaos(w.clock, w.rand, w.temper.mean, w.mishaps())
	w.clock.Run(start.Add(w.temper.length), w.stopped)
	w.heal()
	w.clock.Run(start.Add(w.temper.length+w.temper.rest), w.stopped)
	if w.wrong == "" {
		w.check.end()
	}
	return w.wrong
}

func (w *world) stopped() bool { return w.wrong != "" }

// violated records the first violation and ends the run.
func (w *world) violated(invariant, format string, args ...any) {
	if w.wrong == "" {
		w.wrong = invariant + ": " + fmt.Sprintf(format, args...)
		w.note("world", "violated "+invariant, 0, 0)
	}
}

func (w *world) note(who, what string, a, b uint64) {
	w.trace.Add(sim.Line{At: w.clock.Now(), Who: who, What: what, A: a, B: b})
}

func (w *world) millis() int64 { return w.clock.Now().UnixMilli() }

func (w *world) figures() figures {
	return figures{
		seeds: 1, faults: w.faults + w.chaos.Count() + w.harmed(), entries: w.appends,
		days: w.clock.Now().Sub(start).Hours() / 24,
	}
}

func (w *world) harmed() (n int) {
	for _, one := range w.nodes {
		n += one.link.Harmed
	}
	return n
}

// machines gives the processes that hold the identity of a node: two when the
// machine was cloned.
func (w *world) machines(id wire.NodeID) (out []*node) {
	for _, n := range w.nodes {
		if n.id == id {
			out = append(out, n)
		}
	}
	return out
}
