package staff

import (
	"time"

	"jaliya/internal/fault"
	"jaliya/internal/web"
)

// MostAlone is how long a post works without a word of the hub.
const MostAlone = 45 * 24 * time.Hour

// Ages of what the post knows of its staff (design.md section 7).
const (
	amberAfter = 15 * 24 * time.Hour
	redAfter   = MostAlone
)

// Trust says how old the post's knowledge of its staff is.
type Trust struct {
	Heard  time.Time `json:"heard"` // last word of the hub
	Days   int       `json:"days"`
	Level  string    `json:"level"` // green, amber; red: nobody new is let in
	Staff  int       `json:"staff"` // who may sign in
	Unread int       `json:"unread_notices,omitempty"`
}

// trustHeld is Trust with mu held.
func (s *SignIn) trustHeld() Trust {
	heard := s.o.Heard()
	age := s.now().Sub(heard)
	t := Trust{Heard: heard.UTC(), Days: int(age / (24 * time.Hour)), Level: "green", Unread: s.unread}
	switch {
	case age > redAfter:
		t.Level = "red"
	case age > amberAfter:
		t.Level = "amber"
	}
	for _, m := range s.members {
		if !m.Disabled && m.enrolled() {
			t.Staff++
		}
	}
	return t
}

// Trust tells how old the post's knowledge of its staff is.
func (s *SignIn) Trust() Trust {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.trustHeld()
}

// fresh refuses everybody once the post has been alone for too long.
func (s *SignIn) fresh() error {
	if s.now().Sub(s.o.Heard()) > redAfter {
		return fault.New(fault.Denied, "staff: check age", "", web.CodeStaffOld.Cause())
	}
	return nil
}
