package localnet

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
)

const (
	bagVisits = 3
	bagLimit  = 60 * time.Second
)

// bag is the way of a card inside the ministry: examined, verified, made at a
// production site, packed, its manifest told to the post, under way.
func bag(ctx context.Context, t *teller) error {
	post := t.net.Posts[0]
	agent, supervisor := newClient(post, post.account(access.Agent)), newClient(post, post.account(access.Supervisor))
	var all []released
	var names []string
	for range bagVisits {
		v := t.people.visitor(post)
		r, err := enrol(ctx, agent, supervisor, v)
		if err != nil {
			return err
		}
		all, names = append(all, r), append(names, namesOf(v)...)
		t.step(r.Level, "a visit saved at %s under reference %s", post.City, r.Printed)
	}
	for _, r := range all {
		if err := t.onItsWay(ctx, agent, r); err != nil {
			return err
		}
	}
	if err := t.inBags(ctx, post, all); err != nil {
		return err
	}
	return t.nowhere(names)
}

// onItsWay waits until the pouch with a person's card has left.
func (t *teller) onItsWay(ctx context.Context, c *client, r released) error {
	var last standing
	return eventually(ctx, "the card to be on its way", bagLimit, func() (bool, error) {
		s, err := c.follow(ctx, r)
		if err != nil {
			return false, err
		}
		if s.Status != last.Status {
			t.step(s.Level, "%s: %q", r.Printed, s.Status)
		}
		last = s
		return s.Status == "on_its_way", nil
	})
}

// pouches asks the hub's pouch desk.
func (t *teller) pouches(ctx context.Context, label string) (list []pouchLine, err error) {
	args := []string{"pouch", "list", "--config", t.net.hubConfig(), "--json"}
	if label != "" {
		args = append(args, label)
	}
	text, err := t.net.programs.run(ctx, "hub", args...)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return nil, fault.New(fault.Invalid, "localnet: list pouches", "", err)
	}
	return list, nil
}

// pouchLine is what of a pouch a journey looks at.
type pouchLine struct {
	Label string            `json:"label"`
	Post  consular.PostID   `json:"post"`
	State string            `json:"state"`
	Told  bool              `json:"told"`
	List  []json.RawMessage `json:"references"`
	Seal  string            `json:"seal"`
}

// inBags wants each card in a pouch of its post that was told and has left.
func (t *teller) inBags(ctx context.Context, post *Post, all []released) error {
	const op = "localnet: compare pouches"
	list, err := t.pouches(ctx, "")
	if err != nil {
		return err
	}
	var cards []string
	for _, p := range list {
		one, err := t.pouches(ctx, p.Label)
		if err != nil {
			return err
		}
		if p.Post != post.ID || p.State != "POUCH_IN_TRANSIT" || !p.Told || len(one) != 1 {
			continue
		}
		for _, raw := range one[0].List {
			cards = append(cards, strings.Trim(string(raw), `"`))
		}
		t.step("", "pouch %s to %s: %d cards under seal %s, the post has the manifest", p.Label, p.Post, len(one[0].List), p.Seal)
	}
	for _, r := range all {
		if !slices.Contains(cards, r.Reference) {
			return fault.New(fault.Internal, op, r.Reference+" is in no pouch that left", nil)
		}
	}
	return nil
}

// namesOf gives what must stand nowhere in clear: names long enough that they do
// not occur by chance.
func namesOf(v visitor) (names []string) {
	p, ok := v.Groups["person"].(consular.Person)
	if !ok {
		return nil
	}
	for _, name := range []string{p.Family.Arabic, p.Family.Latin, p.Given.Arabic, p.Given.Latin, string(p.NationalNumber)} {
		if len(name) >= shortestCanary {
			names = append(names, name)
		}
	}
	return names
}

const shortestCanary = 6 // bytes

// nowhere searches every file of hub, sites and logs for the names.
func (t *teller) nowhere(names []string) error {
	const op = "localnet: canary"
	files := 0
	err := filepath.WalkDir(t.net.dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // written under another name first, or swept, by a program that works on
		}
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(path) //nolint:gosec // a file below our own directory
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		files++
		for _, name := range names {
			if bytes.Contains(raw, []byte(name)) {
				return fault.New(fault.Corrupt, op, "a name stands in "+path, nil)
			}
		}
		return nil
	})
	if err == nil {
		t.step("", "no name of theirs in %d files of hub, posts, sites and logs", files)
	}
	return err
}
