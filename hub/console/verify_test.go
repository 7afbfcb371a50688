package console_test

import (
	"encoding/json"
	"html"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"jaliya/hub/console"
	"jaliya/hub/ledger"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var hiddenField = regexp.MustCompile(`<input type="hidden" name="(order|version)" value="([^"]*)"`)

// carried gives what the forms of a page carry: order and version.
func (p seen) carried(t *testing.T) []string {
	t.Helper()
	held := map[string]string{}
	for _, m := range hiddenField.FindAllStringSubmatch(p.text, -1) {
		held[m[1]] = html.UnescapeString(m[2])
	}
	require.NotEmpty(t, held["version"], p.text)
	return []string{"order", held["order"], "version", held["version"]}
}

func (s surfer) decide(ref consular.Reference, page []string, pairs ...string) seen {
	s.w.tb.Helper()
	return s.post("/verify/case/"+ref.Digits()+"/decision", append(page, pairs...)...)
}

// TestVerify reads a case and approves it; every opening and the decision name
// the officer.
func TestVerify(t *testing.T) {
	w := newWorld(t)
	nadia := w.hire(access.Verifier, "Nadia Tazi")
	ref, who := w.release()
	s := w.signedIn(nadia)
	list := s.get("/verify")
	require.Equal(t, http.StatusOK, list.status)
	require.Contains(t, list.text, "/verify/case/"+ref.Digits())
	require.Contains(t, list.text, "1 case waits")
	require.NotContains(t, list.text, who.Person.Family.Latin, "a list names nobody")

	page := s.get("/verify/case/" + ref.Digits())
	require.Equal(t, http.StatusOK, page.status, page.text)
	for _, text := range []string{
		who.Person.Family.Latin, who.Person.Family.Arabic, who.Person.Given.Arabic, "/images/portrait", "Nadia Tazi",
		"LYO-10001", "Nobody opened it before you",
	} {
		require.Contains(t, page.text, html.EscapeString(text))
	}
	require.Equal(t, "no-store", page.header.Get("Cache-Control"))
	portrait := s.get("/verify/case/" + ref.Digits() + "/images/portrait")
	require.Equal(t, http.StatusOK, portrait.status)
	require.Equal(t, "image/jpeg", portrait.header.Get("Content-Type"))
	require.Equal(t, "no-store", portrait.header.Get("Cache-Control"))
	require.True(t, strings.HasPrefix(portrait.text, "\xff\xd8"))
	openings, err := w.Openings(0, 10)
	require.NoError(t, err)
	require.Len(t, openings, 2)
	for i, part := range []string{"", "portrait"} {
		require.Equal(t, string(nadia.id), openings[i].By)
		require.Equal(t, part, openings[i].Part)
	}
	require.Equal(t, http.StatusNotFound, s.get("/verify/case/"+ref.Digits()+"/images/nothing").status)

	again := s.get("/verify/case/" + ref.Digits())
	require.Contains(t, again.text, "Opened 3 times before you")
	done := s.decide(ref, again.carried(t), "decision", console.DecidePass)
	require.Equal(t, "/verify?said=pass", done.at)
	require.Contains(t, done.text, "Case approved")
	require.Equal(t, workflow.Approved, w.state(ref))
	double := s.decide(ref, again.carried(t), "decision", console.DecidePass)
	require.Equal(t, "/verify?said=pass", double.at, "a double click is harmless")
	c, err := w.Case(ref)
	require.NoError(t, err)
	deeds, err := w.DeedsOn(c.Number, 10)
	require.NoError(t, err)
	require.Len(t, deeds, 1)
	require.Equal(t, nadia.id, deeds[0].Officer)

	count := len(openings)
	gone := s.get("/verify/case/" + ref.Digits())
	require.Equal(t, http.StatusNotFound, gone.status)
	require.Contains(t, gone.text, "Nothing was opened")
	require.Equal(t, http.StatusNotFound, s.get("/verify/case/"+ref.Digits()+"/images/portrait").status)
	openings, err = w.Openings(0, 10)
	require.NoError(t, err)
	require.Equal(t, count+2, len(openings), "one for the part that is not there, one for the second reading, none after")
	w.clean(who.Person.Family.Latin, who.Person.Family.Arabic, password)
}

// clean wants none of the words in logs and commands, and a state that proves
// itself.
func (w *world) clean(words ...string) {
	w.tb.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, word := range words {
		require.NotContains(w.tb, w.log.String(), word)
		for _, e := range w.entries {
			require.NotContains(w.tb, string(e.Command), word)
		}
	}
	require.NoError(w.tb, w.store.View(func(r kv.Reader) error { return ledger.Audit(r).Err() }))
}

func TestDecisions(t *testing.T) {
	w := newWorld(t)
	s := w.signedIn(w.hire(access.Verifier, "Nadia Tazi"))
	for _, story := range []struct {
		decision, reason string
		want             workflow.State
	}{
		{console.DecideReturn, "names-differ", workflow.Returned},
		{console.DecideRecapture, "portrait-quality", workflow.Recapture},
		{console.DecideSupplement, "file-incomplete", workflow.SupplementUntold},
		{console.DecideRefuse, "not-entitled", workflow.Rejected},
		{console.DecideSuspect, "fraud", workflow.Adjudication},
	} {
		t.Run("OK "+story.decision, func(t *testing.T) {
			ref, _ := w.release()
			page := s.get("/verify/case/" + ref.Digits()).carried(t)
			missing := s.decide(ref, page, "decision", story.decision)
			require.Contains(t, missing.at, "check="+story.decision)
			require.Contains(t, missing.text, "Choose a reason")
			wrong := s.decide(ref, page, "decision", story.decision, "reason", "withdrawn")
			require.Equal(t, http.StatusUnprocessableEntity, wrong.status)
			require.Equal(t, workflow.Verifying, w.state(ref))
			done := s.decide(ref, page, "decision", story.decision, "reason", story.reason)
			require.Equal(t, "/verify?said="+story.decision, done.at, done.text)
			require.Equal(t, story.want, w.state(ref))
		})
	}
	ref, _ := w.release()
	page := s.get("/verify/case/" + ref.Digits()).carried(t)
	for name, pairs := range map[string][]string{
		"ErrDecision":     {"decision", "burn"},
		"ErrReasonOfPass": {"decision", "pass", "reason", "names-differ"},
		"ErrReason":       {"decision", "refuse", "reason", "because"},
		"ErrFraud":        {"decision", "refuse", "reason", "fraud"},
		"ErrNoVersion":    {"decision", "pass", "version", ""},
		"ErrNoOrder":      {"decision", "pass", "order", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := s.decide(ref, page, pairs...)
			require.Equal(t, http.StatusUnprocessableEntity, got.status, got.text)
			require.Equal(t, workflow.Verifying, w.state(ref))
		})
	}
	t.Run("ErrOrderOfAnother", func(t *testing.T) {
		other, _ := w.release()
		got := s.decide(other, page, "decision", "pass")
		require.Equal(t, http.StatusNotFound, got.status)
		require.Equal(t, workflow.Verifying, w.state(other))
	})
}

