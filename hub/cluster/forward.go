package cluster

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// A member that does not lead hands proposals to the one that does, over a
// connection of its own: a large append never waits behind it, nor it behind one.
// Requests go one after the other, answers come as they are ready.
//
//	request  number (4 bytes), length (4 bytes), command
//	answer   number (4 bytes), verdict (1 byte), index of the entry (8 bytes)
//
// All numbers are big-endian. The answer of the state does not travel: each member
// applies the same entry to the same state, so the one that asked has it itself.
const (
	forwardHead   = 8
	forwardAnswer = 13
	// forwardTimeout bounds the writing of one frame. An answer may take as long as
	// the caller waits; a leader that is gone is noticed by the idle connection.
	forwardTimeout = 10 * time.Second
)

// verdict is what the leader says of a proposal.
type verdict byte

// The verdicts.
const (
	verdictDone        verdict = 1 // committed and applied by the leader, at this index
	verdictNotProposed verdict = 2
	verdictUnknown     verdict = 3
)

var (
	errNoRoad  = errors.New("the leader is not reached by this transport")
	errVerdict = errors.New("the leader could not say what became of it")
	errRefused = errors.New("the leader did not take it up")
)

// forwarder keeps the connection to the leader.
type forwarder struct {
	dial func(ctx context.Context, target string) (net.Conn, error)

	turn   chan struct{} // of one: who has it may use target and road; kept while dialing, so that one dial serves all
	target string
	road   *road
}

func newForwarder(dial func(ctx context.Context, target string) (net.Conn, error)) *forwarder {
	return &forwarder{dial: dial, turn: make(chan struct{}, 1)}
}

// propose hands a command to the member at target and gives the index at which it
// was applied there.
func (f *forwarder) propose(ctx context.Context, target string, command []byte) (uint64, error) {
	r, err := f.to(ctx, target)
	if err != nil {
		return 0, notProposed(err)
	}
	return r.ask(ctx, command)
}

// to gives the road to target, a new one when the last has ended or leads elsewhere.
func (f *forwarder) to(ctx context.Context, target string) (*road, error) {
	select {
	case f.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-f.turn }()
	if f.road != nil && f.target == target && f.road.open() {
		return f.road, nil
	}
	if f.road != nil {
		f.road.end(net.ErrClosed)
		f.road = nil
	}
	conn, err := f.dial(ctx, target)
	if err != nil {
		return nil, err
	}
	f.target, f.road = target, newRoad(conn)
	return f.road, nil
}

// close ends the road; whoever waits on it learns that the outcome is unknown.
func (f *forwarder) close() {
	f.turn <- struct{}{}
	defer func() { <-f.turn }()
	if f.road != nil {
		f.road.end(net.ErrClosed)
		f.road = nil
	}
}

// road is one connection to a leader, with requests under way.
type road struct {
	conn net.Conn

	writing chan struct{} // of one: who has it writes a frame

	mu      sync.Mutex // guards what follows
	next    uint32
	waiting map[uint32]chan answer
	ended   error
}

// answer is what became of a forwarded proposal.
type answer struct {
	index uint64
	err   error
}

func newRoad(conn net.Conn) *road {
	r := &road{conn: conn, writing: make(chan struct{}, 1), waiting: make(map[uint32]chan answer)}
	go r.read() // ends with the connection
	return r
}

func (r *road) open() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ended == nil
}

// ask sends one command and waits for what became of it. The end of ctx ends the
// waiting, never the proposal.
func (r *road) ask(ctx context.Context, command []byte) (uint64, error) {
	number, heard, err := r.enter()
	if err != nil {
		return 0, notProposed(err)
	}
	if err := r.write(number, command); err != nil {
		r.end(err)
		return 0, unknown(err)
	}
	select {
	case a := <-heard:
		return a.index, a.err
	case <-ctx.Done():
		r.leave(number)
		return 0, unknown(ctx.Err())
	}
}

func (r *road) enter() (uint32, <-chan answer, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended != nil {
		return 0, nil, r.ended
	}
	r.next++
	heard := make(chan answer, 1)
	r.waiting[r.next] = heard
	return r.next, heard, nil
}

func (r *road) leave(number uint32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.waiting, number)
}

func (r *road) write(number uint32, command []byte) error {
	frame := make([]byte, forwardHead, forwardHead+len(command))
	binary.BigEndian.PutUint32(frame, number)
	binary.BigEndian.PutUint32(frame[4:], uint32(len(command))) //nolint:gosec // at most MaxProposal
	r.writing <- struct{}{}
	defer func() { <-r.writing }()
	if err := r.conn.SetWriteDeadline(time.Now().Add(forwardTimeout)); err != nil {
		return err
	}
	_, err := r.conn.Write(append(frame, command...))
	return err
}

// read passes answers on until the connection ends.
func (r *road) read() {
	var frame [forwardAnswer]byte
	for {
		if _, err := io.ReadFull(r.conn, frame[:]); err != nil {
			r.end(err)
			return
		}
		a := answer{index: binary.BigEndian.Uint64(frame[5:])}
		switch verdict(frame[4]) {
		case verdictDone:
		case verdictNotProposed:
			a.err = notProposed(errRefused)
		case verdictUnknown:
			a.err = unknown(errVerdict)
		default: // of a newer version
			a.err = unknown(errVerdict)
		}
		r.hear(binary.BigEndian.Uint32(frame[:]), a)
	}
}

func (r *road) hear(number uint32, a answer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if heard, waits := r.waiting[number]; waits {
		delete(r.waiting, number)
		heard <- a // there is room: one answer each
	}
}

// end closes the road: what waits has no known outcome.
func (r *road) end(why error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended != nil {
		return
	}
	r.ended = why
	for number, heard := range r.waiting {
		heard <- answer{err: unknown(why)}
		delete(r.waiting, number)
	}
	_ = r.conn.Close() // whoever waited knows already
}
