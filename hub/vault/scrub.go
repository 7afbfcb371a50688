package vault

import (
	"context"
	"encoding/hex"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"jaliya/internal/durable"
	"jaliya/internal/fault"
	"jaliya/internal/pause"
	"jaliya/internal/wire"
)

const (
	// scrubSlices is how many parts a round has: the objects by their first byte.
	scrubSlices = 256
	// scrubFile keeps how far the scrub is, in root.
	scrubFile = "scrub"
	// keepScrub is how often the place inside a slice is kept: what a restart
	// reads twice is at most this long.
	keepScrub = time.Minute
	// besides is by how much the scrub reads slower while uploads are under way.
	besides = 8
	// scrubAgain is how long a scrub that failed, and not over damage, waits.
	scrubAgain = 10 * time.Minute
)

// Scrub says how the vault proves again what it holds (D47).
type Scrub struct {
	Every  time.Duration // within which each object is read whole
	Rate   int64         // bytes per second at most; an eighth of it while uploads are under way
	Now    func() time.Time
	Logger *slog.Logger
}

// scrubbed is how far the scrub is: for each slice when its last proof began,
// and which slice is under way, up to which object.
type scrubbed struct {
	Checked [scrubSlices]int64 `cbor:"1,keyasint"` // ms since 1970
	Slice   uint8              `cbor:"2,keyasint"`
	Begun   int64              `cbor:"3,keyasint,omitempty"` // when the slice under way was begun; 0 for none
	After   wire.Digest        `cbor:"4,keyasint"`           // the last object of it that was proved
}

// scrubber is one run of the scrub; only its own goroutine touches it.
type scrubber struct {
	*Directory
	cfg    Scrub
	at     scrubbed
	kept   time.Time
	looked time.Time // when what was set aside was read again
}

// Scrub proves all objects again, slice by slice, each within Every of the last
// time, until ctx ends. What is damaged is set aside and wanted from then on, and
// read again each day and when the scrub begins, for it may hold after all. An
// error is the disk's own: a sync that failed (D3).
func (d *Directory) Scrub(ctx context.Context, cfg Scrub) error {
	if cfg.Every <= 0 || cfg.Rate <= 0 || cfg.Now == nil || cfg.Logger == nil {
		return fault.New(fault.Invalid, "vault: scrub", "a required field is missing", nil)
	}
	s := &scrubber{Directory: d, cfg: cfg}
	s.load()
	for ctx.Err() == nil {
		slice, due := s.next()
		s.metrics.proved(time.UnixMilli(s.at.Checked[slice]))
		s.failed(ctx, s.regain(ctx))
		if d.Err() != nil {
			return d.Err()
		}
		if pause.For(ctx, due.Sub(cfg.Now())) != nil {
			return nil //nolint:nilerr // ctx ended: nothing failed
		}
		failed := s.failed(ctx, s.slice(ctx, slice))
		if d.Err() != nil {
			return d.Err()
		}
		if failed {
			_ = pause.For(ctx, scrubAgain) // the loop sees that ctx ended
		}
	}
	return nil
}

// failed reports whether something did, and says so. That ctx ended is no failure.
func (s *scrubber) failed(ctx context.Context, err error) bool {
	if err == nil || ctx.Err() != nil {
		return false
	}
	s.cfg.Logger.Warn("vault not proved", slog.String("kind", fault.KindOf(err).String()), slog.Any("error", err))
	return true
}

// load reads how far an earlier run came. Where there was none, or it cannot be
// read, the slices are spread over the coming period.
func (s *scrubber) load() {
	now := s.cfg.Now()
	raw, err := os.ReadFile(filepath.Join(s.root, scrubFile))
	if err == nil {
		err = wire.Unmarshal(raw, len(raw), &s.at)
	}
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			s.cfg.Logger.Warn("how far the vault was proved cannot be read, it begins anew", slog.Any("error", err))
		}
		s.at = scrubbed{}
		for n := range s.at.Checked {
			s.at.Checked[n] = now.Add(-s.period() + s.period()*time.Duration(n)/scrubSlices).UnixMilli()
		}
	}
	for n, at := range s.at.Checked { // by a clock that ran ahead
		s.at.Checked[n] = min(at, now.UnixMilli())
	}
	s.kept = now
}

