package handover

import "jaliya/internal/wire"

// FailAt makes the transactions fail for which fail gives an error.
func (h *Handover) FailAt(fail func(wire.Kind) error) { h.step = fail }
