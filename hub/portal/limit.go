package portal

import (
	"hash/maphash"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// limitMax bounds how many clients or references one limiter remembers.
const limitMax = 100_000

// pace is how often something may be done: so many at once, then one in every.
type pace struct {
	every time.Duration
	burst int
}

// The paces. Eight digits at nine guesses and six an hour per reference take
// longer than the life of any request; a waiting room shares one address.
var (
	paceReference = pace{every: 10 * time.Minute, burst: 10}       // typed at one reference
	paceClient    = pace{every: 10 * time.Second, burst: 30}       // typed by one client
	paceView      = pace{every: 50 * time.Millisecond, burst: 200} // pages of one client that ask a member
	paceProof     = pace{every: 6 * time.Second, burst: 20}        // documents proved for one client
)

// limiter paces many keys. It keeps no key, only a number made of it under a
// secret of this process: who asked for what is nowhere.
type limiter struct {
	pace pace
	now  func() time.Time
	seed maphash.Seed

	mu   sync.Mutex // guards held
	held map[uint64]*paced
}

type paced struct {
	limiter *rate.Limiter
	last    time.Time
}

func newLimiter(p pace, now func() time.Time) *limiter {
	return &limiter{pace: p, now: now, seed: maphash.MakeSeed(), held: map[uint64]*paced{}}
}

// take counts one attempt of a key, and gives how long to wait when there have
// been too many; then it counts nothing.
func (l *limiter) take(key string) time.Duration {
	now, at := l.now(), maphash.String(l.seed, key)
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.held[at]
	if p == nil {
		l.evict(now)
		p = &paced{limiter: rate.NewLimiter(rate.Every(l.pace.every), l.pace.burst)}
		l.held[at] = p
	}
	p.last = now
	if p.limiter.AllowN(now, 1) {
		return 0
	}
	missing := 1 - p.limiter.TokensAt(now)
	return time.Duration(missing * float64(l.pace.every))
}

// evict makes room: for those idle so long that they count nothing any more, and
// if that is not enough, for a tenth of any, so that it is seldom done.
func (l *limiter) evict(now time.Time) {
	if len(l.held) < limitMax {
		return
	}
	idle := l.pace.every * time.Duration(l.pace.burst)
	for key, p := range l.held {
		if now.Sub(p.last) > idle {
			delete(l.held, key)
		}
	}
	for key := range l.held {
		if len(l.held) <= limitMax*9/10 {
			return
		}
		delete(l.held, key)
	}
}
