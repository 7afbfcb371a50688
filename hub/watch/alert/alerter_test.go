package alert_test

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"mime/quotedprintable"
	"net/http"
	netmail "net/mail"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"

	"jaliya/hub/gateway/mail"
	"jaliya/hub/ledger"
	"jaliya/hub/watch"
	"jaliya/hub/watch/alert"
	"jaliya/internal/consular"
)

func decoded(m *netmail.Message) io.Reader {
	switch m.Header.Get("Content-Transfer-Encoding") {
	case "quoted-printable":
		return quotedprintable.NewReader(m.Body)
	case "base64":
		return base64.NewDecoder(base64.StdEncoding, m.Body)
	}
	return m.Body
}

// TestToldOnce follows two needs from beginning to end, over a change of the
// leader: each turn is told once on each channel.
func TestToldOnce(t *testing.T) {
	n, s, r := newNation(t), newServer(t), newReceiver(t)
	cfg := alert.Config{Mail: []consular.Email{"shift@example.org"}, Console: "https://console.example", Webhook: r.section()}
	mailer := s.connector(func() time.Time { return n.now })
	first := n.alerter(cfg, mailer)
	n.see(time.Minute, silent(watch.Today), stuck(), disk())
	n.look(first)
	require.Empty(t, s.letters(), "it has not lasted")
	require.Equal(t, "pulse", r.take()[0].Type, "who just began to tell says so")

	n.now = n.now.Add(time.Minute)
	n.look(first)
	calls, letters := r.take(), s.letters()
	require.Len(t, calls, 1)
	require.Equal(t, []string{"begun post-silent/FR-LYO", "begun order-stuck/print"}, turns(calls[0].Lines), "one is less urgent than is told")
	require.Equal(t, []string{"open post-silent/FR-LYO", "open order-stuck/print"}, turns(calls[0].Open))
	require.Len(t, letters, 1)
	require.Equal(t, "<"+calls[0].ID+"@example.org>", letters[0].id)
	require.Equal(t, "fr", letters[0].language)
	require.Equal(t, "Maintenant : 0. Aujourd'hui ou bientôt : 2. Terminé : 0.", strings.ReplaceAll(letters[0].subject, "\u00a0", " "))

	n.look(first)
	second := n.alerter(cfg, mailer)
	n.now = n.now.Add(time.Minute)
	n.look(second)
	require.Empty(t, s.letters(), "another leader knows what was told")
	require.Equal(t, "pulse", r.take()[0].Type)

	n.see(time.Minute, silent(watch.Now), stuck())
	n.look(second)
	require.Equal(t, []string{"worse post-silent/FR-LYO"}, turns(r.take()[0].Lines))
	require.Contains(t, s.letters()[0].subject, "Poste silencieux, Lyon (FR-LYO)")
	n.see(time.Minute, silent(watch.Today), stuck())
	n.see(time.Minute, silent(watch.Now), stuck())
	n.look(second)
	require.Empty(t, s.letters(), "nobody is told of the same twice")

	n.see(time.Minute, stuck())
	n.look(second)
	require.Empty(t, s.letters(), "its end has not lasted")
	n.now = n.now.Add(time.Minute)
	n.look(second)
	calls, letters = r.take(), s.letters()
	require.Equal(t, []string{"ended post-silent/FR-LYO"}, turns(calls[0].Lines))
	require.Equal(t, "FR-LYO", calls[0].Lines[0]["post"])
	require.Contains(t, letters[0].subject, "Terminé")
	held, err := n.Needs()
	require.NoError(t, err)
	require.Len(t, held, 1, "what was told to its end is forgotten")
}

