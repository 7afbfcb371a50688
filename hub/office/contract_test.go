package office_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub/office"
	"jaliya/internal/consular"
	"jaliya/internal/document"
	"jaliya/internal/seal"
)

func TestClearRequest(t *testing.T) {
	w := newWorld(t).open()
	first := w.call(http.MethodPut, "/v1/requests/c-1", w.hub.sent(t, "c-1"))
	require.Equal(t, http.StatusCreated, first.status)
	require.Equal(t, office.Told{ID: "c-1", State: "received", Seq: 1}, first.told)
	again := w.call(http.MethodPut, "/v1/requests/c-1", w.hub.sent(t, "c-1"))
	require.Equal(t, http.StatusOK, again.status, "other sealed bytes, the same request")
	require.Equal(t, first.raw, again.raw)
	w.clearPath("c-1")
	got := w.until("c-1")
	require.Equal(t, "issued", got.told.State)
	require.EqualValues(t, 2, got.told.Seq)
	r := w.hub.open(t, "c-1", got.told.Package)
	require.Equal(t, "DGSN26A000001", r.body.Number)
	require.Equal(t, consular.Date("2026-11-22"), r.body.Issued)
	require.Equal(t, consular.Date("2027-02-22"), r.body.Expires)
	require.Equal(t, "document-DGSN26A000001", r.body.Stem)
	require.True(t, bytes.HasPrefix(r.pdf, []byte("%PDF")))
	require.Equal(t, got.raw, w.get("c-1").raw)
	require.Equal(t, "issued", w.call(http.MethodPut, "/v1/requests/c-1/withdrawal", "{}").told.State)
	require.Equal(t, got.raw, w.call(http.MethodPut, "/v1/requests/c-1", w.hub.sent(t, "c-1")).raw, "a late repeat")

	w.pass(31 * 24 * time.Hour)
	w.turn()
	gone := w.get("c-1")
	require.Equal(t, http.StatusGone, gone.status)
	require.Equal(t, "erased", gone.code)
}

// TestNothingShows: whatever happens inside, the network reads the same bytes, and
// both documents come in packages of one size.
func TestNothingShows(t *testing.T) {
	w := newWorld(t).open()
	w.put("aa")
	w.put("bb")
	before := strings.ReplaceAll(string(w.get("aa").raw), "aa", "bb")
	require.Equal(t, before, string(w.get("bb").raw))
	same := func() {
		t.Helper()
		require.Equal(t, before, string(w.get("bb").raw))
		require.Equal(t, before, string(w.call(http.MethodPut, "/v1/requests/bb", w.hub.sent(t, "bb")).raw))
	}
	w.clearPath("aa")
	for _, a := range []office.Act{
		of(office.SeveralFound), of(office.Found),
		{Event: office.EntryAdded, Entry: mention()},
		{Event: office.EntryAdded, Entry: mention()},
		{Event: office.EntryDropped, Place: 1},
		of(office.EntriesFound),
		{Event: office.Proposed, Text: "grounds", Keep: []int{0}},
	} {
		w.must(1, "bb", a)
		same()
	}
	w.must(2, "bb", office.Act{Event: office.Returned, Text: "look again"})
	w.must(2, "bb", office.Act{Event: office.Proposed, Text: "grounds", Keep: []int{0, 0}})
	require.Error(t, w.do(2, "bb", of(office.Confirmed)), "not the same person")
	w.must(1, "bb", of(office.Confirmed), of(office.IssueOrdered))
	same()
	plain, reviewed := w.until("aa"), w.until("bb")
	require.Equal(t, len(plain.raw), len(reviewed.raw))
	a, b := w.hub.open(t, "aa", plain.told.Package), w.hub.open(t, "bb", reviewed.told.Package)
	require.Equal(t, a.size, b.size)
	require.NotEqual(t, a.body.Number, b.body.Number)
}

