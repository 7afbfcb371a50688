package access

import (
	"sync"
	"time"
)

// Limits of failed attempts. A person mistypes a few times; then each attempt
// costs twice the wait of the one before.
const (
	throttleFree    = 3               // failures without a wait
	throttleFirst   = 2 * time.Second // after the next one
	throttleLongest = 5 * time.Minute // no colleague is shut out for longer by somebody's prank
	throttleForget  = 5 * time.Minute // one failure is forgotten
	throttleKeys    = 10_000
)

// Throttle counts attempts by key (an account, a workstation), in memory. Safe
// for concurrent use.
type Throttle struct {
	now func() time.Time

	mu   sync.Mutex // guards keys
	keys map[string]attempts
}

type attempts struct {
	failed int
	until  time.Time // when the next one may be made
	last   time.Time
}

// NewThrottle counts by a clock.
func NewThrottle(now func() time.Time) *Throttle {
	return &Throttle{now: now, keys: map[string]attempts{}}
}

// Begin counts an attempt at each key as failed until Succeeded says otherwise,
// so that many at once gain nothing. It gives how long to wait, and counts
// nothing, when one of the keys may not be tried yet; 0 lets the attempt pass.
func (t *Throttle) Begin(keys ...string) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	var wait time.Duration
	for _, key := range keys {
		wait = max(wait, t.of(key, now).until.Sub(now))
	}
	if wait > 0 {
		return wait
	}
	for _, key := range keys {
		a := t.of(key, now)
		a.failed++
		a.last = now
		if over := a.failed - throttleFree; over > 0 {
			a.until = now.Add(min(throttleLongest, throttleFirst<<min(over-1, 16)))
		}
		t.room(now)
		t.keys[key] = a
	}
	return 0
}

// Succeeded forgets what was counted at the account's key, and takes back the
// one attempt at the others: one good account does not make a workstation free
// to try the next.
func (t *Throttle) Succeeded(account string, others ...string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.keys, account)
	for _, key := range others {
		a, held := t.keys[key]
		if !held {
			continue
		}
		a.failed, a.until = max(0, a.failed-1), time.Time{}
		t.keys[key] = a
	}
}

func (t *Throttle) of(key string, now time.Time) attempts {
	a := t.keys[key]
	a.failed = max(0, a.failed-int(min(now.Sub(a.last)/throttleForget, 1<<16)))
	return a
}

// room makes place for one key: those that count nothing any more go first, then
// the one that has been quiet longest.
func (t *Throttle) room(now time.Time) {
	if len(t.keys) < throttleKeys {
		return
	}
	oldest, at := "", now
	for key, a := range t.keys {
		if t.of(key, now).failed == 0 {
			delete(t.keys, key)
			continue
		}
		if !a.last.After(at) {
			oldest, at = key, a.last
		}
	}
	if len(t.keys) >= throttleKeys {
		delete(t.keys, oldest)
	}
}