// period leaves a tenth of Every for what is late.
func (s *scrubber) period() time.Duration { return s.cfg.Every / 10 * 9 }

// next gives the slice that is to be proved next, and when: the one under way,
// or the one that was proved longest ago.
func (s *scrubber) next() (slice int, due time.Time) {
	if s.at.Begun != 0 {
		return int(s.at.Slice), time.Time{}
	}
	for n, at := range s.at.Checked {
		if at < s.at.Checked[slice] {
			slice = n
		}
	}
	return slice, time.UnixMilli(s.at.Checked[slice]).Add(s.period())
}

// slice proves the objects of a slice that are not proved yet.
func (s *scrubber) slice(ctx context.Context, n int) error {
	if s.at.Begun == 0 {
		s.at.Slice, s.at.Begun, s.at.After = uint8(n), s.cfg.Now().UnixMilli(), wire.Digest{} //nolint:gosec // below 256
	}
	dir := filepath.Join(s.root, objectsDir, hex.EncodeToString([]byte{byte(n)})) //nolint:gosec // likewise
	entries, err := os.ReadDir(dir)                                               // in the order of names
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fault.New(fault.Storage, "vault: scrub", dir, err)
	}
	for _, e := range entries {
		digest, err := wire.ParseDigest(e.Name())
		if err != nil || e.Name() <= s.at.After.String() {
			continue
		}
		if err := s.object(ctx, digest); err != nil {
			return errors.Join(err, s.keep())
		}
		s.at.After = digest
		if s.cfg.Now().Sub(s.kept) >= keepScrub {
			if err := s.keep(); err != nil {
				return err
			}
		}
	}
	s.at.Checked[n], s.at.Begun = s.at.Begun, 0
	return s.keep()
}

// object proves one object. Damage is no error: it is dealt with.
func (s *scrubber) object(ctx context.Context, digest wire.Digest) error {
	f, err := os.Open(s.objectPath(digest))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil // set aside by a reader
	case err != nil:
		return fault.New(fault.Storage, "vault: scrub", digest.String(), err)
	}
	forget(f)
	size, err := prove(f, digest, func(n int) error { return s.pace(ctx, n) })
	forget(f) // nor does it drive out what readers need
	switch {
	case fault.Is(err, fault.Corrupt):
		s.cfg.Logger.Error("object is damaged", slog.String("object", digest.String()), slog.Any("error", err))
		err = s.setAside(f, digest)
	case err == nil:
		s.metrics.scrubbed(size)
	}
	return errors.Join(err, f.Close())
}

// pace waits until n bytes may be read.
func (s *scrubber) pace(ctx context.Context, n int) error {
	rate := s.cfg.Rate
	if s.busy() {
		rate = max(1, rate/besides)
	}
	if err := pause.For(ctx, time.Duration(float64(n)/float64(rate)*float64(time.Second))); err != nil {
		return fault.New(fault.Timeout, "vault: scrub", "", err)
	}
	return nil
}

// busy reports whether uploads are under way.
func (d *Directory) busy() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.live) > 0
}

// keep makes durable how far the scrub is. A disk that is full keeps what was
// there: a restart then reads some objects twice.
func (s *scrubber) keep() error {
	const op = "vault: keep scrub"
	s.kept = s.cfg.Now()
	err := durable.WriteFile(filepath.Join(s.root, scrubFile), wire.Marshal(s.at), 0o600)
	if err == nil || kindOfWrite(err) == fault.Full {
		return nil
	}
	return fault.New(fault.Storage, op, s.root, err)
}
