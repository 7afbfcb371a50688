package centre_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub/gateway/centre"
	"jaliya/internal/config"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/outside"
	outsite "jaliya/internal/outside/centre"
	"jaliya/internal/workflow"
)

func TestJourney(t *testing.T) {
	t.Run("OK/FromApprovalToCard", func(t *testing.T) {
		w := newWorld(t)
		s := w.routed()
		err := w.attempt(workflow.OrderProduce)
		require.True(t, later(t, err).Waiting())
		require.Equal(t, workflow.InProduction, w.state(), "told at once, the order stays open")
		w.until(workflow.OrderProduce, 400)
		require.Equal(t, workflow.Produced, w.state())
		require.Equal(t, 1, w.count(workflow.SiteAccepted))
		require.Equal(t, 1, s.Cards())
		card, err := w.conn.CardOf(t.Context(), 17)
		require.NoError(t, err)
		require.Regexp(t, `^ZZ\d{7}$`, card.Serial)
		require.Equal(t, w.flow.Serial, centre.SerialDigest(card.Serial))
	})
	t.Run("OK/SpoiltTwice", func(t *testing.T) {
		w := newWorld(t)
		s := w.routed()
		goWrong(t, s, outside.Fault{Kind: outsite.Spoil, Times: 2})
		w.until(workflow.OrderProduce, 400)
		require.Equal(t, workflow.Produced, w.state())
		require.Equal(t, 2, w.count(workflow.CardSpoilt))
		require.Equal(t, 3, s.Cards())
		require.Equal(t, uint8(2), w.flow.Attempts)
	})
	t.Run("OK/AllAtOnce", func(t *testing.T) { // the hub was away while the site worked
		w := newWorld(t)
		s := w.routed()
		goWrong(t, s, outside.Fault{Kind: outsite.Spoil, Times: 1})
		goWrong(t, s, outside.Fault{Kind: outside.Lose, On: "PUT", Times: 1})
		require.Error(t, w.attempt(workflow.OrderProduce))
		w.pass(48 * time.Hour)
		require.NoError(t, w.attempt(workflow.OrderProduce))
		require.Equal(t, workflow.Produced, w.state())
		require.Equal(t, 1, w.count(workflow.SiteAccepted))
		require.Equal(t, 1, w.count(workflow.CardSpoilt))
	})
	t.Run("OK/Remake", func(t *testing.T) {
		w := newWorld(t)
		s := w.routed()
		w.until(workflow.OrderProduce, 400)
		first := w.flow.Serial
		w.step(workflow.Input{Event: workflow.CardPacked, Actor: workflow.PouchOfficer, Pouch: workflow.PouchID{1}, Seen: w.flow.Version})
		w.step(workflow.Input{Event: workflow.PouchTroubled, Actor: workflow.Hub, Seen: w.flow.Version})
		w.step(workflow.Input{Event: workflow.RemakeOrdered, Actor: workflow.Hub, Seen: w.flow.Version})
		w.until(workflow.OrderProduce, 400)
		require.Equal(t, workflow.Produced, w.state())
		require.NotEqual(t, first, w.flow.Serial)
		require.Equal(t, 2, s.Cards())
	})
	t.Run("OK/SiteLostEverything", func(t *testing.T) {
		w := newWorld(t)
		s := w.routed()
		require.Error(t, w.attempt(workflow.OrderProduce))
		s.Forget()
		w.until(workflow.OrderProduce, 400)
		require.Equal(t, workflow.Produced, w.state())
		require.Equal(t, 1, w.count(workflow.SiteAccepted), "what is known is not told again")
	})
}

func goWrong(tb testing.TB, s *site, f outside.Fault) {
	tb.Helper()
	_, err := s.Faults().Add(f)
	require.NoError(tb, err)
}

