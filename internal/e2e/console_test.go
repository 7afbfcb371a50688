package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base32"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	contracts "jaliya/deploy/openapi"
	"jaliya/hub"
	"jaliya/hub/console/officer"
	"jaliya/internal/access"
	"jaliya/internal/fault"
	"jaliya/internal/openapi/openapitest"
)

// consoleClient speaks to a hub's console as a browser there does.
type consoleClient struct {
	t      *testing.T
	base   string
	cookie *http.Cookie
	token  string // of a program
	client *http.Client
}

func newConsoleClient(t *testing.T, listen string) *consoleClient {
	t.Helper()
	document := openapitest.Read(t, contracts.Console)
	return &consoleClient{
		t: t, base: "http://" + listen + "/api/v1", client: &http.Client{Transport: document.Transport(t, http.DefaultTransport)},
	}
}

func (c *consoleClient) do(method, path, body string) (int, map[string]any) {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, strings.NewReader(body))
	require.NoError(c.t, err)
	r.Header.Set("Content-Type", "application/json")
	if c.cookie != nil {
		r.AddCookie(c.cookie)
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	response, err := c.client.Do(r)
	require.NoError(c.t, err)
	defer response.Body.Close()
	for _, cookie := range response.Cookies() {
		if cookie.Name == access.ConsoleCookie {
			require.True(c.t, cookie.HttpOnly)
			c.cookie = cookie
		}
	}
	var said map[string]any
	if err := json.NewDecoder(response.Body).Decode(&said); err != nil {
		require.ErrorIs(c.t, err, io.EOF)
	}
	return response.StatusCode, said
}

// TestOfficers adds an officer at a real hub by its admin socket, enrols them at
// its console, and finds them there after a restart; nothing that lets them in
// is in any file.
func TestOfficers(t *testing.T) {
	token, account, err := access.DrawToken("statistics", string(access.Verifier), 1, time.Now())
	require.NoError(t, err)
	cfg := hub.Config{
		Dir: filepath.Join(t.TempDir(), "hub"), Nodes: hub.Nodes{Listen: freePort(t, "udp")},
		Cluster: hub.ClusterConfig{Listen: freePort(t, "udp")}, Admin: hub.Admin{Listen: freePort(t, "tcp")},
		Console: hub.ConsoleConfig{Listen: freePort(t, "tcp"), Accounts: []access.ServiceAccount{account}},
	}.WithDefaults()
	require.NoError(t, cfg.Validate())
	_, err = hub.Init(cfg, hub.InitOptions{Name: "rabat-1", Passphrase: "a test passphrase", WorkFactor: 1, Now: time.Now()})
	require.NoError(t, err)
	const name, password = "Nadia Canaryevitch", "quatre cigognes sur le minaret"
	browser := newConsoleClient(t, cfg.Console.Listen)
	var id, code, secret string
	t.Run("OK enrolment", func(t *testing.T) {
		serve(t, cfg)
		sheet, err := hub.AskOfficer(t.Context(), cfg, officer.Request{Action: "add", Role: "verifier", Name: name})
		require.NoError(t, err)
		id, code = string(sheet.Officer), sheet.Code
		status, said := browser.do(http.MethodPost, "/enrolment", `{"officer":"`+id+`","one_time_code":"`+code+`"}`)
		require.Equal(t, http.StatusOK, status, said)
		text, ok := said["secret"].(string)
		require.True(t, ok)
		secret = text
		raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ReplaceAll(secret, " ", ""))
		require.NoError(t, err)
		status, said = browser.do(http.MethodPost, "/enrolment/confirm", `{"officer":"`+id+`","one_time_code":"`+code+
			`","password":"`+password+`","code":"`+access.TOTPFrom(raw).Code(access.StepAt(time.Now()))+`"}`)
		require.Equal(t, http.StatusCreated, status, said)
		status, said = browser.do(http.MethodGet, "/verify", "")
		require.Equal(t, http.StatusOK, status, said)
		_, err = hub.AskOfficer(t.Context(), cfg, officer.Request{Action: "add", Role: "agent", Name: "x"})
		require.Error(t, err)
		openapitest.Served(t, through(t, "http://"+cfg.Console.Listen, http.DefaultTransport), contracts.Console)
		program := newConsoleClient(t, cfg.Console.Listen)
		program.token = token
		status, said = program.do(http.MethodGet, "/verify", "")
		require.Equal(t, http.StatusOK, status, said)
		status, said = program.do(http.MethodGet, "/pouches", "")
		require.Equal(t, http.StatusForbidden, status, said)
	})
	t.Run("OK restart", func(t *testing.T) {
		serve(t, cfg)
		lines, err := hub.AskOfficers(t.Context(), cfg)
		require.NoError(t, err)
		require.Len(t, lines, 1)
		require.Equal(t, name, lines[0].Name)
		require.True(t, lines[0].Enrolled)
		status, said := browser.do(http.MethodGet, "/verify", "")
		require.Equal(t, http.StatusOK, status, said)
		_, err = hub.AskOfficer(t.Context(), cfg, officer.Request{Action: "disable", Officer: id})
		require.NoError(t, err)
		status, _ = browser.do(http.MethodGet, "/verify", "")
		require.Equal(t, http.StatusUnauthorized, status)
	})
	scan(t, cfg.Dir, token, name, password, secret, strings.ReplaceAll(secret, " ", ""), code, strings.ReplaceAll(code, "-", ""))
	t.Run("ErrKeyMissing", func(t *testing.T) {
		require.NoError(t, os.Remove(filepath.Join(cfg.Dir, "keys", "officers.key")))
		_, err := hub.Open(cfg, testLogger())
		require.True(t, fault.Is(err, fault.NotFound), err)
	})
}

