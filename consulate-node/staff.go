package node

import (
	"context"
	"crypto/x509"
	"log/slog"
	"slices"
	"time"

	"jaliya/consulate-node/ship"
	"jaliya/consulate-node/staff"
	"jaliya/internal/access"
	"jaliya/internal/fault"
	"jaliya/internal/link"
	"jaliya/internal/link/pki"
)

// hashesAtOnce is how many passwords are compared at a time: each takes 19 MiB,
// and a node is to stay small.
const hashesAtOnce = 1

// openStaff builds what lets people in.
func (n *Node) openStaff() (err error) {
	n.staff, err = staff.Open(staff.Options{
		Journal: n.journal, DataKey: n.keys.data, PostKey: n.keys.post, Intake: n.intakeKey,
		Dictionaries: n.keys.dicts, Post: n.who.Post, Clock: time.Now, Offset: n.ship.Offset, Heard: n.lastHeard,
		Hasher: access.NewHasher(hashesAtOnce), Logger: n.log.With(slog.String("component", "staff")),
	})
	return err
}

// hearing is the last word of the hub on a clock that nobody can set: its time,
// and our monotonic clock at that moment.
type hearing struct {
	hub int64 // ms
	at  time.Time
}

// hearEvery is how often the last word of the hub is written down while it is
// heard all the time.
const hearEvery = time.Hour

// lastHeard gives the hub's time when it was heard last.
func (n *Node) lastHeard() time.Time {
	n.mu.Lock()
	defer n.mu.Unlock()
	return time.UnixMilli(n.national.Heard)
}

// listen moves the last word of the hub along while a session stands.
func (n *Node) listen() error {
	if n.ship.Status().Phase != ship.Following.String() {
		return nil
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.hearing.hub == 0 {
		return nil
	}
	now := n.hearing.hub + time.Since(n.hearing.at).Milliseconds()
	if now <= n.national.Heard {
		return nil
	}
	n.national.Heard = now
	if now-n.heardOnDisk < hearEvery.Milliseconds() {
		return nil
	}
	n.heardOnDisk = now
	return writeRecord(n.cfg.path(fileNational), n.national)
}

// openDeskRenewer keeps the certificate of a desk that speaks TLS fresh, and gets
// the first one when the join brought none.
func (n *Node) openDeskRenewer() (err error) {
	if !n.cfg.Desk.secure() {
		return nil
	}
	if c, err := n.keys.ring.Credential(pki.SlotDesk); err == nil && !named(c.Leaf, n.cfg.Desk.names()) {
		// The old certificate stays in use: a desk under one of its names is better
		// than none while the hub cannot be reached.
		n.log.Warn("desk.names changed: they count from the next renewal, or after keys/ring/desk.pem is removed and the node restarted")
	}
	n.deskRenewer, err = link.NewRenewer(link.RenewerOptions{
		Ring: n.keys.ring, Slot: pki.SlotDesk, Via: []pki.Slot{pki.SlotDevice},
		Want: pki.Identity{Role: pki.Desk, Name: string(n.who.Post), ID: n.who.Node.String()},
		Ask:  n.uplink.renewDesk(n.cfg.Desk.names()), Verifier: n.uplink.verifier(pki.Desk), Now: n.uplink.now,
		Log: n.log.With(slog.String("component", "desk renewal")),
	})
	return err
}

// named reports whether a certificate is good for all the names.
func named(cert *x509.Certificate, names []string) bool {
	return !slices.ContainsFunc(names, func(name string) bool { return cert.VerifyHostname(name) != nil })
}

func (n *Node) renewDesk(ctx context.Context) error {
	if n.deskRenewer == nil {
		return nil
	}
	return n.deskRenewer.Run(ctx)
}

// checkStaff says when the post has been alone for too long.
func (n *Node) checkStaff(context.Context) error {
	if t := n.staff.Trust(); t.Level != "green" {
		return fault.New(fault.Stale, "node: check staff", t.Level+": the hub was last heard on "+t.Heard.Format(time.DateOnly), nil)
	}
	return nil
}

// checkDeskCertificate says when workstations cannot trust the desk.
func (n *Node) checkDeskCertificate(context.Context) error {
	const op = "node: check desk certificate"
	if !n.cfg.Desk.secure() {
		return nil
	}
	c, err := n.keys.ring.Credential(pki.SlotDesk)
	if err != nil {
		return fault.New(fault.Unavailable, op, "none yet: it comes with the next connection to the hub", err)
	}
	if n.uplink.now().After(c.Leaf.NotAfter) {
		return fault.New(fault.Expired, op, "it ended on "+c.Leaf.NotAfter.Format(time.DateOnly), nil)
	}
	return nil
}
