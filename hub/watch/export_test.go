package watch

import (
	"context"

	"jaliya/hub/ledger"
	"jaliya/internal/workflow"
)

// Forecast is forecast and fullIn.
func Forecast(hours []ledger.HourPoint, reserve int64) (perDay int64, days int) {
	perDay = forecast(hours)
	last := hours[len(hours)-1]
	return perDay, fullIn(Disk{Free: int64(last.Free), Total: int64(last.Total), PerDay: perDay}, reserve)
}

// KindName is kindName.
func KindName(k workflow.Kind) string { return kindName(k) }

// Fingerprint is fingerprint.
func Fingerprint(p Picture) uint64 { return fingerprint(p) }

// Look is one beat of Run.
func (w *Watcher) Look(ctx context.Context) error { return w.look(ctx) }
