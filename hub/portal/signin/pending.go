package signin

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"sync"
	"time"

	"jaliya/internal/fault"
)

// pendingLife is how long a sign-in may take.
const pendingLife = 10 * time.Minute

// maxPending caps what is remembered: about 20 MB. The oldest give way.
const maxPending = 50_000

// attempt is a sign-in that has begun.
type attempt struct {
	browser  [sha256.Size]byte // digest of the browser's cookie
	nonce    string
	verifier string
	want     Options
	begun    time.Time
	used     bool
}

// pending are the sign-ins that have begun, by the digest of their state, so
// that finding one tells nothing by its time. Safe for concurrent use.
type pending struct {
	mu    sync.Mutex // guards all below
	held  map[[sha256.Size]byte]*attempt
	order [][sha256.Size]byte // oldest first
}

func newPending() *pending { return &pending{held: map[[sha256.Size]byte]*attempt{}} }

// put remembers an attempt.
func (p *pending) put(state string, a *attempt) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.order) > 0 && (len(p.order) >= maxPending || a.begun.Sub(p.held[p.order[0]].begun) > 2*pendingLife) {
		delete(p.held, p.order[0])
		p.order = p.order[1:]
	}
	key := sha256.Sum256([]byte(state))
	p.held[key] = a
	p.order = append(p.order, key)
}

// take gives an attempt once, to the browser in which it began. To another
// browser it is unknown, and stays as it is.
func (p *pending) take(state, browser string, now time.Time) (attempt, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	a, found := p.held[sha256.Sum256([]byte(state))]
	shown := sha256.Sum256([]byte(browser))
	if !found || browser == "" || subtle.ConstantTimeCompare(shown[:], a.browser[:]) != 1 {
		return attempt{}, refuse(fault.Denied, opFinish, CodeState, "state")
	}
	switch {
	case a.used:
		return attempt{}, refuse(fault.Used, opFinish, CodeUsed, "state")
	case now.Sub(a.begun) > pendingLife:
		return attempt{}, refuse(fault.Expired, opFinish, CodeExpired, "state")
	}
	given := *a
	*a = attempt{browser: a.browser, begun: a.begun, used: true} // its secrets go with it
	return given, nil
}

// secret draws 256 bits.
func secret() string {
	raw := make([]byte, sha256.Size)
	_, _ = rand.Read(raw) // crypto/rand ends the process instead of failing
	return base64.RawURLEncoding.EncodeToString(raw)
}
