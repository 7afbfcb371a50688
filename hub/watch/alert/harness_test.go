package alert_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"net/http/httptest"
	netmail "net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"

	"jaliya/hub/gateway/mail"
	"jaliya/hub/ledger"
	"jaliya/hub/watch"
	"jaliya/hub/watch/alert"
	"jaliya/internal/config"
	"jaliya/internal/consular"
	"jaliya/internal/kv"
	"jaliya/internal/lang"
	"jaliya/internal/wire"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// nation is a ledger without raft, and what a watcher would see of it.
type nation struct {
	ledger.Views

	t       *testing.T
	store   *kv.Memory
	index   uint64
	now     time.Time
	clock   func() time.Time // instead of now, where time goes by itself
	needs   []watch.Need
	follows bool  // this member does not lead
	fail    error // of commits
	log     bytes.Buffer
}

func newNation(t *testing.T) *nation {
	t.Helper()
	store := kv.NewStrictMemory()
	n := &nation{Views: ledger.NewViews(store), t: t, store: store, now: noon}
	require.NoError(t, n.commit(t.Context(), ledger.Init{
		Time: noon.UnixMilli(), Cluster: wire.ClusterID{1}, Secret: make([]byte, 32),
		Receipt: [][]byte{make([]byte, 32)}, Intake: []wire.IntakeKey{{Number: 1, Public: make([]byte, 32)}},
	}))
	return n
}

func (n *nation) commit(_ context.Context, c ledger.Command) error {
	if n.fail != nil {
		return n.fail
	}
	raw, err := ledger.Encode(c)
	require.NoError(n.t, err)
	n.index++
	var r ledger.Result
	require.NoError(n.t, n.store.Update(func(w kv.Writer) (err error) {
		r, err = ledger.Apply(w, n.index, 1, raw)
		return err
	}))
	return r.Err()
}

func (n *nation) time() time.Time {
	if n.clock != nil {
		return n.clock()
	}
	return n.now
}

// Picture implements alert.Watch.
func (n *nation) Picture(context.Context) (watch.Picture, error) {
	return watch.Picture{At: n.time(), Needs: n.needs}, nil
}

// see changes the picture to these needs, has the ledger note the change as the
// watcher does, and lets time pass.
func (n *nation) see(later time.Duration, needs ...watch.Need) {
	n.t.Helper()
	held, err := n.Needs()
	require.NoError(n.t, err)
	lasting := map[string]bool{}
	c := ledger.Observe{Time: n.now.UnixMilli()}
	for _, need := range needs {
		lasting[need.Key] = true
		c.Begun = append(c.Begun, ledger.Begun{Key: need.Key, Urgency: uint8(need.Urgency)})
	}
	for _, h := range held {
		if !lasting[h.Key] && h.Ended == 0 {
			c.Ended = append(c.Ended, h.Key)
		}
	}
	n.needs = needs
	require.NoError(n.t, n.commit(n.t.Context(), c))
	n.now = n.now.Add(later)
}

func (n *nation) alerter(cfg alert.Config, mailer alert.Mailer) *alert.Alerter {
	n.t.Helper()
	words, err := lang.Open()
	require.NoError(n.t, err)
	posts, err := consular.BuiltInDirectory()
	require.NoError(n.t, err)
	a, err := alert.New(cfg, alert.Needs{
		Cluster: "c0ffee", Watch: n, State: n, Leading: func() bool { return !n.follows }, Commit: n.commit, Mailer: mailer,
		Words: words, Posts: posts, Now: n.time, Logger: slog.New(slog.NewTextHandler(&n.log, nil)),
	})
	require.NoError(n.t, err)
	n.t.Cleanup(a.Close)
	return a
}

func (n *nation) look(a *alert.Alerter) {
	n.t.Helper()
	require.NoError(n.t, a.Look(n.t.Context()))
}

// server is a mail server on this machine, spoken to by the hub's true connector.
type server struct {
	t    *testing.T
	port string

	mu     sync.Mutex
	refuse map[string]*smtp.SMTPError // by recipient
	got    []string
}

func newServer(t *testing.T) *server {
	t.Helper()
	s := &server{t: t, refuse: map[string]*smtp.SMTPError{}}
	serving := smtp.NewServer(s)
	serving.Domain, serving.ReadTimeout, serving.WriteTimeout = "localhost", 10*time.Second, 10*time.Second
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	_, s.port, err = net.SplitHostPort(l.Addr().String())
	require.NoError(t, err)
	var served sync.WaitGroup
	served.Go(func() { _ = serving.Serve(l) }) // its end is Close
	t.Cleanup(func() {
		_ = serving.Close()
		_ = l.Close()
		served.Wait()
	})
	return s
}

// NewSession implements smtp.Backend.
func (s *server) NewSession(*smtp.Conn) (smtp.Session, error) { return &visit{s: s}, nil }

type visit struct {
	s *server
}

func (*visit) Reset()                               {}
func (*visit) Logout() error                        { return nil }
func (*visit) Mail(string, *smtp.MailOptions) error { return nil }

