package account_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub/ledger"
	"jaliya/hub/opener"
	"jaliya/hub/portal/account"
	"jaliya/hub/portal/signin"
	"jaliya/internal/consular"
	"jaliya/internal/document"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/lang"
	"jaliya/internal/outside/identity"
	"jaliya/internal/seal"
	"jaliya/internal/web"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// world is a hub of one member without raft (a true ledger in memory, the true
// opener), a provider of identities, and the account between them, each on a
// real port.
type world struct {
	ledger.Views

	tb       testing.TB
	handler  http.Handler // of the pages
	store    *kv.Memory
	keys     *seal.IntakeKeys
	dicts    *seal.Dictionaries
	sealer   *opener.Sealer
	examiner *opener.Opener
	vault    sync.Map // wire.Digest to []byte
	log      *syncBuffer
	provider *identity.Provider
	server   *httptest.Server
	issuer   string
	passed   atomic.Int64 // ns that the clock was put ahead
	member   *member

	mu    sync.Mutex // guards index, and applies commands one by one
	index uint64
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
	w := &world{tb: tb, store: kv.NewStrictMemory(), log: &syncBuffer{}}
	w.Views = ledger.NewViews(w.store)
	var err error
	w.dicts, err = seal.NewDictionaries(0, nil)
	require.NoError(tb, err)
	w.keys, err = seal.GenerateIntakeKeys(w.dicts)
	require.NoError(tb, err)
	w.examiner, err = opener.New(w.keys, w, w)
	require.NoError(tb, err)
	w.sealer, err = opener.NewSealer(w.examiner, w)
	require.NoError(tb, err)
	key := bytes.Repeat([]byte{5}, 32)
	w.must(ledger.Init{
		Time: w.now().UnixMilli(), Cluster: wire.ClusterID{1}, Secret: key, Receipt: [][]byte{key},
		Intake: []wire.IntakeKey{{Number: 1, Public: w.keys.Public().Encode()}},
	})
	w.member = &member{w: w, pages: map[string]string{}}
	w.serve()
	return w
}

func (w *world) now() time.Time { return time.Now().Add(time.Duration(w.passed.Load())) }

func (w *world) must(c ledger.Command) ledger.Result {
	w.tb.Helper()
	r, err := w.commit(c)
	require.NoError(w.tb, err)
	return r
}

// commit applies at once what raft would have committed.
func (w *world) commit(c ledger.Command) (ledger.Result, error) {
	raw, err := ledger.Encode(c)
	if err != nil {
		return ledger.Result{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.index++
	var answer any
	err = w.store.Update(func(kw kv.Writer) (err error) {
		answer, err = ledger.Apply(kw, w.index, 1, raw)
		return err
	})
	if err != nil {
		return ledger.Result{}, err
	}
	r, _ := answer.(ledger.Result)
	return r, r.Err()
}

// Open implements opener.Images.
func (w *world) Open(digest wire.Digest) (io.ReadCloser, error) {
	held, ok := w.vault.Load(digest)
	if !ok {
		return nil, fault.New(fault.NotFound, "test", "", nil)
	}
	raw, _ := held.([]byte)
	return io.NopCloser(bytes.NewReader(raw)), nil
}

// serve puts provider and portal on real ports.
func (w *world) serve() {
	tb := w.tb
	tb.Helper()
	var provider, portal http.Handler
	at := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { provider.ServeHTTP(rw, r) }))
	tb.Cleanup(at.Close)
	w.server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { portal.ServeHTTP(rw, r) }))
	tb.Cleanup(w.server.Close)
	w.issuer = at.URL
	catalog, err := lang.Open()
	require.NoError(tb, err)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(tb, err)
	file := filepath.Join(tb.TempDir(), "client.pem")
	require.NoError(tb, identity.WriteKey(file, key))
	keys, err := identity.OpenKeys("")
	require.NoError(tb, err)
	back := w.server.URL + "/signin/callback"
	w.provider, err = identity.New(identity.Config{
		Issuer: at.URL, Keys: keys, Catalog: catalog, Seed: 4, People: 5,
		Clients: []identity.Client{{ID: "portal", Redirects: []string{back}, Key: &key.PublicKey}},
	})
	require.NoError(tb, err)
	provider = w.provider.Handler()
	door, err := signin.New(signin.Config{Issuer: at.URL, ClientID: "portal", KeyFile: file, RedirectURL: back})
	require.NoError(tb, err)
	portal = w.engine(catalog, door)
	w.handler = portal
}

