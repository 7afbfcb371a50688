package hub

import (
	"io"

	"jaliya/hub/cluster"
	"jaliya/hub/ledger"
)

// replicated lets the cluster drive the ledger: neither imports the other.
type replicated struct{ *ledger.Ledger }

// Position gives how far the state has come.
func (r replicated) Position() (cluster.Position, error) {
	p, err := r.Ledger.Position()
	return cluster.Position(p), err
}

// Apply changes the state by committed entries.
func (r replicated) Apply(entries []cluster.Entry) ([]any, error) {
	in := make([]ledger.Entry, len(entries))
	for i, e := range entries {
		in[i] = ledger.Entry(e)
	}
	return r.Ledger.Apply(in)
}

// Persist moves the stored position forward.
func (r replicated) Persist(p cluster.Position) error { return r.Ledger.Persist(ledger.Position(p)) }

// Export gives a consistent image of the state file.
func (r replicated) Export(fn func(p cluster.Position, size int64, content io.WriterTo) error) error {
	return r.Ledger.Export(func(p ledger.Position, size int64, content io.WriterTo) error {
		return fn(cluster.Position(p), size, content)
	})
}

// Install replaces the state by a received image.
func (r replicated) Install(path string, p cluster.Position) error {
	return r.Ledger.Install(path, ledger.Position(p))
}
