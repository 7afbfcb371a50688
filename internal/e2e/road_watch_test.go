package e2e

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub/ledger"
	"jaliya/hub/watch"
	"jaliya/internal/consular"
	"jaliya/internal/wire"
)

// watched is an office with somebody who watches.
type watched struct {
	*watch.Watcher
	stop func()
}

// watch starts a watcher, as a member that leads has one.
func (o *office) watch() watched {
	o.t.Helper()
	directory, err := consular.BuiltInDirectory()
	require.NoError(o.t, err)
	w, err := watch.New(watch.Config{
		State: o, Live: o.intake.Live, Leading: func() bool { return true }, Directory: directory,
		Members: func() ([]watch.Member, string) { return []watch.Member{{Name: "hub-1", Leading: true}}, "hub-1" },
		Commit: func(ctx context.Context, c ledger.Command) error {
			raw, err := ledger.Encode(c)
			if err != nil {
				return err
			}
			answer, _, err := o.Propose(ctx, raw)
			if err != nil {
				return err
			}
			r, ok := answer.(ledger.Result)
			require.True(o.t, ok)
			return r.Err()
		},
		Version: "v1.4.0", Now: time.Now, Logger: roadLogger(),
	})
	require.NoError(o.t, err)
	ctx, cancel := context.WithCancel(context.WithoutCancel(o.t.Context()))
	var running sync.WaitGroup
	running.Go(func() {
		if err := w.Run(ctx); err != nil {
			o.t.Errorf("watch: %v", err)
		}
	})
	return watched{Watcher: w, stop: sync.OnceFunc(func() { cancel(); running.Wait() })}
}

func (w watched) post(t *testing.T, id consular.PostID) (watch.Post, watch.Picture) {
	t.Helper()
	p, err := w.Picture(t.Context())
	require.NoError(t, err)
	for _, post := range p.Posts {
		if post.ID == id {
			return post, p
		}
	}
	require.FailNow(t, "post is not in the picture")
	return watch.Post{}, p
}

func needs(p watch.Picture, kind watch.NeedKind) (found []watch.Need) {
	for _, n := range p.Needs {
		if n.Kind == kind {
			found = append(found, n)
		}
	}
	return found
}

// nodeReport is what the outpost says of itself, at its own clock.
func nodeReport(p *outpost) func() (wire.Report, error) {
	return func() (wire.Report, error) {
		waits, err := p.journal.Outstanding()
		now := time.Now().Add(p.skew).UnixMilli()
		return wire.Report{
			Time: now, Software: "v1.3.9", Started: now - 1000, Transport: "quic",
			Entries: waits.Entries, Bytes: waits.Bytes, Oldest: waits.Oldest, Images: waits.Images, ImageBytes: waits.ImageB,
			Free: 50 << 30, Total: 100 << 30, Used: 1 << 30, Mirror: wire.MirrorFailed,
			Working: now + 7*24*3600_000, Device: now + 300*24*3600_000, Alone: 45,
		}, err
	}
}

func morning(day, hour, minute int) time.Time { // of January 2000, in Lyon
	return time.Date(2000, 1, day, hour-1, minute, 0, 0, time.UTC)
}

