package emulate

import (
	"io"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"time"
)

// Link is a way up and a way down between a client and a server.
type Link struct {
	number   byte
	up, down *direction
}

// Client is the address that a client's packets come from.
func (l *Link) Client() netip.Addr { return address(l.number, hostClient) }

// Listen is where the server listens, at a port.
func (l *Link) Listen(port int) string { return at(l.number, hostServer, port) }

// Dial is where the client finds what listens at a port of the server.
func (l *Link) Dial(port int) string { return at(l.number, hostFar, port) }

func at(link, host byte, port int) string {
	return net.JoinHostPort(address(link, host).String(), strconv.Itoa(port))
}

// Set gives both ways other weather, their counts begin anew. What is under way
// still arrives.
func (l *Link) Set(up, down Weather) error {
	for _, w := range []Weather{up, down} {
		if err := w.Validate(); err != nil {
			return err
		}
	}
	l.up.set(up)
	l.down.set(down)
	return nil
}

// Cut has all packets vanish, as a broken line does, or lets them pass again.
func (l *Link) Cut(on bool) {
	l.up.cut(on)
	l.down.cut(on)
}

// Counts gives what both ways were given since the weather was set. What came
// while the link was cut does not count.
func (l *Link) Counts() (up, down Count) { return l.up.counts(), l.down.counts() }

// Woke is when the client's first packet came since the link was cut last.
func (l *Link) Woke() time.Time { return l.up.firstCame() }

// direction carries the packets of one way.
type direction struct {
	out   io.Writer
	began time.Time
	ahead chan parcel // in the order of arrival; closed by nobody

	mu     sync.Mutex // guards all below
	way    *Way
	broken bool
	woke   time.Time // when the first packet came since it was not broken; zero for none
}

// parcel is a packet with the time of its arrival.
type parcel struct {
	packet []byte
	at     time.Duration
}

// onTheWay bounds the packets of a way that are under way: some seconds of the
// fastest link that is measured.
const onTheWay = 1 << 14

func newDirection(out io.Writer) *direction {
	return &direction{out: out, began: time.Now(), ahead: make(chan parcel, onTheWay), way: NewWay(Weather{})}
}

func (d *direction) set(w Weather) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.way = NewWay(w)
}

func (d *direction) cut(on bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.broken, d.woke = on, time.Time{}
}

func (d *direction) firstCame() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.woke
}

func (d *direction) counts() Count {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.way.Count()
}

// take gives a packet, which is the direction's from now on, its fate.
func (d *direction) take(packet []byte) {
	d.mu.Lock()
	broken := d.broken
	var arrives time.Duration
	fate := Lost
	if !broken {
		if d.woke.IsZero() {
			d.woke = time.Now()
		}
		arrives, fate = d.way.Take(time.Since(d.began), len(packet))
	}
	d.mu.Unlock()
	if fate != Arrives {
		return
	}
	select {
	case d.ahead <- parcel{packet, arrives}:
	default: // a link without limits that is flooded
	}
}

// deliver hands packets over when their time has come, until closed is.
func (d *direction) deliver(closed <-chan struct{}) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		var p parcel
		select {
		case <-closed:
			return
		case p = <-d.ahead:
		}
		if wait := p.at - time.Since(d.began); wait > 0 {
			timer.Reset(wait)
			select {
			case <-closed:
				return
			case <-timer.C:
			}
		}
		// A packet that the device does not take is a lost packet.
		_, _ = d.out.Write(p.packet)
	}
}
