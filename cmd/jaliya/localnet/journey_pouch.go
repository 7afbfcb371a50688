package localnet

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"

	"jaliya/internal/access"
	"jaliya/internal/fault"
)

// carriedByHand is a post without any link: its entries and images go to the
// hub in a file, a clerk's answer comes back in another, and the desk shows L2
// before any link has returned. What is damaged on its way is taken by nobody.
func carriedByHand(ctx context.Context, t *teller) error {
	post := t.net.Posts[0]
	post.relay.Cut()
	agent, supervisor := newClient(post, post.account(access.Agent)), newClient(post, post.account(access.Supervisor))
	if err := t.awaitLink(ctx, agent, false); err != nil {
		return err
	}
	t.step("", "%s has no link", post.City)
	var all []released
	for range outageVisits {
		r, err := enrol(ctx, agent, supervisor, t.people.visitor(post))
		if err != nil {
			return err
		}
		t.step(r.Level, "a visit is saved at %s under reference %s", post.City, r.Printed)
		all = append(all, r)
	}
	bag := filepath.Join(t.net.dir, "bag")
	if err := os.MkdirAll(bag, 0o700); err != nil {
		return fault.New(fault.Storage, opPouchJourney, bag, err)
	}
	file, answer := filepath.Join(bag, "post.pouch"), filepath.Join(bag, "hub.pouch")
	for _, leg := range []func() error{
		func() error { return t.toHub(ctx, post, file, answer) },
		// The post says L1 for as long as it does not know better.
		func() error { return t.allAt(ctx, agent, all, "L1") },
		func() error { return t.toPost(ctx, post, answer) },
	} {
		if err := leg(); err != nil {
			return err
		}
	}
	last, err := t.overDesk(ctx, post, bag)
	if err != nil {
		return err
	}
	all = append(all, last)
	if err := t.awaitLink(ctx, agent, false); err != nil {
		return err
	}
	if err := t.allAt(ctx, agent, all, "L2"); err != nil {
		return err
	}
	t.step("L2", "all of it is secured nationally, without any link")
	post.relay.Restore()
	if err := t.awaitLink(ctx, agent, true); err != nil {
		return err
	}
	restored := time.Now()
	t.step("", "the link is back, and finds nothing to send")
	for _, r := range all {
		if err := t.secured(ctx, agent, r, restored); err != nil {
			return err
		}
	}
	return t.verifyOffline(ctx, post, agent, all)
}

const opPouchJourney = "localnet: pouch"

// toHub writes the file, sees a damaged copy refused, and has the hub take the
// good one.
func (t *teller) toHub(ctx context.Context, p *Post, file, answer string) error {
	said, err := t.net.programs.run(ctx, "jaliya", "pouch", "export", "--config", p.config, file)
	if err != nil {
		return err
	}
	t.step("L1", "%s", oneLine(said))
	raw, err := os.ReadFile(file) //nolint:gosec // our own directory
	if err != nil {
		return fault.New(fault.Storage, opPouchJourney, file, err)
	}
	raw[len(raw)/2] ^= 1
	spoiled := file + ".spoiled"
	if err := os.WriteFile(spoiled, raw, 0o600); err != nil { //nolint:gosec // our own directory
		return fault.New(fault.Storage, opPouchJourney, spoiled, err)
	}
	take := func(file string) (string, error) {
		return t.net.programs.run(ctx, "jaliya", "pouch", "import", "--config", t.net.hubConfig(), file, "--answer", answer)
	}
	if _, err := take(spoiled); err == nil {
		return fault.New(fault.Corrupt, opPouchJourney, "the hub took a damaged file", nil)
	}
	if _, err := os.Stat(answer); err == nil {
		return fault.New(fault.Corrupt, opPouchJourney, "a damaged file was answered", nil)
	}
	t.step("", "a copy with one flipped bit is refused, and nothing is taken of it")
	if said, err = take(file); err != nil {
		return err
	}
	t.step("L1", "the hub has it: %s", oneLine(said))
	return nil
}

// overDesk is the same by the pages of the desk, with a supervisor and a browser.
func (t *teller) overDesk(ctx context.Context, p *Post, bag string) (r released, err error) {
	agent, supervisor := newClient(p, p.account(access.Agent)), newClient(p, p.account(access.Supervisor))
	if r, err = enrol(ctx, agent, supervisor, t.people.visitor(p)); err != nil {
		return r, err
	}
	desk, err := p.signedIn(ctx, access.Supervisor)
	if err != nil {
		return r, err
	}
	if err := desk.open(ctx, p.Desk+"/connection/by-hand"); err != nil {
		return r, err
	}
	page := desk.page
	if err := desk.submit(ctx, "/by-hand/file"); err != nil {
		return r, err
	}
	file, answer := filepath.Join(bag, "desk.pouch"), filepath.Join(bag, "desk-answer.pouch")
	if err := os.WriteFile(file, desk.page.raw, 0o600); err != nil {
		return r, fault.New(fault.Storage, opPouchJourney, file, err)
	}
	if _, err := t.net.programs.run(ctx, "jaliya", "pouch", "import", "--config", t.net.hubConfig(), file, "--answer", answer); err != nil {
		return r, err
	}
	raw, err := os.ReadFile(answer) //nolint:gosec // our own directory
	if err != nil {
		return r, fault.New(fault.Storage, opPouchJourney, answer, err)
	}
	desk.page = page
	if err := desk.give(ctx, "/by-hand/answer", "file", raw); err != nil {
		return r, err
	}
	if !strings.Contains(desk.page.text, "secured nationally now") {
		return r, fault.New(fault.Other, opPouchJourney, "the desk did not take the answer: "+desk.page.text, nil)
	}
	t.step("L2", "%s went by the pages of the desk", r.Printed)
	return r, nil
}

// allAt sees that the desk says one level of all of them.
func (t *teller) allAt(ctx context.Context, c *client, all []released, level string) error {
	for _, r := range all {
		s, err := c.follow(ctx, r)
		if err != nil {
			return err
		}
		if s.Level != level {
			return fault.New(fault.Internal, opPouchJourney, "level "+s.Level+" instead of "+level, nil)
		}
	}
	return nil
}

// toPost has the node take the answer.
func (t *teller) toPost(ctx context.Context, p *Post, answer string) error {
	said, err := t.net.programs.run(ctx, "jaliya", "pouch", "import", "--config", p.config, answer)
	if err != nil {
		return err
	}
	t.step("", "the answer is at %s: %s", p.City, oneLine(said))
	return nil
}

// oneLine puts what a program printed into one line.
func oneLine(said string) string { return strings.ReplaceAll(strings.TrimSpace(said), "\n", ", ") }
