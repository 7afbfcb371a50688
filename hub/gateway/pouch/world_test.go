package pouch_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"io"
	"log/slog"
	"maps"
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
	"jaliya/hub/gateway/pouch"
	"jaliya/hub/ledger"
	"jaliya/hub/opener"
	"jaliya/internal/config"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/outside"
	outsite "jaliya/internal/outside/centre"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// world is a hub of one member without raft: a true ledger in memory, the true
// opener, worker, connector and pouch desk, and two simulated sites.
type world struct {
	ledger.Views
	tb    testing.TB
	store *kv.Memory
	log   *syncBuffer
	keys  *seal.IntakeKeys
	dicts *seal.Dictionaries
	post  *seal.PostKey // of FR-LYO
	node  wire.NodeID
	head  wire.Position
	vault sync.Map // wire.Digest to []byte
	desk  *pouch.Desk
	conn  *centre.Connector
	seals *opener.Sealer
	sites map[string]*outsite.Simulator

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

const (
	speed = 100_000 // of the sites: a card in a tenth of a second
	limit = 20 * time.Second
)

func newWorld(tb testing.TB, cfg pouch.Config, byHand bool) *world {
	tb.Helper()
	w := &world{
		tb: tb, store: kv.NewStrictMemory(), log: &syncBuffer{}, node: wire.NodeID{7},
		changed: make(chan struct{}), sites: map[string]*outsite.Simulator{},
	}
	w.Views = ledger.NewViews(w.store)
	var err error
	w.dicts, err = seal.NewDictionaries(0, nil)
	require.NoError(tb, err)
	w.keys, err = seal.GenerateIntakeKeys(w.dicts)
	require.NoError(tb, err)
	w.post, err = seal.GeneratePostKey(w.dicts)
	require.NoError(tb, err)
	w.begin()
	w.build(cfg, byHand)
	return w
}

// begin founds the cluster and has FR-LYO join.
func (w *world) begin() {
	w.tb.Helper()
	w.head = wire.Genesis(w.node, 1)
	key := bytes.Repeat([]byte{5}, 32)
	now := time.Now().UnixMilli()
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
}

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
	held, _ := w.vault.Load(digest)
	sealed, _ := held.([]byte)
	return io.NopCloser(bytes.NewReader(sealed)), nil
}

