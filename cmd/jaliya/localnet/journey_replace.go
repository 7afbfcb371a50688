package localnet

import (
	"context"
	"errors"
	"os"

	"jaliya/internal/access"
	"jaliya/internal/fault"
)

// replace is a post whose machine dies with its disk: one card lies on its shelf,
// another is under way to it. A new machine joins under another key, is told of
// both again, finds the first by its Arabic name and gives it out, and receives
// the bag of the second.
func replace(ctx context.Context, t *teller) error {
	const op = "localnet: replace"
	if len(t.net.Posts) < 2 {
		return fault.New(fault.Invalid, op, "needs two posts", nil)
	}
	from, to := t.net.Posts[0], t.net.Posts[1]
	agent := newClient(from, from.account(access.Agent))
	shelved, first, err := t.underWay(ctx, from, to)
	if err != nil {
		return err
	}
	if err := t.takeIn(ctx, to, shelved); err != nil {
		return err
	}
	if err := t.says(ctx, agent, shelved, "ready"); err != nil {
		return err
	}
	coming, second, err := t.underWay(ctx, from, to)
	if err != nil {
		return err
	}
	if err := t.newMachine(ctx, to); err != nil {
		return err
	}
	t.step("", "the machine of %s is gone with its disk; another one has joined, under another key", to.City)
	if err := t.goOn(ctx, to, [2]released{shelved, coming}, [2]visitor{first, second}); err != nil {
		return err
	}
	for _, r := range []released{shelved, coming} {
		if err := t.says(ctx, agent, r, "handed_over"); err != nil {
			return err
		}
	}
	// The notices that it was told begin with the post's first one.
	if err := t.verifyOffline(ctx, to, newClient(to, to.account(access.Agent)), nil); err != nil {
		return err
	}
	return t.nowhere(append(namesOf(first), namesOf(second)...))
}

// underWay enrols one person whose card then leaves for another post.
func (t *teller) underWay(ctx context.Context, from, to *Post) (released, visitor, error) {
	r, v, err := t.enrolCutOff(ctx, from, to)
	if err == nil {
		err = t.onItsWay(ctx, newClient(from, from.account(access.Agent)), r)
	}
	return r, v, err
}

// takeIn receives the bag in which a card comes, and shelves what is in it.
func (t *teller) takeIn(ctx context.Context, p *Post, r released) error {
	bag, err := tableOf(p).announced(ctx, r)
	if err != nil {
		return err
	}
	return tableOf(p).receive(ctx, bag, newClient(p, p.account(access.Supervisor)))
}

// goOn is the new machine with the card on the shelf and the one under way.
func (t *teller) goOn(ctx context.Context, p *Post, cards [2]released, people [2]visitor) error {
	if _, err := tableOf(p).announced(ctx, cards[0]); err != nil {
		return err
	}
	if err := tableOf(p).handOver(ctx, cards[0], people[0]); err != nil {
		return err
	}
	t.step("L1", "%s lay on the shelf, is found by its Arabic name and handed over", cards[0].Printed)
	if err := t.takeIn(ctx, p, cards[1]); err != nil {
		return err
	}
	t.step("L1", "the pouch that was under way is received at %s", p.City)
	return tableOf(p).handOver(ctx, cards[1], people[1])
}

func tableOf(p *Post) *counter {
	return &counter{client: newClient(p, p.account(access.Agent)), second: p.account(access.Supervisor)}
}

// newMachine takes a post's machine away with everything on its disk, and has
// another one join in its place.
func (t *teller) newMachine(ctx context.Context, p *Post) error {
	if err := p.process.kill(); err != nil {
		return err
	}
	for _, gone := range []string{p.dir, p.config, p.people()} {
		if err := os.RemoveAll(gone); err != nil {
			return fault.New(fault.Storage, "localnet: take machine away", string(p.ID), err)
		}
	}
	p.Accounts, p.Staff = nil, nil
	if err := t.net.join(ctx, p, p.relay.Address()); err != nil {
		return err
	}
	sheets, err := t.net.hireStaff(ctx, p)
	if err != nil {
		return err
	}
	if err := t.net.serve(ctx, p); err != nil {
		return err
	}
	return errors.Join(t.net.enrolStaff(ctx, p, sheets), t.net.describe())
}