// TestFaults injects every fault into every question and asks for one card.
func TestFaults(t *testing.T) {
	questions := map[string]string{"Send": "PUT /v1/jobs/{job}", "Ask": "GET /v1/jobs/{job}", "Capacity": "GET /v1/capacity"}
	faults := map[string]outside.Fault{
		"Drop": {Kind: outside.Drop}, "Status500": {Kind: outside.Status}, "Status503": {Kind: outside.Status, Status: 503},
		"Status429": {Kind: outside.Status, Status: 429}, "Slow": {Kind: outside.Delay, Delay: config.Duration(150 * time.Millisecond)},
		"Twice": {Kind: outside.Twice}, "Lose": {Kind: outside.Lose}, "WrongType": {Kind: outside.WrongType},
		"Garbage": {Kind: outside.Garbage}, "Truncate": {Kind: outside.Truncate}, "Oversize": {Kind: outside.Oversize},
	}
	for where, on := range questions {
		for what, f := range faults {
			t.Run("OK/"+where+"/"+what, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, func(c *centre.Config) { c.Timeout, c.Sending = config.Duration(100*time.Millisecond), c.Timeout })
				f.On, f.Times = on, 2
				// At both sites, as the lot decides which one is asked.
				goWrong(t, w.rabat, f)
				goWrong(t, w.marrakech, f)
				s := w.routed()
				w.until(workflow.OrderProduce, 400)
				require.Equal(t, workflow.Produced, w.state())
				require.Equal(t, 1, s.Cards(), "one card, whatever was repeated")
				require.Equal(t, 1, w.count(workflow.SiteAccepted))
				require.Equal(t, 1, w.count(workflow.CardProduced))
				require.Positive(t, s.Faults().Fired(f.Kind))
				require.Empty(t, w.conn.Letters())
			})
		}
	}
}

func TestRefusal(t *testing.T) {
	t.Run("OK/OtherSiteTakesIt", func(t *testing.T) {
		w := newWorld(t)
		s := w.routed()
		first := w.flow.Site
		goWrong(t, s, outside.Fault{Kind: outsite.Refuse, Times: 1})
		require.NoError(t, w.attempt(workflow.OrderProduce))
		require.Equal(t, workflow.Approved, w.state())
		require.Equal(t, consular.RefusedContentUnreadable, w.flow.Reason)
		w.routed()
		require.NotEqual(t, first, w.flow.Site)
		w.until(workflow.OrderProduce, 400)
		require.Equal(t, workflow.Produced, w.state())
	})
	t.Run("ErrEverySite", func(t *testing.T) {
		w := newWorld(t)
		for _, s := range []*site{w.rabat, w.marrakech} {
			goWrong(t, s, outside.Fault{Kind: outsite.Refuse})
		}
		for range 2 {
			w.routed()
			require.NoError(t, w.attempt(workflow.OrderProduce))
		}
		err := w.attempt(workflow.OrderRoute)
		require.True(t, fault.Is(err, fault.Invalid), "%v", err)
		require.Len(t, w.conn.Letters(), 1)
		require.Contains(t, w.conn.Letters()[0].Reason, "every site refused")
	})
	t.Run("ErrPacketOfAnotherJob", func(t *testing.T) { // sealed for one job, sent as another
		w := newWorld(t)
		s := w.routed()
		o, _ := w.open(workflow.OrderProduce)
		sealed, err := w.Reseal(t.Context(), o, centre.Recipient{
			Key: s.PublicKey(), Context: centre.PacketContext, AAD: centre.PacketAAD("another", o.Record.String()),
		})
		require.NoError(t, err)
		require.Equal(t, "packet-unreadable", put(t, s, "c0ffee-1-1", sealed).Refusal)
	})
}

func TestFailOver(t *testing.T) {
	w := newWorld(t)
	s := w.routed()
	first := w.flow.Site
	goWrong(t, s, outside.Fault{Kind: outside.Drop})
	for range 60 {
		err := w.attempt(workflow.OrderProduce)
		if err == nil {
			break
		}
		w.pass(later(t, err).RetryIn())
	}
	require.Equal(t, workflow.Approved, w.state())
	require.Equal(t, 1, w.count(workflow.SiteClosed))
	w.routed()
	require.NotEqual(t, first, w.flow.Site)
	require.Error(t, w.attempt(workflow.OrderCancelJob), "the site is still away")
	w.until(workflow.OrderProduce, 400)
	require.Equal(t, workflow.Produced, w.state())
	s.Faults().Clear()
	w.until(workflow.OrderCancelJob, 20)
	require.Equal(t, 1, s.Jobs()["canceled"], "should the lost job come late, it is refused")
	require.Empty(t, w.conn.Letters())
}

