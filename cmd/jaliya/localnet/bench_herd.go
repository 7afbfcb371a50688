package localnet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	node "jaliya/consulate-node"
	"jaliya/consulate-node/journal"
	"jaliya/hub"
	"jaliya/internal/config"
	"jaliya/internal/fault"
)

const (
	// herdDown is how long the posts are without a hub at least: long enough that
	// all of them probe as they do after a day.
	herdDown  = 20 * time.Second
	herdLimit = 5 * time.Minute
	// herdStored is how long after the last commit a receipt may be on its way
	// into a journal.
	herdStored  = 10 * time.Second
	fillAtOnce  = 4 // journals
	herdSamples = 250 * time.Millisecond
)

// Herd measures what a hub does when all posts come back at once after it was
// away for a day: each post is a process of its own that holds entries and
// probes. The posts reach the hub over loopback, without a relay between.
func Herd(ctx context.Context, o Options, entries int, out io.Writer) (err error) {
	o.parked = true
	n, err := Start(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.Stop(ctx)) }()
	if err := n.Hub.stop(); err != nil {
		return err
	}
	if err := n.each(ctx, fillAtOnce, func(ctx context.Context, p *Post) error { return holdEntries(ctx, p, entries) }); err != nil {
		return err
	}
	// All of them at once would take the two processors for a minute.
	if err := n.each(ctx, postsAtOnce, n.serve); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(herdDown):
	}
	h := herd{Network: n, entries: entries, verdicts: &verdicts{out: out}}
	if err := h.back(ctx); err != nil {
		return err
	}
	return h.err("localnet: bench of a herd")
}

// each does something to all posts, some at once.
func (n *Network) each(ctx context.Context, atOnce int, do func(context.Context, *Post) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for _, p := range n.Posts {
		g.Go(func() error { return do(ctx, p) })
	}
	return g.Wait()
}

// holdEntries fills a post's journal.
func holdEntries(ctx context.Context, p *Post, entries int) (err error) {
	var cfg node.Config
	if err := config.Load(p.config, &cfg); err != nil {
		return err
	}
	n, err := node.Open(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.Close()) }()
	var reference string
	for i := range entries {
		d, err := benchDraft(p.ID, i%(benchViews+1) == 0, reference)
		if err != nil {
			return err
		}
		reference = d.Header.Reference
		if _, err := n.Journal().Append(ctx, d); err != nil {
			return err
		}
	}
	return nil
}

// herd is the network while all posts come back.
type herd struct {
	*Network
	*verdicts
	entries int // of each post
	hubPeak int // bytes
	peak    int // of the largest node
}

func (h *herd) back(ctx context.Context) error {
	before := h.processors()
	started := time.Now()
	if err := h.programs.start(ctx, h.Hub, "hub", "serve", "--config", h.hubConfig()); err != nil {
		return err
	}
	ready := time.Now()
	h.say("hub ready after its start", "%.2f s", ready.Sub(started).Seconds())
	if err := h.watch(ctx); err != nil {
		return err
	}
	took := time.Since(ready)
	busy := h.Hub.spent()
	rest := h.processors() - before - busy
	select { // the last receipts go into the journals
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(herdStored):
	}
	if err := h.each(ctx, len(h.Posts), func(_ context.Context, p *Post) error { return p.process.stop() }); err != nil {
		return err
	}
	ends, err := h.ends(ready)
	if err != nil {
		return err
	}
	slices.Sort(ends)
	first, median, last := ends[0], ends[len(ends)/2], ends[len(ends)-1]
	total := len(h.Posts) * h.entries
	h.within(took, herdWithin, fmt.Sprintf("%d posts, %d entries each, all committed", len(h.Posts), h.entries))
	h.say("entries through ship, intake, raft", "%.0f /s", float64(total)/took.Seconds())
	h.say("processor time of hub and posts", "%.1f s, %.1f s", busy.Seconds(), rest.Seconds())
	h.say("last receipt: first, median, slowest post", "%.2f s, %.2f s, %.2f s", first.Seconds(), median.Seconds(), last.Seconds())
	ratio := last.Seconds() / median.Seconds()
	h.hold(ratio <= herdSpread, "slowest post, in medians", fmt.Sprintf("%.2f", ratio), fmt.Sprintf("at most %.1f", herdSpread))
	h.below(h.hubPeak, hubAnonymous, "hub's anonymous memory, peak")
	h.below(h.peak, nodeAnonymous, "largest node's anonymous memory, peak")
	return nil
}

// processors gives what hub and posts have used of them since they began. The hub
// that was stopped counts nothing.
func (h *herd) processors() time.Duration {
	sum := h.Hub.spent()
	for _, p := range h.Posts {
		sum += p.process.spent()
	}
	return sum
}

// watch waits until the hub has committed all, and watches everybody's memory.
func (h *herd) watch(ctx context.Context) error {
	var cfg hub.Config
	if err := config.Load(h.hubConfig(), &cfg); err != nil {
		return err
	}
	want := uint64(len(h.Posts) * h.entries) //nolint:gosec // a bench's count
	ticker := time.NewTicker(herdSamples)
	defer ticker.Stop()
	ctx, cancel := context.WithTimeout(ctx, herdLimit)
	defer cancel()
	for {
		h.hubPeak = max(h.hubPeak, anonymous(h.Hub))
		for _, p := range h.Posts {
			h.peak = max(h.peak, anonymous(p.process))
		}
		st, err := hub.AskStatus(ctx, cfg)
		if err != nil {
			return err
		}
		if st.Counts.Commits >= want {
			return nil
		}
		select {
		case <-ctx.Done():
			return fault.New(fault.Timeout, "localnet: drain a herd", fmt.Sprintf("%d of %d", st.Counts.Commits, want), ctx.Err())
		case <-ticker.C:
		}
	}
}

// ends gives when each post's last entry was committed, by the hub's time in its
// last receipt. A post that lacks one fails the bench.
func (h *herd) ends(ready time.Time) ([]time.Duration, error) {
	out := make([]time.Duration, 0, len(h.Posts))
	for _, p := range h.Posts {
		s, err := journal.Look(filepath.Join(p.dir, "journal"))
		if err != nil {
			return nil, err
		}
		if s.Unsecured() > 0 || s.Head < uint64(h.entries) { //nolint:gosec // a bench's count
			return nil, fault.New(fault.Internal, "localnet: drain a herd", fmt.Sprintf("%s has %d entries without a receipt", p.ID, s.Unsecured()), nil)
		}
		out = append(out, max(s.Receipt.Sub(ready), time.Millisecond))
	}
	return out, nil
}
