package cluster_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/quic-go/quic-go/testutils/simnet"
	"github.com/stretchr/testify/require"

	"jaliya/hub/cluster"
)

const (
	envStackTime  = "JALIYA_STACK_TIME"  // rounds for so long
	envStackHours = "JALIYA_STACK_HOURS" // rounds for so many virtual hours at least
	envStackSeed  = "JALIYA_STACK_SEED"  // one round of this seed

	stackEpisodes = 30 // storms of a round of the tier
	stackFew      = 2  // of plain go test
	stackClients  = 4
	majorityLimit = 30 * time.Second // I22
)

// TestStackMembers is tier B for members: three of them, real raft over real
// QUIC and our stores, in time of their own, while clients write and read and
// the network between members fails. Every history must be linearizable (I16),
// no member goes back (I14), equal members are equal (I13), and a majority that
// is connected for 30 s has a leader that commits (I22).
func TestStackMembers(t *testing.T) {
	episodes, first, end := stackFew, uint64(1), time.Now()
	if text := os.Getenv(envStackTime); text != "" {
		d, err := time.ParseDuration(text)
		require.NoError(t, err, envStackTime)
		episodes, first, end = stackEpisodes, uint64(os.Getpid())<<16, time.Now().Add(d)
	}
	if text := os.Getenv(envStackSeed); text != "" {
		var err error
		first, err = strconv.ParseUint(text, 10, 64)
		require.NoError(t, err, envStackSeed)
		episodes, end = stackEpisodes, time.Now()
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
			synctest.Test(t, func(t *testing.T) { newTrio(t, seed).run(t, episodes, &sum) })
		})
		if !held {
			sum.violations++
			t.Errorf("repeat: %s=%d go test ./hub/cluster -run TestStackMembers", envStackSeed, seed)
			break
		}
	}
	fmt.Printf("members: %d rounds, %.1f virtual hours, %d cuts, %d operations in %d histories, %d outcomes unknown, %d violations\n",
		sum.rounds, sum.hours, sum.cuts, sum.operations, sum.histories, sum.unknown, sum.violations)
}

type stackFigures struct {
	rounds, cuts, operations, histories, unknown, violations int
	hours                                                    float64
}

// trio is a cluster of three in a storm.
type trio struct {
	r       *rand.Rand
	storm   *storm
	network *simnet.Simnet
	members []*member
	applied []uint64 // highest seen of each
}

func newTrio(t *testing.T, seed uint64) *trio {
	t.Helper()
	s := newStorm(seed)
	h := &trio{r: rand.New(rand.NewPCG(seed, 9)), storm: s, network: &simnet.Simnet{Router: s}, applied: make([]uint64, 3)}
	ca := newAuthority(t)
	for i := range 3 {
		socket := s.socket(h.network, i)
		h.members = append(h.members, newMember(t, ca, func(c *cluster.Config) {
			c.PacketConn, c.Bind = socket, ""
			c.Settings.SnapshotThreshold, c.Settings.TrailingLogs = 100, 20
			c.Settings.SnapshotInterval = 5 * time.Second
		}))
	}
	require.NoError(t, h.network.Start())
	h.members[0].start(t)
	require.NoError(t, h.members[0].Bootstrap())
	h.members[0].leads(t)
	h.members[0].join(t, h.members[1:]...)
	return h
}

func (h *trio) run(t *testing.T, episodes int, sum *stackFigures) {
	t.Helper()
	begun := time.Now()
	for range episodes {
		h.episode(t, sum)
	}
	for _, m := range h.members {
		require.Empty(t, m.exits)
		require.NoError(t, m.Shutdown())
	}
	require.NoError(t, h.network.Close())
	sum.rounds++
	sum.hours += time.Since(begun).Hours()
}

// episode is one storm with clients at work, from one quiet moment to the next.
func (h *trio) episode(t *testing.T, sum *stackFigures) {
	t.Helper()
	before, _ := h.members[0].state.sum(t)
	ctx, stop := context.WithCancel(t.Context())
	b := &history{}
	var clients sync.WaitGroup
	for id := range stackClients {
		c := client{history: b, id: id, r: rand.New(rand.NewPCG(h.r.Uint64(), 2))}
		clients.Go(func() { c.work(ctx, t, h.members) })
	}
	<-time.After(time.Duration(h.r.IntN(5000)) * time.Millisecond)
	h.harm(t, sum)
	h.storm.calm()
	h.commits(t, h.members)
	<-time.After(5 * time.Second)
	stop()
	clients.Wait()
	settle(t, h.members)
	requireSame(t, h.members...)
	b.check(t, before, sum)
}

// harm is one thing that the network does, and how long.
func (h *trio) harm(t *testing.T, sum *stackFigures) {
	t.Helper()
	long := time.Duration(1+h.r.IntN(60)) * time.Second
	victim := h.r.IntN(3)
	if h.r.IntN(4) == 0 {
		h.storm.rough(0.25*h.r.Float64(), time.Duration(1+h.r.IntN(40))*time.Millisecond)
		h.watch(t, long)
		return
	}
	var others []string
	var rest []*member
	for i, m := range h.members {
		if i != victim {
			others, rest = append(others, m.Address()), append(rest, m)
		}
	}
	kind := h.r.IntN(4)
	h.storm.cut(h.members[victim].Address(), others, kind)
	sum.cuts++
	if kind == 2 { // the other two are a majority that is connected
		h.commits(t, rest)
	}
	h.watch(t, long)
}