func (w *world) engine(catalog *lang.Catalog, door *signin.SignIn) http.Handler {
	tb := w.tb
	zone, err := time.LoadLocation("Africa/Casablanca")
	require.NoError(tb, err)
	ui, err := web.NewUI(web.UIOptions{
		Surface: "portal", Catalog: catalog, Zone: zone, Templates: []fs.FS{account.Templates()},
		Languages: []consular.Language{consular.Arabic, consular.French, consular.Spanish, consular.English},
	})
	require.NoError(tb, err)
	posts, err := consular.BuiltInDirectory()
	require.NoError(tb, err)
	fees, err := consular.BuiltInFees()
	require.NoError(tb, err)
	logger := slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	a, err := account.New(account.Options{
		UI: ui, Catalog: catalog, Member: w.member, SignIn: door, Posts: posts, Fees: fees, Zone: zone,
		Address: "portal.example.org", Now: w.now, Logger: logger,
	})
	require.NoError(tb, err)
	e := web.NewEngine(logger)
	ui.Register(e.Group("", web.Policy()))
	a.Register(e)
	return e
}

// opened gives the body of the entry of a record, as only the hub can read it.
func (w *world) opened(found ledger.Found) (wire.Header, []byte) {
	w.tb.Helper()
	h, err := wire.DecodeHeader(found.Header)
	require.NoError(w.tb, err)
	o, err := w.keys.Open(found.Body, h.Record, wire.BodyAAD(h.Record, h.Kind))
	require.NoError(w.tb, err)
	return h, o.Body()
}

// stored gives all entries, oldest first.
func (w *world) stored() (all []ledger.Found) {
	w.tb.Helper()
	for n := uint64(1); ; n++ {
		found, err := w.ByCommit(n)
		if fault.Is(err, fault.NotFound) {
			return all
		}
		require.NoError(w.tb, err)
		all = append(all, found)
	}
}

// kinds gives the kinds of all entries.
func (w *world) kinds() (all []wire.Kind) {
	w.tb.Helper()
	for _, one := range w.stored() {
		h, err := wire.DecodeHeader(one.Header)
		require.NoError(w.tb, err)
		all = append(all, h.Kind)
	}
	return all
}

// complete carries out the order of a kind of a request.
func (w *world) complete(ref consular.Reference, kind workflow.Order, done ledger.CompleteOrder) {
	w.tb.Helper()
	c, err := w.Case(ref)
	require.NoError(w.tb, err)
	orders, err := w.OpenOrders(uint8(kind), w.now().UnixMilli(), 100)
	require.NoError(w.tb, err)
	for _, o := range orders {
		if o.Case == c.Number {
			done.Time, done.Order = w.now().UnixMilli(), o.ID
			w.must(done)
			return
		}
	}
	require.Fail(w.tb, "no such order")
}

// examine lets the true opener look at a request.
func (w *world) examine(ref consular.Reference) {
	w.tb.Helper()
	c, err := w.Case(ref)
	require.NoError(w.tb, err)
	orders, err := w.OpenOrders(uint8(workflow.OrderExamine), w.now().UnixMilli(), 100)
	require.NoError(w.tb, err)
	for _, o := range orders {
		if o.Case != c.Number {
			continue
		}
		answer, err := w.examiner.Examine(w.tb.Context(), o)
		require.NoError(w.tb, err)
		require.Equal(w.tb, workflow.ExaminedGood, answer.Event, "what the portal files holds before the opener")
		w.complete(ref, workflow.OrderExamine, ledger.CompleteOrder{Event: uint8(answer.Event), Actor: uint16(answer.Actor)})
		return
	}
	require.Fail(w.tb, "nothing to examine")
}