func TestClosedSites(t *testing.T) {
	w := newWorld(t)
	w.rabat.Close(time.Time{})
	w.marrakech.Close(time.Time{})
	err := w.attempt(workflow.OrderRoute)
	require.True(t, fault.Is(err, fault.Unavailable), "%v", err)
	w.marrakech.Open()
	w.pass(time.Minute)
	require.Same(t, w.marrakech, w.routed())
}

func TestCancel(t *testing.T) {
	freeze := workflow.Input{Event: workflow.FreezeNotified, Actor: workflow.Hub, Reason: consular.RefusedDeceased}
	begin := func(t *testing.T, after time.Duration) (*world, *site) {
		t.Helper()
		w := newWorld(t)
		s := w.routed()
		require.Error(t, w.attempt(workflow.OrderProduce))
		w.pass(after)
		freeze.Seen = w.flow.Version
		w.step(freeze)
		return w, s
	}
	for name, after := range map[string]time.Duration{
		"Queued": 0, "InProduction": 2*time.Hour + time.Minute, "Produced": 3 * time.Hour,
	} {
		t.Run("OK/"+name, func(t *testing.T) {
			w, s := begin(t, after)
			require.NoError(t, w.attempt(workflow.OrderCancelJob))
			require.Equal(t, map[string]int{"canceled": 1}, s.Jobs())
			require.Equal(t, workflow.Frozen, w.state())
		})
	}
	t.Run("ErrTooLate", func(t *testing.T) {
		w, _ := begin(t, 30*time.Hour)
		err := w.attempt(workflow.OrderCancelJob)
		require.True(t, fault.Is(err, fault.Conflict), "%v", err)
		require.Len(t, w.conn.Letters(), 1)
		require.Contains(t, w.conn.Letters()[0].Reason, "had left the site")
	})
}

func TestLetters(t *testing.T) {
	for name, c := range map[string]struct {
		fault outside.Fault
		after int
		text  string
	}{
		"Denied":      {outside.Fault{Kind: outside.Status, Status: 403}, 1, "does not accept who we are"},
		"Differs":     {outside.Fault{Kind: outside.Status, Status: 409}, 1, "another job under this id"},
		"Malformed":   {outside.Fault{Kind: outside.Status, Status: 422}, 1, "malformed"},
		"Version":     {outside.Fault{Kind: outside.Status, Status: 415}, 1, "another version"},
		"Unreachable": {outside.Fault{Kind: outside.Drop}, 6, "does not answer"},
		"Unreadable":  {outside.Fault{Kind: outside.Garbage}, 6, ""},
	} {
		t.Run("OK/"+name, func(t *testing.T) {
			w := newWorld(t, func(c *centre.Config) { c.FailOver = config.Duration(time.Hour * 24) })
			s := w.routed()
			c.fault.On = "PUT"
			if c.after > 1 {
				c.fault.On = "" // asked before it is sent again
			}
			goWrong(t, s, c.fault)
			for i := range c.after {
				require.Empty(t, w.conn.Letters(), "after %d", i)
				w.pass(later(t, w.attempt(workflow.OrderProduce)).RetryIn())
			}
			letters := w.conn.Letters()
			require.Len(t, letters, 1)
			require.Equal(t, workflow.OrderProduce, letters[0].Kind)
			require.Contains(t, letters[0].Reason, c.text)
			s.Faults().Clear()
			w.until(workflow.OrderProduce, 400)
			require.Empty(t, w.conn.Letters(), "it goes when the order succeeds")
		})
	}
	t.Run("ErrPacket", func(t *testing.T) {
		w := newWorld(t)
		w.routed()
		w.packet = fault.New(fault.Corrupt, "opener: reseal", "", nil)
		w.pass(time.Hour)
		require.True(t, fault.Is(w.attempt(workflow.OrderProduce), fault.Corrupt))
		require.Len(t, w.conn.Letters(), 1)
		require.Equal(t, workflow.Routed, w.state(), "another site would not open it either")
	})
}

