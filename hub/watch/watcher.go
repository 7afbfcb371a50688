package watch

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"jaliya/hub/ledger"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// State is what the watch reads of the ledger. Every member has it.
type State interface {
	Observations() ([]ledger.Observation, error)
	Descriptions() ([]ledger.Described, error)
	Posts() ([]ledger.Post, error)
	Nodes() ([]ledger.Node, error)
	Needs() ([]ledger.Need, error)
	Observed() (int64, error)
	Hours(post consular.PostID, from, to uint64) ([]ledger.HourPoint, error)
	Figures(from, to uint64) (ledger.Figures, error)
	Standing(until int64) (ledger.Standing, error)
	LateCases(kind workflow.Kind, n int) ([]ledger.Case, error)
	Backlogs() ([]ledger.Backlog, error)
	FailedOrders(n int) ([]ledger.Order, error)
	Unsettled() (map[consular.PostID]ledger.Unsettled, error)
	RefusedNewest(n int) ([]ledger.RefusedFound, error)
	Watch() (applied uint64, changed <-chan struct{})
	Cluster() (ledger.Cluster, error)
}

// Config is what a Watcher needs. All fields but Name, Certificates and Metrics
// are required.
type Config struct {
	State        State
	Live         func() []ledger.Observation                 // of intake: who is connected to this member
	Members      func() (members []Member, leader string)    // of the cluster
	Leading      func() bool                                 // whether this member leads
	Commit       func(context.Context, ledger.Command) error // through the log
	Directory    *consular.Directory                         // the posts
	Limits       Limits                                      // when something becomes a need
	Version      string                                      // of the hub's program
	Now          func() time.Time
	Logger       *slog.Logger
	Name         func(wire.StaffID) string // of an officer
	Certificates func() []Expiry           // of the hub's own
	Metrics      *Metrics
}

// Watcher gathers how the network stands. It works on any member; what must be
// said once is said by the one that leads.
type Watcher struct {
	cfg   Config
	home  *time.Location // whose midnight ends today
	posts []consular.Post

	reported time.Time // by this member while it does not lead; Run's alone

	mu       sync.Mutex // guards what follows
	held     heavy
	rates    map[consular.PostID]int64 // by how much disks fill a day
	ratedAt  time.Time
	made     Picture // the newest picture
	marks    map[string]ledger.Need
	print    uint64        // what is worth a repaint of it
	changed  chan struct{} // closed when print is another
	schedule map[consular.PostID]scheduled
}

// scheduled is a schedule with the description that it was made of.
type scheduled struct {
	of int64
	Schedule
}

// homeZone is that of the hub: its midnight ends the day of requests.
const homeZone = "Africa/Casablanca"

// New checks the configuration.
func New(cfg Config) (*Watcher, error) {
	const op = "watch: new"
	if cfg.State == nil || cfg.Live == nil || cfg.Members == nil || cfg.Leading == nil || cfg.Commit == nil ||
		cfg.Directory == nil || cfg.Now == nil || cfg.Logger == nil {
		return nil, fault.New(fault.Invalid, op, "a required field is missing", nil)
	}
	if err := cfg.Limits.Validate(); err != nil {
		return nil, err
	}
	cfg.Limits = cfg.Limits.WithDefaults()
	cfg.Metrics.limits(cfg.Limits)
	w := &Watcher{
		cfg: cfg, posts: cfg.Directory.All(), changed: make(chan struct{}),
		rates: map[consular.PostID]int64{}, schedule: map[consular.PostID]scheduled{},
	}
	var err error
	if w.home, err = time.LoadLocation(homeZone); err != nil {
		return nil, fault.New(fault.Internal, op, homeZone, err)
	}
	for _, p := range w.posts {
		if _, err := NewSchedule(p, ledger.Described{}); err != nil {
			return nil, fault.New(fault.Internal, op, string(p.ID), err)
		}
	}
	return w, nil
}

const (
	// beat is how often the picture is looked at for a change, and so how often
	// screens are told of one at most.
	beat = time.Second
	// observeEvery is the rhythm of ledger.Observe.
	observeEvery = time.Minute
)

