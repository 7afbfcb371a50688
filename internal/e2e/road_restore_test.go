package e2e

import (
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/ship"
	"jaliya/hub/ledger"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

// outpostIn gives an outpost whose journal is in dir.
func (o *office) outpostIn(dir string, host byte) *outpost {
	o.t.Helper()
	p := &outpost{office: o, kit: o.kit, dials: map[string][]time.Time{}}
	var err error
	p.journal, err = journal.Open(dir, p.kit.Options())
	require.NoError(o.t, err)
	o.t.Cleanup(func() { require.NoError(o.t, p.journal.Close()) })
	p.connect(host)
	return p
}

// copyJournal copies a journal that nobody writes to.
func copyJournal(t *testing.T, from string) string {
	t.Helper()
	to := t.TempDir()
	raw, err := os.ReadFile(filepath.Join(from, "journal.db"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(to, "journal.db"), raw, 0o600))
	return to
}

// sound proves journal and ledger, and that all entries of an incarnation are at
// both ends.
func (p *outpost) sound(incarnation, entries uint64) journal.Report {
	p.t.Helper()
	rep, err := p.journal.Check(p.kit.Keys())
	require.NoError(p.t, err)
	cursor, _, err := p.Cursor(p.kit.Identity.Node, incarnation)
	require.NoError(p.t, err)
	require.Equal(p.t, entries, cursor.Seq)
	wanting, err := p.journal.Wanting([]wire.Position{cursor})
	require.NoError(p.t, err)
	require.Empty(p.t, wanting)
	require.NoError(p.t, p.store.View(func(r kv.Reader) error { return ledger.Audit(r).Err() }))
	return rep
}

// An old copy of the journal is put back, without an anchor: the hub tells, the
// node gets its own entries back while it works on, and nothing is lost.
func TestRoadOldBackup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, roadRTT)
		dir := t.TempDir()
		p := o.outpostIn(dir, 1)
		p.start()
		p.append(60)
		p.secured(10 * time.Second)
		p.stop()
		old := copyJournal(t, dir)
		p.start()
		p.append(900)
		p.secured(time.Minute)
		p.stop()

		back := o.outpostIn(old, 2)
		require.EqualValues(t, 60, back.state().Head.Seq)
		back.start()
		inc := p.kit.Incarnation
		back.until(30*time.Second, func(st journal.State) bool { return st.Head.Incarnation != inc })
		back.append(5) // the desk does not wait for what comes back
		back.secured(30 * time.Second)
		back.until(time.Minute, func(journal.State) bool {
			left, err := back.journal.Wanting([]wire.Position{p.state().Head})
			require.NoError(t, err)
			return len(left) == 0
		})
		rep := back.sound(inc, 960)
		require.EqualValues(t, 965, rep.Entries)
		require.Zero(t, rep.Again)
		cursor, _, err := o.Cursor(p.kit.Identity.Node, back.state().Head.Incarnation)
		require.NoError(t, err)
		require.Equal(t, back.state().Head, cursor)
		require.Equal(t, ship.Following.String(), back.ship.Status().Phase)
		require.Nil(t, back.ship.Status().Restore)
		require.Equal(t, 900, back.returned(), "whoever keeps drafts was told of each")
		require.Equal(t, 1, back.dialed(), "all in one session")
		list, err := back.journal.Chapters()
		require.NoError(t, err)
		require.Len(t, list, 2)
		require.Equal(t, journal.WhyRestored, list[1].Why)
		back.stop()
		o.stop()
	})
}

