package localnet

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"jaliya/internal/fault"
)

// relay forwards UDP packets and TCP connections between a post and the hub, and
// can cut the link like a broken line: packets vanish, nobody is told. As a wall
// it drops UDP alone, at once or after the first packets of each flow.
type relay struct {
	tcp      *tcpLine
	front    *net.UDPConn
	hub      *net.UDPAddr
	cut      atomic.Bool
	wall     atomic.Int64 // packets of each flow that pass, then none do; negative: all pass
	wg       sync.WaitGroup
	mu       sync.Mutex // guards back
	back     map[string]*flow
	finished bool // guarded by mu
}

const (
	packetSize = 65535
	flowIdle   = 5 * time.Minute
)

func newRelay(listen, hub string) (*relay, error) {
	const op = "localnet: open relay"
	front, err := net.ResolveUDPAddr("udp", listen)
	if err != nil {
		return nil, fault.New(fault.Invalid, op, listen, err)
	}
	target, err := net.ResolveUDPAddr("udp", hub)
	if err != nil {
		return nil, fault.New(fault.Invalid, op, hub, err)
	}
	conn, err := net.ListenUDP("udp", front)
	if err != nil {
		return nil, fault.New(fault.Unavailable, op, listen, err)
	}
	r := &relay{front: conn, hub: target, back: map[string]*flow{}}
	r.wall.Store(-1)
	if r.tcp, err = newTCPLine(listen, hub, &r.cut); err != nil {
		return nil, errors.Join(fault.New(fault.Unavailable, op, listen, err), conn.Close())
	}
	r.wg.Go(r.forward)
	return r, nil
}

// Cut and Restore break and mend the line.
func (r *relay) Cut() { r.cut.Store(true) }

// Restore mends the line.
func (r *relay) Restore() { r.cut.Store(false) }

// Wall lets the first packets of each flow of UDP pass and no more; a negative
// number takes the wall away. TCP passes.
func (r *relay) Wall(packets int64) { r.wall.Store(packets) }

// Walled reports how many bytes went over TCP.
func (r *relay) Walled() uint64 { return r.tcp.bytes.Load() }

// passes says of one more packet of a flow whether it passes the wall.
func (r *relay) passes(f *flow) bool {
	most := r.wall.Load()
	return most < 0 || f.packets.Add(1) <= most
}

// flow stands for one socket of the node towards the hub.
type flow struct {
	*net.UDPConn
	packets atomic.Int64 // both ways
}

// Address is where the post finds the hub.
func (r *relay) Address() string { return r.front.LocalAddr().String() }

func (r *relay) forward() {
	buf := make([]byte, packetSize)
	for {
		n, from, err := r.front.ReadFromUDP(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil || r.cut.Load() {
			continue
		}
		if conn := r.flow(from); conn != nil && r.passes(conn) {
			// A packet that cannot be sent is a lost packet.
			_, _ = conn.Write(buf[:n])
		}
	}
}

// flow gives the socket that stands for one node towards the hub.
func (r *relay) flow(from *net.UDPAddr) *flow {
	r.mu.Lock()
	defer r.mu.Unlock()
	if conn, ok := r.back[from.String()]; ok {
		return conn
	}
	if r.finished {
		return nil
	}
	out, err := net.DialUDP("udp", nil, r.hub)
	if err != nil {
		return nil
	}
	conn := &flow{UDPConn: out}
	r.back[from.String()] = conn
	r.wg.Go(func() { r.answer(conn, from) })
	return conn
}

func (r *relay) answer(conn *flow, to *net.UDPAddr) {
	buf := make([]byte, packetSize)
	for {
		if err := conn.SetReadDeadline(time.Now().Add(flowIdle)); err != nil {
			return
		}
		n, err := conn.Read(buf)
		if err != nil {
			// A refused port is the hub restarting, not the end of the flow.
			var timeout net.Error
			if errors.Is(err, net.ErrClosed) || (errors.As(err, &timeout) && timeout.Timeout()) {
				r.drop(conn, to)
				return
			}
			continue
		}
		if !r.cut.Load() && r.passes(conn) {
			_, _ = r.front.WriteToUDP(buf[:n], to)
		}
	}
}

func (r *relay) drop(conn *flow, from *net.UDPAddr) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.back[from.String()] == conn {
		delete(r.back, from.String())
	}
	_ = conn.Close() // a UDP socket keeps nothing
}

// Close ends the relay and waits for its goroutines.
func (r *relay) Close(context.Context) error {
	err := errors.Join(r.front.Close(), r.tcp.close())
	r.mu.Lock()
	r.finished = true
	for _, conn := range r.back {
		err = errors.Join(err, conn.Close())
	}
	r.mu.Unlock()
	r.wg.Wait()
	return err
}
