package localnet

import (
	"context"
	"net/http"
	"time"

	"jaliya/internal/access"
	"jaliya/internal/fault"
)

func walled(o *Options) { o.walled = true }

// firstPackets is how many packets a wall lets pass at first: a handshake and a
// welcome, and then nothing more.
const firstPackets = 40

// wall is a post whose network drops UDP: it has joined over TCP, and a visit
// reaches L2 that way. At a second post UDP starves: handshakes succeed and what
// follows vanishes. Both desks say over which road they are connected.
func wall(ctx context.Context, t *teller) error {
	const op = "localnet: wall"
	if len(t.net.Posts) < 2 {
		return fault.New(fault.Invalid, op, "needs two posts", nil)
	}
	if err := t.overTCP(ctx, t.net.Posts[0]); err != nil {
		return err
	}
	second := t.net.Posts[1]
	agent := newClient(second, second.account(access.Agent))
	if err := t.awaitLink(ctx, agent, true); err != nil {
		return err
	}
	if before := second.relay.Walled(); before > 0 {
		return fault.New(fault.Internal, op, "TCP was used where UDP passes", nil)
	}
	second.relay.Wall(firstPackets)
	if err := second.process.kill(); err != nil {
		return err
	}
	if err := t.net.programs.start(ctx, second.process, "consulate-node", "serve", "--config", second.config); err != nil {
		return err
	}
	t.step("", "at %s UDP starves from now on", second.City)
	return t.overTCP(ctx, second)
}

// overTCP enrols a visit at a post and sees it secured over TCP.
func (t *teller) overTCP(ctx context.Context, p *Post) error {
	agent, supervisor := newClient(p, p.account(access.Agent)), newClient(p, p.account(access.Supervisor))
	r, err := enrol(ctx, agent, supervisor, t.people.visitor(p))
	if err != nil {
		return err
	}
	t.step(r.Level, "a visit is saved at %s under reference %s", p.City, r.Printed)
	if err := t.secured(ctx, agent, r, time.Now()); err != nil {
		return err
	}
	var s struct {
		Link struct {
			Transport string `json:"transport"`
		} `json:"link"`
	}
	err = eventually(ctx, "the desk to say TCP", linkLimit, func() (bool, error) {
		err := agent.do(ctx, call{Method: http.MethodGet, Path: "/status", Into: &s})
		return s.Link.Transport == "tcp", err
	})
	if err != nil {
		return err
	}
	t.step("", "%s is connected over TCP: %d bytes so far", p.City, p.relay.Walled())
	return nil
}