// TestTwoVerifiers has two of them read one case: the slower one is told who was
// faster and with what, and changes nothing.
func TestTwoVerifiers(t *testing.T) {
	w := newWorld(t)
	first := w.signedIn(w.hire(access.Verifier, "Nadia Tazi"))
	second := w.signedIn(w.hire(access.Verifier, "Karim Alaoui"))
	ref, _ := w.release()
	seenByFirst := first.get("/verify/case/" + ref.Digits()).carried(t)
	seenBySecond := second.get("/verify/case/" + ref.Digits()).carried(t)
	first.decide(ref, seenByFirst, "decision", "return", "reason", "birth-differs")
	late := second.decide(ref, seenBySecond, "decision", "pass")
	require.Equal(t, http.StatusConflict, late.status)
	require.Contains(t, late.text, "Nadia Tazi")
	require.Contains(t, late.text, "sent back to the post")
	require.Contains(t, late.text, "Your decision changed nothing")
	require.Equal(t, workflow.Returned, w.state(ref))

	// The case waits as before, but somebody chose another post meanwhile: the page is stale.
	ref, _ = w.release()
	stale := second.get("/verify/case/" + ref.Digits()).carried(t)
	c, err := w.Case(ref)
	require.NoError(t, err)
	w.must(ledger.Decide{
		Time: w.now().UnixMilli(), Reference: ref.Digits(), Event: uint8(workflow.PickupChanged), Actor: uint16(workflow.Citizen),
		Facts: ledger.Facts{Pickup: "IT-MIL"},
	})
	late = second.decide(ref, stale, "decision", "pass")
	require.Equal(t, http.StatusConflict, late.status)
	require.Contains(t, late.text, "moved since you opened it")
	require.Equal(t, workflow.Verifying, w.state(ref))
	deeds, err := w.DeedsOn(c.Number, 10)
	require.NoError(t, err)
	require.Empty(t, deeds)
}