func (v *visit) Rcpt(to string, _ *smtp.RcptOptions) error {
	v.s.mu.Lock()
	defer v.s.mu.Unlock()
	if said := v.s.refuse[to]; said != nil {
		return said
	}
	return nil
}

func (v *visit) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	v.s.mu.Lock()
	defer v.s.mu.Unlock()
	v.s.got = append(v.s.got, string(raw))
	return err
}

func (s *server) connector(now func() time.Time) *mail.Connector {
	s.t.Helper()
	c, err := mail.New(mail.Config{
		Server: "localhost:" + s.port, Security: mail.None, From: "hub@example.org", Timeout: config.Duration(5 * time.Second),
	}, mail.Needs{Now: now, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(s.t, err)
	return c
}

// letters gives what came since it was asked last.
func (s *server) letters() (list []letter) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, raw := range s.got {
		list = append(list, open(s.t, raw))
	}
	s.got = nil
	return list
}

type letter struct{ id, to, language, subject, text string }

func open(t *testing.T, raw string) letter {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(raw))
	require.NoError(t, err)
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	require.NoError(t, err)
	require.Equal(t, "auto-generated", m.Header.Get("Auto-Submitted"))
	text, err := io.ReadAll(decoded(m))
	require.NoError(t, err)
	return letter{
		id: m.Header.Get("Message-Id"), to: m.Header.Get("To"), language: m.Header.Get("Content-Language"),
		subject: subject, text: string(text),
	}
}

// receiver is a webhook that checks signatures by itself.
type receiver struct {
	t      *testing.T
	secret []byte
	url    string
	ca     string

	mu     sync.Mutex
	answer int // instead of 204
	calls  int
	got    []call
}

type call struct {
	ID    string
	Type  string
	Time  time.Time
	Lines []map[string]any
	Open  []map[string]any
	More  int

	raw string
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{t: t, secret: []byte("only-for-tests-only-for-tests")}
	s := httptest.NewTLSServer(r)
	t.Cleanup(s.Close)
	r.url = s.URL + "/hook"
	r.ca = filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(r.ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600))
	return r
}

// ServeHTTP implements http.Handler.
func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls++
	if r.answer != 0 {
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(r.answer)
		return
	}
	raw, err := io.ReadAll(req.Body)
	id, stamp := req.Header.Get("Webhook-Id"), req.Header.Get("Webhook-Timestamp")
	mac := hmac.New(sha256.New, r.secret)
	_, _ = io.WriteString(mac, id+"."+stamp+"."+string(raw))
	want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	c := call{raw: string(raw)}
	if err != nil || json.Unmarshal(raw, &c) != nil || c.ID != id || req.URL.Path != "/hook" || req.Method != http.MethodPost ||
		req.Header.Get("Content-Type") != "application/json" || !slices.Contains(strings.Fields(req.Header.Get("Webhook-Signature")), want) {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	r.got = append(r.got, c)
	w.WriteHeader(http.StatusNoContent)
}

func (r *receiver) section() *alert.Webhook {
	r.t.Helper()
	path := filepath.Join(r.t.TempDir(), "secret")
	require.NoError(r.t, os.WriteFile(path, []byte("whsec_"+base64.StdEncoding.EncodeToString(r.secret)+"\n"), 0o600))
	return &alert.Webhook{URL: r.url, SecretFile: path, CAFile: r.ca}
}

func (r *receiver) know(secret []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.secret = secret
}

func (r *receiver) set(answer int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

// take gives what came since it was asked last.
func (r *receiver) take() []call {
	r.mu.Lock()
	defer r.mu.Unlock()
	got := r.got
	r.got = nil
	return got
}

// turns gives what lines say, "begun post-silent/FR-LYO".
func turns(lines []map[string]any) (list []string) {
	for _, l := range lines {
		turn, _ := l["turn"].(string)
		key, _ := l["key"].(string)
		list = append(list, turn+" "+key)
	}
	return list
}

func silent(urgency watch.Urgency) watch.Need {
	return watch.Need{
		Key: "post-silent/FR-LYO", Kind: watch.NeedSilent, Urgency: urgency, Post: "FR-LYO", Since: noon.Add(-18 * time.Minute),
		Count: 1, Telephone: "+33 4 72 11 22 33",
		Taken: watch.Taken{By: "o-1", Name: "Fatima Canary", At: noon, Note: "canary called back"},
	}
}

func stuck() watch.Need {
	return watch.Need{Key: "order-stuck/print", Kind: watch.NeedDead, Urgency: watch.Today, Subject: "print", Since: noon, Count: 3}
}

func disk() watch.Need {
	return watch.Need{
		Key: "disk-filling/ES-MAD", Kind: watch.NeedDisk, Urgency: watch.Soon, Post: "ES-MAD", Since: noon, Count: 1, Days: 12,
		Due: noon.AddDate(0, 0, 12),
	}
}

func words(t *testing.T) *lang.Catalog {
	t.Helper()
	c, err := lang.Open()
	require.NoError(t, err)
	return c
}

func posts(t *testing.T) *consular.Directory {
	t.Helper()
	d, err := consular.BuiltInDirectory()
	require.NoError(t, err)
	return d
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }
