package hub

import (
	"context"
	"log/slog"
	"maps"
	"time"

	"jaliya/hub/gateway"
	"jaliya/hub/gateway/centre"
	"jaliya/hub/gateway/pouch"
	"jaliya/hub/gateway/records"
	"jaliya/hub/ledger"
	"jaliya/hub/opener"
	"jaliya/internal/fault"
	"jaliya/internal/workflow"
)

// desks are what carries a case on inside the ministry: verification, the
// production sites, the pouches.
type desks struct {
	sealer  *opener.Sealer
	centre  *centre.Connector  // nil: no site is configured
	records *records.Connector // nil: no record office is configured
	pouches *pouch.Desk
	outside carriers
}

// handlers builds the desks and gives who carries out which order.
func (h *Hub) handlers() (map[workflow.Order]gateway.Handler, error) {
	o, err := opener.New(h.keys.intake, h.ledger, h.vault)
	if err != nil {
		return nil, err
	}
	if h.sealer, err = opener.NewSealer(o, h.ledger); err != nil {
		return nil, err
	}
	list := make(map[workflow.Order]gateway.Handler)
	list[workflow.OrderExamine] = o.Examine
	list[workflow.OrderSummary] = h.summary
	list[workflow.OrderPrint] = h.print
	if !h.cfg.Verify.ByHand {
		list[workflow.OrderVerify] = gateway.PassByRule
	}
	if h.cfg.Centre != nil {
		if h.centre, err = h.openCentre(*h.cfg.Centre); err != nil {
			return nil, err
		}
		maps.Copy(list, h.centre.Handlers())
	}
	if err := h.openRecords(list); err != nil {
		return nil, err
	}
	if err := h.openCarriers(list); err != nil {
		return nil, err
	}
	h.pouches, err = pouch.New(h.cfg.Pouch, pouch.Needs{
		State: h.ledger, Sealer: h.sealer, Serial: h.serial, Commit: h.ask, Leading: h.cluster.IsLeader,
		Now: time.Now, Logger: h.log.With(slog.String("component", "pouch")),
	})
	if err != nil {
		return nil, err
	}
	maps.Copy(list, h.pouches.Handlers())
	return list, nil
}

// clusterName is the part of the cluster's id that jobs are named after.
const clusterName = 12

func (h *Hub) openCentre(cfg centre.Config) (*centre.Connector, error) {
	return centre.New(cfg, centre.Needs{
		Cluster: h.keys.cluster.String()[:clusterName], Cases: h.ledger, Resealer: h.sealer,
		News: centre.NewNews(h.cluster, time.Now), Now: time.Now,
		Logger: h.log.With(slog.String("component", "centre")), Metrics: centre.NewMetrics(h.metrics),
	})
}

// summary carries out workflow.OrderSummary.
func (h *Hub) summary(ctx context.Context, o ledger.Order) (gateway.Answer, error) {
	tell, err := h.sealer.Summary(ctx, o)
	if err != nil || len(tell.Sealed) == 0 {
		return gateway.Answer{}, err
	}
	tell.Time = time.Now().UnixMilli()
	return gateway.Answer{}, h.propose(ctx, tell)
}

// serial asks the site that made a card for its serial.
func (h *Hub) serial(ctx context.Context, number uint64) (string, error) {
	if h.centre == nil {
		return "", fault.New(fault.Unavailable, "hub: ask serial", "no production site is configured", nil)
	}
	card, err := h.centre.CardOf(ctx, number)
	return card.Serial, err
}
