package account

import (
	"time"

	"jaliya/hub/portal/signin"
)

// What tests of the sessions call.
const (
	MaxSessions = maxSessions
	SessionIdle = sessionIdle
	SessionMost = sessionMost
	SessionKept = sessionKept
)

// CheckText is what a free text is refused for.
var CheckText = checkText

// Sessions are those of an account.
type Sessions struct{ inner *sessions }

// NewSessions gives none.
func NewSessions() Sessions { return Sessions{newSessions()} }

// Begin begins one for a subject.
func (s Sessions) Begin(before string, subject signin.Subject, now time.Time) (string, error) {
	return s.inner.begin(before, signin.Signed{Subject: subject}, now)
}

// Find tells whether there is one, and whether it is awake.
func (s Sessions) Find(token string, now time.Time) (there, awake bool) {
	held, awake := s.inner.find(token, now)
	return held != nil, awake
}

// Len gives how many there are.
func (s Sessions) Len() int { return len(s.inner.held) }
