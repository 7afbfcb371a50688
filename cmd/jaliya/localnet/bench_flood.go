package localnet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"

	"jaliya/internal/access"
	"jaliya/internal/fault"
)

const (
	floodRounds = 6   // quiet and flooded in turn: both see the same neighbors
	floodVisits = 10  // releases in each
	floodMost   = 2.0 // times the quiet latency that a flood may make of it

	// A portal has a machine of its own (S12): the flood and the portal have one
	// processor, the network that posts need has the other.
	outsideProcessor = 0
	insideProcessor  = 1
)

// flood measures how long a release takes from L1 to L2 while nobody asks the
// portal anything, and while it is flooded from as many addresses as there are
// connections. Errors: Timeout when the flood more than doubles it.
func (n *Network) flood(ctx context.Context, post *Post, out io.Writer) error {
	if runtime.NumCPU() <= insideProcessor {
		return fault.New(fault.Unsupported, "localnet: flood", "one processor", nil)
	}
	for process, processor := range map[*process]int{n.portal: outsideProcessor, n.Hub: insideProcessor, post.process: insideProcessor} {
		if err := pin(process.cmd.Process.Pid, processor); err != nil {
			return err
		}
	}
	who := newPeople(3)
	slip, err := n.deposit(ctx, post, who.visitor(post))
	if err != nil {
		return err
	}
	var quiet, loud times
	var sum flooded
	for range floodRounds {
		if err := n.releases(ctx, post, who, &quiet); err != nil {
			return err
		}
		f, err := n.startFlood(ctx, slip)
		if err != nil {
			return err
		}
		failed := n.releases(ctx, post, who, &loud)
		one, err := f.stop()
		if err := errors.Join(failed, err); err != nil {
			return err
		}
		sum.Asked, sum.Refused, sum.Seconds = sum.Asked+one.Asked, sum.Refused+one.Refused, sum.Seconds+one.Seconds
	}
	ratio := loud.at(50).Seconds() / quiet.at(50).Seconds()
	fmt.Fprintf(out, "L1 to L2 while the portal is quiet  %8.1f ms  p90 %.1f ms\n", millis(quiet.at(50)), millis(quiet.at(90)))
	fmt.Fprintf(out, "L1 to L2 while it is flooded        %8.1f ms  p90 %.1f ms, %.2f x\n", millis(loud.at(50)), millis(loud.at(90)), ratio)
	fmt.Fprintf(out, "the flood, %d clients, %d stalled   %8.0f /s   %.0f %% refused\n",
		flooders, stallers, float64(sum.Asked)/sum.Seconds, 100*float64(sum.Refused)/float64(max(sum.Asked, 1)))
	if ratio > floodMost {
		return fault.New(fault.Timeout, "localnet: flood", fmt.Sprintf("L2 takes %.2f times as long", ratio), nil)
	}
	return nil
}

// releases takes visits to L1, and measures each from there to L2.
func (n *Network) releases(ctx context.Context, post *Post, who *people, took *times) error {
	agent, supervisor := newClient(post, post.account(access.Agent)), newClient(post, post.account(access.Supervisor))
	for range floodVisits {
		slip, err := enrol(ctx, agent, supervisor, who.visitor(post))
		if err != nil {
			return err
		}
		err = took.measure(func() error { return agent.secured(ctx, slip) })
		if err != nil {
			return err
		}
	}
	return nil
}

// secured asks for the level without a pause: a pause would be in the figure.
func (c *client) secured(ctx context.Context, r released) error {
	ctx, cancel := context.WithTimeout(ctx, l2Limit)
	defer cancel()
	for {
		s, err := c.follow(ctx, r)
		if err != nil || s.Level == "L2" {
			return err
		}
	}
}

// at gives a percentile.
func (t *times) at(percent int) time.Duration {
	_ = t.median() // sorts
	return (*t)[min(len(*t)*percent/100, len(*t)-1)]
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