// commits wants a leader among members that commits, in time (I22).
func (h *trio) commits(t *testing.T, members []*member) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), majorityLimit)
	defer cancel()
	for {
		for _, m := range members {
			if ctx.Err() == nil && m.ReadBarrier(ctx) == nil {
				return
			}
		}
		select {
		case <-ctx.Done():
			require.FailNow(t, "I22: a majority is connected and nobody leads")
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// watch lets time pass, in which nobody goes back (I14).
func (h *trio) watch(t *testing.T, long time.Duration) {
	t.Helper()
	for end := time.Now().Add(long); time.Now().Before(end); {
		<-time.After(time.Second)
		for i, m := range h.members {
			now := m.AppliedIndex()
			require.GreaterOrEqual(t, now, h.applied[i], "I14")
			h.applied[i] = now
		}
	}
}

// client writes and reads at whichever member says that it leads.
type client struct {
	*history

	id int
	r  *rand.Rand
}

func (c client) work(ctx context.Context, t *testing.T, members []*member) {
	t.Helper()
	for ctx.Err() == nil {
		m := members[c.r.IntN(len(members))]
		limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		if c.r.IntN(2) == 0 {
			c.write(limit, m)
		} else {
			c.read(limit, t, m)
		}
		cancel()
		<-time.After(time.Duration(20+c.r.IntN(400)) * time.Millisecond)
	}
}

// history is what clients saw of the number of commands that were applied.
type history struct {
	mu      sync.Mutex // guards what follows
	seen    []porcupine.Operation
	unknown int
}

// outcome of a write is the number that it became, of a read the number there
// was; ok is false for a write that may have happened or not.
type outcome struct {
	n  uint64
	ok bool
}

type isWrite bool

func (b *history) add(id int, call time.Time, write bool, out outcome) {
	b.mu.Lock()
	defer b.mu.Unlock()
	o := porcupine.Operation{
		ClientId: id, Input: isWrite(write), Call: call.UnixNano(), Output: out, Return: time.Now().UnixNano(),
	}
	if !out.ok {
		o.Return = math.MaxInt64 // whenever, and perhaps never
		b.unknown++
	}
	b.seen = append(b.seen, o)
}

func (c client) write(ctx context.Context, m *member) {
	call := time.Now()
	answer, _, err := m.Propose(ctx, fmt.Appendf(nil, "client %d", c.id))
	switch n, taken := answer.(uint64); {
	case err == nil && taken:
		c.add(c.id, call, true, outcome{n, true})
	case errors.Is(err, cluster.ErrOutcomeUnknown):
		c.add(c.id, call, true, outcome{})
	}
}

func (c client) read(ctx context.Context, t *testing.T, m *member) {
	t.Helper()
	call := time.Now()
	if m.ReadBarrier(ctx) != nil {
		return
	}
	n, _ := m.state.sum(t)
	c.add(c.id, call, false, outcome{n, true})
}

// check proves that there is one order of all that was answered (I16).
func (b *history) check(t *testing.T, before uint64, sum *stackFigures) {
	t.Helper()
	require.True(t, b.linear(before), "I16: %d operations after %d", len(b.seen), before)
	sum.histories++
	sum.operations += len(b.seen)
	sum.unknown += b.unknown
}

// counted is the state of the model: the number, and how many of the writes
// whose outcome is unknown have become one.
type counted struct {
	n    uint64
	used int
}

// lost is a write whose outcome is unknown, by its place among them.
type lost int

// linear looks for one order. Unknown writes are alike, so that whatever they
// explain they also explain in the order of their calls; without that, each more
// of them would double the work.
func (b *history) linear(before uint64) bool {
	seen := slices.Clone(b.seen)
	slices.SortStableFunc(seen, func(x, y porcupine.Operation) int { return cmp.Compare(x.Call, y.Call) })
	unknown := lost(0)
	for i, o := range seen {
		if o.Input == isWrite(true) && !o.Output.(outcome).ok { //nolint:forcetypeassert // made here
			seen[i].Input = unknown
			unknown++
		}
	}
	return porcupine.CheckOperations(porcupine.Model{Init: func() any { return counted{n: before} }, Step: step}, seen)
}

func step(state, input, output any) (bool, any) {
	at, known := state.(counted)
	out, answered := output.(outcome)
	if !known || !answered {
		return false, state
	}
	switch in := input.(type) {
	case lost:
		return int(in) == at.used, counted{at.n + 1, at.used + 1}
	case isWrite:
		if in {
			return out.n == at.n+1, counted{at.n + 1, at.used}
		}
		return out.n == at.n, at
	}
	return false, state
}

// TestHistoryCheckSees is the control: a read that is too old, and one that
// comes from nowhere.
func TestHistoryCheckSees(t *testing.T) {
	model := func(ops ...porcupine.Operation) bool {
		b := &history{seen: ops}
		return b.linear(4)
	}
	write := porcupine.Operation{Input: isWrite(true), Call: 1, Output: outcome{5, true}, Return: 2}
	unknown := porcupine.Operation{Input: isWrite(true), Call: 3, Output: outcome{}, Return: math.MaxInt64}
	read := func(n uint64, call int64) porcupine.Operation {
		return porcupine.Operation{Input: isWrite(false), Call: call, Output: outcome{n, true}, Return: call + 1}
	}
	require.True(t, model(write, read(5, 3)))
	require.False(t, model(write, read(4, 3)), "stale")
	require.False(t, model(write, read(6, 3)), "from nowhere")
	require.True(t, model(write, unknown, read(5, 4), read(6, 6)))
	require.False(t, model(write, unknown, read(6, 4), read(5, 6)), "back again")
}