func (w *world) build(cfg pouch.Config, byHand bool) {
	w.tb.Helper()
	logger := slog.New(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	o, err := opener.New(w.keys, w, w)
	require.NoError(w.tb, err)
	w.seals, err = opener.NewSealer(o, w)
	require.NoError(w.tb, err)
	w.conn, err = centre.New(w.centres(), centre.Needs{
		Cluster: "c0ffee", Cases: w, Resealer: w.seals, News: centre.NewNews(w, time.Now), Now: time.Now, Logger: logger,
	})
	require.NoError(w.tb, err)
	w.tb.Cleanup(w.conn.Close)
	leading := func() bool { return true }
	w.desk, err = pouch.New(cfg, pouch.Needs{
		State: w, Sealer: w.seals, Commit: w.commit, Leading: leading, Now: time.Now, Logger: logger,
		Serial: func(ctx context.Context, n uint64) (string, error) {
			card, err := w.conn.CardOf(ctx, n)
			return card.Serial, err
		},
	})
	require.NoError(w.tb, err)
	handlers := w.conn.Handlers()
	maps.Copy(handlers, w.desk.Handlers())
	handlers[workflow.OrderExamine] = o.Examine
	handlers[workflow.OrderSummary] = w.summary
	if !byHand {
		handlers[workflow.OrderVerify] = gateway.PassByRule
	}
	worker, err := gateway.New(gateway.Config{
		State: w, Proposer: w, Leading: leading, Handlers: handlers, Now: time.Now, Logger: logger,
	})
	require.NoError(w.tb, err)
	w.run(worker.Run, w.desk.Run)
}

func (w *world) summary(ctx context.Context, o ledger.Order) (gateway.Answer, error) {
	tell, err := w.seals.Summary(ctx, o)
	if err != nil || len(tell.Sealed) == 0 {
		return gateway.Answer{}, err
	}
	tell.Time = time.Now().UnixMilli()
	_, err = w.commit(ctx, tell)
	return gateway.Answer{}, err
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

func (w *world) centres() centre.Config {
	w.tb.Helper()
	dir := w.tb.TempDir()
	cfg := centre.Config{
		Timeout: config.Duration(2 * time.Second), Poll: config.Duration(20 * time.Millisecond),
		PollMost: config.Duration(200 * time.Millisecond),
	}
	clock := outside.NewClock(speed)
	for i, name := range []string{"rabat", "marrakech"} {
		key, err := seal.GeneratePostKey(w.dicts)
		require.NoError(w.tb, err)
		number := uint8(i + 1)
		sim, err := outsite.New(outsite.Config{
			Site: name, Number: number, PerDay: 1_000_000, Seed: 1, Key: key, Clock: clock,
			Logger: slog.New(slog.NewTextHandler(w.log, nil)),
		})
		require.NoError(w.tb, err)
		w.sites[name] = sim
		server := httptest.NewServer(sim.Handler())
		w.tb.Cleanup(server.Close)
		path := filepath.Join(dir, name)
		require.NoError(w.tb, os.WriteFile(path, []byte(base64.StdEncoding.EncodeToString(key.Public().Encode())), 0o600))
		cfg.Sites = append(cfg.Sites, centre.SiteConfig{Number: number, Name: name, URL: server.URL, PacketKey: path})
	}
	return cfg
}

// until waits for the state to become what ok wants.
func (w *world) until(what string, ok func() bool) {
	w.tb.Helper()
	timer := time.NewTimer(limit)
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

func (w *world) state(ref consular.Reference) workflow.State {
	w.tb.Helper()
	c, err := w.Case(ref)
	require.NoError(w.tb, err)
	return workflow.State(c.Flow.State)
}

// somebody is person number n of the tests.
func somebody(n int) consular.Person {
	parent := func(arabic, latin string) consular.PersonName {
		return consular.PersonName{Given: consular.Name{Arabic: arabic, Latin: latin}}
	}
	latin := "Canariname" + strings.Repeat("n", n)
	return consular.Person{
		Family: consular.Name{Arabic: "الكناري" + strings.Repeat("ن", n), Latin: latin},
		Given:  consular.Name{Arabic: "فاطمة الزهراء", Latin: "Fatimazahra"},
		Sex:    consular.Female, Birth: "1990-01-01", BirthPlace: consular.Name{Arabic: "فاس", Latin: "Fès"},
		BirthCountry: consular.Morocco, Nationality: consular.Morocco,
		Father: parent("محمد", "Mohammed"), Mother: parent("خديجة", "Khadija"), ActNumber: "1990/77",
	}
}

var canaries = []string{"Canariname", "الكناري", "Fatimazahra", "فاطمة", "+33612345678", "1990-01-01"}

// release has FR-LYO release a request of a person.
func (w *world) release(n int) consular.Reference {
	w.tb.Helper()
	ref, err := consular.NewReference(rand.Reader)
	require.NoError(w.tb, err)
	record := wire.NewRecordID()
	visit, err := seal.NewVisit(w.keys.Public(), record, w.dicts)
	require.NoError(w.tb, err)
	defer visit.Destroy()
	var sealed bytes.Buffer
	bundle, err := visit.BundleWriter(&sealed)
	require.NoError(w.tb, err)
	for _, name := range []string{"portrait", "signature", "print-right-index", "scan-birth-extract"} {
		_, err := bundle.Add(name, "image/jpeg", strings.NewReader(name+" of somebody"))
		require.NoError(w.tb, err)
	}
	info, err := bundle.Finish()
	require.NoError(w.tb, err)
	w.vault.Store(wire.Digest(info.Address), sealed.Bytes())
	body, err := visit.SealBody(wire.Marshal(wire.Release{
		Version: 1, Service: consular.CNIEFirst, Person: somebody(n), Contact: consular.Contact{Phone: "+33612345678", Language: "fr"},
		Delivery: consular.Delivery{Mode: consular.DeliverCollect, Post: "FR-LYO"},
		Parts:    wire.PartsOf(info.Parts), EnrolledBy: "LYO-10001", ReleasedBy: "LYO-10002", Captured: 1,
	}), wire.BodyAAD(record, wire.KindRequestReleased))
	require.NoError(w.tb, err)
	slip := wire.Digest(consular.SlipCode("12345678").Hash(ref))
	entry, err := wire.NewEntry(wire.Header{
		Record: record, Kind: wire.KindRequestReleased, Source: wire.SourceNode, Node: w.node, Incarnation: 1, Seq: w.head.Seq + 1,
		Time: time.Now().UnixMilli(), Post: "FR-LYO", Reference: ref.Digits(), Service: uint8(consular.CNIEFirst), Pickup: "FR-LYO",
		Images:   []wire.Image{{Digest: info.Address, Size: uint64(info.Size)}},
		SlipHash: &slip, IntakeKey: 1,
	}, body)
	require.NoError(w.tb, err)
	r := w.must(ledger.Admit{Time: time.Now().UnixMilli(), Batches: []ledger.AdmitBatch{{After: w.head, Session: 1, Entries: []wire.Entry{entry}}}})
	require.NoError(w.tb, r.Batches[0].Err())
	require.Empty(w.tb, r.Batches[0].Refused)
	w.head = w.head.Next(entry)
	return ref
}

// notices gives what FR-LYO was told.
func (w *world) notices() (list []wire.Notice) {
	w.tb.Helper()
	_, raws, err := w.NoticesAfter("FR-LYO", 0, 1000)
	require.NoError(w.tb, err)
	for _, raw := range raws {
		n, err := wire.DecodeNotice(raw)
		require.NoError(w.tb, err)
		list = append(list, n)
	}
	return list
}
