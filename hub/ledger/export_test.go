package ledger

import (
	"jaliya/internal/consular"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// FlowOf is for tests: the stored form of a case must lose nothing.
var FlowOf = flowOf

// Known is for tests: what a feature level knows.
var Known = known

// LowerFeature is for tests: it makes the cluster one of an older level.
func LowerFeature(w kv.Writer, level uint32) error {
	held, _, err := load[Cluster](w, inMeta, keyCluster)
	if err != nil {
		return err
	}
	held.Feature = level
	return store(w, inMeta, keyCluster, held)
}

// PutState is for tests: it puts a case into a state, with the document at a post.
func PutState(w kv.Writer, n uint64, state workflow.State, holder consular.PostID) error {
	c, _, err := load[Case](w, inCases, number(n))
	if err != nil {
		return err
	}
	c.Flow.State, c.Flow.Holder = uint8(state), holder
	return store(w, inCases, number(n), c)
}

// ChangeStored is for tests: it rewrites a committed entry, checksum and all.
func ChangeStored(w kv.Writer, commit uint64, change func(*Stored)) error {
	s, _, err := load[Stored](w, inEntries, number(commit))
	if err != nil {
		return err
	}
	change(&s)
	return store(w, inEntries, number(commit), s)
}

// PutTree is for tests: it rewrites a hash of the tree.
func PutTree(w kv.Writer, at uint64, d wire.Digest) error {
	return w.Put(inTree, number(at), guard(inTree, number(at), d[:]))
}

// ForgetAct is for tests: it removes the leaf of a command.
func ForgetAct(w kv.Writer, leaf uint64) error { return w.Delete(inActs, number(leaf)) }
