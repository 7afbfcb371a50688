package people

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"jaliya/internal/access"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

// Needs is what signing in works with. All are needed.
type Needs struct {
	Store  kv.Store
	Key    *seal.DataKey
	Hasher *access.Hasher
	Now    func() time.Time
	Logger *slog.Logger
}

// SignIn holds the actions by which officers come to the desk and leave it.
// Safe for concurrent use.
type SignIn struct {
	Needs

	box      box
	throttle *access.Throttle
	nobody   access.TOTP // stands for the authenticator of who has none
	refused  chan visit

	mu   sync.Mutex // guards seen
	seen map[[32]byte]time.Time
}

// refusedHeld is how many refusals wait to be written; more are counted in the
// log only, so that nobody fills the store by typing.
const refusedHeld = 64

// New checks what it is given.
func New(n Needs) (*SignIn, error) {
	if n.Store == nil || n.Key == nil || n.Hasher == nil || n.Now == nil || n.Logger == nil {
		return nil, fault.New(fault.Invalid, "people: new", "a required field is missing", nil)
	}
	b, err := openBox(n.Key)
	if err != nil {
		return nil, err
	}
	return &SignIn{
		Needs: n, box: b, throttle: access.NewThrottle(n.Now), nobody: access.NewTOTP(),
		refused: make(chan visit, refusedHeld), seen: map[[32]byte]time.Time{},
	}, nil
}

// Run writes down refused attempts until ctx ends. They are written behind the
// answer: a commit takes time, and only known officers have a line.
func (s *SignIn) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case line := <-s.refused:
			if err := s.refusedLine(line); err != nil {
				s.Logger.Warn("refused sign-in not written", slog.String("kind", fault.KindOf(err).String()))
			}
		}
	}
}

// known gives an officer with what is sealed of them; nobody for an unknown id.
func (s *SignIn) known(id wire.StaffID) (account, credentials, error) {
	o, err := s.account(id)
	if err != nil {
		return o, credentials{}, err
	}
	c, err := s.box.open(o)
	return o, c, err
}

// Name gives the name of an officer for screens; an id that is none stands for
// itself, as an account's of the admin socket does.
func (s *SignIn) Name(id string) string {
	_, c, err := s.known(wire.StaffID(id))
	if err != nil || c.Name == "" {
		return id
	}
	return c.Name
}

func principal(o account, name string) access.Principal {
	return access.Principal{ID: string(o.ID), Name: name, Role: access.Role(o.Role), Surface: access.SurfaceConsole}
}
