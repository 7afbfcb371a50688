package localnet

import (
	"context"
	"encoding/json"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"jaliya/hub/forks"
	"jaliya/internal/access"
	"jaliya/internal/fault"
)

const opFork = "localnet: fork"

// parted is a post's machine that was copied: both go on, each for itself.
type parted struct {
	*teller
	post              *Post
	agent, supervisor *client
	operator          *client // at the hub's console
	first, second     string  // directories of the two machines
}

// forked is one machine that was copied with its disk. The first goes on and is
// secured; the second works alone, comes back, and is fenced: its history is
// another. It saves on. An operator reads both histories and lets it go on; it
// begins a new incarnation, and all that it had reaches L2. The first one, which
// nobody switched off, is fenced when it comes.
func forked(ctx context.Context, t *teller) error {
	p, err := t.copied(ctx)
	if err != nil {
		return err
	}
	before, err := p.visit(ctx)
	if err != nil {
		return err
	}
	if err := t.secured(ctx, p.agent, before, time.Now()); err != nil {
		return err
	}
	t.step("", "the machine of %s is copied with its disk, and goes on", p.post.City)
	if err := p.copies(ctx); err != nil {
		return err
	}
	ours, err := p.visit(ctx)
	if err != nil {
		return err
	}
	if err := t.secured(ctx, p.agent, ours, time.Now()); err != nil {
		return err
	}
	theirs, err := p.other(ctx)
	if err != nil {
		return err
	}
	if err := p.decides(ctx); err != nil {
		return err
	}
	if err := p.goesOn(ctx, theirs); err != nil {
		return err
	}
	return p.tooLate(ctx)
}

func (t *teller) copied(ctx context.Context) (*parted, error) {
	post := t.net.Posts[0]
	who := t.net.officer(access.HubOperator)
	b, err := who.signIn(ctx, t.net.Console, "officer")
	if err != nil {
		return nil, err
	}
	return &parted{
		teller: t, post: post, agent: newClient(post, post.account(access.Agent)), supervisor: newClient(post, post.account(access.Supervisor)),
		operator: &client{base: t.net.Console + "/api/v1", http: b.http}, first: post.dir + ".first", second: post.dir + ".second",
	}, nil
}

// visit enrols one person at whichever machine runs.
func (p *parted) visit(ctx context.Context) (released, error) {
	r, err := enrol(ctx, p.agent, p.supervisor, p.people.visitor(p.post))
	if err == nil {
		p.step(r.Level, "a visit saved at %s under reference %s", p.post.City, r.Printed)
	}
	return r, err
}

// copies makes the second machine of the first one's disk.
func (p *parted) copies(ctx context.Context) error {
	if err := p.post.process.stop(); err != nil {
		return err
	}
	if err := copyTree(p.post.dir, p.second); err != nil {
		return err
	}
	return p.net.serve(ctx, p.post)
}

// change puts the disk of another machine in the place of the one that runs.
func (p *parted) change(ctx context.Context, away, in string) error {
	if err := p.post.process.stop(); err != nil {
		return err
	}
	for _, move := range [][2]string{{p.post.dir, away}, {in, p.post.dir}} {
		if err := os.Rename(move[0], move[1]); err != nil {
			return fault.New(fault.Storage, opFork, string(p.post.ID), err)
		}
	}
	return p.net.serve(ctx, p.post)
}

