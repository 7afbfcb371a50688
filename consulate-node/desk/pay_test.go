package desk_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/desk"
	"jaliya/internal/consular"
)

func (w *world) payment(tb testing.TB, v desk.View, body map[string]string) answer {
	tb.Helper()
	return w.do(tb, call{
		role: agent, method: http.MethodPost, path: "/visits/" + v.Visit + "/payment", version: v.Version, body: body,
	})
}

func (w *world) show(tb testing.TB, visit string) desk.View {
	tb.Helper()
	var v desk.View
	w.must(tb, call{role: agent, method: http.MethodGet, path: "/visits/" + visit}, &v)
	return v
}

// aged is a visit whose fee is known.
func (w *world) aged(tb testing.TB) desk.View {
	tb.Helper()
	v := w.begin(tb)
	return w.put(tb, v.Visit, v.Version, adult().Person)
}

var receiptForm = regexp.MustCompile(`^FR-LYO-2026-0007-(\d{5})$`)

func receiptNumber(t *testing.T, v desk.View) int {
	t.Helper()
	m := receiptForm.FindStringSubmatch(v.Payment.Receipt)
	require.NotNil(t, m, v.Payment.Receipt)
	n, err := strconv.Atoi(m[1])
	require.NoError(t, err)
	return n
}

func TestPay(t *testing.T) {
	cash := map[string]string{"method": "cash", "received": "110"}
	t.Run("OKCash", func(t *testing.T) {
		w := newWorld(t)
		v := w.fill(t, w.begin(t))
		require.Equal(t, consular.MAD(15), v.Payment.Change())
		w.release(t, v)
		_, body, _ := w.openEntry(t, v.Visit)
		require.Equal(t, consular.PaymentCash, body.Payment.Method)
		require.Equal(t, body.Fee.Total, body.Payment.Due)
		require.Equal(t, consular.MAD(120), body.Payment.Received)
		require.Equal(t, "service:agent", body.Payment.By)
		require.Regexp(t, receiptForm, body.Payment.Receipt)
	})
	t.Run("OKWaived", func(t *testing.T) {
		w := newWorld(t)
		v := w.fill(t, w.begin(t))
		w.must(t, call{
			role: agent, method: http.MethodPost, path: "/visits/" + v.Visit + "/payment", version: v.Version,
			body: map[string]string{"method": "waived", "waiver": "indigence"},
		}, &v)
		var review desk.Review
		w.must(t, call{role: supervisor, method: http.MethodGet, path: "/visits/" + v.Visit + "/review"}, &review)
		require.Contains(t, review.Look, desk.FieldRule{Field: "payment", Rule: "waived"}, "the second person is told")
		w.release(t, v)
		_, body, _ := w.openEntry(t, v.Visit)
		require.Equal(t, consular.WaivedIndigence, body.Payment.Waiver)
		require.Empty(t, body.Payment.Receipt)
	})
	t.Run("OKAmendmentIsNotPaidTwice", func(t *testing.T) {
		w := newWorld(t)
		first := w.release(t, w.fill(t, w.begin(t)))
		draft := w.fill(t, w.amended(t, first, ""))
		require.Nil(t, draft.Payment)
		w.release(t, draft)
		_, body, _ := w.openEntry(t, draft.Visit)
		require.Equal(t, consular.WaivedPaidBefore, body.Payment.Waiver)
	})
	t.Run("ErrNeitherPaidNorWaived", func(t *testing.T) {
		w := newWorld(t)
		v := w.aged(t)
		require.Contains(t, v.Warnings, desk.FieldRule{Field: "payment", Rule: "unpaid"})
		a := w.do(t, call{role: supervisor, method: http.MethodPost, path: "/visits/" + v.Visit + "/release", version: v.Version})
		require.Equal(t, "incomplete", a.problem.Code)
	})
	t.Run("ErrFeeChanged", func(t *testing.T) {
		w := newWorld(t)
		v := w.fill(t, w.begin(t))
		number := v.Payment.Receipt
		child := adult().Person
		child.Birth = "2018-01-01"
		v = w.put(t, v.Visit, v.Version, child)
		require.Contains(t, v.Warnings, desk.FieldRule{Field: "payment", Rule: "fee-changed"})
		w.must(t, call{
			role: agent, method: http.MethodPost, path: "/visits/" + v.Visit + "/payment", version: v.Version, body: map[string]string{"method": "cash", "received": "80"},
		}, &v)
		require.NotContains(t, v.Warnings, desk.FieldRule{Field: "payment", Rule: "fee-changed"})
		require.Equal(t, number, v.Payment.Receipt, "one visit, one number")
	})
	t.Run("OKNumbersRunWithoutGap", func(t *testing.T) {
		w := newWorld(t)
		const n = 8
		visits := make([]desk.View, n)
		for i := range visits {
			visits[i] = w.aged(t)
		}
		var wait sync.WaitGroup
		for _, v := range visits {
			wait.Go(func() { w.payment(t, v, cash) })
		}
		wait.Wait()
		w.restart(t)
		seen := map[int]bool{}
		for _, v := range append(visits, w.aged(t)) {
			w.payment(t, w.show(t, v.Visit), cash)
			seen[receiptNumber(t, w.show(t, v.Visit))] = true
		}
		require.Len(t, seen, n+1)
		require.True(t, seen[1] && seen[n+1])
		w.now = w.now.AddDate(1, 0, 0)
		next := w.aged(t)
		w.payment(t, next, cash)
		require.Equal(t, "FR-LYO-2027-0007-00001", w.show(t, next.Visit).Payment.Receipt)
	})
	t.Run("OKDoubleClick", func(t *testing.T) {
		w := newWorld(t)
		v := w.aged(t)
		require.Equal(t, http.StatusOK, w.payment(t, v, cash).Code)
		paid := w.show(t, v.Visit)
		require.Equal(t, http.StatusOK, w.payment(t, v, cash).Code, "the same again")
		require.Equal(t, paid, w.show(t, v.Visit))
		a := w.payment(t, v, map[string]string{"method": "waived", "waiver": "official"})
		require.Equal(t, "version-conflict", a.problem.Code)
	})
}

