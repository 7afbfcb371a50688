package node

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
)

func TestIsNight(t *testing.T) {
	zone, err := zoneOf("FR-LYO")
	require.NoError(t, err)
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 11, day, hour, minute, 0, 0, zone) }
	tests := map[string]struct {
		now, last time.Time
		want      bool
	}{
		"OKFirstNight":        {at(22, 1, 0), time.Time{}, true},
		"OKNextNight":         {at(23, 2, 30), at(22, 4, 50), true},
		"OKTheClockOfThePost": {at(22, 3, 0).UTC().In(zone), time.Time{}, true},
		"NotTwiceInANight":    {at(22, 4, 50), at(22, 1, 0), false},
		"NotByDay":            {at(22, 10, 0), time.Time{}, false},
		"NotAtItsEnd":         {at(22, 5, 0), time.Time{}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { require.Equal(t, tt.want, isNight(tt.now, tt.last)) })
	}
}

func TestMirrorConfig(t *testing.T) {
	for path, good := range map[string]bool{
		"": true, "/mnt/second/jaliya": true, "second": false, "/var/lib/node/mirror": false, "/var/lib/node": false,
	} {
		err := Config{Dir: "/var/lib/node", Journal: Journal{Mirror: path}}.Validate()
		require.Equal(t, !good, fault.Is(err, fault.Invalid), "%q: %v", path, err)
	}
}
