package hub

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"jaliya/hub/ledger"
	"jaliya/hub/watch"
	"jaliya/hub/watch/alert"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/link/pki"
	"jaliya/internal/telemetry"
	"jaliya/internal/wire"
)

// watching is who gathers how the network stands.
type watching struct {
	watcher *watch.Watcher
	alerter *alert.Alerter // nil: nobody is told
}

// openWatch builds the watcher on ledger, intake and cluster.
func (h *Hub) openWatch() error {
	directory, err := consular.BuiltInDirectory()
	if err != nil {
		return err
	}
	h.watch.watcher, err = watch.New(watch.Config{
		State: h.ledger, Live: h.intake.Live, Members: h.members, Leading: h.cluster.IsLeader,
		Commit: h.propose, Directory: directory, Limits: h.cfg.Watch, Version: telemetry.Version, Now: time.Now,
		Logger: h.log.With(slog.String("component", "watch")), Name: h.officerName, Certificates: h.certificates,
		Metrics: watch.NewMetrics(h.metrics),
	})
	if err != nil {
		return err
	}
	return h.openAlert(directory)
}

// Watcher gives what the console shows to operators.
func (h *Hub) Watcher() *watch.Watcher { return h.watch.watcher }

// officerName gives the name of an officer; the desk of officers is built after
// the watch.
func (h *Hub) officerName(id wire.StaffID) string {
	if h.officers.people == nil {
		return ""
	}
	return h.officers.people.Name(string(id))
}

// members gives how the cluster stands, as this member knows it: what the others
// have applied is known to the leader alone.
func (h *Hub) members() (list []watch.Member, leader string) {
	lead, _ := h.cluster.Leader()
	names := h.memberNames()
	for _, m := range h.cluster.Members() {
		one := watch.Member{Name: m.ID, Leading: m.ID == lead, Voter: m.Voter}
		if known, ok := names[m.ID]; ok {
			s := h.enlisted.of(known.ID)
			one.Name, one.Applied, one.Heard = known.Name, s.progress.Applied, s.at
		}
		if m.ID == h.keys.member.ID {
			one.Name, one.Applied, one.Heard = h.keys.member.Name, h.cluster.AppliedIndex(), time.Now()
			one.Disk = diskOf(h.cfg.Dir)
		}
		if one.Leading {
			leader = one.Name
		}
		list = append(list, one)
	}
	return list, leader
}

// memberNames gives the members that the ledger knows by raft's ids; none when it
// cannot be read, and then the ids stand for them.
func (h *Hub) memberNames() map[string]ledger.Member {
	known, err := h.ledger.Members()
	if err != nil {
		h.log.Warn("members are not known by name", slog.Any("error", err))
	}
	names := make(map[string]ledger.Member, len(known))
	for _, m := range known {
		names[m.ID.String()] = m
	}
	return names
}

// diskOf measures the file system that a directory is on; a disk that cannot be
// measured is not known.
func diskOf(dir string) watch.Disk {
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		return watch.Disk{}
	}
	// As df counts: what is kept for root is nobody's.
	return watch.Disk{Free: int64(fs.Bavail) * fs.Bsize, Total: int64(fs.Blocks-fs.Bfree+fs.Bavail) * fs.Bsize} //nolint:gosec // far below the limit
}

// certificates gives when the hub's own end.
func (h *Hub) certificates() (list []watch.Expiry) {
	if held, err := h.keys.ring.Credential(pki.SlotWorking); err == nil {
		list = append(list, watch.Expiry{Subject: "member " + h.keys.member.Name, Until: held.Leaf.NotAfter})
	}
	for _, role := range pki.IssuerRoles() {
		if a := h.keys.authority(role); a != nil {
			list = append(list, watch.Expiry{Subject: "authority " + string(role), Until: a.Cert.NotAfter})
		}
	}
	if root := h.keys.trust.Root; root != nil {
		list = append(list, watch.Expiry{Subject: "root", Until: root.NotAfter})
	}
	return list
}

// PostLine is what the hub knows of a post besides the directory.
type PostLine struct {
	Post      consular.PostID `json:"post"`
	City      string          `json:"city"`
	Telephone string          `json:"telephone"`
	Hours     string          `json:"hours"`            // "Mon-Fri 09:00-15:00"; empty: the usual ones of the country
	Closed    []consular.Date `json:"closed,omitempty"` // holidays
	Changed   time.Time       `json:"changed,omitzero"`
}

// postRoutes are the commands of hub post.
func (h *Hub) postRoutes(mux *http.ServeMux) {
	mux.HandleFunc("POST /post", answer(h.describePost))
	mux.HandleFunc("GET /post/list", answer(h.listPosts))
}

func (h *Hub) describePost(ctx context.Context, in PostLine) (struct{}, error) {
	const op = "hub: describe post"
	directory, err := consular.BuiltInDirectory()
	if err != nil {
		return struct{}{}, err
	}
	if !directory.Has(in.Post) {
		return struct{}{}, fault.New(fault.NotFound, op, string(in.Post), nil)
	}
	hours, err := watch.ParseHours(in.Hours)
	if err != nil {
		return struct{}{}, err
	}
	return struct{}{}, h.propose(ctx, ledger.DescribePost{
		Time: time.Now().UnixMilli(), Post: in.Post, Telephone: strings.TrimSpace(in.Telephone), Hours: hours, Closed: in.Closed,
	})
}

func (h *Hub) listPosts(context.Context, struct{}) ([]PostLine, error) {
	directory, err := consular.BuiltInDirectory()
	if err != nil {
		return nil, err
	}
	said, err := h.ledger.Descriptions()
	if err != nil {
		return nil, err
	}
	lines := make([]PostLine, 0, directory.Len())
	for _, p := range directory.All() {
		line := PostLine{Post: p.ID, City: p.City}
		for _, d := range said {
			if d.Post == p.ID {
				line.Telephone, line.Hours, line.Closed = d.Telephone, watch.FormatHours(d.Hours), d.Closed
				line.Changed = time.UnixMilli(d.Changed).UTC()
			}
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// AskPosts asks a running member what it knows of posts.
func AskPosts(ctx context.Context, c Config) ([]PostLine, error) {
	return ask[[]PostLine](ctx, c, http.MethodGet, "/post/list", struct{}{})
}

// AskPost asks a running member to note telephone and opening hours of a post.
func AskPost(ctx context.Context, c Config, in PostLine) error {
	_, err := ask[struct{}](ctx, c, http.MethodPost, "/post", in)
	return err
}