// other has the second machine work alone and then meet the hub.
func (p *parted) other(ctx context.Context) (all []released, err error) {
	p.post.relay.Cut()
	if err := p.change(ctx, p.first, p.second); err != nil {
		return nil, err
	}
	for range 2 {
		r, err := p.visit(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	p.post.relay.Restore()
	if err := p.fenced(ctx, 1); err != nil {
		return nil, err
	}
	p.step("", "the copy comes to the hub with another history: it is fenced, and its desk says that people decide")
	r, err := p.visit(ctx)
	return append(all, r), err
}

// fenced waits until the desk says that it is, and the hub has so many lines of
// evidence.
func (p *parted) fenced(ctx context.Context, evidence int) error {
	err := eventually(ctx, "the desk to say that people decide", linkLimit, func() (bool, error) {
		var s struct {
			Link struct {
				Reason string `json:"last_reason"`
			} `json:"link"`
		}
		err := p.agent.do(ctx, call{Method: http.MethodGet, Path: "/status", Into: &s})
		return s.Link.Reason == fault.Fork.String(), err
	})
	if err != nil {
		return err
	}
	// A machine that is ahead finds it out itself, and tells the hub then.
	return eventually(ctx, "the hub to show the fork", linkLimit, func() (bool, error) {
		list, err := p.looks(ctx)
		return len(list) == 1 && list[0].Standing == forks.Fenced && len(list[0].Shown) == evidence, err
	})
}

// look reads both histories as an operator's page does.
func (p *parted) look(ctx context.Context) (forks.Fork, error) {
	list, err := p.looks(ctx)
	if err != nil || len(list) != 1 {
		return forks.Fork{}, fault.New(fault.NotFound, opFork, "histories of "+string(p.post.ID), err)
	}
	return list[0], nil
}

func (p *parted) looks(ctx context.Context) ([]forks.Fork, error) {
	var list struct {
		Forks []forks.Fork `json:"forks"`
	}
	err := p.operator.do(ctx, call{Method: http.MethodGet, Path: p.path(), Into: &list})
	return list.Forks, err
}

func (p *parted) path() string { return "/operate/posts/" + string(p.post.ID) + "/forks" }

// decides is the operator, who first forgets to say that the other machine is off.
func (p *parted) decides(ctx context.Context) error {
	f, err := p.look(ctx)
	if err != nil {
		return err
	}
	p.step("", "an operator sees both: the same to %d for sure, two at %d at the latest, the hub's ends at %d", f.Same, f.Parts, f.Hub.Sequence)
	said, err := p.hub(ctx, "post forks", "--json")
	if err != nil {
		return err
	}
	var list []forks.Fork
	if err := json.Unmarshal([]byte(said), &list); err != nil || len(list) != 1 || list[0].Node != f.Node {
		return fault.New(fault.Internal, opFork, "hub post forks tells something else", err)
	}
	body := map[string]any{
		"node": f.Node, "seen": f.Seen, "choice": forks.GoOn, "reason": "the post read the serial number to us",
		"password": p.net.officer(access.HubOperator).Password,
	}
	if p.operator.do(ctx, call{Method: http.MethodPost, Path: p.path(), Body: body}) == nil {
		return fault.New(fault.Internal, opFork, "taken without a word about the copies", nil)
	}
	body["copies_off"] = true
	if err := p.operator.do(ctx, call{Method: http.MethodPost, Path: p.path(), Body: body}); err != nil {
		return err
	}
	p.step("", "the operator decides: this machine goes on")
	return nil
}

// goesOn waits until everything that the machine had is secured. It is started
// anew, for it asks by itself only every few minutes.
func (p *parted) goesOn(ctx context.Context, all []released) error {
	if err := p.post.process.stop(); err != nil {
		return err
	}
	if err := p.net.serve(ctx, p.post); err != nil {
		return err
	}
	began := time.Now()
	for _, r := range all {
		if err := p.secured(ctx, p.agent, r, began); err != nil {
			return err
		}
	}
	f, err := p.look(ctx)
	if err != nil {
		return err
	}
	if f.Standing != forks.Over || f.Decisions[0].Next == "" || f.Decisions[0].Next == f.Incarnation {
		return fault.New(fault.Internal, opFork, "it went on without a new incarnation", nil)
	}
	p.step("L2", "the machine went on with incarnation %s; the evidence and the decision stay", f.Decisions[0].Next)
	return p.verifyOffline(ctx, p.post, p.agent, all)
}

// tooLate is the first machine, which was to be switched off, and was not.
func (p *parted) tooLate(ctx context.Context) error {
	p.post.relay.Cut()
	if err := p.change(ctx, p.second, p.first); err != nil {
		return err
	}
	if _, err := p.visit(ctx); err != nil {
		return err
	}
	p.post.relay.Restore()
	if err := p.fenced(ctx, 2); err != nil {
		return err
	}
	p.step("", "the first machine comes after all, and is fenced: nobody decided about it")
	return nil
}

// copyTree copies a directory with its permissions; sockets are left out.
func copyTree(from, to string) error {
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		at := filepath.Join(to, rel)
		switch {
		case d.IsDir():
			return os.MkdirAll(at, info.Mode().Perm())
		case !info.Mode().IsRegular():
			return nil
		}
		raw, err := os.ReadFile(path) //nolint:gosec // our own directory
		if err != nil {
			return err
		}
		return os.WriteFile(at, raw, info.Mode().Perm()) //nolint:gosec // our own directory
	})
	if err != nil {
		return fault.New(fault.Storage, opFork, from, err)
	}
	return nil
}