// Run keeps the picture fresh and, while this member leads, has the ledger note
// once a minute what was heard and which needs began and ended. A member that does
// not lead tells what it heard itself. A picture that
// cannot be made is logged and tried again: the hub works without being watched.
func (w *Watcher) Run(ctx context.Context) error {
	ticker := time.NewTicker(beat)
	defer ticker.Stop()
	failing := false
	for {
		err := w.look(ctx)
		if err != nil && !failing && ctx.Err() == nil {
			w.cfg.Logger.Warn("not watched", slog.String("kind", fault.KindOf(err).String()), slog.Any("error", err))
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// look is one beat.
func (w *Watcher) look(ctx context.Context) error {
	p, err := w.Picture(ctx)
	if err != nil {
		return err
	}
	w.cfg.Metrics.picture(p)
	if !w.cfg.Leading() {
		return w.report(ctx)
	}
	return w.observe(ctx, p)
}

// Changed gives a channel that closes at the next change that is worth a
// repaint, at most once a second.
func (w *Watcher) Changed() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.changed
}

// Picture gives how the network stands now, as far as this member knows: pages
// that are asked for within the same second share one, unless something was
// committed in between: who has just taken a need sees so.
func (w *Watcher) Picture(ctx context.Context) (Picture, error) {
	if err := ctx.Err(); err != nil {
		return Picture{}, fault.New(fault.Timeout, "watch: picture", "", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.cfg.Now()
	log, _ := w.cfg.State.Watch()
	if age := now.Sub(w.made.At); age >= 0 && age < beat/2 && log == w.made.Log {
		return w.made, nil
	}
	p, err := w.paint(now)
	if err != nil {
		return Picture{}, err
	}
	if sum := fingerprint(p); sum != w.print {
		w.print = sum
		close(w.changed)
		w.changed = make(chan struct{})
	}
	w.made = p
	return p, nil
}

// History gives the hours of a post, oldest first, the present one last.
func (w *Watcher) History(post consular.PostID, hours int) ([]Point, error) {
	const most = 14 * 24
	hours = max(1, min(hours, most))
	if !w.cfg.Directory.Has(post) {
		return nil, fault.New(fault.NotFound, "watch: history", string(post), nil)
	}
	last := ledger.HourOf(w.cfg.Now().UnixMilli())
	first := last - uint64(hours) + 1
	held, err := w.cfg.State.Hours(post, first, last)
	if err != nil {
		return nil, err
	}
	points := make([]Point, len(held))
	for i, h := range held {
		points[i] = Point{
			Hour:    time.Unix(int64(first+uint64(i))*3600, 0).UTC(), //nolint:gosec // an hour of now
			Entries: whole(h.Entries), Bytes: bytesOf(h.Bytes), Age: millis(h.Age), Up: int(h.Up),
			Secured: whole(h.Secured), Free: bytesOf(h.Free), Offset: millis(h.Offset),
		}
	}
	return points, nil
}

// Stuck gives the orders that failed last time, oldest first, at most n.
func (w *Watcher) Stuck(n int) ([]Stuck, error) {
	orders, err := w.cfg.State.FailedOrders(n)
	if err != nil {
		return nil, err
	}
	list := make([]Stuck, len(orders))
	for i, o := range orders {
		kind := workflow.Order(o.Kind).String()
		list[i] = Stuck{
			Order: o.ID, Kind: kind, Reference: reference(o.Reference), Post: o.Pickup, Attempts: int(o.Attempts),
			Since: time.UnixMilli(o.Created), Next: time.UnixMilli(o.NotBefore), Reason: o.Last,
			Late: w.cfg.Now().Sub(time.UnixMilli(o.Created)) >= lateAfter(kind),
		}
	}
	return list, nil
}

// reference gives one that was stored, zero for the label of a pouch or none.
func reference(digits string) consular.Reference {
	r, err := consular.ParseReference(digits)
	if err != nil {
		return consular.Reference("")
	}
	return r
}

// RefusedEntries gives entries that were refused, those that nobody has dealt
// with first, newest first, at most n.
func (w *Watcher) RefusedEntries(n int) ([]Refused, error) {
	found, err := w.cfg.State.RefusedNewest(n)
	if err != nil {
		return nil, err
	}
	nodes, err := w.cfg.State.Nodes()
	if err != nil {
		return nil, err
	}
	posts := map[wire.NodeID]consular.PostID{}
	for _, n := range nodes {
		posts[n.ID] = n.Post
	}
	list := make([]Refused, len(found))
	for i, f := range found {
		list[i] = Refused{
			Number: f.Number, Post: posts[f.Node], Node: f.Node, Position: f.Stored.At, Reason: f.Reason.Code(),
			At: time.UnixMilli(f.Time), Settled: f.Settled != 0, Note: f.Note,
		}
		if h, err := wire.DecodeHeader(f.Stored.Header); err == nil {
			list[i].Reference = reference(h.Reference)
		}
	}
	return list, nil
}
