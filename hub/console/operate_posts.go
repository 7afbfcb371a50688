package console

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"jaliya/hub/watch"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/lang"
	"jaliya/internal/web"
)

// postTable is the table of all posts, with the same facts as the map. Its order
// and filters are links and a form, so that it needs no script.
type postTable struct {
	Action           string
	Sorts, Standings []tableLink
	Words            string
	Sort, Standing   string
	Columns          []string
	Rows             []postRow
	Shown            string
}

type tableLink struct {
	Href, Label string
	Mark        string
	Current     bool
}

type postRow struct {
	ID, Href, Name, Key string
	Mark, Standing      string
	Cells               []postCell
	Marked              bool
}

// postCell is one fact with the word of its column, which a narrow screen shows.
type postCell struct{ Label, Text, Second string }

// sorts are the orders of the table by name; each puts the worst first, but the
// names.
func (s *Screens) sorts() map[string]func(watch.Post) int64 {
	now := s.console.Now()
	return map[string]func(watch.Post) int64{
		"standing": func(p watch.Post) int64 { return gravity(p.Standing) },
		"backlog":  func(p watch.Post) int64 { return int64(p.Backlog.Entries) },
		"age": func(p watch.Post) int64 {
			if p.Backlog.Oldest.IsZero() {
				return -1
			}
			return int64(now.Sub(p.Backlog.Oldest))
		},
		"refused": func(p watch.Post) int64 { return int64(p.Refused) },
		"clock":   func(p watch.Post) int64 { return int64(p.Offset.Abs()) },
		"disk": func(p watch.Post) int64 {
			if p.Disk.Total == 0 {
				return -101
			}
			return -p.Disk.Free * 100 / p.Disk.Total
		},
	}
}

// gravity orders standings for the eye of an operator.
func gravity(s watch.Standing) int64 {
	order := []watch.Standing{watch.Connected, watch.NotJoined, watch.Resting, watch.Alone, watch.Silent, watch.Fenced}
	return int64(slices.Index(order, s))
}

// postTable reads order and filters of the address; one that is none counts as
// not given.
func (s *Screens) postTable(c *gin.Context, p lang.Printer, picture watch.Picture, action string) postTable {
	wide := action == "/operate/posts"
	t := postTable{Action: action, Sort: c.Query("sort"), Standing: c.Query("standing"), Words: asked(c, "words")}
	sorts := s.sorts()
	if sorts[t.Sort] == nil && t.Sort != "name" {
		t.Sort = "standing"
	}
	count := map[string]int{}
	for _, one := range picture.Posts {
		count[standingName(one.Standing)]++
	}
	if count[t.Standing] == 0 {
		t.Standing = ""
	}
	posts := slices.DeleteFunc(slices.Clone(picture.Posts), func(one watch.Post) bool {
		return t.Standing != "" && standingName(one.Standing) != t.Standing ||
			t.Words != "" && !strings.Contains(strings.ToLower(s.postKey(p, one.ID)), strings.ToLower(t.Words))
	})
	slices.SortStableFunc(posts, func(a, b watch.Post) int { return cmp.Compare(s.city(a.ID), s.city(b.ID)) })
	if by := sorts[t.Sort]; by != nil {
		orderedBy(posts, by)
	}
	t.choices(p, count, len(picture.Posts))
	t.Columns = s.postColumns(p, wide)
	for _, one := range posts {
		t.Rows = append(t.Rows, s.postRow(p, one, wide))
	}
	t.Shown = p.T("operate.posts_shown", "number", len(posts), "all", len(picture.Posts))
	return t
}

