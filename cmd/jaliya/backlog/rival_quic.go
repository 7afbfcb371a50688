package backlog

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/quic-go/quic-go"
	"golang.org/x/sync/errgroup"

	"jaliya/internal/emulate"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

const alpnPlain = "plain/1"

// overQUIC is quic-go as it comes: each connection has one stream that is always
// full, and takes the next batch that no other has taken.
func overQUIC(connections int) rival {
	name := "plain QUIC, one stream"
	if connections > 1 {
		name = fmt.Sprintf("plain QUIC, %d connections", connections)
	}
	return rival{name: name, carry: func(ctx context.Context, l *emulate.Link, t *tally) error {
		server, client := t.keys.forALPN(alpnPlain)
		listener, err := quic.ListenAddr(l.Listen(rivalPort), server, nil)
		if err != nil {
			return fault.New(fault.Unavailable, "backlog: serve QUIC", l.Listen(rivalPort), err)
		}
		serving, stop := context.WithCancel(ctx)
		var servers errgroup.Group
		servers.Go(func() error { return servePlain(serving, listener, t) })
		var next atomic.Int64
		clients, carrying := errgroup.WithContext(ctx)
		for range connections {
			clients.Go(func() error {
				conn, err := quic.DialAddr(carrying, l.Dial(rivalPort), client, nil)
				if err != nil {
					return fault.New(fault.Unavailable, "backlog: dial QUIC", "", err)
				}
				return errors.Join(sendPlain(carrying, conn, t, &next), conn.CloseWithError(0, ""))
			})
		}
		err = clients.Wait()
		stop()
		return errors.Join(err, servers.Wait(), listener.Close())
	}}
}

// servePlain answers each batch of each connection until ctx ends.
func servePlain(ctx context.Context, listener *quic.Listener, t *tally) error {
	var connections errgroup.Group
	for {
		conn, err := listener.Accept(ctx)
		if ctx.Err() != nil {
			return connections.Wait()
		}
		if err != nil {
			return errors.Join(fault.New(fault.Unavailable, "backlog: accept QUIC", "", err), connections.Wait())
		}
		connections.Go(func() error {
			// The end of a connection is its client's to judge.
			if stream, err := conn.AcceptStream(ctx); err == nil {
				answerPlain(stream, t)
			}
			return nil
		})
	}
}

func answerPlain(stream *quic.Stream, t *tally) {
	for {
		batch, err := readPlain(stream, wire.MaxBatch)
		if err != nil {
			return
		}
		if _, err := stream.Write(t.keys.answer(batch)); err != nil {
			return
		}
	}
}

func readPlain(r io.Reader, most uint32) ([]byte, error) {
	var size [4]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(size[:])
	if n > most {
		return nil, fault.New(fault.TooLarge, "backlog: read batch", "", nil)
	}
	batch := make([]byte, n)
	_, err := io.ReadFull(r, batch)
	return batch, err
}

// sendPlain writes the batches that it gets hold of, and reads their answers.
func sendPlain(ctx context.Context, conn *quic.Conn, t *tally, next *atomic.Int64) error {
	const op = "backlog: send over QUIC"
	stream, err := conn.OpenStreamSync(ctx)
	if err != nil {
		return fault.New(fault.Unavailable, op, "", err)
	}
	defer context.AfterFunc(ctx, func() { _ = conn.CloseWithError(0, "") })()
	sent := make(chan int, len(t.batches))
	var both errgroup.Group
	both.Go(func() error {
		defer close(sent)
		for {
			n := int(next.Add(1)) - 1
			if n >= len(t.batches) {
				return nil
			}
			framed := binary.BigEndian.AppendUint32(nil, uint32(len(t.batches[n]))) //nolint:gosec // at most MaxBatch
			if _, err := stream.Write(append(framed, t.batches[n]...)); err != nil {
				return fault.New(fault.Unavailable, op, "", err)
			}
			sent <- n
		}
	})
	both.Go(func() error {
		answer := make([]byte, answerSize)
		for n := range sent {
			if _, err := io.ReadFull(stream, answer); err != nil {
				return fault.New(fault.Unavailable, op, "", err)
			}
			if err := t.landed(n, answer); err != nil {
				return err
			}
		}
		return nil
	})
	return both.Wait()
}
