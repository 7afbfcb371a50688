package console

import (
	"math"
	"time"

	"jaliya/hub/watch"
	"jaliya/internal/atlas"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/lang"
	"jaliya/internal/web"
)

// chart is where each post stands on the maps, computed once.
type chart struct {
	world, europe atlas.View
	far, near     []consular.PostID // on the world's view and on Europe's
	farAt, nearAt []atlas.Dot
}

// placed are the posts of one view.
type placed struct {
	view  atlas.View
	posts []consular.PostID
	at    []atlas.Dot
}

// newChart places the posts of a directory: those that the view of Europe holds
// are shown there alone, where they can be told from each other.
func newChart(posts []consular.Post) chart {
	c := chart{world: atlas.World(), europe: atlas.Europe()}
	var far, near []atlas.Point
	for _, post := range posts {
		at := atlas.Point{Lat: post.Lat, Lon: post.Lon}
		if c.europe.Holds(post.Lat, post.Lon) {
			c.near, near = append(c.near, post.ID), append(near, at)
			continue
		}
		c.far, far = append(c.far, post.ID), append(far, at)
	}
	c.farAt, c.nearAt = c.world.Spread(far), c.europe.Spread(near)
	return c
}

// zonesOf loads the time zones of posts, so that a missing one stops the start.
func zonesOf(posts []consular.Post) (map[consular.PostID]*time.Location, error) {
	out := make(map[consular.PostID]*time.Location, len(posts))
	for _, post := range posts {
		at, err := time.LoadLocation(post.TimeZone)
		if err != nil {
			return nil, fault.New(fault.Internal, "console: load zone", post.TimeZone, err)
		}
		out[post.ID] = at
	}
	return out, nil
}

// markOf gives the shape of a standing.
func markOf(s watch.Standing) string {
	switch s {
	case watch.Connected:
		return web.MarkGood
	case watch.Resting:
		return web.MarkRest
	case watch.Alone:
		return web.MarkHalf
	case watch.Silent:
		return web.MarkAlarm
	case watch.Fenced:
		return web.MarkStop
	case watch.NotJoined:
		return web.MarkNone
	default:
		return web.MarkNone
	}
}

// standings lists them from calm to grave.
func standings() []watch.Standing {
	return []watch.Standing{watch.Connected, watch.Resting, watch.Alone, watch.Silent, watch.Fenced, watch.NotJoined}
}

func standingWords(p lang.Printer, s watch.Standing) string {
	return p.T("operate.standing." + standingName(s))
}

// bigBacklog is how many entries make the largest dot.
const bigBacklog = 2000

// dotSize gives the radius for a backlog: half of the room for none, and more in
// steps of tens.
func dotSize(v atlas.View, entries int) float64 {
	share := min(math.Log10(float64(1+max(entries, 0)))/math.Log10(1+bigBacklog), 1)
	return math.Round(v.Radius*(0.55+0.45*share)*10) / 10
}

// worldMap is the map of all posts.
func (s *Screens) worldMap(p lang.Printer, picture watch.Picture) web.Map {
	posts := make(map[consular.PostID]watch.Post, len(picture.Posts))
	count := make(map[watch.Standing]int, len(standings()))
	for _, one := range picture.Posts {
		posts[one.ID] = one
		count[one.Standing]++
	}
	c := s.chart
	m := web.Map{Title: p.T("operate.map.title"), Table: "#posts", Skip: p.T("operate.map.skip")}
	world := s.mapView(p, placed{c.world, c.far, c.farAt}, posts)
	world.Title = p.T("operate.map.world", "number", len(c.far))
	world.Frame = web.FrameOf(c.world, c.europe, "#map-"+c.europe.Name, p.T("operate.map.frame", "number", len(c.near)))
	europe := s.mapView(p, placed{c.europe, c.near, c.nearAt}, posts)
	europe.Title = p.T("operate.map.europe", "number", len(c.near))
	m.Views = []web.MapView{world, europe}
	for _, standing := range standings() {
		m.Legend = append(m.Legend, web.MapMark{
			Mark: markOf(standing), Text: p.T("operate.map.legend", "what", standingWords(p, standing), "number", count[standing]),
		})
	}
	return m
}

func (s *Screens) mapView(p lang.Printer, on placed, posts map[consular.PostID]watch.Post) web.MapView {
	view := on.view
	v := web.MapView{View: view}
	for i, id := range on.posts {
		post, known := posts[id]
		if !known {
			continue
		}
		d := web.MapDot{
			Dot: on.at[i], Href: "/operate/posts/" + string(id), Mark: markOf(post.Standing), Size: dotSize(view, post.Backlog.Entries),
			Label: p.T("operate.map.dot", "post", s.postName(p, id), "standing", standingWords(p, post.Standing), "backlog", s.backlogWords(p, post)),
		}
		if post.Standing == watch.Silent || post.Standing == watch.Fenced {
			d.Name = s.city(id)
		}
		v.Dots = append(v.Dots, d)
	}
	return v
}

// city names a post as a label on the map does.
func (s *Screens) city(id consular.PostID) string {
	post, err := s.console.Directory.Lookup(id)
	if err != nil {
		return string(id)
	}
	return post.City
}

// backlogWords says what a post holds that is not secured.
func (s *Screens) backlogWords(p lang.Printer, post watch.Post) string {
	b := post.Backlog
	switch {
	case post.Standing == watch.NotJoined:
		return p.T("operate.backlog.no_machine")
	case b.Entries == 0 && b.Images == 0:
		return p.T("operate.backlog.none")
	case b.Oldest.IsZero():
		return p.T("operate.backlog.entries", "count", b.Entries)
	default:
		return p.T("operate.backlog.since", "count", b.Entries, "span", p.Span(s.console.Now().Sub(b.Oldest)))
	}
}
