package centre_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub/gateway/centre"
	"jaliya/internal/fault"
)

func TestRoute(t *testing.T) {
	rabat := centre.Candidate{Number: 1, Weight: 72, Open: true, PerDay: 1000, Queue: 100}
	marrakech := centre.Candidate{Number: 2, Weight: 28, Open: true, PerDay: 400, Queue: 100}
	with := func(c centre.Candidate, change func(*centre.Candidate)) centre.Candidate {
		change(&c)
		return c
	}
	closed := with(rabat, func(c *centre.Candidate) { c.Open = false })
	down := with(rabat, func(c *centre.Candidate) { c.Down = true })
	full := with(rabat, func(c *centre.Candidate) { c.Queue, c.MaxQueue = 500, 500 })
	idle := with(rabat, func(c *centre.Candidate) { c.PerDay = 0 })
	busy := with(rabat, func(c *centre.Candidate) { c.Queue = 4000 })
	shut := with(marrakech, func(c *centre.Candidate) { c.Open = false })
	prefer := map[string]uint8{"FR": 1, "FR-LYO": 2}
	for name, c := range map[string]struct {
		r    centre.Request
		want centre.Choice
		err  fault.Kind
	}{
		"OK/Closed":          {centre.Request{Sites: []centre.Candidate{closed, marrakech}}, centre.Choice{Site: 2, Rule: centre.RuleOnlyOpen}, 0},
		"OK/Down":            {centre.Request{Sites: []centre.Candidate{down, marrakech}}, centre.Choice{Site: 2, Rule: centre.RuleOnlyOpen}, 0},
		"OK/Full":            {centre.Request{Sites: []centre.Candidate{full, marrakech}}, centre.Choice{Site: 2, Rule: centre.RuleOnlyOpen}, 0},
		"OK/Idle":            {centre.Request{Sites: []centre.Candidate{idle, marrakech}}, centre.Choice{Site: 2, Rule: centre.RuleOnlyOpen}, 0},
		"OK/Avoided":         {centre.Request{Avoid: 1, Sites: []centre.Candidate{rabat, marrakech}}, centre.Choice{Site: 2, Rule: centre.RuleOnlyOpen}, 0},
		"OK/AvoidedAlone":    {centre.Request{Avoid: 1, Sites: []centre.Candidate{rabat, shut}}, centre.Choice{Site: 1, Rule: centre.RuleOnlyOpen}, 0},
		"OK/PreferredPost":   {centre.Request{Pickup: "FR-LYO", Prefer: prefer, Sites: []centre.Candidate{rabat, marrakech}}, centre.Choice{Site: 2, Rule: centre.RulePreferred}, 0},
		"OK/PreferredLand":   {centre.Request{Pickup: "FR-PAR", Prefer: prefer, Sites: []centre.Candidate{rabat, marrakech}}, centre.Choice{Site: 1, Rule: centre.RulePreferred}, 0},
		"OK/PreferredClosed": {centre.Request{Pickup: "FR-PAR", Prefer: prefer, Sites: []centre.Candidate{closed, marrakech}}, centre.Choice{Site: 2, Rule: centre.RuleOnlyOpen}, 0},
		"OK/ShorterQueue":    {centre.Request{Pickup: "FR-PAR", Prefer: prefer, Slack: 2, Sites: []centre.Candidate{busy, marrakech}}, centre.Choice{Site: 2, Rule: centre.RuleShorterQueue}, 0},
		"OK/WithinSlack":     {centre.Request{Pickup: "FR-PAR", Prefer: prefer, Slack: 4, Sites: []centre.Candidate{busy, marrakech}}, centre.Choice{Site: 1, Rule: centre.RulePreferred}, 0},
		"ErrNone":            {centre.Request{}, centre.Choice{}, fault.Unavailable},
		"ErrAllClosed":       {centre.Request{Sites: []centre.Candidate{closed, shut}}, centre.Choice{}, fault.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := centre.Route(c.r)
			require.Equal(t, c.err, fault.KindOf(err))
			require.Equal(t, c.want, got)
		})
	}
	t.Run("OK/Shares", func(t *testing.T) {
		first := 0
		for n := range uint64(10_000) {
			got, err := centre.Route(centre.Request{Case: n, Sites: []centre.Candidate{rabat, marrakech}})
			require.NoError(t, err)
			require.Equal(t, centre.RuleWeight, got.Rule)
			turned, err := centre.Route(centre.Request{Case: n, Sites: []centre.Candidate{marrakech, rabat}})
			require.NoError(t, err)
			require.Equal(t, got, turned, "the order of the sites decides nothing")
			if got.Site == 1 {
				first++
			}
		}
		require.InDelta(t, 7200, first, 150)
	})
	t.Run("OK/Reopens", func(t *testing.T) {
		at := time.Unix(1000, 0)
		soon, late := closed, shut
		soon.ClosedUntil, late.ClosedUntil = at, at.Add(time.Hour)
		require.Equal(t, at, centre.Reopens([]centre.Candidate{late, soon, closed, rabat}))
		require.True(t, centre.Reopens([]centre.Candidate{closed, rabat}).IsZero())
	})
}
