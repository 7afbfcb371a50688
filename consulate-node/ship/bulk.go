package ship

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"jaliya/internal/fault"
	"jaliya/internal/pause"
	"jaliya/internal/wire"
)

const (
	// parallelUploads is how many bundles are on the way at once on one bulk
	// connection, so that small ones do not each wait a round trip.
	parallelUploads = 3
	// bundlesAtOnce bounds one round.
	bundlesAtOnce = 64
	// bulkIdle is how long bulk connections without work are kept.
	bulkIdle = 30 * time.Second
	// bundlePause is the longest pause of one bundle that fails by itself.
	bundlePause = 10 * time.Minute
)

// carrier is the bulk goroutine's own state.
type carrier struct {
	*Ship
	attempts uint64                     // of the road, since the last good round
	waits    map[wire.Digest]bundleWait // of bundles that fail by themselves
}

type bundleWait struct {
	attempts uint64
	until    time.Time
}

// bulk uploads the bundles that the hub lacks, oldest entry first, while a
// control session stands. What one bundle suffers delays no other.
func (s *Ship) bulk(ctx context.Context) error {
	c := &carrier{Ship: s, waits: map[wire.Digest]bundleWait{}}
	for {
		changed := s.cfg.Journal.Changed()
		digests, err := c.due()
		if err != nil {
			return err
		}
		if len(digests) == 0 {
			if !c.rest(ctx, changed) {
				return nil
			}
			continue
		}
		if err := s.awaitFollowing(ctx); err != nil {
			return nil //nolint:nilerr // the context ended: nothing failed
		}
		if err := c.round(ctx, digests); err != nil {
			return err
		}
	}
}

// due gives the bundles whose turn it is.
func (c *carrier) due() ([]wire.Digest, error) {
	digests, _, err := c.cfg.Journal.Unstored(bundlesAtOnce + len(c.waits))
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(c.waits, func(d wire.Digest, _ bundleWait) bool { return !slices.Contains(digests, d) })
	c.tried.keep(digests)
	now := c.cfg.Now()
	if a := c.pace.allowed(); a.Held && a.Rate == 0 {
		return nil, nil
	}
	return slices.DeleteFunc(digests, func(d wire.Digest) bool { return now.Before(c.waits[d].until) }), nil
}

// rest waits for work.
func (c *carrier) rest(ctx context.Context, changed <-chan struct{}) bool {
	wait := time.Hour
	if a := c.pace.allowed(); a.Held && !a.Until.IsZero() {
		wait = min(wait, max(0, a.Until.Sub(c.cfg.Now())))
	}
	for _, w := range c.waits {
		wait = min(wait, max(0, w.until.Sub(c.cfg.Now())))
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-changed:
	case <-timer.C:
	}
	return true
}

// round uploads some bundles. Its error is one of the journal; the road's and
// the bundles' own are waited for.
func (c *carrier) round(ctx context.Context, digests []wire.Digest) error {
	road, err := c.uploadAll(ctx, digests)
	switch {
	case err != nil:
		return err
	case road == nil:
		c.attempts = 0
		return nil
	}
	c.attempts++
	wait := Probe
	if patient(fault.KindOf(road)) {
		wait = min(BusyMax/2, Probe<<min(c.attempts, 5))
	}
	c.cfg.Logger.Warn("uploads interrupted", slog.String("kind", fault.KindOf(road).String()), slog.Any("attempt", c.attempts), slog.Any("error", road))
	_ = pause.For(ctx, wait+c.core.jitter(wait)) // whoever asked for the round sees that ctx ended
	return nil
}

// uploadAll gives what was wrong with the road, and the failure of the journal
// for which the process must leave.
func (c *carrier) uploadAll(ctx context.Context, digests []wire.Digest) (road, fatal error) {
	if err := c.lanes.first(ctx); err != nil {
		return err, nil
	}
	c.uploading.Add(1)
	defer c.uploading.Add(-1)
	c.lanes.wake()
	var mu sync.Mutex // guards road, fatal and c.waits
	var uploads sync.WaitGroup
	for _, d := range digests {
		mu.Lock()
		over := road != nil || fatal != nil
		mu.Unlock()
		if over {
			break
		}
		uploads.Add(1)
		handed := c.lanes.hand(ctx, job{digest: d, done: func(stored bool, err error) {
			defer uploads.Done()
			mu.Lock()
			defer mu.Unlock()
			c.tried.bundle(d, err)
			switch {
			case stored && err != nil:
				fatal = err
			case err != nil && c.own(d, err):
			case err != nil:
				road = err
			default:
				delete(c.waits, d)
			}
		}})
		if !handed {
			uploads.Done()
			break
		}
	}
	uploads.Wait()
	return road, fatal
}

// ofBundle tells a failure of one bundle from one of the road.
func ofBundle(err error) bool {
	switch fault.KindOf(err) { //nolint:exhaustive // all others are the road's
	case fault.Corrupt, fault.Invalid, fault.NotFound, fault.TooLarge, fault.Exists:
		return true
	}
	return false
}

// own notes a failure that is the bundle's own, and reports whether it is one.
func (c *carrier) own(d wire.Digest, err error) bool {
	if !ofBundle(err) {
		return false
	}
	w := c.waits[d]
	w.attempts++
	w.until = c.cfg.Now().Add(min(bundlePause, Probe<<min(w.attempts, 9)))
	c.waits[d] = w
	c.tried.pause(d, w.until)
	c.cfg.Metrics.alarm(fault.KindOf(err))
	c.cfg.Logger.Error("bundle cannot be uploaded", slog.String("bundle", d.String()), slog.String("kind", fault.KindOf(err).String()), slog.Any("attempt", w.attempts), slog.Any("error", err))
	return true
}
