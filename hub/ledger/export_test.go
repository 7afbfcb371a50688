package ledger

import "jaliya/internal/kv"

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
