package console_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"jaliya/hub/forks"
	"jaliya/hub/ledger"
	"jaliya/hub/watch"
	"jaliya/internal/access"
	"jaliya/internal/web/webtest"
	"jaliya/internal/wire"
)

// parted is a dawn on which a copy of Lyon's machine shows another history.
type parted struct {
	*dawn
	held  wire.Position // the hub's head
	shown wire.Position // the copy's
}

func newParted(tb testing.TB) *parted {
	tb.Helper()
	d := &parted{dawn: newDawn(tb)}
	for range 3 {
		d.views()
	}
	d.held, d.shown = d.head, d.head
	d.shown.Hash[0]++
	d.noted(d.shown, "192.0.2.7", 2)
	return d
}

// views has Lyon look at a file: the smallest entry.
func (d *parted) views() {
	d.tb.Helper()
	n, err := d.Node(d.node)
	require.NoError(d.tb, err)
	e := d.viewed()
	r := d.must(ledger.Admit{Time: d.now().UnixMilli(), Batches: []ledger.AdmitBatch{{After: d.head, Session: n.Session, Entries: []wire.Entry{e}}}})
	require.NoError(d.tb, r.Batches[0].Err())
	d.head = d.head.Next(e)
}

func (d *parted) viewed() wire.Entry {
	d.tb.Helper()
	e, err := wire.NewEntry(wire.Header{
		Record: wire.NewRecordID(), Kind: wire.KindFileViewed, Source: wire.SourceNode, Node: d.node, Incarnation: 1,
		Seq: d.head.Seq + 1, Time: d.now().UnixMilli(), Post: "FR-LYO", Reference: d.stuck.Digits(),
	}, []byte("sealed"))
	require.NoError(d.tb, err)
	return e
}

// noted has the hub hear a hello with another history.
func (d *parted) noted(shown wire.Position, place string, receipted uint64) {
	d.tb.Helper()
	d.must(ledger.NoteFork{
		Time: d.now().UnixMilli(), Node: d.node, Seen: ledger.SeenAtHello, Shown: shown, Oldest: 1, Receipted: receipted, Place: place,
	})
}

const forksPath = "/operate/posts/FR-LYO/forks"

func (d *parted) fork() forks.Fork {
	d.tb.Helper()
	list, err := forks.OfPost(d.world, "FR-LYO")
	require.NoError(d.tb, err)
	require.Len(d.tb, list, 1)
	return list[0]
}

// TestForksUnread: a page of a post whose forks cannot be read says so; it would
// say else that there are none.
func TestForksUnread(t *testing.T) {
	d := newParted(t)
	s := d.signedIn(d.hire(access.HubOperator, "Salma Idrissi"))
	require.Equal(t, http.StatusOK, s.get("/operate/posts/FR-LYO").status)
	d.torn.Store(true)
	page := s.get("/operate/posts/FR-LYO")
	require.GreaterOrEqual(t, page.status, http.StatusInternalServerError)
	require.NotContains(t, page.text, "test: read forks")
	require.Contains(t, d.log.String(), "test: read forks", "why is in the log")
	d.torn.Store(false)
	require.Contains(t, s.get("/operate/posts/FR-LYO").text, `href="`+forksPath+`"`)
}

