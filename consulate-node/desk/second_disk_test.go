package desk_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/desk"
	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/journal/mirror"
	"jaliya/internal/doctor"
)

// withSecondDisk restarts a post with a mirror, which is on the same disk here.
func (w *world) withSecondDisk(t *testing.T) {
	t.Helper()
	trees, erasable := desk.Mirrored(w.dir)
	w.mirror = journal.MirrorOptions{
		Dir: filepath.Join(t.TempDir(), "mirror"), SameDisk: true, Trees: trees, Erasable: erasable,
	}
	w.restart(t)
	require.Equal(t, mirror.Good, w.journal.Mirror().State)
}

// loseFirstDisk takes away all that the journal and the desk have there.
func (w *world) loseFirstDisk(t *testing.T) {
	t.Helper()
	require.NoError(t, w.journal.Close())
	for _, name := range []string{"journal.db", "bundles", "drafts"} {
		require.NoError(t, os.RemoveAll(filepath.Join(w.dir, name)))
	}
	w.start(t)
}

// TestSecondDiskKeepsDrafts loses the first disk in the middle of a visit: forms,
// images and half an image come back, the upload goes on where it was, and the
// release is made.
func TestSecondDiskKeepsDrafts(t *testing.T) {
	w := newWorld(t)
	w.withSecondDisk(t)
	v := w.fill(t, w.begin(t))
	page := pdf(300_000)
	var s desk.ImageStatus
	at := imagePath(v.Visit, "scan-birth-extract-2")
	w.must(t, call{role: agent, method: http.MethodPost, path: at, body: announcement(page)}, &s)
	w.must(t, call{role: agent, method: http.MethodPatch, path: at, body: page[:150_000], header: offset(0)}, &s)
	require.EqualValues(t, 150_000, s.Offset)
	before := w.show(t, v.Visit)

	w.loseFirstDisk(t)
	require.Equal(t, before, w.show(t, v.Visit))
	w.must(t, call{role: agent, method: http.MethodPost, path: at, body: announcement(page)}, &s)
	require.EqualValues(t, 150_000, s.Offset, "what was told to be saved is")
	w.must(t, call{role: agent, method: http.MethodPatch, path: at, body: page[150_000:], header: offset(150_000)}, &s)
	require.True(t, s.Complete)

	v = w.pay(t, w.show(t, v.Visit))
	r := w.release(t, v)
	w.loseFirstDisk(t)
	again := w.release(t, v)
	require.Equal(t, r.Reference, again.Reference)
	require.Equal(t, r.SlipCode, again.SlipCode, "the slip that was not printed yet comes back too")
	left, err := filepath.Glob(filepath.Join(w.mirror.Dir, "drafts", "*", "*"))
	require.NoError(t, err)
	require.Empty(t, left, "nothing of the draft is left on the second disk")
	keys, err := os.ReadDir(filepath.Join(w.mirror.Dir, "keys"))
	require.NoError(t, err)
	require.Len(t, keys, 1, "the slip's, not the draft's")
	w.entries(t)
}

func pdf(size int) []byte {
	out := append([]byte("%PDF-1.7\n"), bytes.Repeat([]byte("0 0 obj\n"), size/8)...)
	return append(out[:size-6], "%%EOF\n"...)
}

// TestOneDiskIsSaid on every page and with its reason on the page of the
// connection, in three languages.
func TestOneDiskIsSaid(t *testing.T) {
	w := newWorld(t)
	w.mirror = journal.MirrorOptions{Dir: filepath.Join(t.TempDir(), "away", "mirror"), SameDisk: true}
	w.restart(t)
	test := &selfTest{}
	s := surfer{tb: t, handler: w.screensWith(t, desk.ScreenOptions{SelfTest: test}), role: "agent"}
	test.ends(t, w.now, walledPost()...)
	for lang, words := range map[string][2]string{
		"en": {"One disk: the second disk is not in use.", "Was it unplugged?"},
		"fr": {"le second disque ne sert pas.", "débranché"},
		"ar": {"قرص واحد: القرص الثاني غير مستعمل.", "هل فصل"},
	} {
		s.lang = lang
		page := s.get("/connection")
		require.Contains(t, page.text, words[0], lang)
		require.Contains(t, page.text, words[1], lang)
		require.Contains(t, s.get("/live").Body.String(), words[0], lang)
	}
	_, err := w.journal.Compact()
	require.NoError(t, err)
	s.lang = "en"
	require.Contains(t, s.get("/connection").text, "Last tidying of the journal")
}

// TestOneDiskInTheBrowser looks at the page that says it.
func TestOneDiskInTheBrowser(t *testing.T) {
	for _, language := range []string{"fr", "ar"} {
		for _, width := range []int64{390, 1280} {
			t.Run(fmt.Sprintf("OK-%s-%d", language, width), func(t *testing.T) {
				w := newWorld(t)
				w.mirror = journal.MirrorOptions{Dir: filepath.Join(t.TempDir(), "away", "mirror"), SameDisk: true}
				w.restart(t)
				w.now = time.Now().UTC()
				_, err := w.journal.Compact()
				require.NoError(t, err)
				test := &selfTest{}
				server := httptest.NewServer(w.screensWith(t, desk.ScreenOptions{SelfTest: test}))
				t.Cleanup(server.Close)
				b := startBrowser(t, server.URL)
				b.Name = fmt.Sprintf("onedisk-%s-%d", language, width)
				b.Viewport(width)
				b.Open("/sign-in")
				b.Speak(language)
				b.signIn("agent")
				test.ends(t, w.now, doctor.Finding{Code: "names-good", Facts: doctor.Facts{"name": "hub.example.ma"}})
				b.Open("/connection")
				b.Look("failed")
			})
		}
	}
}