func TestPayRefusals(t *testing.T) {
	w := newWorld(t)
	v := w.aged(t)
	for name, c := range map[string]struct {
		body        map[string]string
		field, rule string
	}{
		"ErrTooLittle":  {map[string]string{"method": "cash", "received": "104.99"}, "payment.received", "too-little"},
		"ErrNothing":    {map[string]string{"method": "cash"}, "payment.received", "required"},
		"ErrCurrency":   {map[string]string{"method": "cash", "received": "105 EUR"}, "payment.received", "not-allowed"},
		"ErrAmount":     {map[string]string{"method": "cash", "received": "1 000"}, "payment.received", "format"},
		"ErrNegative":   {map[string]string{"method": "cash", "received": "-105"}, "payment.received", "format"},
		"ErrHuge":       {map[string]string{"method": "cash", "received": "99999999999999999999"}, "payment.received", "range"},
		"ErrNoReason":   {map[string]string{"method": "waived"}, "payment.waiver", "required"},
		"ErrReason":     {map[string]string{"method": "waived", "waiver": "friend"}, "payment.waiver", "unknown"},
		"ErrNotBefore":  {map[string]string{"method": "waived", "waiver": "paid-before"}, "payment.waiver", "not-allowed"},
		"ErrNoMethod":   {map[string]string{}, "payment.method", "required"},
		"ErrCardMethod": {map[string]string{"method": "card"}, "payment.method", "unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			a := w.payment(t, v, c.body)
			require.Equal(t, http.StatusUnprocessableEntity, a.Code)
			require.Equal(t, c.field, a.problem.Violations[0].Field)
			require.Equal(t, c.rule, a.problem.Violations[0].Rule)
			require.Nil(t, w.show(t, v.Visit).Payment)
		})
	}
	t.Run("ErrFeeUnknown", func(t *testing.T) {
		fresh := w.begin(t)
		a := w.payment(t, fresh, map[string]string{"method": "cash", "received": "500"})
		require.Equal(t, "fee", a.problem.Violations[0].Field)
	})
	t.Run("ErrNoVersion", func(t *testing.T) {
		fresh := v
		fresh.Version = 0
		require.Equal(t, "version-required", w.payment(t, fresh, map[string]string{"method": "cash", "received": "500"}).problem.Code)
	})
}

func TestPayOnTheScreen(t *testing.T) {
	w := newWorld(t)
	s := surfer{tb: t, handler: w.screens(t), role: "agent", lang: "fr"}
	v := w.aged(t)
	at := "/visits/" + v.Visit + "/steps/fee"
	page := s.get(at)
	require.Contains(t, page.text, "105,00")
	require.Contains(t, page.text, `value="105"`)
	got := s.post("/visits/"+v.Visit+"/payment", page.versioned("method", "cash", "payment.received", "100"))
	require.Equal(t, http.StatusUnprocessableEntity, got.Code)
	require.Contains(t, got.text, `href="#payment.received"`)
	require.NotContains(t, got.text, "{currency}")
	require.Contains(t, got.text, `value="100"`, "what was typed stays")
	got = s.post("/visits/"+v.Visit+"/payment", page.versioned("method", "waived"))
	require.Contains(t, got.text, `href="#payment.waiver"`)
	require.Contains(t, got.text, "<details open>")

	w.put(t, v.Visit, v.Version, adult().Contact)
	got = s.post("/visits/"+v.Visit+"/payment", page.versioned("method", "cash", "payment.received", "105"))
	require.Equal(t, http.StatusConflict, got.Code)
	require.Contains(t, got.text, "a changé entre-temps")
	got = s.post("/visits/"+v.Visit+"/payment", got.versioned("method", "cash", "payment.received", "200"))
	require.Contains(t, got.text, "FR\u2011LYO\u20112026\u20110007\u201100001")
	require.Contains(t, got.text, "95,00")
	require.Contains(t, s.get("/visits/"+v.Visit+"/steps/review").text, "FR\u2011LYO\u20112026\u20110007\u201100001")
	for _, language := range []string{"ar", "en"} {
		s.lang = language
		require.NotRegexp(t, regexp.MustCompile(`>[^<]*\b(payment|desk|web)\.[a-z_]+`), s.get(at).text)
	}
	s.role = "auditor"
	require.Equal(t, http.StatusForbidden, s.post("/visits/"+v.Visit+"/payment", url.Values{}).Code)
}

// TestFeeOfTheDay: the fee is that of the day at the post, and what was settled
// before midnight for another amount does not pass.
func TestFeeOfTheDay(t *testing.T) {
	w := newWorld(t)
	v := w.begin(t)
	person := adult().Person
	person.Birth = "23/11/2014"
	v = w.put(t, v.Visit, v.Version, person)
	require.Equal(t, http.StatusOK, w.payment(t, v, map[string]string{"method": "cash", "received": "80"}).Code)
	require.NotContains(t, w.show(t, v.Visit).Warnings, desk.FieldRule{Field: "payment", Rule: "fee-changed"})
	w.now = w.now.Add(24 * time.Hour) // twelve years old
	require.Contains(t, w.show(t, v.Visit).Warnings, desk.FieldRule{Field: "payment", Rule: "fee-changed"})
}