// TestNothingPersonal looks for what the console alone shows.
func TestNothingPersonal(t *testing.T) {
	n, s, r := newNation(t), newServer(t), newReceiver(t)
	a := n.alerter(alert.Config{
		Mail: []consular.Email{"shift.canary@example.org"}, Webhook: r.section(), Language: consular.English,
	}, s.connector(func() time.Time { return n.now }))
	n.see(time.Hour, silent(watch.Now))
	n.look(a)
	call, mail := r.take()[0], s.letters()[0]
	r.set(http.StatusServiceUnavailable)
	n.see(time.Hour)
	n.look(a)
	for name, text := range map[string]string{"call": call.raw, "mail": mail.subject + mail.text, "log": n.log.String()} {
		require.NotEmpty(t, text, name)
		for _, secret := range []string{"anary", "+33", "72 11", "o-1"} {
			require.NotContains(t, text, secret, name)
		}
	}
}

// TestChannelsAlone: what one channel delivered is noted, and the other is owed
// it until it takes it or it is no longer true.
func TestChannelsAlone(t *testing.T) {
	n, s, r := newNation(t), newServer(t), newReceiver(t)
	a := n.alerter(alert.Config{Mail: []consular.Email{"shift@example.org"}, Webhook: r.section()}, s.connector(func() time.Time { return n.now }))
	r.set(http.StatusTemporaryRedirect)
	n.see(time.Hour, silent(watch.Now), stuck())
	n.look(a)
	require.Len(t, s.letters(), 1)
	require.Equal(t, 1, r.calls, "a redirect is not followed")
	n.look(a)
	require.Equal(t, 1, r.calls, "it is left alone for a while")
	require.Empty(t, s.letters())

	n.see(time.Hour, stuck())
	r.set(0)
	n.look(a)
	require.Equal(t, []string{"begun order-stuck/print", "ended post-silent/FR-LYO"}, turns(r.take()[0].Lines), "a beginning that is over is not owed")
	require.Len(t, s.letters(), 1)
	require.Equal(t, 1, strings.Count(n.log.String(), "a channel of alerts fails"))

	n.now = n.now.Add(alert.Every)
	n.look(a)
	require.Empty(t, r.take())
	require.Empty(t, s.letters())
}

// TestAddressesAlone: an address that takes no mail silences nobody else.
func TestAddressesAlone(t *testing.T) {
	n, s := newNation(t), newServer(t)
	s.refuse["gone@example.org"] = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "canary"}
	a := n.alerter(alert.Config{Mail: []consular.Email{"gone@example.org", "shift@example.org"}}, s.connector(func() time.Time { return n.now }))
	n.see(time.Hour, silent(watch.Now))
	n.look(a)
	letters := s.letters()
	require.Len(t, letters, 1)
	require.Equal(t, "<shift@example.org>", letters[0].to)
	require.Contains(t, n.log.String(), "channel=mail-1")
	require.NotContains(t, n.log.String(), "gone")
	require.Equal(t, []alert.Outcome{
		{Channel: "mail-1", Reason: "alert: send mail: the carrier refused the address for good: not found"},
		{Channel: "mail-2", Good: true},
	}, a.Test(t.Context()))
	require.Equal(t, "Essai des alertes", s.letters()[0].subject)
}

// TestSameName: a member that died before it noted what it told is repeated
// under the same id by the next one.
func TestSameName(t *testing.T) {
	n, r := newNation(t), newReceiver(t)
	cfg := alert.Config{Webhook: r.section()}
	first := n.alerter(cfg, nil)
	n.see(time.Hour, silent(watch.Now), stuck())
	n.fail = errors.New("no leader")
	require.ErrorIs(t, first.Look(t.Context()), n.fail)
	require.ErrorIs(t, first.Look(t.Context()), n.fail)
	calls := r.take()
	require.Len(t, calls, 1, "it knows what it told")
	n.fail = nil
	n.follows = true
	n.look(first)
	require.Empty(t, r.take())
	n.follows = false
	n.look(n.alerter(cfg, nil))
	again := r.take()
	require.Len(t, again, 1)
	require.Equal(t, calls[0].ID, again[0].ID)
}

