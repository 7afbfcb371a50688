package desk_test

import (
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/desk"
)

const aDay = 24 * time.Hour

// aloneFor are the facts of a post that heard the hub last so long ago, right
// after its certificates were renewed.
func aloneFor(age time.Duration) desk.Ends {
	heard := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	return desk.Ends{
		Now: heard.Add(age), Heard: heard, Working: heard.Add(7 * aDay), Device: heard.Add(300 * aDay), Desk: heard.Add(60 * aDay),
		Secure: true, Space: desk.Room{Left: 40 << 30, Kept: 1 << 30, Since: age},
	}
}

func levels(list []desk.Limit) map[string]string {
	out := map[string]string{}
	for _, l := range list {
		out[l.Name] = l.Level
	}
	return out
}

func TestLimits(t *testing.T) {
	green := map[string]string{
		"staff": "green", "trust": "green", "working-certificate": "green", "device-certificate": "green",
		"desk-certificate": "green", "tables": "green", "space": "green",
	}
	for name, c := range map[string]struct {
		age    time.Duration
		change func(*desk.Ends)
		want   map[string]string // what is not green
	}{
		"OKConnected":        {time.Minute, nil, nil},
		"OKFiveDays":         {5 * aDay, nil, nil},
		"OKLastDayOfWorking": {6*aDay + time.Hour, nil, map[string]string{"working-certificate": "amber"}},
		"OKWorkingLapsed":    {10 * aDay, nil, map[string]string{"working-certificate": "amber"}},
		"OKHalfway":          {16 * aDay, nil, map[string]string{"working-certificate": "amber", "staff": "amber", "trust": "amber"}},
		"OKDay44":            {44 * aDay, nil, map[string]string{"working-certificate": "amber", "staff": "amber", "trust": "amber"}},
		"OKDay46": {46 * aDay, nil, map[string]string{
			"working-certificate": "amber", "staff": "red", "trust": "red", "desk-certificate": "amber",
		}},
		"OKDeviceNear": {time.Hour, func(e *desk.Ends) { e.Device = e.Now.Add(40 * aDay) }, map[string]string{"device-certificate": "amber"}},
		"OKDeviceOver": {10 * aDay, func(e *desk.Ends) { e.Device = e.Now.Add(-time.Second) }, map[string]string{
			"device-certificate": "red", "working-certificate": "red",
		}},
		"OKNoDeskYet":     {time.Hour, func(e *desk.Ends) { e.Desk = time.Time{} }, map[string]string{"desk-certificate": "red"}},
		"OKSpaceFull":     {3 * aDay, func(e *desk.Ends) { e.Space.Full = true }, map[string]string{"space": "red"}},
		"OKSpaceFills":    {3 * aDay, func(e *desk.Ends) { e.Space.Left = 1 << 30 }, map[string]string{"space": "amber"}},
		"OKSpaceNotKnown": {3 * time.Hour, func(e *desk.Ends) { e.Space.Left, e.Space.Kept = 1<<20, 1<<30 }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			e := aloneFor(c.age)
			if c.change != nil {
				c.change(&e)
			}
			want := maps.Clone(green)
			maps.Copy(want, c.want)
			require.Equal(t, want, levels(desk.LimitsOf(e)))
		})
	}
}

func TestLimitDays(t *testing.T) {
	list := desk.LimitsOf(aloneFor(44*aDay + time.Hour))
	days := map[string]int{}
	for _, l := range list {
		if l.Days != nil {
			days[l.Name] = *l.Days
		}
	}
	require.Equal(t, map[string]int{
		"staff": 0, "trust": 0, "working-certificate": 0, "device-certificate": 255, "desk-certificate": 15,
		"space": 1761,
	}, days)
	plain := aloneFor(0)
	plain.Secure = false
	require.NotContains(t, levels(desk.LimitsOf(plain)), "desk-certificate")
}
