package node

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/sync/errgroup"

	"jaliya/consulate-node/desk"
	"jaliya/consulate-node/ship"
	contracts "jaliya/deploy/openapi"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/lang"
	"jaliya/internal/paper"
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
		Queue:      n.queue,
		Link:       n.linkStatus, Limits: n.limits, Logger: n.log.With(slog.String("component", "desk")),
	})
	return err
}

func (n *Node) linkStatus() desk.LinkStatus {
	st := n.ship.Status()
	return desk.LinkStatus{
		Restore: comingBack(st.Restore), Notices: comingBack(st.Notices), Renewed: n.renewed(),
		Connected: st.Phase == ship.Following.String(), Since: st.Since, Attempts: int(st.Attempts), //nolint:gosec // a small count
		Next: st.NextDial, Reason: st.Reason, Transport: st.Transport, Bulk: st.Bulk, Budget: budgetView(st.Budget),
		RTT: st.RTT,
	}
}

func budgetView(b *ship.BudgetStatus) *desk.BudgetView {
	if b == nil {
		return nil
	}
	return &desk.BudgetView{Rate: b.Rate, Until: b.Until}
}

// queue gives the first items that wait for the hub.
func (n *Node) queue(limit int) ([]desk.QueueItem, error) {
	items, err := n.ship.Queue(limit)
	if err != nil {
		return nil, err
	}
	out := make([]desk.QueueItem, 0, len(items))
	for _, i := range items {
		out = append(out, desk.QueueItem{
			Sequence: i.Sequence, Image: i.Image, Bytes: i.Bytes, Made: i.Made, Attempts: i.Attempts,
			Reason: string(i.Reason), Last: i.Last, Next: i.Next,
		})
	}
	return out, nil
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

// openDeskListener takes the desk's port before anything says that the node is
// ready: who connects from then on waits, and is not turned away.
func (n *Node) openDeskListener(ctx context.Context) error {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", n.cfg.Desk.Listen)
	if err != nil {
		return fault.New(fault.Unavailable, "node: open desk", n.cfg.Desk.Listen, err)
	}
	n.listener = l
	return nil
}

// registerScreens puts the pages of the workstations beside the API.
func (n *Node) registerScreens(engine *gin.Engine, auth access.Authenticator, door desk.Door) error {
	words, err := lang.Open()
	if err != nil {
		return err
	}
	press, err := paper.NewPress(words)
	if err != nil {
		return err
	}
	screens, err := desk.NewScreens(n.desk, desk.ScreenOptions{
		Auth: auth, Catalog: words, Door: door, Press: press, StaffName: n.staff.Name, Device: n.cfg.Desk.Device,
		Portal: n.cfg.Desk.Portal, Handover: n.hand, People: n.staff, Records: n.records, SelfTest: n.examiner, Carrier: carrier{n},
	})
	if err != nil {
		return err
	}
	screens.Register(engine)
	return nil
}

// serveDesk serves the post's workstations until ctx ends, and lets requests
// under way finish.
func (n *Node) serveDesk(ctx context.Context) error {
	const op = "node: serve desk"
	programs, err := access.NewBearer(n.cfg.Desk.Accounts)
	if err != nil {
		return err
	}
	log := n.log.With(slog.String("component", "desk"))
	engine := web.NewEngine(log)
	sessions := desk.NewSessionAPI(n.staff, access.Cookie{Name: access.DeskCookie, Secure: n.cfg.Desk.secure()})
	sessions.Register(engine)
	auth := access.Either{Programs: programs, People: sessions.Authenticator()}
	desk.NewAPI(n.desk, auth).Register(engine)
	desk.NewHandoverAPI(n.hand, auth, n.staff).Register(engine)
	n.registerWorkstation(engine)
	web.ServeContract(engine, contracts.Desk)
	if err := n.registerScreens(engine, auth, sessions.Door()); err != nil { //nolint:contextcheck // each page takes the context of its request
		return err
	}
	l := n.listener
	server := web.NewServer(engine, log)
	if n.cfg.Desk.secure() {
		l = tls.NewListener(l, n.deskTLS())
	}
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
