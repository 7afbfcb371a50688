package node

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"jaliya/consulate-node/records"
	"jaliya/consulate-node/ship"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/ipp"
	"jaliya/internal/link"
	"jaliya/internal/link/pki"
	"jaliya/internal/wire"
)

// Printer says where the post's printer is, on which criminal records come out.
type Printer struct {
	URI string `toml:"uri"` // ipp://host/path or ipps://host/path; empty: this post prints none
	CA  string `toml:"ca"`  // PEM file that proves an ipps printer; default: the machine's own roots
}

func (p Printer) validate() error {
	const op = "node: validate config"
	switch {
	case p.URI == "" && p.CA != "":
		return fault.New(fault.Invalid, op, "printer.ca: printer.uri is not given", nil)
	case p.URI == "":
		return nil
	}
	if err := ipp.CheckURI(p.URI); err != nil {
		return fault.New(fault.Invalid, op, "printer.uri", err)
	}
	return nil
}

// openRecords builds what prints criminal records at the counter.
func (n *Node) openRecords() error {
	directory, err := consular.BuiltInDirectory()
	if err != nil {
		return err
	}
	post, err := directory.Lookup(n.who.Post)
	if err != nil {
		return err
	}
	n.fetcher, n.leavePrinter = &fetcher{dial: n.uplink.dial}, func() {}
	o := records.Options{
		Journal: n.journal, DataKey: n.keys.data, PostKey: n.keys.post, Intake: n.intakeKey,
		Dictionaries: n.keys.dicts, Post: post, Clock: time.Now, Offset: n.ship.Offset,
		Connected: func() bool { return n.ship.Status().Phase == ship.Following.String() },
		Part:      n.fetcher.part, Logger: n.log.With(slog.String("component", "records")),
	}
	if uri := n.cfg.Printer.URI; uri != "" {
		printer, err := ipp.New(ipp.Options{URI: uri, CA: n.cfg.Printer.CA})
		if err != nil {
			return err
		}
		o.Printer, n.leavePrinter = printer, printer.Close
	}
	if n.records, err = records.New(o); err != nil {
		return err
	}
	return n.records.Hear()
}

// runRecords carries on prints, and forgets now and then what nobody came for.
func (n *Node) runRecords(ctx context.Context) error {
	defer n.leavePrinter()
	defer n.fetcher.close()
	var forgets sync.WaitGroup
	defer forgets.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	forgets.Go(func() {
		t := time.NewTicker(time.Hour)
		defer t.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-t.C:
				if err := n.records.Forget(); err != nil {
					n.log.Warn("records not forgotten", slog.String("kind", fault.KindOf(err).Code()))
				}
			}
		}
	})
	return n.records.Run(ctx)
}

// fetcher asks the hub for parts of sealed documents over a session of their
// own, which it keeps while it holds: the control session stays free.
type fetcher struct {
	dial func(ctx context.Context, alpn string, slot pki.Slot) (*link.Session, error)

	mu      sync.Mutex // guards session; one part at a time
	session *link.Session
}

// partWithin is how long one part may take: 64 KiB over the worst of links.
const partWithin = time.Minute

func (f *fetcher) part(ctx context.Context, in wire.FetchRequest) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, partWithin)
	defer cancel()
	if f.session == nil {
		session, err := f.dial(ctx, link.ALPNFetch, pki.SlotWorking)
		if err != nil {
			return nil, err
		}
		f.session = session
	}
	raw, err := link.Exchange(ctx, f.session, wire.Marshal(in), wire.MaxFetch)
	if err != nil && !fault.Is(err, fault.Denied) {
		f.drop()
	}
	return raw, err
}

// drop ends the session, so that the next part goes to the next hub.
func (f *fetcher) drop() {
	if f.session != nil {
		f.session.CloseWithReason(link.CodeDone, "")
		f.session = nil
	}
}

func (f *fetcher) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.drop()
}
