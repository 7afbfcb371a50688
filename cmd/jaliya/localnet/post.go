package localnet

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
)

// nodeMemory is what a node's runtime is asked to stay below: hashing of secrets
// leaves tens of MiB behind that 71 posts on one machine cannot let lie.
const nodeMemory = "GOMEMLIMIT=32MiB"

func newPost(o Options, i int, post consular.Post) *Post {
	dir := filepath.Join(o.Dir, strings.ToLower(string(post.ID)))
	return &Post{
		ID: post.ID, City: post.City, place: post, dir: dir, config: dir + ".toml",
		Desk: "http://" + loopback(o.PortBase+offsetDesk+i), Admin: loopback(o.PortBase + offsetAdmin + i),
		process: &process{name: strings.ToLower(string(post.ID)), admin: loopback(o.PortBase + offsetAdmin + i), env: []string{nodeMemory}},
	}
}

func (n *Network) startPost(ctx context.Context, o Options, p *Post, i int) (err error) {
	if o.parked {
		return n.joinOnce(ctx, p, loopback(o.PortBase+offsetNodes))
	}
	relayed := loopback(o.PortBase + offsetRelay + i)
	if p.relay, err = newRelay(relayed, loopback(o.PortBase+offsetNodes)); err != nil { //nolint:contextcheck // it lives until Close
		return err
	}
	wall := o.walled && i == 0
	if wall {
		p.relay.Wall(0)
	}
	if err := n.joinOnce(ctx, p, relayed); err != nil {
		return err
	}
	// Sheets are asked for before the node is up, and are there when it is.
	sheets, err := n.hireStaff(ctx, p)
	if err != nil {
		return err
	}
	if err := n.serve(ctx, p); err != nil {
		return err
	}
	if wall {
		// A desk slows down who tries codes that it has not heard of.
		if err := (&teller{}).awaitLink(ctx, newClient(p, p.account(access.Agent)), true); err != nil {
			return err
		}
	}
	return n.enrolStaff(ctx, p, sheets)
}

// serve starts a post's node.
func (n *Network) serve(ctx context.Context, p *Post) error {
	return n.programs.start(ctx, p.process, "consulate-node", "serve", "--config", p.config)
}

// held are a post's people as they are kept beside its data.
type held struct {
	Accounts []Account `json:"accounts"`
	Staff    []Person  `json:"staff"`
}

func (p *Post) people() string { return p.dir + ".people.json" }

// keep writes who may sign in at the post.
func (p *Post) keep() error {
	raw, err := json.Marshal(held{p.Accounts, p.Staff})
	if err != nil {
		return fault.New(fault.Internal, "localnet: keep accounts", string(p.ID), err)
	}
	return write(p.people(), string(raw))
}

// joinOnce has a post join, or finds who may sign in when it has joined in an
// earlier run of the same directory. One that was interrupted while it joined
// begins anew.
func (n *Network) joinOnce(ctx context.Context, p *Post, relayed string) error {
	const op = "localnet: read accounts"
	raw, err := os.ReadFile(p.people())
	if errors.Is(err, fs.ErrNotExist) {
		if err := os.RemoveAll(p.dir); err != nil {
			return fault.New(fault.Storage, op, p.dir, err)
		}
		return n.join(ctx, p, relayed)
	}
	if err != nil {
		return fault.New(fault.Storage, op, p.people(), err)
	}
	var before held
	if err := json.Unmarshal(raw, &before); err != nil {
		return fault.New(fault.Corrupt, op, p.people(), err)
	}
	p.Accounts, p.Staff = before.Accounts, before.Staff
	return n.configure(p, relayed)
}

// configure writes a post's configuration.
func (n *Network) configure(p *Post, relayed string) error {
	var config strings.Builder
	fmt.Fprintf(&config, "dir = %q\nhubs = [%q]\n[desk]\nlisten = %q\nportal = %q\n", p.dir, relayed, strings.TrimPrefix(p.Desk, "http://"), n.Portal)
	for _, a := range p.Accounts {
		hash := sha256.Sum256([]byte(a.Token))
		fmt.Fprintf(&config, "[[desk.service_account]]\nname = %q\nrole = %q\ntoken_sha256 = %q\n", a.Name, a.Role, hex.EncodeToString(hash[:]))
	}
	fmt.Fprintf(&config, "[printer]\nuri = \"ipp://%s/ipp/print\"\n", n.printer)
	fmt.Fprintf(&config, "[admin]\nlisten = %q\n[journal]\nballast = \"1MiB\"\n[log]\nformat = \"json\"\n", p.Admin)
	return write(p.config, config.String())
}

// join writes a post's configuration and has its machine join by an invitation.
func (n *Network) join(ctx context.Context, p *Post, relayed string) error {
	for _, a := range []Account{{Name: "amina", Role: access.Agent}, {Name: "driss", Role: access.Supervisor}} {
		a.Token, _ = access.NewToken()
		p.Accounts = append(p.Accounts, a)
	}
	if err := n.configure(p, relayed); err != nil {
		return err
	}
	invitation, err := n.programs.run(ctx, "hub", "invite", "--config", n.hubConfig(), "--post", string(p.ID), "--address", relayed)
	if err != nil {
		return err
	}
	file := p.dir + ".invitation"
	if err := write(file, invitation); err != nil {
		return err
	}
	_, err = n.programs.run(ctx, "consulate-node", "join", "--config", p.config, "--invitation", file)
	if err = errors.Join(err, os.Remove(file)); err != nil {
		return err
	}
	return p.keep()
}

// stop ends the post's node and its relay.
func (p *Post) stop(ctx context.Context) error {
	if p == nil {
		return nil
	}
	err := p.process.stop()
	if p.relay != nil {
		err = errors.Join(err, p.relay.Close(ctx))
	}
	return err
}
