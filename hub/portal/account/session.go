package account

import (
	"container/list"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"sync"
	"time"

	"jaliya/hub/portal/signin"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// How long sessions last, and how many there are at once.
const (
	sessionIdle = 30 * time.Minute // without anything done
	sessionMost = 2 * time.Hour    // then the person proves it again
	sessionKept = time.Hour        // how long one that sleeps keeps what was typed
	maxSessions = 20_000           // the one used longest ago gives way
	maxActs     = 16               // of one session, that may still be repeated
	maxKept     = 16 << 10         // bytes of one form
)

// session is one person at one browser.
type session struct {
	mu     sync.Mutex // guards all below; held while a request is answered
	ended  bool
	signed signin.Signed
	owner  wire.Digest
	work
}

// work is what a person is at. It goes on after another sign-in of the same
// person in the same browser.
type work struct {
	draft   draft
	filed   []filed
	paying  consular.Reference
	acts    map[string]*act
	intents map[string]intent // by the path to come back to
	proofs  map[string]*proof
	kept    *kept
}

// kept is a form that came when the session had ended.
type kept struct {
	path string
	form url.Values
}

// takeKept gives the form that was kept for a page, once.
func (s *session) takeKept(path string) url.Values {
	if s.kept == nil || s.kept.path != path {
		return nil
	}
	form := s.kept.form
	s.kept = nil
	return form
}

// sessions are held by the digest of their token, so that finding one tells
// nothing by its time.
type sessions struct {
	mu    sync.Mutex // guards both below and what the elements hold
	held  map[[sha256.Size]byte]*list.Element
	order *list.List // of *seat, used last in front
}

// seat is when a session was begun and used.
type seat struct {
	key         [sha256.Size]byte
	begun, used time.Time
	session     *session
}

func newSessions() *sessions {
	return &sessions{held: map[[sha256.Size]byte]*list.Element{}, order: list.New()}
}

func (t *seat) awake(now time.Time) bool {
	return now.Sub(t.used) < sessionIdle && now.Sub(t.begun) < sessionMost
}

// find gives the session of a token, and whether it is awake. One that is awake
// is used by that.
func (t *sessions) find(token string, now time.Time) (*session, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	at, found := t.held[sha256.Sum256([]byte(token))]
	if !found || token == "" {
		return nil, false
	}
	held := seatOf(at)
	if !held.awake(now) {
		if now.Sub(held.used) > sessionIdle+sessionKept {
			t.drop(at)
			return nil, false
		}
		return held.session, false
	}
	held.used = now
	t.order.MoveToFront(at)
	return held.session, true
}

// begin makes a session and gives its token. What the same person was at in the
// same browser goes on; what another person left there ends.
func (t *sessions) begin(before string, signed signin.Signed, now time.Time) (string, error) {
	owner, err := ownerOf(signed.Subject)
	if err != nil {
		return "", err
	}
	s := &session{signed: signed, owner: owner}
	if old := t.end(before); old != nil && old.owner == owner {
		s.work = old.work
	}
	token := rand.Text()
	key := sha256.Sum256([]byte(token))
	t.mu.Lock()
	defer t.mu.Unlock()
	for t.order.Len() > 0 && (t.order.Len() >= maxSessions || now.Sub(seatOf(t.order.Back()).used) > sessionIdle+sessionKept) {
		t.drop(t.order.Back())
	}
	t.held[key] = t.order.PushFront(&seat{key: key, begun: now, used: now, session: s})
	return token, nil
}

// end ends a session and gives what it was, nil for none.
func (t *sessions) end(token string) *session {
	t.mu.Lock()
	at, found := t.held[sha256.Sum256([]byte(token))]
	if found {
		t.drop(at)
	}
	t.mu.Unlock()
	if !found {
		return nil
	}
	s := seatOf(at).session
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	return &session{owner: s.owner, work: s.work}
}

func (t *sessions) drop(at *list.Element) {
	delete(t.held, seatOf(at).key)
	t.order.Remove(at)
}

func seatOf(at *list.Element) *seat {
	held, _ := at.Value.(*seat) // nothing else is put there
	return held
}

// ownerOf is who signed in, as entries name it.
func ownerOf(subject signin.Subject) (wire.Digest, error) {
	raw, err := hex.DecodeString(string(subject))
	if err != nil || len(raw) != len(wire.Digest{}) {
		return wire.Digest{}, fault.New(fault.Internal, "account: name owner", "", nil)
	}
	return wire.Digest(raw), nil
}