func TestQuestion(t *testing.T) {
	w := newWorld(t).open()
	w.put("q-1")
	w.must(1, "q-1", office.Act{Event: office.Asked, Text: "Quel est le nom de votre mère ?", Language: consular.French})
	require.Equal(t, "received", w.get("q-1").told.State, "it leaves in a slot")
	answer := func(text string) string {
		sealed := w.hub.packet(t, w.hub.office, "q-1", office.Answer("q-1", text))
		return `{"packet":"` + base64.StdEncoding.EncodeToString(sealed) + `"}`
	}
	early := w.call(http.MethodPut, "/v1/requests/q-1/answer", answer("x"))
	require.Equal(t, http.StatusConflict, early.status)
	require.Equal(t, "not-asked", early.code)
	w.pass(slot)
	w.turn()
	asked := w.get("q-1")
	require.Equal(t, "question", asked.told.State)
	body := w.hub.open(t, "q-1", asked.told.Package)
	require.Equal(t, "Quel est le nom de votre mère ?", body.body.Question)
	require.Equal(t, "fr", body.body.Language)
	require.Nil(t, body.pdf)

	good := answer("Zohra")
	got := w.call(http.MethodPut, "/v1/requests/q-1/answer", good)
	require.Equal(t, office.Told{ID: "q-1", State: "received", Seq: 3}, got.told)
	require.Equal(t, got.raw, w.call(http.MethodPut, "/v1/requests/q-1/answer", good).raw, "a repeat")
	second := w.call(http.MethodPut, "/v1/requests/q-1/answer", answer("Zohra"))
	require.Equal(t, http.StatusConflict, second.status)
	require.Equal(t, "answered", second.code)
	require.Error(t, w.do(1, "q-1", office.Act{Event: office.Asked, Text: "Another?", Language: consular.French}), "once")
	w.clearPath("q-1")
	require.Equal(t, "issued", w.until("q-1").told.State)
}

func TestRefusal(t *testing.T) {
	w := newWorld(t).open()
	for i, reason := range office.Refusals() {
		id := "r-" + reason.String()
		w.put(id)
		before := w.get(id).raw
		require.Error(t, w.do(1, id, office.Act{Event: office.RefusalDecided, Reason: consular.RefusedDeceased}))
		if i == 0 { // while its question is out
			w.must(1, id, office.Act{Event: office.Asked, Text: "Who?", Language: consular.Arabic})
			w.pass(slot)
			w.turn()
			require.Equal(t, "question", w.get(id).told.State)
			w.must(1, id, office.Act{Event: office.RefusalDecided, Reason: reason})
			require.Equal(t, "question", w.get(id).told.State)
			sealed := w.hub.packet(t, w.hub.office, id, office.Answer(id, "me"))
			got := w.call(http.MethodPut, "/v1/requests/"+id+"/answer", `{"packet":"`+base64.StdEncoding.EncodeToString(sealed)+`"}`)
			require.Equal(t, "received", got.told.State, string(got.raw))
		} else {
			w.must(1, id, office.Act{Event: office.RefusalDecided, Reason: reason})
			require.Equal(t, before, w.get(id).raw, "until its slot")
		}
		got := w.until(id)
		require.Equal(t, "refused", got.told.State)
		require.Equal(t, reason.String(), got.told.Reason)
		require.Empty(t, got.told.Package)
	}
}

func TestWithdrawal(t *testing.T) {
	w := newWorld(t).open()
	unknown := w.call(http.MethodPut, "/v1/requests/w-0/withdrawal", "{}")
	require.Equal(t, office.Told{ID: "w-0", State: "withdrawn", Seq: 1}, unknown.told)
	require.Equal(t, "withdrawn", w.put("w-0").told.State, "it came later, and is not worked on")
	for id, path := range map[string]func(string){"w-1": func(string) {}, "w-2": w.clearPath, "w-3": w.reviewPath} {
		w.put(id)
		path(id)
		got := w.call(http.MethodPut, "/v1/requests/"+id+"/withdrawal", "{}")
		require.Equal(t, office.Told{ID: id, State: "withdrawn", Seq: 2}, got.told)
		require.Equal(t, got.raw, w.call(http.MethodPut, "/v1/requests/"+id+"/withdrawal", "{}").raw)
	}
	w.pass(20 * slot)
	w.turn()
	require.Equal(t, "withdrawn", w.get("w-2").told.State, "no document of it leaves")
}

// TestAuthorityDown: nothing is issued, the officer sees why, and the same number
// is used when it works again.
func TestAuthorityDown(t *testing.T) {
	w := newWorld(t).open()
	w.put("d-1")
	w.clearPath("d-1")
	w.times.down.Store(true)
	for range 20 {
		w.pass(slot / 2)
		w.turn()
		require.Equal(t, "received", w.get("d-1").told.State)
	}
	require.Equal(t, "unavailable", w.office.Hindrance("d-1"))
	number := w.office.NumberOf("d-1")
	w.times.down.Store(false)
	got := w.until("d-1")
	require.Equal(t, number, w.hub.open(t, "d-1", got.told.Package).body.Number)
	require.Empty(t, w.office.Hindrance("d-1"))
}

