package node

import (
	"context"
	"net"
	"os"
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

// checkReach shakes hands with every hub address, all at the same time, with the
// certificate by which the node ships, and measures the roads. The road of
// documents is asked: it refuses an empty span before it looks at anything, and
// knows no session numbers, so a running node is not pushed out (D37).
func (p *patient) checkReach(ctx context.Context) []doctor.Finding {
	conf, err := pki.MutualClient(p.keys.ring.Source(pki.SlotWorking), p.verifier(), link.ALPNFetch)
	if err != nil {
		return one("reach-failed", nil)
	}
	probes := make([]link.Probed, len(p.uplink.hubs))
	var all sync.WaitGroup
	for i, address := range p.uplink.hubs {
		all.Go(func() {
			probes[i] = probeHub(ctx, address, link.ProbeOptions{ALPN: link.ALPNFetch, TLS: conf, Ask: wire.Marshal(wire.FetchRequest{})})
		})
	}
	all.Wait()
	reached := false
	for _, one := range probes {
		reached = reached || one.Outcome == link.ProbeReached
	}
	var out, roads []doctor.Finding
	for i, probed := range probes {
		reach := found(p.uplink.hubs[i], probed, reached)
		out, roads = append(out, reach[0]), append(roads, reach[1:]...)
	}
	return append(out, roads...)
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

// found says what a probe saw, and of one that got through what the road is like.
func found(address string, p link.Probed, relieve bool) []doctor.Finding {
	facts := doctor.Facts{
		"address": address, "member": p.Peer.Identity.Name, "rtt": strconv.FormatInt(p.RTT.Milliseconds(), 10) + " ms",
		"loss": strconv.FormatFloat(100*p.Loss(), 'f', 1, 64) + " %", "mtu": strconv.Itoa(p.MTU),
	}
	out := []doctor.Finding{{Subject: address, Code: doctor.Code("reach-" + string(p.Outcome)), Facts: facts, Relieve: relieve}}
	if p.Outcome != link.ProbeReached {
		return out
	}
	road := doctor.Code("path-good")
	switch {
	case p.Loss() >= lossy:
		road = "path-lossy"
	case p.MTU < narrow:
		road = "path-narrow"
	case p.RTT > slow:
		road = "path-slow"
	}
	return append(out, doctor.Finding{Step: "path", Subject: address, Code: road, Facts: facts, Relieve: relieve})
}
