package desk_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/desk"
	"jaliya/internal/wire"
)

func recordForm() *desk.RecordForm {
	return &desk.RecordForm{
		Purpose: "visa", Country: "FR", Legalization: "none", Copies: "1", Notice: desk.NoticeVersion, Language: "fr",
		Document: "passport-copy",
	}
}

// TestRecordWish: what a request for a record lacks is named at its field.
func TestRecordWish(t *testing.T) {
	w := newWorld(t)
	var v desk.View
	w.must(t, call{role: agent, method: http.MethodPost, path: "/visits", body: map[string]any{
		"visit": wire.NewRecordID().String(), "service": "record.justice", "pickup": "FR-LYO",
	}}, &v)
	fields := func() []string {
		out := []string{}
		for _, one := range v.Warnings {
			out = append(out, one.Field+" "+string(one.Rule))
		}
		return out
	}
	for _, want := range []string{
		"use.purpose required", "use.country required", "use.copies range", "use.legalization required",
		"consent.version required", "consent.language required", "identity_proof.document required",
	} {
		require.Contains(t, fields(), want)
	}
	for want, change := range map[string]func(*desk.RecordForm){
		"use.text required":                   func(f *desk.RecordForm) { f.Purpose = "other" },
		"use.purpose unknown":                 func(f *desk.RecordForm) { f.Purpose = "holiday" },
		"use.copies format":                   func(f *desk.RecordForm) { f.Copies = "many" },
		"use.copies range":                    func(f *desk.RecordForm) { f.Copies = "6" },
		"consent.version unknown":             func(f *desk.RecordForm) { f.Notice = "1999-1" },
		"identity_proof.document not-allowed": func(f *desk.RecordForm) { f.Document = "family-booklet" },
		"identity_proof.document unknown":     func(f *desk.RecordForm) { f.Document = "library-card" },
	} {
		f := recordForm()
		change(f)
		v = w.put(t, v.Visit, v.Version, f)
		require.Contains(t, fields(), want)
	}
	v = w.put(t, v.Visit, v.Version, recordForm())
	v = w.put(t, v.Visit, v.Version, &desk.DeliveryForm{Mode: "electronic"})
	require.Contains(t, fields(), "delivery.mode not-allowed", "a counter has no digital sign-in")
	v = w.put(t, v.Visit, v.Version, &desk.DeliveryForm{Mode: "collect"})
	for _, one := range v.Warnings {
		require.NotContains(t, []string{"use", "consent", "identity_proof", "delivery"}, one.Field)
	}
}

// TestRecordStep: the page of a record asks, keeps what was typed, and shows the
// second person what will be sealed.
func TestRecordStep(t *testing.T) {
	w := newWorld(t)
	s := surfer{tb: t, handler: w.screens(t), role: "agent", lang: "fr"}
	var v desk.View
	w.must(t, call{role: agent, method: http.MethodPost, path: "/visits", body: map[string]any{
		"visit": wire.NewRecordID().String(), "service": "record.police", "pickup": "FR-LYO",
	}}, &v)
	at := "/visits/" + v.Visit + "/steps/record"
	page := s.get(at)
	require.Contains(t, page.text, "Pays d&#39;")
	require.NotContains(t, s.get("/visits/"+v.Visit+"/steps/delivery").text, `value="electronic"`)
	got := s.post(at, page.versioned("use.purpose", "other", "use.country", "FR", "use.copies", "2"))
	require.Contains(t, got.text, `href="#use.text"`)
	require.Contains(t, got.text, `href="#consent.version"`)
	good := got.versioned("use.purpose", "visa", "use.country", "ES", "use.copies", "2", "use.legalization", "apostille",
		"consent.version", desk.NoticeVersion, "consent.language", "ar", "identity_proof.document", "old-card")
	require.NotContains(t, s.post(at, good).text, `href="#use.`)
	review := s.get("/visits/" + v.Visit + "/steps/review").text
	for _, text := range []string{"Visa", "Espagne", "Apostille", "Carte nationale d&#39;identité", "notice 2026-1"} {
		require.Contains(t, review, text)
	}
	require.NotContains(t, s.post("/visits/"+v.Visit+"/steps/record", url.Values{"version": {"0"}}).text, "panic")
}
