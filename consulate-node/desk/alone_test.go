package desk_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/desk"
	"jaliya/consulate-node/handover"
)

// TestDeskAloneFor45Days: without a word of the hub for 44 days and beyond,
// people are enrolled, slips are printed and followed, and a card that lay here
// is given into a hand.
func TestDeskAloneFor45Days(t *testing.T) {
	c := newCounter(t)
	c.now = c.now.AddDate(0, 0, -50) // the documents of the visits are good for the whole time
	s := surfer{tb: t, handler: c.screens(t), role: "agent", lang: "fr"}
	c.shelvedByAPI(t)
	var slips []released
	for _, days := range []int{0, 9, 11, 24, 2} { // days 0, 9, 20, 44 and 46
		c.now = c.now.AddDate(0, 0, days)
		visit := c.fill(t, c.begin(t))
		second := surfer{tb: t, handler: s.handler, role: "supervisor", lang: "fr"}
		second.post("/visits/"+visit.Visit+"/release", second.get("/visits/"+visit.Visit+"/release").versioned())
		r := c.release(t, visit) // the same again, by the API
		require.True(t, r.Repeated)
		require.Equal(t, "L1", r.Level)
		require.NotEmpty(t, r.SlipCode)
		slips = append(slips, r)
		require.True(t, strings.HasPrefix(second.get("/visits/"+r.Visit+"/slip.pdf").text, "%PDF-"))
		require.Contains(t, s.get("/requests/"+r.Reference).text, "L1 · enregistré à ce poste")
		for _, one := range slips {
			var v desk.FollowView
			c.must(t, call{role: agent, method: http.MethodPost, path: "/follow", body: gin.H{
				"reference": one.Reference, "slip_code": one.SlipCode,
			}}, &v)
			require.EqualValues(t, "L1", v.Level)
		}
	}
	var g handover.Given
	c.must(t, call{role: agent, method: http.MethodPost, path: c.cardPath("/handover"), body: gin.H{
		"serial": cardSerial, "receiver": "person", "document": "passport", "face": true, "print": "matched",
		"receipt": true, "old_card": "none", "pin_letter": true,
	}}, &g)
	require.Equal(t, "HANDED_OVER", g.Card.State)
	var st desk.Status
	c.must(t, call{role: agent, method: http.MethodGet, path: "/status"}, &st)
	require.Equal(t, "open", st.Capture)
	require.Equal(t, st.Head.Sequence, st.Unsecured, "nothing reached the hub")
	require.Greater(t, st.OldestAge, int64(45*24*time.Hour/time.Second))
	for _, one := range slips {
		require.EqualValues(t, "L1", c.request(t, one.Reference).Level)
	}
	c.secure(t)
	for _, one := range slips {
		require.EqualValues(t, "L2", c.request(t, one.Reference).Level)
	}
}

// shelvedByAPI brings the card of the bag to its place.
func (c *counter) shelvedByAPI(tb testing.TB) {
	tb.Helper()
	c.must(tb, call{role: supervisor, method: http.MethodPost, path: c.pouchPath("/arrive")}, nil)
	c.must(tb, call{
		role: agent, method: http.MethodPost, path: c.pouchPath("/open"), body: gin.H{"seal": bagSeal}, header: c.beside(supervisor),
	}, nil)
	c.must(tb, call{role: agent, method: http.MethodPost, path: c.pouchPath("/scan"), body: gin.H{"serial": cardSerial}}, nil)
	c.must(tb, call{role: supervisor, method: http.MethodPost, path: c.pouchPath("/reconcile"), body: gin.H{"missing": 0}}, nil)
	c.must(tb, call{role: agent, method: http.MethodPost, path: c.cardPath("/shelve"), body: gin.H{"safe": "A", "box": "12"}}, nil)
}

// TestLimitsOnScreen shows the countdown in three languages, with what happens
// then and what to do.
func TestLimitsOnScreen(t *testing.T) {
	for lang, words := range map[string][]string{
		"fr": {"Combien de temps ce poste peut travailler seul", "Bloqué", "Rétablissez la liaison", "Certificat de la machine"},
		"en": {"How long this post can work alone", "Stopped", "Restore the link", "Machine certificate"},
		"ar": {"كم يمكن لهذا المركز أن يعمل وحده", "متوقف", "أعيدوا الربط", "شهادة الجهاز"},
	} {
		t.Run(lang, func(t *testing.T) {
			w := newWorld(t)
			w.limits = desk.LimitsOf(aloneFor(46 * aDay))
			w.restart(t)
			s := surfer{tb: t, handler: w.screens(t), role: "agent", lang: lang}
			page := s.get("/status").text
			for _, one := range words {
				require.Contains(t, page, one)
			}
			var st desk.Status
			w.must(t, call{role: agent, method: http.MethodGet, path: "/status"}, &st)
			require.Equal(t, "red", levels(st.Limits)["staff"])
		})
	}
}
