package localnet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
)

const (
	fewVisits   = 4                // of a post, besides one for each kill
	handLimit   = 5 * time.Minute  // a card in a hand, once nobody is killed any more
	cardWay     = 40 * time.Second // twice what a card needs from desk to hand
	siteHarm    = 500 * time.Millisecond
	collectElse = 3 // one in so many collects at another post
)

// murderCard has many people's cards go the whole way, from a desk to a hand,
// while hub and nodes are killed at random moments, and accounts for everything
// that anybody was told. Production sites are not killed: they promise to answer
// after a job is stored (deploy/contracts/centre.md), and the simulator stores
// nothing. They lose their answers instead, which is what the hub would see of it.
func murderCard(ctx context.Context, t *teller) error {
	random := rand.New(rand.NewPCG(t.seed, 11)) //nolint:gosec // chooses victims, guards nothing
	working, stop := context.WithCancel(ctx)
	defer stop()
	book, acts := &book{}, &acts{}
	var kills atomic.Int64
	var clerks, counters errgroup.Group
	for i, post := range t.net.Posts {
		clerks.Go(func() error { return t.cardClerk(working, i, book, &kills) })
		counters.Go(func() error { return newBench(post, book, acts).work(working) })
	}
	// A few kills are spread over the whole way of a card.
	spread := max(murderSpread, cardWay/time.Duration(max(t.kills, 1)))
	killed, err := t.killSome(ctx, random, spread, func() error {
		kills.Add(1)
		return t.harmSite(ctx, random)
	})
	if err = errors.Join(err, clerks.Wait()); err == nil {
		t.step("", "%d kills, %d visits confirmed meanwhile, %d acts over cards", killed, book.count(), acts.count())
		err = t.allInHands(ctx, book)
	}
	stop()
	if err = errors.Join(err, counters.Wait()); err != nil {
		return err
	}
	if err := t.account(ctx, book); err != nil {
		return err
	}
	return t.proveCards(ctx, book, acts)
}

// cardClerk enrols a few people at once and then one for each kill, so that at
// any kill some card stands at each part of the way. Some collect elsewhere.
func (t *teller) cardClerk(ctx context.Context, i int, b *book, kills *atomic.Int64) error {
	p, other := t.net.Posts[i], t.net.Posts[(i+1)%len(t.net.Posts)]
	agent, supervisor := newClient(p, p.account(access.Agent)), newClient(p, p.account(access.Supervisor))
	for done := 0; done < fewVisits+t.kills && ctx.Err() == nil; {
		if done >= fewVisits+int(kills.Load()) {
			pause(ctx)
			continue
		}
		v := t.people.visitor(p)
		if d, ok := v.Groups["delivery"].(consular.Delivery); ok && done%collectElse == 0 {
			d.Post = other.ID
			v.Groups["delivery"], v.Pickup = d, string(other.ID)
		}
		r, err := enrol(ctx, agent, supervisor, v)
		switch {
		case err == nil:
			b.add(confirmed{post: p, released: r})
			done++
		case fault.Is(err, fault.Invalid):
			return err
		default: // killed meanwhile; the line is not in the book
			pause(ctx)
		}
	}
	return nil
}

func pause(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(pollEvery):
	}
}

// harmSite has a production site lose answers to what it does, or the line to it.
func (t *teller) harmSite(ctx context.Context, random *rand.Rand) error {
	site := []string{"rabat", "marrakech"}[random.IntN(2)]
	kind := []string{"lose", "twice", "drop"}[random.IntN(3)]
	body := fmt.Sprintf(`{"kind":%q,"for":%q}`, kind, siteHarm)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost,
		"http://"+t.net.Sites+"/"+site+"/admin/faults", bytes.NewReader([]byte(body)))
	if err != nil {
		return fault.New(fault.Internal, "localnet: harm site", site, err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fault.New(fault.Unavailable, "localnet: harm site", site, err)
	}
	if err := response.Body.Close(); err != nil || response.StatusCode != http.StatusCreated {
		return fault.New(fault.Other, "localnet: harm site", site+" "+response.Status, err)
	}
	return nil
}

// allInHands waits until every visit of the book has ended in a hand. Where the
// desk says that a person must act or was refused, with the reason, that is an
// answer too: everybody here is in order, so it is counted as a failure.
func (t *teller) allInHands(ctx context.Context, b *book) error {
	const op = "localnet: wait for cards"
	open := b.all()
	last := map[string]standing{}
	err := eventually(ctx, "all cards in hands", handLimit, func() (bool, error) {
		var still []confirmed
		for _, c := range open {
			s, err := newClient(c.post, c.post.account(access.Agent)).look(ctx, c.released.Reference)
			switch {
			case err != nil:
				return false, err
			case s.Status == "action_needed" || s.Status == "rejected":
				return false, fault.New(fault.Corrupt, op, c.released.Reference+" is "+s.Status+" for "+s.Reason, nil)
			case s.Status != "handed_over":
				last[c.released.Reference] = s
				still = append(still, c)
			}
		}
		open = still
		return len(open) == 0, nil
	})
	if err != nil {
		for _, c := range open {
			s := last[c.released.Reference]
			err = errors.Join(err, fault.New(fault.Corrupt, op, c.released.Reference+" of "+string(c.post.ID)+" stands at "+s.Level+" "+s.Status+" "+s.Reason, nil))
		}
		return err
	}
	t.step("L2", "all %d people have their card in the hand", b.count())
	return nil
}

// all gives what is in the book.
func (b *book) all() []confirmed {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]confirmed(nil), b.lines...)
}

// find gives a line of the book by its reference.
func (b *book) find(reference string) (confirmed, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.lines {
		if c.released.Reference == reference {
			return c, true
		}
	}
	return confirmed{}, false
}
