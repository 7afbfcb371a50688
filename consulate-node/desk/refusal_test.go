package desk_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/desk"
	"jaliya/internal/access"
	"jaliya/internal/web"
	"jaliya/internal/wire"
)

func TestRefusals(t *testing.T) {
	w := newWorld(t)
	v := w.begin(t)
	visit := "/visits/" + v.Visit
	id := func() string { return wire.NewRecordID().String() }
	begin := func(changed map[string]any) map[string]any {
		body := map[string]any{"visit": id(), "service": "cnie.first", "pickup": "FR-LYO"}
		maps.Copy(body, changed)
		return body
	}
	cases := map[string]struct {
		call
		status int
		code   string
		field  string // "field rule" that must be among the violations
	}{
		"ErrNoToken":         {call{method: http.MethodGet, path: "/visits"}, 401, "unauthenticated", ""},
		"ErrForeignRole":     {call{role: access.Auditor, method: http.MethodGet, path: "/visits"}, 403, "denied", ""},
		"ErrAgentReleases":   {call{role: agent, method: http.MethodPost, path: visit + "/release", version: 1}, 403, "denied", ""},
		"ErrAdminReads":      {call{role: access.PostAdmin, method: http.MethodGet, path: visit}, 403, "denied", ""},
		"ErrServiceUnknown":  {call{role: agent, method: http.MethodPost, path: "/visits", body: begin(map[string]any{"service": "cnie.tenth"})}, 400, "malformed", "service unknown"},
		"ErrServiceMissing":  {call{role: agent, method: http.MethodPost, path: "/visits", body: begin(map[string]any{"service": ""})}, 422, "invalid", "service required"},
		"ErrPickupShape":     {call{role: agent, method: http.MethodPost, path: "/visits", body: begin(map[string]any{"pickup": "Lyon"})}, 400, "malformed", "post format"},
		"ErrPickupUnknown":   {call{role: agent, method: http.MethodPost, path: "/visits", body: begin(map[string]any{"pickup": "FR-ZZZ"})}, 422, "invalid", "pickup unknown"},
		"ErrVisitID":         {call{role: agent, method: http.MethodPost, path: "/visits", body: begin(map[string]any{"visit": "12"})}, 422, "invalid", "visit format"},
		"ErrVisitIDZero":     {call{role: agent, method: http.MethodPost, path: "/visits", body: begin(map[string]any{"visit": strings.Repeat("0", 32)})}, 422, "invalid", "visit required"},
		"ErrVisitIDTaken":    {call{role: agent, method: http.MethodPost, path: "/visits", body: begin(map[string]any{"visit": v.Visit, "service": "cnie.renewal"})}, 409, "exists", ""},
		"ErrUnknownMember":   {call{role: agent, method: http.MethodPost, path: "/visits", body: begin(map[string]any{"Benali": 1})}, 400, "malformed", "body unknown-member"},
		"ErrWrongType":       {call{role: agent, method: http.MethodPut, path: visit + "/person", version: 1, body: `{"birth_date":19900512}`}, 400, "malformed", "birth_date type"},
		"ErrHugeJSON":        {call{role: agent, method: http.MethodPut, path: visit + "/person", version: 1, body: `{"sex":"` + strings.Repeat("F", 70<<10) + `"}`}, 413, "too-large", ""},
		"ErrNotJSON":         {call{role: agent, method: http.MethodPut, path: visit + "/person", version: 1, body: `{"sex":`}, 400, "malformed", "body json"},
		"ErrNoVersion":       {call{role: agent, method: http.MethodPut, path: visit + "/person", body: `{}`}, 428, "version-required", ""},
		"ErrVersionShape":    {call{role: agent, method: http.MethodPut, path: visit + "/person", body: `{}`, header: map[string]string{"If-Match": "W/1"}}, 422, "invalid", "if_match format"},
		"ErrVersionAhead":    {call{role: agent, method: http.MethodPut, path: visit + "/person", body: `{}`, version: 99}, 409, "version-conflict", ""},
		"ErrGroupUnknown":    {call{role: agent, method: http.MethodPut, path: visit + "/shoes", version: 1, body: `{}`}, 404, "no-such-route", ""},
		"ErrVisitUnknown":    {call{role: agent, method: http.MethodGet, path: "/visits/" + id()}, 404, "not-found", ""},
		"ErrVisitPath":       {call{role: agent, method: http.MethodGet, path: "/visits/Benali"}, 404, "not-found", ""},
		"ErrVisitUpperCase":  {call{role: agent, method: http.MethodGet, path: "/visits/" + strings.ToUpper(v.Visit)}, 404, "not-found", ""},
		"ErrRoute":           {call{role: agent, method: http.MethodGet, path: "/shoes"}, 404, "no-such-route", ""},
		"ErrMethod":          {call{role: agent, method: http.MethodPut, path: "/visits"}, 405, "method-not-allowed", ""},
		"ErrReferenceShape":  {call{role: agent, method: http.MethodGet, path: "/requests/123"}, 422, "invalid", "reference length"},
		"ErrReferenceDigits": {call{role: agent, method: http.MethodGet, path: "/requests/123456789012345678"}, 422, "invalid", "reference checksum"},
		"ErrImageName":       {call{role: agent, method: http.MethodPost, path: visit + "/images/passport", body: announcement([]byte("x"))}, 422, "invalid", "name unknown"},
		"ErrImageFinger":     {call{role: agent, method: http.MethodPost, path: visit + "/images/print-sixth", body: announcement([]byte("x"))}, 422, "invalid", "name unknown"},
		"ErrImagePage":       {call{role: agent, method: http.MethodPost, path: visit + "/images/scan-birth-extract-1", body: announcement([]byte("x"))}, 422, "invalid", "name unknown"},
		"ErrImageEmpty":      {call{role: agent, method: http.MethodPost, path: visit + "/images/portrait", body: announcement(nil)}, 422, "invalid", "size range"},
		"ErrImageHuge":       {call{role: agent, method: http.MethodPost, path: visit + "/images/portrait", body: map[string]any{"size": desk.MaxImage + 1, "sha256": strings.Repeat("a", 64)}}, 413, "too-large", ""},
		"ErrImageDigest":     {call{role: agent, method: http.MethodPost, path: visit + "/images/portrait", body: map[string]any{"size": 1, "sha256": "no"}}, 422, "invalid", "sha256 format"},
		"ErrImageUnknown":    {call{role: agent, method: http.MethodHead, path: visit + "/images/portrait"}, 404, "", ""},
		"ErrReleaseEmpty":    {call{role: supervisor, method: http.MethodPost, path: visit + "/release", version: 1}, 422, "incomplete", "images.portrait required"},
		"ErrReleaseVersion":  {call{role: supervisor, method: http.MethodPost, path: visit + "/release", version: 9}, 409, "version-conflict", ""},
		"ErrReleaseNone":     {call{role: supervisor, method: http.MethodPost, path: visit + "/release"}, 428, "version-required", ""},
		"ErrSlipNotReleased": {call{role: agent, method: http.MethodDelete, path: visit + "/slip"}, 404, "not-found", ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			a := w.do(t, c.call)
			require.Equal(t, c.status, a.Code, a.Body.String())
			require.Equal(t, c.code, a.problem.Code)
			require.NotContains(t, a.Body.String(), "Benali")
			if c.field != "" {
				found := []string{}
				for _, one := range a.problem.Violations {
					found = append(found, one.Field+" "+one.Rule)
				}
				require.Contains(t, found, c.field)
			}
		})
	}
	t.Run("OKUnchanged", func(t *testing.T) {
		var after desk.View
		w.must(t, call{role: agent, method: http.MethodGet, path: visit}, &after)
		require.Equal(t, v, after)
	})
}

