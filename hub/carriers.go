package hub

import (
	"log/slog"
	"maps"
	"time"

	"jaliya/hub/gateway"
	"jaliya/hub/gateway/charge"
	"jaliya/hub/gateway/mail"
	"jaliya/hub/gateway/peer"
	"jaliya/hub/gateway/sms"
	"jaliya/hub/gateway/stamp"
	"jaliya/hub/gateway/tell"
	"jaliya/internal/consular"
	"jaliya/internal/lang"
	"jaliya/internal/workflow"
)

// carriers are the outside systems that reach the person: payment, mail, SMS.
// Each is nil when its section is not in the configuration.
type carriers struct {
	stamp  *stamp.Connector
	charge *charge.Desk
	sms    *sms.Connector
}

// openCarriers opens what is configured and adds who tells people to the list:
// without a carrier their orders stay open.
func (h *Hub) openCarriers(list map[workflow.Order]gateway.Handler) (err error) {
	if h.cfg.Stamp != nil {
		h.outside.stamp, err = stamp.New(*h.cfg.Stamp, stamp.Needs{
			Now: time.Now, Logger: h.part("stamp"), Metrics: peer.NewMetrics(h.metrics, "stamp"),
		})
		if err != nil {
			return err
		}
	}
	if err := h.openCharge(list); err != nil {
		return err
	}
	if h.cfg.Tell == nil {
		return nil
	}
	needs := tell.Needs{
		Cluster: h.keys.cluster.String()[:clusterName], Cases: h.ledger, Reader: h.sealer, Now: time.Now,
		Logger: h.part("tell"), Metrics: tell.NewMetrics(h.metrics),
	}
	if needs.Posts, err = consular.BuiltInDirectory(); err != nil {
		return err
	}
	if needs.Words, err = lang.Open(); err != nil {
		return err
	}
	if h.cfg.Mail != nil {
		needs.Mail, err = mail.New(*h.cfg.Mail, mail.Needs{
			Now: time.Now, Logger: h.part("mail"), Metrics: peer.NewMetrics(h.metrics, "mail"),
		})
		if err != nil {
			return err
		}
	}
	if h.cfg.SMS != nil {
		h.outside.sms, err = sms.New(*h.cfg.SMS, sms.Needs{
			Now: time.Now, Logger: h.part("sms"), Metrics: peer.NewMetrics(h.metrics, "sms"),
		})
		if err != nil {
			return err
		}
		needs.SMS = h.outside.sms
	}
	teller, err := tell.New(*h.cfg.Tell, needs)
	if err != nil {
		return err
	}
	maps.Copy(list, teller.Handlers())
	return nil
}

// openCharge opens who asks for fees, where a payment service is configured.
func (h *Hub) openCharge(list map[workflow.Order]gateway.Handler) error {
	if h.outside.stamp == nil {
		return nil
	}
	fees, err := consular.BuiltInFees()
	if err != nil {
		return err
	}
	h.outside.charge, err = charge.New(charge.Needs{
		Cluster: h.keys.cluster.String()[:clusterName], Portal: h.cfg.Portals.Address, Cases: h.ledger,
		Service: h.outside.stamp, Fees: fees, Commit: h.propose, Now: time.Now,
	})
	if err == nil {
		maps.Copy(list, h.outside.charge.Handlers())
	}
	return err
}

func (h *Hub) part(name string) *slog.Logger { return h.log.With(slog.String("component", name)) }

func (c carriers) close() {
	if c.stamp != nil {
		c.stamp.Close()
	}
	if c.sms != nil {
		c.sms.Close()
	}
}
