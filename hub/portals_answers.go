package hub

import (
	"context"
	"net/http"
	"slices"
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

var _ rpc.Member = (*Hub)(nil)

// Keys implements rpc.Member.
func (h *Hub) Keys(context.Context) (rpc.Keys, error) {
	held, err := h.ledger.Cluster()
	if err != nil {
		return rpc.Keys{}, err
	}
	if len(held.Intake) == 0 {
		return rpc.Keys{}, fault.New(fault.Unavailable, "hub: give keys", "no intake key yet", nil)
	}
	return rpc.Keys{Cluster: held.ID, Intake: held.Intake[len(held.Intake)-1], Time: time.Now().UnixMilli()}, nil
}

// File implements rpc.Member.
func (h *Hub) File(ctx context.Context, in rpc.Filing) (rpc.Filed, error) {
	now := time.Now().UnixMilli()
	r, err := h.ask(ctx, ledger.File{Time: now, Header: in.Header, Body: in.Body})
	if err != nil {
		return rpc.Filed{}, refusedEntry(r, err)
	}
	return rpc.Filed{Commit: r.Commit, Index: r.Index, Time: now}, nil
}

// refusedEntry adds to a refusal its stable code.
func refusedEntry(r ledger.Result, err error) error {
	if r.Reason == 0 {
		return err
	}
	return fault.New(fault.KindOf(err), "hub: file entry", "", entryError(r.Reason.Code()))
}

// entryError is the code of an entry that was not taken.
type entryError string

// Error gives the code.
func (e entryError) Error() string { return string(e) }

// Code implements rpc.Coded.
func (e entryError) Code() string { return string(e) }

// Follow implements rpc.Member.
func (h *Hub) Follow(_ context.Context, in rpc.FollowQuestion) (rpc.Followed, error) {
	if _, err := h.ledger.Follow(in.Reference, in.Code); err != nil {
		return rpc.Followed{}, err
	}
	c, err := h.ledger.Case(in.Reference)
	if err != nil {
		return rpc.Followed{}, err
	}
	return followed(c, time.Now()), nil
}

// FollowToken implements rpc.Member.
func (h *Hub) FollowToken(_ context.Context, in rpc.TokenQuestion) (rpc.Followed, error) {
	c, err := h.ledger.FollowToken(in.Token)
	if err != nil {
		return rpc.Followed{}, err
	}
	return followed(c, time.Now()), nil
}

// Mine implements rpc.Member.
func (h *Hub) Mine(_ context.Context, in rpc.Owner) ([]rpc.Followed, error) {
	cases, err := h.ledger.Mine(in.Owner, minePage)
	if err != nil {
		return nil, err
	}
	list, now := make([]rpc.Followed, 0, len(cases)), time.Now()
	for _, c := range cases {
		list = append(list, followed(c, now))
	}
	return list, nil
}

// Standing implements rpc.Member.
func (h *Hub) Standing(_ context.Context, in rpc.Topic) (rpc.Followed, error) {
	c, err := h.ledger.OpenFor(in.Owner, in.Topic)
	if err != nil {
		return rpc.Followed{}, err
	}
	return followed(c, time.Now()), nil
}

// minePage bounds what a person sees at once.
const minePage = 100

// own gives a person's own request; anybody else's is not there.
func (h *Hub) own(in rpc.OwnRequest) (ledger.CaseView, error) {
	c, err := h.ledger.Case(in.Reference)
	if err == nil && (in.Owner.IsZero() || c.Owner != in.Owner) {
		err = fault.New(fault.NotFound, "hub: find own request", "", nil)
	}
	return c, err
}

// Request implements rpc.Member.
func (h *Hub) Request(_ context.Context, in rpc.OwnRequest) (rpc.Own, error) {
	c, err := h.own(in)
	if err != nil {
		return rpc.Own{}, err
	}
	may := workflow.For(workflow.Kind(c.Flow.Kind)).AllowedAt(workflow.State(c.Flow.State), workflow.Citizen)
	can := func(e workflow.Event) bool { return slices.Contains(may, e) }
	own := rpc.Own{
		Followed: followed(c, time.Now()), Version: c.Flow.Version,
		CanPay:    workflow.State(c.Flow.State) == workflow.AwaitingPayment,
		CanAnswer: can(workflow.QueryAnswered), CanOpen: can(workflow.DocumentReleased),
		CanPrint: can(workflow.PrintAsked), CanWithdraw: can(workflow.Withdrawn),
	}
	if c.PrintCode != (wire.Digest{}) {
		own.PrintAt = c.Flow.Pickup
	}
	return own, nil
}

// followed is a case as the public may read it.
func followed(c ledger.CaseView, now time.Time) rpc.Followed {
	public := ledger.Public(c)
	f := rpc.Followed{
		Reference: consular.Reference(c.Reference), Service: public.Service, Pickup: public.Pickup,
		Status: public.Status.Key(), Opened: c.Opened, Updated: public.Updated,
	}
	if public.Reason != 0 && public.Reason != consular.RefusedFraud {
		f.Reason = public.Reason.String()
	}
	for _, step := range public.Steps {
		f.Steps = append(f.Steps, rpc.Step{Status: step.Status.Key(), Time: step.Time})
	}
	if p := workflow.PromiseOf(workflow.Kind(c.Flow.Kind), c.Stays(), now); !p.First.IsZero() {
		f.First, f.Promised = p.First.UnixMilli(), p.Now.UnixMilli()
		if p.Moved != workflow.StatusNone {
			f.Moved = p.Moved.Key()
		}
	}
	f.Until = until(c)
	return f
}

// until is the end of the time that runs for the person.
func until(c ledger.CaseView) int64 {
	for _, t := range c.Timers {
		switch workflow.Clock(t.Clock) { //nolint:exhaustive // the clocks of the person; the others are staff's
		case workflow.ClockPayment, workflow.ClockSupplement, workflow.ClockValid, workflow.ClockCollectBy:
			return t.Due
		}
	}
	return 0
}

// Payment implements rpc.Member.
func (h *Hub) Payment(ctx context.Context, in rpc.OwnRequest) (rpc.Payment, error) {
	c, err := h.own(in)
	switch {
	case err != nil:
		return rpc.Payment{}, err
	case c.Flow.Paid:
		return rpc.Payment{State: rpc.PaymentPaid}, nil
	case workflow.State(c.Flow.State) != workflow.AwaitingPayment:
		return rpc.Payment{State: rpc.PaymentClosed}, nil
	case h.outside.charge == nil:
		return rpc.Payment{}, fault.New(fault.Unavailable, "hub: ask payment", "no payment service is configured", nil)
	}
	standing, err := h.outside.charge.Look(ctx, c)
	if err != nil {
		return rpc.Payment{}, err
	}
	p := rpc.Payment{State: rpc.PaymentOpen, Page: standing.Page, Due: standing.Due}
	if standing.Paid {
		p.State = rpc.PaymentPaid
	}
	return p, nil
}

// PaymentNotice implements rpc.Member. What the notice says is not believed:
// it is a hint to look.
func (h *Hub) PaymentNotice(ctx context.Context, in rpc.Notice) (rpc.Nothing, error) {
	if h.outside.stamp == nil || h.outside.charge == nil {
		return rpc.Nothing{}, fault.New(fault.Unavailable, "hub: take notice", "no payment service is configured", nil)
	}
	header := http.Header{}
	for name, value := range in.Header {
		header.Set(name, value)
	}
	payment, err := h.outside.stamp.VerifyNotice(header, in.Body, time.Now())
	if err != nil {
		return rpc.Nothing{}, err
	}
	return rpc.Nothing{}, h.outside.charge.Hint(ctx, payment)
}

// Question implements rpc.Member.
func (h *Hub) Question(ctx context.Context, in rpc.Reading) (rpc.Sealed, error) {
	c, err := h.own(in.OwnRequest)
	if err != nil {
		return rpc.Sealed{}, err
	}
	switch workflow.State(c.Flow.State) { //nolint:exhaustive // in every other there is no question
	case workflow.IdentityQuery, workflow.QueryTold:
		return h.read(ctx, in, c.Question)
	}
	return rpc.Sealed{}, fault.New(fault.Conflict, "hub: read question", "", nil)
}

// Document implements rpc.Member. The release was committed before; it opens
// the document once.
func (h *Hub) Document(ctx context.Context, in rpc.Reading) (rpc.Sealed, error) {
	const op = "hub: read document"
	c, err := h.own(in.OwnRequest)
	if err != nil {
		return rpc.Sealed{}, err
	}
	release, err := h.ledger.ByRecord(in.Record)
	if err != nil {
		return rpc.Sealed{}, err
	}
	if release.Case != c.Number || len(c.Flow.Serial) == 0 {
		return rpc.Sealed{}, fault.New(fault.NotFound, op, "", nil)
	}
	if err := h.propose(ctx, ledger.ReadOnce{Time: time.Now().UnixMilli(), Record: in.Record}); err != nil {
		return rpc.Sealed{}, err
	}
	return h.read(ctx, in, wire.Digest(c.Flow.Serial))
}

func (h *Hub) read(ctx context.Context, in rpc.Reading, object wire.Digest) (rpc.Sealed, error) {
	key, err := seal.ParsePostPublic(in.Key)
	if err != nil {
		return rpc.Sealed{}, fault.New(fault.Invalid, "hub: read", "key", err)
	}
	body, bundle, err := h.sealer.Pass(ctx, object, opener.Target{
		Key: key, Context: rpc.ReadContext, AAD: rpc.ReadAAD(in.OwnRequest, in.Record),
	})
	return rpc.Sealed{Body: body, Bundle: bundle}, err
}
