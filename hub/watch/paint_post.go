package watch

import (
	"time"

	"jaliya/hub/ledger"
	"jaliya/internal/consular"
	"jaliya/internal/wire"
)

// known is what the ledger and intake know, by post.
type known struct {
	posts    map[consular.PostID]ledger.Post
	nodes    map[wire.NodeID]ledger.Node
	observed map[consular.PostID]ledger.Observation
	live     map[consular.PostID]ledger.Observation // of this member
	said     map[consular.PostID]ledger.Described
}

// know reads it. Of two machines of a post the active one counts.
func (w *Watcher) know() (k known, err error) {
	posts, err := w.cfg.State.Posts()
	if err != nil {
		return k, err
	}
	nodes, err := w.cfg.State.Nodes()
	if err != nil {
		return k, err
	}
	observed, err := w.cfg.State.Observations()
	if err != nil {
		return k, err
	}
	said, err := w.cfg.State.Descriptions()
	if err != nil {
		return k, err
	}
	k = known{
		posts: by(posts, func(p ledger.Post) consular.PostID { return p.ID }),
		nodes: by(nodes, func(n ledger.Node) wire.NodeID { return n.ID }),
		said:  by(said, func(d ledger.Described) consular.PostID { return d.Post }),
	}
	k.observed, k.live = k.active(observed), k.active(w.cfg.Live())
	return k, nil
}

func (k known) active(list []ledger.Observation) map[consular.PostID]ledger.Observation {
	found := map[consular.PostID]ledger.Observation{}
	for _, o := range list {
		if k.posts[o.Post].Active == o.Node {
			found[o.Post] = o
		}
	}
	return found
}

func by[K comparable, V any](list []V, key func(V) K) map[K]V {
	m := make(map[K]V, len(list))
	for _, v := range list {
		m[key(v)] = v
	}
	return m
}

func (w *Watcher) paintPosts(now time.Time) ([]Post, error) {
	k, err := w.know()
	if err != nil {
		return nil, err
	}
	list := make([]Post, 0, len(w.posts))
	for _, place := range w.posts {
		hours, err := w.hours(place, k.said[place.ID])
		if err != nil {
			return nil, err
		}
		list = append(list, w.paintPost(place.ID, k, hours, now))
	}
	return list, nil
}

// hours gives the schedule of a post, made anew only when its description is
// another; mu is held.
func (w *Watcher) hours(place consular.Post, d ledger.Described) (Schedule, error) {
	if held, known := w.schedule[place.ID]; known && held.of == d.Changed {
		return held.Schedule, nil
	}
	s, err := NewSchedule(place, d)
	if err == nil {
		w.schedule[place.ID] = scheduled{of: d.Changed, Schedule: s}
	}
	return s, err
}

func (w *Watcher) paintPost(id consular.PostID, k known, hours Schedule, now time.Time) Post {
	p := Post{
		ID: id, Telephone: k.said[id].Telephone, OpenNow: hours.Open(now),
		Refused: w.held.unsettled[id].Count, Open: w.held.standing.Serving[id], Pickup: w.held.standing.Waiting[id],
	}
	p.OpensAt, p.ClosesAt = hours.Next(now)
	held, joined := k.posts[id]
	if !joined {
		p.Standing = NotJoined
		return p
	}
	node := k.nodes[held.Active]
	p.Node = held.Active.String()
	observed := k.observed[id]
	observed.Heard = past(observed.Heard, now)
	o, live := newest(k.live[id], observed)
	p.Heard = timeOf(max(o.Heard, past(node.Seen, now), past(node.SessionAt, now)))
	if o.Session != 0 && (live || now.Sub(timeOf(o.Heard)) < heardFor) {
		p.Session = timeOf(o.Session)
	}
	since := p.Heard
	if since.IsZero() {
		since = timeOf(node.Joined)
	}
	p.Standing = standing(link{
		connected: !p.Session.IsZero(), fenced: node.Fenced, since: since, limit: time.Duration(w.cfg.Limits.Silent),
	}, hours, now)
	w.figures(&p, o)
	return p
}

// newest takes what this member hears over what the ledger holds, unless another
// member heard the post later.
func newest(live, held ledger.Observation) (o ledger.Observation, here bool) {
	if live.Heard == 0 || live.Session == 0 && held.Heard > live.Heard {
		return held, false
	}
	if live.Told == 0 && held.Node == live.Node {
		live.Told, live.Report = held.Told, held.Report
	}
	return live, live.Session != 0
}

// past gives a time that has been, in milliseconds, and 0 for one to come: it was
// said by a clock that ran ahead, and a post is not heard because of it.
func past(millis int64, now time.Time) int64 {
	if millis > now.Add(apart).UnixMilli() {
		return 0
	}
	return millis
}

// apart is by how much the clocks of members may differ.
const apart = time.Minute

// link is what a post's standing is judged by.
type link struct {
	connected, fenced bool
	since             time.Time // last heard
	limit             time.Duration
}

func standing(l link, hours Schedule, now time.Time) Standing {
	switch {
	case l.fenced:
		return Fenced
	case l.connected:
		return Connected
	case hours.OpenFor(l.since, now, l.limit):
		return Silent
	case hours.Open(now):
		return Alone
	}
	return Resting
}

// figures fills in what the node told of itself, times by the hub's clock.
func (w *Watcher) figures(p *Post, o ledger.Observation) {
	p.Address, p.RTT, p.Offset = o.Address, millis(o.RTT), millis(o.Offset)
	if o.Told == 0 {
		return
	}
	r := o.Report
	hub := func(ms int64) time.Time { // a time of the node's clock
		if ms == 0 {
			return time.Time{}
		}
		return time.UnixMilli(ms - o.Offset)
	}
	p.Told, p.Started, p.Transport, p.Version = timeOf(o.Told), hub(r.Started), r.Transport, r.Software
	p.Backlog = Backlog{
		Entries: whole(r.Entries), Bytes: bytesOf(r.Bytes), Images: whole(r.Images), ImageB: bytesOf(r.ImageBytes),
		Oldest: hub(r.Oldest), Drafts: whole(r.Drafts),
	}
	p.Disk = Disk{Free: bytesOf(r.Free), Total: bytesOf(r.Total), PerDay: w.rates[p.ID], Mirror: r.Mirror.String()}
	p.Disk.FullIn = fullIn(p.Disk, w.cfg.Limits.Reserve.Bytes())
	p.Trust = Trust{Certificate: timeOf(r.Working), Device: timeOf(r.Device)}
	p.Trust.AloneUntil = p.Told.Add(time.Duration(r.Alone) * 24 * time.Hour)
}