// serve runs the hub until the end of a sub-test.
func serve(t *testing.T, cfg hub.Config) {
	t.Helper()
	h, err := hub.Open(cfg, testLogger())
	require.NoError(t, err)
	run(t, h.Run)
	require.Eventually(t, func() bool {
		st, err := hub.AskStatus(t.Context(), cfg)
		return err == nil && st.Leader
	}, 20*time.Second, 20*time.Millisecond)
}

func TestConsoleConfig(t *testing.T) {
	for name, c := range map[string]struct {
		console hub.ConsoleConfig
		want    fault.Kind
	}{
		"OKNone":     {hub.ConsoleConfig{}, fault.Other},
		"OKLoopback": {hub.ConsoleConfig{Listen: "127.0.0.1:8081"}, fault.Other},
		"OKSix":      {hub.ConsoleConfig{Listen: "[::1]:8081"}, fault.Other},
		"OKTLS":      {hub.ConsoleConfig{Listen: ":443", Cert: "a", Key: "b"}, fault.Other},
		"ErrWorld":   {hub.ConsoleConfig{Listen: ":8081"}, fault.Invalid},
		"ErrLAN":     {hub.ConsoleConfig{Listen: "192.168.1.1:8081"}, fault.Invalid},
		"ErrHalf":    {hub.ConsoleConfig{Listen: "127.0.0.1:8081", Cert: "a"}, fault.Invalid},
		"ErrPort":    {hub.ConsoleConfig{Listen: "127.0.0.1"}, fault.Invalid},
		"ErrAccount": {hub.ConsoleConfig{Accounts: []access.ServiceAccount{{Name: "x", Role: access.Verifier, TokenSHA256: "00"}}}, fault.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			err := hub.Config{Dir: "x", Console: c.console}.Validate()
			require.Equal(t, c.want.String(), fault.KindOf(err).String(), err)
		})
	}
}

// selfSigned writes a certificate for this machine and its key.
func selfSigned(t *testing.T, cfg hub.ConsoleConfig, serial int64) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(cfg.Cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}), 0o600))
	require.NoError(t, os.WriteFile(cfg.Key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600))
	pool := x509.NewCertPool()
	cert, err := x509.ParseCertificate(raw)
	require.NoError(t, err)
	pool.AddCert(cert)
	return pool
}

// TestConsoleTLS serves officers beyond this machine, and takes a renewed
// certificate without a restart.
func TestConsoleTLS(t *testing.T) {
	dir := t.TempDir()
	cfg := hub.Config{
		Dir: filepath.Join(dir, "hub"), Nodes: hub.Nodes{Listen: freePort(t, "udp")},
		Cluster: hub.ClusterConfig{Listen: freePort(t, "udp")}, Admin: hub.Admin{Listen: freePort(t, "tcp")},
		Console: hub.ConsoleConfig{Listen: freePort(t, "tcp"), Cert: filepath.Join(dir, "console.pem"), Key: filepath.Join(dir, "console.key")},
	}.WithDefaults()
	_, err := hub.Init(cfg, hub.InitOptions{Name: "rabat-1", Passphrase: "a test passphrase", WorkFactor: 1, Now: time.Now()})
	require.NoError(t, err)
	first := selfSigned(t, cfg.Console, 1)
	serve(t, cfg)
	get := func(roots *x509.CertPool) error {
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
		defer transport.CloseIdleConnections()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+cfg.Console.Listen+"/sign-in", nil)
		require.NoError(t, err)
		response, err := (&http.Client{Transport: transport}).Do(r)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		require.Equal(t, http.StatusOK, response.StatusCode)
		require.NotEmpty(t, response.Header.Get("Strict-Transport-Security"))
		require.EqualValues(t, tls.VersionTLS13, response.TLS.Version)
		return nil
	}
	require.NoError(t, get(first))
	second := selfSigned(t, cfg.Console, 2)
	future := time.Now().Add(time.Minute)
	require.NoError(t, os.Chtimes(cfg.Console.Cert, future, future))
	require.Error(t, get(first))
	require.NoError(t, get(second))
	require.NoError(t, os.WriteFile(cfg.Console.Cert, []byte("half a file"), 0o600))
	require.NoError(t, get(second), "what was read before stays")
}
