package records_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"log/slog"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"jaliya/hub/gateway"
	"jaliya/hub/gateway/records"
	"jaliya/hub/ledger"
	"jaliya/hub/opener"
	"jaliya/hub/vault"
	"jaliya/internal/cms"
	"jaliya/internal/consular"
	"jaliya/internal/document"
	"jaliya/internal/fault"
	"jaliya/internal/issuer"
	"jaliya/internal/kv"
	"jaliya/internal/lang"
	outoffice "jaliya/internal/outside/records"
	"jaliya/internal/paper"
	"jaliya/internal/seal"
	"jaliya/internal/specimen"
	"jaliya/internal/timestamp"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const token = "only-for-tests"

// press is made once: it reads fonts.
var press = sync.OnceValues(func() (*paper.Press, error) {
	catalog, err := lang.Open()
	if err != nil {
		return nil, err
	}
	return paper.NewPress(catalog)
})

// maker makes real documents and counts them.
type maker struct {
	document.Issuer

	stamper cms.Signer
	mu      sync.Mutex
	made    map[string]int // by number
	away    int            // so many times the authority of time does not answer
}

func newMaker(tb testing.TB) *maker {
	tb.Helper()
	m := &maker{made: map[string]int{}}
	var err error
	m.Press, err = press()
	require.NoError(tb, err)
	authority, err := issuer.NewAuthority("Test office", issuer.Years(time.Now(), 10))
	require.NoError(tb, err)
	m.Keys, _, err = authority.Identity("Test office", "MAPN", time.Now())
	require.NoError(tb, err)
	m.stamper, err = authority.Times("Test time", issuer.Years(time.Now(), 5))
	require.NoError(tb, err)
	m.Times, m.Random = m, rand.Reader
	return m
}

// Stamp implements pades.Stamper.
func (m *maker) Stamp(_ context.Context, signature []byte) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.away > 0 {
		m.away--
		return nil, fault.New(fault.Unavailable, "test: stamp", "", nil)
	}
	digest := sha256.Sum256(signature)
	return timestamp.Authority{Signer: m.stamper, Policy: []int{2, 999, 1}}.
		Token(timestamp.Imprint{Hash: crypto.SHA256, Digest: digest[:]}, nil, time.Now())
}

// Issue implements outoffice.Maker.
func (m *maker) Issue(ctx context.Context, d paper.RecordData) (document.Issued, error) {
	out, err := m.Issuer.Issue(ctx, d)
	if err == nil {
		m.mu.Lock()
		m.made[d.Number]++
		m.mu.Unlock()
	}
	return out, err
}

// pipes is a network within the program.
type pipes struct {
	conns chan net.Conn
	ended chan struct{}
	once  sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), ended: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.ended:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.ended) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case p.conns <- there:
		return here, nil
	case <-p.ended:
	case <-ctx.Done():
	}
	return nil, net.ErrClosed
}

// exchange is what somebody on the hub's side of the road sees of one question.
type exchange struct {
	what     string
	up, down int
	status   int
}

type counted struct {
	http.ResponseWriter

	status, size int
}

func (c *counted) WriteHeader(status int) { c.status = status; c.ResponseWriter.WriteHeader(status) }

func (c *counted) Write(b []byte) (int, error) {
	n, err := c.ResponseWriter.Write(b)
	c.size += n
	return n, err
}

func (c *counted) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// lines keeps a log.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// world is a hub with its ledger, opener, vault, gateway and connector, and an
// office at the other end of a pipe.
type world struct {
	ledger.Views

	tb     testing.TB
	chaos  *mathrand.ChaCha8
	store  kv.Store
	keys   *seal.IntakeKeys
	dicts  *seal.Dictionaries
	vault  *vault.Directory
	sealer *opener.Sealer
	conn   *records.Connector
	reg    *prometheus.Registry
	log    *lines
	maker  *maker
	office *seal.PostKey
	people *specimen.Maker
	simCfg outoffice.Config
	turn   chan struct{} // held by one attempt at a time, so that figures belong to a case

	mu      sync.Mutex // guards the fields below
	sim     *outoffice.Simulator
	index   uint64
	changed chan struct{}
	lost    int // so many proposals are not taken
	seen    map[string][]exchange
	figures map[uint64]map[string]float64 // what attempts added, by case
	byCase  map[uint64][]ledger.Order     // orders, once the world stands still
	byOrder map[uint64][2]int             // lines and bytes of the log, once the world stands still
}

