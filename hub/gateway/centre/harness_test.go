package centre_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub/gateway"
	"jaliya/hub/gateway/centre"
	"jaliya/hub/gateway/peer"
	"jaliya/hub/ledger"
	"jaliya/internal/config"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/outside"
	outsite "jaliya/internal/outside/centre"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

const token = "only-for-tests"

// site is a simulated site behind real HTTP.
type site struct {
	*outsite.Simulator

	server *httptest.Server
	clock  *outside.Clock
	seen   *transcript
}

// transcript keeps what of a request others on the way may write down.
type transcript struct {
	mu   sync.Mutex
	text strings.Builder
}

func (s *transcript) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *transcript) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

func dicts(tb testing.TB) *seal.Dictionaries {
	tb.Helper()
	d, err := seal.NewDictionaries(0, nil)
	require.NoError(tb, err)
	return d
}

func newSite(tb testing.TB, name string, number uint8) *site {
	tb.Helper()
	key, err := seal.GeneratePostKey(dicts(tb))
	require.NoError(tb, err)
	s := &site{clock: outside.NewClock(1), seen: &transcript{}}
	s.Simulator, err = outsite.New(outsite.Config{
		Site: name, Number: number, PerDay: 1000, Seed: 7, Token: token, Key: key, Clock: s.clock,
		Logger: slog.New(slog.NewTextHandler(s.seen, nil)),
	})
	require.NoError(tb, err)
	handler := s.Handler()
	s.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = s.seen.Write([]byte(r.Method + " " + r.URL.String() + "\n"))
		handler.ServeHTTP(w, r)
	}))
	tb.Cleanup(s.server.Close)
	return s
}

// world is a ledger of one case, which moves as the true one does, and a
// connector with two sites.
type world struct {
	tb   testing.TB
	conn *centre.Connector
	log  *transcript

	rabat, marrakech *site

	mu     sync.Mutex
	flow   workflow.Case
	lines  []ledger.Line
	orders []ledger.Order
	told   []workflow.Event
	now    time.Time
	packet error // of the resealer
}

