package records

import (
	"context"
	"log/slog"
	"time"

	"jaliya/internal/document"
	"jaliya/internal/fault"
	"jaliya/internal/outside"
	"jaliya/internal/paper"
	"jaliya/internal/seal"
)

// Maker makes documents; document.Issuer is one.
type Maker interface {
	Issue(ctx context.Context, d paper.RecordData) (document.Issued, error)
}

// Config is one simulated office. Zero values work where a default is named.
type Config struct {
	Dir      string   // of the state
	Products []string // that it answers for, default both
	Token    string   // bearer token of callers; empty: the listener knows them by certificate
	Seed     uint64   // of chance
	Page     string   // address that papers name for their proof, default "https://verification.example"

	Ask    float64 // share of requests that are asked a question, 0 to 1
	Refuse float64 // share that is refused, 0 to 1
	Hit    float64 // share with mentions, of those issued, 0 to 1
	Late   float64 // share of late slots: that of requests reviewed by a person, 0 to 1

	Slot     time.Duration // between releases in simulated time, default 30m
	Leaky    bool          // requests without mentions are let go at the next slot
	Unpadded bool          // documents are sealed as long as they are

	Key    *seal.PostKey  // opens packets; its public half goes to the hub's configuration
	Maker  Maker          // of documents
	Clock  *outside.Clock // default: real time
	Logger *slog.Logger   // default: silent
}

// Slots between arrival and answer: from a first one, so many of them. A person
// reviews within the time to the first early slot, so that no lot is missed.
const (
	earlyFirst, earlyCount = 2, 6
	lateFirst, lateCount   = 9, 24
)

func (c Config) check() (Config, error) {
	const op = "outside/records: new"
	if len(c.Products) == 0 {
		c.Products = []string{"record.police", "record.justice"}
	}
	if c.Page == "" {
		c.Page = "https://verification.example"
	}
	if c.Slot == 0 {
		c.Slot = 30 * time.Minute
	}
	if c.Clock == nil {
		c.Clock = outside.NewClock(1)
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	switch {
	case c.Dir == "" || c.Key == nil || c.Maker == nil:
		return c, fault.New(fault.Invalid, op, "dir, key and maker are required", nil)
	case c.Slot < 0:
		return c, fault.New(fault.Invalid, op, "slot cannot be negative", nil)
	}
	for _, share := range []float64{c.Ask, c.Refuse, c.Hit, c.Late} {
		if share < 0 || share > 1 {
			return c, fault.New(fault.Invalid, op, "a share is 0 to 1", nil)
		}
	}
	return c, nil
}

// Faults of this simulator, besides those of package outside: what is sent of a
// package is spoilt, what is stored stays good.
const (
	WrongSize     outside.Kind = "wrong-size"     // a bundle of another size
	AnotherRecord outside.Kind = "another-record" // the package of another request
	BitFlipped    outside.Kind = "bit-flipped"    // one bit of the package
)
