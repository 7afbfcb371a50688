package console

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"jaliya/hub/watch"
	"jaliya/internal/access"
	"jaliya/internal/fault"
	"jaliya/internal/lang"
	"jaliya/internal/web"
)

// headerHave carries what a page shows now: a page that asks whether it is still
// so is answered with the whole of it only if it is not.
const headerHave = "X-Have"

// overviewView is the first page of an operator.
type overviewView struct {
	Connected, Oldest string
	Calm              bool
	Needs             []needView
	Lead              string
	Changes           []changeView
	Map               web.Map
	Table             postTable
}

// changeView is one figure of the last day.
type changeView struct{ Label, Now, Before, Trend string }

// overview says what needs somebody now, and how the network stands.
func (s *Screens) overview(c *gin.Context, who access.Principal) {
	picture, err := s.console.Overview(c.Request.Context(), who)
	if err != nil {
		s.fail(c, who, err)
		return
	}
	p := s.ui.Printer(c)
	v := overviewView{
		Needs: s.needViews(p, who, picture), Map: s.worldMap(p, picture), Table: s.postTable(c, p, picture, "/operate"),
	}
	v.Lead = p.T("operate.lead", "count", len(v.Needs))
	v.Connected, v.Oldest = s.whole(p, picture)
	v.Calm = len(v.Needs) == 0
	for _, one := range picture.Since {
		if key := "operate.change." + one.Name; p.Has(key) {
			v.Changes = append(v.Changes, changeOf(p, p.T(key), one))
		}
	}
	s.operatePage(c, who, operateScreen{name: "overview", title: p.T("operate.title"), data: v})
}

func changeOf(p lang.Printer, label string, c watch.Change) changeView {
	v := changeView{Label: label, Now: p.Number(int64(c.Now)), Before: p.T("operate.before", "number", c.Before)}
	switch {
	case c.Now > c.Before:
		v.Trend = p.T("operate.trend.more")
	case c.Now < c.Before:
		v.Trend = p.T("operate.trend.less")
	default:
		v.Trend = p.T("operate.trend.same")
	}
	return v
}

// whole is the network in two sentences: how many are connected, and what has
// waited longest to be secured.
func (s *Screens) whole(p lang.Printer, picture watch.Picture) (connected, oldest string) {
	up := 0
	var worst watch.Post
	for _, one := range picture.Posts {
		if one.Standing == watch.Connected {
			up++
		}
		if at := one.Backlog.Oldest; !at.IsZero() && (worst.ID == "" || at.Before(worst.Backlog.Oldest)) {
			worst = one
		}
	}
	connected = p.T("operate.whole.connected", "number", up, "all", len(picture.Posts))
	if worst.ID == "" {
		return connected, p.T("operate.whole.secured")
	}
	span := s.console.Now().Sub(worst.Backlog.Oldest)
	return connected, p.T("operate.whole.oldest", "span", p.Span(span), "post", s.postName(p, worst.ID))
}

// operatePage answers with a page that renews itself: unchanged, when the reader
// has it already.
func (s *Screens) operatePage(c *gin.Context, who access.Principal, o operateScreen) {
	s.operateStatus(c, who, http.StatusOK, o)
}

type operateScreen struct {
	name, title string
	data        any
	notice      *web.Notice
	errors      []web.FieldError
}

func (s *Screens) operateStatus(c *gin.Context, who access.Principal, status int, o operateScreen) {
	p := s.ui.Printer(c)
	raw, err := json.Marshal(o.data)
	if err != nil {
		s.fail(c, who, fault.New(fault.Internal, "console: show "+o.name, "", err))
		return
	}
	sum := sha256.Sum256(append(raw, p.Language()...))
	have := hex.EncodeToString(sum[:8])
	if c.GetHeader(headerHave) == have {
		c.Status(http.StatusNoContent)
		return
	}
	page := s.page(c, who, o.title)
	page.Template, page.Wide, page.Scripts, page.Notice, page.Errors = "operate-"+o.name, true, []string{"operate.js"}, o.notice, o.errors
	if said := c.Query("said"); page.Notice == nil && said != "" && p.Has("operate.said."+said) {
		page.Notice = &web.Notice{Kind: "good", Title: p.T("operate.said." + said)}
	}
	page.Data = gin.H{"V": o.data, "Have": have, "Places": operatePlaces(p, c.FullPath())}
	s.ui.Render(c, status, page)
}

