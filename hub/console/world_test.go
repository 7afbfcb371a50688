package console_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base32"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	contracts "jaliya/deploy/openapi"
	"jaliya/hub/console"
	"jaliya/hub/console/officer"
	"jaliya/hub/gateway"
	"jaliya/hub/gateway/pouch"
	"jaliya/hub/ledger"
	"jaliya/hub/opener"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/lang"
	"jaliya/internal/openapi/openapitest"
	"jaliya/internal/seal"
	"jaliya/internal/specimen"
	"jaliya/internal/web"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

const password = "quatre cigognes sur le minaret"

// world is a hub of one member without raft: a true ledger in memory, the true
// opener, worker and pouch desk, and the console over them on a real port.
type world struct {
	ledger.Views
	tb     testing.TB
	store  *kv.Memory
	keys   *seal.IntakeKeys
	dicts  *seal.Dictionaries
	post   *seal.PostKey // of FR-LYO
	node   wire.NodeID
	head   wire.Position
	vault  sync.Map // wire.Digest to []byte
	maker  *specimen.Maker
	log    *syncBuffer
	people *officer.SignIn
	desk   *pouch.Desk
	server *httptest.Server

	console *console.Console
	engine  *gin.Engine

	hasher *access.Hasher
	passed atomic.Int64 // ns that the clock was put ahead
	watch  switched     // what the operators see
	torn   atomic.Bool  // forks cannot be read

	mu      sync.Mutex // guards the three below and applies commands one by one
	index   uint64
	entries []ledger.Entry
	changed chan struct{}
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func newWorld(tb testing.TB) *world {
	tb.Helper()
	w := &world{
		tb: tb, store: kv.NewStrictMemory(), node: wire.NodeID{7}, changed: make(chan struct{}), log: &syncBuffer{},
		maker: specimen.New(7), hasher: access.NewHasher(2),
	}
	w.Views = ledger.NewViews(w.store)
	var err error
	w.dicts, err = seal.NewDictionaries(0, nil)
	require.NoError(tb, err)
	w.keys, err = seal.GenerateIntakeKeys(w.dicts)
	require.NoError(tb, err)
	w.post, err = seal.GeneratePostKey(w.dicts)
	require.NoError(tb, err)
	w.head = wire.Genesis(w.node, 1)
	key := bytes.Repeat([]byte{5}, 32)
	now := w.now().UnixMilli()
	w.must(ledger.Init{
		Time: now, Cluster: wire.ClusterID{1}, Secret: key, Receipt: [][]byte{key},
		Intake: []wire.IntakeKey{{Number: 1, Public: w.keys.Public().Encode()}},
	})
	w.must(ledger.InviteNode{Time: now, Invitation: wire.Digest{3}, Post: "FR-LYO", Expires: now + 1e6})
	w.must(ledger.JoinNode{
		Time: now, Invitation: wire.Digest{3}, Node: w.node, Post: "FR-LYO", Device: wire.Digest{4}, Journal: key,
		PostKey: w.post.Public().Encode(),
	})
	w.must(ledger.OpenSession{Time: now, Node: w.node})
	w.build()
	return w
}

// ForksOfPost is that of the ledger, unless it is torn.
func (w *world) ForksOfPost(id consular.PostID) ([]ledger.ForkOf, error) {
	if w.torn.Load() {
		return nil, fault.New(fault.Storage, "test: read forks", "", nil)
	}
	return w.Views.ForksOfPost(id)
}

func (w *world) now() time.Time { return time.Now().Add(time.Duration(w.passed.Load())) }

func (w *world) must(c ledger.Command) ledger.Result {
	w.tb.Helper()
	r, err := w.commit(w.tb.Context(), c)
	require.NoError(w.tb, err)
	return r
}

func (w *world) commit(ctx context.Context, c ledger.Command) (ledger.Result, error) {
	raw, err := ledger.Encode(c)
	if err != nil {
		return ledger.Result{}, err
	}
	answer, _, err := w.Propose(ctx, raw)
	if err != nil {
		return ledger.Result{}, err
	}
	r, ok := answer.(ledger.Result)
	if !ok {
		return ledger.Result{}, fault.New(fault.Internal, "test", "answer", nil)
	}
	return r, r.Err()
}

// Propose applies at once what raft would have committed.
func (w *world) Propose(_ context.Context, raw []byte) (answer any, index uint64, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.index++
	w.entries = append(w.entries, ledger.Entry{Index: w.index, Term: 1, Command: raw})
	err = w.store.Update(func(kw kv.Writer) (err error) {
		answer, err = ledger.Apply(kw, w.index, 1, raw)
		return err
	})
	close(w.changed)
	w.changed = make(chan struct{})
	return answer, w.index, err
}

// Watch implements gateway.State.
func (w *world) Watch() (uint64, <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.index, w.changed
}

// Open implements opener.Images.
func (w *world) Open(digest wire.Digest) (io.ReadCloser, error) {
	held, ok := w.vault.Load(digest)
	if !ok {
		return nil, fault.New(fault.NotFound, "test", "", nil)
	}
	sealed, _ := held.([]byte)
	return io.NopCloser(bytes.NewReader(sealed)), nil
}

func (w *world) build() {
	w.tb.Helper()
	logger := slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	o, err := opener.New(w.keys, w, w)
	require.NoError(w.tb, err)
	sealer, err := opener.NewSealer(o, w)
	require.NoError(w.tb, err)
	leading := func() bool { return true }
	w.desk, err = pouch.New(pouch.Config{}, pouch.Needs{
		State: w, Sealer: sealer, Commit: w.commit, Leading: leading, Now: w.now, Logger: logger,
		Serial: func(_ context.Context, n uint64) (string, error) { return serialOf(n), nil },
	})
	require.NoError(w.tb, err)
	handlers := w.desk.Handlers()
	handlers[workflow.OrderExamine] = o.Examine
	worker, err := gateway.New(gateway.Config{
		State: w, Proposer: w, Leading: leading, Handlers: handlers, Now: w.now, Logger: logger,
	})
	require.NoError(w.tb, err)
	key, err := seal.NewDataKey()
	require.NoError(w.tb, err)
	w.people, err = officer.New(officer.Needs{State: w, Commit: w.commit, Key: key, Hasher: w.hasher, Now: w.now, Logger: logger})
	require.NoError(w.tb, err)
	w.run(worker.Run, w.people.Run)
	directory, err := consular.BuiltInDirectory()
	require.NoError(w.tb, err)
	c, err := console.New(console.Needs{
		State: w, Commit: w.commit, Opener: sealer, People: w.people, Directory: directory, Now: w.now,
		Watch: &w.watch, Pouches: func(commit console.Commit) console.PouchDesk { return w.desk.As(commit) },
	})
	require.NoError(w.tb, err)
	words, err := lang.Open()
	require.NoError(w.tb, err)
	cookie := access.Cookie{Name: access.ConsoleCookie}
	screens, err := console.NewScreens(c, cookie, words)
	require.NoError(w.tb, err)
	engine := web.NewEngine(logger)
	console.NewAPI(c, cookie).Register(engine)
	screens.Register(engine)
	w.console, w.engine = c, engine
	w.server = httptest.NewServer(openapitest.Read(w.tb, contracts.Console).Watch(w.tb, engine))
	w.tb.Cleanup(w.server.Close)
}

// run runs parts until the test ends.
func (w *world) run(parts ...func(context.Context) error) {
	w.tb.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	for _, part := range parts {
		all.Go(func() {
			if err := part(ctx); err != nil {
				w.tb.Error(err)
			}
		})
	}
	w.tb.Cleanup(func() {
		cancel()
		all.Wait()
	})
}

// until waits for the state to become what ok wants.
func (w *world) until(what string, ok func() bool) {
	w.tb.Helper()
	timer := time.NewTimer(20 * time.Second)
	defer timer.Stop()
	for {
		_, changed := w.Watch()
		if ok() {
			return
		}
		select {
		case <-changed:
		case <-timer.C:
			require.Fail(w.tb, "not in time", "%s\n%s", what, w.log.String())
		}
	}
}

// release has FR-LYO release a request of somebody; it waits for a verifier when
// the opener has examined it.
func (w *world) release() (consular.Reference, specimen.Visit) {
	w.tb.Helper()
	directory, err := consular.BuiltInDirectory()
	require.NoError(w.tb, err)
	lyon, err := directory.Lookup("FR-LYO")
	require.NoError(w.tb, err)
	who := w.maker.Person(specimen.PersonOptions{Service: consular.CNIERenewal, Post: lyon, On: consular.DateOf(w.now())})
	ref, err := consular.NewReference(rand.Reader)
	require.NoError(w.tb, err)
	record := wire.NewRecordID()
	visit, err := seal.NewVisit(w.keys.Public(), record, w.dicts)
	require.NoError(w.tb, err)
	defer visit.Destroy()
	var sealed bytes.Buffer
	bundle, err := visit.BundleWriter(&sealed)
	require.NoError(w.tb, err)
	for _, f := range w.maker.Files(who, specimen.FileOptions{Light: true, Shared: true}) {
		_, err := bundle.Add(f.Name, f.MediaType, bytes.NewReader(f.Data))
		require.NoError(w.tb, err)
	}
	info, err := bundle.Finish()
	require.NoError(w.tb, err)
	w.vault.Store(wire.Digest(info.Address), sealed.Bytes())
	body := who.Release("LYO-10001", "LYO-10002")
	body.Parts, body.Captured = wire.PartsOf(info.Parts), w.now().UnixMilli()
	raw, err := visit.SealBody(wire.Marshal(body), wire.BodyAAD(record, wire.KindRequestReleased))
	require.NoError(w.tb, err)
	slip := wire.Digest(consular.SlipCode("12345678").Hash(ref))
	entry, err := wire.NewEntry(wire.Header{
		Record: record, Kind: wire.KindRequestReleased, Source: wire.SourceNode, Node: w.node, Incarnation: 1,
		Seq: w.head.Seq + 1, Time: w.now().UnixMilli(), Post: "FR-LYO", Reference: ref.Digits(), Service: uint8(who.Service),
		Pickup: "FR-LYO", SlipHash: &slip, IntakeKey: 1,
		Images: []wire.Image{{Digest: wire.Digest(info.Address), Size: uint64(info.Size)}},
	}, raw)
	require.NoError(w.tb, err)
	r := w.must(ledger.Admit{Time: w.now().UnixMilli(), Batches: []ledger.AdmitBatch{{After: w.head, Session: 1, Entries: []wire.Entry{entry}}}})
	require.NoError(w.tb, r.Batches[0].Err())
	require.Empty(w.tb, r.Batches[0].Refused)
	w.head = w.head.Next(entry)
	w.until("examined", func() bool { return w.state(ref) == workflow.Verifying })
	return ref, who
}

func (w *world) state(ref consular.Reference) workflow.State {
	w.tb.Helper()
	c, err := w.Case(ref)
	require.NoError(w.tb, err)
	return workflow.State(c.Flow.State)
}

func serialOf(n uint64) string { return "CN000000" + string(rune('0'+n%10)) }

// produce brings a card that was approved to the pouch desk.
func (w *world) produce(ref consular.Reference) {
	w.tb.Helper()
	orders, err := w.OpenOrders(uint8(workflow.OrderRoute), w.now().UnixMilli(), 10)
	require.NoError(w.tb, err)
	require.Len(w.tb, orders, 1)
	w.must(ledger.CompleteOrder{
		Time: w.now().UnixMilli(), Order: orders[0].ID, Event: uint8(workflow.RouteChosen), Actor: uint16(workflow.Hub), Facts: ledger.Facts{Site: 1},
	})
	c, err := w.Case(ref)
	require.NoError(w.tb, err)
	serial := wire.SerialDigest(serialOf(c.Number))
	for _, event := range []workflow.Event{workflow.SiteAccepted, workflow.CardProduced} {
		c, err = w.Case(ref)
		require.NoError(w.tb, err)
		w.must(ledger.Decide{
			Time: w.now().UnixMilli(), Reference: ref.Digits(), Event: uint8(event), Actor: uint16(workflow.Production),
			Seen: c.Flow.Version, Facts: ledger.Facts{Serial: serial[:]},
		})
	}
}

// phone is an officer with their password and authenticator.
type phone struct {
	id   wire.StaffID
	totp access.TOTP
	step uint64 // last one used
}

// code gives digits that were not used yet.
func (p *phone) code(w *world) string {
	p.step = max(p.step+1, access.StepAt(w.now()))
	return p.totp.Code(p.step)
}

// hire adds an officer and enrols them as the API does.
func (w *world) hire(role access.Role, name string) *phone {
	w.tb.Helper()
	sheet, err := w.people.Change(w.tb.Context(), officer.Request{Action: "add", Role: string(role), Name: name})
	require.NoError(w.tb, err)
	in := officer.Sheet{Officer: string(sheet.Officer), OneTime: sheet.Code, Place: "192.0.2.1"}
	offer, err := w.people.Offer(w.tb.Context(), in)
	require.NoError(w.tb, err)
	p := &phone{id: sheet.Officer, totp: totp(w.tb, offer.Text)}
	_, err = w.people.Enrol(w.tb.Context(), officer.Enrolment{Sheet: in, Password: password, Code: p.code(w)})
	require.NoError(w.tb, err)
	return p
}

func totp(tb testing.TB, text string) access.TOTP {
	tb.Helper()
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ReplaceAll(text, " ", ""))
	require.NoError(tb, err)
	return access.TOTPFrom(raw)
}

