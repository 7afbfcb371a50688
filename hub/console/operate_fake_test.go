package console_test

import (
	"context"
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub/console"
	"jaliya/hub/watch"
	"jaliya/internal/consular"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// switched is what a world's operators see: the true watcher, or a made-up
// picture of a morning on which much is wrong at once.
type switched struct {
	mu    sync.Mutex // guards inner
	inner console.Watch
}

func (s *switched) to(w console.Watch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inner = w
}

func (s *switched) now() console.Watch {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.inner
}

func (s *switched) Picture(ctx context.Context) (watch.Picture, error) { return s.now().Picture(ctx) }

func (s *switched) History(post consular.PostID, hours int) ([]watch.Point, error) {
	return s.now().History(post, hours)
}

func (s *switched) Stuck(n int) ([]watch.Stuck, error) { return s.now().Stuck(n) }

func (s *switched) RefusedEntries(n int) ([]watch.Refused, error) { return s.now().RefusedEntries(n) }

// morning is a network at one moment, as a test wants it.
type morning struct {
	mu      sync.Mutex // guards the four below
	picture watch.Picture
	history []watch.Point
	stuck   []watch.Stuck
	refused []watch.Refused
}

func (m *morning) Picture(context.Context) (watch.Picture, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.picture, nil
}

func (m *morning) History(_ consular.PostID, hours int) ([]watch.Point, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.history[:min(hours, len(m.history))], nil
}

func (m *morning) Stuck(n int) ([]watch.Stuck, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.stuck[:min(n, len(m.stuck))], nil
}

func (m *morning) RefusedEntries(n int) ([]watch.Refused, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.refused[:min(n, len(m.refused))], nil
}

// newMorning gives all posts of the directory: most are connected, Lyon is silent
// with a backlog, others rest or are alone, one is fenced off, one has no machine.
func newMorning(tb testing.TB, now time.Time) *morning {
	tb.Helper()
	directory, err := consular.BuiltInDirectory()
	require.NoError(tb, err)
	m := &morning{}
	p := watch.Picture{At: now, Log: 418_233}
	for i, one := range directory.All() {
		post := watch.Post{
			ID: one.ID, Node: fmt.Sprintf("%032x", i+7), Standing: watch.Connected, Heard: now.Add(-time.Duration(i%5) * time.Second),
			Session: now.Add(-26 * time.Hour), Told: now.Add(-30 * time.Second), Transport: "quic", Address: "198.51.100.7",
			RTT: time.Duration(18+i*3) * time.Millisecond, Version: "1.4.2", Started: now.Add(-9 * 24 * time.Hour),
			Offset: time.Duration(i*40) * time.Millisecond, OpenNow: true, ClosesAt: now.Add(4 * time.Hour), Telephone: "+33472000000",
			Disk:    watch.Disk{Free: 310e9, Total: 480e9, PerDay: 2e8, FullIn: -1, Mirror: "good"},
			Trust:   watch.Trust{Certificate: now.Add(6 * 24 * time.Hour), Device: now.Add(200 * 24 * time.Hour), AloneUntil: now.Add(45 * 24 * time.Hour)},
			Backlog: watch.Backlog{Drafts: i % 3}, Open: 40 + i, Pickup: 12,
		}
		if i%9 == 4 {
			post.Backlog = watch.Backlog{Entries: 3 + i, Bytes: int64(3+i) * 20e3, Images: 2, ImageB: 3e6, Oldest: now.Add(-time.Duration(i) * time.Minute)}
		}
		if one.Lon < -20 || one.Lon > 100 {
			post.Standing, post.Session, post.OpenNow, post.OpensAt = watch.Resting, time.Time{}, false, now.Add(5*time.Hour)
			post.Heard = now.Add(-8 * time.Hour)
		}
		p.Posts = append(p.Posts, post)
	}
	set := func(id consular.PostID, f func(*watch.Post)) {
		for i := range p.Posts {
			if p.Posts[i].ID == id {
				f(&p.Posts[i])
			}
		}
	}
	set("FR-LYO", func(o *watch.Post) {
		o.Standing, o.Heard, o.Session = watch.Silent, now.Add(-3*time.Hour), time.Time{}
		o.Backlog = watch.Backlog{Entries: 214, Bytes: 6e6, Images: 38, ImageB: 71e6, Oldest: now.Add(-3 * time.Hour), Drafts: 4}
		o.Refused = 1
	})
	set("IT-BLQ", func(o *watch.Post) {
		o.Standing, o.Heard, o.Session = watch.Alone, now.Add(-4*time.Minute), time.Time{}
	})
	set("SN-DKR", func(o *watch.Post) {
		o.Standing, o.Session, o.Disk.FullIn, o.Disk.Free = watch.Fenced, time.Time{}, 6, 9e9
	})
	set("NO-OSL", func(o *watch.Post) {
		*o = watch.Post{ID: o.ID, Standing: watch.NotJoined, Disk: watch.Disk{FullIn: -1}}
	})
	p.Needs = []watch.Need{
		{Key: "post-silent/FR-LYO", Kind: watch.NeedSilent, Urgency: watch.Now, Post: "FR-LYO", Since: now.Add(-3 * time.Hour), Count: 1, Telephone: "+33472000000"},
		{Key: "history-fork/SN-DKR", Kind: watch.NeedFenced, Urgency: watch.Now, Post: "SN-DKR", Since: now.Add(-50 * time.Minute), Count: 1, Taken: watch.Taken{By: "H00042", Name: "Karim Alaoui", At: now.Add(-20 * time.Minute), Note: "Développeurs prévenus, ne pas toucher à la machine."}},
		{Key: "order-stuck/produce", Kind: watch.NeedDead, Urgency: watch.Today, Subject: "produce", Since: now.Add(-5 * time.Hour), Count: 2},
		{Key: "request-breach/cnie", Kind: watch.NeedBreach, Urgency: watch.Today, Subject: "cnie", Since: now.Add(-4 * time.Hour), Due: now.Add(6 * time.Hour), Count: 13},
		{Key: "entry-refused/FR-LYO", Kind: watch.NeedRefused, Urgency: watch.Today, Post: "FR-LYO", Since: now.Add(-90 * time.Minute), Count: 1},
		{Key: "pouch-late/P-0001", Kind: watch.NeedPouch, Urgency: watch.Today, Post: "IT-BLQ", Subject: "P-0001", Since: now.Add(-26 * time.Hour), Due: now.Add(4 * time.Hour), Count: 1},
		{Key: "disk-filling/SN-DKR", Kind: watch.NeedDisk, Urgency: watch.Soon, Post: "SN-DKR", Since: now.Add(-30 * time.Hour), Count: 1, Days: 6},
		{Key: "certificate-ends/hub-member-rabat-1", Kind: watch.NeedCertificate, Urgency: watch.Soon, Subject: "member rabat-1", Count: 1, Days: 5},
	}
	p.Since = []watch.Change{
		{Name: "released", Now: 812, Before: 797},
		{Name: "secured", Now: 6204, Before: 6391},
		{Name: "issued", Now: 140, Before: 140},
		{Name: "handed_over", Now: 655, Before: 702},
		{Name: "refused", Now: 3, Before: 0},
	}
	for _, s := range []workflow.State{workflow.Replicated, workflow.Verifying, workflow.Returned, workflow.Routed, workflow.InProduction, workflow.Produced, workflow.InTransit, workflow.Ready} {
		p.Stages = append(p.Stages, watch.Stage{
			Kind: uint8(workflow.KindCNIE), State: uint8(s), Name: s.String(), Count: int(s) * 31, Oldest: now.Add(-time.Duration(s) * 9 * time.Hour),
			P50: time.Duration(s) * time.Hour, P95: time.Duration(s) * 7 * time.Hour, Breaching: int(s) % 4 * 9, Today: int(s) % 3,
		})
	}
	p.Stages = append(p.Stages,
		watch.Stage{Kind: uint8(workflow.KindPouch), State: uint8(workflow.PouchInTransit), Name: workflow.PouchInTransit.String(), Count: 9, Oldest: now.Add(-70 * time.Hour), P50: 30 * time.Hour, P95: 60 * time.Hour, Breaching: 1},
		watch.Stage{Kind: uint8(workflow.KindRecord), State: uint8(workflow.WithIssuer), Name: workflow.WithIssuer.String(), Count: 120, Oldest: now.Add(-9 * 24 * time.Hour), P50: 40 * time.Hour, P95: 150 * time.Hour, Today: 4})
	p.Hub = watch.Hub{
		Leader: "rabat-1", Leaderless: 40 * time.Second,
		Members: []watch.Member{
			{Name: "rabat-1", Leading: true, Voter: true, Applied: p.Log, Disk: watch.Disk{Free: 800e9, Total: 2e12, FullIn: -1}, Heard: now},
			{Name: "rabat-2", Voter: true, Applied: p.Log - 12, Disk: watch.Disk{Free: 810e9, Total: 2e12, FullIn: -1}, Heard: now.Add(-2 * time.Second)},
			{Name: "casablanca-1", Voter: true, Applied: p.Log - 9021, Disk: watch.Disk{Free: 120e9, Total: 2e12, FullIn: 30}, Heard: now.Add(-11 * time.Minute)},
		},
		Orders: []watch.OrderLine{
			{Kind: "verify", Open: 62, Oldest: now.Add(-20 * time.Hour)},
			{Kind: "produce", Open: 14, Failed: 4, Dead: 2, Oldest: now.Add(-30 * time.Hour)},
			{Kind: "notify", Open: 3, Failed: 1, Oldest: now.Add(-time.Hour)},
		},
		Certificate: []watch.Expiry{{Subject: "authority node", Until: now.Add(21 * 24 * time.Hour)}, {Subject: "member rabat-1", Until: now.Add(5 * 24 * time.Hour)}},
	}
	m.picture = p
	m.stuck = []watch.Stuck{
		{Order: 1204, Kind: "produce", Reference: reference(tb, 1), Post: "FR-LYO", Attempts: 9, Since: now.Add(-30 * time.Hour), Next: now.Add(50 * time.Minute), Reason: "unavailable", Late: true},
		{Order: 1377, Kind: "notify", Reference: reference(tb, 2), Post: "ES-MAD", Attempts: 3, Since: now.Add(-time.Hour), Reason: "too large"},
	}
	m.refused = []watch.Refused{
		{Number: 17, Post: "FR-LYO", Node: wire.NodeID{7}, Position: wire.Position{Node: wire.NodeID{7}, Incarnation: 1, Seq: 4410}, Reference: reference(tb, 3), Reason: "duplicate-record", At: now.Add(-90 * time.Minute)},
		{Number: 12, Post: "ES-MAD", Node: wire.NodeID{8}, Position: wire.Position{Node: wire.NodeID{8}, Incarnation: 1, Seq: 99}, Reason: "field", At: now.Add(-50 * time.Hour), Settled: true, Note: "Saisi de nouveau le lendemain."},
	}
	for h := range 14 * 24 {
		hour := now.Truncate(time.Hour).Add(-time.Duration(14*24-1-h) * time.Hour)
		if h > 100 && h < 108 {
			continue // the post was off
		}
		day := math.Sin(float64(hour.Hour()-7) / 10 * math.Pi)
		entries := int(max(day, 0) * 40)
		if h > 14*24-4 {
			entries += (h - 14*24 + 4) * 70
		}
		up := 60
		if h > 14*24-4 || h%50 == 9 {
			up = 10
		}
		m.history = append(m.history, watch.Point{
			Hour: hour, Entries: entries, Bytes: int64(entries) * 30e3, Age: time.Duration(entries) * time.Minute, Up: up, Secured: int(max(day, 0) * 90),
			Free: int64(480e9 - float64(h)*2e8), Offset: time.Duration(h) * 4 * time.Millisecond,
		})
	}
	return m
}

// reference gives the n-th of a row of references.
func reference(tb testing.TB, n byte) consular.Reference {
	tb.Helper()
	ref, err := consular.NewReference(counted(n))
	require.NoError(tb, err)
	return ref
}

type counted byte

func (c counted) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(c) + byte(i)
	}
	return len(p), nil
}
