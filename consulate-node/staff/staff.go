package staff

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"jaliya/consulate-node/journal"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

// Options says what signing in works with. All are needed.
type Options struct {
	Journal      *journal.Journal
	DataKey      *seal.DataKey
	PostKey      *seal.PostKey                     // opens staff notices
	Intake       func() (seal.IntakePublic, error) // entries are sealed to it
	Dictionaries *seal.Dictionaries
	Post         consular.PostID
	Clock        func() time.Time
	Offset       func() (time.Duration, bool) // best known hub time minus Clock; false when never measured
	Heard        func() time.Time             // hub time of the last word of the hub
	Hasher       *access.Hasher
	Logger       *slog.Logger
}

func (o Options) missing() string {
	switch {
	case o.Journal == nil:
		return "journal"
	case o.DataKey == nil || o.PostKey == nil || o.Intake == nil || o.Dictionaries == nil:
		return "keys"
	case o.Post.Validate() != nil:
		return "post"
	case o.Clock == nil || o.Offset == nil || o.Heard == nil:
		return "clock"
	case o.Hasher == nil:
		return "hasher"
	case o.Logger == nil:
		return "logger"
	}
	return ""
}

// SignIn holds the actions by which people come to a desk and leave it, and the
// table of staff behind them. Its methods may be called from many goroutines;
// each is one action, in a file of its own.
type SignIn struct {
	o        Options
	cells    cells
	throttle *access.Throttle
	nobody   access.TOTP // stands for the authenticator of who has none

	mu       sync.Mutex // guards all below, and orders what they write
	members  map[wire.StaffID]member
	cursor   uint64 // last notice looked at
	written  uint64 // cursor on disk
	sessions map[sessionKey]*session
	unread   int // notices whose body could not be used since the start
}

// Open reads the table and the sessions, and takes in the notices that came
// while the process was down. It keeps no goroutine; Run follows the journal.
func Open(o Options) (*SignIn, error) {
	const op = "staff: open"
	if missing := o.missing(); missing != "" {
		return nil, fault.New(fault.Invalid, op, missing+" is not given", nil)
	}
	s := &SignIn{
		o: o, throttle: access.NewThrottle(o.Clock), nobody: access.NewTOTP(),
		members: map[wire.StaffID]member{}, sessions: map[sessionKey]*session{},
	}
	var err error
	if s.cells, err = openCells(o.DataKey); err != nil {
		return nil, err
	}
	if err := o.Journal.View(s.load); err != nil {
		return nil, err
	}
	return s, s.catchUp(context.Background())
}

// load reads what is on disk. A cell that does not open is left out: one damaged
// member must not keep the others from their work.
func (s *SignIn) load(r kv.Reader) error {
	r.Ascend(bucketStaff, nil, func(key, sealed []byte) bool {
		if string(key) == string(keyCursor) {
			var err error
			if s.cursor, err = openCell[uint64](s.cells, bucketStaff, key, sealed); err != nil {
				s.o.Logger.Error("staff cursor damaged, reading all notices again")
			}
			s.written = s.cursor
			return true
		}
		m, err := openCell[member](s.cells, bucketStaff, key, sealed)
		if err != nil {
			s.o.Logger.Error("staff record damaged", slog.String("kind", fault.KindOf(err).String()))
			return true
		}
		s.members[m.ID] = m
		return true
	})
	r.Ascend(bucketSessions, nil, func(key, sealed []byte) bool {
		held, err := openCell[session](s.cells, bucketSessions, key, sealed)
		if err != nil || len(key) != len(sessionKey{}) {
			s.o.Logger.Error("session record damaged", slog.String("kind", fault.KindOf(err).String()))
			return true
		}
		held.wake(s.o.Clock())
		s.sessions[sessionKey(key)] = &held
		return true
	})
	return nil
}

// sweepEvery is how often idle sessions are looked for and where sessions were
// last seen is written.
const sweepEvery = 30 * time.Second

// Run takes in notices as they are stored, and ends what is over, until ctx ends.
// It returns an error only when the journal failed: the process is to leave.
func (s *SignIn) Run(ctx context.Context) error {
	t := time.NewTicker(sweepEvery)
	defer t.Stop()
	for {
		changed := s.o.Journal.Changed()
		if err := s.catchUp(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		case <-t.C:
			if err := s.sweep(ctx); err != nil {
				return err
			}
		}
	}
}

// now gives the best known hub time. It is not before the last word of the hub,
// wherever the clock has fallen back to.
func (s *SignIn) now() time.Time {
	offset, _ := s.o.Offset()
	now := s.o.Clock().Add(offset)
	if heard := s.o.Heard(); now.Before(heard) {
		return heard
	}
	return now
}

// window gives how far a person's authenticator may be from now.
func (s *SignIn) window() uint64 {
	if _, measured := s.o.Offset(); measured {
		return access.NarrowWindow
	}
	return access.WideWindow
}

// member gives one as they are now, nobody for an unknown id.
func (s *SignIn) member(id wire.StaffID) member {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.members[id]
}
