package centre

import (
	"log/slog"
	"time"

	"jaliya/internal/fault"
	"jaliya/internal/outside"
	"jaliya/internal/seal"
)

// Config is one simulated site. Zero values work where a default is named.
type Config struct {
	Site     string // "rabat"
	Number   uint8  // 1 or more; serials of different sites differ by it
	PerDay   int    // cards in a simulated day, default 1000
	MaxQueue int    // jobs that wait at most; zero: no limit
	Made     int    // cards made in earlier lives, so that no serial comes twice
	Seed     uint64
	Refuse   float64 // share of jobs refused by chance, 0 to 1
	Spoil    float64 // share of cards spoilt by chance, 0 to 1
	Token    string  // bearer token of callers; empty: the listener knows them by certificate

	Key    *seal.PostKey  // opens packets; its public half goes to the hub's configuration
	Clock  *outside.Clock // default: real time
	Logger *slog.Logger   // default: silent
}

// Times of a card at the site, in simulated time. Making one takes what PerDay
// says.
const (
	preparing = 2 * time.Hour    // from arrival to the machine at the earliest
	checking  = 30 * time.Minute // from the machine to produced or spoilt
	packing   = 12 * time.Hour   // from produced to packed
	day       = 24 * time.Hour
)

func (c Config) check() (Config, error) {
	const op = "outside/centre: new"
	if c.PerDay == 0 {
		c.PerDay = 1000
	}
	if c.Clock == nil {
		c.Clock = outside.NewClock(1)
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	switch {
	case c.Site == "" || c.Number == 0:
		return c, fault.New(fault.Invalid, op, "site and number are required", nil)
	case c.Key == nil:
		return c, fault.New(fault.Invalid, op, "key is required: without it no packet opens", nil)
	case c.PerDay < 0 || c.MaxQueue < 0 || c.Made < 0:
		return c, fault.New(fault.Invalid, op, "per day, queue and made cannot be negative", nil)
	case c.Refuse < 0 || c.Refuse > 1 || c.Spoil < 0 || c.Spoil > maxSpoil:
		return c, fault.New(fault.Invalid, op, "refuse is 0 to 1, spoil 0 to 0.9", nil)
	}
	return c, nil
}

// maxSpoil leaves every card a chance.
const maxSpoil = 0.9