// newWorld is to be called in a bubble; stop ends what it began.
func newWorld(tb testing.TB, change ...func(*outoffice.Config)) (w *world, stop func()) {
	tb.Helper()
	<-time.After(time.Until(time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC))) // a bubble begins in 2000
	w = &world{
		tb: tb, chaos: mathrand.NewChaCha8([32]byte{5}), store: kv.NewMemory(), reg: prometheus.NewRegistry(), log: &lines{},
		maker: newMaker(tb), people: specimen.New(11), turn: make(chan struct{}, 1), changed: make(chan struct{}),
		seen: map[string][]exchange{}, figures: map[uint64]map[string]float64{},
	}
	w.Views = ledger.NewViews(w.store)
	var err error
	w.dicts, err = seal.NewDictionaries(0, nil)
	require.NoError(tb, err)
	w.keys, err = seal.GenerateIntakeKeys(w.dicts)
	require.NoError(tb, err)
	w.office, err = seal.GeneratePostKey(w.dicts)
	require.NoError(tb, err)
	w.vault, err = vault.OpenDirectory(tb.TempDir(), 0)
	require.NoError(tb, err)
	public := w.keys.Public()
	w.do(ledger.Init{
		Time: time.Now().UnixMilli(), Cluster: wire.ClusterID(w.bytes(16)), Secret: w.bytes(32), Receipt: [][]byte{w.bytes(32)},
		Intake: []wire.IntakeKey{{Number: public.ID, Public: public.Encode()}},
	})
	w.simCfg = outoffice.Config{Dir: tb.TempDir(), Token: token, Seed: 3, Slot: 30 * time.Minute, Key: w.office, Maker: w.maker, Late: 0.3}
	for _, f := range change {
		f(&w.simCfg)
	}
	w.openOffice()
	return w, w.run()
}

// openOffice opens the office with what is on its disk.
func (w *world) openOffice() {
	sim, err := outoffice.New(w.simCfg)
	require.NoError(w.tb, err)
	w.mu.Lock()
	w.sim = sim
	w.mu.Unlock()
}

func (w *world) simulator() *outoffice.Simulator {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sim
}

// ServeHTTP is the road to the office.
func (w *world) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	c := &counted{ResponseWriter: rw}
	id, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/v1/requests/"), "/")
	defer func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.seen[id] = append(w.seen[id], exchange{what: r.Method + " " + rest, up: int(r.ContentLength), down: c.size, status: c.status})
	}()
	w.simulator().Handler().ServeHTTP(c, r)
}

// run starts gateway, road and office.
func (w *world) run() (stop func()) {
	road := newPipes()
	server := &http.Server{Handler: w, ReadHeaderTimeout: time.Minute, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0)}
	o, err := opener.New(w.keys, w, w.vault)
	require.NoError(w.tb, err)
	w.sealer, err = opener.NewSealer(o, w)
	require.NoError(w.tb, err)
	log := slog.New(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	dir := w.tb.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(w.tb, os.WriteFile(path, []byte(text+"\n"), 0o600))
		return path
	}
	w.conn, err = records.New(records.Config{Offices: []records.OfficeConfig{{
		Name: "dgsn", URL: "http://127.0.0.1:1", TokenFile: file("token", token), Services: []consular.Service{consular.RecordPolice},
		PacketKey: file("key", base64.StdEncoding.EncodeToString(w.office.Public().Encode())),
	}}}, records.Needs{
		Cluster: "c0ffee", Cases: w, Resealer: w.sealer, Prover: w.sealer, Vault: w.vault, Now: time.Now, Logger: log,
		Metrics: records.NewMetrics(w.reg), Dial: road.dial,
	})
	require.NoError(w.tb, err)
	handlers := map[workflow.Order]gateway.Handler{ //nolint:exhaustive // a test handles what it needs
		workflow.OrderExamine: o.Examine,
		workflow.OrderCharge: func(context.Context, ledger.Order) (gateway.Answer, error) {
			return gateway.Answer{Event: workflow.FeePaid, Actor: workflow.Hub}, nil
		},
		workflow.OrderIssue:  w.watched(w.conn.Issue),
		workflow.OrderRecall: w.watched(w.conn.Recall),
	}
	worker, err := gateway.New(gateway.Config{
		State: w, Proposer: w, Leading: func() bool { return true }, Handlers: handlers, Now: time.Now, Logger: log,
		Metrics: gateway.NewMetrics(w.reg),
	})
	require.NoError(w.tb, err)
	ctx, cancel := context.WithCancel(w.tb.Context())
	var g sync.WaitGroup
	g.Go(func() { _ = server.Serve(road) })
	g.Go(func() { _ = worker.Run(ctx) })
	g.Go(func() {
		for ctx.Err() == nil { // whichever life of the office is open
			select {
			case <-time.After(w.simCfg.Slot - time.Since(time.Now().Truncate(w.simCfg.Slot))):
				w.simulator().Release(ctx)
			case <-ctx.Done():
			}
		}
	})
	return func() {
		cancel()
		w.conn.Close()
		_ = server.Close()
		g.Wait()
		w.conn.Close()
	}
}

