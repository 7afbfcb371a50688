package cluster

import (
	"errors"

	"github.com/hashicorp/raft"

	"jaliya/internal/fault"
)

const opReconcile = "cluster: compare log and state"

// reconcile makes log and state agree before raft starts (rule 9). A log that
// ends below the state, or that holds another term where the state is, has
// nothing to give: what the state has applied is committed, so everything from
// there on in such a log is not. It is cleared, and the leader sends the rest.
//
// A log that begins above what the state needs next, or a state without the
// term and vote that belong to it, means that a file was lost or put back from a
// copy: fault.Corrupt, and the member must not start (D15).
func reconcile(log *logStore, stable *stableStore, p Position) (cleared bool, err error) {
	if err := sameLife(log, stable, p); err != nil {
		return false, err
	}
	first, last := log.bounds()
	stale := false
	switch {
	case last == 0:
		return false, nil
	case last < p.Index:
		stale = true
	case p.Index > 0:
		stale, err = otherTerm(log, p)
	}
	if err == nil && stale {
		err = log.DeleteRange(first, last)
	}
	return stale, err
}

func sameLife(log *logStore, stable *stableStore, p Position) error {
	first, _ := log.bounds()
	if first > p.Index+1 {
		return fault.New(fault.Corrupt, opReconcile, subjectIndex(p.Index),
			errors.New("the log begins later: the state file was lost or is an old copy; remove this member and join it anew"))
	}
	if p.Index == 0 {
		return nil
	}
	term, err := stable.GetUint64(keyCurrentTerm)
	if errors.Is(err, errNotFound) || (err == nil && term < p.Term) {
		return fault.New(fault.Corrupt, opReconcile, subjectIndex(p.Index),
			errors.New("the raft file, with the votes given, was lost or is an old copy; remove this member and join it anew"))
	}
	return err
}

// otherTerm looks at the entry where the state is. It may be missing only when a
// snapshot was installed over older entries and the log goes on behind it.
func otherTerm(log *logStore, p Position) (bool, error) {
	var l raft.Log
	err := log.GetLog(p.Index, &l)
	if !errors.Is(err, raft.ErrLogNotFound) {
		return err == nil && l.Term != p.Term, err
	}
	if err = log.GetLog(p.Index+1, &l); errors.Is(err, raft.ErrLogNotFound) {
		err = fault.New(fault.Corrupt, opReconcile, subjectIndex(p.Index+1),
			errors.New("the log has a hole; remove this member and join it anew"))
	}
	return false, err
}
