package localnet

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"jaliya/internal/access"
	"jaliya/internal/fault"
)

// Journey is a story that the project keeps as a script over real processes.
type Journey struct {
	Name string
	Tell string
	run  func(ctx context.Context, t *teller) error
	// alone says that it wants a network of its own, so that all leaves it out.
	alone bool
	with  func(o *Options)
}

// Journeys lists them in the order in which `all` runs them.
func Journeys() []Journey {
	return []Journey{
		{Name: "outage", Tell: "people are enrolled at a post that is cut off; the link comes back; receipts and answers follow", run: outage},
		{Name: "card", Tell: "a card from a desk that is cut off to a hand at another post that is cut off too", run: card},
		{Name: "bag", Tell: "cards are verified, made at a production site, packed and sent; their post is told before the bag leaves", run: bag},
		{Name: "record", Tell: "a police record is asked for and paid on the portal, issued, opened once, printed at a post, and given into a hand", run: record},
		{Name: "office", Tell: "a record of Justice is asked for and paid on the portal, decided by two officers at the record office's desk, and opened once", run: office},
		{Name: "neutral", Tell: "many records are asked for, opened and printed; nothing outside the office tells a find from none (--requests)", run: neutralOK, alone: true, with: byLot},
		{Name: "neutral-leak", Tell: "the same with an office that lets go without lots, and with a word changed: each is found (--requests)", run: neutralLeak, alone: true, with: leaking},
		{Name: "hands", Tell: "the same by people of the ministry: they read, refuse, send back, pass, pack and send", run: hands, alone: true, with: byHand},
		{Name: "replace", Tell: "a post's machine dies with its disk; the next one hands over what lay there and receives what was under way", run: replace, alone: true},
		{Name: "fork", Tell: "a post's machine is copied and both go on; the copy is fenced, an operator decides, and all that it had is secured", run: forked, alone: true},
		{Name: "backup", Tell: "a post is put back to an older copy of its disk, and then of its journal alone; what was secured comes back and nothing is lost", run: putBack, alone: true},
		{Name: "wall", Tell: "a post whose network lets no UDP pass joins and is secured over TCP; at another UDP starves after its first packets", run: wall, alone: true, with: walled},
		{Name: "pouch", Tell: "a post without any link sends its work in a file by hand, and the receipts come back in another", run: carriedByHand, alone: true},
		{Name: "keys", Tell: "the hub's keys and authorities are made anew while people are enrolled; old receipts and packets stay good", run: rotated, alone: true},
		{Name: "conflict", Tell: "two posts that are cut off change one request; one stands, the other's clerk sees both versions and settles it", run: conflict, alone: true},
		{Name: "doctor", Tell: "a post is broken in one way after the other, and its doctor says each time what it is; a support file tells nothing of a person", run: examined, alone: true, with: walled},
		{Name: "murder", Tell: "people are enrolled while hub and nodes are killed at random moments (--kills)", run: murder, alone: true},
		{Name: "murder-print", Tell: "records are printed at a post whose node is killed between the beginning and the sheet (--kills)", run: murderPrint, alone: true},
		{Name: "murder-card", Tell: "cards go the whole way to a hand while hub and nodes are killed and sites lose their answers (--kills)", run: murderCard, alone: true},
		{Name: "murder-clock", Tell: "people are enrolled while clocks are set back and forth and processes killed (--kills; programs of make crash only)", run: murderClock, alone: true},
	}
}

// JourneyList names them for people.
func JourneyList() string {
	var b strings.Builder
	for _, j := range Journeys() {
		fmt.Fprintf(&b, "%-12s %s\n", j.Name, j.Tell)
	}
	return strings.TrimRight(b.String(), "\n")
}

// Once starts a network, runs one journey or all, and ends it. It returns nil
// only if every step held.
func Once(ctx context.Context, o Options, name string, out io.Writer) error {
	const op = "localnet: run journey"
	var chosen []Journey
	for _, j := range Journeys() {
		if name == j.Name || name == "all" && !j.alone {
			chosen = append(chosen, j)
		}
	}
	if len(chosen) == 0 {
		return fault.New(fault.NotFound, op, name+"; there are:\n"+JourneyList(), nil)
	}
	t := &teller{out: out, began: time.Now(), seed: o.Seed, kills: o.Kills, requests: o.Requests}
	for _, j := range chosen {
		if j.with != nil {
			j.with(&o)
		}
	}
	t.step("", "starting a hub and %d posts", o.Posts)
	n, err := Start(ctx, o)
	if err != nil {
		return err
	}
	t.net, t.people = n, newPeople(o.Seed)
	for _, j := range chosen {
		t.step("", "journey %s: %s", j.Name, j.Tell)
		if err = j.run(ctx, t); err != nil {
			err = fault.New(fault.Other, op, j.Name+" (seed "+strconv.FormatUint(o.Seed, 10)+", logs in "+o.Dir+")", err)
			break
		}
	}
	if stopped := n.Stop(ctx); err == nil {
		err = stopped
	}
	if err == nil {
		t.step("", "every step held")
	}
	return err
}

// teller prints each step with its level and time, and holds what a journey
// works with.
type teller struct {
	net   *Network
	mu    sync.Mutex // guards out
	out   io.Writer
	began time.Time
	seed  uint64
	kills int // of the journeys of murder

	requests int // of the journeys of neutral

	people *people
}

