package link_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/link"
)

// What a network does to a node, and which roads the node then takes.
func TestLadder(t *testing.T) {
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	type step struct {
		after time.Duration
		do    string // "", or: fail, quic works, quic starves, tcp works, tcp starves
		plan  link.Plan
	}
	for name, c := range map[string]struct {
		last  link.Road
		steps []step
		road  link.Road
	}{
		"a good network":       {steps: []step{{plan: link.QUICOnly}, {do: "quic works", plan: link.QUICOnly}}, road: link.RoadQUIC},
		"one lost dial":        {steps: []step{{do: "fail", plan: link.QUICOnly}, {do: "quic works", plan: link.QUICOnly}}, road: link.RoadQUIC},
		"nothing answers":      {steps: []step{{do: "fail"}, {do: "fail", plan: link.Either}, {after: time.Hour, do: "fail", plan: link.Either}}, road: link.RoadQUIC},
		"and QUIC comes back":  {steps: []step{{do: "fail"}, {do: "fail", plan: link.Either}, {do: "quic works", plan: link.QUICOnly}}, road: link.RoadQUIC},
		"UDP is blocked":       {steps: []step{{do: "fail"}, {do: "fail", plan: link.Either}, {do: "tcp works", plan: link.TCPOnly}}, road: link.RoadTCP},
		"UDP starves":          {steps: []step{{do: "quic starves", plan: link.QUICOnly}, {do: "quic starves", plan: link.TCPOnly}, {do: "tcp works", plan: link.TCPOnly}}, road: link.RoadTCP},
		"both starve":          {steps: []step{{do: "quic starves"}, {do: "quic starves", plan: link.TCPOnly}, {do: "tcp starves", plan: link.TCPOnly}, {do: "tcp starves", plan: link.Either}}, road: link.RoadQUIC},
		"a wall known":         {last: link.RoadTCP, steps: []step{{plan: link.TCPOnly}, {after: 10 * time.Minute, plan: link.QUICOnly}}, road: link.RoadTCP},
		"the wall stands":      {last: link.RoadTCP, steps: []step{{after: 10 * time.Minute, do: "fail", plan: link.TCPOnly}, {after: 9 * time.Minute, plan: link.TCPOnly}, {after: time.Minute, plan: link.QUICOnly}, {do: "quic starves", plan: link.TCPOnly}, {after: 19 * time.Minute, plan: link.TCPOnly}, {after: time.Minute, plan: link.QUICOnly}}, road: link.RoadTCP},
		"the wall falls":       {last: link.RoadTCP, steps: []step{{after: 10 * time.Minute, do: "quic works", plan: link.QUICOnly}}, road: link.RoadQUIC},
		"hub down behind wall": {last: link.RoadTCP, steps: []step{{do: "fail", plan: link.TCPOnly}, {do: "fail", plan: link.Either}, {do: "tcp works", plan: link.TCPOnly}}, road: link.RoadTCP},
	} {
		t.Run(name, func(t *testing.T) {
			now := start
			l := link.NewLadder(c.last, now)
			for i, s := range c.steps {
				now = now.Add(s.after)
				switch s.do {
				case "fail":
					l.Failed(now)
				case "quic works":
					l.Proved(now, link.RoadQUIC)
				case "tcp works":
					l.Proved(now, link.RoadTCP)
				case "quic starves":
					l.Ended(now, link.RoadQUIC)
				case "tcp starves":
					l.Ended(now, link.RoadTCP)
				}
				if s.plan != 0 {
					require.Equal(t, s.plan, l.Plan(now), "step %d: %s", i, s.do)
				}
			}
			require.Equal(t, c.road, l.Road)
		})
	}
}

// A wall that stands for weeks is tried less and less often, and never for
// longer than six hours not at all.
func TestLadderTrials(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	l := link.NewLadder(link.RoadTCP, now)
	trials := 0
	for end := now.Add(14 * 24 * time.Hour); now.Before(end); now = now.Add(time.Minute) {
		if l.Plan(now) == link.QUICOnly {
			trials++
			l.Failed(now)
		}
	}
	require.Greater(t, trials, 14*4)
	require.Less(t, trials, 14*4+10)
}
