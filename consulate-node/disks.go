package node

import (
	"context"
	"log/slog"
	"net/http"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"jaliya/consulate-node/desk"
	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/journal/mirror"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

const (
	// The nightly window, by the clock of the post.
	nightBegins = 1
	nightEnds   = 5
	// quiet is for how long nobody has saved when the night's work begins.
	quiet = 20 * time.Minute
	// nightLook is how often the clock is looked at.
	nightLook = 10 * time.Minute
)

// validate refuses a mirror below the node's own directory: whoever deletes or
// restores the one would take the other along.
func (j Journal) validate(dir string) error {
	const op = "node: validate config"
	if j.Mirror == "" {
		return nil
	}
	if !filepath.IsAbs(j.Mirror) {
		return fault.New(fault.Invalid, op, "journal.mirror: not an absolute path", nil)
	}
	if rel, err := filepath.Rel(dir, j.Mirror); err == nil && filepath.IsLocal(rel) {
		return fault.New(fault.Invalid, op, "journal.mirror: it must not lie in dir", nil)
	}
	return nil
}

func (c Config) mirrorOptions() journal.MirrorOptions {
	trees, erasable := desk.Mirrored(c.Dir)
	return journal.MirrorOptions{
		Dir: c.Journal.Mirror, SameDisk: c.Journal.MirrorSameDisk, Trees: trees, Erasable: erasable,
	}
}

// mirrorReport says for those who watch at the hub how the second disk stands.
func (n *Node) mirrorReport() wire.Mirror {
	switch n.journal.Mirror().State {
	case mirror.Good:
		return wire.MirrorGood
	case mirror.Failed, mirror.Filling:
		return wire.MirrorFailed
	case mirror.None:
	}
	return wire.MirrorNone
}

// checkMirror is what the status says of the second disk.
func (n *Node) checkMirror(context.Context) error {
	const op = "node: second disk"
	s := n.journal.Mirror()
	switch {
	case s.State == mirror.Failed || s.State == mirror.Filling:
		return fault.New(fault.Unavailable, op, "one disk: "+string(s.State)+" "+string(s.Reason), nil)
	case s.State == mirror.Good && s.Short():
		return fault.New(fault.Full, op, "80 % of the second disk are used", nil)
	}
	return nil
}

// checkSpace warns from 80 % on, long before a visit is refused (D8).
func (n *Node) checkSpace(context.Context) error {
	const op = "node: space"
	s, err := n.journal.Space()
	switch {
	case err != nil:
		return err
	case s.Warn():
		return fault.New(fault.Full, op, "80 % of the disk or of journal.max_size are used", nil)
	case s.Ballast < n.cfg.Journal.Ballast.Bytes():
		return fault.New(fault.Full, op, "the ballast was given up: free the disk", nil)
	}
	return nil
}

// measureDisks declares what is measured of the second disk and of compaction.
func (n *Node) measureDisks() {
	gauge := func(name, help string, value func() float64) {
		n.metrics.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
	}
	of := func(value func(mirror.Status) float64) func() float64 {
		return func() float64 { return value(n.journal.Mirror()) }
	}
	gauge("jaliya_mirror_failed", "1 while one disk is left although a mirror is configured.", func() float64 {
		return float64(n.mirrorReport() / wire.MirrorFailed)
	})
	gauge("jaliya_journal_bundles_lost", "Sealed images that cannot be read here and that the hub does not have.",
		n.scrubbed(func(s journal.Scrubbed) float64 { return float64(len(s.Lost)) }))
	gauge("jaliya_journal_bundles_proved_timestamp_seconds", "When all sealed images had been proved again last, 0 for never.",
		n.scrubbed(func(s journal.Scrubbed) float64 { return float64(s.Done) / 1000 }))
	gauge("jaliya_mirror_log_bytes", "Size of the mirror's log since its last base.",
		of(func(s mirror.Status) float64 { return float64(s.Log) }))
	gauge("jaliya_mirror_base_bytes", "Size of the mirror's base.",
		of(func(s mirror.Status) float64 { return float64(s.Base) }))
	gauge("jaliya_mirror_free_bytes", "Free bytes of the second disk, as last measured.",
		of(func(s mirror.Status) float64 { return float64(s.Free) }))
	gauge("jaliya_mirror_behind_transactions", "Transactions that only the first disk has.",
		of(func(s mirror.Status) float64 { return float64(s.Behind) }))
	compacted := func(value func(journal.Compaction) float64) func() float64 {
		return func() float64 {
			c, err := n.journal.Compacted()
			if err != nil {
				return 0 // the journal's own check says why
			}
			return value(c)
		}
	}
	gauge("jaliya_journal_compacted_timestamp_seconds", "When the journal was compacted last, 0 for never.",
		compacted(func(c journal.Compaction) float64 { return float64(c.At) / 1000 }))
	gauge("jaliya_journal_compacted_before_bytes", "Size of the journal's file before the last compaction.",
		compacted(func(c journal.Compaction) float64 { return float64(c.Before) }))
	gauge("jaliya_journal_compacted_after_bytes", "Size of the journal's file after the last compaction.",
		compacted(func(c journal.Compaction) float64 { return float64(c.After) }))
}

// keepHouse does the night's work once a night, when nobody works.
func (n *Node) keepHouse(ctx context.Context) error {
	zone, err := zoneOf(n.who.Post)
	if err != nil {
		return err
	}
	t := time.NewTicker(nightLook)
	defer t.Stop()
	var last time.Time
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
		now := time.Now().In(zone)
		if !isNight(now, last) || n.journal.Idle() < quiet {
			continue
		}
		if err := n.journal.Tonight(); err != nil {
			if fault.Is(err, fault.Storage) {
				return err
			}
			n.log.Warn("the night's work is not done", slog.String("error", err.Error()))
		}
		if err := n.scrubTonight(ctx, zone); err != nil {
			if fault.Is(err, fault.Storage) {
				return err
			}
			n.log.Warn("bundles are not proved", slog.String("kind", fault.KindOf(err).String()), slog.String("error", err.Error()))
		}
		last = now
	}
}

// isNight reports whether the night's work may be done at a moment: once in each
// window.
func isNight(now, last time.Time) bool {
	inside := now.Hour() >= nightBegins && now.Hour() < nightEnds
	return inside && now.Sub(last) > (nightEnds-nightBegins)*time.Hour
}

func zoneOf(id consular.PostID) (*time.Location, error) {
	directory, err := consular.BuiltInDirectory()
	if err != nil {
		return nil, err
	}
	post, err := directory.Lookup(id)
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(post.TimeZone)
	if err != nil {
		return nil, fault.New(fault.Invalid, "node: load time zone", post.TimeZone, err)
	}
	return zone, nil
}

// pathCompact is where the command that compacts asks, on the admin socket.
const pathCompact = "/compact"

// compactNow answers the command: the whole of the night's compaction, at once.
func (n *Node) compactNow(w http.ResponseWriter, _ *http.Request) {
	c, err := n.journal.Compact()
	if err != nil {
		tellSocket(w, http.StatusConflict, Refusal{Kind: fault.KindOf(err).String(), Text: err.Error()})
		return
	}
	tellSocket(w, http.StatusOK, c)
}
