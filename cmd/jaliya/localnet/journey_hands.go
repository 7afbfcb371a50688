package localnet

import (
	"context"
	"encoding/json"
	"strings"

	"jaliya/internal/access"
	"jaliya/internal/fault"
)

// byHand leaves verification and pouches to people.
func byHand(o *Options) { o.VerifyByHand, o.PackByHand = true, true }

// hands is bag, done by people of the ministry with the hub's commands.
func hands(ctx context.Context, t *teller) error {
	post := t.net.Posts[0]
	agent, supervisor := newClient(post, post.account(access.Agent)), newClient(post, post.account(access.Supervisor))
	var all []released
	for range bagVisits {
		r, err := enrol(ctx, agent, supervisor, t.people.visitor(post))
		if err != nil {
			return err
		}
		t.step(r.Level, "a visit saved at %s under reference %s", post.City, r.Printed)
		all = append(all, r)
	}
	if err := t.verifyAll(ctx, all); err != nil {
		return err
	}
	for i, want := range []string{"rejected", "action_needed"} {
		if err := t.says(ctx, agent, all[i+1], want); err != nil {
			return err
		}
	}
	if err := t.packAndSend(ctx, all[0]); err != nil {
		return err
	}
	return t.says(ctx, agent, all[0], "on_its_way")
}

// hub runs one command of the hub and gives what it printed.
func (t *teller) hub(ctx context.Context, args ...string) (string, error) {
	split := strings.IndexByte(args[0], ' ')
	command := append([]string{args[0][:split], args[0][split+1:], "--config", t.net.hubConfig()}, args[1:]...)
	said, err := t.net.programs.run(ctx, "hub", command...)
	return strings.TrimSpace(said), err
}

// verifyAll reads the first and lets it pass, refuses the second, and has the
// third captured again.
func (t *teller) verifyAll(ctx context.Context, all []released) error {
	err := eventually(ctx, "the cases to wait for a verifier", bagLimit, func() (bool, error) {
		said, err := t.hub(ctx, "verify list", "--json")
		return strings.Count(said, `"reference"`) == len(all), err
	})
	if err != nil {
		return err
	}
	shown, err := t.hub(ctx, "verify show", all[0].Reference, "--why", "a clean case", "--by", "verifier-1")
	if err != nil {
		return err
	}
	if !strings.Contains(shown, `"family_name"`) {
		return fault.New(fault.Internal, "localnet: read packet", "no names in it", nil)
	}
	if _, err := t.hub(ctx, "verify openings"); err != nil {
		return err
	}
	t.step("", "%s: a verifier reads the packet, and that is noted", all[0].Printed)
	for _, d := range [][]string{
		{"verify pass", all[0].Reference},
		{"verify refuse", all[1].Reference, "--reason", "not-entitled"},
		{"verify recapture", all[2].Reference, "--reason", "portrait-quality"},
	} {
		said, err := t.hub(ctx, d...)
		if err != nil {
			return err
		}
		t.step("", "%s: %s, and the case is %s", d[1], d[0], said)
	}
	return nil
}

// says waits until the desk shows a status.
func (t *teller) says(ctx context.Context, c *client, r released, want string) error {
	err := eventually(ctx, r.Printed+" to be "+want, bagLimit, func() (bool, error) {
		s, err := c.follow(ctx, r)
		return s.Status == want, err
	})
	if err == nil {
		t.step("", "%s: the desk says %q", r.Printed, want)
	}
	return err
}

// packAndSend does what a pouch officer does with one card.
func (t *teller) packAndSend(ctx context.Context, r released) error {
	err := eventually(ctx, "the card to wait for its pouch", bagLimit, func() (bool, error) {
		said, err := t.hub(ctx, "pouch waiting")
		return strings.Contains(said, r.Reference), err
	})
	if err != nil {
		return err
	}
	said, err := t.hub(ctx, "pouch pack", r.Reference)
	if err != nil {
		return err
	}
	label, _, _ := strings.Cut(said, " ")
	if _, err := t.hub(ctx, "pouch close", label, "--seal", "MA-000017"); err != nil {
		return err
	}
	err = eventually(ctx, "the post to be told the manifest", bagLimit, func() (bool, error) {
		said, err := t.hub(ctx, "pouch list", label, "--json")
		if err != nil {
			return false, err
		}
		var list []pouchLine
		err = json.Unmarshal([]byte(said), &list)
		return len(list) == 1 && list[0].Told, err
	})
	if err != nil {
		return err
	}
	said, err = t.hub(ctx, "pouch send", label, "--waybill", "RR123456785MA")
	if err == nil {
		t.step("", "packed, closed, announced and sent: %s", said)
	}
	return err
}
