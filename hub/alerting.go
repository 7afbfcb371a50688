package hub

import (
	"context"
	"net/http"
	"time"

	"jaliya/hub/gateway/mail"
	"jaliya/hub/gateway/peer"
	"jaliya/hub/watch/alert"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/lang"
)

// writesToOperators tells whether the mail server carries alerts.
func (c Config) writesToOperators() bool { return c.Alert != nil && len(c.Alert.Mail) > 0 }

func (c Config) validateAlert() error {
	if c.Alert == nil {
		return nil
	}
	if c.writesToOperators() && c.Mail == nil {
		return fault.New(fault.Invalid, "hub: validate config", "alert.mail needs the section mail", nil)
	}
	return c.Alert.Validate()
}

// openAlert builds who tells operators, where it is configured. Its mail has a
// connector of its own: citizens' mail that is left alone does not silence it.
func (h *Hub) openAlert(posts *consular.Directory) error {
	if h.cfg.Alert == nil {
		return nil
	}
	needs := alert.Needs{
		Cluster: h.keys.cluster.String()[:clusterName], Watch: h.watch.watcher, State: h.ledger, Leading: h.cluster.IsLeader,
		Commit: h.propose, Posts: posts, Now: time.Now, Logger: h.part("alert"), Metrics: alert.NewMetrics(h.metrics),
	}
	var err error
	if needs.Words, err = lang.Open(); err != nil {
		return err
	}
	if h.cfg.writesToOperators() {
		carrier, err := mail.New(*h.cfg.Mail, mail.Needs{
			Now: time.Now, Logger: h.part("alert"), Metrics: peer.NewMetrics(h.metrics, "alertmail"),
		})
		if err != nil {
			return err
		}
		needs.Mailer = carrier
	}
	h.watch.alerter, err = alert.New(*h.cfg.Alert, needs)
	return err
}

func (h *Hub) keepAlerting(ctx context.Context) error {
	if h.watch.alerter == nil {
		return nil
	}
	return h.watch.alerter.Run(ctx)
}

func (h *Hub) testAlert(ctx context.Context, _ struct{}) ([]alert.Outcome, error) {
	if h.watch.alerter == nil {
		return nil, fault.New(fault.NotFound, "hub: test alerts", "the configuration has no section alert", nil)
	}
	return h.watch.alerter.Test(ctx), nil
}

// AskAlertTest asks a running member to send a test on every channel of alerts.
func AskAlertTest(ctx context.Context, c Config) ([]alert.Outcome, error) {
	return ask[[]alert.Outcome](ctx, c, http.MethodPost, "/alert/test", struct{}{})
}