func newWorld(tb testing.TB, change ...func(*centre.Config)) *world {
	tb.Helper()
	w := &world{
		tb: tb, log: &transcript{}, now: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC),
		rabat: newSite(tb, "rabat", 1), marrakech: newSite(tb, "marrakech", 2),
	}
	dir := tb.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(tb, os.WriteFile(path, []byte(text+"\n"), 0o600))
		return path
	}
	cfg := centre.Config{
		Timeout: config.Duration(time.Second), Poll: config.Duration(time.Second), Attempts: 6,
		Breaker: peer.BreakerConfig{Failures: 3},
	}
	for _, s := range []struct {
		site   *site
		name   string
		number uint8
	}{{w.rabat, "rabat", 1}, {w.marrakech, "marrakech", 2}} {
		cfg.Sites = append(cfg.Sites, centre.SiteConfig{
			Number: s.number, Name: s.name, URL: s.site.server.URL, TokenFile: file("token", token),
			PacketKey: file(s.name, base64.StdEncoding.EncodeToString(s.site.PublicKey().Encode())),
		})
	}
	for _, f := range change {
		f(&cfg)
	}
	var err error
	w.conn, err = centre.New(cfg, centre.Needs{
		Cluster: "c0ffee", Cases: w, Resealer: w, News: centre.NewNews(w, w.clock), Now: w.clock,
		Logger: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	require.NoError(tb, err)
	tb.Cleanup(w.conn.Close)
	w.flow = workflow.Case{Kind: workflow.KindCNIE}
	w.step(workflow.Input{Event: workflow.Committed, Actor: workflow.Node, Post: "FR-LYO", Pickup: "FR-LYO", Service: consular.CNIERenewal})
	w.step(workflow.Input{Event: workflow.ExaminedGood, Actor: workflow.Hub, Seen: 1})
	w.step(workflow.Input{Event: workflow.VerificationPassed, Actor: workflow.Hub, Seen: 2})
	return w
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

// pass lets time go by, here and at the sites.
func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	w.now = w.now.Add(d)
	w.mu.Unlock()
	w.rabat.clock.Advance(d)
	w.marrakech.clock.Advance(d)
}

func (w *world) state() workflow.State { return w.flow.State }

// step moves the case as ledger.move does.
func (w *world) step(in workflow.Input) {
	w.tb.Helper()
	require.NoError(w.tb, w.try(in))
}

func (w *world) try(in workflow.Input) error {
	out, err := workflow.Step(w.flow, in)
	if err != nil {
		return err
	}
	w.flow = out.Case
	w.told = append(w.told, in.Event)
	w.lines = append(w.lines, ledger.Line{
		Version: w.flow.Version, Time: w.now.UnixMilli(), State: uint8(w.flow.State), Event: uint8(in.Event),
		Actor: uint16(in.Actor), Reason: uint16(in.Reason),
	})
	if out.Withdraw {
		for i, o := range w.orders {
			if o.State == ledger.OrderOpen && !workflow.Order(o.Kind).Lasting() {
				w.orders[i].State = ledger.OrderWithdrawn
			}
		}
	}
	for _, kind := range out.Orders {
		w.orders = append(w.orders, ledger.Order{
			ID: uint64(len(w.orders) + 1), Kind: uint8(kind), State: ledger.OrderOpen, Case: 17, Version: w.flow.Version,
			Reference: "123456789012345609", Record: wire.RecordID(bytes.Repeat([]byte{0xB2}, 16)),
			Serving: w.flow.Serving, Pickup: w.flow.Pickup, Service: uint8(w.flow.Service), Site: uint8(w.flow.Site),
			Created: w.now.UnixMilli(),
		})
	}
	return nil
}

// CaseNumber implements centre.Cases.
func (w *world) CaseNumber(uint64) (ledger.CaseView, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	v := ledger.CaseView{Timeline: append([]ledger.Line(nil), w.lines...)}
	v.Flow.Version, v.Flow.Site = w.flow.Version, uint8(w.flow.Site)
	if w.flow.Serial != (workflow.Digest{}) {
		v.Flow.Serial = w.flow.Serial[:]
	}
	return v, nil
}

// Propose implements gateway.Proposer for what News proposes.
func (w *world) Propose(_ context.Context, raw []byte) (any, uint64, error) {
	command, err := ledger.Decode(raw)
	if err != nil {
		return nil, 0, err
	}
	d, ok := command.(ledger.Decide)
	if !ok {
		return nil, 0, errors.New("another command")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	in := workflow.Input{Event: workflow.Event(d.Event), Actor: workflow.Actor(d.Actor), Seen: d.Seen}
	copy(in.Serial[:], d.Facts.Serial)
	if err := w.try(in); err != nil {
		return ledger.Result{Fault: fault.KindOf(err)}, 0, nil
	}
	return ledger.Result{}, 1, nil
}

// Reseal implements centre.Resealer.
func (w *world) Reseal(_ context.Context, o ledger.Order, to centre.Recipient) (centre.Sealed, error) {
	if w.packet != nil {
		return centre.Sealed{}, w.packet
	}
	visit, err := seal.NewDelivery(to.Key, to.Context, dicts(w.tb))
	if err != nil {
		return centre.Sealed{}, err
	}
	defer visit.Destroy()
	var images bytes.Buffer
	bundle, err := visit.BundleWriter(&images)
	if err != nil {
		return centre.Sealed{}, err
	}
	if _, err := bundle.Add("portrait", "image/jpeg", strings.NewReader("a picture")); err != nil {
		return centre.Sealed{}, err
	}
	info, err := bundle.Finish()
	if err != nil {
		return centre.Sealed{}, err
	}
	raw, err := centre.CardData{
		Version: 1, Job: to.Job, Packet: to.Packet, Product: consular.Service(o.Service).String(),
		Person: somebody(), Parts: centre.PartsOf(wire.PartsOf(info.Parts)),
	}.Encode()
	if err != nil {
		return centre.Sealed{}, err
	}
	card, err := visit.SealBody(raw, to.AAD)
	return centre.Sealed{Card: card, Images: images.Bytes()}, err
}

func somebody() consular.Person {
	return consular.Person{
		Family: consular.Name{Arabic: "النموذج", Latin: "Specimen"}, Given: consular.Name{Arabic: "فاطمة", Latin: "Fatima"},
		Sex: consular.Female, Birth: "1990-01-01", Nationality: consular.Morocco, NationalNumber: "ZZ123456",
	}
}

// open gives the open order of a kind.
func (w *world) open(kind workflow.Order) (ledger.Order, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, o := range w.orders {
		if o.Kind == uint8(kind) && o.State == ledger.OrderOpen {
			return o, true
		}
	}
	return ledger.Order{}, false
}

// attempt carries an order of the kind out once, as the worker does, and gives
// the error.
func (w *world) attempt(kind workflow.Order) error {
	w.tb.Helper()
	o, found := w.open(kind)
	require.True(w.tb, found, "no open order %s in %s", kind, w.state())
	a, err := w.conn.Handlers()[kind](w.tb.Context(), o)
	w.mu.Lock()
	defer w.mu.Unlock()
	held := &w.orders[o.ID-1]
	held.Attempts++
	if err != nil {
		return err
	}
	if a.Event != 0 {
		in := workflow.Input{
			Event: a.Event, Actor: a.Actor, Reason: a.Reason, Site: workflow.Site(a.Facts.Site), Seen: o.Version,
		}
		copy(in.Serial[:], a.Facts.Serial)
		require.NoError(w.tb, w.try(in))
	}
	held.State = ledger.OrderDone
	return nil
}

// until carries an order out again and again, letting the time pass that the
// handler asks for, at most n times.
func (w *world) until(kind workflow.Order, n int) {
	w.tb.Helper()
	var err error
	for range n {
		if err = w.attempt(kind); err == nil {
			return
		}
		later, ok := errors.AsType[*centre.LaterError](err)
		require.True(w.tb, ok, "%v", err)
		require.Positive(w.tb, later.RetryIn())
		w.pass(later.RetryIn())
	}
	require.NoError(w.tb, err)
}

// routed brings the case to a site.
func (w *world) routed() *site {
	w.tb.Helper()
	w.until(workflow.OrderRoute, 20)
	require.Equal(w.tb, workflow.Routed, w.state())
	if w.flow.Site == 1 {
		return w.rabat
	}
	return w.marrakech
}

// count tells how often the case heard an event.
func (w *world) count(e workflow.Event) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, told := range w.told {
		if told == e {
			n++
		}
	}
	return n
}

func later(tb testing.TB, err error) *centre.LaterError {
	tb.Helper()
	l, ok := errors.AsType[*centre.LaterError](err)
	require.True(tb, ok, "%v", err)
	return l
}

var _ gateway.Proposer = (*world)(nil)
