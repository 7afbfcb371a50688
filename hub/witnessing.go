package hub

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"jaliya/hub/gateway/witness"
	"jaliya/internal/durable"
	"jaliya/internal/fault"
	"jaliya/internal/pause"
)

// fileWitnessed holds the newest checkpoint that the witness cosigned.
const fileWitnessed = "witnessed.note"

const (
	// witnessRetry is how soon the witness is asked again after a time that failed.
	witnessRetry = 30 * time.Second
	// witnessTurn is how soon a member notices that it leads.
	witnessTurn = time.Second
)

// witnessing is how the log stands with the witness outside.
type witnessing struct {
	client *witness.Client // nil: nobody witnesses
	shown  *witness.Metrics

	mu   sync.Mutex // guards what follows
	held witness.Cosigned
	err  error // of the last time, nil when it cosigned
}

// openWitness builds the client, where a witness is configured, and proves what it
// cosigned before.
func (h *Hub) openWitness() error {
	if h.cfg.Witness == nil {
		return nil
	}
	w := &h.witness
	w.shown = witness.NewMetrics(h.metrics)
	var err error
	w.client, err = witness.New(witness.Options{Config: *h.cfg.Witness, Log: h.ledger, Signer: h.keys.signer, Now: time.Now})
	if err != nil {
		return err
	}
	raw, err := os.ReadFile(h.witnessedPath())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fault.New(fault.Storage, "hub: read", fileWitnessed, err)
	}
	if w.held, err = w.client.Recall(raw); err != nil {
		h.log.Warn("what the witness cosigned before is not kept", slog.Any("error", err))
		return nil
	}
	w.shown.Recalled(w.held.At)
	return nil
}

func (h *Hub) witnessedPath() string { return filepath.Join(h.cfg.Dir, fileWitnessed) }

// keepWitnessed has the witness cosign the log while this member leads.
func (h *Hub) keepWitnessed(ctx context.Context) error {
	if h.witness.client == nil {
		return nil
	}
	every := h.cfg.Witness.WithDefaults().Every.Std()
	for ctx.Err() == nil {
		next := witnessTurn
		if h.cluster.IsLeader() {
			if next = every; !h.askWitness(ctx) {
				next = witnessRetry
			}
		}
		_ = pause.For(ctx, next) // the loop sees that ctx ended
	}
	return nil
}

// askWitness asks once, and reports whether the log is cosigned.
func (h *Hub) askWitness(ctx context.Context) bool {
	w := &h.witness
	got, err := w.client.Ask(ctx)
	if err == nil {
		err = durable.WriteFile(h.witnessedPath(), got.Note, 0o600)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		return false
	case err != nil:
		w.err = err
		w.shown.Failed(err)
		h.log.Warn("the witness has not cosigned", slog.String("kind", fault.KindOf(err).String()), slog.Any("error", err))
		return false
	}
	w.held, w.err = got, nil
	w.shown.Cosigned(got.At)
	return true
}

// witnessed is what the witness cosigned last. Errors: NotFound.
func (h *Hub) witnessed() (witness.Cosigned, error) {
	w := &h.witness
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.held.Note == nil {
		return witness.Cosigned{}, fault.New(fault.NotFound, "hub: ask for a witnessed checkpoint", "", nil)
	}
	return w.held, nil
}

// witnessAgrees is a check of health: the witness has seen no other history.
func (h *Hub) witnessAgrees(context.Context) error {
	h.witness.mu.Lock()
	defer h.witness.mu.Unlock()
	if fault.Is(h.witness.err, fault.Fork) {
		return h.witness.err
	}
	return nil
}