// operatePlaces are the rooms of the operators' part.
func operatePlaces(p lang.Printer, path string) []web.NavLink {
	var out []web.NavLink
	for _, place := range []struct{ href, key string }{
		{"/operate", "overview"},
		{"/operate/posts", "posts"},
		{"/operate/requests", "requests"},
		{"/operate/stuck", "stuck"},
		{"/operate/refused", "refused"},
		{"/operate/hub", "hub"},
		{"/operate/help", "help"},
	} {
		current := path == place.href || place.href != "/operate" && len(path) > len(place.href) && path[:len(place.href)+1] == place.href+"/"
		out = append(out, web.NavLink{Href: place.href, Label: p.T("operate.place." + place.key), Current: current})
	}
	return out
}

// help says for each need what it means, what happens by itself and what to do.
func (s *Screens) help(c *gin.Context, who access.Principal) {
	if err := who.Require(access.HubStatus); err != nil {
		s.fail(c, who, err)
		return
	}
	p := s.ui.Printer(c)
	type topic struct{ ID, Title, Effect, Itself, Do, File string }
	topics := make([]topic, 0, len(needKinds()))
	for _, kind := range needKinds() {
		at := "operate.need." + string(kind)
		topics = append(topics, topic{
			ID: string(kind), Title: p.T(at + ".name"), Effect: p.T(at + ".effect"), Itself: p.T(at + ".itself"), Do: p.T(at + ".do"),
			File: "deploy/runbooks/" + string(kind) + ".md",
		})
	}
	s.operatePage(c, who, operateScreen{name: "help", title: p.T("operate.help.title"), data: topics})
}

// needKinds lists them in the order in which they are explained.
func needKinds() []watch.NeedKind {
	return []watch.NeedKind{
		watch.NeedSilent, watch.NeedBacklog, watch.NeedRefused, watch.NeedBreach, watch.NeedDead, watch.NeedPouch, watch.NeedDisk,
		watch.NeedMirror, watch.NeedCertificate, watch.NeedAlone, watch.NeedClock, watch.NeedFenced, watch.NeedLeaderless, watch.NeedVersion,
	}
}

// size writes bytes in the largest unit of which there are two at least.
func size(p lang.Printer, n int64) string {
	const step = 1000
	units := []string{"kb", "mb", "gb", "tb"}
	at := 0
	n = (max(n, 0) + step - 1) / step
	for ; n >= 2*step && at < len(units)-1; at++ {
		n = (n + step/2) / step
	}
	return p.T("operate.size."+units[at], "number", n)
}

// short writes a length of time that may be below a minute.
func short(p lang.Printer, d time.Duration) string {
	switch d = d.Abs(); {
	case d < time.Second:
		return p.T("operate.short.ms", "number", d.Milliseconds())
	case d < 2*time.Minute:
		return p.T("operate.short.s", "number", int64(d.Round(time.Second)/time.Second))
	default:
		return p.Span(d)
	}
}

// orderedBy sorts by a number, largest first, and keeps the order of equals.
func orderedBy[T any](list []T, by func(T) int64) {
	slices.SortStableFunc(list, func(a, b T) int {
		switch x, y := by(a), by(b); {
		case x > y:
			return -1
		case x < y:
			return 1
		default:
			return 0
		}
	})
}

// operateRoutes are the operators' part of the screens.
func operateRoutes() []ScreenRoute {
	get, post := http.MethodGet, http.MethodPost
	return []ScreenRoute{
		{get, "/operate", access.HubStatus, (*Screens).overview},
		{post, "/operate/needs", access.HubOperate, (*Screens).attendNeed},
		{get, "/operate/posts", access.HubStatus, (*Screens).posts},
		{get, "/operate/posts/:post", access.HubStatus, (*Screens).onePost},
		{get, "/operate/posts/:post/forks", access.HubStatus, (*Screens).forks},
		{post, "/operate/posts/:post/forks", access.HubOperate, (*Screens).decideFork},
		{get, "/operate/requests", access.HubStatus, (*Screens).requests},
		{get, "/operate/stuck", access.HubStatus, (*Screens).stuck},
		{post, "/operate/stuck/:order/retry", access.HubOperate, (*Screens).retryOrder},
		{get, "/operate/refused", access.HubStatus, (*Screens).refused},
		{post, "/operate/refused/:number/settle", access.HubOperate, (*Screens).settleRefused},
		{get, "/operate/hub", access.HubStatus, (*Screens).hub},
		{get, "/operate/help", access.HubStatus, (*Screens).help},
	}
}
