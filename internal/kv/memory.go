package kv

import (
	"bytes"
	"errors"
	"maps"
	"sync"

	"jaliya/internal/fault"
)

const (
	subjectMemory = "memory store"

	maxKeySize = 32768 // bbolt's
)

// Memory is the Store without a disk, for simulation: deterministic, ordered
// like a Bolt, with a history that backups and crashes go back to. The
// simulator's side of it is in memory_sim.go.
type Memory struct {
	writer sync.Mutex   // writers take turns
	mu     sync.RWMutex // guards the fields below
	state  versions
	down   error // why the store answers nothing until Reopen; nil when up
	closed bool
	plan   plan
	poison bool
}

// versions is one immutable state: a bucket's tree under its name. A change
// replaces the map.
type versions map[string]*tree

var _ Store = (*Memory)(nil)

// NewMemory gives an empty store.
func NewMemory() *Memory { return &Memory{state: versions{}} }

// NewStrictMemory gives an empty store that overwrites every slice it returned
// when the transaction ends, which is what bbolt's pages may do: a caller that
// kept one without copying reads rubbish. It is slower.
func NewStrictMemory() *Memory { return &Memory{state: versions{}, poison: true} }

// View runs fn on the newest committed state.
func (m *Memory) View(fn func(Reader) error) error {
	tx, err := m.start(opView)
	if err != nil {
		return err
	}
	defer tx.end()
	return fn(tx)
}

// Update runs fn and commits, as Store says.
func (m *Memory) Update(fn func(Writer) error) error {
	m.writer.Lock()
	defer m.writer.Unlock()
	tx, err := m.start(opUpdate)
	if err != nil {
		return err
	}
	defer tx.end()
	if err := fn(tx); err != nil {
		return err
	}
	if tx.err != nil {
		return tx.err
	}
	return m.commit(tx.state)
}

// Close makes the store answer fault.Unavailable until Reopen.
func (m *Memory) Close() error {
	m.writer.Lock()
	defer m.writer.Unlock()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	return nil
}

func (m *Memory) start(op string) (*memoryTx, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	switch {
	case m.down != nil:
		return nil, fault.New(fault.Storage, op, subjectMemory, m.down)
	case m.closed:
		return nil, fault.New(fault.Unavailable, op, subjectMemory, errors.New("store is closed"))
	}
	return &memoryTx{state: m.state, poison: m.poison}, nil
}

// memoryTx is one transaction on a Memory.
type memoryTx struct {
	state  versions
	own    bool // state is a copy of this transaction
	err    error
	poison bool
	lent   [][]byte
}

func (t *memoryTx) end() {
	for _, b := range t.lent {
		for i := range b {
			b[i] = 0xdd
		}
	}
}

// lend gives out what the caller may read until the end of the transaction.
func (t *memoryTx) lend(b []byte) []byte {
	if !t.poison || b == nil {
		return b
	}
	b = append(make([]byte, 0, len(b)), b...)
	t.lent = append(t.lent, b)
	return b
}

// Get implements Reader.
func (t *memoryTx) Get(bucket, key []byte) []byte {
	return t.lend(t.state[string(bucket)].get(key))
}

// Ascend implements Reader.
func (t *memoryTx) Ascend(bucket, from []byte, yield func(key, value []byte) bool) {
	t.state[string(bucket)].ascend(from, func(k, v []byte) bool { return yield(t.lend(k), t.lend(v)) })
}

// Descend implements Reader.
func (t *memoryTx) Descend(bucket, from []byte, yield func(key, value []byte) bool) {
	t.state[string(bucket)].descend(from, func(k, v []byte) bool { return yield(t.lend(k), t.lend(v)) })
}

// Put implements Writer; key and value are copied.
func (t *memoryTx) Put(bucket, key, value []byte) error {
	switch {
	case len(bucket) == 0:
		return t.fail(fault.Invalid, "bucket name required")
	case len(key) == 0:
		return t.fail(fault.Invalid, "key required")
	case len(key) > maxKeySize:
		return t.fail(fault.TooLarge, "key too large")
	}
	value = append(make([]byte, 0, len(value)), value...) // never nil
	t.set(bucket, t.state[string(bucket)].put(bytes.Clone(key), value))
	return nil
}

// Delete implements Writer.
func (t *memoryTx) Delete(bucket, key []byte) error {
	if old := t.state[string(bucket)]; old != nil {
		t.set(bucket, old.drop(key))
	}
	return nil
}

func (t *memoryTx) set(bucket []byte, to *tree) {
	if !t.own {
		t.state, t.own = maps.Clone(t.state), true
	}
	t.state[string(bucket)] = to
}

func (t *memoryTx) fail(kind fault.Kind, why string) error {
	f := fault.New(kind, opPut, subjectMemory, errors.New(why))
	if t.err == nil {
		t.err = f
	}
	return f
}
