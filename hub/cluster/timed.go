package cluster

// timedState watches the two writes of a State that raft waits for (D14).
type timedState struct {
	State
	watch *watch
}

// Apply implements State.
func (t timedState) Apply(entries []Entry) ([]any, error) {
	defer t.watch.start(opApply)()
	return t.State.Apply(entries)
}
