package sim_test

import (
	"jaliya/hub/intake"
	"jaliya/hub/ledger"
	"jaliya/internal/wire"
)

// As in hub/intake/proposer.go.
const (
	maxFlights   = 4
	proposalRoom = ledger.MaxCommand - 1024
)

// push hands a verified batch to the admitter.
func (h *hub) push(i intake.Item) {
	h.queue.Push(i)
	h.pump()
}

// pump assembles proposals, as the admitter of intake does.
func (h *hub) pump() {
	for h.up && h.flights < maxFlights {
		items := h.queue.Next(proposalRoom)
		if len(items) == 0 {
			return
		}
		h.flights++
		h.admit(items)
	}
}

func (h *hub) admit(items []intake.Item) {
	c := ledger.Admit{Time: h.millis(), Batches: make([]ledger.AdmitBatch, len(items))}
	for n, i := range items {
		c.Batches[n] = i.Batch
	}
	h.propose(c, &c, func(r ledger.Result, err error) {
		if err == nil {
			err = r.Err()
		}
		if err == nil && len(r.Batches) != len(items) {
			h.violated("admit", "%d results for %d batches", len(r.Batches), len(items))
			return
		}
		h.flights--
		for n, i := range items {
			if err != nil {
				i.Done(ledger.BatchResult{}, err)
				continue
			}
			i.Done(r.Batches[n], nil)
		}
		h.queue.Landed(items)
		h.pump()
	})
}

// open has the ledger grant a session number.
func (h *hub) open(node wire.NodeID, done func(uint64, error)) {
	h.propose(ledger.OpenSession{Time: h.millis(), Node: node}, nil, func(r ledger.Result, err error) {
		if err == nil {
			err = r.Err()
		}
		done(r.Session, err)
	})
}
