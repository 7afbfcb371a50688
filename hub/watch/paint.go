package watch

import (
	"hash/fnv"
	"math"
	"slices"
	"time"

	"jaliya/hub/ledger"
	"jaliya/internal/consular"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// heavy are the facts that read an index of all open cases. They are read anew
// when they are older than heavyFor and the state has moved on.
type heavy struct {
	at        time.Time
	log       uint64
	standing  ledger.Standing
	stages    []Stage
	late      map[workflow.Kind]Lateness
	pouches   []LatePouch
	orders    []OrderLine
	figures   []Change
	without   time.Duration // a leader, of the last 24 hours
	unsettled map[consular.PostID]ledger.Unsettled
}

const (
	heavyFor = 10 * time.Second
	// ratesFor is how long what is known of filling disks holds.
	ratesFor = 10 * time.Minute
	// heardFor is how old the word of another member may be for a post to count as
	// connected: it is noted once a minute.
	heardFor = 150 * time.Second
)

// paint makes the picture; mu is held.
func (w *Watcher) paint(now time.Time) (Picture, error) {
	log, _ := w.cfg.State.Watch()
	if err := w.refresh(now, log); err != nil {
		return Picture{}, err
	}
	p := Picture{At: now, Log: log, Stages: w.held.stages, Since: w.held.figures}
	if err := w.rate(now); err != nil {
		return Picture{}, err
	}
	var err error
	if p.Posts, err = w.paintPosts(now); err != nil {
		return Picture{}, err
	}
	p.Hub.Members, p.Hub.Leader = w.cfg.Members()
	for i := range p.Hub.Members {
		d := &p.Hub.Members[i].Disk
		d.FullIn = fullIn(*d, w.cfg.Limits.Reserve.Bytes())
	}
	p.Hub.Orders, p.Hub.Leaderless = w.held.orders, w.held.without
	if w.cfg.Certificates != nil {
		p.Hub.Certificate = w.cfg.Certificates()
		slices.SortFunc(p.Hub.Certificate, func(a, b Expiry) int { return a.Until.Compare(b.Until) })
	}
	if w.marks, err = w.readMarks(); err != nil {
		return Picture{}, err
	}
	p.Needs = Rank(w.facts(p))
	return p, nil
}

// facts gives what the needs of a picture are worked out from.
func (w *Watcher) facts(p Picture) Facts {
	refused := map[consular.PostID]time.Time{}
	for post, u := range w.held.unsettled {
		refused[post] = time.UnixMilli(u.Oldest)
	}
	return Facts{
		Now: p.At, Limits: w.cfg.Limits, Hub: p.Hub, Posts: p.Posts, Stages: p.Stages, Late: w.held.late,
		Pouches: w.held.pouches, Refused: refused, Version: w.cfg.Version, Marks: w.marks, Name: w.cfg.Name,
	}
}

func (w *Watcher) readMarks() (map[string]ledger.Need, error) {
	list, err := w.cfg.State.Needs()
	if err != nil {
		return nil, err
	}
	marks := make(map[string]ledger.Need, len(list))
	for _, n := range list {
		marks[n.Key] = n
	}
	return marks, nil
}

// refresh reads the heavy facts; mu is held.
func (w *Watcher) refresh(now time.Time, log uint64) error {
	if age := now.Sub(w.held.at); !w.held.at.IsZero() && age >= 0 && age < heavyFor || w.held.log == log && now.Sub(w.held.at) < observeEvery {
		return nil
	}
	h := heavy{at: now, log: log, late: make(map[workflow.Kind]Lateness)}
	year, month, day := now.In(w.home).Date()
	midnight := time.Date(year, month, day+1, 0, 0, 0, 0, w.home)
	var err error
	if h.standing, err = w.cfg.State.Standing(midnight.UnixMilli()); err != nil {
		return err
	}
	h.readStages(now)
	pouches, err := w.cfg.State.LateCases(workflow.KindPouch, latePouches)
	if err != nil {
		return err
	}
	for _, c := range pouches {
		h.pouches = append(h.pouches, LatePouch{Label: c.Reference, Post: c.Flow.Pickup, Since: time.UnixMilli(c.Late)})
	}
	backlogs, err := w.cfg.State.Backlogs()
	if err != nil {
		return err
	}
	for _, b := range backlogs {
		h.orders = append(h.orders, w.orderLine(b))
	}
	if h.unsettled, err = w.cfg.State.Unsettled(); err != nil {
		return err
	}
	if err := h.readFigures(w.cfg.State, now); err != nil {
		return err
	}
	w.held = h
	return nil
}

// latePouches bounds how many late pouches are named one by one.
const latePouches = 100

func (w *Watcher) orderLine(b ledger.Backlog) OrderLine {
	l := OrderLine{Kind: workflow.Order(b.Kind).String(), Open: b.Open, Failed: len(b.Failed), Oldest: timeOf(b.Oldest)}
	for _, o := range b.Failed {
		if int(o.Failed) >= w.cfg.Limits.StuckAfter {
			l.Dead++
		}
	}
	return l
}

// readStages turns the moments at which cases came into states into counts and
// ages.
func (h *heavy) readStages(now time.Time) {
	for _, s := range h.standing.Stages {
		if len(s.Entered) == 0 {
			continue
		}
		line := Stage{
			Kind: s.Kind, State: s.State, Name: workflow.State(s.State).String(), Count: len(s.Entered),
			Oldest: time.UnixMilli(s.Entered[0]), Breaching: s.Breaching, Today: s.Today,
			P50: age(now, s.Entered, 0.50), P95: age(now, s.Entered, 0.95),
		}
		h.stages = append(h.stages, line)
		l := h.late[workflow.Kind(s.Kind)]
		l.Since, l.Due = earlier(l.Since, timeOf(s.Since)), earlier(l.Due, timeOf(s.First))
		h.late[workflow.Kind(s.Kind)] = l
	}
	order := map[[2]uint8]int{}
	for _, kind := range []workflow.Kind{workflow.KindCNIE, workflow.KindRecord, workflow.KindPouch} {
		for i, row := range workflow.For(kind).States {
			order[[2]uint8{uint8(kind), uint8(row.State)}] = i + int(kind)*256
		}
	}
	slices.SortStableFunc(h.stages, func(a, b Stage) int {
		return order[[2]uint8{a.Kind, a.State}] - order[[2]uint8{b.Kind, b.State}]
	})
}

// age gives the time that a share of cases has been in a state at most. entered
// is sorted, oldest first.
func age(now time.Time, entered []int64, share float64) time.Duration {
	at := int(math.Ceil(share*float64(len(entered)))) - 1
	return max(now.Sub(time.UnixMilli(entered[len(entered)-1-max(at, 0)])), 0)
}

// readFigures compares the last 24 hours with the 24 before, by whole hours.
func (h *heavy) readFigures(s State, now time.Time) error {
	const day = 24
	hour := ledger.HourOf(now.UnixMilli())
	last, err := s.Figures(hour-day+1, hour)
	if err != nil {
		return err
	}
	before, err := s.Figures(hour-2*day+1, hour-day)
	if err != nil {
		return err
	}
	observed, err := s.Observed()
	if err != nil {
		return err
	}
	h.without = millis(last.Leaderless)
	if gap := now.Sub(time.UnixMilli(observed)); observed != 0 && gap > 2*observeEvery {
		h.without += gap - observeEvery
	}
	h.figures = []Change{
		{Name: "opened", Now: whole(last.Opened), Before: whole(before.Opened)},
		{Name: "released", Now: whole(last.Released), Before: whole(before.Released)},
		{Name: "secured", Now: whole(last.Secured), Before: whole(before.Secured)},
		{Name: "issued", Now: whole(last.Issued), Before: whole(before.Issued)},
		{Name: "handed_over", Now: whole(last.HandedOver), Before: whole(before.HandedOver)},
		{Name: "rejected", Now: whole(last.Rejected), Before: whole(before.Rejected)},
		{Name: "refused", Now: whole(last.Refused), Before: whole(before.Refused)},
	}
	return nil
}

// rate learns from the hours how fast disks fill; mu is held.
func (w *Watcher) rate(now time.Time) error {
	if age := now.Sub(w.ratedAt); !w.ratedAt.IsZero() && age >= 0 && age < ratesFor {
		return nil
	}
	hour := ledger.HourOf(now.UnixMilli())
	for _, p := range w.posts {
		hours, err := w.cfg.State.Hours(p.ID, hour-forecastDays*24, hour)
		if err != nil {
			return err
		}
		w.rates[p.ID] = forecast(hours)
	}
	w.ratedAt = now
	return nil
}

// fingerprint is what is worth a repaint: everything but figures that move by
// themselves from second to second.
func fingerprint(p Picture) uint64 {
	h := fnv.New64a()
	calm := p
	calm.At, calm.Log = time.Time{}, 0
	calm.Posts = slices.Clone(p.Posts)
	for i := range calm.Posts {
		post := &calm.Posts[i]
		post.Heard = post.Heard.Truncate(observeEvery)
		post.Told, post.RTT = time.Time{}, post.RTT.Round(50*time.Millisecond)
		post.Offset = post.Offset.Round(time.Second)
		post.Disk.Free = post.Disk.Free >> 26
	}
	calm.Hub.Members = slices.Clone(p.Hub.Members)
	for i := range calm.Hub.Members {
		m := &calm.Hub.Members[i]
		m.Applied, m.Heard, m.Disk.Free = 0, time.Time{}, m.Disk.Free>>26
	}
	calm.Stages = slices.Clone(p.Stages)
	for i := range calm.Stages {
		s := &calm.Stages[i]
		s.P50, s.P95 = s.P50.Truncate(observeEvery), s.P95.Truncate(observeEvery)
	}
	_, _ = h.Write(wire.Marshal(calm)) // a hash takes everything
	return h.Sum64()
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func timeOf(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}

func millis(ms int64) time.Duration { return time.Duration(ms) * time.Millisecond }

func whole(n uint64) int { return int(min(n, math.MaxInt32)) }

func bytesOf(n uint64) int64 { return int64(min(n, math.MaxInt64)) }

// memberSubject begins the subject of a member's own certificate.
const memberSubject = "member"
