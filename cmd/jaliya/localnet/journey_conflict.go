package localnet

import (
	"context"
	"net/http"
	"strings"
	"time"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

const opConflict = "localnet: conflict"

// change is what a desk says of a change of a request.
type change struct {
	Change  string `json:"change"`
	Outcome string `json:"outcome"`
	Level   string `json:"level"`
	Settled string `json:"settled"`
	Pickup  string `json:"pickup"`
	Seen    uint64 `json:"seen"`
	Other   struct {
		Post    string `json:"post"`
		Version uint64 `json:"version"`
	} `json:"other"`
	Stands struct {
		Version uint64 `json:"version"`
		Pickup  string `json:"pickup"`
	} `json:"stands"`
}

// conflict is a request that two posts change while both are cut off. The one
// whose line comes back first stands; the other gets its change back with both
// versions, and a clerk settles it: once by applying it on top, once by letting
// stand what stands.
func conflict(ctx context.Context, t *teller) error {
	if len(t.net.Posts) < 2 {
		return fault.New(fault.Invalid, opConflict, "needs two posts", nil)
	}
	home, away := t.net.Posts[0], t.net.Posts[1]
	third, err := thirdPost(home.ID, away.ID)
	if err != nil {
		return err
	}
	agent, guest := newClient(home, home.account(access.Agent)), newClient(away, away.account(access.Agent))
	r, err := enrol(ctx, agent, newClient(home, home.account(access.Supervisor)), t.people.visitor(home))
	if err != nil {
		return err
	}
	t.step(r.Level, "a visit is saved at %s under reference %s", home.City, r.Printed)
	if err := t.secured(ctx, agent, r, time.Now()); err != nil {
		return err
	}
	home.relay.Cut()
	away.relay.Cut()
	for _, c := range []*client{agent, guest} {
		if err := t.awaitLink(ctx, c, false); err != nil {
			return err
		}
	}
	t.step("", "%s and %s are cut off", home.City, away.City)
	lost, err := agent.reroute(ctx, r, third)
	if err != nil {
		return err
	}
	t.step("L1", "%s notes that the person collects at %s, of version %d", home.City, third, lost.Seen)
	won, err := t.reroutePages(ctx, away, r)
	if err != nil {
		return err
	}
	t.step("L1", "%s, which never heard of the request, notes that the person collects there", away.City)
	away.relay.Restore()
	if err := guest.settledAs(ctx, won, func(c change) bool { return c.Level == "L2" }); err != nil {
		return err
	}
	t.step("L2", "%s came back first: its change stands", away.City)
	home.relay.Restore()
	if err := t.applyAgain(ctx, home, lost.Change); err != nil {
		return err
	}
	if err := agent.collects(ctx, r, third); err != nil {
		return err
	}
	t.step("L2", "%s applied its own on top, and that stands now", home.City)
	return t.letStand(ctx, guest, away, r)
}

// thirdPost gives a post that is neither of two.
func thirdPost(one, other consular.PostID) (string, error) {
	directory, err := consular.BuiltInDirectory()
	if err != nil {
		return "", err
	}
	for _, p := range directory.All() {
		if p.ID != one && p.ID != other {
			return string(p.ID), nil
		}
	}
	return "", fault.New(fault.NotFound, opConflict, "a third post", nil)
}

// reroute says at a counter where the person wants to collect.
func (c *client) reroute(ctx context.Context, r released, to string) (v change, err error) {
	err = c.do(ctx, call{
		Method: http.MethodPost, Path: "/requests/" + r.Reference + "/changes", Into: &v,
		Body: map[string]string{"change": wire.NewRecordID().String(), "what": "pickup", "pickup": to, "document": "passport", "slip_code": r.SlipCode},
	})
	return v, err
}

// reroutePages is the same by the pages, at a post that does not know the
// request: the clerk types the reference of the slip.
func (t *teller) reroutePages(ctx context.Context, p *Post, r released) (string, error) {
	desk, err := p.signedIn(ctx, access.Agent)
	if err != nil {
		return "", err
	}
	if err := desk.open(ctx, p.Desk+"/find"); err != nil {
		return "", err
	}
	if err := desk.submit(ctx, "/find", "reference", r.Printed); err != nil {
		return "", err
	}
	if !strings.Contains(desk.page.text, "does not know this request") {
		return "", fault.New(fault.Other, opConflict, "the desk did not say that it knows nothing: "+desk.page.text, nil)
	}
	if err := desk.submit(ctx, "/change", "what", "pickup", "pickup", string(p.ID), "document", "old-card", "slip_code", r.SlipCode); err != nil {
		return "", err
	}
	id, ok := strings.CutPrefix(desk.page.at.Path, "/changes/")
	if !ok {
		return "", fault.New(fault.Other, opConflict, "the change was not taken: "+desk.page.text, nil)
	}
	return id, nil
}

// settledAs waits until a change stands as wanted.
func (c *client) settledAs(ctx context.Context, id string, as func(change) bool) error {
	return eventually(ctx, "word of a change", l2Limit, func() (bool, error) {
		var v change
		err := c.do(ctx, call{Method: http.MethodGet, Path: "/changes/" + id, Into: &v})
		return as(v), err
	})
}

// collects waits until the post that released a request knows where it is to be
// collected.
func (c *client) collects(ctx context.Context, r released, where string) error {
	return eventually(ctx, "the request to say "+where, l2Limit, func() (bool, error) {
		var v struct {
			Pickup string `json:"pickup"`
		}
		err := c.do(ctx, call{Method: http.MethodGet, Path: "/requests/" + r.Reference, Into: &v})
		return v.Pickup == where, err
	})
}

// applyAgain waits for both versions at the desk of who came second, and says
// its change once more, on top, by the pages.
func (t *teller) applyAgain(ctx context.Context, p *Post, id string) error {
	agent := newClient(p, p.account(access.Agent))
	if err := agent.settledAs(ctx, id, func(c change) bool { return c.Outcome == "conflict" }); err != nil {
		return err
	}
	desk, err := p.signedIn(ctx, access.Agent)
	if err != nil {
		return err
	}
	if err := desk.open(ctx, p.Desk+"/"); err != nil {
		return err
	}
	if !strings.Contains(desk.page.text, "Two posts changed the same request") {
		return fault.New(fault.Other, opConflict, "the day's page does not show it: "+desk.page.text, nil)
	}
	if err := desk.open(ctx, p.Desk+"/changes/"+id); err != nil {
		return err
	}
	for _, words := range []string{"What you wanted", "What stands now"} {
		if !strings.Contains(desk.page.text, words) {
			return fault.New(fault.Other, opConflict, "not on the page: "+words, nil)
		}
	}
	t.step("", "%s shows both versions to its clerk", p.City)
	if err := desk.submit(ctx, "/repeat"); err != nil {
		return err
	}
	next, ok := strings.CutPrefix(desk.page.at.Path, "/changes/")
	if !ok || next == id {
		return fault.New(fault.Other, opConflict, "it was not said again: "+desk.page.text, nil)
	}
	return agent.settledAs(ctx, next, func(c change) bool { return c.Level == "L2" && c.Outcome == "said" })
}

// letStand is the other way to settle: the same post comes with an old wish once
// more, sees that it was overtaken, and leaves what stands.
func (t *teller) letStand(ctx context.Context, c *client, p *Post, r released) error {
	late, err := c.reroute(ctx, r, string(p.ID))
	if err != nil {
		return err
	}
	if err := c.settledAs(ctx, late.Change, func(v change) bool { return v.Outcome == "conflict" }); err != nil {
		return err
	}
	t.step("", "%s comes with its old wish, and gets it back with both versions", p.City)
	var v change
	if err := c.do(ctx, call{Method: http.MethodPost, Path: "/changes/" + late.Change + "/stand", Into: &v}); err != nil {
		return err
	}
	var list struct {
		Changes []change `json:"changes"`
	}
	if err := c.do(ctx, call{Method: http.MethodGet, Path: "/changes", Into: &list}); err != nil {
		return err
	}
	if v.Settled != "stand" || len(list.Changes) != 0 {
		return fault.New(fault.Internal, opConflict, "something waits still", nil)
	}
	t.step("L2", "%s lets it stand, and nothing waits any more", p.City)
	return nil
}
