package console_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub/console/officer"
	"jaliya/internal/access"
	"jaliya/internal/wire"
)

func officerRole(p *phone, role access.Role) officer.Request {
	return officer.Request{Action: "role", Officer: string(p.id), Role: string(role)}
}

var shownSecret = regexp.MustCompile(`class="code">([A-Z2-7]{4}(?: [A-Z2-7]{4})+)<`)

// TestEnrolment uses a sheet on the screens: once, with a password that is one.
func TestEnrolment(t *testing.T) {
	w := newWorld(t)
	sheet, err := w.people.Change(t.Context(), officer.Request{Action: "add", Role: "verifier", Name: "Nadia Tazi"})
	require.NoError(t, err)
	require.Regexp(t, `^HUB-\d{5}$`, sheet.Officer)
	s := w.surfer()
	id := string(sheet.Officer)
	require.Equal(t, http.StatusUnauthorized, s.post("/enrol", "officer", id, "sheet", "AAAA-BBBB-CCCC").status)
	first := s.post("/enrol", "officer", strings.ToLower(id), "sheet", strings.ToLower(sheet.Code))
	require.Equal(t, http.StatusOK, first.status, first.text)
	secret := shownSecret.FindStringSubmatch(first.text)
	require.NotNil(t, secret, first.text)
	second := s.post("/enrol", "officer", id, "sheet", sheet.Code)
	require.Equal(t, secret[1], shownSecret.FindStringSubmatch(second.text)[1], "a page may be shown again")
	p := &phone{id: sheet.Officer, totp: totp(t, secret[1])}
	weak := s.post("/enrol", "officer", id, "sheet", sheet.Code, "password", "short", "code", p.code(w))
	require.Equal(t, http.StatusUnprocessableEntity, weak.status)
	require.Contains(t, weak.text, "12 and 128")
	wrong := s.post("/enrol", "officer", id, "sheet", sheet.Code, "password", password, "code", "000000")
	require.Equal(t, http.StatusUnauthorized, wrong.status)
	in := s.post("/enrol", "officer", id, "sheet", sheet.Code, "password", password, "code", p.code(w))
	require.Equal(t, "/verify", in.at, in.text)
	require.Contains(t, in.text, "Nadia Tazi")
	used := w.surfer().post("/enrol", "officer", id, "sheet", sheet.Code)
	require.Equal(t, http.StatusGone, used.status)
	lines, err := w.people.List(t.Context(), struct{}{})
	require.NoError(t, err)
	require.Len(t, lines, 1)
	require.True(t, lines[0].Enrolled)

	again, err := w.people.Change(t.Context(), officer.Request{Action: "reset", Officer: id})
	require.NoError(t, err)
	require.Contains(t, s.get("/verify").at, "/sign-in", "who was reset is out")
	w.passed.Add(int64(access.OneTimeLife) + int64(time.Minute))
	require.Equal(t, http.StatusGone, w.surfer().post("/enrol", "officer", id, "sheet", again.Code).status)
	w.clean("Nadia Tazi", password, sheet.Code, secret[1])
}

func TestSignIn(t *testing.T) {
	w := newWorld(t)
	nadia := w.hire(access.Verifier, "Nadia Tazi")
	s := w.surfer()
	try := func(id, password, code string) seen {
		return s.post("/sign-in", "officer", id, "password", password, "code", code)
	}
	code := nadia.code(w)
	unknown := try("HUB-00000", password, code)
	require.Equal(t, http.StatusUnauthorized, unknown.status)
	for name, got := range map[string]seen{
		"ErrPassword": try(string(nadia.id), "another sentence of mine", code), "ErrCode": try(string(nadia.id), password, "000000"),
	} {
		require.Equal(t, http.StatusUnauthorized, got.status, name)
		require.Contains(t, got.text, "we do not say which")
	}
	got := try(string(nadia.id), password, code)
	require.Equal(t, "/verify", got.at, got.text)
	replay := w.surfer().post("/sign-in", "officer", string(nadia.id), "password", password, "code", code)
	require.Equal(t, http.StatusUnauthorized, replay.status, "a code works once")
	w.until("refusals are lines", func() bool {
		lines, err := w.Deeds(0, 100)
		require.NoError(t, err)
		refused := 0
		for _, line := range lines {
			if line.How == wire.StaffWrong {
				refused++
				require.Equal(t, nadia.id, line.Officer)
			}
		}
		return refused == 3
	})
	fourth := w.surfer()
	var fifth seen
	for range 5 {
		fifth = fourth.post("/sign-in", "officer", "HUB-99999", "password", "x", "code", "1")
	}
	require.Equal(t, http.StatusTooManyRequests, fifth.status)
	require.Contains(t, fifth.text, "Too many attempts to sign in")
}