func (w *world) pay(ref consular.Reference) {
	w.tb.Helper()
	w.complete(ref, workflow.OrderCharge, ledger.CompleteOrder{Event: uint8(workflow.FeePaid), Actor: uint16(workflow.Hub)})
}

// pack seals a text, and a document if there is one, as a record office does.
func (w *world) pack(body, pdf []byte) wire.Digest {
	w.tb.Helper()
	record := wire.RecordID{9, 9}
	visit, err := seal.NewVisit(w.keys.Public(), record, w.dicts)
	require.NoError(w.tb, err)
	var bundle bytes.Buffer
	if pdf != nil {
		container, err := document.Pack(pdf)
		require.NoError(w.tb, err)
		out, err := visit.FixedBundleWriter(&bundle, wire.DocumentSize)
		require.NoError(w.tb, err)
		_, err = out.Add(wire.DocumentPart, "application/pdf", bytes.NewReader(container))
		require.NoError(w.tb, err)
		_, err = out.Finish()
		require.NoError(w.tb, err)
	}
	sealed, err := visit.SealBody(body, wire.PackageAAD(record))
	require.NoError(w.tb, err)
	raw := wire.Marshal(wire.Package{Record: record, Body: sealed, Bundle: bundle.Bytes()})
	digest := wire.Digest(sha256.Sum256(raw))
	w.vault.Store(digest, raw)
	return digest
}

var pdf = []byte("%PDF-1.7 the document, of which nobody must know what it says")

func (w *world) issue(ref consular.Reference) {
	w.tb.Helper()
	object := w.pack(wire.Marshal(map[int]any{1: 1, 2: "R-1", 3: "2026-03-02", 4: "2026-06-02", 5: "record"}), pdf)
	w.complete(ref, workflow.OrderIssue, ledger.CompleteOrder{Event: uint8(workflow.RecordIssued), Actor: uint16(workflow.Issuer), Facts: ledger.Facts{Serial: object[:]}})
}

const askedText = "Quel est le prénom de votre grand-père paternel ?"

func (w *world) query(ref consular.Reference) {
	w.tb.Helper()
	object := w.pack(wire.Marshal(map[int]any{1: 1, 6: askedText, 7: "fr"}), nil)
	w.complete(ref, workflow.OrderIssue, ledger.CompleteOrder{Event: uint8(workflow.QueryAsked), Actor: uint16(workflow.Issuer), Facts: ledger.Facts{Serial: object[:]}})
}

func (w *world) state(ref consular.Reference) workflow.State {
	w.tb.Helper()
	c, err := w.Case(ref)
	require.NoError(w.tb, err)
	return workflow.State(c.Flow.State)
}

// person is somebody at a browser.
type person struct {
	w      *world
	number int
	client *http.Client
}

func (w *world) person(number int) *person {
	w.tb.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(w.tb, err)
	return &person{w: w, number: number, client: &http.Client{Jar: jar}}
}

// shown is a page.
type shown struct {
	status int
	path   string
	host   string
	text   string
	header http.Header
}

