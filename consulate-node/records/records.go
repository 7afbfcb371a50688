package records

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"jaliya/consulate-node/journal"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/ipp"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

// Printer is the printer at the counter.
type Printer interface {
	// Status says ipp.Ready, or why it does not print.
	Status(ctx context.Context) ipp.Reason
	// Print returns when the sheet is out; its errors carry an ipp.Trouble.
	Print(ctx context.Context, pdf []byte, waits func(ipp.Reason)) error
}

// Options says what the post's records are made of. All are needed but those
// marked.
type Options struct {
	Journal      *journal.Journal
	DataKey      *seal.DataKey
	PostKey      *seal.PostKey                     // opens summaries
	Intake       func() (seal.IntakePublic, error) // newest intake key of the hub
	Dictionaries *seal.Dictionaries
	Post         consular.Post
	Clock        func() time.Time
	Offset       func() (time.Duration, bool) // best known hub time minus Clock; false when never measured
	Connected    func() bool                  // whether the hub answers now
	// Part brings a part of a sealed document from the hub.
	Part    func(context.Context, wire.FetchRequest) ([]byte, error)
	Printer Printer // optional: none prints nothing here
	Logger  *slog.Logger
}

// Records holds the actions. Its methods may be called from many goroutines;
// Run owns those of the prints under way.
type Records struct {
	o     Options
	vault *seal.DataKey  // seals files
	index *seal.IndexKey // hashes references

	mu   sync.Mutex                  // orders what changes files, and guards runs
	runs map[consular.Reference]*run // prints whose key this process holds

	wake chan struct{} // buffered: something for Run to look at
	// step is called at the end of the transaction of an entry, before its
	// commit; tests make it fail.
	step func(wire.Kind) error
	// retry is how long a fetch waits after a failure.
	retry time.Duration
}

// New builds the records of a post on a journal. It starts nothing; Run does.
func New(o Options) (*Records, error) {
	const op = "records: new"
	if missing := o.missing(); missing != "" {
		return nil, fault.New(fault.Invalid, op, missing+" is not given", nil)
	}
	r := &Records{
		o: o, runs: map[consular.Reference]*run{}, wake: make(chan struct{}, 1), retry: time.Second,
		step: func(wire.Kind) error { return nil },
	}
	var err error
	if r.vault, err = o.DataKey.Subkey("records"); err != nil {
		return nil, err
	}
	if r.index, err = o.DataKey.IndexKey("records"); err != nil {
		return nil, err
	}
	return r, nil
}

func (o Options) missing() string {
	switch {
	case o.Journal == nil:
		return "journal"
	case o.DataKey == nil || o.PostKey == nil:
		return "key"
	case o.Intake == nil:
		return "source of the hub's keys"
	case o.Dictionaries == nil:
		return "dictionaries"
	case o.Post.ID.Validate() != nil:
		return "post"
	case o.Clock == nil || o.Offset == nil:
		return "clock"
	case o.Connected == nil || o.Part == nil:
		return "link"
	case o.Logger == nil:
		return "logger"
	}
	return ""
}

// Printer says how the post's printer stands.
func (r *Records) Printer(ctx context.Context) ipp.Reason {
	if r.o.Printer == nil {
		return ipp.Unconfigured
	}
	return r.o.Printer.Status(ctx)
}

// Run carries on the prints that are begun, until ctx ends; then it waits for
// those at the printer, and the keys are gone.
func (r *Records) Run(ctx context.Context) error {
	var prints sync.WaitGroup
	defer prints.Wait()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	for {
		changed := r.o.Journal.Changed()
		ready, err := r.due()
		if err != nil {
			return err
		}
		for _, one := range ready {
			prints.Go(func() { r.carryOut(ctx, one) })
		}
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		case <-r.wake:
		}
	}
}

// due hears the hub and gives the prints whose document can be fetched now.
func (r *Records) due() (ready []*run, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.hear(); err != nil {
		return nil, err
	}
	for _, one := range r.runs {
		if one.ticket != nil && !one.working && one.wanted {
			one.working, one.wanted = true, false
			ready = append(ready, one)
		}
	}
	return ready, nil
}

func (r *Records) nudge() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Hear takes in what the hub said since; the node calls it at start.
func (r *Records) Hear() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.hear()
}

// begin is what every action does after the permission.
func (r *Records) begin(ctx context.Context, op string) (end func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, fault.New(fault.Timeout, op, "", err)
	}
	r.mu.Lock()
	if err := r.hear(); err != nil {
		r.mu.Unlock()
		return nil, err
	}
	return r.mu.Unlock, nil
}
