package gateway

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"jaliya/hub/ledger"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/workflow"
)

// Answer is what became of an order: an event for its case. The zero Event
// says that the order is done and the case need not move.
type Answer struct {
	Event  workflow.Event
	Actor  workflow.Actor
	Reason consular.RefusalReason
	Facts  ledger.Facts
}

// Handler carries out one order. It may be asked twice for the same order id.
// An error is a failed attempt: the order stays open and is tried again later.
type Handler func(ctx context.Context, o ledger.Order) (Answer, error)

// State is what the worker reads of the ledger.
type State interface {
	OpenOrders(kind uint8, now int64, n int) ([]ledger.Order, error)
	Watch() (applied uint64, changed <-chan struct{})
}

// Proposer commits a command and gives what the ledger answered.
type Proposer interface {
	Propose(ctx context.Context, command []byte) (answer any, index uint64, err error)
}

// Config is what a Worker needs. All fields but Metrics are required.
type Config struct {
	State    State
	Proposer Proposer
	Leading  func() bool
	Handlers map[workflow.Order]Handler
	Now      func() time.Time
	Logger   *slog.Logger
	Metrics  *Metrics
}

// Limits of the worker.
const (
	ordersAtOnce = 32               // of one kind looked at in one round
	handlers     = 8                // handlers of one kind running at once
	patience     = 15 * time.Minute // of one handler; its attempt has failed then
	retryFirst   = 2 * time.Second  // pause after the first failed attempt
	retryMost    = 10 * time.Minute
	idleRound    = time.Second           // a round even if nothing changed: retries become due
	roundPause   = 20 * time.Millisecond // between rounds: the state changes far more often than orders come
)

// Worker carries out orders.
type Worker struct{ cfg Config }

// New checks the configuration.
func New(cfg Config) (*Worker, error) {
	const op = "gateway: new worker"
	if cfg.State == nil || cfg.Proposer == nil || cfg.Leading == nil || cfg.Now == nil || cfg.Logger == nil {
		return nil, fault.New(fault.Invalid, op, "a required field is missing", nil)
	}
	if len(cfg.Handlers) == 0 {
		return nil, fault.New(fault.Invalid, op, "no handler: no order would ever be carried out", nil)
	}
	return &Worker{cfg: cfg}, nil
}

// Run works until ctx ends, each kind of order in a line of its own. Only
// storage that fails to be read ends it earlier.
func (w *Worker) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for kind, handle := range w.cfg.Handlers {
		l := &line{
			Worker: w, kind: kind, handle: handle, freed: make(chan struct{}, 1),
			under: map[uint64]context.CancelFunc{}, failed: map[uint64]failure{},
		}
		g.Go(func() error { return l.run(ctx) })
	}
	return g.Wait()
}

// carryOut runs one order and proposes its outcome. A proposal that fails
// leaves the order open, to be carried out again.
func (w *Worker) carryOut(ctx context.Context, o ledger.Order, handle Handler) error {
	name := workflow.Order(o.Kind).String()
	answer, err := handle(ctx, o)
	w.cfg.Metrics.order(name, err)
	if err != nil && ctx.Err() != nil && !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return nil // stopped, or no longer the leader: not an attempt
	}
	c := ledger.CompleteOrder{Time: w.cfg.Now().UnixMilli(), Order: o.ID}
	if in, waiting := later(err, o.Attempts); err != nil {
		c.Retry = w.cfg.Now().Add(in).UnixMilli()
		c.Text = fault.KindOf(err).String()
		if waiting {
			c.Text = ledger.Waiting
		}
		w.cfg.Logger.Log(ctx, severity(waiting), "order failed", slog.String("order", name), slog.Any("id", o.ID), slog.Any("attempt", o.Attempts+1), slog.String("kind", fault.KindOf(err).String()), slog.Any("error", err))
	} else {
		c.Event, c.Actor = uint8(answer.Event), uint16(answer.Actor)
		c.Reason, c.Facts = uint16(answer.Reason), answer.Facts
	}
	// What was done is said even if the time for doing it is over.
	saying, cancel := context.WithTimeout(context.WithoutCancel(ctx), sayPatience)
	defer cancel()
	err = w.propose(saying, c)
	if err != nil {
		w.cfg.Logger.Warn("order result not taken", slog.String("order", name), slog.Any("id", o.ID), slog.String("kind", fault.KindOf(err).String()), slog.Any("error", err))
	}
	return err
}

func severity(waiting bool) slog.Level {
	if waiting {
		return slog.LevelDebug
	}
	return slog.LevelWarn
}

// sayPatience is how long an outcome may take to be committed.
const sayPatience = 10 * time.Second

func (w *Worker) propose(ctx context.Context, c ledger.CompleteOrder) error {
	raw, err := ledger.Encode(c)
	if err != nil {
		return err
	}
	answer, _, err := w.cfg.Proposer.Propose(ctx, raw)
	if err != nil {
		return err
	}
	result, ok := answer.(ledger.Result)
	if !ok {
		return fault.New(fault.Internal, "gateway: propose", "answer", nil)
	}
	return result.Err()
}

// pause grows from 2 s to 10 min.
func pause(attempts uint32) time.Duration {
	return min(retryMost, retryFirst<<min(attempts, 9))
}