func (p *person) do(r *http.Request) shown {
	p.w.tb.Helper()
	r.Header.Set("Accept-Language", "en")
	answer, err := p.client.Do(r)
	require.NoError(p.w.tb, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(p.w.tb, err)
	at := answer.Request.URL
	return shown{status: answer.StatusCode, path: at.Path, host: "http://" + at.Host, text: string(text), header: answer.Header}
}

func (p *person) get(path string) shown {
	p.w.tb.Helper()
	if !strings.HasPrefix(path, "http") {
		path = p.w.server.URL + path
	}
	r, err := http.NewRequestWithContext(p.w.tb.Context(), http.MethodGet, path, http.NoBody)
	require.NoError(p.w.tb, err)
	return p.do(r)
}

func (p *person) post(path string, pairs ...string) shown {
	p.w.tb.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	if !strings.HasPrefix(path, "http") {
		path = p.w.server.URL + path
	}
	r, err := http.NewRequestWithContext(p.w.tb.Context(), http.MethodPost, path, strings.NewReader(form.Encode()))
	require.NoError(p.w.tb, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return p.do(r)
}

var hidden = regexp.MustCompile(`name="t" value="([^"]+)"`)

// through goes through the provider's pages until it leads back.
func (p *person) through(page shown) shown {
	p.w.tb.Helper()
	for range 4 {
		if page.host != p.w.issuer || page.status == http.StatusSeeOther {
			return page
		}
		found := hidden.FindStringSubmatch(page.text)
		require.NotNil(p.w.tb, found, page.text)
		if page.path == "/consent" {
			page = p.post(p.w.issuer+"/consent", "t", found[1], "answer", "agree",
				"release", "father", "release", "mother", "release", "nationalities", "release", "place_of_birth")
			continue
		}
		page = p.post(p.w.issuer+"/login", "t", found[1], "person", strconv.Itoa(p.number),
			"pin", p.w.provider.People()[p.number].PIN, "level", "substantial")
	}
	require.Fail(p.w.tb, "the provider does not lead back")
	return page
}

func (p *person) signIn() shown {
	p.w.tb.Helper()
	page := p.through(p.get("/signin"))
	require.Equal(p.w.tb, http.StatusOK, page.status, page.text)
	return page
}

var token = regexp.MustCompile(`name="filing" value="([^"]+)"`)

// fill answers all questions and gives the token of the review page.
func (p *person) fill() string {
	p.w.tb.Helper()
	for _, one := range [][]string{
		{"/ask", "service", "record.police"},
		{"/ask/use", "purpose", "other", "text", "Dossier de la mairie d’Almería", "country", "ES"},
		{"/ask/legalization", "legalization", "none"},
		{"/ask/delivery", "mode", "electronic"},
		{"/ask/contact", "phone", "0034 612 345 678", "email", "canary.mail@example.org", "language", "es"},
		{"/ask/consent", "agree", "yes", "version", "record-online/1", "read_in", "fr"},
	} {
		page := p.post(one[0], one[1:]...)
		require.Equal(p.w.tb, http.StatusOK, page.status, page.text)
		require.NotEqual(p.w.tb, one[0], page.path, page.text)
	}
	return p.review()
}

func (p *person) review() string {
	p.w.tb.Helper()
	page := p.get("/ask/review")
	found := token.FindStringSubmatch(page.text)
	require.NotNil(p.w.tb, found, page.text)
	return found[1]
}

// filed makes a request and gives its reference.
func (p *person) filed() consular.Reference {
	p.w.tb.Helper()
	page := p.post("/ask/review", "filing", p.fill())
	require.Equal(p.w.tb, http.StatusOK, page.status, page.text)
	return referenceOf(p.w.tb, page)
}

func referenceOf(tb testing.TB, page shown) consular.Reference {
	tb.Helper()
	parts := strings.Split(page.path, "/")
	require.Greater(tb, len(parts), 2, page.path)
	ref, err := consular.ParseReference(parts[2])
	require.NoError(tb, err, page.path)
	return ref
}

// issued brings a request to its document.
func (p *person) issued() consular.Reference {
	p.w.tb.Helper()
	ref := p.filed()
	p.w.examine(ref)
	p.w.pay(ref)
	p.w.issue(ref)
	return ref
}

func at(ref consular.Reference, more string) string { return "/requests/" + ref.Digits() + more }

// forgotten lets the provider forget who signed in at this browser.
func (p *person) forgotten() {
	p.w.tb.Helper()
	here, err := url.Parse(p.w.server.URL)
	require.NoError(p.w.tb, err)
	held := slices.DeleteFunc(p.client.Jar.Cookies(here), func(c *http.Cookie) bool { return !strings.Contains(c.Name, "jaliya_portal") })
	p.client.Jar, err = cookiejar.New(nil)
	require.NoError(p.w.tb, err)
	p.client.Jar.SetCookies(here, held)
}

// prove goes where a fresh sign-in is asked for, and through it.
func (p *person) prove(path string) shown {
	p.w.tb.Helper()
	return p.through(p.get(path))
}
