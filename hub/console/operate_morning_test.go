package console_test

import (
	"encoding/json"
	"html"
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub/console"
	"jaliya/hub/ledger"
	"jaliya/hub/watch"
	"jaliya/internal/access"
	"jaliya/internal/web"
	"jaliya/internal/workflow"
)

// keys of a picture's needs, in its order.
func keys(p watch.Picture) (list []string) {
	for _, n := range p.Needs {
		list = append(list, n.Key)
	}
	return list
}

// TestOperateMorning is an operator's morning on a true ledger, without scripts:
// what needs them, who has it, an order tried again, an entry settled, a pouch
// looked for.
func TestOperateMorning(t *testing.T) {
	d := newDawn(t)
	salma, omar := d.hire(access.HubOperator, "Salma Idrissi"), d.hire(access.HubOperator, "Omar Chraibi")
	s, o := d.signedIn(salma), d.signedIn(omar)
	needs := keys(d.picture())
	require.Equal(t, watch.Now, d.need("post-silent/FR-LYO").Urgency)
	for _, key := range []string{"order-stuck/route", "entry-refused/FR-LYO", "pouch-late/" + string(d.late)} {
		require.Contains(t, needs, key)
	}
	home := s.get("/")
	require.Equal(t, "/operate", home.at, "an operator begins with what needs them")
	for _, text := range []string{
		"Silent post", `href="tel:&#43;33472000000"`, string(d.late), "Stuck orders", "Posts connected: 1 of 71", "Since yesterday",
	} {
		require.Contains(t, home.text, text)
	}
	t.Run("Taken", func(t *testing.T) { d.taking(t, s, o, salma) })
	t.Run("TriedAgain", func(t *testing.T) { d.retrying(t, s) })
	t.Run("Settled", func(t *testing.T) { d.settling(t, s, o) })
	t.Run("ForPrograms", func(t *testing.T) { d.impersonal(t, s) })
	d.clean(password)
}

// impersonal: programs that watch hear neither who has a need nor what officers
// noted; an officer hears both.
func (d *dawn) impersonal(t *testing.T, s surfer) {
	t.Helper()
	key := "pouch-late/" + string(d.late)
	got := s.post("/operate/needs", "key", key, "take", "1", "seen", "", "note", "canary of a note")
	require.Equal(t, http.StatusOK, got.status)
	token, hash := access.NewToken()
	programs, err := access.NewBearer([]access.ServiceAccount{{Name: "watcher", Role: access.HubOperator, TokenSHA256: hash}})
	require.NoError(t, err)
	engine := web.NewEngine(slog.New(slog.DiscardHandler))
	console.NewAPI(d.console, access.Cookie{Name: access.ConsoleCookie}).Admit(programs).Register(engine)
	require.Contains(t, s.get("/api/v1/operate").text, "canary of a note")
	for _, path := range []string{"", "/posts", "/posts/FR-LYO", "/refused", "/stuck", "/requests", "/hub"} {
		text := bearing(engine, token)(t, http.MethodGet, "/operate"+path).Body.String()
		require.NotContains(t, text, "canary", path)
		require.NotContains(t, text, "Salma", path)
		require.NotContains(t, text, `"note"`, path)
	}
	require.Contains(t, bearing(engine, token)(t, http.MethodGet, "/operate").Body.String(), `"taken"`, "that somebody has it is told")
}

// need gives one that the operators see now.
func (d *dawn) need(key string) watch.Need {
	d.tb.Helper()
	list := d.picture().Needs
	at := slices.IndexFunc(list, func(n watch.Need) bool { return n.Key == key })
	require.GreaterOrEqual(d.tb, at, 0, "%s is not among %v", key, keys(d.picture()))
	return list[at]
}

// taking has two officers want one need.
func (d *dawn) taking(t *testing.T, s, o surfer, salma *phone) {
	t.Helper()
	const key = "post-silent/FR-LYO"
	taken := s.post("/operate/needs", "key", key, "take", "1", "seen", "", "note", "  J'appelle\tle poste ")
	require.Equal(t, http.StatusOK, taken.status, taken.text)
	require.Contains(t, html.UnescapeString(taken.text), "J'appelle le poste")
	require.Contains(t, o.get("/operate").text, "Taken by Salma Idrissi")
	held := d.need(key).Taken
	require.Equal(t, salma.id, held.By)
	require.Equal(t, "J'appelle le poste", held.Note)

	late := o.post("/operate/needs", "key", key, "take", "1", "seen", "")
	require.Equal(t, http.StatusConflict, late.status)
	require.Contains(t, late.text, "Salma Idrissi")
	require.Equal(t, http.StatusConflict, o.post("/operate/needs", "key", key, "take", "0", "seen", string(salma.id)).status, "it is not Omar's to give back")
	require.Equal(t, http.StatusUnprocessableEntity, s.post("/operate/needs", "key", key, "take", "1", "seen", string(salma.id), "note", strings.Repeat("é", 201)).status)
	require.Equal(t, salma.id, d.need(key).Taken.By)
	require.Equal(t, http.StatusOK, o.post("/operate/needs", "key", key, "take", "1", "seen", string(salma.id), "post", "FR-LYO").status)
	require.NotEqual(t, salma.id, d.need(key).Taken.By)
	require.Equal(t, http.StatusConflict, s.post("/operate/needs", "key", "post-silent/IT-BLQ", "take", "1").status, "Bologna is connected")
}

