package node

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"jaliya/consulate-node/desk"
	"jaliya/consulate-node/ship"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/web"
	"jaliya/internal/wire"
)

// maxEnrolment is the most that one visit takes on disk, in bytes: its parts,
// sealed once more at release (D8).
const maxEnrolment = 2 * desk.MaxParts * desk.MaxImage

// shutdownWait is how long requests under way may finish when the node stops.
const shutdownWait = 10 * time.Second

// openDesk builds the desk on the journal.
func (n *Node) openDesk() error {
	directory, err := consular.BuiltInDirectory()
	if err != nil {
		return err
	}
	post, err := directory.Lookup(n.who.Post)
	if err != nil {
		return err
	}
	n.desk, err = desk.New(desk.Options{
		Dir: n.cfg.Dir, Journal: n.journal, DataKey: n.keys.data, Intake: n.intakeKey,
		Trusted:      func() (wire.KeySet, error) { return n.receiptKeys(), nil },
		Dictionaries: n.keys.dicts, Post: post, Directory: directory, Clock: time.Now, Offset: n.ship.Offset,
		CanCapture: func() error { return n.journal.CanCapture(maxEnrolment) },
		Link:       n.linkStatus, Logger: n.log.With(slog.String("component", "desk")),
	})
	return err
}

func (n *Node) linkStatus() desk.LinkStatus {
	st := n.ship.Status()
	return desk.LinkStatus{
		Connected: st.Phase == ship.Following.String(), Since: st.Since, Attempts: int(st.Attempts), //nolint:gosec // a small count
		Next: st.NextDial, Reason: st.Reason, Transport: st.Transport,
	}
}

// sweepDesk forgets slip codes whose time is over.
func (n *Node) sweepDesk(ctx context.Context) error {
	t := time.NewTicker(time.Hour)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
			swept, err := n.desk.Sweep()
			if err != nil {
				return err
			}
			n.log.Debug("slip codes forgotten", slog.Any("codes", swept))
		}
	}
}

// serveDesk serves the post's workstations until ctx ends, and lets requests
// under way finish.
func (n *Node) serveDesk(ctx context.Context) error {
	const op = "node: serve desk"
	auth, err := access.NewBearer(n.cfg.Desk.Accounts)
	if err != nil {
		return err
	}
	log := n.log.With(slog.String("component", "desk"))
	engine := web.NewEngine(log)
	desk.NewAPI(n.desk, auth).Register(engine)
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", n.cfg.Desk.Listen)
	if err != nil {
		return fault.New(fault.Unavailable, op, n.cfg.Desk.Listen, err)
	}
	server := web.NewServer(engine, log)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return fault.New(fault.Unavailable, op, n.cfg.Desk.Listen, err)
		}
		return nil
	})
	g.Go(func() error {
		<-ctx.Done()
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownWait)
		defer cancel()
		return server.Shutdown(ending)
	})
	return g.Wait()
}