// surfer is a browser without scripts.
type surfer struct {
	w      *world
	client *http.Client
	lang   string
}

type seen struct {
	status int
	at     string // path of the last answer
	text   string
	header http.Header
}

func (w *world) surfer() surfer {
	w.tb.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(w.tb, err)
	transport := &http.Transport{}
	w.tb.Cleanup(transport.CloseIdleConnections)
	return surfer{w: w, client: &http.Client{Jar: jar, Transport: transport}, lang: "en"}
}

// signedIn gives a browser in which an officer sits.
func (w *world) signedIn(p *phone) surfer {
	w.tb.Helper()
	s := w.surfer()
	got := s.post("/sign-in", "officer", string(p.id), "password", password, "code", p.code(w))
	require.NotContains(w.tb, got.at, "sign-in", got.text)
	return s
}

func (s surfer) do(r *http.Request) seen {
	s.w.tb.Helper()
	r.Header.Set("Accept-Language", s.lang)
	response, err := s.client.Do(r)
	require.NoError(s.w.tb, err)
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	require.NoError(s.w.tb, err)
	return seen{status: response.StatusCode, at: response.Request.URL.RequestURI(), text: string(raw), header: response.Header}
}

func (s surfer) get(path string) seen {
	s.w.tb.Helper()
	r, err := http.NewRequestWithContext(s.w.tb.Context(), http.MethodGet, s.w.server.URL+path, nil)
	require.NoError(s.w.tb, err)
	return s.do(r)
}

// post sends a form and follows where it leads.
func (s surfer) post(path string, pairs ...string) seen {
	s.w.tb.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	r, err := http.NewRequestWithContext(s.w.tb.Context(), http.MethodPost, s.w.server.URL+path, strings.NewReader(form.Encode()))
	require.NoError(s.w.tb, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return s.do(r)
}

// json sends a body to the API.
func (s surfer) json(method, path, body string) seen {
	s.w.tb.Helper()
	r, err := http.NewRequestWithContext(s.w.tb.Context(), method, s.w.server.URL+"/api/v1"+path, strings.NewReader(body))
	require.NoError(s.w.tb, err)
	r.Header.Set("Content-Type", "application/json")
	return s.do(r)
}
