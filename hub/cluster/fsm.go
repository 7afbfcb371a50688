package cluster

import (
	"context"
	"errors"
	"io"
	"strconv"
	"sync"

	"github.com/hashicorp/raft"

	"jaliya/internal/fault"
)

const (
	// applyBytes is how much one transaction of the state takes (D13).
	applyBytes = 8 << 20

	opApply   = "cluster: apply entries"
	opRestore = "cluster: install snapshot"
)

// fsm is the bridge between raft and the State. raft calls Apply, ApplyBatch,
// Snapshot and Restore from one goroutine, Persist from another.
type fsm struct {
	state State
	snaps *snapshots
	leave func(error)

	answers answers // to what others proposed for this member

	mu      sync.Mutex    // guards all below
	applied uint64        // what the state has on disk
	changed chan struct{} // closed and replaced when applied or failed changes
	failed  error         // the disk failed: nothing is applied any more
}

var _ raft.BatchingFSM = (*fsm)(nil)

// unapplied is the response to an entry that could not be applied because the
// disk failed; the outcome is unknown to the proposer.
type unapplied struct{ err error }

func newFSM(state State, leave func(error)) (*fsm, error) {
	p, err := state.Position()
	if err != nil {
		return nil, err
	}
	return &fsm{state: state, leave: leave, applied: p.Index, changed: make(chan struct{})}, nil
}

// Apply is ApplyBatch of one.
func (f *fsm) Apply(l *raft.Log) any { return f.ApplyBatch([]*raft.Log{l})[0] }

// Snapshot captures nothing: the state file is the snapshot (D10).
func (f *fsm) Snapshot() (raft.FSMSnapshot, error) { return f.snaps.local(), f.failure() }

// Restore puts a received file in the place of the state.
func (f *fsm) Restore(rc io.ReadCloser) error { return f.settle(f.snaps.install(rc)) }

// ApplyBatch gives raft's entries to the state and returns exactly one response
// for each, whatever its type: raft panics otherwise.
func (f *fsm) ApplyBatch(logs []*raft.Log) []any {
	responses := make([]any, 0, len(logs))
	for rest := toEntries(logs); len(rest) > 0; {
		n := fitting(rest)
		responses = append(responses, f.apply(rest[:n])...)
		rest = rest[n:]
	}
	return responses
}

func toEntries(logs []*raft.Log) []Entry {
	entries := make([]Entry, len(logs))
	for i, l := range logs {
		entries[i] = Entry{Index: l.Index, Term: l.Term}
		if l.Type == raft.LogConfiguration {
			entries[i].Members = l.Data
		} else {
			entries[i].Command = l.Data
		}
	}
	return entries
}

// fitting says how many entries, at least one, go into one transaction.
func fitting(entries []Entry) int {
	size := 0
	for i, e := range entries {
		size += len(e.Command) + len(e.Members)
		if i > 0 && size > applyBytes {
			return i
		}
	}
	return len(entries)
}

func (f *fsm) apply(entries []Entry) []any {
	err := f.failure()
	if err == nil {
		var responses []any
		responses, err = f.state.Apply(entries)
		if err == nil && len(responses) != len(entries) {
			err = fault.New(fault.Internal, opApply, strconv.Itoa(len(responses))+" responses to "+
				strconv.Itoa(len(entries))+" entries", nil)
		}
		if err == nil {
			f.answers.note(entries, responses)
			f.advance(entries[len(entries)-1].Index)
			return responses
		}
		f.fail(err)
	}
	failed := make([]any, len(entries))
	for i := range failed {
		failed[i] = unapplied{err}
	}
	return failed
}

// settle learns the position after an install.
func (f *fsm) settle(err error) error {
	if fault.Is(err, fault.Storage) {
		f.fail(err)
	}
	if err != nil {
		return err
	}
	p, err := f.state.Position()
	if err != nil {
		f.fail(err)
		return err
	}
	f.advance(p.Index)
	return nil
}

func (f *fsm) advance(index uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.applied = max(f.applied, index)
	f.wake()
}

// fail stops all applying and makes the process leave.
func (f *fsm) fail(err error) {
	f.mu.Lock()
	if f.failed == nil {
		f.failed = err
		f.wake()
	}
	f.mu.Unlock()
	f.leave(err)
}

// wake wants mu held.
func (f *fsm) wake() {
	close(f.changed)
	f.changed = make(chan struct{})
}

func (f *fsm) failure() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.failed
}

func (f *fsm) appliedIndex() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.applied
}

// waitApplied returns when the state has applied index.
func (f *fsm) waitApplied(ctx context.Context, index uint64) error {
	for {
		f.mu.Lock()
		applied, failed, changed := f.applied, f.failed, f.changed
		f.mu.Unlock()
		switch {
		case failed != nil:
			return failed
		case applied >= index:
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// localSnapshot is what raft calls a snapshot taken here: a promise that the
// state holds everything up to an index.
type localSnapshot struct {
	snaps    *snapshots
	installs uint64 // how many installs there had been when it was taken
}

var errNotOurs = errors.New("not a sink of this store")

// Persist makes the index that raft truncates its log by durable in the state.
func (l *localSnapshot) Persist(s raft.SnapshotSink) error {
	ours, ok := s.(*sink)
	if !ok {
		return fault.New(fault.Internal, opPersist, s.ID(), errNotOurs)
	}
	return ours.persist(l.installs)
}

// Release has nothing to release.
func (l *localSnapshot) Release() {}
