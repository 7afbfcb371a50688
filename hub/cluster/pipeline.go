package cluster

import (
	"time"

	"github.com/hashicorp/raft"
)

// pipelined is raft's transport whose pipelines do not wait for ever. In hashicorp/raft
// 1.8.0 the reader of a pipeline ends at the first refusal (pipelineDecode); if
// requests fill it at that moment, the sender waits for a place that nobody frees:
// that member gets nothing more, and raft's own shutdown waits for the sender.
type pipelined struct {
	*raft.NetworkTransport
	limit time.Duration
}

// AppendEntriesPipeline implements raft.Transport.
func (t pipelined) AppendEntriesPipeline(id raft.ServerID, target raft.ServerAddress) (raft.AppendPipeline, error) {
	p, err := t.NetworkTransport.AppendEntriesPipeline(id, target)
	if err != nil {
		return nil, err
	}
	return boundedPipeline{p, t.limit}, nil
}

// boundedPipeline is closed when it takes no request in time; raft then goes back
// to one request at a time, and later to a new pipeline.
type boundedPipeline struct {
	raft.AppendPipeline
	limit time.Duration
}

// AppendEntries implements raft.AppendPipeline.
func (p boundedPipeline) AppendEntries(args *raft.AppendEntriesRequest, resp *raft.AppendEntriesResponse) (raft.AppendFuture, error) {
	timer := time.AfterFunc(p.limit, func() { _ = p.Close() }) // the sender learns it by its own error
	defer timer.Stop()
	return p.AppendPipeline.AppendEntries(args, resp)
}