// TestOtherRoles finds every route closed to whoever lacks its permission, and
// to nobody.
func TestOtherRoles(t *testing.T) {
	w := newWorld(t)
	ref, _ := w.release()
	fill := strings.NewReplacer(":reference", ref.Digits(), ":part", "portrait", ":label", "P261FRLYO0001X", ":act", "pack")
	people := make(map[access.Role]surfer)
	for _, role := range access.HubRoles() {
		people[role] = w.signedIn(w.hire(role, "Somebody "+string(role)))
	}
	nobody := w.surfer()
	for _, route := range console.APIRoutes() {
		got := nobody.json(route.Method, fill.Replace(route.Path), "{}")
		require.Equal(t, http.StatusUnauthorized, got.status, route.Path)
		for role, s := range people {
			if !role.Has(route.Permission) {
				got := s.json(route.Method, fill.Replace(route.Path), "{}")
				require.Equal(t, http.StatusForbidden, got.status, "%s %s", role, route.Path)
			}
		}
	}
	for _, route := range console.ScreenRoutes() {
		ask := func(s surfer) seen {
			if route.Method == http.MethodPost {
				return s.post(fill.Replace(route.Path))
			}
			return s.get(fill.Replace(route.Path))
		}
		got := ask(nobody)
		if route.Method == http.MethodGet {
			require.Contains(t, got.at, "/sign-in", route.Path)
		} else {
			require.Equal(t, http.StatusUnauthorized, got.status, route.Path)
		}
		for role, s := range people {
			if route.Permission != "" && !role.Has(route.Permission) {
				require.Equal(t, http.StatusForbidden, ask(s).status, "%s %s", role, route.Path)
			}
		}
	}
	openings, err := w.Openings(0, 10)
	require.NoError(t, err)
	for _, o := range openings {
		officer, err := w.Officer(wire.StaffID(o.By))
		require.NoError(t, err)
		require.True(t, access.Role(officer.Role).Has(access.CaseVerify), "opened by a %s", officer.Role)
	}
	require.Equal(t, workflow.Verifying, w.state(ref))
	empty := people[access.Auditor].get("/")
	require.Contains(t, empty.text, "Nothing to do here yet")
}

// TestDemoted has an officer lose the role between page and decision.
func TestDemoted(t *testing.T) {
	w := newWorld(t)
	nadia := w.hire(access.Verifier, "Nadia Tazi")
	s := w.signedIn(nadia)
	ref, _ := w.release()
	page := s.get("/verify/case/" + ref.Digits()).carried(t)
	_, err := w.people.Change(t.Context(), officerRole(nadia, access.Auditor))
	require.NoError(t, err)
	require.Equal(t, http.StatusUnauthorized, s.decide(ref, page, "decision", "pass").status)
	require.Equal(t, workflow.Verifying, w.state(ref))
}

// TestVerifyAPI is the same by JSON.
func TestVerifyAPI(t *testing.T) {
	w := newWorld(t)
	nadia := w.hire(access.Verifier, "Nadia Tazi")
	s := w.surfer()
	in := s.json(http.MethodPost, "/session", `{"officer":"`+string(nadia.id)+`","password":"`+password+`","code":"`+nadia.code(w)+`"}`)
	require.Equal(t, http.StatusCreated, in.status, in.text)
	ref, who := w.release()
	var list struct {
		Waiting []struct {
			Reference      consular.Reference
			Order, Version uint64
			Due            time.Time
			Limit          time.Time `json:"legal_limit"`
		}
	}
	require.NoError(t, json.Unmarshal([]byte(s.json(http.MethodGet, "/verify", "").text), &list))
	require.Len(t, list.Waiting, 1)
	require.Equal(t, ref, list.Waiting[0].Reference)
	require.False(t, list.Waiting[0].Due.IsZero())
	require.InDelta(t, 60, time.Until(list.Waiting[0].Limit).Hours()/24, 1, "law 55-19")
	var file struct {
		Release struct {
			Person consular.Person
			Parts  []struct{ Name, SHA256 string }
		}
		Offers []string
	}
	got := s.json(http.MethodGet, "/verify/"+ref.Digits(), "")
	require.NoError(t, json.Unmarshal([]byte(got.text), &file), got.text)
	require.Equal(t, who.Person.Family, file.Release.Person.Family)
	require.Regexp(t, "^[0-9a-f]{64}$", file.Release.Parts[0].SHA256)
	require.Equal(t, console.Decisions(), file.Offers)
	require.Equal(t, "image/jpeg", s.json(http.MethodGet, "/verify/"+ref.Digits()+"/images/portrait", "").header.Get("Content-Type"))
	body := func(version uint64, decision string) string {
		return `{"order":` + strconv.FormatUint(list.Waiting[0].Order, 10) + `,"version":` + strconv.FormatUint(version, 10) + `,"decision":"` + decision + `"}`
	}
	version := list.Waiting[0].Version
	stale := s.json(http.MethodPost, "/verify/"+ref.Digits()+"/decision", body(version-1, "pass"))
	require.Equal(t, http.StatusConflict, stale.status)
	require.Contains(t, stale.text, `"version-conflict"`)
	require.Contains(t, stale.text, `"version":`+strconv.FormatUint(version, 10))
	require.Equal(t, http.StatusUnprocessableEntity, s.json(http.MethodPost, "/verify/"+ref.Digits()+"/decision", body(version, "refuse")).status)
	require.Equal(t, http.StatusBadRequest, s.json(http.MethodPost, "/verify/"+ref.Digits()+"/decision", `{"seal":1}`).status)
	require.Equal(t, http.StatusNotFound, s.json(http.MethodGet, "/verify/123", "").status)
	done := s.json(http.MethodPost, "/verify/"+ref.Digits()+"/decision", body(version, "pass"))
	require.Equal(t, http.StatusOK, done.status, done.text)
	require.Contains(t, done.text, `"APPROVED"`)
	require.Equal(t, http.StatusNoContent, s.json(http.MethodDelete, "/session", "").status)
	require.Equal(t, http.StatusUnauthorized, s.json(http.MethodGet, "/verify", "").status)
}