// TestLock locks by the button, by idleness and over a restart, and ends a day.
func TestLock(t *testing.T) {
	w := newWorld(t)
	nadia := w.hire(access.Verifier, "Nadia Tazi")
	s := w.signedIn(nadia)
	require.Contains(t, s.post("/lock", "next", "/verify").at, "/lock")
	require.Contains(t, s.get("/verify").at, "/lock?next=")
	require.Equal(t, http.StatusLocked, s.json(http.MethodGet, "/verify", "").status)
	require.Equal(t, http.StatusUnauthorized, s.post("/unlock", "password", "wrong").status)
	require.Equal(t, "/verify", s.post("/unlock", "password", password, "next", "/verify").at)

	w.passed.Add(int64(officer.IdleLock) - int64(time.Minute))
	require.Equal(t, "/verify", s.get("/verify").at, "awake")
	w.passed.Add(int64(officer.IdleLock) - int64(time.Minute))
	require.Equal(t, "/verify", s.get("/verify").at, "what a person does puts the lock off")
	w.passed.Add(int64(officer.IdleLock))
	require.Contains(t, s.get("/verify").at, "/lock")
	require.Equal(t, http.StatusNoContent, s.json(http.MethodPost, "/session/lock", "").status)
	lines, err := w.Deeds(0, 100)
	require.NoError(t, err)
	require.Equal(t, wire.StaffIdle, lines[len(lines)-1].How)
	opened := s.json(http.MethodPost, "/session/unlock", `{"code":"`+nadia.code(w)+`"}`)
	require.Equal(t, http.StatusOK, opened.status, opened.text)

	w.passed.Add(int64(12 * time.Hour))
	require.Contains(t, s.get("/verify").at, "/sign-in")
	require.Contains(t, s.post("/sign-out").at, "/sign-in")
}

func TestForeignForms(t *testing.T) {
	w := newWorld(t)
	nadia := w.hire(access.Verifier, "Nadia Tazi")
	s := w.signedIn(nadia)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.server.URL+"/sign-out", nil)
	require.NoError(t, err)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	require.Equal(t, http.StatusForbidden, s.do(r).status)
	page := s.get("/verify")
	require.Equal(t, "/verify", page.at, "still signed in")
	require.Contains(t, page.header.Get("Content-Security-Policy"), "default-src 'none'")
	require.Equal(t, "DENY", page.header.Get("X-Frame-Options"))
	require.Equal(t, http.StatusNotFound, s.get("/nothing").status)
	require.Contains(t, s.get("/api/v1/nothing").text, "no-such-route")
	for _, lang := range []string{"fr", "ar", "en"} {
		s.lang = lang
		require.Contains(t, s.get("/verify").text, `lang="`+lang+`"`)
	}
}

func TestOfficerChanges(t *testing.T) {
	w := newWorld(t)
	nadia := w.hire(access.Verifier, "Nadia Tazi")
	s := w.signedIn(nadia)
	for name, in := range map[string]officer.Request{
		"ErrAction":   {Action: "promote", Officer: string(nadia.id)},
		"ErrNoName":   {Action: "add", Role: "verifier"},
		"ErrPostRole": {Action: "add", Role: "agent", Name: "x"},
		"ErrNoRole":   {Action: "role", Officer: string(nadia.id)},
		"ErrUnknown":  {Action: "reset", Officer: "HUB-00000"},
		"ErrId":       {Action: "reset", Officer: "none"},
		"ErrRename":   {Action: "reset", Officer: string(nadia.id), Name: "x"},
	} {
		_, err := w.people.Change(t.Context(), in)
		require.Error(t, err, name)
	}
	_, err := w.people.Change(t.Context(), officer.Request{Action: "disable", Officer: string(nadia.id)})
	require.NoError(t, err)
	require.Contains(t, s.get("/verify").at, "/sign-in")
	refused := w.surfer().post("/sign-in", "officer", string(nadia.id), "password", password, "code", nadia.code(w))
	require.Equal(t, http.StatusUnauthorized, refused.status)
	noID := w.surfer().post("/sign-in", "officer", "Salma", "password", password, "code", nadia.code(w))
	require.Equal(t, http.StatusUnauthorized, noID.status)
	_, err = w.people.Change(t.Context(), officerRole(nadia, access.Auditor))
	require.Error(t, err)
}