func TestVoidAndRevoke(t *testing.T) {
	w := newWorld(t).open()
	w.put("v-1")
	w.clearPath("v-1")
	for w.office.NumberOf("v-1") == "" {
		w.pass(slot / 4)
		w.turn()
	}
	first := w.office.NumberOf("v-1")
	require.Error(t, w.do(1, "v-1", office.Act{Event: office.RevocationSaid, Text: "why"}), "nobody has it")
	w.must(1, "v-1", office.Act{Event: office.Voided, Text: "wrong name"}, of(office.NothingFound), of(office.IssueOrdered))
	got := w.until("v-1")
	second := w.hub.open(t, "v-1", got.told.Package).body.Number
	require.NotEqual(t, first, second)
	require.Error(t, w.do(1, "v-1", office.Act{Event: office.Voided, Text: "why"}), "the hub has it")
	w.must(1, "v-1", office.Act{Event: office.RevocationSaid, Text: "fraud"})
	list, err := w.office.RevokedList()
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, second, list[0].Number)
	name := document.Name(consular.RecordPolice, second)
	told := func() string { return string(w.call(http.MethodGet, "/v1/revoked", "").raw) }
	require.JSONEq(t, `{"revoked":[{"id":"v-1","document":"`+hex.EncodeToString(name[:])+`"}]}`, told())
	w.pass(101 * 24 * time.Hour)
	require.JSONEq(t, `{"revoked":[]}`, told(), "nobody could show it any more")
	require.Equal(t, "issued", w.get("v-1").told.State)
}