// retrying has the order tried again, twice as a double click does.
func (d *dawn) retrying(t *testing.T, s surfer) {
	t.Helper()
	page := s.get("/operate/stuck")
	require.Contains(t, page.text, d.stuck.String())
	require.Contains(t, page.text, "Choose a production site")
	held := d.routing()
	require.NotZero(t, held.NotBefore)
	at := "/operate/stuck/" + decimal(held.ID) + "/retry"
	require.Equal(t, http.StatusConflict, s.post(at, "attempts", "1").status, "it was tried since")
	require.NotZero(t, d.routing().NotBefore)
	for range 2 {
		again := s.post(at, "attempts", "6")
		require.Equal(t, "/operate/stuck?said=retry", again.at, again.text)
		require.Zero(t, d.routing().NotBefore)
	}
	d.must(ledger.CompleteOrder{
		Time: d.now().UnixMilli(), Order: held.ID, Event: uint8(workflow.RouteChosen), Actor: uint16(workflow.Hub), Facts: ledger.Facts{Site: 1},
	})
	done := s.post(at, "attempts", "6")
	require.Equal(t, http.StatusConflict, done.status)
	require.NotContains(t, s.get("/operate/stuck").text, d.stuck.String())
}

// settling has a refused entry dealt with, and said so once.
func (d *dawn) settling(t *testing.T, s, o surfer) {
	t.Helper()
	page := s.get("/operate/refused")
	require.Contains(t, page.text, "No request has this reference")
	at := "/operate/refused/" + decimal(d.refused) + "/settle"
	empty := s.post(at, "note", "  ")
	require.Equal(t, http.StatusUnprocessableEntity, empty.status)
	require.Contains(t, empty.text, `href="#note-`+decimal(d.refused)+`"`)
	require.Equal(t, http.StatusUnprocessableEntity, s.post(at, "note", "a\u202eb\x00").status)
	count := func() int {
		u, err := d.Unsettled()
		require.NoError(t, err)
		return u["FR-LYO"].Count
	}
	require.Equal(t, 1, count())
	for range 2 {
		got := s.post(at, "note", "Le poste a relu la référence")
		require.Equal(t, "/operate/refused?said=settled", got.at, got.text)
	}
	require.Zero(t, count())
	other := o.post(at, "note", "Autre chose")
	require.Equal(t, http.StatusConflict, other.status)
	require.Contains(t, other.text, "Le poste a relu la référence")
	require.Equal(t, http.StatusNotFound, s.post("/operate/refused/999/settle", "note", "x").status)
	d.passed.Add(int64(time.Minute))
	require.NotContains(t, keys(d.picture()), "entry-refused/FR-LYO")
}

// TestOperatePermissions gives each role what it may see and do.
func TestOperatePermissions(t *testing.T) {
	d := newDawn(t)
	verifier := d.signedIn(d.hire(access.Verifier, "Lamia Saidi"))
	page := verifier.get("/operate")
	require.Equal(t, http.StatusOK, page.status)
	require.NotContains(t, page.text, `action="/operate/needs"`, "who may not act sees no button")
	require.NotContains(t, verifier.get("/operate/stuck").text, "/retry")
	require.NotContains(t, verifier.get("/operate/refused").text, "/settle")
	packer := d.signedIn(d.hire(access.PouchOfficer, "Rachid Benali"))
	for _, path := range append(operatePages(), "/operate/posts/IT-BLQ") {
		require.Equal(t, http.StatusForbidden, packer.get(path).status, path)
	}
	before := len(d.commands())
	for _, s := range []surfer{verifier, packer} {
		require.Equal(t, http.StatusForbidden, s.post("/operate/needs", "key", "post-silent/FR-LYO", "take", "1").status)
		require.Equal(t, http.StatusForbidden, s.post("/operate/stuck/"+decimal(d.routing().ID)+"/retry", "attempts", "6").status)
		require.Equal(t, http.StatusForbidden, s.post("/operate/refused/"+decimal(d.refused)+"/settle", "note", "x").status)
		require.Equal(t, http.StatusForbidden, s.json(http.MethodPost, "/operate/needs", `{"key":"post-silent/FR-LYO","take":true}`).status)
	}
	require.Len(t, d.commands(), before, "nothing was proposed")
}

