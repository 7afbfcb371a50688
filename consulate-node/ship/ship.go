package ship

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"jaliya/consulate-node/journal"
	"jaliya/internal/fault"
	"jaliya/internal/link"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

// Config is what Ship needs. All fields but Proved, Starved, Report, Anchor and
// Metrics are required.
type Config struct {
	Journal  *journal.Journal
	Signer   *seal.SigningKey                                              // journal key
	Dial     func(ctx context.Context, alpn string) (*link.Session, error) // to a hub member
	Keys     func() wire.KeySet                                            // receipt keys that this node trusts
	Welcomed func(wire.Welcome) error                                      // keeps what a welcome brings, durably
	Brought  func(wire.Welcome) error                                      // the same of a file by hand, which may be old
	Report   func() (wire.Report, error)                                   // how the node stands; nil: nothing is said
	Anchor   func(wire.Position) error                                     // told before entries up to there leave; nil: nobody
	Restored func([]wire.RecordID) error                                   // told what came back from the hub; nil: nobody
	Proved   func(*link.Session)                                           // a control session has done work
	Starved  func(*link.Session)                                           // one was silent before it had
	Software string
	// Connections is how many bulk connections there may be at most; 0: MostLanes.
	Connections int
	Budget      Budget // of images
	Now         func() time.Time
	Logger      *slog.Logger
	Metrics     *Metrics
}

// Ship runs control and bulk sessions until its context ends.
type Ship struct {
	cfg  Config
	core *Core

	mu     sync.Mutex // guards status
	status Status

	uploading atomic.Int32 // rounds of bundles on their way
	lastDial  atomic.Int64 // how long the last good dial took, in ns

	session atomic.Uint64    // of the newest welcome
	figures chan wire.Report // to the control loop; holds the newest one
	lanes   *lanes           // the bulk connections
	pace    *pace            // holds images to the budget
	tried   *attempts        // what was sent without success
	sentTo  atomic.Uint64    // last sequence sent in the session that stands

	restore progress // of entries that come back; guarded by mu
	catchUp progress // of notices to a machine that has few; guarded by mu

	following chan struct{} // closed by the control loop while a session stands; guarded by mu
}

// Status is what the link bar and readyz show.
type Status struct {
	Phase     string    `json:"phase"`
	Since     time.Time `json:"since"`
	Transport string    `json:"transport"`
	Reason    string    `json:"reason,omitempty"` // why the last session ended
	Attempts  uint64    `json:"attempts"`
	NextDial  time.Time `json:"next_dial,omitzero"`
	OffsetMS  int64     `json:"offset_ms"` // hub time minus this clock, best measured
	Measured  bool      `json:"offset_measured"`
	RTT       int64     `json:"rtt_ms"`
	Bulk      int       `json:"bulk_connections"` // that stand now
	// Budget is set while images are held to one.
	Budget  *BudgetStatus `json:"budget,omitempty"`
	Restore *Progress     `json:"restore,omitempty"` // own entries that come back; nil: none do
	Notices *Progress     `json:"notices,omitempty"` // what the post has open, on its way to a machine that has little of it
}

// New checks the configuration.
func New(cfg Config) (*Ship, error) {
	if cfg.Journal == nil || cfg.Signer == nil || cfg.Dial == nil || cfg.Keys == nil ||
		cfg.Welcomed == nil || cfg.Brought == nil || cfg.Now == nil || cfg.Logger == nil {
		return nil, fault.New(fault.Invalid, "ship: new", "a required field is missing", nil)
	}
	jitter := func(limit time.Duration) time.Duration { return rand.N(limit) } //nolint:gosec // spreads dials, guards nothing
	s := &Ship{tried: newAttempts(), cfg: cfg, core: NewCore(cfg.Now(), jitter), following: make(chan struct{}), figures: make(chan wire.Report, 1)}
	if err := cfg.Budget.Validate(); err != nil {
		return nil, err
	}
	s.pace = newPace(cfg.Budget, cfg.Now)
	most := cfg.Connections
	if most == 0 {
		most = MostLanes
	}
	s.lanes = newLanes(s, most)
	return s, nil
}

