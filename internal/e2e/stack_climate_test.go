package e2e

import (
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"github.com/quic-go/quic-go/testutils/simnet"
)

// climate gives each post a weather of its own beside that of the whole road.
type climate struct {
	mu     sync.Mutex         // guards what follows
	chance *rand.Rand         // of packets
	fronts map[byte]*[2]front // by host: up, down
	cuts   int                // begun
}

// front is what one direction suffers, and until when.
type front struct {
	cut, thin, shaken time.Time
	loss              float64
	jitter            time.Duration // packets overtake each other within it
}

func newClimate(seed uint64) *climate {
	return &climate{chance: rand.New(rand.NewPCG(seed, 3)), fronts: map[byte]*[2]front{}}
}

func (c *climate) of(host byte) *[2]front {
	f := c.fronts[host]
	if f == nil {
		f = &[2]front{}
		c.fronts[host] = f
	}
	return f
}

// weigh is the weather's besides.
func (c *climate) weigh(p simnet.Packet) (drop bool, late time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	host, up := hostOf(p)
	f, now := &c.of(host)[up], time.Now()
	drop = now.Before(f.cut) || now.Before(f.thin) && c.chance.Float64() < f.loss
	if now.Before(f.shaken) && f.jitter > 0 {
		late = time.Duration(c.chance.Int64N(int64(f.jitter)))
	}
	return drop, late
}

// hostOf gives the post of a packet, and 0 for what it sends, 1 for what it gets.
func hostOf(p simnet.Packet) (host byte, direction int) {
	from, fine := p.From.(*net.UDPAddr)
	if fine && from.IP.To4()[2] != 0 {
		return from.IP.To4()[3], 0
	}
	to, fine := p.To.(*net.UDPAddr)
	if !fine {
		return 0, 1
	}
	return to.IP.To4()[3], 1
}

// worsen draws something for a post: a cut both ways or one way, loss, or delay
// that lets packets overtake each other.
func (c *climate) worsen(r *rand.Rand, host byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f := c.of(host)
	until := time.Now().Add(time.Second + time.Duration(r.ExpFloat64()*float64(90*time.Second)))
	switch kind := r.IntN(6); kind {
	case 0, 1, 2: // up, down, both
		c.cuts++
		for i := range f {
			if kind == 2 || kind == i {
				f[i].cut = until
			}
		}
	case 3, 4:
		for i := range f {
			f[i].thin, f[i].loss = until, 0.3*r.Float64()
		}
	default:
		for i := range f {
			f[i].shaken, f[i].jitter = until, time.Duration(1+r.IntN(400))*time.Millisecond
		}
	}
}

// clear ends all of it.
func (c *climate) clear() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fronts = map[byte]*[2]front{}
	return c.cuts
}
