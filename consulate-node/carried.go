package node

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"

	"jaliya/consulate-node/desk"
	"jaliya/internal/byhand"
	"jaliya/internal/fault"
	"jaliya/internal/telemetry"
	"jaliya/internal/web"
	"jaliya/internal/wire"
)

// serveSocket answers the commands that need the running node: files that
// travel by hand, compaction, and what it knows of the national log. Whoever may open the socket may say them: its mode is the
// permission.
func (n *Node) serveSocket(ctx context.Context) error {
	l, err := byhand.Listen(ctx, n.cfg.Admin.Socket)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+byhand.PathExport, byhand.Export(n.exportCarried))
	mux.HandleFunc("POST "+byhand.PathImport, byhand.Import(n.tray(), n.importCarried))
	mux.HandleFunc("POST "+pathCompact, n.compactNow)
	mux.HandleFunc("GET "+pathCheckpoint, n.serveCheckpoint)
	return telemetry.ServeAdminOn(ctx, l, mux)
}

func (n *Node) exportCarried(r *http.Request, to io.Writer) error {
	_, err := n.ship.Export(r.Context(), to)
	return err
}

// importCarried takes the hub's answer and says as JSON what it brought.
func (n *Node) importCarried(r *http.Request, from io.ReadSeeker, to io.Writer) error {
	told, err := n.ship.Import(r.Context(), from)
	if err != nil {
		return err
	}
	return json.NewEncoder(to).Encode(told)
}

// visitsKept is for how many visits an answer leaves room: more than a visit asks
// for before it begins (D8).
const visitsKept = 4

// tray takes the hub's answers, which hold receipts and notices and are small. It
// leaves the journal what a visit needs.
func (n *Node) tray() byhand.Tray {
	return byhand.Tray{Dir: n.cfg.Dir, Most: web.MaxBody, Reserve: visitsKept * maxEnrolment}
}

// carrier gives the desk's page what the commands do. It is a desk.Carrier.
type carrier struct{ node *Node }

// Export implements desk.Carrier.
func (c carrier) Export(ctx context.Context, to io.Writer) error {
	_, err := c.node.ship.Export(ctx, to)
	return err
}

// Import implements desk.Carrier.
func (c carrier) Import(ctx context.Context, from io.ReadSeeker) (desk.Brought, error) {
	told, err := c.node.ship.Import(ctx, from)
	return desk.Brought{Secured: told.Receipted, Notices: told.Notices, Refused: told.Refused}, err
}

// brought keeps what the hub told of itself in a file by hand.
func (n *Node) brought(w wire.Welcome) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if w.Cluster != n.national.Cluster {
		return fault.New(fault.Denied, "node: take answer", "another cluster answered", nil)
	}
	fresh := n.national.with(w)
	set, err := wire.ParseKeySet(fresh.Receipts)
	if err != nil {
		return err
	}
	if err := writeRecord(n.cfg.path(fileNational), fresh); err != nil {
		return err
	}
	n.national, n.receipts, n.heardOnDisk = fresh, set, fresh.Heard
	return n.keys.dicts.Follow(fresh.Feature)
}

// with adds what a file by hand says. It may be older than what is known: keys
// that sign receipts are added, and what a file says of now counts only when it
// was said after the hub was heard last. It is no sign that the hub is heard now.
func (n national) with(w wire.Welcome) national {
	n.Receipts = union(n.Receipts, w.Receipts)
	if w.Time > n.Heard {
		n.Intake, n.Heard, n.Feature = w.Intake, w.Time, w.Feature
	}
	return n
}

// socket is where the node's commands reach it when nothing else is said.
func (c Config) socket() string { return filepath.Join(c.Dir, byhand.Socket) }
