package desk_test

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/desk"
	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/journal/journaltest"
	"jaliya/internal/access"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

// olderCopy is a post whose machine was put back to a copy from before a visit
// was released; the hub has the entry.
type olderCopy struct {
	*world
	visit  desk.View
	id     wire.RecordID
	said   released
	ranges []wire.ProvedRange
}

func newOlderCopy(t *testing.T) *olderCopy {
	t.Helper()
	w := newWorld(t)
	o := &olderCopy{world: w, visit: w.fill(t, w.begin(t))}
	var err error
	o.id, err = wire.ParseRecordID(o.visit.Visit)
	require.NoError(t, err)
	require.NoError(t, w.journal.Close())
	copied := t.TempDir()
	require.NoError(t, os.CopyFS(copied, os.DirFS(w.dir)))
	w.start(t)

	w.now = w.now.Add(time.Hour)
	o.said = w.release(t, o.visit)
	kit, err := journaltest.New(1)
	require.NoError(t, err)
	kit.Identity = w.id
	o.ranges, err = kit.Ranges(w.journal, wire.Genesis(w.id.Node, 7), 9)
	require.NoError(t, err)

	require.NoError(t, w.journal.Close())
	require.NoError(t, os.RemoveAll(w.dir))
	require.NoError(t, os.CopyFS(w.dir, os.DirFS(copied)))
	w.now = w.now.Add(24 * time.Hour)
	w.start(t)
	require.Equal(t, o.visit, w.show(t, o.visit.Visit), "the draft is back")
	return o
}

// comesBack opens a new incarnation and takes the hub's entry into it.
func (o *olderCopy) comesBack(t *testing.T) {
	t.Helper()
	_, err := o.journal.OpenIncarnation(journal.Opening{Incarnation: 8, Why: journal.WhyRestored, At: o.now.UnixMilli()})
	require.NoError(t, err)
	for _, r := range o.ranges {
		_, err := o.journal.Restore(r)
		require.NoError(t, err)
	}
}

// rows counts what the store has of the draft.
func (o *olderCopy) rows(t *testing.T) (n int) {
	t.Helper()
	require.NoError(t, o.journal.View(func(r kv.Reader) error {
		for _, bucket := range []string{"desk.keys", "desk.drafts"} {
			if r.Get([]byte(bucket), o.id[:]) != nil {
				n++
			}
		}
		return nil
	}))
	return n
}

func (o *olderCopy) requireReleased(t *testing.T) {
	t.Helper()
	a := o.do(t, call{role: agent, method: http.MethodGet, path: "/visits/" + o.visit.Visit})
	require.Equal(t, "released", a.problem.Code)
	list, err := o.desk.Drafts(t.Context(), access.Principal{ID: "service:agent", Role: agent})
	require.NoError(t, err)
	for _, one := range list {
		require.NotEqual(t, o.visit.Visit, one.Visit, "nobody is led to release it again")
	}
	r := o.release(t, o.visit)
	require.True(t, r.Repeated)
	require.Equal(t, o.said.Reference, r.Reference)
	require.Zero(t, o.entries(t), "nothing was issued in the new incarnation")
}

// TestDraftReleasedAfterTheCopy: the draft goes when its entry comes back, whether
// the desk is told, or the process died before it was.
func TestDraftReleasedAfterTheCopy(t *testing.T) {
	t.Run("OKTold", func(t *testing.T) {
		o := newOlderCopy(t)
		other := o.begin(t)
		o.comesBack(t)
		o.requireReleased(t)
		require.Equal(t, 2, o.rows(t), "not told yet")
		require.NoError(t, o.desk.Restored([]wire.RecordID{wire.NewRecordID(), o.id, o.id}))
		require.Zero(t, o.rows(t))
		require.NoDirExists(t, filepath.Join(o.dir, "drafts", o.visit.Visit))
		o.requireReleased(t)
		o.show(t, other.Visit)
	})
	t.Run("OKDied", func(t *testing.T) {
		o := newOlderCopy(t)
		o.comesBack(t)
		o.restart(t)
		require.Zero(t, o.rows(t))
		require.NoDirExists(t, filepath.Join(o.dir, "drafts", o.visit.Visit))
		o.requireReleased(t)
	})
	t.Run("OKNothingToDoWritesNothing", func(t *testing.T) {
		o := newOlderCopy(t)
		o.comesBack(t)
		require.NoError(t, o.desk.Restored([]wire.RecordID{o.id}))
		path := filepath.Join(o.dir, "journal.db")
		before, err := os.ReadFile(path)
		require.NoError(t, err)
		require.NoError(t, o.desk.Restored([]wire.RecordID{wire.NewRecordID(), o.id}))
		after, err := os.ReadFile(path)
		require.NoError(t, err)
		require.True(t, bytes.Equal(before, after), "thousands come back, and few of them have a draft")
	})
	t.Run("OKChangedSince", func(t *testing.T) {
		o := newOlderCopy(t)
		var v desk.View
		o.must(t, call{
			role: agent, method: http.MethodPut, path: "/visits/" + o.visit.Visit + "/contact", version: o.visit.Version,
			body: desk.ContactForm{Phone: "+33612340000", Language: "ar"},
		}, &v)
		o.comesBack(t)
		require.NoError(t, o.desk.Restored([]wire.RecordID{o.id}))
		o.restart(t)
		require.Equal(t, v, o.show(t, o.visit.Visit), "what was typed since is nowhere else")
		a := o.do(t, call{role: supervisor, method: http.MethodPost, path: "/visits/" + o.visit.Visit + "/release", version: v.Version})
		require.Equal(t, http.StatusConflict, a.Code)
		require.Equal(t, "released", a.problem.Code)
		require.Zero(t, o.entries(t))
		for lang, words := range map[string]string{"en": "released already", "fr": "déjà été validé", "ar": "صودق على هذا الملف من قبل"} {
			s := surfer{tb: t, handler: o.screens(t), role: "supervisor", lang: lang}
			page := s.get("/visits/" + o.visit.Visit + "/release")
			require.Contains(t, page.text, words)
			require.NotContains(t, page.text, `action="/visits/`+o.visit.Visit+`/release"`)
		}
		o.must(t, call{role: agent, method: http.MethodDelete, path: "/visits/" + o.visit.Visit, version: v.Version}, nil)
		o.requireReleased(t)
	})
	t.Run("OKBetweenTheLookAndTheCommit", func(t *testing.T) {
		o := newOlderCopy(t)
		o.desk.OnStep(func(at string) error {
			if at == "sealed" {
				o.comesBack(t)
			}
			return nil
		})
		a := o.do(t, call{role: supervisor, method: http.MethodPost, path: "/visits/" + o.visit.Visit + "/release", version: o.visit.Version})
		require.Equal(t, "released", a.problem.Code)
		o.desk.OnStep(func(string) error { return nil })
		o.requireReleased(t)
	})
	t.Run("ErrStorage", func(t *testing.T) {
		o := newOlderCopy(t)
		require.NoError(t, o.journal.Close())
		err := o.desk.Restored([]wire.RecordID{o.id})
		require.Error(t, err)
		require.NotEqual(t, fault.NotFound, fault.KindOf(err))
		o.start(t)
	})
}
