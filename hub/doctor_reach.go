package hub

import (
	"context"
	"errors"
	"net"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"jaliya/hub/gateway/peer"
	"jaliya/internal/doctor"
	"jaliya/internal/link"
	"jaliya/internal/link/pki"
)

// outsideWithin is how long one outside system may take to answer.
const outsideWithin = 5 * time.Second

func utoa(n uint64) string { return strconv.FormatUint(n, 10) }

// port is one that a member listens on.
type port struct{ name, network, listen string }

func (p *patient) ports() []port {
	out := []port{
		{portNodes, "udp", p.cfg.Nodes.Listen}, {"cluster", "udp", p.cfg.Cluster.Listen}, {"admin", "tcp", p.cfg.Admin.Listen},
	}
	if p.cfg.Nodes.TCP != off {
		out = append(out, port{portWalled, "tcp", p.cfg.Nodes.TCP})
	}
	if p.cfg.Portals.Listen != "" {
		out = append(out, port{"portals", "tcp", p.cfg.Portals.Listen})
	}
	if p.cfg.Console.Listen != "" {
		out = append(out, port{"console", "tcp", p.cfg.Console.Listen})
	}
	return out
}

// checkPorts holds of a running member that every port is taken, and that on the
// nodes' port this very member answers; of a stopped one that all are free.
func (p *patient) checkPorts(ctx context.Context) []doctor.Finding {
	var out []doctor.Finding
	for _, one := range p.ports() {
		f := doctor.Finding{Subject: one.name, Facts: doctor.Facts{"name": one.name, "address": one.listen}}
		taken := taken(ctx, one)
		switch {
		case p.running && taken && p.isOurs(ctx, one.name):
			f.Code = "ports-good"
		case p.running:
			f.Code = "ports-silent"
		case taken:
			f.Code = "ports-taken"
		default:
			f.Code = "ports-free"
		}
		out = append(out, f)
	}
	return out
}

// taken tries to listen, for no longer than that.
func taken(ctx context.Context, p port) bool {
	var lc net.ListenConfig
	if p.network == "udp" {
		conn, err := lc.ListenPacket(ctx, "udp", p.listen)
		if err == nil {
			_ = conn.Close() // was only tried
		}
		return errors.Is(err, syscall.EADDRINUSE)
	}
	l, err := lc.Listen(ctx, "tcp", p.listen)
	if err == nil {
		_ = l.Close() // was only tried
	}
	return errors.Is(err, syscall.EADDRINUSE)
}

// The ports of posts, over UDP and over TLS on TCP.
const (
	portNodes  = "nodes"
	portWalled = "nodes.tcp"
)

// isOurs shakes hands on the posts' ports as a machine that joins does, which
// shows no certificate and asks for nothing. Of other ports it says yes.
func (p *patient) isOurs(ctx context.Context, name string) bool {
	if name != portNodes && name != portWalled {
		return true
	}
	pin := p.keys.trust.Fingerprint()
	conf, err := pki.JoinClient(pin, time.Now, link.ALPNJoin)
	if err != nil {
		return false
	}
	outer, err := pki.JoinClient(pin, time.Now, link.ALPNTunnel)
	if err != nil {
		return false
	}
	o := link.ProbeOptions{ALPN: link.ALPNJoin, TLS: conf}
	var got link.Probed
	if name == portWalled {
		got = link.ProbeTunnel(ctx, link.Tunnel{Address: doctor.Near(p.cfg.Nodes.TCP), TLS: outer, Config: link.DefaultConfig()}, o)
	} else {
		got = probeUDP(ctx, doctor.Near(p.cfg.Nodes.Listen), o)
	}
	return got.Outcome == link.ProbeReached && got.Peer.Identity.ID == p.keys.member.ID
}

func probeUDP(ctx context.Context, address string, o link.ProbeOptions) link.Probed {
	remote, err := net.ResolveUDPAddr("udp", address)
	if err != nil {
		return link.Probed{Outcome: link.ProbeFailed, Err: err}
	}
	conn, err := net.ListenUDP("udp", nil)
	if err != nil {
		return link.Probed{Outcome: link.ProbeFailed, Err: err}
	}
	return link.Probe(ctx, conn, remote, o)
}

func (p *patient) checkVault(context.Context) []doctor.Finding {
	dir := p.cfg.Vault.Dir
	facts := doctor.Facts{"dir": dir, "need": doctor.Bytes(p.cfg.Vault.Reserve.Bytes())}
	info, err := os.Stat(dir)
	var st unix.Statfs_t
	switch {
	case err != nil || !info.IsDir():
		return one("vault-missing", facts)
	case unix.Access(dir, unix.R_OK|unix.W_OK|unix.X_OK) != nil || unix.Statfs(dir, &st) != nil:
		return one("vault-permission", facts)
	}
	free := int64(st.Bavail) * st.Bsize //nolint:gosec // far below the limit
	facts["free"] = doctor.Bytes(free)
	if free < p.cfg.Vault.Reserve.Bytes() {
		return one("vault-full", facts)
	}
	return one("vault-good", facts)
}

// system is one outside system and the question whether it is there.
type system struct {
	name  string
	where string
	reach func(context.Context) (status int, err error)
}

// systems lists what the configuration names.
func (p *patient) systems() []system {
	var out []system
	web := func(name, path string, e peer.Endpoint) {
		out = append(out, system{name, e.URL, func(ctx context.Context) (int, error) {
			conf, err := e.TLS()
			if err != nil {
				return 0, err
			}
			return doctor.Reach(ctx, e.URL+path, conf)
		}})
	}
	if c := p.cfg.Centre; c != nil {
		for _, s := range c.Sites {
			web("centre "+s.Name, "/", peer.Endpoint{URL: s.URL, TokenFile: s.TokenFile, CertFile: s.CertFile, KeyFile: s.KeyFile, CAFile: s.CAFile})
		}
	}
	if c := p.cfg.Records; c != nil {
		for _, o := range c.Offices {
			web("records "+o.Name, "/v1/health", peer.Endpoint{URL: o.URL, TokenFile: o.TokenFile, CertFile: o.CertFile, KeyFile: o.KeyFile, CAFile: o.CAFile})
		}
	}
	if c := p.cfg.Stamp; c != nil {
		web("stamp", "/", peer.Endpoint{URL: c.URL, TokenFile: c.TokenFile, CertFile: c.CertFile, KeyFile: c.KeyFile, CAFile: c.CAFile})
	}
	if c := p.cfg.Mail; c != nil {
		out = append(out, system{"mail", c.Server, func(ctx context.Context) (int, error) { return 0, c.Reach(ctx) }})
	}
	if c := p.cfg.SMS; c != nil {
		web("sms", "/", peer.Endpoint{URL: c.URL, TokenFile: c.TokenFile, CertFile: c.CertFile, KeyFile: c.KeyFile, CAFile: c.CAFile})
	}
	return out
}

func (p *patient) checkOutside(ctx context.Context) []doctor.Finding {
	systems := p.systems()
	if len(systems) == 0 {
		return one("outside-none", nil)
	}
	out := make([]doctor.Finding, len(systems))
	var all sync.WaitGroup
	for i, s := range systems {
		all.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, outsideWithin)
			defer cancel()
			status, err := s.reach(ctx)
			out[i] = doctor.Outside(s.name, s.where, status, err)
		})
	}
	all.Wait()
	return out
}
