package journal

import (
	"errors"
	"log/slog"
	"strconv"
	"time"

	"jaliya/internal/fault"
	"jaliya/internal/kv"
)

const (
	// shareCompact is the share of free pages from which compaction is due (D7).
	shareCompact = 0.5
	// smallStore is the size below which compaction costs nothing worth saving, and
	// is due at a smaller share: it also takes old pages with wrapped keys away.
	smallStore     = 64 << 20
	shareSmall     = 0.2
	leastFreePages = 64
	// logTurned is the size of a mirror's log from which the night begins another.
	logTurned = 1 << 20
	// compactReserve is what a compaction leaves free beside the copy.
	compactReserve = 64 << 20
)

// keyCompacted holds what the last compaction achieved.
var keyCompacted = []byte("compacted")

// Compaction says what the last compaction of journal.db achieved.
type Compaction struct {
	At     int64 `cbor:"1,keyasint" json:"at_ms"`        // wall clock, ms
	Before int64 `cbor:"2,keyasint" json:"before_bytes"` // size of the file
	After  int64 `cbor:"3,keyasint" json:"after_bytes"`
	Took   int64 `cbor:"4,keyasint" json:"took_ms"` // saves waited that long
}

// liveStore is what maintenance needs of a store besides transactions.
type liveStore interface {
	Stats() (kv.Stats, error)
	Compact() (kv.Compaction, error)
}

// Idle says for how long nobody at the post has saved anything.
func (j *Journal) Idle() time.Duration {
	j.mu.Lock()
	defer j.mu.Unlock()
	return time.Since(j.worked)
}

// work notes that somebody saved something.
func (j *Journal) work() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.worked = time.Now()
}

// Due reports whether the free pages are worth a compaction.
func (j *Journal) Due() (bool, error) {
	store, ok := j.store.(liveStore)
	if !ok {
		return false, nil
	}
	s, err := store.Stats()
	if err != nil || s.FreePages < leastFreePages {
		return false, err
	}
	return s.FreeRatio >= shareCompact || s.Used < smallStore && s.FreeRatio >= shareSmall, nil
}

// Compact gives the space of free pages back to the disk while the journal is in
// use (D7). Saves wait meanwhile, readers do not. On a disk without room for the
// copy the ballast is given up for it, and taken again afterwards (D8); fault.Full
// when even that is not enough. A mirror whose log has grown is written anew.
func (j *Journal) Compact() (Compaction, error) {
	const op = "journal: compact"
	store, ok := j.store.(liveStore)
	if !ok {
		return Compaction{}, fault.New(fault.Unsupported, op, "", nil)
	}
	if err := j.usable(op); err != nil {
		return Compaction{}, err
	}
	s, err := store.Stats()
	if err != nil {
		return Compaction{}, err
	}
	refill, err := j.makeRoom(s.Used - int64(s.FreeRatio*float64(s.Used)) + compactReserve)
	if err != nil {
		return Compaction{}, err
	}
	done, err := store.Compact()
	if refill {
		j.refill()
	}
	if err != nil {
		return Compaction{}, err
	}
	c := Compaction{At: done.At.UnixMilli(), Before: done.Before, After: done.After, Took: done.Took.Milliseconds()}
	_, err = j.update(func(w kv.Writer) error { return w.Put(bucketMeta, keyCompacted, encodeHeld(c)) })
	j.logger.Info("journal compacted", slog.Int64("before", c.Before), slog.Int64("after", c.After), slog.Int64("ms", c.Took))
	return c, err
}

// makeRoom wants need bytes free on the disk, and says whether the ballast was
// given up for them.
func (j *Journal) makeRoom(need int64) (released bool, err error) {
	free, err := kv.FreeSpace(j.dir)
	if err != nil || free >= need {
		return false, err
	}
	var held int64
	if j.ballast != nil {
		if held, err = j.ballast.Held(); err != nil {
			return false, err
		}
	}
	if free+held < need {
		return false, fault.New(fault.Full, "journal: compact", strconv.FormatInt(need, 10)+" bytes are needed for the copy", nil)
	}
	return true, j.ballast.Release()
}

func (j *Journal) refill() {
	if err := j.ballast.Fill(); err != nil {
		j.logger.Warn("the ballast is not held", slog.String("error", err.Error()))
	}
}

// Compacted gives the last compaction, zero for none.
func (j *Journal) Compacted() (Compaction, error) {
	return view(j, func(r kv.Reader) (Compaction, error) {
		raw := r.Get(bucketMeta, keyCompacted)
		if raw == nil {
			return Compaction{}, nil
		}
		return decodeHeld[Compaction]("journal: read compaction", "", raw)
	})
}

// Tonight does what the night is for: it compacts when that is due, lets a mirror
// begin a new base, and takes a ballast again that was given up.
func (j *Journal) Tonight() error {
	due, err := j.Due()
	if err != nil {
		return err
	}
	if due {
		if _, err = j.Compact(); fault.Is(err, fault.Full) {
			j.logger.Warn("no room to compact the journal", slog.String("error", err.Error()))
			err = nil
		}
	}
	if j.mirror != nil && j.mirror.Status().Log > logTurned {
		j.mirror.Retry()
	}
	return errors.Join(err, j.holdAgain())
}

// holdAgain takes the ballast when there is room again.
func (j *Journal) holdAgain() error {
	if j.ballast == nil {
		return nil
	}
	held, err := j.ballast.Held()
	if err != nil || held > 0 {
		return err
	}
	if err := j.ballast.Fill(); err != nil && !fault.Is(err, fault.Full) {
		return err
	}
	return nil
}
