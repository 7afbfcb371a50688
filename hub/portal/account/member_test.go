package account_test

import (
	"context"
	"slices"
	"sync"
	"time"

	"jaliya/hub/ledger"
	"jaliya/hub/opener"
	"jaliya/hub/rpc"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// member answers as a member of the hub does, over the world's ledger, and
// breaks down when told to.
type member struct {
	w *world

	mu      sync.Mutex // guards all below
	down    error      // what every question is answered
	lost    error      // what a filing is answered after it was committed
	filings int
	notices []rpc.Notice
	forged  bool
	paid    bool // what the payment service says, before the hub knows
	pages   map[string]string
	hook    func() // before the next answer about an open request, once
}

// reason is the code of an entry that was not taken, as a member sends it.
type reason string

func (r reason) Error() string { return string(r) }

func (r reason) Code() string { return string(r) }

func (m *member) set(change func(m *member)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change(m)
}

func (m *member) broken() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.down
}

func (m *member) Keys(context.Context) (rpc.Keys, error) {
	if err := m.broken(); err != nil {
		return rpc.Keys{}, err
	}
	held, err := m.w.Cluster()
	if err != nil {
		return rpc.Keys{}, err
	}
	return rpc.Keys{Cluster: held.ID, Intake: held.Intake[len(held.Intake)-1], Time: m.w.now().UnixMilli()}, nil
}

