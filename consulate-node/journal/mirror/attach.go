package mirror

import (
	"crypto/sha256"
	"errors"
	"log/slog"
	"path/filepath"
	"time"

	"jaliya/internal/fault"
	"jaliya/internal/kv"
)

func digestOf(value []byte) [32]byte { return sha256.Sum256(value) }

var errBehind = errors.New("the journal has gone on without it")

// Attach compares the mirror with the journal in store, which is at a position of
// the chain, nil for none. What only the mirror has is put into the journal,
// proved by the chain; set writes the new position. Whatever is wrong with the
// mirror, a disk that does not answer included, is in its status; an error is the
// journal's.
func (m *Mirror) Attach(store kv.Store, at *Position, set func(kv.Writer, Position) error) error {
	if at != nil {
		m.note(*at)
	}
	var found attached
	r := replay{dir: m.o.Dir, store: store, set: set}
	err := error(errSlow)
	if !m.hangs() {
		err = m.attend(func(p *pulse) error {
			r.p = p
			return m.compare(p, at, &r, &found)
		})
	}
	if r.put > 0 {
		m.o.Logger.Warn("journal completed from the mirror", slog.Int("transactions", r.put))
		m.note(r.reached)
	}
	switch {
	case fault.Is(r.broke, fault.Full): // it has no room for what the mirror has
		err = errors.Join(errHistory, r.broke)
	case r.broke != nil:
		return r.broke
	}
	if err != nil {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.owed = r.put > 0 // whatever of its files came back
		m.failed(err)
		m.complain("start", err)
		return nil // a second disk stops nobody
	}
	m.good(found.log, found.base, time.Time{})
	return nil
}

// attached is what a start takes into use.
type attached struct {
	log  *logFile
	base int64
}

// compare does what Attach says on the second disk.
func (m *Mirror) compare(p *pulse, at *Position, r *replay, found *attached) error {
	h, err := m.find(p)
	if err == nil && at == nil {
		err = errBehind
	}
	if err != nil {
		return err
	}
	ok, err := h.After(*at, r.add)
	if err == nil && ok {
		err = r.flush()
	}
	switch {
	case err != nil:
		return err
	case !ok:
		return errBehind
	}
	if r.put > 0 {
		if err := m.restoreTrees(p); err != nil {
			return err
		}
	}
	log, err := h.open()
	if err != nil {
		return err
	}
	base := sizeOf(filepath.Join(m.o.Dir, h.base))
	err = p.here(func() error {
		*found = attached{log: log, base: base}
		return nil
	})
	if err != nil {
		return errors.Join(err, log.close())
	}
	return nil
}

// find gives what the disk holds of this node.
func (m *Mirror) find(p *pulse) (History, error) {
	if err := m.check(); err != nil {
		return History{}, err
	}
	h, err := find(m.o.Dir, p)
	if err == nil && h.Node != m.o.Node {
		err = errHistory
	}
	return h, err
}

// good takes a log into use. m.mu is held, or nobody else has m yet.
func (m *Mirror) good(log *logFile, base int64, based time.Time) {
	m.log, m.said = log, ""
	m.tell(func(s *Status) {
		s.State, s.Reason, s.Since, s.Next, s.Base, s.Log = Good, "", time.Now(), time.Time{}, base, log.end
		if !based.IsZero() {
			s.Based = based
		}
	})
	m.hold(log.last, log.end)
}
