package localnet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/durable"
	"jaliya/internal/fault"
)

// Options says which network to run.
type Options struct {
	Dir      string // data, configuration and logs of all processes
	Posts    int    // how many posts, 1 to 71
	PortBase int    // see the offsets below
	Seed     uint64 // of the people who come
	Kills    int    // of the journeys of murder

	Requests int      // of the journeys that look for what tells
	Offices  []string // more arguments of the record offices' simulator
	People   int      // who can sign in on the portal; zero: as many as the simulator has by itself

	VerifyByHand bool // cases wait for hub verify
	PackByHand   bool // cards wait for hub pouch

	walled bool // the first post's network lets no UDP pass, from the beginning
}

// Offsets from the port base (design.md section 8). The portal
// takes 0.
const (
	offsetNodes   = 2 // UDP, hub
	offsetCluster = 3 // UDP, hub
	offsetHub     = 4 // TCP, the hub's admin listener
	offsetCentre  = 5 // TCP, Rabat, Marrakech and their admin listener
	offsetDesk    = 21
	offsetAdmin   = 121
	offsetRelay   = 221
)

// firstPosts are begun with; the journey cuts off the first of them.
var firstPosts = []consular.PostID{"FR-LYO", "ES-LEI", "ES-MJV", "IT-MIL", "BE-BRU", "NL-AMS", "CA-MTR", "AE-DXB"}

// Network is a running network.
type Network struct {
	Hub    *process `json:"-"`
	Centre *process `json:"-"`
	Posts  []*Post  `json:"posts"`
	Admin  string   `json:"hub_admin"`
	Sites  string   `json:"centre_admin"` // of the card production centres: /rabat/admin/, /marrakech/admin/

	Portal   string   `json:"portal"` // base URL of the citizens' portal
	Outside  Outside  `json:"outside"`
	Console  string   `json:"console"`  // base URL
	Officers []Person `json:"officers"` // people of the hub, at the console

	printer  string     // host:port
	around   []*process // outside systems around a record
	dir      string
	sites    [2]string // Rabat and Marrakech, host:port
	programs binaries
}

// Post is a post of the network with what a visitor needs.
type Post struct {
	ID       consular.PostID `json:"post"`
	City     string          `json:"city"`
	Desk     string          `json:"desk"`     // base URL
	Admin    string          `json:"admin"`    // host:port
	Accounts []Account       `json:"accounts"` // programs, by bearer token
	Staff    []Person        `json:"staff"`    // people, at the screens

	place   consular.Post
	process *process
	relay   *relay
	dir     string
	config  string
}

// Account is who may sign in.
type Account struct {
	Name  string      `json:"name"`
	Role  access.Role `json:"role"`
	Token string      `json:"token"`
}