// TestForks is an operator who finds a fenced post, reads both histories and lets
// the machine go on, by forms alone.
func TestForks(t *testing.T) {
	d := newParted(t)
	salma, omar := d.hire(access.HubOperator, "Salma Idrissi"), d.hire(access.HubOperator, "Omar Chraibi")
	s, o := d.signedIn(salma), d.signedIn(omar)
	require.Equal(t, forksPath, d.need("history-fork/FR-LYO").Where())
	require.Contains(t, s.get("/operate").text, `href="`+forksPath+`"`)
	require.Contains(t, s.get("/operate/posts/FR-LYO").text, `href="`+forksPath+`"`)
	for _, lang := range []string{"ar", "fr", "en"} {
		s.lang = lang
		page := s.get(forksPath)
		require.Equal(t, http.StatusOK, page.status, "%s\n%s", page.text, d.log.String())
		require.NotRegexp(t, `[> "](?:operate|fork)\.[a-z]|ZgotmplZ|\{[a-z_]+\}`, page.text, lang)
		require.NotRegexp(t, `(?i)\sstyle="|\son[a-z]+="|<style`, page.text)
	}
	page := s.get(forksPath)
	for _, text := range []string{"Waits for a decision", "192.0.2.7", "File viewed", "up to number 2", "Perhaps the same", d.shown.Hash.String()[:16]} {
		require.Contains(t, page.text, text)
	}

	good := func(pairs ...string) []string {
		return append([]string{
			"node", d.node.String(), "seen", "1", "choice", "go-on", "reason", "The post's officer read me the serial", "copies_off", "1", "password", password,
		}, pairs...)
	}
	before := len(d.commands())
	for name, tt := range map[string]struct {
		status int
		text   string
		pairs  []string
	}{
		"NoReason":    {422, "Write why", good("reason", "  ")},
		"LongReason":  {422, "too long", good("reason", strings.Repeat("é", 201))},
		"BadReason":   {422, "cannot be shown", good("reason", "a\x01b")},
		"CopiesOn":    {422, "switched off", good("copies_off", "")},
		"NoPassword":  {422, "Type your password", good("password", "")},
		"NoChoice":    {422, "", good("choice", "")},
		"OtherChoice": {422, "", good("choice", "erase")},
		"NoNode":      {404, "", good("node", "x")},
		"OtherNode":   {404, "", good("node", wire.NodeID{9}.String())},
		"OldPage":     {409, "showed something new", good("seen", "0")},
	} {
		got := s.post(forksPath, tt.pairs...)
		require.Equal(t, tt.status, got.status, "%s\n%s", name, got.text)
		require.Contains(t, got.text, tt.text, name)
	}
	require.Len(t, d.commands(), before, "nothing was proposed")
	wrong := s.post(forksPath, good("password", "quatre cigognes")...)
	require.Equal(t, http.StatusUnauthorized, wrong.status)
	require.Contains(t, wrong.text, "not right")
	require.Contains(t, wrong.text, "read me the serial", "what was typed is kept")
	require.Contains(t, wrong.text, `id="password-wrong-go-on-fork-07000000"`, "it is said at the field too")
	require.Equal(t, forks.Fenced, d.fork().Standing)

	d.decides(t, s, o, good)
	d.clean(password)
}

// decides is the decision, said twice and by two, and what comes after it.
func (d *parted) decides(t *testing.T, s, o surfer, good func(...string) []string) {
	t.Helper()
	for range 2 {
		done := s.post(forksPath, good()...)
		require.Equal(t, forksPath+"?said=fork_go", done.at, done.text)
		require.Contains(t, done.text, "Salma Idrissi")
		require.Contains(t, done.text, "May go on")
	}
	require.Len(t, d.fork().Decisions, 1)
	late := o.post(forksPath, good("choice", "shut-out")...)
	require.Equal(t, http.StatusConflict, late.status)
	require.Contains(t, late.text, "Salma Idrissi has decided already")
	n, err := d.Node(d.node)
	require.NoError(t, err)
	require.False(t, n.Fenced)
	require.EqualValues(t, 1, n.Settled)
	d.passed.Add(int64(time.Minute))
	require.NotContains(t, keys(d.picture()), "history-fork/FR-LYO")

	d.must(ledger.OpenSession{Time: d.now().UnixMilli(), Node: d.node})
	d.head = wire.Genesis(d.node, 77)
	e, err := wire.NewEntry(wire.Header{
		Record: wire.NewRecordID(), Kind: wire.KindFileViewed, Source: wire.SourceNode, Node: d.node, Incarnation: 77,
		Seq: 1, Time: d.now().UnixMilli(), Post: "FR-LYO", Reference: d.stuck.Digits(),
	}, []byte("sealed"))
	require.NoError(t, err)
	n, err = d.Node(d.node)
	require.NoError(t, err)
	r := d.must(ledger.Admit{Time: d.now().UnixMilli(), Batches: []ledger.AdmitBatch{{After: d.head, Session: n.Session, Entries: []wire.Entry{e}}}})
	require.NoError(t, r.Batches[0].Err())
	page := s.get(forksPath)
	require.Contains(t, page.text, "The machine went on")
	require.Contains(t, page.text, "000000000000004d")
	require.Contains(t, page.text, "192.0.2.7", "the evidence stays")
}