// watched lets one attempt run at a time and notes what it adds to the figures.
func (w *world) watched(h gateway.Handler) gateway.Handler {
	return func(ctx context.Context, o ledger.Order) (gateway.Answer, error) {
		w.turn <- struct{}{}
		defer func() { <-w.turn }()
		before := w.gather()
		a, err := h(ctx, o)
		w.mu.Lock()
		defer w.mu.Unlock()
		held := w.figures[o.Case]
		if held == nil {
			held = map[string]float64{}
			w.figures[o.Case] = held
		}
		for name, value := range w.gather() {
			if value != before[name] {
				held[name] += value - before[name]
			}
		}
		return a, err
	}
}

// gather gives the connector's figures by name and labels; those of the worker
// are counted after an attempt, by what is in them already.
func (w *world) gather() map[string]float64 {
	families, err := w.reg.Gather()
	require.NoError(w.tb, err)
	all := map[string]float64{}
	for _, f := range families {
		if !strings.HasPrefix(f.GetName(), "jaliya_records_") {
			continue
		}
		for _, m := range f.GetMetric() {
			name := []string{f.GetName()}
			for _, l := range m.GetLabel() {
				name = append(name, l.GetName()+"="+l.GetValue())
			}
			all[strings.Join(name, ",")] = m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return all
}

func (w *world) bytes(n int) []byte {
	b := make([]byte, n)
	_, err := w.chaos.Read(b)
	require.NoError(w.tb, err)
	return b
}

// Watch implements gateway.State.
func (w *world) Watch() (uint64, <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.index, w.changed
}

// Propose implements gateway.Proposer.
func (w *world) Propose(_ context.Context, raw []byte) (any, uint64, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.lost > 0 {
		w.lost--
		return nil, 0, fault.New(fault.Unavailable, "test: propose", "no leader", nil)
	}
	w.index++
	var r ledger.Result
	err := w.store.Update(func(kw kv.Writer) (err error) {
		r, err = ledger.Apply(kw, w.index, 1, raw)
		return err
	})
	close(w.changed)
	w.changed = make(chan struct{})
	return r, w.index, err
}

func (w *world) do(c ledger.Command) ledger.Result {
	w.tb.Helper()
	raw, err := ledger.Encode(c)
	require.NoError(w.tb, err)
	a, _, err := w.Propose(w.tb.Context(), raw)
	require.NoError(w.tb, err)
	r, ok := a.(ledger.Result)
	require.True(w.tb, ok)
	require.NoError(w.tb, r.Err())
	return r
}

// filed is a request as the person remembers it.
type filed struct {
	ref    consular.Reference
	owner  wire.Digest
	number uint64
	person consular.Person
}

// header is one of the portal.
func (w *world) header(f filed, kind wire.Kind) wire.Header {
	return wire.Header{
		Record: wire.RecordID(w.bytes(16)), Kind: kind, Source: wire.SourcePortal, Time: time.Now().UnixMilli(),
		Reference: f.ref.Digits(), IntakeKey: w.keys.Public().ID, Owner: &f.owner,
	}
}

// send seals a body and commits the entry.
func (w *world) send(h wire.Header, body any) ledger.Result {
	w.tb.Helper()
	visit, err := seal.NewVisit(w.keys.Public(), h.Record, w.dicts)
	require.NoError(w.tb, err)
	defer visit.Destroy()
	sealed, err := visit.SealBody(wire.Marshal(body), wire.BodyAAD(h.Record, h.Kind))
	require.NoError(w.tb, err)
	e, err := wire.NewEntry(h, sealed)
	require.NoError(w.tb, err)
	return w.do(ledger.File{Time: time.Now().UnixMilli(), Header: e.Header, Body: e.Body})
}

// file files a request as a person does on the portal.
func (w *world) file() filed {
	w.tb.Helper()
	ref, err := consular.NewReference(w.chaos)
	require.NoError(w.tb, err)
	f := filed{ref: ref, owner: wire.Digest(w.bytes(32))}
	h := w.header(f, wire.KindRequestReleased)
	slip := wire.Digest(consular.SlipCode("12345678").Hash(ref))
	h.Service, h.SlipHash = uint8(consular.RecordPolice), &slip
	release := w.people.Person(specimen.PersonOptions{Service: consular.RecordPolice, On: "2026-11-22"}).Release("", "")
	release.Record.Proof = consular.IdentityProof{Kind: consular.ProofDigital, Receipt: "tx-1", Level: "high", At: time.Now().UTC()}
	release.Record.Receipt, release.Captured = []byte("a receipt"), time.Now().UnixMilli()
	f.person = release.Person
	f.number = w.send(h, release).Case
	return f
}

const reply = "Fatima Bennani"

// reply answers the office's question.
func (w *world) reply(f filed) {
	w.tb.Helper()
	w.send(w.header(f, wire.KindQueryAnswered), wire.RecordAct{
		Version: wire.Version, Reference: f.ref, Receipt: []byte("a receipt"), Text: reply, At: time.Now().UnixMilli(),
	})
}

func (w *world) withdraw(f filed) {
	w.tb.Helper()
	w.send(w.header(f, wire.KindRequestCancelled), wire.RecordAct{Version: wire.Version, Reference: f.ref, At: time.Now().UnixMilli()})
}

func (w *world) view(f filed) ledger.CaseView {
	w.tb.Helper()
	v, err := w.CaseNumber(f.number)
	require.NoError(w.tb, err)
	return v
}

func (w *world) state(f filed) workflow.State { return workflow.State(w.view(f).Flow.State) }

// until lets time pass until the case is in a state, three days at most.
func (w *world) until(f filed, want workflow.State) {
	w.tb.Helper()
	for range 3 * 24 * 60 {
		if w.state(f) == want {
			return
		}
		<-time.After(time.Minute)
	}
	require.Equal(w.tb, want.String(), w.state(f).String(), "%v\n%s", w.conn.Letters(), w.log)
}

// count tells how often the case heard an event.
func (w *world) count(f filed, e workflow.Event) (n int) {
	for _, line := range w.view(f).Timeline {
		if workflow.Event(line.Event) == e {
			n++
		}
	}
	return n
}

// stored gives the package that the vault has under a digest.
func (w *world) stored(digest wire.Digest) []byte {
	w.tb.Helper()
	file, err := w.vault.Open(digest)
	require.NoError(w.tb, err)
	defer file.Close()
	raw, err := io.ReadAll(file)
	require.NoError(w.tb, err)
	return raw
}

// read opens a package for the person: its body, and the file.
func (w *world) read(digest wire.Digest) (body map[int]any, pdf []byte) {
	w.tb.Helper()
	reader, err := seal.GeneratePostKey(w.dicts)
	require.NoError(w.tb, err)
	sealed, bundle, err := w.sealer.Pass(w.tb.Context(), digest, opener.Target{Key: reader.Public(), Context: "test", AAD: []byte("x")})
	require.NoError(w.tb, err)
	opened, err := reader.Open(sealed, "test", []byte("x"))
	require.NoError(w.tb, err)
	require.NoError(w.tb, wire.Unmarshal(opened.Body(), wire.MaxBody, &body))
	if bundle == nil {
		return body, nil
	}
	inner, err := opened.OpenBundle(bytes.NewReader(bundle))
	require.NoError(w.tb, err)
	_, err = inner.Each(func(_ seal.PartHead, r io.Reader) error {
		packed, err := io.ReadAll(r)
		require.NoError(w.tb, err)
		pdf, err = document.Unpack(packed)
		return err
	})
	require.NoError(w.tb, err)
	return body, pdf
}

func serialOf(v ledger.CaseView) (d wire.Digest) {
	copy(d[:], v.Flow.Serial)
	return d
}
