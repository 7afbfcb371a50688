package localnet

import (
	"context"
	"net/http"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
)

// card is the whole way of a card: enrolled at one post while it is cut off,
// made, sent, received at another post that is cut off in its turn, found by name
// and handed over, and the hub hears of it when the line is back.
func card(ctx context.Context, t *teller) error {
	const op = "localnet: card"
	if len(t.net.Posts) < 2 {
		return fault.New(fault.Invalid, op, "needs two posts", nil)
	}
	from, to := t.net.Posts[0], t.net.Posts[1]
	r, v, err := t.enrolCutOff(ctx, from, to)
	if err != nil {
		return err
	}
	agent := newClient(from, from.account(access.Agent))
	if err := t.onItsWay(ctx, agent, r); err != nil {
		return err
	}
	desk := &counter{client: newClient(to, to.account(access.Agent)), second: to.account(access.Supervisor)}
	bag, err := desk.announced(ctx, r)
	if err != nil {
		return err
	}
	t.step("", "%s knows of pouch %s before it arrives", to.City, bag.Pouch)
	to.relay.Cut()
	if err := t.awaitLink(ctx, desk.client, false); err != nil {
		return err
	}
	t.step("", "%s is cut off, and its desk says so", to.City)
	if err := desk.receive(ctx, bag, newClient(to, to.account(access.Supervisor))); err != nil {
		return err
	}
	t.step("L1", "pouch opened by two persons, %d cards counted and shelved at %s", len(bag.Cards), to.City)
	if err := desk.handOver(ctx, r, v); err != nil {
		return err
	}
	t.step("L1", "%s found by its Arabic name and handed over at %s, without the hub", r.Printed, to.City)
	to.relay.Restore()
	t.step("", "the line to %s is back", to.City)
	if err := t.says(ctx, agent, r, "handed_over"); err != nil {
		return err
	}
	return t.nowhere(namesOf(v))
}

// enrolCutOff enrols one person at a post that is cut off, to collect at another.
func (t *teller) enrolCutOff(ctx context.Context, from, to *Post) (released, visitor, error) {
	agent, supervisor := newClient(from, from.account(access.Agent)), newClient(from, from.account(access.Supervisor))
	v := t.people.visitor(from)
	if d, ok := v.Groups["delivery"].(consular.Delivery); ok {
		d.Post = to.ID
		v.Groups["delivery"], v.Pickup = d, string(to.ID)
	}
	from.relay.Cut()
	if err := t.awaitLink(ctx, agent, false); err != nil {
		return released{}, v, err
	}
	r, err := enrol(ctx, agent, supervisor, v)
	if err != nil {
		return r, v, err
	}
	t.step(r.Level, "a visit saved at %s, cut off, under reference %s", from.City, r.Printed)
	from.relay.Restore()
	err = eventually(ctx, "level L2", l2Limit, func() (bool, error) {
		s, err := agent.follow(ctx, r)
		return s.Level == "L2", err
	})
	t.step("L2", "the line is back; %s is secured nationally", r.Printed)
	return r, v, err
}

// counter is a hand-over desk with its second person beside it.
type counter struct {
	*client
	second Account
}

// bagView is what the post knows of a pouch.
type bagView struct {
	Pouch string `json:"pouch"`
	Seal  string `json:"seal"`
	State string `json:"state"`
	Cards []struct {
		Reference string `json:"reference"`
		Serial    string `json:"serial"`
	} `json:"cards"`
}

// announced waits for the pouch whose manifest names the request.
func (c *counter) announced(ctx context.Context, r released) (bag bagView, err error) {
	err = eventually(ctx, "the pouch to be announced", bagLimit, func() (bool, error) {
		var list struct {
			Pouches []bagView `json:"pouches"`
		}
		if err := c.do(ctx, call{Method: http.MethodGet, Path: "/pouches", Into: &list}); err != nil {
			return false, err
		}
		for _, one := range list.Pouches {
			for _, line := range one.Cards {
				if line.Reference == r.Reference {
					bag = one
					return true, nil
				}
			}
		}
		return false, nil
	})
	return bag, err
}

func (c *counter) both() map[string]string {
	return map[string]string{"Second-Authorization": "Bearer " + c.second.Token}
}

// receive has the bag arrive, opens it with the second person, scans every card,
// counts, and shelves them.
func (c *counter) receive(ctx context.Context, bag bagView, supervisor *client) error {
	path := "/pouches/" + bag.Pouch
	steps := []call{
		{Path: path + "/open", Body: map[string]any{"seal": bag.Seal}, Header: c.both()},
	}
	for _, line := range bag.Cards {
		steps = append(steps, call{Path: path + "/scan", Body: map[string]any{"serial": line.Serial}})
	}
	steps = append(steps, call{Path: path + "/reconcile", Body: map[string]any{"missing": 0}})
	for _, line := range bag.Cards {
		steps = append(steps, call{
			Path: "/cards/" + line.Reference + "/shelve", Body: map[string]any{"safe": "A", "box": "12"},
		})
	}
	arrive := call{Method: http.MethodPost, Path: path + "/arrive", Body: map[string]any{}}
	if err := supervisor.do(ctx, arrive); err != nil {
		return err
	}
	for _, step := range steps {
		step.Method = http.MethodPost
		if err := c.do(ctx, step); err != nil {
			return err
		}
	}
	return nil
}

// handOver finds the card by the person's Arabic name and gives it out.
func (c *counter) handOver(ctx context.Context, r released, v visitor) error {
	const op = "localnet: hand over"
	p, ok := v.Groups["person"].(consular.Person)
	if !ok {
		return fault.New(fault.Internal, op, "person", nil)
	}
	var found struct {
		Cards []struct {
			Reference string `json:"reference"`
			Serial    string `json:"serial"`
		} `json:"cards"`
	}
	search := call{Method: http.MethodPost, Path: "/cards/search", Body: map[string]string{"text": p.Family.Arabic}, Into: &found}
	if err := c.do(ctx, search); err != nil {
		return err
	}
	for _, card := range found.Cards {
		if card.Reference != r.Reference {
			continue
		}
		return c.do(ctx, call{
			Method: http.MethodPost, Path: "/cards/" + r.Reference + "/handover", Header: c.both(),
			Body: map[string]any{
				"serial": card.Serial, "receiver": "person", "document": "passport", "face": true, "print": "matched",
				"receipt": true, "slip_code": r.SlipCode, "old_card": "none", "pin_letter": true,
			},
		})
	}
	return fault.New(fault.NotFound, op, r.Reference+" is not found by name", nil)
}