func TestBreakerKeepsAway(t *testing.T) {
	w := newWorld(t, func(c *centre.Config) { c.FailOver = config.Duration(24 * time.Hour) })
	s := w.routed()
	goWrong(t, s, outside.Fault{Kind: outside.Garbage})
	before := func() int { _, n := s.Requests().Requests(); return n }
	for range 5 {
		require.Error(t, w.attempt(workflow.OrderProduce)) // no time passes
	}
	asked := before()
	require.Error(t, w.attempt(workflow.OrderProduce))
	require.Equal(t, asked, before(), "left alone")
	w.pass(time.Minute)
	require.Error(t, w.attempt(workflow.OrderProduce))
	require.Equal(t, asked+1, before(), "one trial")
}

func TestAnotherSiteAtTheAddress(t *testing.T) {
	t.Run("ErrOtherNumber", func(t *testing.T) {
		w := newWorld(t, func(c *centre.Config) { c.Sites[1].URL = c.Sites[0].URL })
		w.rabat.Close(time.Time{})
		require.True(t, fault.Is(w.attempt(workflow.OrderRoute), fault.Unavailable), "rabat is closed, the other is not marrakech")
	})
	t.Run("ErrRedirect", func(t *testing.T) {
		wrong := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("followed a redirect") }))
		t.Cleanup(wrong.Close)
		moved := httptest.NewServer(http.RedirectHandler(wrong.URL, http.StatusTemporaryRedirect))
		t.Cleanup(moved.Close)
		w := newWorld(t, func(c *centre.Config) { c.Sites[0].URL, c.Sites[1].URL = moved.URL, moved.URL })
		require.Error(t, w.attempt(workflow.OrderRoute))
	})
	t.Run("ErrToken", func(t *testing.T) {
		w := newWorld(t, func(c *centre.Config) { c.Sites[0].TokenFile, c.Sites[1].TokenFile = "", "" })
		require.Error(t, w.attempt(workflow.OrderRoute))
	})
}

func TestStranger(t *testing.T) {
	w := newWorld(t)
	o, _ := w.open(workflow.OrderRoute)
	o.Site, o.Kind = 9, uint8(workflow.OrderProduce)
	_, err := w.conn.Produce(t.Context(), o)
	require.True(t, fault.Is(err, fault.Unsupported), "a site that is not configured: %v", err)
	require.Len(t, w.conn.Letters(), 1)
}

// TestPrivacy makes a journey with everything that goes wrong and looks for the
// person in whatever is written on the way.
func TestPrivacy(t *testing.T) {
	w := newWorld(t)
	for _, s := range []*site{w.rabat, w.marrakech} {
		for _, kind := range []outside.Kind{outside.Drop, outside.Status, outside.Lose, outside.Garbage, outside.WrongType, outsite.Spoil} {
			goWrong(t, s, outside.Fault{Kind: kind, Times: 1})
		}
	}
	goWrong(t, w.rabat, outside.Fault{Kind: outsite.Refuse, Times: 1})
	for range 200 {
		for _, kind := range []workflow.Order{workflow.OrderRoute, workflow.OrderProduce, workflow.OrderCancelJob} {
			if _, found := w.open(kind); found && w.attempt(kind) != nil {
				w.pass(time.Minute)
			}
		}
	}
	require.Equal(t, workflow.Produced, w.state())
	person := somebody()
	written := strings.ToLower(w.log.String() + w.rabat.seen.String() + w.marrakech.seen.String())
	require.Contains(t, written, "c0ffee-17-")
	for _, secret := range []string{
		person.Family.Latin, person.Given.Latin, person.Family.Arabic, person.Given.Arabic, string(person.Birth),
		string(person.NationalNumber), "900101", "123456789012345609", token, "zz0000001", "zz1000001",
	} {
		require.NotContains(t, written, strings.ToLower(secret))
	}
}
