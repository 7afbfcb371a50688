package e2e

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/journal/journaltest"
	"jaliya/hub"
	"jaliya/hub/portal"
	"jaliya/hub/rpc"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/link/pki"
	"jaliya/internal/wire"
)

// slip is what a person got for a request.
type slip struct {
	ref   consular.Reference
	code  consular.SlipCode
	token consular.FollowToken
}

// portalPair is a pair whose hub answers portals.
func portalPair(tb testing.TB) (pair, string) {
	tb.Helper()
	listen := freePort(tb, "tcp")
	return startPair(tb, func(c *hub.Config) { c.Portals = hub.Portals{Listen: listen} }), listen
}

// deposit releases a request at the post and waits until the nation has it.
func deposit(tb testing.TB, p pair) slip {
	tb.Helper()
	id, err := p.node.Journal().Identity()
	require.NoError(tb, err)
	kit, err := journaltest.New(1)
	require.NoError(tb, err)
	kit.Identity = id
	var s slip
	s.ref, err = consular.NewReference(rand.Reader)
	require.NoError(tb, err)
	s.code, err = consular.NewSlipCode(rand.Reader)
	require.NoError(tb, err)
	s.token, err = consular.NewFollowToken(rand.Reader)
	require.NoError(tb, err)
	d := kit.Release(512)
	hash, token := wire.Digest(s.code.Hash(s.ref)), wire.Digest(s.token.Digest())
	d.Header.Reference, d.Header.SlipHash, d.Header.Token = s.ref.Digits(), &hash, &token
	_, err = p.node.Journal().Append(tb.Context(), d)
	require.NoError(tb, err)
	run(tb, p.node.Run)
	require.Eventually(tb, func() bool {
		st, err := p.node.Journal().State()
		require.NoError(tb, err)
		return st.Receipted == 1
	}, patience, 10*time.Millisecond)
	return s
}

// certified gives the configuration of a portal that the hub has certified.
func certified(tb testing.TB, p pair, members ...string) portal.Config {
	tb.Helper()
	c := portal.Config{
		Dir: filepath.Join(tb.TempDir(), "portal"), Listen: freePort(tb, "tcp"), Members: members,
		Admin: portal.Admin{Listen: freePort(tb, "tcp")},
	}
	c.Address = "http://" + c.Listen
	request, err := portal.Request(c)
	require.NoError(tb, err)
	again, err := portal.Request(c)
	require.NoError(tb, err)
	first, err := hub.AskCertify(tb.Context(), p.hcfg, hub.CertifyRequest{Name: "portal-1", CSR: request})
	require.NoError(tb, err)
	_, err = hub.AskCertify(tb.Context(), p.hcfg, hub.CertifyRequest{Name: "portal-1", CSR: again})
	require.NoError(tb, err)
	who, err := portal.Install(c, portal.Reply(first), time.Now())
	require.NoError(tb, err)
	require.Equal(tb, pki.Portal, who.Role)
	require.Equal(tb, "portal-1", who.Name)
	return c
}