// TestForksAPI reads and decides by JSON: shut out for good.
func TestForksAPI(t *testing.T) {
	d := newParted(t)
	s := d.signedIn(d.hire(access.HubOperator, "Salma Idrissi"))
	var list struct{ Forks []forks.Fork }
	got := s.json(http.MethodGet, forksPath, "")
	require.Equal(t, http.StatusOK, got.status, got.text)
	require.NoError(t, json.Unmarshal([]byte(got.text), &list))
	f := list.Forks[0]
	require.Equal(t, forks.Fenced, f.Standing)
	require.EqualValues(t, 2, f.Same)
	require.Equal(t, d.held.Seq, f.Parts)
	require.Equal(t, []string{forks.GoOn, forks.ShutsOut}, f.Choices)
	require.Equal(t, "L2", f.Rows[0].Hub.Level)
	body := func(edit string) string {
		return fmt.Sprintf(`{"node":%q,"seen":1,"choice":"shut-out","reason":"stolen"%s}`, d.node.String(), edit)
	}
	for edit, want := range map[string]struct {
		status int
		code   string
	}{
		"":                         {422, "invalid"},
		`,"password":"x"`:          {401, "sign-in-refused"},
		`,"password":"x","seen":0`: {409, "version-conflict"},
	} {
		got := s.json(http.MethodPost, forksPath, body(edit))
		require.Equal(t, want.status, got.status, got.text)
		require.Contains(t, got.text, want.code)
	}
	require.Equal(t, http.StatusNotFound, s.json(http.MethodGet, "/operate/posts/lyon/forks", "").status)
	require.Equal(t, http.StatusNotFound, s.json(http.MethodPost, "/operate/posts/XX-YYY/forks", body(`,"password":"`+password+`"`)).status)
	empty := s.json(http.MethodGet, "/operate/posts/NO-OSL/forks", "")
	require.Contains(t, empty.text, `"forks":[]`)
	for range 2 {
		require.Equal(t, http.StatusNoContent, s.json(http.MethodPost, forksPath, body(`,"password":"`+password+`"`)).status)
	}
	n, err := d.Node(d.node)
	require.NoError(t, err)
	require.True(t, n.Revoked)
	require.Equal(t, forks.ShutOut, d.fork().Standing)
	require.Equal(t, watch.Now, d.need("history-fork/FR-LYO").Urgency, "the post needs another machine")
	page := s.get(forksPath)
	require.Contains(t, page.text, "hub invite --post FR-LYO")
	require.NotContains(t, page.text, `name="choice"`)
}

// TestForksPermissions: who may look, who may decide.
func TestForksPermissions(t *testing.T) {
	d := newParted(t)
	verifier, packer := d.signedIn(d.hire(access.Verifier, "Lamia Saidi")), d.signedIn(d.hire(access.PouchOfficer, "Rachid Benali"))
	page := verifier.get(forksPath)
	require.Equal(t, http.StatusOK, page.status)
	require.NotContains(t, page.text, `name="choice"`)
	require.Equal(t, http.StatusForbidden, packer.get(forksPath).status)
	before := len(d.commands())
	for _, s := range []surfer{verifier, packer} {
		got := s.post(forksPath, "node", d.node.String(), "seen", "1", "choice", "go-on", "reason", "x", "copies_off", "1", "password", password)
		require.Equal(t, http.StatusForbidden, got.status)
		require.Equal(t, http.StatusForbidden, s.json(http.MethodPost, forksPath, `{}`).status)
	}
	require.Len(t, d.commands(), before)
}

// TestForksBrowser decides without scripts, and looks at the page.
func TestForksBrowser(t *testing.T) {
	webtest.Wanted(t)
	for _, language := range []string{"fr", "ar"} {
		for _, width := range []int64{320, 390, 1280} {
			t.Run(fmt.Sprintf("OK-%s-%d", language, width), func(t *testing.T) {
				d := newParted(t)
				b := startBrowser(t, d.world)
				b.Name = fmt.Sprintf("forks-%s-%d", language, width)
				b.Viewport(width)
				b.comes(language, d.hire(access.HubOperator, "Salma Idrissi"))
				b.Press("#need-history-fork-FR-LYO a.button.primary")
				require.Equal(t, forksPath, b.Path())
				webtest.Eval[bool](b.Tab, `document.querySelectorAll("details.fork-act").forEach((d) => { d.open = true; }) || true`)
				b.Look("histories")
				b.Press("#go-on-fork-07000000 form button")
				b.Look("refused")
				b.Scripts(false)
				b.Do(chromedp.Click(chromedp.CSS("#copies_off-go-on-fork-07000000")))
				b.Fill(map[string]string{"reason-go-on-fork-07000000": "Numéro de série lu au téléphone", "password-go-on-fork-07000000": password})
				b.Press("#go-on-fork-07000000 form button")
				require.Equal(t, forks.Settled, d.fork().Standing)
				b.Look("settled")
			})
		}
	}
}
