package console

import (
	"context"
	"slices"

	"jaliya/hub/forks"
	"jaliya/hub/ledger"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// Forks gives the histories of a post's machines that parted from the hub's, the
// active machine first; none for a post of which there never was any.
func (c *Console) Forks(_ context.Context, who access.Principal, post consular.PostID) ([]forks.Fork, error) {
	if err := who.Require(access.HubStatus); err != nil {
		return nil, err
	}
	if !c.Directory.Has(post) {
		return nil, fault.New(fault.NotFound, "console: show forks", string(post), nil)
	}
	return forks.OfPost(c.State, post)
}

// ForkAct is what an operator decides about a machine whose history parted.
type ForkAct struct {
	Post   consular.PostID `json:"-"`
	Node   wire.NodeID     `json:"node"`
	Seen   uint64          `json:"seen"`   // newest evidence, as shown
	Choice string          `json:"choice"` // go-on, shut-out
	Reason string          `json:"reason"`
	// CopiesOff says that every other copy of the machine is switched off: to go on
	// it must be so, for the hub cannot tell two copies apart before they speak.
	CopiesOff bool `json:"copies_off,omitempty"`
	// Prove has the officer prove anew who they are; it is called when all else is
	// right.
	Prove func(context.Context) error `json:"-"`
}

// DecideFork notes the decision, which the ledger carries out: one machine goes on
// with a new incarnation, or never comes back. Nothing that the hub holds changes,
// and the evidence stays. Errors: NotFound for a machine that the post never had;
// Invalid with the field; what Prove says; Conflict with a ChangedError when
// something came after the page was shown.
func (c *Console) DecideFork(ctx context.Context, who access.Principal, in ForkAct) error {
	if err := who.Require(access.HubOperate); err != nil {
		return err
	}
	choice, err := in.read()
	if err != nil {
		return err
	}
	list, err := c.Forks(ctx, who, in.Post)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(list, func(f forks.Fork) bool { return f.Node == in.Node.String() })
	if at < 0 {
		return fault.New(fault.NotFound, "console: decide fork", "", nil)
	}
	if done, err := in.against(list[at], wire.StaffID(who.ID)); done || err != nil {
		return err
	}
	if err := in.Prove(ctx); err != nil {
		return err
	}
	_, err = c.as(who, 0)(ctx, ledger.SettleFork{
		Time: c.Now().UnixMilli(), Node: in.Node, Choice: choice, Seen: in.Seen, Reason: in.Reason,
	})
	if fault.Is(err, fault.Conflict) {
		return changed(ChangedError{What: ChangedFork})
	}
	return err
}

// read wants every field of a form.
func (in *ForkAct) read() (ledger.ForkChoice, error) {
	choice, known := forks.ParseChoice(in.Choice)
	switch {
	case in.Node.IsZero():
		return 0, invalid("node", consular.RuleRequired)
	case in.Choice == "":
		return 0, invalid("choice", consular.RuleRequired)
	case !known:
		return 0, invalid("choice", consular.RuleUnknown)
	}
	reason, err := lineOf("reason", in.Reason, true)
	if err != nil {
		return 0, err
	}
	if choice == ledger.ForkGoOn && !in.CopiesOff {
		return 0, invalid("copies_off", consular.RuleRequired)
	}
	in.Reason = reason
	return choice, nil
}

// against compares the act with how the fork stands now; done: this very decision
// was made already by the same officer.
func (in *ForkAct) against(held forks.Fork, me wire.StaffID) (done bool, err error) {
	if held.Standing == forks.Fenced && held.Seen == in.Seen {
		return false, nil
	}
	if len(held.Decisions) == 0 || held.Standing == forks.Fenced {
		return false, changed(ChangedError{What: ChangedFork})
	}
	d := held.Decisions[0]
	if d.By == me && d.Choice == in.Choice && d.Reason == in.Reason && held.Seen == in.Seen {
		return true, nil
	}
	return false, changed(ChangedError{What: ChangedDecided, By: d.By, At: d.At, Note: d.Reason})
}