func citizen(tb testing.TB) *http.Client {
	tb.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(tb, err)
	client := &http.Client{Jar: jar, Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	tb.Cleanup(client.CloseIdleConnections)
	return client
}

func fetch(tb testing.TB, client *http.Client, r *http.Request) (int, string) {
	tb.Helper()
	r.Header.Set("Accept-Language", "fr")
	response, err := client.Do(r)
	require.NoError(tb, err)
	defer response.Body.Close()
	var b bytes.Buffer
	_, err = b.ReadFrom(response.Body)
	require.NoError(tb, err)
	return response.StatusCode, b.String()
}

func get(tb testing.TB, client *http.Client, address string) (int, string) {
	tb.Helper()
	r, err := http.NewRequestWithContext(tb.Context(), http.MethodGet, address, nil)
	require.NoError(tb, err)
	return fetch(tb, client, r)
}

// TestPortal follows a request from the slip of a post on a portal that is a
// process of its own, over mutual TLS with a hub.
func TestPortal(t *testing.T) {
	p, listen := portalPair(t)
	s := deposit(t, p)
	c := certified(t, p, "127.0.0.1:1", listen) // the first member is down
	file := filepath.Join(c.Dir, "portal.toml")
	require.NoError(t, os.WriteFile(file, []byte(strings.Join([]string{
		`dir = "` + c.Dir + `"`, `listen = "` + c.Listen + `"`, `address = "` + c.Address + `"`,
		`members = ["127.0.0.1:1", "` + listen + `"]`, "[admin]", `listen = "` + c.Admin.Listen + `"`,
	}, "\n")), 0o600))
	program := func(arguments ...string) *exec.Cmd {
		return exec.CommandContext(t.Context(), filepath.Join(programs(t), "hub"), arguments...)
	}
	require.NoError(t, program("serve", "--role", "portal", "--config", file, "--check").Run())
	require.Error(t, program("serve", "--config", file, "--check").Run(), "it is no member's file")

	var log bytes.Buffer
	process := program("serve", "--role", "portal", "--config", file)
	process.Stderr = &log
	require.NoError(t, process.Start())
	person := citizen(t)
	require.Eventually(t, func() bool {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+c.Admin.Listen+"/readyz", nil)
		require.NoError(t, err)
		response, err := person.Do(r)
		if err != nil {
			return false
		}
		return response.Body.Close() == nil && response.StatusCode == http.StatusOK
	}, patience, 20*time.Millisecond)

	status, text := get(t, person, c.Address+"/t/"+s.token.Text())
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, text, s.ref.String())
	require.Contains(t, text, "Date prévue")
	other := citizen(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.Address+"/follow",
		strings.NewReader(url.Values{"reference": {s.ref.String()}, "slip_code": {s.code.Printed()}}.Encode()))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	status, text = fetch(t, other, r)
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, text, s.ref.String())
	status, _ = get(t, citizen(t), c.Address+"/t/"+consular.FollowToken{1}.Text())
	require.Equal(t, http.StatusNotFound, status)
	_, metrics := get(t, person, "http://"+c.Admin.Listen+"/metrics")
	require.Contains(t, metrics, `jaliya_portal_follows_total{outcome="found"}`)

	require.NoError(t, process.Process.Signal(syscall.SIGTERM))
	require.NoError(t, process.Wait(), log.String())
	scan(t, c.Dir, s.token.Text(), s.ref.Digits(), string(s.code))
	for _, secret := range []string{s.token.Text(), s.ref.Digits(), string(s.code)} {
		require.NotContains(t, log.String(), secret)
	}
}

// TestPortalDoor: members answer portals and nobody else, and a portal asks
// members and nobody else.
func TestPortalDoor(t *testing.T) {
	p, listen := portalPair(t)
	c := certified(t, p, listen)
	ask := func(source pki.CertSource, roles ...pki.Role) error {
		trust, err := os.ReadFile(filepath.Join(c.Dir, "trust.pem"))
		require.NoError(t, err)
		bundle, err := pki.ParseTrustBundle(trust)
		require.NoError(t, err)
		conf, err := pki.MutualClient(source, &pki.Verifier{Trust: bundle, Roles: roles, Now: time.Now}, "http/1.1")
		require.NoError(t, err)
		client, err := rpc.NewClient([]string{listen}, conf)
		require.NoError(t, err)
		defer client.Close()
		_, err = client.Keys(t.Context())
		return err
	}
	ring := func(dir string) pki.CertSource {
		store, err := pki.NewFileKeys(dir)
		require.NoError(t, err)
		k, err := pki.OpenKeyring(dir, store)
		require.NoError(t, err)
		return k.Source(pki.SlotWorking)
	}
	own := ring(filepath.Join(c.Dir, "keys"))
	require.NoError(t, ask(own, pki.Member))
	require.True(t, fault.Is(ask(own, pki.Portal), fault.Unavailable), "a member is no portal")
	require.True(t, fault.Is(ask(ring(filepath.Join(p.cfg.Dir, "keys", "ring")), pki.Member), fault.Unavailable), "a post is no portal")
	require.True(t, fault.Is(ask(ring(filepath.Join(p.hcfg.Dir, "keys", "member")), pki.Member), fault.Unavailable), "nor is a member")

	// What another nation certified is not installed over this one's.
	_, foreign := startHub(t)
	request, err := portal.Request(c)
	require.NoError(t, err)
	reply, err := hub.AskCertify(t.Context(), foreign, hub.CertifyRequest{Name: "portal-1", CSR: request})
	require.NoError(t, err)
	_, err = portal.Install(c, portal.Reply(reply), time.Now())
	require.True(t, fault.Is(err, fault.Denied), err)
	raw, err := json.Marshal(reply)
	require.NoError(t, err)
	require.NotContains(t, string(raw), "PRIVATE")
}
