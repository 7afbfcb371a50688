package tell

import (
	"context"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"time"

	"jaliya/hub/gateway"
	"jaliya/hub/gateway/mail"
	"jaliya/hub/gateway/peer"
	"jaliya/hub/gateway/sms"
	"jaliya/hub/ledger"
	"jaliya/internal/config"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/lang"
	"jaliya/internal/workflow"
)

// Reader gives how to reach the person of an order, from the packet; the opener
// is one. fault.NotFound when the packet tells none.
type Reader interface {
	Contact(ctx context.Context, o ledger.Order) (consular.Contact, consular.Language, error)
}

// Cases reads the case of an order; ledger.Views is one.
type Cases interface {
	CaseNumber(n uint64) (ledger.CaseView, error)
}

// Mailer hands a mail to a carrier.
type Mailer interface {
	Send(ctx context.Context, m mail.Message) (mail.Result, error)
}

// Texter hands a short message to a carrier.
type Texter interface {
	Send(ctx context.Context, m sms.Message) (sms.Report, error)
	Report(ctx context.Context, id string) (sms.Report, error)
}

// Config is the section [tell] of the hub's file.
type Config struct {
	Portal string `toml:"portal"` // address that messages name, without a query
	// Report is how long a report of delivery is waited for; then the message
	// counts as handed over, default 48h.
	Report config.Duration `toml:"report"`
}

// WithDefaults fills in what was left out.
func (c Config) WithDefaults() Config {
	peer.Or(&c.Report, config.Duration(48*time.Hour))
	return c
}

// maxPortal leaves room for the message.
const maxPortal = 30

// Validate names the key that breaks a rule.
func (c Config) Validate() error {
	if _, bad := peer.CheckURL(c.Portal); bad != nil || len(c.Portal) > maxPortal {
		return fault.New(fault.Invalid, "tell: validate config", "portal is an https address of at most 30 characters, without a query", nil)
	}
	return nil
}

// Needs is what a Notifier works with. All fields but Metrics are required, of
// Mail and SMS at least one.
type Needs struct {
	Cluster string // id of the cluster, part of every key: small letters, digits, hyphens
	Cases   Cases
	Reader  Reader
	Posts   *consular.Directory
	Words   *lang.Catalog
	Mail    Mailer
	SMS     Texter
	Now     func() time.Time
	Logger  *slog.Logger
	Metrics *Metrics
}

// Notifier carries out workflow.OrderNotify. Safe for concurrent use.
type Notifier struct {
	Needs

	cfg Config

	mu  sync.Mutex        // guards out
	out map[uint64]string // order -> carrier's id of a message that waits for its report
}

// New checks the configuration.
func New(cfg Config, needs Needs) (*Notifier, error) {
	cfg = cfg.WithDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	const op = "tell: new notifier"
	switch {
	case needs.Cases == nil || needs.Reader == nil || needs.Posts == nil || needs.Words == nil || needs.Now == nil || needs.Logger == nil:
		return nil, fault.New(fault.Invalid, op, "a required field is missing", nil)
	case needs.Mail == nil && needs.SMS == nil:
		return nil, fault.New(fault.Invalid, op, "neither mail nor sms is configured", nil)
	case needs.Cluster == "" || len(needs.Cluster) > 20:
		return nil, fault.New(fault.Invalid, op, "cluster", nil)
	}
	return &Notifier{Needs: needs, cfg: cfg, out: map[uint64]string{}}, nil
}

// Handlers gives what the gateway's worker needs.
func (n *Notifier) Handlers() map[workflow.Order]gateway.Handler {
	return map[workflow.Order]gateway.Handler{workflow.OrderNotify: n.Notify} //nolint:exhaustive // the order of this package
}

// Outcome is what became of a notice.
type Outcome uint8

// The outcomes.
const (
	Accepted  Outcome = 1 // a carrier has it; nobody knows more
	Delivered Outcome = 2 // a carrier's report says that the telephone has it
	Bounced   Outcome = 3 // every channel refused for good, or there is none
	Overtaken Outcome = 4 // the case moved on: there is nothing to tell any more
)