// TestEveryRouteAsks proves for the whole table that the permission is asked
// first, before path, body and version are looked at.
func TestEveryRouteAsks(t *testing.T) {
	w := newWorld(t)
	for _, route := range desk.Routes() {
		path := strings.NewReplacer(":visit", "no", ":name", "no", ":reference", "no").Replace(route.Path)
		require.Equal(t, 401, w.do(t, call{method: route.Method, path: path, body: "no"}).Code, path)
		for _, role := range access.Roles() {
			a := w.do(t, call{role: role, method: route.Method, path: path, body: "no"})
			require.Equal(t, !role.Has(route.Permission), a.Code == http.StatusForbidden, "%s %s %s", role, route.Method, path)
		}
	}
}

func TestActionsAskForThemselves(t *testing.T) {
	w := newWorld(t)
	ctx, who, visit := t.Context(), access.Principal{ID: "x", Role: access.Auditor}, wire.NewRecordID()
	errs := map[string]error{}
	_, errs["Begin"] = w.desk.Begin(ctx, who, desk.BeginInput{})
	_, errs["Put"] = w.desk.Put(ctx, who, desk.PutInput{})
	_, errs["Change"] = w.desk.Change(ctx, who, desk.ChangeInput{})
	_, errs["Draft"] = w.desk.Draft(ctx, who, visit)
	_, errs["Drafts"] = w.desk.Drafts(ctx, who)
	errs["Discard"] = w.desk.Discard(ctx, who, visit, 1)
	_, errs["StartImage"] = w.desk.StartImage(ctx, who, desk.ImageInput{})
	_, errs["ImageStatus"] = w.desk.ImageStatus(ctx, who, visit, "portrait")
	_, errs["AppendImage"] = w.desk.AppendImage(ctx, who, desk.AppendInput{})
	_, errs["DropImage"] = w.desk.DropImage(ctx, who, visit, "portrait")
	_, errs["Review"] = w.desk.Review(ctx, who, visit)
	_, errs["Release"] = w.desk.Release(ctx, who, visit, 1)
	errs["SlipGiven"] = w.desk.SlipGiven(ctx, who, visit)
	_, errs["Get"] = w.desk.Get(ctx, who, "")
	_, errs["Receipt"] = w.desk.Receipt(ctx, who, "")
	_, errs["Follow"] = w.desk.Follow(ctx, who, desk.FollowInput{})
	_, errs["Status"] = w.desk.Status(ctx, who)
	for name, err := range errs {
		require.ErrorContains(t, err, "access: require", name)
	}
}

