package cluster

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/hashicorp/raft"

	"jaliya/internal/fault"
)

const (
	// liveID is the one snapshot that this store lists: the state as it is.
	liveID       = "live"
	incomingName = "incoming.state"

	opPersist  = "cluster: persist snapshot"
	opSnapshot = "cluster: open snapshot"
)

var (
	errInstalled  = errors.New("a received snapshot replaced the state meanwhile")
	errInstalling = errors.New("a received snapshot is being installed")
)

// snapshots is raft.SnapshotStore over a State (D10). A snapshot taken here is
// metadata only: the state file is always newer than any of them. Its one listed
// snapshot is the live state, and opening it streams the file as it is then. A
// received snapshot is a file on its own until the rename that installs it.
type snapshots struct {
	state   State
	dir     string
	leave   func(error)
	metrics *metrics

	mu         sync.Mutex // guards all below
	exports    map[*export]struct{}
	installing bool
	installs   uint64    // received snapshots installed since start
	received   *incoming // complete, not yet installed
}

var _ raft.SnapshotStore = (*snapshots)(nil)

// newSnapshots reaps what a crash left of a received snapshot: it was never
// visible, so nobody misses it (rule 7).
func newSnapshots(state State, dir string, leave func(error), m *metrics) (*snapshots, error) {
	s := &snapshots{state: state, dir: dir, leave: leave, metrics: m, exports: make(map[*export]struct{})}
	return s, s.reap()
}

func (s *snapshots) incomingPath() string { return filepath.Join(s.dir, incomingName) }

func (s *snapshots) reap() error {
	if err := os.Remove(s.incomingPath()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fault.New(fault.Storage, opRestore, s.incomingPath(), err)
	}
	return nil
}

// local stands for the state as it is; see localSnapshot.
func (s *snapshots) local() *localSnapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &localSnapshot{snaps: s, installs: s.installs}
}

// Create begins a snapshot, which becomes a local one by persist or a received
// one by Write.
//
//nolint:revive // the signature is raft's
func (s *snapshots) Create(version raft.SnapshotVersion, index, term uint64, members raft.Configuration,
	membersIndex uint64, _ raft.Transport,
) (raft.SnapshotSink, error) {
	if version != raft.SnapshotVersionMax {
		return nil, fault.New(fault.Unsupported, opPersist, subjectIndex(index), errors.New("snapshot version"))
	}
	return &sink{store: s, position: Position{
		Index: index, Term: term,
		Members: raft.EncodeConfiguration(members), MembersIndex: membersIndex,
	}}, nil
}

// List describes the live state, or nothing when it is empty.
func (s *snapshots) List() ([]*raft.SnapshotMeta, error) {
	p, err := s.state.Position()
	if err != nil || p.Index == 0 {
		return nil, err
	}
	return []*raft.SnapshotMeta{metaOf(p, liveID, 0)}, nil
}

func metaOf(p Position, id string, size int64) *raft.SnapshotMeta {
	m := &raft.SnapshotMeta{
		Version: raft.SnapshotVersionMax, ID: id, Index: p.Index, Term: p.Term,
		ConfigurationIndex: p.MembersIndex, Size: size,
	}
	if len(p.Members) > 0 {
		m.Configuration = raft.DecodeConfiguration(p.Members)
	}
	return m
}

// Open gives the live state as a stream, or the received snapshot for Restore.
func (s *snapshots) Open(id string) (*raft.SnapshotMeta, io.ReadCloser, error) {
	if id == liveID {
		return s.openLive()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.received == nil || s.received.id() != id {
		return nil, nil, fault.New(fault.NotFound, opSnapshot, id, nil)
	}
	return metaOf(s.received.position, id, s.received.size), s.received, nil
}

func (s *snapshots) openLive() (*raft.SnapshotMeta, io.ReadCloser, error) {
	s.mu.Lock()
	if s.installing {
		s.mu.Unlock()
		return nil, nil, fault.New(fault.Unavailable, opSnapshot, liveID, errInstalling)
	}
	e := newExport(s)
	s.exports[e] = struct{}{}
	s.mu.Unlock()
	p, size, err := e.begin()
	if err != nil {
		_ = e.Close() // the reason is err
		return nil, nil, err
	}
	return metaOf(p, liveID, size), e, nil
}

func (s *snapshots) forget(e *export) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.exports, e)
}

// install is called by Restore, after everything that was handed over before
// has been applied. It refuses a snapshot that is not ahead of that: the entries
// between would be applied a second time (D11.5). raft has not touched its log
// yet at this moment.
func (s *snapshots) install(rc io.ReadCloser) error {
	if w, ok := rc.(raft.ReadCloserWrapper); ok {
		rc = w.WrappedReadCloser()
	}
	in, ok := rc.(*incoming)
	if !ok {
		return fault.New(fault.Internal, opRestore, "", errNotOurs)
	}
	s.stopExports()
	err := s.replace(in)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.installing = false
	s.received = nil
	if err == nil {
		s.installs++
	}
	s.metrics.installed(err)
	return err
}

func (s *snapshots) replace(in *incoming) error {
	err := s.ahead(in.position)
	if err == nil {
		err = s.state.Install(in.path, in.position)
	}
	if err != nil && !fault.Is(err, fault.Storage) {
		return errors.Join(err, s.reap())
	}
	return err
}

// ahead answers fault.Stale unless p is above what the state has applied.
func (s *snapshots) ahead(p Position) error {
	have, err := s.state.Position()
	if err != nil {
		return err
	}
	if p.Index <= have.Index {
		return fault.New(fault.Stale, opRestore, subjectIndex(p.Index),
			errors.New("the state is at "+subjectIndex(have.Index)))
	}
	return nil
}

// stopExports ends all streams out: Install waits for readers of the file, and
// a follower that reads slowly must not hold it up (rule 8).
func (s *snapshots) stopExports() {
	s.mu.Lock()
	s.installing = true
	running := make([]*export, 0, len(s.exports))
	for e := range s.exports {
		running = append(running, e)
	}
	s.mu.Unlock()
	for _, e := range running {
		_ = e.Close() // never fails
	}
}
