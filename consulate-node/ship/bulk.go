package ship

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"jaliya/internal/fault"
	"jaliya/internal/link"
	"jaliya/internal/wire"
)

const (
	// parallelUploads is how many bundles are on the way at once on one bulk
	// connection, so that small ones do not each wait a round trip.
	parallelUploads = 3
	// bundlesAtOnce bounds one round.
	bundlesAtOnce = 64
	// bulkIdle is how long a bulk connection without work is kept.
	bulkIdle = 30 * time.Second
	// bundlePause is the longest pause of one bundle that fails by itself.
	bundlePause = 10 * time.Minute
)

// carrier is the bulk goroutine's own state.
type carrier struct {
	*Ship
	session  *link.Session              // nil while none stands
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
	defer c.hang()
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
			return nil
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
	now := c.cfg.Now()
	return slices.DeleteFunc(digests, func(d wire.Digest) bool { return now.Before(c.waits[d].until) }), nil
}

// rest waits for work, and lets a connection go that has none for long.
func (c *carrier) rest(ctx context.Context, changed <-chan struct{}) bool {
	wait := time.Hour
	if c.session != nil {
		wait = bulkIdle
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
		c.hang()
	}
	return true
}

func (c *carrier) hang() {
	if c.session != nil {
		c.session.CloseWithReason(link.CodeDone, "")
		c.session = nil
		c.uploads.Store(nil)
	}
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
	// A connection over which nothing moves may only wait for the link's return;
	// a new handshake and a new offer would cost more.
	if !fault.Is(road, fault.Timeout) {
		c.hang()
	}
	c.attempts++
	wait := Probe
	if patient(fault.KindOf(road)) {
		wait = min(BusyMax/2, Probe<<min(c.attempts, 5))
	}
	c.cfg.Logger.Warn("uploads interrupted", slog.String("kind", fault.KindOf(road).String()), slog.Any("attempt", c.attempts), slog.Any("error", road))
	pause(ctx, wait+c.core.jitter(wait))
	return nil
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// uploadAll gives what was wrong with the road, and the failure of the journal
// for which the process must leave.
func (c *carrier) uploadAll(ctx context.Context, digests []wire.Digest) (road, fatal error) {
	if c.session == nil || c.session.Err() != nil { //nolint:contextcheck // why the session ended, whoever asks
		c.hang()
		session, err := c.cfg.Dial(ctx, link.ALPNBulk)
		if err != nil {
			return busy(err), nil
		}
		c.session = session
		c.uploads.Store(session)
	}
	// An upload waits for the link, not for ctx: only the end of the session
	// ends it.
	session := c.session
	defer context.AfterFunc(ctx, func() { session.CloseWithReason(link.CodeDone, "") })()
	c.uploading.Add(1)
	defer c.uploading.Add(-1)
	work := make(chan wire.Digest)
	var mu sync.Mutex // guards road, fatal and c.waits
	var uploads sync.WaitGroup
	for range min(parallelUploads, len(digests)) {
		uploads.Go(func() {
			for d := range work {
				stored, err := c.upload(ctx, session, d)
				mu.Lock()
				switch {
				case stored && err != nil:
					fatal = err
				case err != nil && c.own(d, err):
				case err != nil:
					road = err
				default:
					delete(c.waits, d)
				}
				mu.Unlock()
			}
		})
	}
	for _, d := range digests {
		mu.Lock()
		over := road != nil || fatal != nil
		mu.Unlock()
		if over {
			break
		}
		work <- d
	}
	close(work)
	uploads.Wait()
	return road, fatal
}

// own notes a failure that is the bundle's own, and reports whether it is one.
func (c *carrier) own(d wire.Digest, err error) bool {
	switch fault.KindOf(err) { //nolint:exhaustive // all others are the road's
	case fault.Corrupt, fault.Invalid, fault.NotFound, fault.TooLarge, fault.Exists:
	default:
		return false
	}
	w := c.waits[d]
	w.attempts++
	w.until = c.cfg.Now().Add(min(bundlePause, Probe<<min(w.attempts, 9)))
	c.waits[d] = w
	c.cfg.Metrics.alarm(fault.KindOf(err))
	c.cfg.Logger.Error("bundle cannot be uploaded", slog.String("bundle", d.String()), slog.String("kind", fault.KindOf(err).String()), slog.Any("attempt", w.attempts), slog.Any("error", err))
	return true
}