// TestPulse: a receiver hears that the hub lives.
func TestPulse(t *testing.T) {
	n, r := newNation(t), newReceiver(t)
	a := n.alerter(alert.Config{Webhook: r.section()}, nil)
	ids := map[string]bool{}
	for range 3 {
		n.look(a)
		n.look(a)
		calls := r.take()
		require.Len(t, calls, 1)
		require.Equal(t, "pulse", calls[0].Type)
		require.Empty(t, calls[0].Lines)
		ids[calls[0].ID] = true
		n.now = n.now.Add(time.Hour)
	}
	require.Len(t, ids, 3)
}

// letterbox is a carrier without a network, for a bubble of simulated time.
type letterbox struct{ sent atomic.Int32 }

func (l *letterbox) Send(context.Context, mail.Message) (mail.Result, error) {
	l.sent.Add(1)
	return mail.Accepted, nil
}

// TestRun tells by itself, in its rhythm, until it is stopped.
func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, box := newNation(t), &letterbox{}
		a := n.alerter(alert.Config{Mail: []consular.Email{"shift@example.org"}}, box)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		n.see(0, silent(watch.Now))
		start := time.Now()
		n.clock = func() time.Time { return noon.Add(time.Since(start)) }
		go func() { ended <- a.Run(ctx) }()
		time.Sleep(2*time.Minute - alert.Every/2)
		require.Zero(t, box.sent.Load(), "it has not lasted")
		time.Sleep(alert.Every)
		require.EqualValues(t, 1, box.sent.Load())
		time.Sleep(time.Hour)
		require.EqualValues(t, 1, box.sent.Load())
		cancel()
		require.NoError(t, <-ended)
	})
}

func TestLines(t *testing.T) {
	t.Parallel()
	const wait = 2 * time.Minute
	at := func(ago time.Duration) int64 { return noon.Add(-ago).UnixMilli() }
	for name, c := range map[string]struct {
		need watch.Need
		mark ledger.Need
		want alert.Turn // empty: nothing is told
	}{
		"Begun":           {silent(watch.Now), ledger.Need{Begun: at(wait)}, alert.Begun},
		"TooYoung":        {silent(watch.Now), ledger.Need{Begun: at(wait - 1e6)}, ""},
		"NotUrgent":       {silent(watch.Soon), ledger.Need{Begun: at(time.Hour)}, ""},
		"Told":            {silent(watch.Now), ledger.Need{Begun: at(time.Hour), Told: 1, ToldAs: 1}, ""},
		"Calmer":          {silent(watch.Today), ledger.Need{Begun: at(time.Hour), Told: 1, ToldAs: 1}, ""},
		"Worse":           {silent(watch.Now), ledger.Need{Begun: at(time.Hour), Told: 1, ToldAs: 2}, alert.Worse},
		"Ended":           {watch.Need{}, ledger.Need{Begun: 1, Told: 1, ToldAs: 1, Ended: at(wait)}, alert.Ended},
		"EndedYoung":      {watch.Need{}, ledger.Need{Begun: 1, Told: 1, ToldAs: 1, Ended: at(0)}, ""},
		"BackBeforeNoted": {silent(watch.Now), ledger.Need{Begun: 1, Told: 1, ToldAs: 1, Ended: at(time.Second)}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.mark.Key = "post-silent/FR-LYO"
			p := watch.Picture{At: noon}
			if c.need.Key != "" {
				p.Needs = []watch.Need{c.need}
			}
			list := alert.Lines(p, []ledger.Need{c.mark}, watch.Today, wait)
			if c.want == "" {
				require.Empty(t, list)
				return
			}
			require.Len(t, list, 1)
			require.Equal(t, c.want, list[0].Turn)
			require.EqualValues(t, "FR-LYO", list[0].Need.Post)
		})
	}
	require.Empty(t, alert.Lines(watch.Picture{At: noon, Needs: []watch.Need{silent(watch.Now)}}, nil, watch.Today, 0), "the ledger has not noted it")
}
