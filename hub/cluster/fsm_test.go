package cluster

import (
	"errors"
	"io"
	"testing"

	"github.com/hashicorp/raft"
	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
)

// fakeState answers with the index of each command and counts transactions.
type fakeState struct {
	position Position
	sizes    []int
	err      error
	short    bool
}

func (s *fakeState) Position() (Position, error) { return s.position, nil }

func (s *fakeState) Apply(entries []Entry) ([]any, error) {
	if s.err != nil {
		return nil, s.err
	}
	size := 0
	answers := make([]any, 0, len(entries))
	for _, e := range entries {
		size += len(e.Command)
		if e.Members != nil {
			answers = append(answers, nil)
			continue
		}
		answers = append(answers, e.Index)
	}
	s.sizes = append(s.sizes, size)
	if s.short {
		answers = answers[1:]
	}
	return answers, nil
}

func (s *fakeState) Persist(Position) error                                { return nil }
func (s *fakeState) Export(func(Position, int64, io.WriterTo) error) error { return s.err }
func (s *fakeState) Install(string, Position) error                        { return nil }

func newFakeFSM(t *testing.T) (*fsm, *fakeState, *[]error) {
	t.Helper()
	var left []error
	leave := func(err error) { left = append(left, err) }
	state := &fakeState{}
	snaps, err := newSnapshots(state, t.TempDir(), leave, newMetrics(nil))
	require.NoError(t, err)
	f, err := newFSM(state, leave)
	require.NoError(t, err)
	f.snaps = snaps
	return f, state, &left
}

// raft panics when the number of responses is not that of the entries.
func TestOneResponsePerEntry(t *testing.T) {
	f, state, left := newFakeFSM(t)
	var logs []*raft.Log
	for i := range uint64(100) {
		l := &raft.Log{Index: i + 1, Term: 1, Data: make([]byte, MaxProposal)}
		if i%10 == 3 {
			l.Type, l.Data = raft.LogConfiguration, []byte("members")
		}
		logs = append(logs, l)
	}
	responses := f.ApplyBatch(logs)
	require.Len(t, responses, len(logs))
	for i, r := range responses {
		if logs[i].Type == raft.LogConfiguration {
			require.Nil(t, r)
		} else {
			require.Equal(t, logs[i].Index, r)
		}
	}
	require.Greater(t, len(state.sizes), 1)
	for _, size := range state.sizes {
		require.LessOrEqual(t, size, applyBytes)
	}
	require.Equal(t, uint64(100), f.appliedIndex())
	require.Empty(t, *left)
	require.Equal(t, uint64(101), f.Apply(&raft.Log{Index: 101, Data: []byte("x")}))
	require.Empty(t, f.ApplyBatch(nil))
}

func TestApplyFailureStops(t *testing.T) {
	for name, spoil := range map[string]func(*fakeState){
		"ErrDisk":          func(s *fakeState) { s.err = errors.New("no disk") },
		"ErrResponseCount": func(s *fakeState) { s.short = true },
	} {
		t.Run(name, func(t *testing.T) {
			f, state, left := newFakeFSM(t)
			spoil(state)
			logs := []*raft.Log{{Index: 1, Data: []byte("a")}, {Index: 2, Data: []byte("b")}}
			for range 2 {
				responses := f.ApplyBatch(logs)
				require.Len(t, responses, 2)
				require.IsType(t, unapplied{}, responses[0])
				state.err, state.short = nil, false // it is not believed
			}
			require.Len(t, *left, 1)
			require.Zero(t, f.appliedIndex())
			_, err := f.Snapshot()
			require.Error(t, err)
			require.Error(t, f.waitApplied(t.Context(), 1))
		})
	}
}

// A snapshot taken before an install would take raft back to it.
func TestStaleLocalSnapshot(t *testing.T) {
	f, _, _ := newFakeFSM(t)
	local, err := f.Snapshot()
	require.NoError(t, err)
	f.snaps.installs++
	s, err := f.snaps.Create(raft.SnapshotVersionMax, 5, 1, raft.Configuration{}, 1, nil)
	require.NoError(t, err)
	require.True(t, fault.Is(local.Persist(s), fault.Stale))
	require.True(t, fault.Is(s.Close(), fault.Corrupt))
	_, err = f.snaps.Create(raft.SnapshotVersionMin, 5, 1, raft.Configuration{}, 1, nil)
	require.True(t, fault.Is(err, fault.Unsupported))
	_, _, err = f.snaps.Open("received-5")
	require.True(t, fault.Is(err, fault.NotFound))
}

func TestExportFailure(t *testing.T) {
	f, state, _ := newFakeFSM(t)
	state.err = errors.New("no disk")
	_, _, err := f.snaps.Open(liveID)
	require.ErrorIs(t, err, state.err)
	require.Empty(t, f.snaps.exports)
}
