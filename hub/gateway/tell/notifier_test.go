package tell_test

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"jaliya/hub/gateway"
	"jaliya/hub/gateway/mail"
	"jaliya/hub/gateway/sms"
	"jaliya/hub/gateway/tell"
	"jaliya/hub/ledger"
	"jaliya/internal/config"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/workflow"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a case on the shelf, a packet with a contact, and two carriers that
// do as they are told.
type world struct {
	t       *testing.T
	view    ledger.CaseView
	contact consular.Contact
	read    error
	opened  int
	now     time.Time
	logs    bytes.Buffer

	mails     []mail.Message
	mailSays  mail.Result
	mailFails error

	texts    map[string]sms.Message // by key: the carrier takes each once
	asked    int
	state    sms.State
	smsFails error
}

func newWorld(t *testing.T, state workflow.State) *world {
	t.Helper()
	w := &world{
		t: t, now: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC), texts: map[string]sms.Message{},
		mailSays: mail.Accepted, state: sms.Queued,
		contact: consular.Contact{Phone: "+33612345678", Email: "fatima.canary@example.org", Language: "fr"},
	}
	w.view.Flow = ledger.Flow{Kind: uint8(workflow.KindCNIE), State: uint8(state), Version: 9, Serving: "FR-LYO", Pickup: "FR-LYO", Service: uint8(consular.CNIERenewal)}
	w.view.Timeline = []ledger.Line{{Version: 8, State: 1}, {Version: 9, State: uint8(state)}}
	return w
}

func (w *world) CaseNumber(uint64) (ledger.CaseView, error) { return w.view, nil }

func (w *world) Contact(context.Context, ledger.Order) (consular.Contact, consular.Language, error) {
	w.opened++
	return w.contact, w.contact.Language, w.read
}

type mailer struct{ *world }

func (m mailer) Send(_ context.Context, msg mail.Message) (mail.Result, error) {
	if m.mailFails != nil {
		return 0, m.mailFails
	}
	m.mails = append(m.mails, msg)
	return m.mailSays, nil
}

type texter struct{ *world }

func (x texter) Send(_ context.Context, msg sms.Message) (sms.Report, error) {
	if x.smsFails != nil {
		return sms.Report{}, x.smsFails
	}
	x.texts[msg.Key] = msg
	return sms.Report{ID: "m-1", State: x.state}, nil
}

func (x texter) Report(_ context.Context, id string) (sms.Report, error) {
	x.asked++
	require.Equal(x.t, "m-1", id)
	return sms.Report{ID: id, State: x.state}, x.smsFails
}

