// Package owners finds out whose entries name what a vault has lost to its disk,
// so that somebody can be asked to bring it again (D47). It stands between the
// vault, which reads nothing of what it keeps, and intake, which asks.
//
// Guarantee: it reads the ledger in small views with pauses between them, so that
// a vault that lost much holds up no other reader; what no entry names is looked
// for again, because the entry may have been on its way.
package owners

import (
	"context"
	"log/slog"
	"time"

	"jaliya/hub/ledger"
	"jaliya/internal/fault"
	"jaliya/internal/pause"
	"jaliya/internal/wire"
)

const (
	// headersAtOnce is how many entries are looked through in one view.
	headersAtOnce = 256
	// lookPause lies between two of them: the ledger has other readers.
	lookPause = 2 * time.Millisecond
	// lookAgain is when objects that no entry names are looked for once more: the
	// entry may have been on its way.
	lookAgain = time.Hour
)

// State is what is read of the ledger.
type State interface {
	Nodes() ([]ledger.Node, error)
	// Histories gives how far each incarnation of a node is committed.
	Histories(node wire.NodeID, n int) ([]wire.Position, error)
	// HeadersAfter gives entries without bodies that follow a position.
	HeadersAfter(after wire.Position, n int) ([]ledger.Stored, error)
}

// Vault is what lost something.
type Vault interface {
	// Wanted gives what was lost and has not come back, and a channel that closes
	// at the next change of it.
	Wanted() ([]wire.Digest, <-chan struct{})
}

// Digests is a set of objects.
type Digests map[wire.Digest]bool

// Seeker looks for owners. All fields are required.
type Seeker struct {
	Vault  Vault
	State  State
	Logger *slog.Logger
	// Found is told, whenever that changes, which objects entries of each node
	// name, and all that is wanted. It keeps neither for the seeker.
	Found func(of map[wire.NodeID]Digests, wanted Digests)
}

// Run seeks whenever what is wanted changes, until ctx ends.
func (s Seeker) Run(ctx context.Context) error {
	known := map[wire.Digest][]wire.NodeID{}
	for {
		list, changed := s.Vault.Wanted()
		wanted, unknown := Digests{}, Digests{}
		for _, d := range list {
			wanted[d] = true
			if len(known[d]) == 0 {
				unknown[d] = true
			}
		}
		for d := range known {
			if !wanted[d] {
				delete(known, d)
			}
		}
		if err := s.lookThrough(ctx, unknown, known); err != nil && ctx.Err() == nil {
			s.Logger.Warn("who has damaged objects is not known", slog.String("kind", fault.KindOf(err).String()), slog.Any("error", err))
		}
		of := map[wire.NodeID]Digests{}
		for d, nodes := range known {
			delete(unknown, d)
			for _, node := range nodes {
				if of[node] == nil {
					of[node] = Digests{}
				}
				of[node][d] = true
			}
		}
		s.Found(of, wanted)
		again := (<-chan time.Time)(nil)
		if len(unknown) > 0 {
			again = time.After(lookAgain)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		case <-again:
		}
	}
}

// lookThrough goes through the entries of all nodes that may still come, for those
// that name what is unknown, and adds to known whose they are.
func (s Seeker) lookThrough(ctx context.Context, unknown Digests, known map[wire.Digest][]wire.NodeID) error {
	if len(unknown) == 0 {
		return nil
	}
	nodes, err := s.State.Nodes()
	if err != nil {
		return err
	}
	for _, node := range nodes {
		if node.Revoked {
			continue
		}
		histories, err := s.State.Histories(node.ID, wire.MaxOthers+wire.MaxHistories)
		if err != nil {
			return err
		}
		found := Digests{}
		for _, at := range histories {
			if err := s.lookIn(ctx, at, unknown, found); err != nil {
				return err
			}
		}
		for d := range found {
			known[d] = append(known[d], node.ID)
		}
	}
	return nil
}

// lookIn goes through one history.
func (s Seeker) lookIn(ctx context.Context, history wire.Position, unknown, found Digests) error {
	at := wire.Position{Node: history.Node, Incarnation: history.Incarnation}
	for {
		list, err := s.State.HeadersAfter(at, headersAtOnce)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, stored := range list {
			header, err := wire.DecodeHeader(stored.Header)
			if err != nil {
				return err
			}
			for _, image := range header.Images {
				if unknown[image.Digest] {
					found[image.Digest] = true
				}
			}
		}
		at = list[len(list)-1].At
		if err := pause.For(ctx, lookPause); err != nil {
			return err
		}
	}
}
