package backlog

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	node "jaliya/consulate-node"
	"jaliya/consulate-node/journal"
	"jaliya/hub"
	"jaliya/internal/consular"
	"jaliya/internal/emulate"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

const (
	portNodes   = 7700
	portCluster = 7701
	portHub     = 9700
	portDesk    = 8443
	portNode    = 9090
	joinHours   = 1
	founding    = time.Minute // for hub and node to find each other
	pollEvery   = 50 * time.Millisecond
	place       = consular.PostID("FR-LYO")
)

// post is a hub and the node of one post, as they are, on both ends of a link.
type post struct {
	link    *emulate.Link
	hub     hub.Config
	journal *journal.Journal
	stop    context.CancelFunc
	ended   []chan error // of hub and node
	stopped sync.Once
	why     error // of the end
}

// openPost founds a hub, joins a node over the link, and waits until they know
// each other.
func openPost(ctx context.Context, dir string, l *emulate.Link, log *slog.Logger) (p *post, err error) {
	p = &post{link: l}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	p.stop = stop
	defer func() {
		if err != nil {
			err = errors.Join(err, p.close())
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, founding)
	defer cancel()
	if err := p.found(ctx, running, dir, log); err != nil {
		return nil, err
	}
	if err := p.join(ctx, running, dir, log); err != nil {
		return nil, err
	}
	if err := p.fill(ctx, 1); err != nil {
		return nil, err
	}
	return p, p.secured(ctx)
}

func (p *post) run(ctx context.Context, serve func(context.Context) error) {
	end := make(chan error, 1)
	p.ended = append(p.ended, end)
	go func() { end <- serve(ctx) }() // close waits for it
}

func (p *post) found(ctx, running context.Context, dir string, log *slog.Logger) error {
	p.hub = hub.Config{
		Dir: filepath.Join(dir, "hub"), Nodes: hub.Nodes{Listen: p.link.Listen(portNodes)},
		Cluster: hub.ClusterConfig{Listen: p.link.Listen(portCluster)}, Admin: hub.Admin{Listen: p.link.Listen(portHub)},
	}.WithDefaults()
	_, err := hub.Init(p.hub, hub.InitOptions{Name: "rabat-1", Passphrase: "of a bench", WorkFactor: 1, Now: time.Now()})
	if err != nil {
		return err
	}
	h, err := hub.Open(p.hub, log)
	if err != nil {
		return err
	}
	p.run(running, h.Run)
	for {
		st, err := hub.AskStatus(ctx, p.hub)
		if err == nil && st.Leader {
			return nil
		}
		select {
		case <-ctx.Done():
			return fault.New(fault.Timeout, "backlog: found hub", "", errors.Join(err, ctx.Err()))
		case <-time.After(pollEvery):
		}
	}
}

func (p *post) join(ctx, running context.Context, dir string, log *slog.Logger) error {
	reply, err := hub.AskInvite(ctx, p.hub, hub.InviteRequest{
		Post: place, Addresses: []string{p.link.Dial(portNodes)}, Hours: joinHours,
	})
	if err != nil {
		return err
	}
	invitation, err := wire.ParseInvitation(reply.Invitation)
	if err != nil {
		return err
	}
	plain := false
	cfg := node.Config{
		Dir:   filepath.Join(dir, "node"),
		Admin: node.Admin{Listen: hostPort(p.link.Client(), portNode)},
		Desk:  node.Desk{Listen: hostPort(p.link.Client(), portDesk), TLS: &plain},
	}.WithDefaults()
	if _, err := node.Join(ctx, cfg, invitation); err != nil {
		return err
	}
	n, err := node.Open(cfg, log)
	if err != nil {
		return err
	}
	p.journal = n.Journal()
	p.run(running, n.Run)
	return nil
}

// fill appends entries, as the desk does.
func (p *post) fill(ctx context.Context, count int) error {
	var drafts drafter
	for range count {
		d, err := drafts.next()
		if err != nil {
			return err
		}
		if _, err := p.journal.Append(ctx, d); err != nil {
			return err
		}
	}
	return nil
}

// secured waits until all that the journal holds has its receipt.
func (p *post) secured(ctx context.Context) error {
	_, err := p.await(ctx, func(st journal.State) bool { return st.Receipted == st.Head.Seq })
	return err
}

// await waits until the journal is as wanted, and gives what it held then or at
// the end of ctx.
func (p *post) await(ctx context.Context, wanted func(journal.State) bool) (journal.State, error) {
	for {
		changed := p.journal.Changed()
		st, err := p.journal.State()
		if err != nil || wanted(st) {
			return st, err
		}
		select {
		case <-ctx.Done():
			return st, fault.New(fault.Timeout, "backlog: wait for receipts", "", ctx.Err())
		case <-changed:
		}
	}
}

// close ends node and hub and waits for them.
func (p *post) close() error {
	p.stopped.Do(func() {
		p.stop()
		for _, end := range p.ended {
			if err := <-end; err != nil && !errors.Is(err, context.Canceled) {
				p.why = errors.Join(p.why, err)
			}
		}
	})
	return p.why
}