func (m *member) File(_ context.Context, in rpc.Filing) (rpc.Filed, error) {
	if err := m.broken(); err != nil {
		return rpc.Filed{}, err
	}
	r, err := m.w.commit(ledger.File{Time: m.w.now().UnixMilli(), Header: in.Header, Body: in.Body})
	if r.Reason != 0 {
		err = fault.New(fault.KindOf(err), "test", "", reason(r.Reason.Code()))
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.filings++
	if m.lost != nil {
		return rpc.Filed{}, m.lost
	}
	return rpc.Filed{Commit: r.Commit}, err
}

func (m *member) Follow(context.Context, rpc.FollowQuestion) (rpc.Followed, error) {
	return rpc.Followed{}, fault.New(fault.Internal, "test", "the account never asks this", nil)
}

func (m *member) FollowToken(context.Context, rpc.TokenQuestion) (rpc.Followed, error) {
	return rpc.Followed{}, fault.New(fault.Internal, "test", "the account never asks this", nil)
}

func (m *member) Mine(_ context.Context, in rpc.Owner) ([]rpc.Followed, error) {
	if err := m.broken(); err != nil {
		return nil, err
	}
	cases, err := m.w.Mine(in.Owner, 100)
	list := make([]rpc.Followed, 0, len(cases))
	for _, c := range cases {
		list = append(list, m.followed(c))
	}
	return list, err
}

func (m *member) Standing(_ context.Context, in rpc.Topic) (rpc.Followed, error) {
	if err := m.broken(); err != nil {
		return rpc.Followed{}, err
	}
	m.mu.Lock()
	hook := m.hook
	m.hook = nil
	m.mu.Unlock()
	if hook != nil {
		hook()
	}
	c, err := m.w.OpenFor(in.Owner, in.Topic)
	if err != nil {
		return rpc.Followed{}, err
	}
	return m.followed(c), nil
}

func (m *member) own(in rpc.OwnRequest) (ledger.CaseView, error) {
	if err := m.broken(); err != nil {
		return ledger.CaseView{}, err
	}
	c, err := m.w.Case(in.Reference)
	if err == nil && (in.Owner.IsZero() || c.Owner != in.Owner) {
		err = fault.New(fault.NotFound, "test", "", nil)
	}
	return c, err
}

func (m *member) Request(_ context.Context, in rpc.OwnRequest) (rpc.Own, error) {
	c, err := m.own(in)
	if err != nil {
		return rpc.Own{}, err
	}
	may := workflow.For(workflow.Kind(c.Flow.Kind)).AllowedAt(workflow.State(c.Flow.State), workflow.Citizen)
	can := func(e workflow.Event) bool { return slices.Contains(may, e) }
	own := rpc.Own{
		Followed: m.followed(c), Version: c.Flow.Version, CanPay: workflow.State(c.Flow.State) == workflow.AwaitingPayment,
		CanAnswer: can(workflow.QueryAnswered), CanOpen: can(workflow.DocumentReleased),
		CanPrint: can(workflow.PrintAsked), CanWithdraw: can(workflow.Withdrawn),
	}
	if c.PrintCode != (wire.Digest{}) {
		own.PrintAt = c.Flow.Pickup
	}
	return own, nil
}

func (m *member) followed(c ledger.CaseView) rpc.Followed {
	public := ledger.Public(c)
	f := rpc.Followed{
		Reference: consular.Reference(c.Reference), Service: public.Service, Pickup: public.Pickup,
		Status: public.Status.Key(), Opened: c.Opened, Updated: public.Updated,
	}
	for _, step := range public.Steps {
		f.Steps = append(f.Steps, rpc.Step{Status: step.Status.Key(), Time: step.Time})
	}
	stays := make([]workflow.Stay, len(c.Timeline))
	for i, line := range c.Timeline {
		stays[i] = workflow.Stay{State: workflow.State(line.State), At: time.UnixMilli(line.Time).UTC()}
	}
	if p := workflow.PromiseOf(workflow.Kind(c.Flow.Kind), stays, m.w.now()); !p.First.IsZero() {
		f.First, f.Promised = p.First.UnixMilli(), p.Now.UnixMilli()
	}
	for _, t := range c.Timers {
		switch workflow.Clock(t.Clock) { //nolint:exhaustive // the clocks of the person
		case workflow.ClockPayment, workflow.ClockSupplement, workflow.ClockValid:
			f.Until = t.Due
		}
	}
	return f
}

func (m *member) Payment(_ context.Context, in rpc.OwnRequest) (rpc.Payment, error) {
	c, err := m.own(in)
	if err != nil {
		return rpc.Payment{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case c.Flow.Paid || m.paid:
		return rpc.Payment{State: rpc.PaymentPaid}, nil
	case workflow.State(c.Flow.State) != workflow.AwaitingPayment:
		return rpc.Payment{State: rpc.PaymentClosed}, nil
	}
	return rpc.Payment{State: rpc.PaymentOpen, Page: m.w.issuer + "/payment-page", Due: consular.MAD(30)}, nil
}

func (m *member) PaymentNotice(_ context.Context, in rpc.Notice) (rpc.Nothing, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.notices = append(m.notices, in)
	switch {
	case m.down != nil:
		return rpc.Nothing{}, m.down
	case m.forged:
		return rpc.Nothing{}, fault.New(fault.Denied, "test", "", nil)
	}
	return rpc.Nothing{}, nil
}

func (m *member) Question(ctx context.Context, in rpc.Reading) (rpc.Sealed, error) {
	c, err := m.own(in.OwnRequest)
	if err != nil {
		return rpc.Sealed{}, err
	}
	return m.read(ctx, in, c.Question)
}

func (m *member) Document(ctx context.Context, in rpc.Reading) (rpc.Sealed, error) {
	c, err := m.own(in.OwnRequest)
	if err != nil {
		return rpc.Sealed{}, err
	}
	release, err := m.w.ByRecord(in.Record)
	if err != nil {
		return rpc.Sealed{}, err
	}
	if release.Case != c.Number {
		return rpc.Sealed{}, fault.New(fault.NotFound, "test", "", nil)
	}
	if _, err := m.w.commit(ledger.ReadOnce{Time: m.w.now().UnixMilli(), Record: in.Record}); err != nil {
		return rpc.Sealed{}, err
	}
	return m.read(ctx, in, wire.Digest(c.Flow.Serial))
}

func (m *member) read(ctx context.Context, in rpc.Reading, object wire.Digest) (rpc.Sealed, error) {
	key, err := seal.ParsePostPublic(in.Key)
	if err != nil {
		return rpc.Sealed{}, err
	}
	body, bundle, err := m.w.sealer.Pass(ctx, object, opener.Target{
		Key: key, Context: rpc.ReadContext, AAD: rpc.ReadAAD(in.OwnRequest, in.Record),
	})
	return rpc.Sealed{Body: body, Bundle: bundle}, err
}

func (m *member) Voided(context.Context) (rpc.Voided, error) { return rpc.Voided{}, m.broken() }

func (m *member) Renew(context.Context, rpc.RenewQuestion) (rpc.Renewed, error) {
	return rpc.Renewed{}, fault.New(fault.Internal, "test", "the account never asks this", nil)
}
