package desk

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Limits of failed attempts: a person mistypes a few times; who tries all
// codes of a reference would need years.
const (
	guardBurst = 8
	guardEvery = 30 * time.Second // one more attempt
	guardIdle  = guardBurst * guardEvery
	guardMax   = 10_000 // keys held; a full table forgets those that are whole again first
)

// guard counts failures by key, in memory.
type guard struct {
	clock func() time.Time

	mu   sync.Mutex // guards keys
	keys map[string]*guarded
}

type guarded struct {
	limiter *rate.Limiter
	last    time.Time
}

func newGuard(clock func() time.Time) *guard {
	return &guard{clock: clock, keys: map[string]*guarded{}}
}

// wait gives how long until all keys may be tried again, 0 for now.
func (g *guard) wait(keys ...string) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.clock()
	var longest time.Duration
	for _, key := range keys {
		if k, ok := g.keys[key]; ok {
			missing := 1 - k.limiter.TokensAt(now)
			longest = max(longest, time.Duration(missing*float64(guardEvery)))
		}
	}
	return longest
}

// failed counts one failure at each key.
func (g *guard) failed(keys ...string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.clock()
	for _, key := range keys {
		k, ok := g.keys[key]
		if !ok {
			g.evict(now)
			k = &guarded{limiter: rate.NewLimiter(rate.Every(guardEvery), guardBurst)}
			g.keys[key] = k
		}
		k.limiter.AllowN(now, 1)
		k.last = now
	}
}

// evict makes room for one key: those idle so long that they count nothing any
// more, and if that is not enough, any one.
func (g *guard) evict(now time.Time) {
	if len(g.keys) < guardMax {
		return
	}
	for key, k := range g.keys {
		if now.Sub(k.last) > guardIdle {
			delete(g.keys, key)
		}
	}
	for key := range g.keys {
		if len(g.keys) < guardMax {
			return
		}
		delete(g.keys, key)
	}
}
