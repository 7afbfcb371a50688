package hub

import (
	"maps"
	"time"

	"jaliya/hub/gateway"
	"jaliya/hub/gateway/records"
	"jaliya/internal/workflow"
)

// openRecords opens who asks the record offices, where some are configured:
// without them requests for records wait.
func (h *Hub) openRecords(list map[workflow.Order]gateway.Handler) (err error) {
	if h.cfg.Records == nil {
		return nil
	}
	h.records, err = records.New(*h.cfg.Records, records.Needs{
		Cluster: h.keys.cluster.String()[:clusterName], Cases: h.ledger, Resealer: h.sealer, Prover: h.sealer,
		Vault: h.vault, Now: time.Now, Logger: h.part("records"), Metrics: records.NewMetrics(h.metrics),
	})
	if err == nil {
		maps.Copy(list, h.records.Handlers())
	}
	return err
}
