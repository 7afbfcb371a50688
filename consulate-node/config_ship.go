package node

import (
	"time"

	"jaliya/consulate-node/ship"
	"jaliya/internal/config"
	"jaliya/internal/fault"
)

// Ship bounds what goes to the hub.
type Ship struct {
	Connections int         `toml:"connections"` // bulk connections at most, default 8
	Budget      config.Rate `toml:"budget"`      // of images: "256 kbit/s"; empty: no limit, or nothing within quiet hours
	Quiet       string      `toml:"quiet"`       // hours of the post's day in which the budget holds: "09:00-17:00"; empty: always
}

func (s Ship) validate() error {
	const op = "node: validate config"
	if s.Connections < 1 || s.Connections > ship.MostLanes {
		return fault.New(fault.Invalid, op, "ship.connections: 1 to 8", nil)
	}
	if _, err := s.budget(time.UTC); err != nil {
		return fault.New(fault.Invalid, op, "ship.budget, ship.quiet", err)
	}
	return nil
}

// budget gives what images may take, in hours of the post's own time.
func (s Ship) budget(zone *time.Location) (b ship.Budget, err error) {
	b.Rate = s.Budget.BytesPerSecond()
	if s.Quiet != "" {
		if b.Quiet, err = ship.ParseQuiet(s.Quiet, zone); err != nil {
			return b, err
		}
	}
	return b, b.Validate()
}