// commands are what the ledger was asked to apply.
func (d *dawn) commands() []ledger.Entry {
	d.world.mu.Lock()
	defer d.world.mu.Unlock()
	return d.entries
}

// TestOperateAPI reads and does the same by JSON.
func TestOperateAPI(t *testing.T) {
	d := newDawn(t)
	s := d.signedIn(d.hire(access.HubOperator, "Salma Idrissi"))
	var all struct {
		Needs []struct{ Key, Kind, Urgency, Telephone, Page string }
		Posts []struct{ ID, Standing string }
	}
	read := func(path string, into any) string {
		got := s.json(http.MethodGet, path, "")
		require.Equal(t, http.StatusOK, got.status, got.text)
		require.NoError(t, json.Unmarshal([]byte(got.text), into))
		require.NotRegexp(t, `"[a-z_]*[A-Z]`+`[A-Za-z]*":`, got.text, "names of fields are in lower case")
		return got.text
	}
	read("/operate", &all)
	silent := slices.IndexFunc(all.Needs, func(n struct{ Key, Kind, Urgency, Telephone, Page string }) bool {
		return n.Key == "post-silent/FR-LYO"
	})
	require.GreaterOrEqual(t, silent, 0)
	require.Equal(t, "now", all.Needs[silent].Urgency)
	require.Equal(t, "/operate/posts/FR-LYO", all.Needs[silent].Page)
	require.Len(t, all.Posts, 71)
	var one struct {
		Post    struct{ Standing, Telephone string }
		History []any
	}
	read("/operate/posts/FR-LYO", &one)
	require.Equal(t, "silent", one.Post.Standing)
	require.Equal(t, "+33 4 72 00 00 00", one.Post.Telephone)
	require.NotEmpty(t, one.History)
	for path, text := range map[string]string{
		"/operate/posts": `"FR-LYO"`, "/operate/requests": `"APPROVED"`, "/operate/hub": `"rabat-1"`, "/operate/stuck": d.stuck.Digits(),
		"/operate/refused": `"no-case"`,
	} {
		var whole map[string]any
		require.Contains(t, read(path, &whole), text)
	}
	require.Equal(t, http.StatusNotFound, s.json(http.MethodGet, "/operate/posts/XX-YYY", "").status)
	require.Equal(t, http.StatusNotFound, s.json(http.MethodGet, "/operate/posts/lyon", "").status)
	require.Equal(t, http.StatusNoContent, s.json(http.MethodPost, "/operate/needs", `{"key":"post-silent/FR-LYO","take":true,"note":"x"}`).status)
	require.Equal(t, http.StatusUnprocessableEntity, s.json(http.MethodPost, "/operate/needs", `{"take":true}`).status)
	require.Equal(t, http.StatusConflict, s.json(http.MethodPost, "/operate/needs", `{"key":"none/FR-LYO","take":true}`).status)
	at := "/operate/stuck/" + decimal(d.routing().ID) + "/retry"
	require.Equal(t, http.StatusConflict, s.json(http.MethodPost, at, `{"attempts":2}`).status)
	require.Equal(t, http.StatusNoContent, s.json(http.MethodPost, at, `{"attempts":6}`).status)
	at = "/operate/refused/" + decimal(d.refused) + "/settle"
	require.Equal(t, http.StatusUnprocessableEntity, s.json(http.MethodPost, at, `{}`).status)
	require.Equal(t, http.StatusNoContent, s.json(http.MethodPost, at, `{"note":"done"}`).status)
}

var haveNow = regexp.MustCompile(`data-have="([0-9a-f]+)"`)

// TestOperateLive asks as a page's script does: 204 while nothing is new.
func TestOperateLive(t *testing.T) {
	d := newDawn(t)
	s := d.signedIn(d.hire(access.HubOperator, "Salma Idrissi"))
	page := s.get("/operate/refused")
	have := haveNow.FindStringSubmatch(page.text)
	require.NotNil(t, have)
	ask := func() seen {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.server.URL+"/operate/refused", nil)
		require.NoError(t, err)
		r.Header.Set("X-Have", have[1])
		r.Header.Set("X-Jaliya-Passive", "1")
		return s.do(r)
	}
	require.Equal(t, http.StatusNoContent, ask().status)
	s.post("/operate/refused/"+decimal(d.refused)+"/settle", "note", "vu")
	fresh := ask()
	require.Equal(t, http.StatusOK, fresh.status)
	require.NotEqual(t, have[1], haveNow.FindStringSubmatch(fresh.text)[1])
	d.passed.Add(int64(11 * time.Minute))
	require.Contains(t, ask().at, "/lock", "a page that asks by itself keeps nobody signed in")
}
