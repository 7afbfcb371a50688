package e2e

import (
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/quic-go/quic-go/testutils/simnet"
	"github.com/stretchr/testify/require"
)

// way is one direction of a road: it drops, delays and queues.
type way struct {
	cut   bool
	loss  float64
	rate  int           // bits per second, 0 for no limit
	queue time.Duration // how much the slow link holds before it drops
	delay time.Duration
	free  time.Time // when the link has sent what it holds
	sent  int       // bytes offered to it
}

// weather is the network of a test. The hub is its one far end; a way up and a
// way down lie between it and all others.
type weather struct {
	hub *net.UDPAddr

	mu       sync.Mutex
	up, down way                              // guarded by mu
	nodes    map[string]simnet.PacketReceiver // guarded by mu
	coming   map[string]simnet.PacketReceiver // guarded by mu; not started yet
	chance   *rand.Rand                       // guarded by mu
	silent   map[byte]bool                    // networks whose sockets hear and reach nobody; guarded by mu
	bulk     int                              // bytes that nodes put on a link that was up, for bundles; guarded by mu

	// besides drops or delays a packet further, nil for never; it has its own lock.
	besides func(p simnet.Packet) (drop bool, late time.Duration)
}

func newWeather(rtt time.Duration) *weather {
	return &weather{
		hub: &net.UDPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 4433}, nodes: map[string]simnet.PacketReceiver{}, coming: map[string]simnet.PacketReceiver{},
		up: way{delay: rtt / 2}, down: way{delay: rtt / 2}, chance: rand.New(rand.NewPCG(1, 2)),
	}
}

// AddNode implements simnet.Router: it is called before the node can receive.
func (w *weather) AddNode(addr net.Addr, r simnet.PacketReceiver) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.coming[addr.String()] = r
}

// arrive lets a node receive. A machine that restarts takes its address again.
func (w *weather) arrive(addr net.Addr) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.nodes[addr.String()] = w.coming[addr.String()]
}

// SendPacket implements simnet.Router.
func (w *weather) SendPacket(p simnet.Packet) error {
	w.mu.Lock()
	road := w.way(p)
	road.sent += len(p.Data)
	full := road.rate > 0 && time.Until(road.free) > road.queue
	if from, ok := p.From.(*net.UDPAddr); ok && !road.cut && from.IP.To4()[2] == bulkNet {
		w.bulk += len(p.Data)
	}
	dropped := road.cut || full || w.silent[netOf(p.From)] || w.silent[netOf(p.To)] || w.chance.Float64() < road.loss
	to := w.nodes[p.To.String()]
	w.mu.Unlock()
	if !dropped && w.besides != nil {
		dropped, _ = w.besides(p)
	}
	if !dropped && to != nil {
		to.RecvPacket(p)
	}
	return nil
}

func (w *weather) way(p simnet.Packet) *way {
	if p.To.String() == w.hub.String() {
		return &w.up
	}
	return &w.down
}

// latency is how long a packet takes, its turn on a slow link included.
func (w *weather) latency(p simnet.Packet) time.Duration {
	var late time.Duration
	if w.besides != nil {
		_, late = w.besides(p)
	}
	return late + w.queued(p)
}

func (w *weather) queued(p simnet.Packet) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	road, now := w.way(p), time.Now()
	if road.rate == 0 {
		return road.delay
	}
	if road.free.Before(now) {
		road.free = now
	}
	road.free = road.free.Add(time.Duration(len(p.Data)) * 8 * time.Second / time.Duration(road.rate))
	return road.free.Sub(now) + road.delay
}

// set changes both ways.
func (w *weather) set(change func(up, down *way)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(&w.up, &w.down)
}

func (w *weather) cut(on bool) { w.set(func(up, down *way) { up.cut, down.cut = on, on }) }

func (w *weather) isCut() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.up.cut && w.down.cut
}

func netOf(a net.Addr) byte {
	if udp, ok := a.(*net.UDPAddr); ok {
		return udp.IP.To4()[2]
	}
	return 0
}

// silence has the sockets of a network hear and reach nobody.
func (w *weather) silence(network byte, on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.silent = map[byte]bool{network: on}
}

// bulkNet is the network of the sockets that bundles go over.
const bulkNet = 2

func (w *weather) sentForBundles() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.bulk
}

func (w *weather) sentUp() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.up.sent
}

// endpoint gives a socket at an address.
func (w *weather) endpoint(t *testing.T, addr *net.UDPAddr) net.PacketConn {
	t.Helper()
	sim := &simnet.Simnet{Router: w}
	conn := sim.NewEndpoint(addr, simnet.NodeBiDiLinkSettings{LatencyFunc: w.latency})
	require.NoError(t, sim.Start())
	w.arrive(addr)
	t.Cleanup(func() {
		require.NoError(t, conn.Close())
		require.NoError(t, sim.Close())
	})
	return conn
}
