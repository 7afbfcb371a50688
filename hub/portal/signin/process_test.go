package signin_test

import (
	"bufio"
	"encoding/json"
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/hub/portal/signin"
	"jaliya/internal/outside/identity"
	"jaliya/internal/web"
)

// simulator is `jaliya sim identity` as a process.
type simulator struct {
	Issuer string `json:"issuer"`
	Admin  string `json:"admin"`
	Key    string `json:"client_key_file"`
	cmd    *exec.Cmd
}

const localRedirect = "http://127.0.0.1:9/sign-in/return"

func startSimulator(tb testing.TB, program, dir string, more ...string) *simulator {
	tb.Helper()
	args := append([]string{"sim", "identity", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--dir", dir, "--redirect", localRedirect}, more...)
	cmd := exec.CommandContext(tb.Context(), program, args...)
	cmd.Stderr = os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	out, err := cmd.StdoutPipe()
	require.NoError(tb, err)
	require.NoError(tb, cmd.Start())
	s := &simulator{cmd: cmd}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	require.NoError(tb, err)
	require.NoError(tb, json.Unmarshal(line, s))
	return s
}

func (s *simulator) stop(tb testing.TB) {
	tb.Helper()
	require.NoError(tb, s.cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(tb, s.cmd.Wait())
}

// realBrowser follows a provider over the network until it leads to the portal.
func realBrowser(tb testing.TB) *http.Client {
	tb.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(tb, err)
	return &http.Client{Jar: jar, CheckRedirect: toThePortal}
}

// post sends a page of the provider and gives the answer's transaction, or the
// way back.
func post(tb testing.TB, client *http.Client, to string, form url.Values) (transaction, back string) {
	tb.Helper()
	r, err := http.NewRequestWithContext(tb.Context(), http.MethodPost, to, strings.NewReader(form.Encode()))
	require.NoError(tb, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return send(tb, client, r)
}

func send(tb testing.TB, client *http.Client, r *http.Request) (transaction, back string) {
	tb.Helper()
	answer, err := client.Do(r)
	require.NoError(tb, err)
	b := &browser{tb: tb}
	page, back := b.read(answer)
	return page.transaction, back
}

// through begins at the portal, and finishes what walk brings back from the
// provider.
func through(tb testing.TB, s *signin.SignIn, o signin.Options, walk func(to string) string) (signin.Signed, error) {
	tb.Helper()
	recorded := httptest.NewRecorder()
	to, err := s.Begin(recorded, httptest.NewRequestWithContext(tb.Context(), http.MethodGet, "http://127.0.0.1:9/sign-in", http.NoBody), o)
	require.NoError(tb, err)
	r := httptest.NewRequestWithContext(tb.Context(), http.MethodGet, walk(to), http.NoBody)
	for _, c := range recorded.Result().Cookies() {
		r.AddCookie(c)
	}
	return s.Finish(r)
}

// TestSimulatorProcess signs in at the program, before and after it is
// restarted: its keys and subjects stay.
func TestSimulatorProcess(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "jaliya")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "jaliya/cmd/jaliya")
	build.Stderr = os.Stderr
	require.NoError(t, build.Run())
	sim := startSimulator(t, program, filepath.Join(dir, "identity"))
	s, err := signin.New(signin.Config{Issuer: sim.Issuer, ClientID: clientID, KeyFile: sim.Key, RedirectURL: localRedirect})
	require.NoError(t, err)
	pins := people(t, sim)
	walk := func(to string) string {
		client := realBrowser(t)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, to, http.NoBody)
		require.NoError(t, err)
		transaction, back := send(t, client, r)
		require.Empty(t, back)
		form := url.Values{"t": {transaction}, "person": {"3"}, "pin": {pins[3]}, "level": {"high"}}
		transaction, back = post(t, client, sim.Issuer+"/login", form)
		require.Empty(t, back)
		_, back = post(t, client, sim.Issuer+"/consent", url.Values{"t": {transaction}, "answer": {"agree"}})
		return back
	}
	first, err := through(t, s, signin.Options{}, walk)
	require.NoError(t, err)
	require.Equal(t, signin.LevelHigh, first.Level)
	require.NotEmpty(t, first.Person.NationalNumber)
	listen := strings.TrimPrefix(sim.Issuer, "http://")
	sim.stop(t)
	err = s.Ready(t.Context())
	require.NoError(t, err, "what the provider said of itself still counts")
	_, err = through(t, s, signin.Options{}, func(to string) string {
		at, err := url.Parse(to)
		require.NoError(t, err)
		return localRedirect + "?" + url.Values{"state": {at.Query().Get("state")}, "code": {"x"}, "iss": {sim.Issuer}}.Encode()
	})
	require.True(t, web.Has(err, signin.CodeUnavailable), "%v", err)
	sim = startSimulator(t, program, filepath.Join(dir, "identity"), "--listen", listen)
	second, err := through(t, s, signin.Options{Subject: first.Subject, Fresh: true}, walk)
	require.NoError(t, err)
	require.Equal(t, first.Receipt.Key, second.Receipt.Key)
	rotate(t, sim)
	third, err := through(t, s, signin.Options{}, walk)
	require.NoError(t, err)
	require.NotEqual(t, first.Receipt.Key, third.Receipt.Key)
	sim.stop(t)
}

func people(tb testing.TB, sim *simulator) map[int]string {
	tb.Helper()
	r, err := http.NewRequestWithContext(tb.Context(), http.MethodGet, sim.Admin+"/admin/people", http.NoBody)
	require.NoError(tb, err)
	answer, err := http.DefaultClient.Do(r)
	require.NoError(tb, err)
	defer answer.Body.Close()
	var got struct {
		People []struct {
			Number int
			PIN    string
		}
	}
	require.NoError(tb, json.NewDecoder(answer.Body).Decode(&got))
	pins := map[int]string{}
	for _, p := range got.People {
		pins[p.Number] = p.PIN
	}
	return pins
}

func rotate(tb testing.TB, sim *simulator) {
	tb.Helper()
	r, err := http.NewRequestWithContext(tb.Context(), http.MethodPost, sim.Admin+"/admin/keys", http.NoBody)
	require.NoError(tb, err)
	answer, err := http.DefaultClient.Do(r)
	require.NoError(tb, err)
	defer answer.Body.Close()
	require.Equal(tb, http.StatusCreated, answer.StatusCode)
}

// TestCertificate reaches a provider whose certificate a root of ours vouches
// for, and none other.
func TestCertificate(t *testing.T) {
	var provider http.Handler
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { provider.ServeHTTP(w, r) }))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // the refused handshake is meant
	server.StartTLS()
	t.Cleanup(server.Close)
	keys, err := identity.OpenKeys("")
	require.NoError(t, err)
	sim, err := identity.New(identity.Config{
		Issuer: server.URL, Keys: keys, Catalog: open(t),
		Clients: []identity.Client{{ID: clientID, Redirects: []string{localRedirect}, Secret: "s"}},
	})
	require.NoError(t, err)
	provider = sim.Handler()
	dir := t.TempDir()
	secret, roots := filepath.Join(dir, "secret"), filepath.Join(dir, "roots.pem")
	require.NoError(t, os.WriteFile(secret, []byte("s"), 0o600))
	require.NoError(t, os.WriteFile(roots, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600))
	cfg := signin.Config{Issuer: server.URL, ClientID: clientID, SecretFile: secret, RedirectURL: localRedirect}
	s, err := signin.New(cfg)
	require.NoError(t, err)
	require.True(t, web.Has(s.Ready(t.Context()), signin.CodeUnavailable))
	cfg.CAFile = roots
	s, err = signin.New(cfg)
	require.NoError(t, err)
	require.NoError(t, s.Ready(t.Context()))
	got, err := through(t, s, signin.Options{}, func(to string) string {
		client := realBrowser(t)
		client.Transport = server.Client().Transport
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, to, http.NoBody)
		require.NoError(t, err)
		transaction, _ := send(t, client, r)
		form := url.Values{"t": {transaction}, "person": {strconv.Itoa(2)}, "pin": {sim.People()[2].PIN}, "level": {"substantial"}}
		transaction, _ = post(t, client, server.URL+"/login", form)
		_, back := post(t, client, server.URL+"/consent", url.Values{"t": {transaction}, "answer": {"agree"}})
		return back
	})
	require.NoError(t, err, "with a secret instead of a key")
	require.Equal(t, sim.People()[2].Person.NationalNumber, got.Person.NationalNumber)
}
