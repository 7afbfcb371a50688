package console

import (
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"jaliya/hub/watch"
	"jaliya/internal/access"
	"jaliya/internal/lang"
	"jaliya/internal/workflow"
)

// hubPage is how the hub itself stands.
type hubPage struct {
	Leader, Leaderless string
	Members            []memberRow
	Orders             []orderRow
	Certificates       []fact
	At                 string
}

type memberRow struct {
	ID, Name, Part, Mark, Disk, Forecast, Applied, Heard string
}

type orderRow struct {
	ID, Kind, Open, Failed, Dead, Oldest string
	Look                                 bool
}

// hub shows members, leader, disks, certificates and orders.
func (s *Screens) hub(c *gin.Context, who access.Principal) {
	picture, err := s.console.Overview(c.Request.Context(), who)
	if err != nil {
		s.fail(c, who, err)
		return
	}
	p, now := s.ui.Printer(c), s.console.Now()
	v := hubPage{At: p.T("operate.hub.at", "number", picture.Log), Leader: p.T("operate.hub.no_leader"), Leaderless: p.T("operate.hub.leaderless_none")}
	h := picture.Hub
	if h.Leader != "" {
		v.Leader = p.T("operate.hub.leader", "name", h.Leader)
	}
	if h.Leaderless > 0 {
		v.Leaderless = p.T("operate.hub.leaderless", "span", short(p, h.Leaderless))
	}
	for _, m := range h.Members {
		v.Members = append(v.Members, memberRowOf(p, m, picture.Log, now))
	}
	for _, o := range h.Orders {
		row := orderRow{
			ID: "kind-" + o.Kind, Kind: orderWords(p, o.Kind, "title"), Open: p.Number(int64(o.Open)), Failed: p.Number(int64(o.Failed)),
			Dead: p.Number(int64(o.Dead)), Oldest: "–", Look: o.Dead > 0,
		}
		if !o.Oldest.IsZero() {
			row.Oldest = p.Span(now.Sub(o.Oldest))
		}
		v.Orders = append(v.Orders, row)
	}
	for _, one := range h.Certificate {
		written, words := certificateWords(p, one.Subject)
		v.Certificates = append(v.Certificates, fact{Label: strings.TrimSpace(words + " " + written), Text: s.untilWords(p, one.Until)})
	}
	s.operatePage(c, who, operateScreen{name: "hub", title: p.T("operate.hub.title"), data: v})
}

func memberRowOf(p lang.Printer, m watch.Member, log uint64, now time.Time) memberRow {
	r := memberRow{ID: "member-" + slug(m.Name), Name: m.Name, Mark: "good", Heard: p.T("operate.never")}
	switch {
	case m.Leading:
		r.Part = p.T("operate.hub.leads")
	case m.Voter:
		r.Part = p.T("operate.hub.votes")
	default:
		r.Part, r.Mark = p.T("operate.hub.learns"), "rest"
	}
	switch heard := now.Sub(m.Heard); {
	case m.Leading:
		r.Heard = p.T("operate.hub.here")
	case m.Heard.IsZero(): // this member does not know of it
		r.Heard, r.Mark = p.T("operate.unknown"), "none"
	default:
		r.Heard = p.Ago(heard)
		if heard > time.Minute {
			r.Mark = "alarm"
		}
	}
	disk := diskCell(p, m.Disk)
	r.Disk, r.Forecast = disk.Text, disk.Second
	r.Applied = p.T("operate.hub.applied")
	switch {
	case m.Applied == 0:
		r.Applied = p.T("operate.unknown")
	case m.Applied+watch.Lagging < log:
		r.Applied = p.T("operate.hub.behind", "number", log-m.Applied)
	}
	return r
}

// stateWords names a state for operators; one without words is named as in the
// tables.
func stateWords(p lang.Printer, stage watch.Stage) string {
	name := workflow.State(stage.State).String()
	if key := "operate.state." + strings.ToLower(name); p.Has(key) {
		return p.T(key)
	}
	if key := "console.state." + strings.ToLower(name); p.Has(key) {
		return p.T(key)
	}
	return name
}

func decimal(n uint64) string { return strconv.FormatUint(n, 10) }

// numberIn reads a number of an address; 0 for what is none.
func numberIn(text string) uint64 {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0
	}
	return n
}
