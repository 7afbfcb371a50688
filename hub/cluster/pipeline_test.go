package cluster

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/raft"
	"github.com/stretchr/testify/require"
)

// full is a pipeline whose reader has ended: it has no place until it is closed.
type full struct{ closed chan struct{} }

func (f full) AppendEntries(*raft.AppendEntriesRequest, *raft.AppendEntriesResponse) (raft.AppendFuture, error) {
	<-f.closed
	return nil, raft.ErrPipelineShutdown
}

func (f full) Consumer() <-chan raft.AppendFuture { return nil }

func (f full) Close() error {
	close(f.closed)
	return nil
}

// TestAFullPipelineEnds: a sender of raft is not kept for ever by a pipeline that
// nobody reads any more.
func TestAFullPipelineEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		p := boundedPipeline{full{make(chan struct{})}, 20 * time.Second}
		_, err := p.AppendEntries(nil, nil)
		require.ErrorIs(t, err, raft.ErrPipelineShutdown)
		require.Equal(t, 20*time.Second, time.Since(begun))
	})
}