func (w *world) notifier() *tell.Notifier {
	w.t.Helper()
	posts, err := consular.BuiltInDirectory()
	require.NoError(w.t, err)
	n, err := tell.New(tell.Config{Portal: portal, Report: config.Duration(48 * time.Hour)}, tell.Needs{
		Cluster: "c0ffee", Cases: w, Reader: w, Posts: posts, Words: words(w.t), Mail: mailer{w}, SMS: texter{w},
		Now: func() time.Time { return w.now }, Logger: slog.New(slog.NewTextHandler(&w.logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Metrics: tell.NewMetrics(prometheus.NewRegistry()),
	})
	require.NoError(w.t, err)
	return n
}

func (w *world) order() ledger.Order {
	return ledger.Order{
		ID: 17, Kind: uint8(workflow.OrderNotify), Case: 3, Version: 9, Reference: "123456789012345611",
		Created: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC).UnixMilli(),
	}
}

func (w *world) notify(n *tell.Notifier) (gateway.Answer, error) {
	w.t.Helper()
	return n.Handlers()[workflow.OrderNotify](w.t.Context(), w.order())
}

func waits(t *testing.T, err error) {
	t.Helper()
	var later gateway.Later
	require.ErrorAs(t, err, &later)
	require.True(t, later.Waiting())
	require.Positive(t, later.RetryIn())
}

func TestNotify(t *testing.T) {
	t.Run("OK/DeliveredWithProof", func(t *testing.T) {
		w := newWorld(t, workflow.Ready)
		n := w.notifier()
		_, err := w.notify(n)
		waits(t, err)
		_, err = w.notify(n)
		waits(t, err)
		w.state = sms.Delivered
		a, err := w.notify(n)
		require.NoError(t, err)
		require.Equal(t, gateway.Answer{Event: workflow.NoticeDelivered, Actor: workflow.Hub}, a)
		require.Equal(t, 1, w.opened, "looking after a message opens no packet")
		require.Len(t, w.texts, 1)
		require.Empty(t, w.mails)
	})
	t.Run("OK/AnotherMember", func(t *testing.T) { // the one that sent is gone
		w := newWorld(t, workflow.Ready)
		_, err := w.notify(w.notifier())
		waits(t, err)
		w.state = sms.Delivered
		a, err := w.notify(w.notifier())
		require.NoError(t, err)
		require.Equal(t, workflow.NoticeDelivered, a.Event)
		require.Len(t, w.texts, 1, "the same key: no second message")
	})
	t.Run("OK/MailProvesNothing", func(t *testing.T) {
		w := newWorld(t, workflow.Ready)
		w.contact.Phone = ""
		for range 2 {
			a, err := w.notify(w.notifier())
			require.NoError(t, err)
			require.Zero(t, a)
		}
		require.Equal(t, w.mails[0].Key, w.mails[1].Key, "a repeat is folded by its Message-ID")
	})
	t.Run("OK/OtherChannel", func(t *testing.T) {
		w := newWorld(t, workflow.Ready)
		n := w.notifier()
		_, err := w.notify(n)
		waits(t, err)
		w.state = sms.Failed
		a, err := w.notify(n)
		require.NoError(t, err)
		require.Zero(t, a)
		require.Len(t, w.mails, 1)
	})
	t.Run("OK/NoSuchNumber", func(t *testing.T) {
		w := newWorld(t, workflow.Ready)
		w.smsFails = fault.New(fault.NotFound, "test", "", nil)
		_, err := w.notify(w.notifier())
		require.NoError(t, err)
		require.Len(t, w.mails, 1)
	})
	t.Run("OK/EveryChannelBounced", func(t *testing.T) {
		w := newWorld(t, workflow.Ready)
		w.state, w.mailSays = sms.Failed, mail.Bounced
		a, err := w.notify(w.notifier())
		require.NoError(t, err)
		require.Equal(t, gateway.Answer{Event: workflow.NoticeBounced, Actor: workflow.Hub}, a)
	})
	t.Run("OK/NoContact", func(t *testing.T) {
		w := newWorld(t, workflow.Ready)
		w.read = fault.New(fault.NotFound, "test", "", nil)
		a, err := w.notify(w.notifier())
		require.NoError(t, err)
		require.Equal(t, workflow.NoticeBounced, a.Event)
	})
	t.Run("OK/NoReportInTime", func(t *testing.T) {
		w := newWorld(t, workflow.Ready)
		n := w.notifier()
		_, err := w.notify(n)
		waits(t, err)
		w.now = w.now.Add(48 * time.Hour)
		a, err := w.notify(n)
		require.NoError(t, err)
		require.Zero(t, a, "handed over, and no more is said")
	})
	t.Run("OK/Tamazight", func(t *testing.T) {
		w := newWorld(t, workflow.Ready)
		w.contact.Language = "zgh"
		_, err := w.notify(w.notifier())
		require.NoError(t, err)
		require.Empty(t, w.texts)
		require.Len(t, w.mails, 1)
	})
	t.Run("OK/Overtaken", func(t *testing.T) { // the card was handed over meanwhile
		w := newWorld(t, workflow.Ready)
		w.view.Flow.State, w.view.Flow.Version = uint8(workflow.HandedOver), 10
		a, err := w.notify(w.notifier())
		require.NoError(t, err)
		require.Zero(t, a)
		require.Empty(t, w.texts)
		require.Empty(t, w.mails)
		require.Zero(t, w.opened, "nothing to tell opens no packet")
	})
	t.Run("ErrCarrierDown", func(t *testing.T) {
		w := newWorld(t, workflow.Ready)
		w.smsFails = fault.New(fault.Unavailable, "test", "", nil)
		_, err := w.notify(w.notifier())
		require.True(t, fault.Is(err, fault.Unavailable))
		require.Empty(t, w.mails, "what passes by itself opens no other channel")
	})
}

// TestOccasions asks that each state that orders a notice has its words, and
// that states whose table takes no event answer none.
func TestOccasions(t *testing.T) {
	for _, tc := range []struct {
		kind  workflow.Kind
		state workflow.State
		want  string
		hears bool
	}{
		{workflow.KindCNIE, workflow.Supplement, "attend une action", false},
		{workflow.KindCNIE, workflow.SupplementUntold, "attend une action", true},
		{workflow.KindCNIE, workflow.Recapture, "attend une action", false},
		{workflow.KindCNIE, workflow.Rejected, "décision", false},
		{workflow.KindCNIE, workflow.Canceled, "est close", false},
		{workflow.KindCNIE, workflow.PouchIncident, "nouvelle date prévue", false},
		{workflow.KindCNIE, workflow.Discrepancy, "nouvelle date prévue", false},
		{workflow.KindCNIE, workflow.Ready, "disponible", true},
		{workflow.KindRecord, workflow.IdentityQuery, "attend une action", true},
		{workflow.KindRecord, workflow.Issued, "est terminée", true},
		{workflow.KindRecord, workflow.NoResponse, "est close", false},
		{workflow.KindRecord, workflow.Canceled, "est close", false},
		{workflow.KindRecord, workflow.Revoked, "décision", false},
	} {
		state, want := tc.state, tc.want
		t.Run(state.String(), func(t *testing.T) {
			w := newWorld(t, state)
			w.view.Flow.Kind = uint8(tc.kind)
			if tc.kind == workflow.KindRecord { // filed online: no post is concerned
				w.view.Flow.Serving, w.view.Flow.Pickup = "", ""
			}
			w.state = sms.Delivered
			a, err := w.notify(w.notifier())
			require.NoError(t, err)
			require.Equal(t, tc.hears, a.Event != 0)
			for _, m := range w.texts {
				require.Contains(t, m.Text, want)
			}
			require.Len(t, w.texts, 1)
			if a.Event != 0 {
				_, err := workflow.Step(workflow.Case{Kind: tc.kind, State: state, Version: 9}, workflow.Input{Event: a.Event, Actor: a.Actor, Seen: 9})
				require.NoError(t, err, "the table takes it")
			}
		})
	}
	t.Run("reminder", func(t *testing.T) {
		w := newWorld(t, workflow.Ready)
		w.view.Timeline[1].Event = uint8(workflow.ReminderDue)
		_, err := w.notify(w.notifier())
		waits(t, err)
		for _, m := range w.texts {
			require.Contains(t, m.Text, "toujours")
		}
	})
	t.Run("every state that orders a notice", func(t *testing.T) {
		worded := map[workflow.Kind][]workflow.State{ //nolint:exhaustive // a pouch tells no person
			workflow.KindCNIE: {
				workflow.Supplement, workflow.SupplementUntold, workflow.Recapture, workflow.Ready, workflow.Rejected,
				workflow.Canceled, workflow.PouchIncident, workflow.Discrepancy,
			},
			workflow.KindRecord: {
				workflow.IdentityQuery, workflow.Issued, workflow.Rejected, workflow.NoResponse, workflow.Revoked,
				workflow.Canceled,
			},
		}
		for kind, states := range worded {
			for _, row := range workflow.For(kind).States {
				if slices.Contains(row.Orders, workflow.OrderNotify) {
					require.Contains(t, states, row.State)
				}
			}
		}
	})
}

// TestPlace asks that a person hears of the last place chosen, once, wherever the
// card is, and that this proves nothing of what the state waits for.
func TestPlace(t *testing.T) {
	changed := func(t *testing.T, state workflow.State, event workflow.Event) *world {
		t.Helper()
		w := newWorld(t, state)
		w.view.Flow.Pickup, w.view.Timeline[1].Event, w.state = "IT-MIL", uint8(event), sms.Delivered
		return w
	}
	says := func(t *testing.T, w *world, words ...string) {
		t.Helper()
		a, err := w.notify(w.notifier())
		require.NoError(t, err)
		require.Zero(t, a)
		require.Len(t, w.texts, min(len(words), 1))
		for _, m := range w.texts {
			for _, one := range words {
				require.Contains(t, m.Text, one)
			}
		}
	}
	t.Run("OK/EveryState", func(t *testing.T) {
		m := workflow.For(workflow.KindCNIE)
		for _, row := range m.States {
			for _, e := range []workflow.Event{workflow.PickupChanged, workflow.TransferAsked} {
				if slices.Contains(m.AllowedAt(row.State, workflow.Agent), e) {
					says(t, changed(t, row.State, e), "nouveau lieu de retrait", "Milan")
				}
			}
		}
	})
	t.Run("OK/Transfer", func(t *testing.T) {
		says(t, changed(t, workflow.Transfer, workflow.TransferAsked), "nouveau lieu de retrait", "Milan")
	})
	t.Run("OK/Onward", func(t *testing.T) {
		w := changed(t, workflow.InTransit, workflow.PickupChanged)
		w.view.Flow.Pickup, w.view.Flow.Onward = "FR-LYO", "IT-MIL"
		says(t, w, "nouveau lieu de retrait", "Milan")
	})
	t.Run("OK/MovedOn", func(t *testing.T) { // the place is the same still
		w := changed(t, workflow.Verifying, workflow.PickupChanged)
		w.view.Flow.State, w.view.Flow.Version = uint8(workflow.Approved), 10
		w.view.Timeline = append(w.view.Timeline, ledger.Line{Version: 10, State: uint8(workflow.Approved)})
		says(t, w, "nouveau lieu de retrait", "Milan")
	})
	for name, newer := range map[string]ledger.Line{
		"OK/AnotherChange": {Version: 10, State: uint8(workflow.Verifying), Event: uint8(workflow.PickupChanged)},
		"OK/ReadyThere":    {Version: 10, State: uint8(workflow.Ready)},
		"OK/Over":          {Version: 10, State: uint8(workflow.Canceled)},
	} {
		t.Run(name, func(t *testing.T) {
			w := changed(t, workflow.Verifying, workflow.PickupChanged)
			w.view.Flow.State, w.view.Flow.Version = newer.State, newer.Version
			w.view.Timeline = append(w.view.Timeline, newer)
			says(t, w)
			require.Zero(t, w.opened)
		})
	}
}

// TestProofAfterAChange: another post of collection in the state meanwhile makes
// the proof no worse that the person knows of the supplement.
func TestProofAfterAChange(t *testing.T) {
	w := newWorld(t, workflow.SupplementUntold)
	w.view.Flow.Version, w.view.Flow.Since, w.state = 10, 9, sms.Delivered
	a, err := w.notify(w.notifier())
	require.NoError(t, err)
	require.Equal(t, workflow.NoticeDelivered, a.Event)
	w.view.Flow.Since = 10
	a, err = w.notify(w.notifier())
	require.NoError(t, err)
	require.Zero(t, a, "asked again since")
}

// TestCanary asks that contact and person get into no log, and that messages
// have neither the product nor the person.
func TestCanary(t *testing.T) {
	w := newWorld(t, workflow.Ready)
	n := w.notifier()
	_, err := w.notify(n)
	waits(t, err)
	require.NotContains(t, err.Error(), "612345678")
	w.state, w.mailFails = sms.Failed, fault.New(fault.Denied, "test", "", nil)
	_, err = w.notify(n)
	require.Error(t, err)
	w.mailFails = nil
	_, err = w.notify(n)
	require.NoError(t, err)
	parts := []string{w.logs.String()}
	for _, m := range w.texts {
		parts = append(parts, m.Key, m.Text)
	}
	for _, m := range w.mails {
		parts = append(parts, m.Key, m.Subject, m.Text)
	}
	said := strings.Join(parts, "\n")
	require.Contains(t, said, "person told")
	for _, canary := range []string{"612345678", "canary", "atima", "cnie", "renewal", "carte"} {
		require.NotContains(t, strings.ToLower(said), canary)
	}
	require.NotContains(t, w.logs.String(), "345611", "a reference stands in no log line")
	require.NotContains(t, w.mails[0].Subject, "345611")
}

func TestConfig(t *testing.T) {
	for address, good := range map[string]bool{
		portal: true, "http://127.0.0.1:8080": true, "http://portal.example": false, "": false, "https://a.example/?r=1": false,
		"https://u:p@a.example": false, "https://" + strings.Repeat("a", 40) + ".example": false,
	} {
		err := tell.Config{Portal: address}.Validate()
		require.Equal(t, good, err == nil, "%s: %v", address, err)
	}
	_, err := tell.New(tell.Config{Portal: portal}, tell.Needs{})
	require.True(t, fault.Is(err, fault.Invalid))
}
