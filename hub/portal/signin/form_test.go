package signin_test

import (
	"encoding/base64"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/hub/portal/signin"
	"jaliya/internal/config"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/lang"
	"jaliya/internal/outside/identity"
)

var spoken = []consular.Language{consular.Arabic, consular.French, consular.English, consular.Spanish}

func open(tb testing.TB) *lang.Catalog {
	tb.Helper()
	c, err := lang.Open()
	require.NoError(tb, err)
	return c
}

// sample gives a receipt whose signature nobody made.
func sample(header, payload string) string {
	b64 := base64.RawURLEncoding.EncodeToString
	return b64([]byte(header)) + "." + b64([]byte(payload)) + "." + b64(make([]byte, 64))
}

const (
	goodHeader  = `{"alg":"ES256","kid":"k1","typ":"auth-receipt+jwt"}`
	goodPayload = `{"jti":"abcdefgh12","iss":"https://i","aud":"c","sub":"s","iat":1772445600,"auth_time":1772445600,"acr":"high","amr":["pin"],"nonce_s256":"n","attributes":["a","b"]}`
)

func TestDecodeReceipt(t *testing.T) {
	require.True(t, signin.DecodeReceipt(sample(goodHeader, goodPayload)))
	for name, raw := range map[string]string{
		"Empty":          "",
		"TwoParts":       "a.b",
		"Type":           sample(strings.Replace(goodHeader, "auth-receipt+jwt", "JWT", 1), goodPayload),
		"NoKey":          sample(strings.Replace(goodHeader, "k1", "", 1), goodPayload),
		"None":           sample(strings.Replace(goodHeader, "ES256", "none", 1), goodPayload),
		"HMAC":           sample(strings.Replace(goodHeader, "ES256", "HS256", 1), goodPayload),
		"Critical":       sample(`{"crit":["x"],"x":1,`+goodHeader[1:], goodPayload),
		"NoID":           sample(goodHeader, strings.Replace(goodPayload, "abcdefgh12", "", 1)),
		"IDWithPath":     sample(goodHeader, strings.Replace(goodPayload, "abcdefgh12", "../../etc/x", 1)),
		"NoTime":         sample(goodHeader, strings.Replace(goodPayload, `"iat":1772445600,`, "", 1)),
		"NotSorted":      sample(goodHeader, strings.Replace(goodPayload, `["a","b"]`, `["b","a"]`, 1)),
		"NotJSON":        sample(goodHeader, "nothing"),
		"TooLarge":       sample(goodHeader, strings.Replace(goodPayload, `"n"`, `"`+strings.Repeat("n", 9000)+`"`, 1)),
		"ManyAttributes": sample(goodHeader, strings.Replace(goodPayload, `["a","b"]`, `["a"`+strings.Repeat(`,"a"`, 40)+`]`, 1)),
	} {
		require.False(t, signin.DecodeReceipt(raw), name)
	}
}

func FuzzReceipt(f *testing.F) {
	f.Add(sample(goodHeader, goodPayload))
	f.Add(sample(goodHeader, `{}`))
	f.Add(sample(`{}`, goodPayload))
	f.Add("..")
	f.Fuzz(func(t *testing.T, raw string) {
		if signin.DecodeReceipt(raw) {
			require.LessOrEqual(t, len(raw), 8<<10)
			header, err := base64.RawURLEncoding.DecodeString(raw[:strings.IndexByte(raw, '.')])
			require.NoError(t, err)
			require.Contains(t, string(header), "ES256")
		}
	})
}

// FuzzReturn resolves each path that passes as a browser does.
func FuzzReturn(f *testing.F) {
	for _, path := range []string{"/", "/a?b=c", "//evil.example", `/\evil`, "/%2f/evil", "/a/../..//evil", "/.//evil.example"} {
		f.Add(path)
	}
	portal := &url.URL{Scheme: "https", Host: "portal.example.org", Path: "/sign-in/return"}
	f.Fuzz(func(t *testing.T, path string) {
		if !signin.SafePath(path) {
			return
		}
		to, err := portal.Parse(path)
		require.NoError(t, err)
		require.Equal(t, "portal.example.org", to.Host)
		require.Equal(t, "https", to.Scheme)
		require.False(t, strings.ContainsAny(path, "\r\n\t\\"))
		again, err := portal.Parse(strings.ReplaceAll(to.String()[len("https://portal.example.org"):], `\`, "/"))
		require.NoError(t, err)
		require.Equal(t, "portal.example.org", again.Host)
	})
}

func TestLevels(t *testing.T) {
	for _, l := range []signin.Level{signin.LevelNone, signin.LevelSubstantial, signin.LevelHigh} {
		text, err := l.MarshalText()
		require.NoError(t, err)
		var back signin.Level
		require.NoError(t, back.UnmarshalText(text))
		require.Equal(t, l, back)
	}
	_, err := signin.ParseLevel("low")
	require.Error(t, err)
	require.Equal(t, "unknown", signin.Level(9).String())
}

func TestNewRefuses(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	good := signin.Config{Issuer: issuer, ClientID: clientID, SecretFile: write("secret", "s\n"), RedirectURL: redirect}
	_, err := signin.New(good)
	require.NoError(t, err)
	for name, change := range map[string]func(*signin.Config){
		"Profile":      func(c *signin.Config) { c.Profile = "other" },
		"Issuer":       func(c *signin.Config) { c.Issuer = "http://identity.example.org" },
		"IssuerQuery":  func(c *signin.Config) { c.Issuer = issuer + "?a=b" },
		"IssuerUser":   func(c *signin.Config) { c.Issuer = "https://a:b@identity.example.org" },
		"Client":       func(c *signin.Config) { c.ClientID = "" },
		"NoProof":      func(c *signin.Config) { c.SecretFile = "" },
		"TwoProofs":    func(c *signin.Config) { c.KeyFile = "x" },
		"Redirect":     func(c *signin.Config) { c.RedirectURL = "http://portal.example.org/x" },
		"RedirectPath": func(c *signin.Config) { c.RedirectURL = "https://portal.example.org" },
		"Timeout":      func(c *signin.Config) { c.Timeout = config.Duration(1) },
		"Age":          func(c *signin.Config) { c.MinAge = -1 },
		"PlainAge":     func(c *signin.Config) { c.Profile, c.MinAge = signin.Plain, 18 },
		"NoSecretFile": func(c *signin.Config) { c.SecretFile = filepath.Join(dir, "none") },
		"EmptySecret":  func(c *signin.Config) { c.SecretFile = write("empty", " \n") },
		"NoKeyFile":    func(c *signin.Config) { c.SecretFile, c.KeyFile = "", filepath.Join(dir, "none") },
		"KeyNoPEM":     func(c *signin.Config) { c.SecretFile, c.KeyFile = "", write("nopem", "x") },
		"KeyNoKey": func(c *signin.Config) {
			c.SecretFile, c.KeyFile = "", write("nokey", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
		},
		"NoCAFile":       func(c *signin.Config) { c.CAFile = filepath.Join(dir, "none") },
		"CANoCertificat": func(c *signin.Config) { c.CAFile = write("ca", "x") },
	} {
		c := good
		change(&c)
		_, err := signin.New(c)
		require.Error(t, err, name)
		require.NotEqual(t, fault.Other, fault.KindOf(err), name)
	}
	// The simulator's key file is the portal's.
	_, err = identity.ReadKey(filepath.Join(dir, "none"))
	require.True(t, fault.Is(err, fault.NotFound))
}