// choices are the links that order and filter the table; only the page of the
// posts shows what the last orders are about.
func (t *postTable) choices(p lang.Printer, count map[string]int, all int) {
	names := []string{"standing", "name", "backlog", "age"}
	if t.Action == "/operate/posts" {
		names = append(names, "refused", "clock", "disk")
	}
	for _, name := range names {
		t.Sorts = append(t.Sorts, tableLink{Href: t.link(name, t.Standing), Label: p.T("operate.sort." + name), Current: name == t.Sort})
	}
	t.Standings = []tableLink{{
		Href: t.link(t.Sort, ""), Label: p.T("operate.filter.all", "number", all), Current: t.Standing == "",
	}}
	for _, standing := range standings() {
		if name := standingName(standing); count[name] > 0 {
			t.Standings = append(t.Standings, tableLink{
				Href: t.link(t.Sort, name), Label: p.T("operate.map.legend", "what", standingWords(p, standing), "number", count[name]),
				Current: name == t.Standing, Mark: markOf(standing),
			})
		}
	}
}

func (t *postTable) link(sort, standing string) string {
	q := url.Values{"sort": {sort}}
	if standing != "" {
		q.Set("standing", standing)
	}
	if t.Words != "" {
		q.Set("words", t.Words)
	}
	return t.Action + "?" + q.Encode() + "#posts"
}

// asked reads one value of the address as typed reads a form's.
func asked(c *gin.Context, name string) string {
	text := strings.ToValidUTF8(strings.TrimSpace(c.Query(name)), "")
	if len(text) > maxTyped {
		return ""
	}
	return text
}

// postKey is what a search looks through.
func (s *Screens) postKey(p lang.Printer, id consular.PostID) string {
	return string(id) + " " + s.postName(p, id)
}

func (s *Screens) postColumns(p lang.Printer, wide bool) []string {
	keys := []string{"post", "standing", "backlog", "heard", "local"}
	if wide {
		keys = []string{"post", "standing", "backlog", "heard", "transport", "clock", "disk", "refused"}
	}
	out := make([]string, len(keys))
	for i, key := range keys {
		out[i] = p.T("operate.col." + key)
	}
	return out
}

func (s *Screens) postRow(p lang.Printer, post watch.Post, wide bool) postRow {
	now := s.console.Now()
	r := postRow{
		ID: "post-" + string(post.ID), Href: "/operate/posts/" + string(post.ID), Name: s.postName(p, post.ID), Key: s.postKey(p, post.ID),
		Mark: markOf(post.Standing), Standing: standingWords(p, post.Standing),
		Marked: post.Standing == watch.Silent || post.Standing == watch.Fenced,
	}
	heard := postCell{Text: p.T("operate.never")}
	if !post.Heard.IsZero() {
		heard.Text = p.Ago(now.Sub(post.Heard))
	}
	backlog := postCell{Text: s.backlogWords(p, post)}
	if b := post.Backlog; b.Bytes+b.ImageB > 0 {
		backlog.Second = size(p, b.Bytes+b.ImageB)
	}
	r.Cells = []postCell{backlog, heard}
	if wide {
		disk := diskCell(p, post.Disk)
		r.Cells = append(r.Cells, postCell{Text: transportWords(p, post), Second: post.Version}, postCell{Text: clockWords(p, post)},
			disk, postCell{Text: p.Number(int64(post.Refused))})
	} else {
		r.Cells = append(r.Cells, postCell{Text: s.local(p, post, now)})
	}
	for i, column := range s.postColumns(p, wide)[2:] {
		r.Cells[i].Label = column
	}
	return r
}

func transportWords(p lang.Printer, post watch.Post) string {
	if key := "operate.transport." + post.Transport; post.Transport != "" && p.Has(key) {
		return p.T(key)
	}
	return p.T("operate.unknown")
}

// clockWords says how far a clock is off, and to which side.
func clockWords(p lang.Printer, post watch.Post) string {
	switch {
	case post.Told.IsZero():
		return p.T("operate.unknown")
	case post.Offset.Abs() < time.Second:
		return p.T("operate.clock.right")
	case post.Offset > 0:
		return p.T("operate.clock.ahead", "span", short(p, post.Offset))
	default:
		return p.T("operate.clock.behind", "span", short(p, post.Offset))
	}
}