var outcomeNames = [...]string{"", "accepted", "delivered", "bounced", "overtaken"}

// String gives the outcome's name.
func (o Outcome) String() string { return outcomeNames[o] }

// Notify carries out workflow.OrderNotify.
func (n *Notifier) Notify(ctx context.Context, o ledger.Order) (gateway.Answer, error) {
	view, err := n.Cases.CaseNumber(o.Case)
	if err != nil {
		return gateway.Answer{}, err
	}
	occasion := occasionOf(view, o.Version)
	outcome := Overtaken
	if occasion != 0 {
		if outcome, err = n.tell(ctx, o, occasion, view); err != nil {
			return gateway.Answer{}, err
		}
	}
	n.forget(o.ID)
	n.Metrics.told(occasion, outcome)
	n.Logger.Info("person told", slog.Uint64("order", o.ID), slog.String("occasion", occasion.String()), slog.String("outcome", outcome.String()))
	if occasion == Place {
		return gateway.Answer{}, nil // it proves nothing of what the state waits for
	}
	return answer(view, o, outcome), nil
}

// answer says to the case what its table takes: some states hear of notices, in
// others nothing hangs on them.
func answer(view ledger.CaseView, o ledger.Order, outcome Outcome) gateway.Answer {
	said := workflow.Event(0)
	switch outcome {
	case Delivered:
		said = workflow.NoticeDelivered
	case Bounced:
		said = workflow.NoticeBounced
	case Accepted, Overtaken:
	}
	in := workflow.Input{Event: said, Actor: workflow.Hub, Seen: o.Version}
	if said == 0 || workflow.Check(view.Flow.Case(), in) != nil {
		return gateway.Answer{}
	}
	return gateway.Answer{Event: said, Actor: workflow.Hub}
}

// occasionOf gives what an order of a version is about; zero when the case has
// left that state, so that nobody comes for a card that was handed over.
func occasionOf(view ledger.CaseView, version uint64) Occasion {
	for _, line := range view.Timeline {
		if line.Version != version {
			continue
		}
		if rerouted(line) {
			return placeOf(view, version)
		}
		if line.State != view.Flow.State {
			return 0
		}
		if workflow.Event(line.Event) == workflow.ReminderDue {
			return Reminder
		}
		switch workflow.State(line.State) { //nolint:exhaustive // the states that order a notice
		case workflow.Ready:
			return Ready
		case workflow.Supplement, workflow.SupplementUntold, workflow.Recapture, workflow.IdentityQuery:
			return Action
		case workflow.PouchIncident, workflow.Discrepancy:
			return Moved
		case workflow.Issued:
			return Issued
		case workflow.Rejected, workflow.Revoked:
			return Decided
		case workflow.Canceled, workflow.NoResponse:
			return Stopped
		}
	}
	return 0
}

// rerouted reports whether a line of the timeline is another post of collection.
func rerouted(l ledger.Line) bool {
	return workflow.Event(l.Event) == workflow.PickupChanged || workflow.Event(l.Event) == workflow.TransferAsked
}

// placeOf is Place as long as nothing newer says where to collect: another
// change, the notice that it is ready, or the end.
func placeOf(view ledger.CaseView, version uint64) Occasion {
	newer := func(l ledger.Line) bool {
		return l.Version > version && (rerouted(l) || workflow.State(l.State) == workflow.Ready)
	}
	row, known := workflow.For(workflow.Kind(view.Flow.Kind)).State(workflow.State(view.Flow.State))
	if !known || row.Final || slices.ContainsFunc(view.Timeline, newer) {
		return 0
	}
	return Place
}

func (n *Notifier) forget(order uint64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.out, order)
}

// key names a message for ever.
func (n *Notifier) key(o ledger.Order) string {
	return "notice-" + n.Cluster + "-" + strconv.FormatUint(o.ID, 10)
}
