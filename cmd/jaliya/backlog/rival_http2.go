package backlog

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"sync"
	"syscall"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"jaliya/internal/emulate"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// postsAtOnce is how many batches are on the one connection at once: as many as
// our own window holds.
const postsAtOnce = 16

// overTCP is HTTP/2 as net/http speaks it, over the kernel's TCP.
func overTCP(congestion string) rival {
	return rival{name: "HTTP/2, TCP " + congestion, carry: func(ctx context.Context, l *emulate.Link, t *tally) error {
		stop, err := serveHTTP2(ctx, l, t, congestion)
		if err != nil {
			return err
		}
		return errors.Join(postAll(ctx, l, t, congestion), stop())
	}}
}

// control chooses the congestion control of a socket.
func control(congestion string) func(network, address string, c syscall.RawConn) error {
	return func(_, _ string, c syscall.RawConn) error {
		var failed error
		err := c.Control(func(fd uintptr) {
			failed = unix.SetsockoptString(int(fd), unix.IPPROTO_TCP, unix.TCP_CONGESTION, congestion)
		})
		if err = errors.Join(err, failed); err != nil {
			return fault.New(fault.Unsupported, "backlog: choose congestion control", congestion, err)
		}
		return nil
	}
}

func serveHTTP2(ctx context.Context, l *emulate.Link, t *tally, congestion string) (stop func() error, err error) {
	lc := net.ListenConfig{Control: control(congestion)}
	listener, err := lc.Listen(ctx, "tcp", l.Listen(rivalPort))
	if err != nil {
		return nil, fault.New(fault.Unavailable, "backlog: serve HTTP/2", l.Listen(rivalPort), err)
	}
	server := &http.Server{ //nolint:gosec // its one client is this program, and a slow link is meant
		TLSConfig: t.keys.server.Clone(), ErrorLog: log.New(io.Discard, "", 0),
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			batch, err := io.ReadAll(io.LimitReader(r.Body, wire.MaxBatch+1))
			if err != nil || r.ProtoMajor != 2 {
				http.Error(w, "no batch over HTTP/2", http.StatusBadRequest)
				return
			}
			// The client asks again for an answer that is not whole.
			_, _ = w.Write(t.keys.answer(batch))
		}),
	}
	var serving sync.WaitGroup
	serving.Go(func() { err = server.ServeTLS(listener, "", "") })
	return func() error {
		closed := server.Close()
		serving.Wait()
		if errors.Is(err, http.ErrServerClosed) {
			err = nil
		}
		return errors.Join(closed, err)
	}, nil
}

func postAll(ctx context.Context, l *emulate.Link, t *tally, congestion string) error {
	dialer := net.Dialer{Control: control(congestion)}
	transport := &http.Transport{
		DialContext: dialer.DialContext, TLSClientConfig: t.keys.client.Clone(), ForceAttemptHTTP2: true,
		MaxConnsPerHost: 1, DisableCompression: true,
	}
	defer transport.CloseIdleConnections()
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(postsAtOnce)
	for n := range t.batches {
		g.Go(func() error { return postOne(ctx, transport, l, t, n) })
	}
	return g.Wait()
}

func postOne(ctx context.Context, via *http.Transport, l *emulate.Link, t *tally, batch int) error { //nolint:revive // argument-limit: a batch of a tally over a link
	const op = "backlog: post batch"
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+l.Dial(rivalPort)+"/", bytes.NewReader(t.batches[batch]))
	if err != nil {
		return fault.New(fault.Internal, op, "", err)
	}
	response, err := via.RoundTrip(request)
	if err != nil {
		return fault.New(fault.Unavailable, op, "", err)
	}
	answer, err := io.ReadAll(io.LimitReader(response.Body, answerSize+1))
	if err = errors.Join(err, response.Body.Close()); err != nil {
		return fault.New(fault.Unavailable, op, "", err)
	}
	if response.StatusCode != http.StatusOK {
		return fault.New(fault.Other, op, strconv.Itoa(response.StatusCode), nil)
	}
	return t.landed(batch, answer)
}
