package alert

import (
	"context"
	"crypto/rand"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"jaliya/hub/ledger"
	"jaliya/hub/watch"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/lang"
)

// Watch is what is known of needs.
type Watch interface {
	Picture(ctx context.Context) (watch.Picture, error)
}

// State is what the ledger remembers of them.
type State interface {
	Needs() ([]ledger.Need, error)
}

// Needs is what an Alerter works with. All fields but Mailer, which addresses
// need, and Metrics are required.
type Needs struct {
	Cluster string // short name of the hub
	Watch   Watch
	State   State
	Leading func() bool
	Commit  func(context.Context, ledger.Command) error
	Mailer  Mailer
	Words   *lang.Catalog
	Posts   *consular.Directory
	Now     func() time.Time
	Logger  *slog.Logger
	Metrics *Metrics
}

func (n Needs) complete() bool {
	return n.Cluster != "" && n.Watch != nil && n.State != nil && n.Leading != nil && n.Commit != nil &&
		n.Words != nil && n.Posts != nil && n.Now != nil && n.Logger != nil
}

// Alerter tells while this member leads.
type Alerter struct {
	Needs

	console string
	rule    rule
	hook    *hook

	mu       sync.Mutex // guards what the channels remember
	channels []*channel
}

// homeZone is that of the hub, whose time mails tell.
const homeZone = "Africa/Casablanca"

// New reads secrets and certificates and gives an alerter that told nothing.
func New(cfg Config, needs Needs) (*Alerter, error) {
	const op = "alert: new alerter"
	cfg = cfg.WithDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if !needs.complete() {
		return nil, fault.New(fault.Invalid, op, "a required field is missing", nil)
	}
	if len(cfg.Mail) > 0 && needs.Mailer == nil {
		return nil, fault.New(fault.Invalid, op, "alert.mail needs the section mail", nil)
	}
	home, err := time.LoadLocation(homeZone)
	if err != nil {
		return nil, fault.New(fault.Internal, op, homeZone, err)
	}
	a := &Alerter{Needs: needs, console: cfg.Console, rule: rule{least: cfg.least(), wait: cfg.Wait.Std()}}
	w := letter{words: needs.Words.Printer(cfg.Language), posts: needs.Posts, home: home}
	for i, to := range cfg.Mail {
		a.add(channel{name: "mail-" + strconv.Itoa(i+1), send: byMail(needs.Mailer, to, w)})
	}
	if cfg.Webhook != nil {
		if a.hook, err = newHook(*cfg.Webhook, needs.Now); err != nil {
			return nil, err
		}
		a.add(channel{name: "webhook", send: a.hook.send, pulse: cfg.Webhook.Pulse.Std()})
	}
	return a, nil
}

func (a *Alerter) add(c channel) {
	c.done = map[mark]bool{}
	a.channels = append(a.channels, &c)
}

// Close lets idle connections go.
func (a *Alerter) Close() {
	if a.hook != nil {
		a.hook.close()
	}
}

// every is how often it looks for something to tell.
const every = 10 * time.Second

// Run tells until ctx ends. A channel that fails is logged when it begins to, and
// tried again: the hub works without it.
func (a *Alerter) Run(ctx context.Context) error {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	failing := false
	for {
		err := a.look(ctx)
		if err != nil && !failing && ctx.Err() == nil {
			a.Logger.Warn("nothing is told", slog.String("kind", fault.KindOf(err).String()), slog.Any("error", err))
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// look tells what is new and has the ledger note it.
func (a *Alerter) look(ctx context.Context) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.Leading() {
		a.rest()
		return nil
	}
	p, err := a.Watch.Picture(ctx)
	if err != nil {
		return err
	}
	marks, err := a.State.Needs()
	if err != nil {
		return err
	}
	list := lines(p, marks, a.rule)
	lasting := map[string]bool{}
	for _, n := range p.Needs {
		lasting[n.Key] = true
	}
	for _, c := range a.channels {
		c.forget(lasting, list)
	}
	a.tell(ctx, list, open(p, a.rule))
	return a.note(ctx, list)
}

// rest forgets what this member owed: another one leads, and tells.
func (a *Alerter) rest() {
	for _, c := range a.channels {
		if c.failures > 0 || len(c.owed) > 0 || len(c.done) > 0 {
			a.Metrics.calm(c.name)
		}
		c.done, c.owed, c.failures, c.next = map[mark]bool{}, nil, 0, time.Time{}
	}
}

// tell gives each channel what is to be told there, all at once: a slow one does
// not hold up the others by more than its own time limit.
func (a *Alerter) tell(ctx context.Context, list, lasting []Line) {
	var telling sync.WaitGroup
	now := a.Now()
	for _, c := range a.channels {
		todo := c.todo(list)
		kind := kindNeeds
		if len(todo) == 0 {
			kind = kindPulse
		}
		if now.Before(c.next) || len(todo) == 0 && (c.pulse == 0 || now.Sub(c.spoke) < c.pulse) {
			continue
		}
		m := a.message(kind, todo, lasting)
		telling.Go(func() {
			err := c.send(ctx, m)
			if ctx.Err() != nil {
				return
			}
			if err != nil && c.failures == 0 {
				a.Logger.Error("a channel of alerts fails", slog.String("channel", c.name),
					slog.String("kind", fault.KindOf(err).String()), slog.Any("error", err))
			}
			c.judge(m, err)
			a.Metrics.said(c.name, err)
		})
	}
	telling.Wait()
}

// message builds one. A pulse or a test is named for nothing: its id is drawn.
func (a *Alerter) message(kind string, list, lasting []Line) message {
	m := message{kind: kind, hub: a.Cluster, console: a.console, at: a.Now(), lines: list, open: lasting}
	if kind == kindNeeds {
		m.id = nameOf(a.Cluster, list)
	} else {
		m.id = kind + "-" + strings.ToLower(rand.Text())
	}
	return m
}

// note has the ledger keep what at least one channel delivered. The others owe
// it, for as long as this member leads.
func (a *Alerter) note(ctx context.Context, list []Line) error {
	var noted []Line
	c := ledger.NoteAlert{Time: a.Now().UnixMilli()}
	for _, l := range list {
		for _, ch := range a.channels {
			if ch.done[l.mark()] {
				noted, c.Lines = append(noted, l), append(c.Lines, l.note())
				break
			}
		}
	}
	if len(noted) == 0 {
		return nil
	}
	if err := a.Commit(ctx, c); err != nil {
		return err
	}
	for _, ch := range a.channels {
		ch.settle(noted)
	}
	return nil
}

// Outcome is what became of a test on one channel.
type Outcome struct {
	Channel string `json:"channel"`
	Good    bool   `json:"good"`
	Reason  string `json:"reason,omitempty"` // without addresses and a server's words
}

// Test sends a message without news on every channel, from any member, and says
// what became of each. It changes nothing of what is owed.
func (a *Alerter) Test(ctx context.Context) []Outcome {
	list := make([]Outcome, len(a.channels))
	var telling sync.WaitGroup
	for i, c := range a.channels {
		m := a.message(kindTest, nil, nil)
		telling.Go(func() {
			list[i] = Outcome{Channel: c.name, Good: true}
			if err := c.send(ctx, m); err != nil {
				list[i] = Outcome{Channel: c.name, Reason: err.Error()}
			}
		})
	}
	telling.Wait()
	return list
}
