package backlog

import (
	"context"
	"fmt"
	"io"
	"math"
	"net"
	"net/netip"
	"time"

	"golang.org/x/sync/errgroup"

	"jaliya/internal/emulate"
	"jaliya/internal/fault"
)

const (
	probeSize = 1200
	headers   = 28 // of IP and UDP
	probeBits = (probeSize + headers) * 8
	// How far what is measured may be from what was set. A busy machine wakes
	// late, so that single packets come late; the rate of many hardly changes.
	rateTolerance = 0.02
	delayLate     = 30 * time.Millisecond
	attempts      = 3
	socketBuffer  = 4 << 20     // so that the receiver's sleep loses nothing
	calibration   = time.Second // of a full link
)

// calibrate sends a burst over a link of each profile and reads rate, delay and
// losses off the stamps of what arrives. A link that is not as it was set
// measures nothing.
func calibrate(ctx context.Context, d *emulate.Device, out io.Writer) error {
	for _, p := range Profiles { // one by one: a burst takes its turn in the kernel, too
		l, err := d.Link()
		if err != nil {
			return err
		}
		var got measured
		for range attempts { // a machine that stood still for a moment is asked again
			if got, err = measure(ctx, l, p); err != nil {
				return err
			}
			if err = got.holds(p); err == nil {
				break
			}
		}
		fmt.Fprintf(out, "link %s: measured %.3f Mbit/s, %.1f ms one way, %d of %d packets lost, %d drawn\n",
			p, got.rate/1e6, float64(got.delay.Microseconds())/1000, got.lost, got.sent, got.expected)
		if err != nil {
			return err
		}
	}
	return nil
}

// measured is a link as the stamps of packets say.
type measured struct {
	rate       float64
	delay      time.Duration // the least of all packets, without their turn on the wire
	sent, lost int
	expected   int // losses that the seed draws
}

func (m measured) holds(p Profile) error {
	const op = "backlog: calibrate"
	off := math.Abs(m.rate-float64(p.Rate)) / float64(p.Rate)
	late := m.delay - p.RTT/2
	if m.lost != m.expected || off > rateTolerance || late < -time.Millisecond || late > delayLate {
		return fault.New(fault.Internal, op, fmt.Sprintf("%s: %+v", p, m), nil)
	}
	return nil
}

func measure(ctx context.Context, l *emulate.Link, p Profile) (m measured, err error) {
	const op = "backlog: calibrate"
	up, down := p.weather()
	m.sent = int(calibration.Seconds()*float64(p.Rate)/8) / (probeSize + headers)
	up.Queue = (m.sent + 1) * (probeSize + headers) // nothing overflows
	if err := l.Set(up, down); err != nil {
		return m, err
	}
	way := emulate.NewWay(up)
	for range m.sent {
		if _, fate := way.Take(0, probeSize+headers); fate != emulate.Arrives {
			m.expected++
		}
	}
	server, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort(l.Listen(rivalPort))))
	if err != nil {
		return m, fault.New(fault.Unavailable, op, l.Listen(rivalPort), err)
	}
	defer func() { _ = server.Close() }() // nothing more is expected
	if err := server.SetReadBuffer(socketBuffer); err != nil {
		return m, fault.New(fault.Unavailable, op, "buffer", err)
	}
	var dialer net.Dialer
	client, err := dialer.DialContext(ctx, "udp", l.Dial(rivalPort))
	if err != nil {
		return m, fault.New(fault.Unavailable, op, l.Dial(rivalPort), err)
	}
	defer closing(client)()
	begun := time.Now()
	if err := server.SetReadDeadline(begun.Add(p.RTT + 2*calibration + time.Second)); err != nil {
		return m, fault.New(fault.Internal, op, "", err)
	}
	var sending errgroup.Group
	sending.Go(func() error { return burst(client, m.sent) })
	return m.receive(server, begun, p), sending.Wait()
}

// burst numbers its packets.
func burst(client net.Conn, packets int) error {
	probe := make([]byte, probeSize)
	for n := range packets {
		probe[0], probe[1] = byte(n>>8), byte(n)
		if _, err := client.Write(probe); err != nil {
			return fault.New(fault.Unavailable, "backlog: send burst", "", err)
		}
	}
	return nil
}

// turn is how long the wire takes for some packets.
func turn(packets int, p Profile) time.Duration {
	return time.Duration(float64(packets) * probeBits / float64(p.Rate) * float64(time.Second))
}

// receive takes what arrives until the deadline or the last packet.
func (m measured) receive(server *net.UDPConn, begun time.Time, p Profile) measured {
	buf := make([]byte, probeSize)
	came, first, last := 0, -1, -1
	m.delay = time.Hour
	var firstAt, lastAt time.Duration
	for came < m.sent-m.expected {
		if _, err := server.Read(buf); err != nil {
			break // the deadline: what is not there is lost
		}
		came, last, lastAt = came+1, int(buf[0])<<8|int(buf[1]), time.Since(begun)
		if first < 0 {
			first, firstAt = last, lastAt
		}
		m.delay = min(m.delay, lastAt-turn(last+1, p))
	}
	m.lost = m.sent - came
	if last > first {
		m.rate = float64(last-first) * probeBits / (lastAt - firstAt).Seconds()
	}
	return m
}
