package node

import (
	"bytes"
	"context"
	"crypto/tls"
	"net"
	"net/url"
	"strconv"
	"time"

	"jaliya/consulate-node/ship"
	"jaliya/internal/doctor"
	"jaliya/internal/ipp"
	"jaliya/internal/link"
	"jaliya/internal/link/pki"
)

const (
	dialWithin = 3 * time.Second
	dialsLong  = time.Minute         // a hub that is reached has a session by then
	waitingFor = time.Hour           // an entry that waits longer is worth a look
	waitsLong  = 30 * 24 * time.Hour // of the 45 days that a post may work alone
)

func utoa(n uint64) string { return strconv.FormatUint(n, 10) }

func (p *patient) checkLink(context.Context) []doctor.Finding {
	st := p.inside.Link
	facts := doctor.Facts{"since": doctor.Span(time.Since(st.Since)), "attempts": utoa(st.Attempts), "reason": st.Reason}
	if facts["road"] = "UDP"; st.Transport == string(link.RoadTCP) {
		facts["road"] = "@doctor.road.tcp"
	}
	switch st.Phase {
	case ship.Following.String():
		return one("link-good", facts)
	case ship.Quarantined.String():
		return one("link-quarantined", facts)
	case ship.Down.String():
		return one("link-down", facts)
	}
	if st.Attempts > 0 && (!p.reached || time.Since(st.Since) > dialsLong) {
		return one("link-down", facts)
	}
	return one("link-dialing", facts)
}

func (p *patient) checkBacklog(context.Context) []doctor.Finding {
	s := p.inside.Journal
	age := p.now().Sub(s.Oldest)
	facts := doctor.Facts{"entries": utoa(s.Unsecured()), "age": doctor.Span(age)}
	switch {
	case s.Unsecured() == 0 || age < waitingFor:
		return one("backlog-good", facts)
	case age > waitsLong:
		return one("backlog-old", facts)
	}
	return one("backlog-waiting", facts)
}

func (p *patient) checkReceipt(context.Context) []doctor.Finding {
	at := p.inside.Journal.Receipt
	if at.IsZero() {
		return one("receipt-none", nil)
	}
	return one("receipt-good", doctor.Facts{"age": doctor.Span(p.now().Sub(at)), "sequence": utoa(p.inside.Journal.Receipted)})
}

// checkDesk opens the desk as a workstation does, and compares the certificate
// that it shows with the one that it should.
func (p *patient) checkDesk(ctx context.Context) []doctor.Finding {
	address := doctor.Near(p.cfg.Desk.Listen)
	facts := doctor.Facts{"address": address}
	ctx, cancel := context.WithTimeout(ctx, dialWithin)
	defer cancel()
	if !p.cfg.Desk.secure() {
		var d net.Dialer
		conn, err := d.DialContext(ctx, "tcp", address)
		if err != nil {
			return one("desk-silent", facts)
		}
		_ = conn.Close() // only to see whether somebody answers
		return one("desk-plain", facts)
	}
	own, err := p.keys.ring.Credential(pki.SlotDesk)
	if err != nil {
		return one("desk-expired", facts)
	}
	// Whatever is shown is taken, and compared below byte by byte.
	d := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS13}} //nolint:gosec // looked at, nothing is said
	conn, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return one("desk-silent", facts)
	}
	defer func() { _ = conn.Close() }() // nothing was to be kept
	secured, _ := conn.(*tls.Conn)      // what this dialer gives
	shown := secured.ConnectionState().PeerCertificates[0]
	facts["left"] = doctor.Span(shown.NotAfter.Sub(p.now()))
	switch {
	case !bytes.Equal(shown.Raw, own.Leaf.Raw):
		return one("desk-other", facts)
	case p.now().After(shown.NotAfter):
		return one("desk-expired", facts)
	}
	return one("desk-good", facts)
}

func (p *patient) checkPrinter(ctx context.Context) []doctor.Finding {
	uri := p.cfg.Printer.URI
	if uri == "" {
		return one("printer-none", nil)
	}
	facts := doctor.Facts{}
	if u, err := url.Parse(uri); err == nil {
		facts["address"] = u.Host
	}
	printer, err := ipp.New(ipp.Options{URI: uri, CA: p.cfg.Printer.CA})
	if err != nil {
		return one("printer-unreachable", facts)
	}
	defer printer.Close()
	reason := printer.Status(ctx)
	facts["reason"] = "@doctor.printer." + string(reason)
	switch reason {
	case ipp.Ready:
		return one("printer-good", facts)
	case ipp.Unreachable, ipp.Lost, ipp.Unreadable:
		return one("printer-unreachable", facts)
	case ipp.NotAccepting, ipp.PaperOut, ipp.PaperJam, ipp.CoverOpen, ipp.InkOut, ipp.Stopped, ipp.NoPDF, ipp.Refused,
		ipp.Aborted, ipp.TooSlow, ipp.Unconfigured:
		return one("printer-trouble", facts)
	}
	return one("printer-trouble", facts)
}

// checkDevice looks for the fingerprint reader's service on this machine. It
// runs on workstations, which this machine may or may not be.
func (p *patient) checkDevice(ctx context.Context) []doctor.Finding {
	if p.cfg.Desk.Device == "" {
		return one("device-none", nil)
	}
	facts := doctor.Facts{"address": p.cfg.Desk.Device}
	u, err := url.Parse(p.cfg.Desk.Device)
	if err != nil {
		return one("device-elsewhere", facts)
	}
	ctx, cancel := context.WithTimeout(ctx, dialWithin)
	defer cancel()
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", u.Host)
	if err != nil {
		return one("device-elsewhere", facts)
	}
	_ = conn.Close() // only to see whether somebody answers
	return one("device-good", facts)
}