func (t *teller) step(level, format string, args ...any) {
	if level == "" {
		level = "--"
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintf(t.out, "%7.2fs  %s  %s\n", time.Since(t.began).Seconds(), level, fmt.Sprintf(format, args...))
}

// eventually asks until the answer is yes or the time is over.
func eventually(ctx context.Context, what string, limit time.Duration, ask func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		ok, err := ask()
		if err != nil || ok {
			return err
		}
		select {
		case <-ctx.Done():
			return fault.New(fault.Timeout, "localnet: wait for", what, ctx.Err())
		case <-time.After(pollEvery):
		}
	}
}

const (
	outageVisits = 3
	l2Limit      = 90 * time.Second
	linkLimit    = 30 * time.Second
)

// outage is the main job: enrolled at a post that is cut off, L1; the link is
// restored, L2; the hub's answer reaches the post; the receipt verifies offline.
func outage(ctx context.Context, t *teller) error {
	post := t.net.Posts[0]
	post.relay.Cut()
	agent, supervisor := newClient(post, post.account(access.Agent)), newClient(post, post.account(access.Supervisor))
	if err := t.awaitLink(ctx, agent, false); err != nil {
		return err
	}
	t.step("", "%s is cut off, and its desk says so", post.City)
	var all []released
	for i := range outageVisits {
		r, err := enrol(ctx, agent, supervisor, t.people.visitor(post))
		if err != nil {
			return err
		}
		t.step(r.Level, "visit %d saved at %s under reference %s", i+1, post.City, r.Printed)
		all = append(all, r)
	}
	for _, r := range all {
		s, err := agent.follow(ctx, r)
		if err != nil {
			return err
		}
		if s.Level != "L1" {
			return fault.New(fault.Internal, "localnet: outage", "level "+s.Level+" while cut off", nil)
		}
	}
	post.relay.Restore()
	t.step("", "the link is back")
	restored := time.Now()
	for _, r := range all {
		if err := t.secured(ctx, agent, r, restored); err != nil {
			return err
		}
	}
	return t.verifyOffline(ctx, post, agent, all)
}

// awaitLink waits until the desk says that its link stands, or that it does not.
func (t *teller) awaitLink(ctx context.Context, c *client, connected bool) error {
	return eventually(ctx, "the desk to notice its link", linkLimit, func() (bool, error) {
		var s struct {
			Link struct {
				Connected bool `json:"connected"`
			} `json:"link"`
		}
		err := c.do(ctx, call{Method: http.MethodGet, Path: "/status", Into: &s})
		return s.Link.Connected == connected, err
	})
}

// secured waits for L2 and for the hub's answer on one request.
func (t *teller) secured(ctx context.Context, c *client, r released, since time.Time) error {
	var s standing
	err := eventually(ctx, "level L2", l2Limit, func() (ok bool, err error) {
		s, err = c.follow(ctx, r)
		return s.Level == "L2", err
	})
	if err != nil {
		return err
	}
	t.step("L2", "%s is secured nationally, %.1f s after the link came back", r.Printed, time.Since(since).Seconds())
	err = eventually(ctx, "the hub's answer", l2Limit, func() (ok bool, err error) {
		s, err = c.follow(ctx, r)
		return s.Status != "" && s.Status != "submitted" && s.Status != "enrolled", err
	})
	if err != nil {
		return err
	}
	t.step("L2", "%s: the hub says %q %s", r.Printed, s.Status, s.Reason)
	return nil
}

// verifyOffline proves receipts and the whole journal with the programs' own
// verifiers, after the node has ended.
func (t *teller) verifyOffline(ctx context.Context, p *Post, c *client, all []released) error {
	keys := filepath.Join(t.net.dir, "receipt-keys")
	text, err := t.net.programs.run(ctx, "hub", "keys", "--config", t.net.hubConfig())
	if err != nil {
		return err
	}
	if err := write(keys, text); err != nil {
		return err
	}
	for _, r := range all {
		proof, err := c.receipt(ctx, r)
		if err != nil {
			return err
		}
		if _, err := t.net.programs.run(ctx, "jaliya", "verify", "receipt", "--keys", keys, proof); err != nil {
			return err
		}
		if _, err := t.net.programs.run(ctx, "jaliya", "verify", "receipt", "--keys", keys, misread(proof)); err == nil {
			return fault.New(fault.Corrupt, "localnet: verify receipts", "a receipt with one letter changed was believed", nil)
		}
	}
	t.step("L2", "%d receipts verified offline, each with one letter changed refused", len(all))
	if err := p.process.stop(); err != nil {
		return err
	}
	said, err := t.net.programs.run(ctx, "jaliya", "verify", "journal", "--keys", keys, filepath.Join(p.dir, "journal", "journal.db"))
	if err != nil {
		return err
	}
	t.step("L2", "%s", strings.ReplaceAll(strings.TrimSpace(said), "\n", " "))
	return t.net.serve(ctx, p)
}

// misread changes one letter in the middle of a printed receipt.
func misread(proof string) string {
	raw := []byte(proof)
	at := len(raw) / 2
	if raw[at] == 'A' {
		raw[at] = 'B'
	} else {
		raw[at] = 'A'
	}
	return string(raw)
}

func (p *Post) account(role access.Role) Account {
	for _, a := range p.Accounts {
		if a.Role == role {
			return a
		}
	}
	return Account{}
}