func TestBegin(t *testing.T) {
	t.Run("OKReplay", func(t *testing.T) {
		w := newWorld(t)
		v := w.begin(t)
		body := map[string]any{"visit": v.Visit, "service": "cnie.first", "pickup": "FR-LYO"}
		v = w.put(t, v.Visit, v.Version, adult().Contact)
		w.full = true
		var again desk.View
		w.must(t, call{role: agent, method: http.MethodPost, path: "/visits", body: body}, &again)
		require.Equal(t, v, again, "a replay gives the draft as it is, also when space is short")
	})
	t.Run("ErrFullBeforeCapture", func(t *testing.T) {
		w := newWorld(t)
		w.full = true
		a := w.do(t, call{role: agent, method: http.MethodPost, path: "/visits", body: map[string]any{
			"visit": wire.NewRecordID().String(), "service": "cnie.first", "pickup": "FR-LYO",
		}})
		require.Equal(t, "full", a.problem.Code)
		require.Equal(t, http.StatusInsufficientStorage, a.Code)
		var s desk.Status
		w.must(t, call{role: access.PostAdmin, method: http.MethodGet, path: "/status"}, &s)
		require.Equal(t, "full", s.Capture)
		require.Zero(t, s.Drafts)
	})
	t.Run("OKSurvivesRestart", func(t *testing.T) {
		w := newWorld(t)
		v := w.begin(t)
		v = w.put(t, v.Visit, v.Version, adult().Person)
		w.restart(t)
		var after desk.View
		w.must(t, call{role: agent, method: http.MethodGet, path: "/visits/" + v.Visit}, &after)
		require.Equal(t, v, after)
	})
}

