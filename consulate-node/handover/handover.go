package handover

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"jaliya/consulate-node/journal"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

// Options says what a hand-over desk works with. All are needed.
type Options struct {
	Journal      *journal.Journal
	DataKey      *seal.DataKey
	PostKey      *seal.PostKey                     // opens manifests
	Intake       func() (seal.IntakePublic, error) // newest intake key of the hub
	Dictionaries *seal.Dictionaries
	Post         consular.Post
	Clock        func() time.Time
	Offset       func() (time.Duration, bool) // best known hub time minus Clock; false when never measured
	Logger       *slog.Logger
}

// Handover holds the actions. Its methods may be called from many goroutines;
// it keeps none of its own.
type Handover struct {
	o     Options
	zone  *time.Location
	vault *seal.DataKey  // seals custody
	index *seal.IndexKey // hashes what custody is looked up by

	mu sync.Mutex // orders what changes custody

	// step is called at the end of the transaction of an entry, before its
	// commit; tests make it fail.
	step func(wire.Kind) error
}

// New builds a hand-over desk on a journal.
func New(o Options) (*Handover, error) {
	const op = "handover: new"
	if missing := o.missing(); missing != "" {
		return nil, fault.New(fault.Invalid, op, missing+" is not given", nil)
	}
	zone, err := time.LoadLocation(o.Post.TimeZone)
	if err != nil {
		return nil, fault.New(fault.Invalid, op, "time zone of "+o.Post.ID.String(), err)
	}
	h := &Handover{o: o, zone: zone, step: func(wire.Kind) error { return nil }}
	if h.vault, err = o.DataKey.Subkey("handover"); err != nil {
		return nil, err
	}
	if h.index, err = o.DataKey.IndexKey("handover"); err != nil {
		return nil, err
	}
	return h, nil
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
	case o.Logger == nil:
		return "logger"
	}
	return ""
}

// now gives the best known hub time.
func (h *Handover) now() time.Time {
	offset, _ := h.o.Offset()
	return h.o.Clock().Add(offset)
}

// today gives the day at the post.
func (h *Handover) today() consular.Date { return consular.DateOf(h.now().In(h.zone)) }

// begin is what every action does after the permission: it gives up for a
// caller that has gone, takes the lock, and hears what the hub said since.
func (h *Handover) begin(ctx context.Context, op string) (end func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, fault.New(fault.Timeout, op, "", err)
	}
	h.mu.Lock()
	if err := h.hear(); err != nil {
		h.mu.Unlock()
		return nil, err
	}
	return h.mu.Unlock, nil
}
