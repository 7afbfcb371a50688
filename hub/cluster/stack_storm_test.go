package cluster_test

import (
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"github.com/quic-go/quic-go/testutils/simnet"
)

// storm is the network between members: it loses packets, lets them overtake
// each other, and cuts one way or both between any two.
type storm struct {
	simnet.PerfectRouter
	mu     sync.Mutex // guards what follows
	chance *rand.Rand
	cuts   map[[2]string]bool // from, to
	loss   float64
	jitter time.Duration
}

func newStorm(seed uint64) *storm {
	return &storm{chance: rand.New(rand.NewPCG(seed, 5)), cuts: map[[2]string]bool{}}
}

// SendPacket implements simnet.Router.
func (s *storm) SendPacket(p simnet.Packet) error {
	s.mu.Lock()
	lost := s.cuts[[2]string{p.From.String(), p.To.String()}] || s.chance.Float64() < s.loss
	s.mu.Unlock()
	if lost {
		return nil
	}
	return s.PerfectRouter.SendPacket(p)
}

func (s *storm) latency(simnet.Packet) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.jitter == 0 {
		return 2 * time.Millisecond
	}
	return 2*time.Millisecond + time.Duration(s.chance.Int64N(int64(s.jitter)))
}

func (s *storm) socket(network *simnet.Simnet, i int) net.PacketConn {
	address := &net.UDPAddr{IP: net.IPv4(10, 0, 0, byte(i+1)).To4(), Port: 7000}
	return network.NewEndpoint(address, simnet.NodeBiDiLinkSettings{LatencyFunc: s.latency})
}

// cut begins a cut of the ways of one member: what it sends, what it gets, both,
// or one way to one other.
func (s *storm) cut(one string, others []string, kind int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, other := range others {
		if kind == 3 && i > 0 {
			return
		}
		if kind != 1 {
			s.cuts[[2]string{one, other}] = true
		}
		if kind != 0 && kind != 3 {
			s.cuts[[2]string{other, one}] = true
		}
	}
}

func (s *storm) rough(loss float64, jitter time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.loss, s.jitter = loss, jitter
}

func (s *storm) calm() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.loss, s.jitter = 0, 0
	clear(s.cuts)
}
