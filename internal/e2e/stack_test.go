package e2e

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/journal/journaltest"
	"jaliya/hub/ledger"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

const (
	envStackTime  = "JALIYA_STACK_TIME"  // rounds for so long
	envStackHours = "JALIYA_STACK_HOURS" // rounds for so many virtual hours at least
	envStackSeed  = "JALIYA_STACK_SEED"  // one round of this seed

	stackRound = time.Hour        // virtual, of a round of the tier
	stackShort = 6 * time.Minute  // virtual, of the round of plain go test
	stackQuiet = 15 * time.Minute // within which all must have drained
	// A round may leave this many goroutines more than it had when all links
	// stood for the first time: sessions that are just being replaced.
	stackSlack = 8
	stackHeap  = 512 << 20 // bytes in use after a round
)

var stackPosts = []consular.PostID{"FR-LYO", "IT-MIL", "FR-PAR", "ES-MAD", "BE-BRU", "DE-FRA", "US-NYC", "CA-MTL"}

// TestStackRoads is tier B: the real journal, ship, link, intake, vault and
// ledger of eight posts in time of their own, over roads with loss, delay,
// packets that overtake each other and cuts of one way or both, while clocks
// are set, processes restart and the hub does not know outcomes. Afterwards everything that was
// saved must be where it was promised (I1 to I8, I10, I23, I25). The seed gives
// faults and work, not the interleaving of goroutines.
func TestStackRoads(t *testing.T) {
	length, first, end := stackShort, uint64(1), time.Now()
	if text := os.Getenv(envStackTime); text != "" {
		d, err := time.ParseDuration(text)
		require.NoError(t, err, envStackTime)
		length, first, end = stackRound, uint64(os.Getpid())<<16, time.Now().Add(d)
	}
	if text := os.Getenv(envStackSeed); text != "" {
		var err error
		first, err = strconv.ParseUint(text, 10, 64)
		require.NoError(t, err, envStackSeed)
		length, end = stackRound, time.Now()
	}
	var hours float64
	if text := os.Getenv(envStackHours); text != "" {
		var err error
		hours, err = strconv.ParseFloat(text, 64)
		require.NoError(t, err, envStackHours)
	}
	var sum stackFigures
	for seed := first; seed == first || time.Now().Before(end) || sum.hours < hours; seed++ {
		held := t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { sum.add(newStack(t, seed).run(length)) })
		})
		if !held {
			sum.violations++
			t.Errorf("repeat: %s=%d go test ./internal/e2e -run TestStackRoads", envStackSeed, seed)
			break
		}
	}
	fmt.Printf("stack: %d rounds, %.1f virtual hours, %d cuts, %d restarts, %d clocks set, %d entries (%d poisoned), %d images, %d violations\n",
		sum.rounds, sum.hours, sum.cuts, sum.restarts, sum.jumps, sum.entries, sum.poison, sum.images, sum.violations)
}

// stackFigures are what rounds did.
type stackFigures struct {
	rounds, cuts, restarts, entries, images, poison, jumps, violations int
	hours                                                              float64
}

func (f *stackFigures) add(o stackFigures) {
	f.rounds++
	f.cuts += o.cuts
	f.restarts += o.restarts
	f.entries += o.entries
	f.images += o.images
	f.poison += o.poison
	f.jumps += o.jumps
	f.hours += o.hours
}

// stack is one network of a round.
type stack struct {
	*office
	r       *rand.Rand
	climate *climate
	posts   []*stackPost
	figures stackFigures
	hubs    int // restarts of the hub
}

// stackPost is a post, what it was told, and what was seen of it.
type stackPost struct {
	*outpost
	host    byte
	dir     string
	saved   []wire.Position // by sequence: what Append returned
	cursor  uint64          // highest seen at the hub
	session uint64
}

