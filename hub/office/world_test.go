package office_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub/office"
	"jaliya/hub/office/people"
	"jaliya/internal/access"
	"jaliya/internal/cms"
	"jaliya/internal/consular"
	"jaliya/internal/document"
	"jaliya/internal/fault"
	"jaliya/internal/issuer"
	"jaliya/internal/kv"
	"jaliya/internal/lang"
	"jaliya/internal/paper"
	"jaliya/internal/seal"
	"jaliya/internal/timestamp"
	"jaliya/internal/web"
	"jaliya/internal/wire"
)

const (
	token   = "the hub's own token"
	slot    = time.Hour
	canary  = "QARQAFUNDUS" // a name that nothing else has
	offense = "Canarisation aggravée"
)

// hub is the other end: it seals packets and opens packages.
type hub struct {
	keys   *seal.IntakeKeys
	dicts  *seal.Dictionaries
	office seal.PostPublic
}

// world is an office on a true store with a clock of its own.
type world struct {
	tb     testing.TB
	hub    hub
	office *office.Office
	people *people.SignIn
	path   string // of the store
	data   *seal.DataKey
	packet *seal.PostKey
	log    *syncBuffer
	times  *times
	maker  office.Maker
	plan   office.Plan
	at     atomic.Int64
	memory bool // without a file

	contract, desk *httptest.Server
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

// times is an authority of times that can be down.
type times struct {
	signer cms.Signer
	down   atomic.Bool
	now    func() time.Time
}

// Stamp implements pades.Stamper.
func (s *times) Stamp(_ context.Context, signature []byte) ([]byte, error) {
	if s.down.Load() {
		return nil, fault.New(fault.Unavailable, "test: stamp", "", nil)
	}
	digest := sha256.Sum256(signature)
	return timestamp.Authority{Signer: s.signer, Policy: []int{2, 999, 1}}.
		Token(timestamp.Imprint{Hash: crypto.SHA256, Digest: digest[:]}, nil, s.now())
}

func start() time.Time { return time.Date(2026, 11, 22, 10, 20, 0, 0, time.UTC) }

func newHub(tb testing.TB) hub {
	tb.Helper()
	dicts, err := seal.NewDictionaries(0, nil)
	require.NoError(tb, err)
	keys, err := seal.GenerateIntakeKeys(dicts)
	require.NoError(tb, err)
	return hub{keys: keys, dicts: dicts}
}

func newWorld(tb testing.TB) *world {
	tb.Helper()
	w := &world{
		tb: tb, hub: newHub(tb), path: filepath.Join(tb.TempDir(), "office.db"), log: &syncBuffer{},
		plan: office.Plan{Slot: slot, Early: 4, Late: 8, Share: 0.2},
	}
	w.at.Store(start().UnixNano())
	var err error
	w.data, err = seal.NewDataKey()
	require.NoError(tb, err)
	w.packet, err = seal.GeneratePostKey(w.hub.dicts)
	require.NoError(tb, err)
	w.hub.office = w.packet.Public()
	catalog, err := lang.Open()
	require.NoError(tb, err)
	press, err := paper.NewPress(catalog)
	require.NoError(tb, err)
	issuers, err := issuer.NewAuthority("Test office", issuer.Years(start(), 10))
	require.NoError(tb, err)
	keys, _, err := issuers.Identity("Test office", "MAPN", start())
	require.NoError(tb, err)
	authority, err := issuer.NewAuthority("Test time", issuer.Years(start(), 10))
	require.NoError(tb, err)
	signer, err := authority.Times("Test time stamps", issuer.Years(start(), 5))
	require.NoError(tb, err)
	w.times = &times{signer: signer, now: w.now}
	w.maker = &document.Issuer{Press: press, Keys: keys, Times: w.times, Random: rand.Reader}
	return w
}

func (w *world) now() time.Time { return time.Unix(0, w.at.Load()).UTC() }

func (w *world) pass(d time.Duration) { w.at.Add(int64(d)) }

// open opens the store and serves.
func (w *world) open() *world {
	w.tb.Helper()
	var store kv.Store = kv.NewStrictMemory()
	var err error
	if !w.memory {
		store, err = kv.Open(w.path, kv.Options{InitialMmapSize: 256 << 20})
		require.NoError(w.tb, err)
	}
	w.tb.Cleanup(func() { require.NoError(w.tb, store.Close()) })
	zone, err := time.LoadLocation("Africa/Casablanca")
	require.NoError(w.tb, err)
	logger := slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	w.office, err = office.New(office.Needs{
		Store: store, Data: w.data, Packets: w.packet, Maker: w.maker, Plan: w.plan, Letters: "DGSN", Page: "https://verifier.example.ma",
		Name: paper.Text{Arabic: "مديرية الشرطة القضائية، الرباط", French: "Direction de la police judiciaire, Rabat"},
		Keep: 30 * 24 * time.Hour, Zone: zone, Now: w.now, Logger: logger,
	})
	require.NoError(w.tb, err)
	w.people, err = people.New(people.Needs{Store: store, Key: w.data, Hasher: access.NewHasher(2), Now: w.now, Logger: logger})
	require.NoError(w.tb, err)
	words, err := lang.Open()
	require.NoError(w.tb, err)
	sum := sha256.Sum256([]byte(token))
	contract, err := office.NewContract(w.office, hex.EncodeToString(sum[:]), words, logger)
	require.NoError(w.tb, err)
	w.contract = httptest.NewServer(contract.Handler())
	w.tb.Cleanup(w.contract.Close)
	screens, err := office.NewScreens(w.office, w.people, access.Cookie{Name: office.DeskCookie}, words)
	require.NoError(w.tb, err)
	engine := web.NewEngine(logger)
	screens.Register(engine)
	w.desk = httptest.NewServer(engine)
	w.tb.Cleanup(w.desk.Close)
	return w
}

func person() consular.Person {
	return consular.Person{
		Family: consular.Name{Arabic: "بنعبد الرحمان", Latin: canary}, Given: consular.Name{Arabic: "فاطمة الزهراء", Latin: "FATIMA ZAHRA"},
		Sex: consular.Female, Birth: "1992-05-XX", BirthCountry: consular.Morocco, Nationality: consular.Morocco,
		BirthPlace: consular.Name{Arabic: "الدار البيضاء", Latin: "Casablanca"}, NationalNumber: "BE123456",
	}
}

func testContent() office.TestContent {
	return office.TestContent{
		Version: 1, Product: "record.police", Person: person(),
		Use: consular.Use{
			Purpose: consular.PurposeVisa, Country: "FR", Authority: "Préfecture du Rhône", Legalization: consular.LegalizationApostille, Copies: 1,
		},
		Proof: consular.IdentityProof{Kind: consular.ProofCounter, Document: consular.DocCardCopy, At: start()},
	}
}

func recordOf(id string) wire.RecordID {
	sum := sha256.Sum256([]byte(id))
	return wire.RecordID(sum[:16])
}

// packet seals content to the office.
func (h hub) packet(tb testing.TB, to seal.PostPublic, id string, content []byte) []byte {
	tb.Helper()
	delivery, err := seal.NewDelivery(to, "jaliya/records/1", h.dicts)
	require.NoError(tb, err)
	defer delivery.Destroy()
	sealed, err := delivery.SealBody(content, office.PacketAAD(id))
	require.NoError(tb, err)
	return sealed
}

// sent is the body of a good request.
func (h hub) sent(tb testing.TB, id string) office.Sent {
	tb.Helper()
	record := recordOf(id)
	public := h.keys.Public()
	return office.Sent{
		Product: "record.police", Record: hex.EncodeToString(record[:]),
		Packet: base64.StdEncoding.EncodeToString(h.packet(tb, h.office, id, office.Content(id, testContent()))),
		Reply:  office.Reply{Number: public.ID, Key: base64.StdEncoding.EncodeToString(public.Encode())},
	}
}

// received is what the hub reads out of a package.
type received struct {
	body office.Body
	pdf  []byte
	size int
}

func (h hub) open(tb testing.TB, id string, raw []byte) received {
	tb.Helper()
	p, err := wire.ParsePackage(raw)
	require.NoError(tb, err)
	require.Equal(tb, recordOf(id), p.Record)
	opened, err := h.keys.Open(p.Body, p.Record, wire.PackageAAD(p.Record))
	require.NoError(tb, err)
	r := received{size: len(raw)}
	require.NoError(tb, wire.Unmarshal(opened.Body(), 4096, &r.body))
	if len(p.Bundle) == 0 {
		return r
	}
	require.Len(tb, p.Bundle, wire.DocumentSize)
	bundle, err := opened.OpenBundle(bytes.NewReader(p.Bundle))
	require.NoError(tb, err)
	_, err = bundle.Each(func(head seal.PartHead, in io.Reader) error {
		require.Equal(tb, seal.PartHead{Name: wire.DocumentPart, MediaType: "application/pdf"}, head)
		container, err := io.ReadAll(in)
		require.NoError(tb, err)
		require.Len(tb, container, document.Size)
		r.pdf, err = document.Unpack(container)
		return err
	})
	require.NoError(tb, err)
	return r
}

// said is an answer of the contract.
type said struct {
	status int
	raw    []byte
	told   office.Told
	code   string
	title  string
}

// call speaks the contract.
func (w *world) call(method, path string, body any, change ...func(*http.Request)) said {
	w.tb.Helper()
	var in io.Reader = http.NoBody
	switch b := body.(type) {
	case nil:
	case string:
		in = strings.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		require.NoError(w.tb, err)
		in = bytes.NewReader(raw)
	}
	r, err := http.NewRequestWithContext(w.tb.Context(), method, w.contract.URL+path, in)
	require.NoError(w.tb, err)
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	for _, one := range change {
		one(r)
	}
	response, err := http.DefaultClient.Do(r)
	require.NoError(w.tb, err)
	defer response.Body.Close()
	out := said{status: response.StatusCode}
	out.raw, err = io.ReadAll(response.Body)
	require.NoError(w.tb, err)
	if response.StatusCode < 300 {
		require.NoError(w.tb, json.Unmarshal(out.raw, &out.told))
		return out
	}
	var problem struct{ Code, Title string }
	require.NoError(w.tb, json.Unmarshal(out.raw, &problem), string(out.raw))
	out.code, out.title = problem.Code, problem.Title
	return out
}

func (w *world) put(id string) said {
	w.tb.Helper()
	got := w.call(http.MethodPut, "/v1/requests/"+id, w.hub.sent(w.tb, id))
	require.Less(w.tb, got.status, 300, string(got.raw))
	return got
}

func (w *world) get(id string) said {
	w.tb.Helper()
	return w.call(http.MethodGet, "/v1/requests/"+id, nil)
}

// officer is somebody with the right to decide.
func officer(n int) access.Principal {
	return access.Principal{ID: fmt.Sprintf("REC-%05d", n), Role: access.RecordOfficer, Surface: access.SurfaceConsole}
}

// do acts on a request as it is now.
func (w *world) do(who int, id string, a office.Act) error {
	w.tb.Helper()
	_, version, _, err := w.office.StateOf(id)
	require.NoError(w.tb, err)
	a.Seen = version
	if a.Event == office.NothingFound || a.Event == office.EntriesFound {
		return w.office.Search(officer(who), id, version, a.Event)
	}
	return w.office.Do(officer(who), id, a)
}

func (w *world) must(who int, id string, acts ...office.Act) {
	w.tb.Helper()
	for _, a := range acts {
		require.NoError(w.tb, w.do(who, id, a), a.Event.String())
	}
}

func mention() office.Mention {
	return office.Mention{
		Court: paper.Text{Arabic: "المحكمة الابتدائية بفاس", French: "Tribunal de première instance de Fès"}, Date: "2019-03-07",
		Offense:  paper.Text{Arabic: "إصدار شيك بدون مؤونة", French: offense},
		Sentence: paper.Text{Arabic: "ستة أشهر حبسا نافذا", French: "Six mois d'emprisonnement ferme"},
	}
}

func of(e office.Event) office.Act { return office.Act{Event: e} }

// clearPath brings a request to its order without a finding.
func (w *world) clearPath(id string) {
	w.tb.Helper()
	w.must(1, id, of(office.Found), of(office.NothingFound), of(office.IssueOrdered))
}

// reviewPath brings one there by way of two officers.
func (w *world) reviewPath(id string) {
	w.tb.Helper()
	w.must(1, id, of(office.Found), office.Act{Event: office.EntryAdded, Entry: mention()}, of(office.EntriesFound),
		office.Act{Event: office.Proposed, Text: "no rehabilitation", Keep: []int{0}})
	w.must(2, id, of(office.Confirmed))
	w.must(1, id, of(office.IssueOrdered))
}

// turn does what is due.
func (w *world) turn() bool {
	w.tb.Helper()
	_, failed, err := w.office.Turn(w.tb.Context())
	require.NoError(w.tb, err)
	return failed
}

// until lets slots pass until the network has the end of a request.
func (w *world) until(id string) said {
	w.tb.Helper()
	for range 40 {
		w.turn()
		if got := w.get(id); got.told.State != office.OutReceived {
			return got
		}
		w.pass(slot / 2)
	}
	require.Fail(w.tb, "nothing left", id)
	return said{}
}
