package node

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"runtime"
	"time"

	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/journal/mirror"
	"jaliya/consulate-node/ship"
	"jaliya/internal/fault"
	"jaliya/internal/telemetry"
)

// pathInside is where the running node tells a doctor how it stands, on its
// admin listener.
const pathInside = "/inside"

// Inside is what only the running process knows. It holds nothing of a person.
type Inside struct {
	Build      telemetry.Build  `json:"build"`
	PID        int              `json:"pid"`
	Goroutines int              `json:"goroutines"`
	Heap       uint64           `json:"heap_bytes"`
	Taken      uint64           `json:"system_bytes"`
	Journal    journal.Standing `json:"journal"`
	Latched    string           `json:"latched,omitempty"` // why the journal takes nothing any more
	Capture    string           `json:"capture"`           // "open", or the code of why no visit can begin
	Space      journal.Space    `json:"space"`
	Mirror     mirror.Status    `json:"mirror"`

	Compacted journal.Compaction `json:"compacted"`

	Warnings []string         `json:"warnings,omitempty"`
	Link     ship.Status      `json:"link"`
	Health   telemetry.Report `json:"health"`
}

// Inside looks at this process.
func (n *Node) Inside(ctx context.Context) (Inside, error) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	in := Inside{
		Build: telemetry.BuildInfo(), PID: os.Getpid(), Goroutines: runtime.NumGoroutine(), Heap: m.HeapAlloc, Taken: m.Sys,
		Capture: "open", Warnings: n.journal.Warnings(), Link: n.ship.Status(), Health: n.health.Report(ctx),
	}
	if err := n.journal.CanCapture(maxEnrolment); err != nil {
		in.Capture = fault.KindOf(err).Code()
	}
	if err := n.journal.Latched(); err != nil {
		in.Latched = fault.KindOf(err).Code()
		return in, nil
	}
	var err error
	if in.Journal, err = n.journal.Standing(); err != nil {
		return in, err
	}
	in.Mirror = n.journal.Mirror()
	if in.Compacted, err = n.journal.Compacted(); err != nil {
		return in, err
	}
	in.Space, err = n.journal.Space()
	return in, err
}

// adminHandler answers what every program answers, and the doctor.
func (n *Node) adminHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", telemetry.AdminHandler(n.metrics, n.health))
	mux.HandleFunc("GET "+PathLimits, n.serveLimits)
	mux.HandleFunc("GET "+pathInside, func(w http.ResponseWriter, r *http.Request) {
		in, err := n.Inside(r.Context())
		if err != nil {
			http.Error(w, fault.KindOf(err).Code(), http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		_ = json.NewEncoder(w).Encode(in) // who asked has gone, there is nobody to tell
	})
	return mux
}

// stopped is what the disk tells of a node that does not run.
func (c Config) stopped() (Inside, error) {
	st, err := journal.Look(c.journalDir())
	return Inside{Journal: st}, err
}

// known is the best known moment of the hub: this machine's clock never stands
// before it.
func (n national) known() time.Time {
	if n.Heard == 0 {
		return time.Time{}
	}
	return time.UnixMilli(n.Heard)
}
