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
	"sync"

	"golang.org/x/sync/errgroup"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/durable"
	"jaliya/internal/fault"
	"jaliya/internal/lang"
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

	Day  bool    // people come and go until the network ends
	Pace float64 // of the day: how many times as fast as people; 0: 1

	walled bool // the first post's network lets no UDP pass, from the beginning
	parked bool // posts join, straight to the hub, and are not started
}

// Offsets from the port base (design.md section 8). The portal takes 0; desks,
// admin listeners and relays leave room for all 71 posts (ports.go).
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
	Hub   *process `json:"-"`
	Posts []*Post  `json:"posts"`
	Admin string   `json:"hub_admin"`
	Sites string   `json:"centre_admin"` // of the card production centres: /rabat/admin/, /marrakech/admin/

	Portal   string    `json:"portal"` // base URL of the citizens' portal
	Outside  Outside   `json:"outside"`
	Console  string    `json:"console"`           // base URL
	Operate  string    `json:"operate,omitempty"` // page of the console for operators, where it has one
	Officers []Person  `json:"officers"`          // people of the hub, at the console
	Office   Office    `json:"office"`            // of Justice's records
	Start    string    `json:"start"`             // page with all of these, and the codes of this half minute
	Look     []Look    `json:"look,omitempty"`
	Accounts []Account `json:"accounts"` // programs at the console, by bearer token

	mu       sync.Mutex // guards Look, around, and the file of the description
	printer  string     // host:port
	around   []*process // outside systems around a record, and the portal
	portal   *process
	dir      string
	sites    [2]string // Rabat and Marrakech, host:port
	programs binaries
	words    *lang.Catalog
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

// postsAtOnce is how many posts join at a time: most of it is waiting for disks
// and for each other, and the hub hashes one secret at a time.
const postsAtOnce = 8

// Start starts hub and posts, and returns when all are ready. On an error
// everything that was started is ended.
func Start(ctx context.Context, o Options) (n *Network, err error) {
	programs, err := findBinaries()
	if err != nil {
		return nil, err
	}
	if err := portsFree(ctx, o); err != nil {
		return nil, err
	}
	posts, err := choosePosts(o.Posts)
	if err != nil {
		return nil, err
	}
	if err := claim(o.Dir); err != nil {
		return nil, err
	}
	words, err := lang.Open()
	if err != nil {
		return nil, err
	}
	n = &Network{
		dir: o.Dir, programs: programs, words: words, Admin: loopback(o.PortBase + offsetHub),
		Sites: loopback(o.PortBase + offsetCentre + 2), Console: "http://" + loopback(o.PortBase+offsetConsole),
		Start: "http://" + loopback(o.PortBase+offsetStart), printer: loopback(o.PortBase + offsetPrinter),
		sites: [2]string{loopback(o.PortBase + offsetCentre), loopback(o.PortBase + offsetCentre + 1)},
	}
	begun := n
	defer func() {
		if err != nil {
			err = errors.Join(err, begun.Stop(ctx))
		}
	}()
	if err := n.startAround(ctx, o); err != nil {
		return nil, err
	}
	if err := n.startHub(ctx, o); err != nil {
		return nil, err
	}
	// The portal waits for nobody but the hub.
	g, starting := errgroup.WithContext(ctx)
	g.Go(func() error { return n.startPortal(starting, o) })
	g.Go(func() error { return n.startPosts(starting, o, posts) })
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return n, n.describe()
}

// startAround starts what stands around the hub, whose keys the hub reads.
func (n *Network) startAround(ctx context.Context, o Options) error {
	n.Portal = portalAddress(o)
	if err := os.MkdirAll(n.outsideDir(""), 0o700); err != nil {
		return fault.New(fault.Storage, "localnet: make directory", n.outsideDir(""), err)
	}
	g, ctx := errgroup.WithContext(ctx)
	for _, start := range []func(context.Context, Options) error{n.startCentre, n.startOutside, n.startOffice} {
		g.Go(func() error { return start(ctx, o) })
	}
	return g.Wait()
}

// beside notes a process that Stop ends.
func (n *Network) beside(p *process) *process {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.around = append(n.around, p)
	return p
}

func (n *Network) startPosts(ctx context.Context, o Options, posts []consular.Post) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(postsAtOnce)
	n.Posts = make([]*Post, len(posts))
	for i, post := range posts {
		n.Posts[i] = newPost(o, i, post)
		g.Go(func() error { return n.startPost(ctx, o, n.Posts[i], i) })
	}
	return g.Wait()
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
	if err := write(n.hubConfig(), config+n.admitPrograms()+n.carriers(o)+n.desks(o)); err != nil {
		return err
	}
	founded := filepath.Join(n.dir, "founded")
	if _, err := os.Stat(founded); err != nil {
		if err := n.found(ctx); err != nil {
			return err
		}
		if err := write(founded, ""); err != nil {
			return err
		}
	}
	n.Hub = &process{name: "hub", admin: n.Admin}
	if err := n.programs.start(ctx, n.Hub, "hub", "serve", "--config", n.hubConfig()); err != nil {
		return err
	}
	if err := n.findOperate(ctx); err != nil {
		return err
	}
	return n.hireOfficers(ctx)
}

// found makes the hub's identity. What an earlier start left half done is made
// anew: no post can have joined it. The root key is wrapped with little work, for
// it guards specimen people.
func (n *Network) found(ctx context.Context) error {
	if err := os.RemoveAll(filepath.Join(n.dir, "hub")); err != nil {
		return fault.New(fault.Storage, "localnet: found hub", n.dir, err)
	}
	passphrase := filepath.Join(n.dir, "passphrase")
	if err := write(passphrase, "loopback only\n"); err != nil {
		return err
	}
	_, err := n.programs.run(ctx, "hub", "init", "--config", n.hubConfig(), "--name", "rabat-1",
		"--passphrase", passphrase, "--work-factor", "10")
	return err
}

func (n *Network) description() string { return filepath.Join(n.dir, "localnet.json") }

// describe writes who may sign in and where, for people and for scripts.
func (n *Network) describe() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	raw, err := json.MarshalIndent(n, "", "  ")
	if err != nil {
		return fault.New(fault.Internal, "localnet: describe", "", err)
	}
	return write(n.description(), string(raw))
}

// Stop ends all processes and relays, also after the end of ctx: posts first, all
// at once, so that none waits for a hub that is gone.
func (n *Network) Stop(ctx context.Context) error {
	var posts, rest errgroup.Group
	failed := make([]error, len(n.Posts))
	for i, p := range n.Posts {
		posts.Go(func() error {
			failed[i] = p.stop(ctx)
			return nil
		})
	}
	err := errors.Join(posts.Wait(), errors.Join(failed...))
	all := append([]*process{n.Hub}, n.around...)
	ended := make([]error, len(all))
	for i, p := range all {
		rest.Go(func() error {
			if p != nil {
				ended[i] = p.stop()
			}
			return nil
		})
	}
	return errors.Join(err, rest.Wait(), errors.Join(ended...))
}

func write(path, text string) error {
	if err := durable.WriteFile(path, []byte(text), 0o600); err != nil {
		return fault.New(fault.Storage, "localnet: write", path, err)
	}
	return nil
}
