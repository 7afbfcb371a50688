package localnet

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"jaliya/internal/access"
	"jaliya/internal/fault"
	"jaliya/internal/neutral"
)

const (
	opNeutral = "localnet: neutral"

	// neutralLevel is the chance at which a network that tells nothing is said
	// to tell something, over all that is compared together.
	neutralLevel = 0.0005
	ofOnePerson  = 4 // requests, each for a use of its own
	atOnce       = 8 // people

	paidToIssued = "seconds from payment to the word that it is issued"
)

// byLot is an office that finds something of every second person.
func byLot(o *Options) {
	o.People = (o.Requests + ofOnePerson - 1) / ofOnePerson
	o.Offices = append(o.Offices, "--hit", "0.5")
}

// leaking is an office that breaks the promise: it lets go at once where it
// found nothing. Its slots are wide, and none is late, so that a slow machine
// does not hide it.
func leaking(o *Options) {
	byLot(o)
	o.Offices = append(o.Offices, "--leaky", "--late", "0", "--slot", "1800ms")
}

// neutralOK asks that nothing which can be seen on the portal, at a desk or on a
// telephone goes with what an office found.
func neutralOK(ctx context.Context, t *teller) error {
	all, err := t.watch(ctx)
	if err != nil {
		return err
	}
	list := neutral.Compare(samples(all), neutralLevel)
	t.tellResults(list)
	if differ := neutral.Differ(list); len(differ) > 0 {
		return fault.New(fault.Corrupt, opNeutral, "these tell what an office found: "+strings.Join(differ, ", "), nil)
	}
	t.step("", "%d figures and texts: none goes with what the office found", len(list))
	return nil
}

// neutralLeak asks that the same question finds what leaks: an office that takes
// no lots, a word, and one byte.
func neutralLeak(ctx context.Context, t *teller) error {
	all, err := t.watch(ctx)
	if err != nil {
		return err
	}
	const word, size = "portal, waiting", "portal, the document: bytes"
	for _, one := range all {
		if one.Second {
			one.Words[word] = strings.Replace(one.Words[word], "process", "review", 1)
			one.Figures[size]++
		}
	}
	list := neutral.Compare(samples(all), neutralLevel)
	t.tellResults(list)
	differ := neutral.Differ(list)
	for _, name := range []string{paidToIssued, word, size} {
		if !slices.Contains(differ, name) {
			return fault.New(fault.Corrupt, opNeutral, "a leak was not found: "+name, nil)
		}
		t.step("", "found: %s", name)
	}
	return nil
}

func samples(all []*trace) []neutral.Sample {
	list := make([]neutral.Sample, 0, len(all))
	for _, one := range all {
		list = append(list, one.Sample)
	}
	return list
}

// tellResults prints what comes nearest to telling.
func (t *teller) tellResults(list []neutral.Result) {
	const most = 12
	nearest := slices.Clone(list)
	slices.SortStableFunc(nearest, func(a, b neutral.Result) int {
		switch {
		case a.P < b.P:
			return -1
		case a.P > b.P:
			return 1
		}
		return 0
	})
	for _, r := range nearest[:min(most, len(nearest))] {
		t.step("", "%-60s found %10.2f  nothing %10.2f  D %.3f  p %.6f", r.Name, r.Means[1], r.Means[0], r.D, r.P)
	}
}

// watch has many requests go their whole way and keeps what can be seen of each.
func (t *teller) watch(ctx context.Context) ([]*trace, error) {
	known, err := t.net.truth()
	if err != nil {
		return nil, err
	}
	post := t.net.Posts[min(1, len(t.net.Posts)-1)]
	desk, err := post.signedIn(ctx, access.Agent)
	if err != nil {
		return nil, err
	}
	people, err := t.net.signers(ctx)
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	var all []*trace
	g, walking := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for from := 0; from < t.requests; from += ofOnePerson {
		g.Go(func() error {
			p, err := t.newPatron(from, people[from/ofOnePerson].Person)
			if err != nil {
				return err
			}
			p.known, p.post, p.desk = known, post, &browser{http: desk.http}
			if err := p.goes(walking); err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, p.requests...)
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	if err := hearing(ctx, t.net.Outside.SMS, all); err != nil {
		return nil, err
	}
	found := 0
	for _, one := range all {
		if one.Second {
			found++
		}
	}
	t.step("L1", "%d records were asked for, paid, issued, opened, printed and given into a hand; %d have mentions", len(all), found)
	if few := min(found, len(all)-found); few < len(all)/6 {
		return nil, fault.New(fault.Invalid, opNeutral, strconv.Itoa(few)+" of one kind are too few to compare", nil)
	}
	return all, readable(all)
}