func diskCell(p lang.Printer, d watch.Disk) postCell {
	if d.Total == 0 {
		return postCell{Text: p.T("operate.unknown")}
	}
	return postCell{Text: p.T("operate.disk.free", "free", size(p, d.Free), "all", size(p, d.Total)), Second: diskForecast(p, d)}
}

func diskForecast(p lang.Printer, d watch.Disk) string {
	switch {
	case d.FullIn < 0:
		return p.T("operate.disk.calm")
	case d.FullIn == 0:
		return p.T("operate.disk.full")
	default:
		return p.T("operate.disk.full_in", "span", p.Span(time.Duration(d.FullIn)*24*time.Hour))
	}
}

// posts lists all posts with everything that can be compared.
func (s *Screens) posts(c *gin.Context, who access.Principal) {
	picture, err := s.console.Overview(c.Request.Context(), who)
	if err != nil {
		s.fail(c, who, err)
		return
	}
	p := s.ui.Printer(c)
	type view struct {
		Connected, Oldest string
		Table             postTable
	}
	v := view{Table: s.postTable(c, p, picture, "/operate/posts")}
	v.Connected, v.Oldest = s.whole(p, picture)
	s.operatePage(c, who, operateScreen{name: "posts", title: p.T("operate.posts.title"), data: v})
}

// onePostView is the page of one post.
type onePostView struct {
	Name, Mark, Standing, Means string
	Local, Telephone, Tel       string
	Phone                       string // what to say to whoever answers
	Needs                       []needView
	Link, Held, Machine, Trust  []fact
	Charts                      []web.Chart
	Told                        string
	Forks                       string // page of its histories, empty: there was never a second one
}

func (s *Screens) onePost(c *gin.Context, who access.Principal) {
	id, err := consular.ParsePostID(c.Param("post"))
	if err != nil || !s.console.Directory.Has(id) {
		s.fail(c, who, fault.New(fault.NotFound, "console: show post", "", nil))
		return
	}
	one, err := s.console.PostStanding(c.Request.Context(), who, id)
	if err != nil {
		s.fail(c, who, err)
		return
	}
	parted, err := s.console.Forks(c.Request.Context(), who, id)
	if err != nil {
		s.fail(c, who, err) // a page without it would say that there is none
		return
	}
	p, now := s.ui.Printer(c), s.console.Now()
	post := one.Post
	v := onePostView{
		Name: s.postName(p, id), Mark: markOf(post.Standing), Standing: standingWords(p, post.Standing),
		Means: p.T("operate.standing." + standingName(post.Standing) + "_means"), Local: s.there(p, post, now), Telephone: post.Telephone, Tel: dial(post.Telephone),
		Needs: s.needViews(p, who, watch.Picture{Needs: one.Needs, Posts: []watch.Post{post}}),
		Phone: s.phoneSentence(p, post),
		Link:  s.linkFacts(p, post), Held: s.heldFacts(p, post), Machine: s.machineFacts(p, post), Trust: s.trustFacts(p, post),
		Charts: s.postCharts(p, post, one.History), Told: p.T("operate.told.never"),
	}
	for i := range v.Needs { // the page says of which post, and whom to call
		need := &v.Needs[i]
		need.Back, need.Post, need.Local, need.Telephone = id, "", "", ""
		if strings.HasSuffix(need.Href, "/"+string(id)) {
			need.Href = ""
		}
	}
	if len(parted) > 0 {
		v.Forks = "/operate/posts/" + string(id) + "/forks"
	}
	if !post.Told.IsZero() {
		v.Told = p.T("operate.told.at", "ago", p.Ago(now.Sub(post.Told)))
	}
	s.operatePage(c, who, operateScreen{name: "post", title: v.Name, data: v})
}

// phoneSentence is what an operator says to whoever answers at the post.
func (s *Screens) phoneSentence(p lang.Printer, post watch.Post) string {
	key := "operate.phone." + standingName(post.Standing)
	span := p.T("operate.never")
	if !post.Heard.IsZero() {
		span = p.Span(s.console.Now().Sub(post.Heard))
	}
	return p.T(key, "span", span, "backlog", s.backlogWords(p, post))
}

