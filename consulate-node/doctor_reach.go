package node

import (
	"context"
	"net"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"

	"jaliya/internal/doctor"
	"jaliya/internal/fault"
	"jaliya/internal/link"
	"jaliya/internal/link/pki"
	"jaliya/internal/wire"
)

// Where a road that works is worth a look.
const (
	lossy  = 0.05
	narrow = 1280 // below what every IPv6 link carries; the sessions stay at their least
	slow   = 800 * time.Millisecond
)

// trusted is an uplink without a socket, for probes.
func trusted(c Config, k *keys, hubs []string) (*uplink, error) {
	raw, err := os.ReadFile(c.path(fileTrust))
	if err != nil {
		return nil, fault.New(fault.NotFound, "node: open uplink", "trust bundle", err)
	}
	trust, err := pki.ParseTrustBundle(raw)
	if err != nil {
		return nil, err
	}
	return &uplink{ring: k.ring, trust: trust, hubs: hubs}, nil
}

// probes are what both roads to one hub address gave.
type probes struct {
	address  string
	udp, tcp link.Probed
}

// reached says whether one of the roads leads there.
func (p probes) reached() bool {
	return p.udp.Outcome == link.ProbeReached || p.tcp.Outcome == link.ProbeReached
}

// checkReach shakes hands with every hub address over both roads, UDP and TLS on
// TCP (D33), all at the same time, with the certificate by which the node ships,
// and measures the roads. The road of documents is asked: it refuses an empty
// span before it looks at anything, and knows no session numbers, so a running
// node is not pushed out (D37).
func (p *patient) checkReach(ctx context.Context) []doctor.Finding {
	conf, err := pki.MutualClient(p.keys.ring.Source(pki.SlotWorking), p.verifier(), link.ALPNFetch)
	if err != nil {
		return one("reach-failed", nil)
	}
	outer, err := pki.JoinClient(p.uplink.trust.Fingerprint(), p.now, link.ALPNTunnel)
	if err != nil {
		return one("reach-failed", nil)
	}
	o := link.ProbeOptions{ALPN: link.ALPNFetch, TLS: conf, Ask: wire.Marshal(wire.FetchRequest{})}
	hubs := make([]probes, len(p.uplink.hubs))
	var all sync.WaitGroup
	for i, address := range p.uplink.hubs {
		hubs[i].address = address
		all.Go(func() { hubs[i].udp = probeHub(ctx, address, o) })
		all.Go(func() {
			hubs[i].tcp = link.ProbeTunnel(ctx, link.Tunnel{Address: address, TLS: outer, Config: link.DefaultConfig()}, o)
		})
	}
	all.Wait()
	p.reached = slices.ContainsFunc(hubs, probes.reached)
	return found(hubs)
}

func (p *patient) verifier() *pki.Verifier {
	v := p.uplink.verifier(pki.Member)
	v.Now = p.now
	return v
}

func probeHub(ctx context.Context, address string, o link.ProbeOptions) link.Probed {
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

// found says what the probes saw, step by step, and of a road that leads there
// what it is like. One road to one hub is enough to work.
func found(hubs []probes) []doctor.Finding {
	relieve := slices.ContainsFunc(hubs, probes.reached)
	var reach, tunnel, path []doctor.Finding
	for _, h := range hubs {
		code := doctor.Code("reach-" + string(h.udp.Outcome))
		if h.tcp.Outcome == link.ProbeReached && blocked(h.udp.Outcome) {
			code = "reach-walled"
		}
		reach = append(reach, doctor.Finding{Subject: h.address, Code: code, Facts: factsOf(h.address, h.udp), Relieve: relieve})
		tunnel = append(tunnel, doctor.Finding{
			Step: "tunnel", Subject: h.address, Code: doctor.Code("tunnel-" + string(h.tcp.Outcome)),
			Facts: factsOf(h.address, h.tcp), Relieve: relieve,
		})
		if h.udp.Outcome == link.ProbeReached {
			path = append(path, quality(h.address, h.udp))
		} else if h.tcp.Outcome == link.ProbeReached {
			path = append(path, quality(h.address, h.tcp))
		}
	}
	return append(append(reach, tunnel...), path...)
}

// blocked says whether UDP was stopped on its way, as opposed to refused by the
// hub itself.
func blocked(o link.Outcome) bool {
	switch o { //nolint:exhaustive // the others are the hub's word or this machine's
	case link.ProbeSilent, link.ProbeMute, link.ProbeStarved, link.ProbeClosed:
		return true
	}
	return false
}

func factsOf(address string, p link.Probed) doctor.Facts {
	return doctor.Facts{
		"address": address, "member": p.Peer.Identity.Name, "rtt": strconv.FormatInt(p.RTT.Milliseconds(), 10) + "\u00a0ms",
		"loss": strconv.FormatFloat(100*p.Loss(), 'f', 1, 64) + "\u00a0%", "mtu": strconv.Itoa(p.MTU),
	}
}

// quality says what a road is like. The width of one over TCP is not known, and
// says nothing.
func quality(address string, p link.Probed) doctor.Finding {
	f := doctor.Finding{Step: "path", Subject: address, Code: "path-good", Facts: factsOf(address, p)}
	switch {
	case p.Loss() >= lossy:
		f.Code = "path-lossy"
	case p.MTU > 0 && p.MTU < narrow:
		f.Code = "path-narrow"
	case p.RTT > slow:
		f.Code = "path-slow"
	case p.MTU == 0:
		f.Code = "path-tcp"
	}
	return f
}
