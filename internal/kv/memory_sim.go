package kv

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"jaliya/internal/fault"
)

// errCrash is the cause that a store gives after a simulated crash.
var errCrash = errors.New("simulated crash")

// plan is what the simulator wants of the next commit.
type plan struct {
	err  error // nil: commit as usual
	keep bool  // the change survives although the commit fails
}

// FailNextCommit makes the next commit fail with err, its change lost, and
// latches the store until Reopen.
func (m *Memory) FailNextCommit(err error) { m.set(plan{err: err}) }

// CrashBeforeCommit makes the process die in the next commit before it is
// durable: the change is lost, and all calls fail until Reopen.
func (m *Memory) CrashBeforeCommit() { m.set(plan{err: errCrash}) }

// CrashAfterCommit makes the process die in the next commit after it became
// durable and before Update could say so.
func (m *Memory) CrashAfterCommit() { m.set(plan{err: errCrash, keep: true}) }

func (m *Memory) set(p plan) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.plan = p
}

func (m *Memory) commit(to versions) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.plan
	m.plan = plan{}
	if p.err == nil || p.keep {
		m.state = to
	}
	if p.err == nil {
		return nil
	}
	m.down = p.err
	return fault.New(fault.Storage, opUpdate, subjectMemory, fmt.Errorf("outcome unknown: %w", p.err))
}

// Latched gives the failed commit that latched the store, nil when it works.
func (m *Memory) Latched() error {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.down
}

// Reopen starts the process again: the store answers from what was durable.
func (m *Memory) Reopen() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.down, m.closed, m.plan = nil, false, plan{}
}

// Clone takes a backup: an independent store with the same durable state, at no
// cost.
func (m *Memory) Clone() *Memory {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return &Memory{state: m.state, poison: m.poison}
}

// Restore puts the durable state of a backup in the place of this one's.
func (m *Memory) Restore(backup *Memory) {
	backup.mu.RLock()
	state := backup.state
	backup.mu.RUnlock()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.state = state
}

// Len gives the number of pairs in bucket.
func (m *Memory) Len(bucket []byte) int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.state[string(bucket)].len()
}

// Flipped says which bit FlipBit changed.
type Flipped struct {
	Bucket, Key []byte
	Bit         int // of the value, counted from its first byte
}

// FlipBit changes one bit of one stored value, as a failing disk does: each
// value is as likely as any other. It reports false when there is none that has
// a bit. Backups keep the good value.
func (m *Memory) FlipBit(r *rand.Rand) (Flipped, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	names := slices.Sorted(maps.Keys(m.state)) // map order would not repeat
	total := 0
	for _, name := range names {
		total += m.state[name].len()
	}
	if total == 0 {
		return Flipped{}, false
	}
	at := r.IntN(total)
	for _, name := range names {
		n := m.state[name].len()
		if at >= n {
			at -= n
			continue
		}
		key, value := m.state[name].at(at)
		if len(value) == 0 {
			return Flipped{}, false
		}
		f := Flipped{Bucket: []byte(name), Key: bytes.Clone(key), Bit: r.IntN(8 * len(value))}
		bad := bytes.Clone(value)
		bad[f.Bit/8] ^= 1 << (f.Bit % 8)
		m.state = maps.Clone(m.state)
		m.state[name] = m.state[name].put(key, bad)
		return f, true
	}
	return Flipped{}, false
}
