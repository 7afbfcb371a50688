package localnet

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"jaliya/internal/access"
	"jaliya/internal/fault"
)

// Pauses between two kills: long enough that people are enrolled in between,
// short enough that a kill meets every moment of the path.
const (
	murderPause  = 100 * time.Millisecond
	murderSpread = 900 * time.Millisecond
	callLimit    = 30 * time.Second
)

// murder enrols people at every post without a pause while hub and nodes are
// killed at random moments, and accounts for everything that was confirmed.
func murder(ctx context.Context, t *teller) error {
	random := rand.New(rand.NewPCG(t.seed, 7)) //nolint:gosec // chooses victims, guards nothing
	working, stop := context.WithCancel(ctx)
	defer stop()
	book := &book{}
	var clerks errgroup.Group
	for _, post := range t.net.Posts {
		clerks.Go(func() error { return clerk(working, post, t.people, book) })
	}
	killed, err := t.killSome(ctx, random, murderSpread, nil)
	stop()
	if err = errors.Join(err, clerks.Wait()); err != nil {
		return err
	}
	t.step("", "%d kills, %d visits confirmed meanwhile", killed, book.count())
	return t.account(ctx, book)
}

// killSome kills one process after another and starts it again, with pauses of at
// most spread more than the shortest. Before each, besides may do harm of its own;
// after some, hub or a post is held up for seconds.
func (t *teller) killSome(ctx context.Context, random *rand.Rand, spread time.Duration, besides func() error) (int, error) {
	for n := range t.kills {
		select {
		case <-ctx.Done():
			return n, ctx.Err()
		case <-time.After(murderPause + time.Duration(random.Int64N(int64(spread)))):
		}
		if besides != nil {
			if err := besides(); err != nil {
				return n, err
			}
		}
		victim := random.IntN(len(t.net.Posts) + 1)
		if err := t.net.killAndRestart(ctx, victim); err != nil {
			return n, err
		}
		if (n+1)%pauseEach == 0 {
			if err := t.net.holdUp(ctx, random); err != nil {
				return n, err
			}
		}
		if (n+1)%25 == 0 {
			t.step("", "%d kills", n+1)
		}
	}
	return t.kills, nil
}

// killAndRestart kills the hub (0) or a post (from 1).
func (n *Network) killAndRestart(ctx context.Context, victim int) error {
	if victim == 0 {
		if err := n.Hub.kill(); err != nil {
			return err
		}
		return n.programs.start(ctx, n.Hub, "hub", "serve", "--config", n.hubConfig())
	}
	p := n.Posts[victim-1]
	if err := p.process.kill(); err != nil {
		return err
	}
	return n.serve(ctx, p)
}

// kill ends a process the hard way and waits for its end.
func (p *process) kill() error {
	if err := p.cmd.Process.Kill(); err != nil {
		return fault.New(fault.Other, "localnet: kill", p.name, err)
	}
	select {
	case err := <-p.done:
		p.done <- err
		return nil
	case <-time.After(stopWait):
		return fault.New(fault.Timeout, "localnet: kill", p.name, nil)
	}
}

// book holds what the desks confirmed.
type book struct {
	mu    sync.Mutex // guards lines
	lines []confirmed
}

type confirmed struct {
	post     *Post
	released released
}

func (b *book) add(c confirmed) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lines = append(b.lines, c)
}

func (b *book) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.lines)
}

// clerk enrols one person after another. A desk that dies under her hands is a
// visit begun anew; only what the desk confirmed goes into the book.
func clerk(ctx context.Context, p *Post, from *people, b *book) error {
	agent, supervisor := newClient(p, p.account(access.Agent)), newClient(p, p.account(access.Supervisor))
	agent.http, supervisor.http = &http.Client{Timeout: callLimit}, &http.Client{Timeout: callLimit}
	for ctx.Err() == nil {
		r, err := enrol(ctx, agent, supervisor, from.visitor(p))
		switch {
		case err == nil:
			b.add(confirmed{post: p, released: r})
		case fault.Is(err, fault.Invalid):
			return err
		default: // killed meanwhile; the line is not in the book
			select {
			case <-ctx.Done():
			case <-time.After(pollEvery):
			}
		}
	}
	return nil
}

// account asks for every confirmed visit: it must reach L2 and an answer, its
// receipt must hold, and the journals must verify.
func (t *teller) account(ctx context.Context, b *book) error {
	byPost := map[*Post][]released{}
	for _, c := range b.lines {
		agent := newClient(c.post, c.post.account(access.Agent))
		var s standing
		err := eventually(ctx, "level L2", l2Limit, func() (ok bool, err error) {
			s, err = agent.look(ctx, c.released.Reference)
			return s.Level == "L2" && s.Status != "enrolled" && s.Status != "submitted", err
		})
		if err != nil {
			return fault.New(fault.Corrupt, "localnet: account", fmt.Sprintf("%s of %s stands at %s %s",
				c.released.Reference, c.post.ID, s.Level, s.Status), err)
		}
		byPost[c.post] = append(byPost[c.post], c.released)
	}
	t.step("L2", "all %d confirmed visits are secured nationally and answered, 0 lost", len(b.lines))
	for _, p := range t.net.Posts {
		if err := t.verifyOffline(ctx, p, newClient(p, p.account(access.Agent)), byPost[p]); err != nil {
			return err
		}
	}
	return nil
}

// look asks a request's state as staff do, by reference alone.
func (c *client) look(ctx context.Context, reference string) (standing, error) {
	var s standing
	err := c.do(ctx, call{Method: http.MethodGet, Path: "/requests/" + reference, Into: &s})
	return s, err
}
