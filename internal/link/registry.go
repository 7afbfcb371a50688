package link

import (
	"slices"
	"sync"
	"time"

	"jaliya/internal/link/pki"
)

// Registry knows the live sessions of one or several listeners, so that a
// revocation ends them at once (I20) and no peer holds more than its share.
type Registry struct {
	denied func(id pki.Identity, serial string) bool

	mu       sync.Mutex
	sessions map[*Session]struct{}       // guarded by mu
	byPeer   map[pki.Identity][]*Session // guarded by mu; oldest first
	byALPN   map[string]int              // guarded by mu
}

// NewRegistry makes an empty registry. denied is the same denylist as the
// verifier's; nil means none.
func NewRegistry(denied func(id pki.Identity, serial string) bool) *Registry {
	if denied == nil {
		denied = func(pki.Identity, string) bool { return false }
	}
	return &Registry{
		denied:   denied,
		sessions: map[*Session]struct{}{},
		byPeer:   map[pki.Identity][]*Session{},
		byALPN:   map[string]int{},
	}
}

// limits are the caps a session is admitted under.
type limits struct{ total, endpoint, peer int }

// admit takes a session in, or says with which code to refuse it. It may give
// an older session of the same identity that has to make way: a node that
// reconnects must not wait until its dead sessions time out.
func (r *Registry) admit(s *Session, l limits) (oldest *Session, code Code) {
	r.mu.Lock()
	defer r.mu.Unlock()
	id := s.peer.Identity
	if held := r.byPeer[id]; !id.IsZero() && len(held) >= l.peer {
		oldest = held[0]
		r.remove(oldest)
	}
	if len(r.sessions) >= l.total || r.byALPN[s.alpn] >= l.endpoint {
		return oldest, CodeBusy
	}
	r.sessions[s] = struct{}{}
	r.byALPN[s.alpn]++
	if !id.IsZero() {
		r.byPeer[id] = append(r.byPeer[id], s)
		// The handshake may have asked the denylist just before an entry
		// came, and Revoke may have looked just before this session was in.
		if s.peer.Matches(r.denied) {
			r.remove(s)
			return oldest, CodeRevoked
		}
	}
	return oldest, CodeDone
}

func (r *Registry) release(s *Session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.remove(s)
}

// remove forgets a session; mu is held. Forgetting twice does nothing.
func (r *Registry) remove(s *Session) {
	if _, ok := r.sessions[s]; !ok {
		return
	}
	delete(r.sessions, s)
	if r.byALPN[s.alpn]--; r.byALPN[s.alpn] == 0 {
		delete(r.byALPN, s.alpn)
	}
	id := s.peer.Identity
	rest := slices.DeleteFunc(r.byPeer[id], func(other *Session) bool { return other == s })
	if len(rest) == 0 {
		delete(r.byPeer, id)
		return
	}
	r.byPeer[id] = rest
}

// Revoke ends the sessions whose peer, or whose intermediate, match names, and
// gives their number. Call it after each change of the denylist, which the
// verifier reads; it returns when they are ended.
func (r *Registry) Revoke(match func(id pki.Identity, serial string) bool) int {
	return r.end(CodeRevoked, func(s *Session) bool {
		return !s.peer.Identity.IsZero() && s.peer.Matches(match)
	})
}

// Expire ends the sessions whose peer's certificate is out of its time by now,
// and gives their number. The owner calls it from time to time.
func (r *Registry) Expire(now time.Time) int {
	return r.end(CodeExpired, func(s *Session) bool {
		return !s.peer.Identity.IsZero() && now.After(s.peer.NotAfter)
	})
}

// Reconnect ends the sessions of one protocol, so that their peers come again
// and are told what is new, and gives their number.
func (r *Registry) Reconnect(alpn string) int {
	return r.end(CodeStopping, func(s *Session) bool { return s.alpn == alpn })
}

func (r *Registry) end(code Code, match func(*Session) bool) int {
	var hit []*Session
	r.mu.Lock()
	for s := range r.sessions {
		if match(s) {
			hit = append(hit, s)
		}
	}
	r.mu.Unlock()
	closeAll(hit, code)
	return len(hit)
}

// Sessions gives the live sessions, for status pages.
func (r *Registry) Sessions() []SessionInfo {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]SessionInfo, 0, len(r.sessions))
	for s := range r.sessions {
		out = append(out, SessionInfo{Peer: s.peer, ALPN: s.alpn, Opened: s.opened})
	}
	slices.SortFunc(out, func(a, b SessionInfo) int { return a.Opened.Compare(b.Opened) })
	return out
}

// SessionInfo is what a status page shows of a session.
type SessionInfo struct {
	Peer   pki.Peer
	ALPN   string
	Opened time.Time
}

func closeAll(sessions []*Session, code Code) {
	var wg sync.WaitGroup
	for _, s := range sessions {
		wg.Go(func() { s.CloseWithReason(code, code.String()) })
	}
	wg.Wait()
}