func newStack(t *testing.T, seed uint64) *stack {
	t.Helper()
	s := &stack{office: newOffice(t, roadRTT), r: rand.New(rand.NewPCG(seed, 1)), climate: newClimate(seed)}
	s.road.besides = s.climate.weigh
	for i, id := range stackPosts {
		kit, err := journaltest.New(seed*100 + uint64(i))
		require.NoError(t, err)
		kit.Identity.Post, kit.Identity.Cluster = id, s.kit.Identity.Cluster
		if i > 0 {
			s.join(kit)
		} else {
			kit = s.kit
		}
		p := &stackPost{host: byte(10 + i), dir: t.TempDir()}
		p.outpost = &outpost{office: s.office, kit: kit, dials: map[string][]time.Time{}}
		p.jump.Store(1) // from the first reading, so that all have a monotonic part
		p.open()
		t.Cleanup(func() { require.NoError(t, p.journal.Close()) })
		p.connect(p.host)
		p.start()
		s.posts = append(s.posts, p)
	}
	return s
}

func (p *stackPost) open() {
	p.t.Helper()
	var err error
	p.journal, err = journal.Open(p.dir, p.kit.Options())
	require.NoError(p.t, err)
}

// run lets a round pass, heals everything and proves what must hold.
func (s *stack) run(length time.Duration) stackFigures {
	begun := time.Now()
	for _, p := range s.posts {
		d, err := p.kit.ReleaseWith(p.journal, 100, 100) // opens both connections
		require.NoError(s.t, err)
		p.add(d)
		p.secured(time.Minute)
	}
	wait(2 * time.Minute)
	standing := runtime.NumGoroutine()
	for end := time.Now().Add(length); time.Now().Before(end); {
		wait(time.Duration(s.r.ExpFloat64() * float64(8*time.Second)))
		s.happen()
		s.look()
	}
	s.figures.cuts = s.climate.clear()
	s.set(func() { s.fail, s.unknown = nil, nil })
	for _, p := range s.posts {
		p.secured(stackQuiet)
	}
	wait(2 * time.Minute)
	// Each restart of the hub leaves the two ends of a simulated wire.
	require.LessOrEqual(s.t, runtime.NumGoroutine(), standing+stackSlack+2*s.hubs, "I25: goroutines are left")
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	require.Less(s.t, m.HeapInuse, uint64(stackHeap), "I25")
	s.prove()
	s.figures.hours = time.Since(begun).Hours()
	for _, p := range s.posts {
		p.stop()
	}
	s.stop()
	return s.figures
}

// happen is one thing that people, networks or machines do.
func (s *stack) happen() {
	p := s.posts[s.r.IntN(len(s.posts))]
	switch kind := s.r.IntN(100); {
	case kind < 60:
		s.figures.images += p.save(s.r, 1+s.r.IntN(8))
		s.poison(p)
	case kind < 88:
		s.climate.worsen(s.r, p.host)
	case kind < 90:
		s.figures.jumps++ // somebody sets the clock of a post, by up to three days
		p.jump.Store(s.r.Int64N(int64(6*24*time.Hour)) - int64(3*24*time.Hour))
	case kind < 93: // everybody, as when the hub's own line goes
		for _, one := range s.posts {
			s.climate.worsen(s.r, one.host)
		}
	case kind < 96:
		s.figures.restarts++
		p.stop()
		require.NoError(s.t, p.journal.Close())
		wait(time.Duration(s.r.IntN(5000)) * time.Millisecond)
		p.open()
		p.start()
	case kind < 98:
		s.figures.restarts++
		s.hubs++
		s.stop()
		wait(time.Duration(s.r.IntN(30)) * time.Second)
		s.serve()
	default:
		s.doubt()
	}
}

// doubt has the hub lose its leader for a moment: it takes nothing, or takes it
// and cannot say so.
func (s *stack) doubt() {
	err := fault.New(fault.Unavailable, "office: propose", "outcome unknown", nil)
	s.set(func() {
		if s.r.IntN(2) == 0 {
			s.fail = err
		} else {
			s.unknown = err
		}
	})
	wait(time.Duration(s.r.IntN(4000)) * time.Millisecond)
	s.set(func() { s.fail, s.unknown = nil, nil })
}

// save has people enrolled, one in five with an image, and gives how many images.
func (p *stackPost) save(r *rand.Rand, n int) (images int) {
	p.t.Helper()
	for range n {
		var sizes []int
		if r.IntN(5) == 0 {
			sizes = []int{1 + r.IntN(60_000)}
			images++
		}
		d, err := p.kit.ReleaseWith(p.journal, r.IntN(2000), sizes...)
		require.NoError(p.t, err)
		p.add(d)
	}
	return images
}