// A restore over a link that is cut goes on where it was, and says how far it is.
func TestRoadRestoreIsResumed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, roadRTT)
		dir := t.TempDir()
		p := o.outpostIn(dir, 1)
		old := copyJournal(t, dir)
		p.start()
		p.append(2000)
		p.secured(time.Minute)
		p.stop()

		o.road.set(func(_, down *way) { down.rate, down.queue = 256_000, 500*time.Millisecond })
		back := o.outpostIn(old, 2)
		back.start()
		before := uint64(0)
		for range 3 {
			back.until(3*time.Minute, func(journal.State) bool {
				st := back.ship.Status().Restore
				return st != nil && st.Back > before+200 && st.Left > 0 // a session that just began knows no speed
			})
			st := back.ship.Status().Restore
			require.EqualValues(t, 2000, st.Of)
			require.Less(t, st.Left, int64(600))
			before = st.Back
			o.road.cut(true)
			back.phase(10*time.Second, ship.Down)
			require.GreaterOrEqual(t, back.ship.Status().Restore.Back, before)
			o.road.cut(false)
			back.phase(30*time.Second, ship.Following)
		}
		back.append(1)
		back.secured(10 * time.Second)
		back.until(10*time.Minute, func(journal.State) bool {
			left, err := back.journal.Wanting([]wire.Position{p.state().Head})
			require.NoError(t, err)
			return len(left) == 0
		})
		rep := back.sound(p.kit.Incarnation, 2000)
		require.EqualValues(t, 2001, rep.Entries)
		require.EqualValues(t, 2, rep.Chapters, "one new incarnation, however often the link went")
		back.stop()
		o.stop()
	})
}

// The anchor told first: the node opened a new incarnation and worked before it
// saw the hub. What it lacks comes back all the same, that of an incarnation that
// it has never heard of too, and what it had sent already is not done twice.
func TestRoadRestoreAfterTheAnchor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, roadRTT)
		dir := t.TempDir()
		p := o.outpostIn(dir, 1)
		p.append(10)
		old := copyJournal(t, dir) // none of them has a receipt
		p.start()
		p.append(20)
		p.secured(30 * time.Second)
		p.stop()
		_, err := p.journal.OpenIncarnation(journal.Opening{Incarnation: 77, Why: journal.WhyAnchor})
		require.NoError(t, err)
		p.start()
		p.append(7)
		p.secured(30 * time.Second)
		p.stop()
		before, err := o.Counts()
		require.NoError(t, err)

		back := o.outpostIn(old, 2)
		_, err = back.journal.OpenIncarnation(journal.Opening{Incarnation: 99, Why: journal.WhyAnchor})
		require.NoError(t, err)
		back.append(3)
		back.start()
		back.secured(30 * time.Second)
		back.until(time.Minute, func(journal.State) bool {
			left, err := back.journal.Wanting([]wire.Position{{Node: p.kit.Identity.Node, Incarnation: p.kit.Incarnation, Seq: 30}, p.state().Head})
			require.NoError(t, err)
			return len(left) == 0
		})
		back.sound(p.kit.Incarnation, 30)
		rep := back.sound(77, 7)
		require.EqualValues(t, 3, rep.Chapters)
		require.EqualValues(t, 10, rep.Again)
		require.EqualValues(t, 30+7+10+3, rep.Entries)
		after, err := o.Counts()
		require.NoError(t, err)
		require.Equal(t, before.Cases+3, after.Cases, "ten came again and moved nothing")
		back.stop()
		o.stop()
	})
}

// Two machines run from one disk: the second takes the session from the first,
// which is told so; as soon as both have written, one of them is fenced, and
// nothing takes the place of anything.
func TestRoadClone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, roadRTT)
		dir := t.TempDir()
		p := o.outpostIn(dir, 1)
		p.start()
		p.append(5)
		p.secured(10 * time.Second)
		p.stop()
		clone := o.outpostIn(copyJournal(t, dir), 2)
		p.start()
		p.phase(10*time.Second, ship.Following)
		clone.start()
		clone.phase(10*time.Second, ship.Following)
		p.phase(10*time.Second, ship.Down)
		require.Equal(t, "stale", p.ship.Status().Reason)
		p.stop()
		clone.append(2)
		clone.secured(10 * time.Second)
		clone.stop()
		p.append(2)
		p.start()
		p.phase(30*time.Second, ship.Quarantined)
		node, err := o.Node(p.kit.Identity.Node)
		require.NoError(t, err)
		require.True(t, node.Fenced)
		cursor, _, err := o.Cursor(p.kit.Identity.Node, p.kit.Incarnation)
		require.NoError(t, err)
		require.Equal(t, clone.state().Head, cursor)
		require.NotEqual(t, p.state().Head, cursor)
		p.stop()
		o.stop()
	})
}