// Start starts hub and posts, and returns when all are ready. On an error
// everything that was started is ended.
func Start(ctx context.Context, o Options) (n *Network, err error) {
	programs, err := findBinaries()
	if err != nil {
		return nil, err
	}
	posts, err := choosePosts(o.Posts)
	if err != nil {
		return nil, err
	}
	n = &Network{
		dir: o.Dir, programs: programs, Admin: loopback(o.PortBase + offsetHub),
		Sites: loopback(o.PortBase + offsetCentre + 2), Console: "http://" + loopback(o.PortBase+offsetConsole),
		printer: loopback(o.PortBase + offsetPrinter),
		sites:   [2]string{loopback(o.PortBase + offsetCentre), loopback(o.PortBase + offsetCentre + 1)},
	}
	begun := n
	defer func() {
		if err != nil {
			err = errors.Join(err, begun.Stop(ctx))
		}
	}()
	if err := n.startCentre(ctx, o); err != nil {
		return nil, err
	}
	if err := n.startOutside(ctx, o); err != nil {
		return nil, err
	}
	if err := n.startHub(ctx, o); err != nil {
		return nil, err
	}
	if err := n.startPortal(ctx, o); err != nil {
		return nil, err
	}
	var g errgroup.Group
	g.SetLimit(4)
	n.Posts = make([]*Post, len(posts))
	for i, post := range posts {
		n.Posts[i] = newPost(o, i, post)
		g.Go(func() error { return n.startPost(ctx, o, n.Posts[i], i) })
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return n, n.describe()
}

func choosePosts(count int) ([]consular.Post, error) {
	directory, err := consular.BuiltInDirectory()
	if err != nil {
		return nil, err
	}
	if count < 1 || count > directory.Len() {
		return nil, fault.New(fault.Invalid, "localnet: choose posts", "1 to "+strconv.Itoa(directory.Len()), nil)
	}
	chosen := make([]consular.Post, 0, count)
	seen := map[consular.PostID]bool{}
	for _, id := range firstPosts {
		post, err := directory.Lookup(id)
		if err != nil {
			return nil, err
		}
		seen[id] = true
		chosen = append(chosen, post)
	}
	for _, post := range directory.All() {
		if !seen[post.ID] {
			chosen = append(chosen, post)
		}
	}
	return chosen[:count], nil
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

func (n *Network) hubConfig() string { return filepath.Join(n.dir, "hub.toml") }

func (n *Network) startHub(ctx context.Context, o Options) error {
	config := fmt.Sprintf("dir = %q\n[nodes]\nlisten = %q\n[cluster]\nlisten = %q\n[admin]\nlisten = %q\n[console]\nlisten = %q\n[log]\nformat = \"json\"\n",
		filepath.Join(n.dir, "hub"), loopback(o.PortBase+offsetNodes), loopback(o.PortBase+offsetCluster), n.Admin, loopback(o.PortBase+offsetConsole))
	if err := write(n.hubConfig(), config+n.carriers(o)+n.desks(o)); err != nil {
		return err
	}
	passphrase := filepath.Join(n.dir, "passphrase")
	if _, err := os.Stat(passphrase); err != nil {
		if err := write(passphrase, "loopback only\n"); err != nil {
			return err
		}
		if _, err := n.programs.run(ctx, "hub", "init", "--config", n.hubConfig(), "--name", "rabat-1",
			"--passphrase", passphrase, "--work-factor", "10"); err != nil {
			return err
		}
	}
	n.Hub = &process{name: "hub", admin: n.Admin}
	if err := n.programs.start(ctx, n.Hub, "hub", "serve", "--config", n.hubConfig()); err != nil {
		return err
	}
	return n.hireOfficers(ctx)
}

func newPost(o Options, i int, post consular.Post) *Post {
	dir := filepath.Join(o.Dir, strings.ToLower(string(post.ID)))
	return &Post{
		ID: post.ID, City: post.City, place: post, dir: dir, config: dir + ".toml",
		Desk: "http://" + loopback(o.PortBase+offsetDesk+i), Admin: loopback(o.PortBase + offsetAdmin + i),
	}
}

func (n *Network) startPost(ctx context.Context, o Options, p *Post, i int) (err error) {
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
	p.process = &process{name: strings.ToLower(string(p.ID)), admin: p.Admin}
	if err := n.programs.start(ctx, p.process, "consulate-node", "serve", "--config", p.config); err != nil {
		return err
	}
	if wall {
		// A desk slows down who tries codes that it has not heard of.
		if err := (&teller{}).awaitLink(ctx, newClient(p, p.account(access.Agent)), true); err != nil {
			return err
		}
	}
	return n.hireStaff(ctx, p)
}

// joinOnce has a post join, or finds who may sign in when it has joined in an
// earlier run of the same directory.
func (n *Network) joinOnce(ctx context.Context, p *Post, relayed string) error {
	if _, err := os.Stat(p.config); err != nil {
		return n.join(ctx, p, relayed)
	}
	raw, err := os.ReadFile(n.description())
	if err != nil {
		return fault.New(fault.NotFound, "localnet: read accounts", n.description(), err)
	}
	var before Network
	if err := json.Unmarshal(raw, &before); err != nil {
		return fault.New(fault.Corrupt, "localnet: read accounts", n.description(), err)
	}
	for _, held := range before.Posts {
		if held.ID == p.ID {
			p.Accounts, p.Staff = held.Accounts, held.Staff
		}
	}
	return nil
}

func (n *Network) description() string { return filepath.Join(n.dir, "localnet.json") }

// join writes a post's configuration and has its machine join by an invitation.
func (n *Network) join(ctx context.Context, p *Post, relayed string) error {
	var config strings.Builder
	fmt.Fprintf(&config, "dir = %q\nhubs = [%q]\n[desk]\nlisten = %q\nportal = %q\n", p.dir, relayed, strings.TrimPrefix(p.Desk, "http://"), n.Portal)
	for _, a := range []Account{{Name: "amina", Role: access.Agent}, {Name: "driss", Role: access.Supervisor}} {
		token, hash := access.NewToken()
		a.Token = token
		p.Accounts = append(p.Accounts, a)
		fmt.Fprintf(&config, "[[desk.service_account]]\nname = %q\nrole = %q\ntoken_sha256 = %q\n", a.Name, a.Role, hash)
	}
	fmt.Fprintf(&config, "[printer]\nuri = \"ipp://%s/ipp/print\"\n", n.printer)
	fmt.Fprintf(&config, "[admin]\nlisten = %q\n[log]\nformat = \"json\"\n", p.Admin)
	if err := write(p.config, config.String()); err != nil {
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
	return errors.Join(err, os.Remove(file))
}

// describe writes who may sign in and where, for people and for scripts.
func (n *Network) describe() error {
	raw, err := json.MarshalIndent(n, "", "  ")
	if err != nil {
		return fault.New(fault.Internal, "localnet: describe", "", err)
	}
	return write(n.description(), string(raw))
}

// Stop ends all processes and relays, also after the end of ctx.
func (n *Network) Stop(ctx context.Context) error {
	var failed error
	for _, p := range n.Posts {
		if p == nil {
			continue
		}
		if p.process != nil {
			failed = errors.Join(failed, p.process.stop())
		}
		if p.relay != nil {
			failed = errors.Join(failed, p.relay.Close(ctx))
		}
	}
	if n.Hub != nil {
		failed = errors.Join(failed, n.Hub.stop())
	}
	for _, p := range n.around {
		failed = errors.Join(failed, p.stop())
	}
	if n.Centre != nil {
		failed = errors.Join(failed, n.Centre.stop())
	}
	return failed
}

func write(path, text string) error {
	if err := durable.WriteFile(path, []byte(text), 0o600); err != nil {
		return fault.New(fault.Storage, "localnet: write", path, err)
	}
	return nil
}
