package ship_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/ship"
	"jaliya/internal/fault"
)

func TestBudget(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	require.NoError(t, err)
	quiet := func(text string) *ship.Quiet {
		q, err := ship.ParseQuiet(text, paris)
		require.NoError(t, err)
		return q
	}
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 3, day, hour, minute, 0, 0, paris) }
	tests := map[string]struct {
		budget ship.Budget
		now    time.Time
		want   ship.Allowed
	}{
		"OK none":                   {ship.Budget{}, at(3, 10, 0), ship.Allowed{}},
		"OK always":                 {ship.Budget{Rate: 32_000}, at(3, 10, 0), ship.Allowed{Held: true, Rate: 32_000}},
		"OK before":                 {ship.Budget{Rate: 32_000, Quiet: quiet("09:00-17:00")}, at(3, 8, 59), ship.Allowed{}},
		"OK within, some":           {ship.Budget{Rate: 32_000, Quiet: quiet("09:00-17:00")}, at(3, 9, 0), ship.Allowed{Held: true, Rate: 32_000, Until: at(3, 17, 0)}},
		"OK within, nothing":        {ship.Budget{Quiet: quiet("09:00-17:00")}, at(3, 16, 59), ship.Allowed{Held: true, Until: at(3, 17, 0)}},
		"OK after":                  {ship.Budget{Quiet: quiet("09:00-17:00")}, at(3, 17, 0), ship.Allowed{}},
		"OK over midnight, evening": {ship.Budget{Quiet: quiet("22:00-06:00")}, at(3, 23, 0), ship.Allowed{Held: true, Until: at(4, 6, 0)}},
		"OK over midnight, morning": {ship.Budget{Quiet: quiet("22:00-06:00")}, at(4, 5, 0), ship.Allowed{Held: true, Until: at(4, 6, 0)}},
		"OK over midnight, day":     {ship.Budget{Quiet: quiet("22:00-06:00")}, at(4, 12, 0), ship.Allowed{}},
		"OK the clocks change":      {ship.Budget{Quiet: quiet("22:00-06:00")}, at(28, 23, 0), ship.Allowed{Held: true, Until: at(29, 6, 0)}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, tt.budget.Validate())
			got := tt.budget.At(tt.now)
			require.Equal(t, tt.want.Held, got.Held)
			require.Equal(t, tt.want.Rate, got.Rate)
			require.True(t, tt.want.Until.Equal(got.Until), "%v", got.Until)
		})
	}
	require.True(t, fault.Is(ship.Budget{Rate: 100}.Validate(), fault.Invalid))
	require.True(t, fault.Is(ship.Budget{Quiet: &ship.Quiet{To: 5}}.Validate(), fault.Invalid))
}

// No image goes in a moment of quiet hours, whatever the zone and the day.
func TestQuietEnds(t *testing.T) {
	for _, zone := range []string{"Europe/Paris", "America/New_York", "Asia/Kathmandu", "Africa/Casablanca", "UTC"} {
		place, err := time.LoadLocation(zone)
		require.NoError(t, err)
		for _, text := range []string{"09:00-17:00", "22:00-06:00", "00:00-23:59", "02:30-03:30"} {
			q, err := ship.ParseQuiet(text, place)
			require.NoError(t, err)
			b := ship.Budget{Quiet: q}
			for now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC); now.Month() < time.May; now = now.Add(17 * time.Minute) {
				a := b.At(now)
				if a.Held {
					require.True(t, a.Until.After(now), "%s %s: %v until %v", zone, text, now, a.Until)
					require.LessOrEqual(t, a.Until.Sub(now), 25*time.Hour)
					require.False(t, b.At(a.Until).Held, "%s %s: %v until %v", zone, text, now, a.Until)
				}
			}
		}
	}
}

func TestParseQuiet(t *testing.T) {
	for _, text := range []string{"", "9:00-17:00", "09:00-24:00", "09:00 17:00", "09:60-17:00", "09:00-09:00", "09:00-17:00 ", "aa:bb-cc:dd"} {
		_, err := ship.ParseQuiet(text, time.UTC)
		require.True(t, fault.Is(err, fault.Invalid), "%q: %v", text, err)
	}
}
