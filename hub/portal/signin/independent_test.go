package signin_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/oauth2-proxy/mockoidc"
	"github.com/stretchr/testify/require"

	"jaliya/hub/portal/signin"
	"jaliya/internal/outside/identity"
	"jaliya/internal/web"
)

// TestMockProvider signs in at a provider that somebody else wrote, in this
// process: OpenID Connect without our extensions.
func TestMockProvider(t *testing.T) {
	mock, err := mockoidc.Run()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, mock.Shutdown()) })
	secret := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(secret, []byte(mock.ClientSecret), 0o600))
	cfg := signin.Config{
		Profile: signin.Plain, Issuer: mock.Issuer(), ClientID: mock.ClientID, SecretFile: secret, RedirectURL: localRedirect,
	}
	s, err := signin.New(cfg)
	require.NoError(t, err)
	walk := func(to string) string {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, to, http.NoBody)
		require.NoError(t, err)
		answer, err := realBrowser(t).Do(r)
		require.NoError(t, err)
		defer answer.Body.Close()
		return answer.Header.Get("Location")
	}
	got, err := through(t, s, signin.Options{Return: "/a"}, walk)
	require.NoError(t, err)
	require.NotEmpty(t, got.Subject)
	require.Equal(t, "/a", got.Return)
	require.Empty(t, got.Receipt)
	got, err = through(t, s, signin.Options{Fresh: true}, walk)
	refused(t, got, err, signin.CodeNotFresh) // it has no auth_time
	got, err = through(t, s, signin.Options{Level: signin.LevelHigh}, walk)
	refused(t, got, err, signin.CodeLevel)
	got, err = through(t, s, signin.Options{}, func(to string) string { return walk(changed(t, to, "nonce", "another")) })
	refused(t, got, err, signin.CodeToken)
	got, err = through(t, s, signin.Options{}, func(to string) string {
		return walk(changed(t, to, "code_challenge", strings.Repeat("a", 43)))
	})
	refused(t, got, err, signin.CodeRefused)
	got, err = through(t, s, signin.Options{}, func(to string) string {
		back := walk(to)
		for range 2 { // with the secret in the header, and in the form
			mock.QueueError(&mockoidc.ServerError{Code: http.StatusInternalServerError, Error: mockoidc.InternalServerError})
		}
		return back
	})
	refused(t, got, err, signin.CodeUnavailable)
}

// realProvider starts the provider of testdata/oidc-provider, which
// scripts/identity has installed.
func realProvider(t *testing.T, folder string, key *ecdsa.PrivateKey) (issuer string) {
	t.Helper()
	jwk, err := jose.JSONWebKey{Key: &key.PublicKey, Algorithm: "ES256", Use: "sig", KeyID: "portal"}.MarshalJSON()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), "node", "server.mjs", clientID, localRedirect, string(jwk))
	cmd.Dir, cmd.Stderr = folder, os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have left by itself
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	return strings.TrimSpace(line)
}

var (
	formAction = regexp.MustCompile(`<form[^>]* action="([^"]+)"`)
	formPrompt = regexp.MustCompile(`name="prompt" value="([^"]+)"`)
)

// clickThrough fills in the pages of that provider until it leads to the portal.
func clickThrough(t *testing.T, client *http.Client, to, login string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, to, http.NoBody)
	require.NoError(t, err)
	for range 5 {
		answer, err := client.Do(r)
		require.NoError(t, err)
		text, err := io.ReadAll(answer.Body)
		require.NoError(t, answer.Body.Close())
		require.NoError(t, err)
		if answer.StatusCode >= 300 && answer.StatusCode < 400 {
			return answer.Header.Get("Location")
		}
		require.Equal(t, http.StatusOK, answer.StatusCode, string(text))
		action, prompt := formAction.FindStringSubmatch(string(text)), formPrompt.FindStringSubmatch(string(text))
		require.NotNil(t, action, string(text))
		require.NotNil(t, prompt, string(text))
		next, err := answer.Request.URL.Parse(action[1])
		require.NoError(t, err)
		form := url.Values{"prompt": {prompt[1]}, "login": {login}, "password": {"any"}}
		r, err = http.NewRequestWithContext(t.Context(), http.MethodPost, next.String(), strings.NewReader(form.Encode()))
		require.NoError(t, err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	require.Fail(t, "the provider does not lead back")
	return ""
}

// TestRealProvider signs in at a certified provider in a process of its own:
// code flow, PKCE, nonce, private_key_jwt and RFC 9207 as others understand
// them. `scripts/identity` installs it.
func TestRealProvider(t *testing.T) {
	folder := os.Getenv("JALIYA_OIDC_PROVIDER")
	if folder == "" {
		t.Skip("needs JALIYA_OIDC_PROVIDER, see scripts/identity")
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "client.pem")
	require.NoError(t, identity.WriteKey(path, key))
	cfg := signin.Config{
		Profile: signin.Plain, Issuer: realProvider(t, folder, key), ClientID: clientID, KeyFile: path, RedirectURL: localRedirect,
	}
	s, err := signin.New(cfg)
	require.NoError(t, err)
	client := realBrowser(t)
	walk := func(to string) string { return clickThrough(t, client, to, "amina") }
	first, err := through(t, s, signin.Options{}, walk)
	require.NoError(t, err)
	// A second one finds the session there.
	again, err := through(t, s, signin.Options{Subject: first.Subject}, walk)
	require.NoError(t, err)
	require.Equal(t, first.Subject, again.Subject)
	fresh, err := through(t, s, signin.Options{Fresh: true, Subject: first.Subject}, walk)
	require.NoError(t, err)
	require.True(t, fresh.Fresh)
	require.WithinDuration(t, time.Now(), fresh.AuthTime, time.Minute)
	other, err := through(t, s, signin.Options{Fresh: true, Subject: first.Subject}, func(to string) string {
		return clickThrough(t, realBrowser(t), to, "brahim")
	})
	refused(t, other, err, signin.CodeOtherPerson)
	for name, tc := range map[string]struct {
		change func(to string) string
		code   web.Code
	}{
		"Nonce":     {func(to string) string { return walk(changed(t, to, "nonce", "another")) }, signin.CodeToken},
		"Challenge": {func(to string) string { return walk(changed(t, to, "code_challenge", strings.Repeat("a", 43))) }, signin.CodeRefused},
		"NoPKCE": {func(to string) string {
			return walk(changed(t, changed(t, to, "code_challenge", ""), "code_challenge_method", ""))
		}, signin.CodeRefused},
		"Issuer": {func(to string) string { return changed(t, walk(to), "iss", "") }, signin.CodeMixed},
		"Code":   {func(to string) string { return changed(t, walk(to), "code", "guessed") }, signin.CodeRefused},
	} {
		t.Run("Err"+name, func(t *testing.T) {
			got, err := through(t, s, signin.Options{}, tc.change)
			refused(t, got, err, tc.code)
		})
	}
}