func (s *Screens) linkFacts(p lang.Printer, post watch.Post) []fact {
	now := s.console.Now()
	out := []fact{}
	if !post.Session.IsZero() {
		out = append(out, fact{Label: p.T("operate.fact.connected"), Text: p.Span(now.Sub(post.Session))})
	}
	heard := p.T("operate.never")
	if !post.Heard.IsZero() {
		heard = p.Ago(now.Sub(post.Heard))
	}
	out = append(out, fact{Label: p.T("operate.col.heard"), Text: heard}, fact{Label: p.T("operate.col.transport"), Text: transportWords(p, post)})
	if post.RTT > 0 {
		out = append(out, fact{Label: p.T("operate.fact.rtt"), Text: short(p, post.RTT)})
	}
	if post.Address != "" {
		out = append(out, fact{Label: p.T("operate.fact.address"), Text: post.Address, Kind: "code"})
	}
	return append(out, fact{Label: p.T("operate.col.clock"), Text: clockWords(p, post)})
}

func (s *Screens) heldFacts(p lang.Printer, post watch.Post) []fact {
	b := post.Backlog
	return []fact{
		{Label: p.T("operate.col.backlog"), Text: s.backlogWords(p, post)},
		{Label: p.T("operate.fact.bytes"), Text: size(p, b.Bytes)},
		{Label: p.T("operate.fact.images"), Text: p.T("operate.images", "number", b.Images, "size", size(p, b.ImageB))},
		{Label: p.T("operate.fact.drafts"), Text: p.Number(int64(b.Drafts))},
		{Label: p.T("operate.fact.refused"), Text: p.Number(int64(post.Refused))},
		{Label: p.T("operate.fact.open"), Text: p.Number(int64(post.Open))},
		{Label: p.T("operate.fact.pickup"), Text: p.Number(int64(post.Pickup))},
	}
}

func (s *Screens) machineFacts(p lang.Printer, post watch.Post) []fact {
	disk := diskCell(p, post.Disk)
	out := []fact{{Label: p.T("operate.col.disk"), Text: disk.Text}}
	if disk.Second != "" {
		out = append(out, fact{Label: p.T("operate.fact.forecast"), Text: disk.Second})
	}
	if key := "operate.mirror." + post.Disk.Mirror; post.Disk.Mirror != "" && p.Has(key) {
		out = append(out, fact{Label: p.T("operate.fact.mirror"), Text: p.T(key)})
	}
	if post.Version != "" {
		out = append(out, fact{Label: p.T("operate.fact.version"), Text: post.Version, Kind: "code"})
	}
	if post.Node != "" {
		out = append(out, fact{Label: p.T("operate.fact.node"), Text: post.Node, Kind: "code"})
	}
	if !post.Started.IsZero() {
		out = append(out, fact{Label: p.T("operate.fact.started"), Text: p.DateTime(post.Started.In(s.zone))})
	}
	return out
}

func (s *Screens) trustFacts(p lang.Printer, post watch.Post) []fact {
	out := []fact{}
	for _, one := range []struct {
		key   string
		until time.Time
	}{
		{"certificate", post.Trust.Certificate},
		{"device", post.Trust.Device},
		{"alone", post.Trust.AloneUntil},
	} {
		out = append(out, fact{Label: p.T("operate.fact." + one.key), Text: s.untilWords(p, one.until)})
	}
	return out
}

// untilWords says until when something holds, and how long that is.
func (s *Screens) untilWords(p lang.Printer, until time.Time) string {
	left := until.Sub(s.console.Now())
	switch day := p.Date(consular.DateOf(until.In(s.zone))); {
	case until.IsZero():
		return p.T("operate.unknown")
	case left < 0:
		return p.T("operate.until.over", "day", day)
	default:
		return p.T("operate.until.left", "day", day, "span", p.Span(left))
	}
}