// Run sends and receives until ctx ends. It returns an error only when the
// journal failed: the process is to leave.
func (s *Ship) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.control(ctx) })
	g.Go(func() error { return s.bulk(ctx) })
	g.Go(func() error { return s.reports(ctx) })
	g.Go(func() error { return s.lanes.tend(ctx) })
	err := g.Wait()
	s.lanes.runners.Wait()
	return err
}

// Status gives the link's state now.
func (s *Ship) Status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	st, now := s.status, s.cfg.Now()
	st.Restore, st.Notices = s.restore.told(now), s.catchUp.told(now)
	if a := s.pace.allowed(); a.Held {
		st.Budget = &BudgetStatus{Rate: 8 * a.Rate, Until: a.Until}
	}
	return st
}

// BudgetStatus is the limit on images that holds now.
type BudgetStatus struct {
	Rate  int64     `json:"bits_per_second"` // 0: none go
	Until time.Time `json:"until,omitzero"`  // without: always
}

// Offset gives the best known hub time minus this node's clock; ok is false
// when it was never measured.
func (s *Ship) Offset() (offset time.Duration, ok bool) {
	st := s.Status()
	return time.Duration(st.OffsetMS) * time.Millisecond, st.Measured
}

func (s *Ship) publish() {
	s.mu.Lock()
	defer s.mu.Unlock()
	was := s.status.Phase
	s.status.Phase, s.status.Since = s.core.Phase.String(), s.core.Since
	s.status.Attempts, s.status.NextDial = s.core.Attempts, s.core.NextDial
	if s.core.Reason != nil {
		s.status.Reason = fault.KindOf(s.core.Reason).String()
	}
	if s.core.Phase == Following {
		s.status.Reason = ""
	}
	s.sentTo.Store(s.core.Sent.Seq)
	if was == s.status.Phase {
		return
	}
	s.cfg.Metrics.phase(s.core.Phase)
	s.cfg.Logger.Info("link changed", slog.String("from", was), slog.String("to", s.status.Phase), slog.String("reason", s.status.Reason))
	s.signalFollowing(s.core.Phase == Following)
}

func (s *Ship) showLanes(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status.Bulk = n
	s.cfg.Metrics.lanes(n)
}

// signalFollowing opens or shuts the gate for bulk work; mu is held.
func (s *Ship) signalFollowing(open bool) {
	select {
	case <-s.following:
		if !open {
			s.following = make(chan struct{})
		}
	default:
		if open {
			close(s.following)
		}
	}
}

// awaitFollowing waits until a control session stands.
func (s *Ship) awaitFollowing(ctx context.Context) error {
	s.mu.Lock()
	gate := s.following
	s.mu.Unlock()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-gate:
		return nil
	}
}

// measure keeps the clock offset of the fastest exchange of the last ones: the
// shorter the round trip, the smaller the error. Two measurements that cannot
// both be right mean that a clock was set, and the newer one counts.
func (s *Ship) measure(p wire.Pong, now time.Time) {
	rtt := now.UnixMilli() - p.Asked
	if rtt < 0 {
		return
	}
	offset := p.Time + rtt/2 - now.UnixMilli()
	s.mu.Lock()
	defer s.mu.Unlock()
	apart := offset - s.status.OffsetMS
	stepped := max(apart, -apart) > (rtt+s.status.RTT)/2+clockError
	if s.status.Measured && !stepped && rtt > s.status.RTT+s.status.RTT/4+1 {
		s.status.RTT++ // ages, so that a lasting change of the path is taken over
		return
	}
	s.status.RTT, s.status.Measured, s.status.OffsetMS = rtt, true, offset
}

// clockError is what rounding and drift between two measurements explain, in ms.
const clockError = 50