func TestBadInput(t *testing.T) {
	w := newWorld(t).open()
	w.put("held")
	w.must(1, "held", office.Act{Event: office.Asked, Text: "Who?", Language: consular.English})
	w.pass(slot)
	w.turn()
	held := w.get("held").raw
	other, err := seal.GeneratePostKey(w.hub.dicts)
	require.NoError(t, err)
	sent := func(change func(*office.Sent)) office.Sent {
		s := w.hub.sent(t, "new")
		change(&s)
		return s
	}
	packet := func(to seal.PostPublic, id string, raw []byte) func(*office.Sent) {
		return func(s *office.Sent) { s.Packet = base64.StdEncoding.EncodeToString(w.hub.packet(t, to, id, raw)) }
	}
	content := func(change func(*office.TestContent)) []byte {
		c := testContent()
		change(&c)
		return office.Content("new", c)
	}
	good := w.hub.sent(t, "new")
	foreign := func(r *http.Request) { r.Header.Set("Authorization", "Bearer another") }
	for name, test := range map[string]struct {
		method, path string
		body         any
		change       func(*http.Request)
		status       int
		code         string
	}{
		"ErrForeignToken":  {http.MethodPut, "/new", good, foreign, 401, "unauthenticated"},
		"ErrNoToken":       {http.MethodGet, "/held", nil, func(r *http.Request) { r.Header.Del("Authorization") }, 401, "unauthenticated"},
		"ErrUnknown":       {http.MethodGet, "/nobody", nil, nil, 404, "not-found"},
		"ErrID":            {http.MethodPut, "/New_1", good, nil, 422, "invalid"},
		"ErrLongID":        {http.MethodPut, "/" + strings.Repeat("a", 65), good, nil, 422, "invalid"},
		"ErrProduct":       {http.MethodPut, "/new", sent(func(s *office.Sent) { s.Product = "cnie.first" }), nil, 422, "invalid"},
		"ErrRecord":        {http.MethodPut, "/new", sent(func(s *office.Sent) { s.Record = "zz" }), nil, 422, "invalid"},
		"ErrReplyNumber":   {http.MethodPut, "/new", sent(func(s *office.Sent) { s.Reply.Number = 7 }), nil, 422, "invalid"},
		"ErrReplyKey":      {http.MethodPut, "/new", sent(func(s *office.Sent) { s.Reply.Key = "AAAA" }), nil, 422, "invalid"},
		"ErrNoPacket":      {http.MethodPut, "/new", sent(func(s *office.Sent) { s.Packet = "" }), nil, 422, "invalid"},
		"ErrBase64":        {http.MethodPut, "/new", sent(func(s *office.Sent) { s.Packet = "!!" }), nil, 422, "invalid"},
		"ErrOtherKey":      {http.MethodPut, "/new", sent(packet(other.Public(), "new", office.Content("new", testContent()))), nil, 422, "packet-unreadable"},
		"ErrOtherID":       {http.MethodPut, "/new", sent(packet(w.hub.office, "other", office.Content("new", testContent()))), nil, 422, "packet-unreadable"},
		"ErrInnerID":       {http.MethodPut, "/new", sent(packet(w.hub.office, "new", office.Content("old", testContent()))), nil, 422, "packet-differs"},
		"ErrInnerProduct":  {http.MethodPut, "/new", sent(func(s *office.Sent) { s.Product = "record.justice" }), nil, 422, "packet-differs"},
		"ErrInnerVersion":  {http.MethodPut, "/new", sent(packet(w.hub.office, "new", content(func(c *office.TestContent) { c.Version = 2 }))), nil, 422, "packet-differs"},
		"ErrNoName":        {http.MethodPut, "/new", sent(packet(w.hub.office, "new", content(func(c *office.TestContent) { c.Person.Family.Arabic = "" }))), nil, 422, "packet-incomplete"},
		"ErrNoUse":         {http.MethodPut, "/new", sent(packet(w.hub.office, "new", content(func(c *office.TestContent) { c.Use = consular.Use{} }))), nil, 422, "packet-incomplete"},
		"ErrGarbageInside": {http.MethodPut, "/new", sent(packet(w.hub.office, "new", []byte("no cbor"))), nil, 422, "packet-unreadable"},
		"ErrOversized":     {http.MethodPut, "/new", sent(func(s *office.Sent) { s.Packet = strings.Repeat("A", 200<<10) }), nil, 413, "too-large"},
		"ErrHuge":          {http.MethodPut, "/new", `{"product":"` + strings.Repeat("a", 300<<10) + `"}`, nil, 413, "too-large"},
		"ErrJSON":          {http.MethodPut, "/new", `{"product":`, nil, 400, "malformed"},
		"ErrUnknownField":  {http.MethodPut, "/new", `{"contact":"x"}`, nil, 400, "malformed"},
		"ErrTwoValues":     {http.MethodPut, "/new", `{} {}`, nil, 400, "malformed"},
		"ErrType":          {http.MethodPut, "/new", good, func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, 415, "content-type"},
		"ErrAnotherRecord": {http.MethodPut, "/held", func() office.Sent {
			s := w.hub.sent(t, "held")
			s.Record = hex.EncodeToString(bytes.Repeat([]byte{9}, 16))
			return s
		}(), nil, 409, "another-request"},
		"ErrAnotherProduct": {http.MethodPut, "/held", func() office.Sent {
			s := w.hub.sent(t, "held")
			s.Product = "record.justice"
			return s
		}(), nil, 409, "another-request"},
		"ErrAnswerUnknown":  {http.MethodPut, "/nobody/answer", `{"packet":"AAAA"}`, nil, 404, "not-found"},
		"ErrAnswerGarbage":  {http.MethodPut, "/held/answer", `{"packet":"AAAA"}`, nil, 422, "packet-unreadable"},
		"ErrAnswerField":    {http.MethodPut, "/held/answer", `{"text":"x"}`, nil, 400, "malformed"},
		"ErrWithdrawalBody": {http.MethodPut, "/held/withdrawal", `{"why":"x"}`, nil, 400, "malformed"},
		"ErrNoRoute":        {http.MethodGet, "/held/findings", nil, nil, 404, "no-such-route"},
		"ErrMethod":         {http.MethodDelete, "/held", nil, nil, 405, "method-not-allowed"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, language := range []string{"en", "fr", "ar"} {
				got := w.call(test.method, "/v1/requests"+test.path, test.body, func(r *http.Request) {
					r.Header.Set("Accept-Language", language)
					if test.change != nil {
						test.change(r)
					}
				})
				require.Equal(t, test.status, got.status, string(got.raw))
				require.Equal(t, test.code, got.code)
				require.NotEmpty(t, got.title)
				require.NotContains(t, string(got.raw), canary)
			}
			require.Equal(t, held, w.get("held").raw)
			require.Equal(t, http.StatusNotFound, w.get("new").status, "nothing was kept")
		})
	}
	require.Equal(t, 200, w.call(http.MethodGet, "/v1/health", nil).status)
	require.Equal(t, 401, w.call(http.MethodGet, "/v1/health", nil, foreign).status)
}
