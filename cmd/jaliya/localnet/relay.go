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

// relay forwards UDP packets between a post and the hub, and can cut the link
// like a broken line: packets vanish, nobody is told.
type relay struct {
	front    *net.UDPConn
	hub      *net.UDPAddr
	cut      atomic.Bool
	wg       sync.WaitGroup
	mu       sync.Mutex // guards back
	back     map[string]*net.UDPConn
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
	r := &relay{front: conn, hub: target, back: map[string]*net.UDPConn{}}
	r.wg.Go(r.forward)
	return r, nil
}

// Cut and Restore break and mend the line.
func (r *relay) Cut() { r.cut.Store(true) }

// Restore mends the line.
func (r *relay) Restore() { r.cut.Store(false) }

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
		if conn := r.flow(from); conn != nil {
			// A packet that cannot be sent is a lost packet.
			_, _ = conn.Write(buf[:n])
		}
	}
}

// flow gives the socket that stands for one node towards the hub.
func (r *relay) flow(from *net.UDPAddr) *net.UDPConn {
	r.mu.Lock()
	defer r.mu.Unlock()
	if conn, ok := r.back[from.String()]; ok {
		return conn
	}
	if r.finished {
		return nil
	}
	conn, err := net.DialUDP("udp", nil, r.hub)
	if err != nil {
		return nil
	}
	r.back[from.String()] = conn
	r.wg.Go(func() { r.answer(conn, from) })
	return conn
}

func (r *relay) answer(conn *net.UDPConn, to *net.UDPAddr) {
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
		if !r.cut.Load() {
			_, _ = r.front.WriteToUDP(buf[:n], to)
		}
	}
}

func (r *relay) drop(conn *net.UDPConn, from *net.UDPAddr) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.back[from.String()] == conn {
		delete(r.back, from.String())
	}
	_ = conn.Close() // a UDP socket keeps nothing
}

// Close ends the relay and waits for its goroutines.
func (r *relay) Close(context.Context) error {
	err := r.front.Close()
	r.mu.Lock()
	r.finished = true
	for _, conn := range r.back {
		err = errors.Join(err, conn.Close())
	}
	r.mu.Unlock()
	r.wg.Wait()
	return err
}