func (p *stackPost) add(d journal.Draft) {
	p.t.Helper()
	a, err := p.journal.Append(p.t.Context(), d)
	require.NoError(p.t, err)
	p.saved = append(p.saved, a.Position)
}

// poison has two posts use one reference: the hub must refuse the one that comes
// later, and nothing may wait behind it (D42).
func (s *stack) poison(p *stackPost) {
	other := s.posts[s.r.IntN(len(s.posts))]
	if other == p || s.r.IntN(10) > 0 {
		return
	}
	mine, theirs := p.kit.Release(100), other.kit.Release(100)
	theirs.Header.Reference = mine.Header.Reference
	p.add(mine)
	other.add(theirs)
	s.figures.poison++
}

// look compares what nodes and hub say of each other while the round goes on.
func (s *stack) look() {
	for _, p := range s.posts {
		st := p.state()
		id := p.kit.Identity.Node
		cursor, _, err := s.Cursor(id, p.kit.Incarnation)
		require.NoError(s.t, err)
		require.LessOrEqual(s.t, st.Receipted, cursor.Seq, "I4: %s has a receipt for what is not committed", p.kit.Identity.Post)
		require.GreaterOrEqual(s.t, cursor.Seq, p.cursor, "I7: the cursor of %s went back", p.kit.Identity.Post)
		n, err := s.Node(id)
		require.NoError(s.t, err)
		require.GreaterOrEqual(s.t, n.Session, p.session, "I10")
		require.False(s.t, n.Fenced, "nobody has two histories here")
		p.cursor, p.session = cursor.Seq, n.Session
	}
}

// prove checks the quiet network.
func (s *stack) prove() {
	s.look()
	for _, p := range s.posts {
		s.figures.entries += len(p.saved)
		s.provePost(p)
	}
	counts, err := s.Counts()
	require.NoError(s.t, err)
	require.EqualValues(s.t, s.figures.entries, counts.Commits, "I9: each entry once")
	require.EqualValues(s.t, s.figures.poison, counts.Refused, "I23: refused, and nothing else")
	s.mu.Lock()
	defer s.mu.Unlock()
	require.NoError(s.t, s.store.View(func(r kv.Reader) error { return ledger.Audit(r).Err() }))
}

func (s *stack) provePost(p *stackPost) {
	name := p.kit.Identity.Post
	rep, err := p.journal.Check(s.kit.Keys()) // chain, bundles, every receipt's signature (I1)
	require.NoError(s.t, err, "I1: %s", name)
	require.Zero(s.t, rep.Missing, "I1: bundles of %s", name)
	st := p.state()
	require.EqualValues(s.t, len(p.saved), st.Head.Seq, "I1: %s", name)
	cursor, _, err := s.Cursor(p.kit.Identity.Node, p.kit.Incarnation)
	require.NoError(s.t, err)
	require.Equal(s.t, st.Head, cursor, "I7, I23: %s", name)
	news, err := s.NoticeHead(name)
	require.NoError(s.t, err)
	require.Equal(s.t, news, st.Notices, "I23: notices of %s", name)
	at := wire.Genesis(p.kit.Identity.Node, p.kit.Incarnation)
	for at != st.Head {
		entries, err := p.journal.ReadAfter(at, wire.MaxBatchEntries)
		require.NoError(s.t, err)
		for _, e := range entries {
			at = at.Next(e)
			require.Equal(s.t, p.saved[at.Seq-1], at, "I1, I6: %s", name)
			hash, err := s.HashAt(at.Node, at.Incarnation, at.Seq)
			require.NoError(s.t, err)
			require.Equal(s.t, at.Hash, hash, "I2, I8: %s", name)
			h, err := e.Check()
			require.NoError(s.t, err)
			for _, image := range h.Images {
				require.NoError(s.t, s.whole(image), "I3: %s", name)
			}
		}
	}
}

// whole reads an image from the vault.
func (s *stack) whole(image wire.Image) error {
	f, err := s.vault.Open(image.Digest)
	if err != nil {
		return err
	}
	sum := sha256.New()
	_, err = io.Copy(sum, f)
	if err = errors.Join(err, f.Close()); err == nil && wire.Digest(sum.Sum(nil)) != image.Digest {
		err = errors.New("the image is damaged")
	}
	return err
}