// TestWatchSilence is one weekend and a Monday of a post: what it says of itself
// is seen at once, a cut line over the weekend is nobody's need, in its hours it
// is one, it ends by itself, and all of it survives a restart of who watches.
func TestWatchSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, roadRTT)
		p := o.outpost(1)
		p.skew = 5 * time.Minute
		p.report = nodeReport(p)
		p.start()
		w := o.watch()
		lyon := p.kit.Identity.Post
		require.EqualValues(t, "FR-LYO", lyon)

		wait(3 * time.Minute)
		post, picture := w.post(t, lyon)
		require.Len(t, picture.Posts, 71)
		require.Equal(t, watch.Connected, post.Standing)
		require.Equal(t, "v1.3.9", post.Version)
		require.InDelta(t, p.skew.Seconds(), post.Offset.Seconds(), 0.2)
		require.InDelta(t, roadRTT.Seconds(), post.RTT.Seconds(), 0.02)
		require.EqualValues(t, 50<<30, post.Disk.Free)
		require.False(t, post.OpenNow, "1 January 2000 is a Saturday")
		require.WithinDuration(t, morning(3, 9, 0), post.OpensAt, 0)
		require.Empty(t, needs(picture, watch.NeedSilent))
		for _, want := range []watch.Need{
			{Kind: watch.NeedClock, Urgency: watch.Soon}, {Kind: watch.NeedMirror, Urgency: watch.Today}, {Kind: watch.NeedVersion, Urgency: watch.Soon},
		} {
			found := needs(picture, want.Kind)
			require.Len(t, found, 1, want.Kind)
			require.Equal(t, want.Urgency, found[0].Urgency, want.Kind)
		}

		o.road.cut(true)
		p.mu.Lock()
		p.lazy = true
		p.mu.Unlock()
		wait(5 * time.Minute)
		post, picture = w.post(t, lyon)
		require.Equal(t, watch.Resting, post.Standing)
		require.Empty(t, needs(picture, watch.NeedSilent))
		mirror := needs(picture, watch.NeedMirror)[0]
		w.stop()

		wait(time.Until(morning(3, 8, 58)))
		w = o.watch() // it knows nothing but what the ledger holds
		wait(3 * time.Minute)
		post, picture = w.post(t, lyon)
		require.Equal(t, watch.Alone, post.Standing, "two minutes after it opened")
		require.Equal(t, mirror.Since, needs(picture, watch.NeedMirror)[0].Since)
		require.Empty(t, needs(picture, watch.NeedSilent))
		require.Positive(t, picture.Hub.Leaderless, "nobody watched for two days")
		wait(15 * time.Minute)
		post, picture = w.post(t, lyon)
		require.Equal(t, watch.Silent, post.Standing)
		silent := needs(picture, watch.NeedSilent)
		require.Len(t, silent, 1)
		require.Equal(t, watch.Now, silent[0].Urgency)
		require.Equal(t, "post-silent/FR-LYO", silent[0].Key)
		require.Equal(t, post.Heard, silent[0].Since)
		wait(2 * time.Minute)
		require.True(t, o.remembers(silent[0].Key))

		changed := w.Changed()
		p.mu.Lock()
		p.lazy = false
		p.mu.Unlock()
		o.road.cut(false)
		wait(time.Minute)
		require.True(t, closed(changed), "a post that comes back is worth a repaint")
		post, picture = w.post(t, lyon)
		require.Equal(t, watch.Connected, post.Standing)
		require.Empty(t, needs(picture, watch.NeedSilent))
		wait(time.Minute)
		require.False(t, o.remembers(silent[0].Key), "a need that ended disappears by itself")

		points, err := w.History(lyon, 60)
		require.NoError(t, err)
		require.Len(t, points, 60)
		require.Positive(t, points[59].Up)
		require.LessOrEqual(t, points[59].Up, 60)
		require.Zero(t, points[40].Up)
		w.stop()
		p.stop()
		o.stop()
	})
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func (o *office) remembers(key string) bool {
	o.t.Helper()
	list, err := o.Needs()
	require.NoError(o.t, err)
	for _, n := range list {
		if n.Key == key && n.Ended == 0 {
			return true
		}
	}
	return false
}

// TestReportsNeedTheirLevel: a hub that does not know the frame is sent none,
// and the session stands; an old node that sends none is heard all the same.
func TestReportsNeedTheirLevel(t *testing.T) {
	for name, story := range map[string]struct {
		level  uint32
		report bool
		told   bool
	}{
		"OldHub":  {level: wire.FeatureReport - 1, report: true},
		"OldNode": {},
		"Both":    {report: true, told: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newOffice(t, roadRTT)
				o.level = story.level
				p := o.outpost(1)
				if story.report {
					p.report = nodeReport(p)
				}
				p.start()
				p.append(3)
				p.secured(10 * time.Second)
				wait(time.Minute)
				live := o.intake.Live()
				require.Len(t, live, 1)
				require.Equal(t, story.told, live[0].Told != 0)
				require.NotZero(t, live[0].Session)
				require.InDelta(t, roadRTT.Milliseconds(), live[0].RTT, 5)
				require.Equal(t, 1, p.dialed(), "the session was never lost")
				p.stop()
				o.stop()
			})
		})
	}
}