func TestPut(t *testing.T) {
	t.Run("OKWrongValuesAreKept", func(t *testing.T) {
		w := newWorld(t)
		v := w.begin(t)
		typed := &desk.PersonForm{
			Family: desk.NameForm{Arabic: "Latin", Latin: "عربي"}, Birth: "31/02/1990", Sex: "perhaps", NationalNumber: "!",
		}
		v = w.put(t, v.Visit, v.Version, typed)
		require.Equal(t, typed, v.Forms.Person)
		found := map[string]string{}
		for _, one := range v.Warnings {
			found[one.Field] = string(one.Rule)
		}
		require.Equal(t, "script", found["person.family_name.arabic"])
		require.Equal(t, "script", found["person.family_name.latin"])
		require.Equal(t, "calendar", found["person.birth_date"])
		require.Equal(t, "unknown", found["person.sex"])
		require.Equal(t, "format", found["person.national_number"])
		require.Equal(t, "required", found["person.given_name.arabic"])
	})
	t.Run("OKReplay", func(t *testing.T) {
		w := newWorld(t)
		v := w.begin(t)
		first := w.put(t, v.Visit, v.Version, adult().Person)
		again := w.put(t, v.Visit, v.Version, adult().Person)
		require.Equal(t, first, again)
	})
	t.Run("ErrTwoTabs", func(t *testing.T) {
		w := newWorld(t)
		v := w.begin(t)
		first := w.put(t, v.Visit, v.Version, adult().Contact)
		a := w.do(t, call{
			role: agent, method: http.MethodPut, path: "/visits/" + v.Visit + "/contact", version: v.Version,
			body: desk.ContactForm{Phone: "+33698765432"},
		})
		require.Equal(t, "version-conflict", a.problem.Code)
		require.Equal(t, first.Version, a.problem.Next.Version)
	})
	t.Run("OKTwoTabsOnTwoGroups", func(t *testing.T) {
		w := newWorld(t)
		v := w.begin(t)
		w.put(t, v.Visit, v.Version, adult().Contact)
		w.put(t, v.Visit, v.Version, adult().Person)
	})
	t.Run("ErrReleased", func(t *testing.T) {
		w := newWorld(t)
		v := w.fill(t, w.begin(t))
		w.release(t, v)
		for _, c := range []call{
			{role: agent, method: http.MethodGet, path: "/visits/" + v.Visit},
			{role: agent, method: http.MethodGet, path: "/visits/" + v.Visit + "/review"},
			{role: agent, method: http.MethodPut, path: "/visits/" + v.Visit + "/person", body: `{}`, version: 1},
			{role: agent, method: http.MethodPatch, path: "/visits/" + v.Visit, body: `{}`, version: 1},
			{role: agent, method: http.MethodDelete, path: "/visits/" + v.Visit, version: 1},
			{role: agent, method: http.MethodPost, path: imagePath(v.Visit, "portrait"), body: announcement([]byte("x"))},
			{role: agent, method: http.MethodPatch, path: imagePath(v.Visit, "portrait"), body: []byte("x"), header: offset(0)},
			{role: agent, method: http.MethodPost, path: "/visits", body: map[string]any{
				"visit": v.Visit, "service": "cnie.first", "pickup": "FR-LYO",
			}},
		} {
			a := w.do(t, c)
			require.Equal(t, http.StatusConflict, a.Code, c.path)
			require.Equal(t, "released", a.problem.Code, c.path)
		}
	})
}

func TestChangeAndDiscard(t *testing.T) {
	w := newWorld(t)
	v := w.begin(t)
	path := "/visits/" + v.Visit
	a := w.do(t, call{role: agent, method: http.MethodPatch, path: path, body: `{"pickup":"FR-ZZZ"}`, version: v.Version})
	require.Equal(t, "invalid", a.problem.Code)
	var after desk.View
	w.must(t, call{role: agent, method: http.MethodPatch, path: path, body: `{"service":"record.justice","pickup":"FR-PAR"}`, version: v.Version}, &after)
	require.Equal(t, "record.justice", after.Service.String())
	require.Equal(t, "FR-PAR", after.Pickup.String())
	w.upload(t, v.Visit, "portrait", portrait(t, 413, 531))
	a = w.do(t, call{role: agent, method: http.MethodDelete, path: path, version: after.Version})
	require.Equal(t, "version-conflict", a.problem.Code)
	w.must(t, call{role: agent, method: http.MethodDelete, path: path, version: a.problem.Next.Version}, nil)
	require.Equal(t, 404, w.do(t, call{role: agent, method: http.MethodGet, path: path}).Code)
	require.NoDirExists(t, w.dir+"/drafts/"+v.Visit)
}

func FuzzJSON(f *testing.F) {
	for _, form := range []any{adult().Person, adult().Contact, adult().Documents, adult().Fingers} {
		raw, err := json.Marshal(form)
		require.NoError(f, err)
		f.Add(uint8(len(raw)), raw)
	}
	f.Add(uint8(0), []byte(`{"former_names":[{}],"birth_date":"٣١/٠٢/١٩٩٠"}`))
	f.Add(uint8(4), []byte(`{"reports":[{"finger":"right-index","quality":-1e3}]}`))
	f.Add(uint8(5), []byte(`{"consent":"present","contact":{"phone":"\u0000"}}`))
	w := newWorld(f)
	f.Fuzz(func(t *testing.T, group uint8, raw []byte) {
		form, err := desk.NewForm(desk.Groups()[int(group)%len(desk.Groups())])
		require.NoError(t, err)
		if err := web.DecodeJSON(raw, form); err != nil {
			require.True(t, web.Has(err, web.CodeJSON))
			return
		}
		review := w.desk.Assess(form)
		require.False(t, review.Ready, "one group alone is never enough")
		for _, v := range review.Violations {
			require.NotEmpty(t, v.Rule)
			require.Regexp(t, `^[a-zA-Z0-9_.-]+$`, v.Field, "a field is a name of ours")
		}
		_, err = json.Marshal(review)
		require.NoError(t, err)
	})
}
