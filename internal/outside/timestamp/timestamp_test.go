package timestamp_test

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/config"
	"jaliya/internal/fault"
	"jaliya/internal/issuer"
	"jaliya/internal/outside"
	sim "jaliya/internal/outside/timestamp"
	"jaliya/internal/timestamp"
)

type world struct {
	sim    *sim.Simulator
	keys   sim.Keys
	client *timestamp.Client
}

func start(t *testing.T) *world {
	t.Helper()
	keys, err := sim.NewKeys(time.Now())
	require.NoError(t, err)
	s, err := sim.New(sim.Config{Keys: keys, Clock: outside.NewClock(1), Seed: 1})
	require.NoError(t, err)
	server := httptest.NewServer(s.Handler())
	t.Cleanup(server.Close)
	pool := x509.NewCertPool()
	pool.AddCert(keys.Root)
	return &world{s, keys, &timestamp.Client{
		Address: server.URL + sim.Path, Roots: pool, HTTP: server.Client(), Skew: time.Minute,
	}}
}

func TestStamp(t *testing.T) {
	t.Parallel()
	w := start(t)
	for _, policy := range []asn1.ObjectIdentifier{nil, sim.Policy()} {
		w.client.Policy = policy
		token, err := w.client.Stamp(t.Context(), []byte("signature"))
		require.NoError(t, err)
		got, err := timestamp.Verify(token, w.client.Roots, []byte("sign"), []byte("ature"))
		require.NoError(t, err)
		require.WithinDuration(t, time.Now(), got.Time, 5*time.Second)
		require.True(t, got.By.Equal(w.keys.Good.Chain[0]))
		require.True(t, got.Policy.Equal(sim.Policy()))
		_, err = timestamp.Verify(token, w.client.Roots, []byte("another"))
		require.True(t, fault.Is(err, fault.Corrupt))
	}
}

// TestFaults: whatever the authority does, the client gives no token that was
// not proved, and says by the kind what to do.
func TestFaults(t *testing.T) {
	t.Parallel()
	w := start(t)
	for name, test := range map[string]struct {
		fault outside.Fault
		kind  fault.Kind
	}{
		"down":            {outside.Fault{Kind: outside.Drop}, fault.Unavailable},
		"no answer":       {outside.Fault{Kind: outside.Lose}, fault.Unavailable},
		"half an answer":  {outside.Fault{Kind: outside.Truncate}, fault.Unavailable},
		"broken":          {outside.Fault{Kind: outside.Status, Status: 503}, fault.Unavailable},
		"busy":            {outside.Fault{Kind: outside.Status, Status: 429}, fault.Unavailable},
		"forbidden":       {outside.Fault{Kind: outside.Status, Status: 403}, fault.Denied},
		"a page":          {outside.Fault{Kind: outside.WrongType}, fault.Corrupt},
		"garbage":         {outside.Fault{Kind: outside.Garbage}, fault.Corrupt},
		"without end":     {outside.Fault{Kind: outside.Oversize}, fault.TooLarge},
		"refused":         {outside.Fault{Kind: sim.Refuse}, fault.Denied},
		"another nonce":   {outside.Fault{Kind: sim.WrongNonce}, fault.Corrupt},
		"another imprint": {outside.Fault{Kind: sim.WrongImprint}, fault.Corrupt},
		"has run out":     {outside.Fault{Kind: sim.Expired}, fault.Expired},
	} {
		before := w.sim.Faults().Fired(test.fault.Kind)
		test.fault.Times = 1
		_, err := w.sim.Faults().Add(test.fault)
		require.NoError(t, err)
		_, err = w.client.Stamp(t.Context(), []byte("signature"))
		require.True(t, fault.Is(err, test.kind), "%s: %v", name, err)
		require.Equal(t, before+1, w.sim.Faults().Fired(test.fault.Kind), name)
		_, err = w.client.Stamp(t.Context(), []byte("signature"))
		require.NoError(t, err, "and then it works again")
	}
	_, err := w.sim.Faults().Add(outside.Fault{Kind: outside.Twice, Times: 1})
	require.NoError(t, err)
	_, err = w.client.Stamp(t.Context(), []byte("signature"))
	require.NoError(t, err, "a repeat does no harm")
}

func TestTrustAndTime(t *testing.T) {
	t.Parallel()
	w, other := start(t), start(t)
	w.client.Roots = other.client.Roots
	_, err := w.client.Stamp(t.Context(), []byte("signature"))
	require.True(t, fault.Is(err, fault.Denied), "another root")
	other.client.Policy = asn1.ObjectIdentifier{2, 999, 7}
	_, err = other.client.Stamp(t.Context(), []byte("signature"))
	require.True(t, fault.Is(err, fault.Denied), "another policy")

	late := start(t)
	clock := outside.NewClock(1)
	clock.Advance(time.Hour)
	s, err := sim.New(sim.Config{Keys: late.keys, Clock: clock})
	require.NoError(t, err)
	server := httptest.NewServer(s.Handler())
	defer server.Close()
	late.client.Address = server.URL + sim.Path
	_, err = late.client.Stamp(t.Context(), []byte("signature"))
	require.True(t, fault.Is(err, fault.Stale), "a clock that is an hour wrong")
}

// TestSlowAuthority: one that does not answer costs ten seconds, not more.
func TestSlowAuthority(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		keys, err := sim.NewKeys(time.Now())
		require.NoError(t, err)
		s, err := sim.New(sim.Config{Keys: keys, Clock: outside.NewClock(1)})
		require.NoError(t, err)
		_, err = s.Faults().Add(outside.Fault{Kind: outside.Delay, Delay: config.Duration(time.Hour)})
		require.NoError(t, err)
		client := timestamp.Client{Address: "http://time.example" + sim.Path, HTTP: &http.Client{Transport: direct{s.Handler()}}}
		begun := time.Now()
		_, err = client.Stamp(t.Context(), []byte("signature"))
		require.True(t, fault.Is(err, fault.Timeout), "%v", err)
		require.Equal(t, 10*time.Second, time.Since(begun))
	})
}

// direct is a transport that calls the handler.
type direct struct{ h http.Handler }

func (d direct) RoundTrip(r *http.Request) (answer *http.Response, err error) {
	defer func() {
		if recover() != nil {
			err = r.Context().Err()
		}
	}()
	w := httptest.NewRecorder()
	d.h.ServeHTTP(w, r)
	return w.Result(), nil
}

func TestContract(t *testing.T) {
	t.Parallel()
	w := start(t)
	send := func(media string, body []byte) (int, []byte) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.client.Address, bytes.NewReader(body))
		require.NoError(t, err)
		r.Header.Set("Content-Type", media)
		answer, err := w.client.HTTP.Do(r)
		require.NoError(t, err)
		defer answer.Body.Close()
		raw, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		return answer.StatusCode, raw
	}
	status, _ := send("text/plain", nil)
	require.Equal(t, http.StatusUnsupportedMediaType, status)
	status, _ = send(timestamp.QueryType, make([]byte, 9000))
	require.Equal(t, http.StatusRequestEntityTooLarge, status)
	for name, body := range map[string][]byte{"nothing": nil, "garbage": []byte("garbage")} {
		status, raw := send(timestamp.QueryType, body)
		require.Equal(t, http.StatusOK, status, name)
		_, err := timestamp.ParseResponse(raw)
		require.True(t, fault.Is(err, fault.Denied), name)
	}
}

func TestKeysAreKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, err := sim.LoadKeys(dir, time.Now())
	require.NoError(t, err)
	again, err := sim.LoadKeys(dir, time.Now())
	require.NoError(t, err)
	require.True(t, first.Root.Equal(again.Root))
	require.True(t, first.Good.Chain[0].Equal(again.Good.Chain[0]))
	info, err := os.Stat(filepath.Join(dir, "stamp.key"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

// TestOpenSSL lets OpenSSL prove our tokens, and us prove those of OpenSSL's
// own authority. It runs in the tier of independent readers.
func TestOpenSSL(t *testing.T) {
	if os.Getenv("JALIYA_PDF_TOOLS") != "1" {
		t.Skip("JALIYA_PDF_TOOLS is not 1: openssl is not asked for")
	}
	w := start(t)
	dir := t.TempDir()
	name := func(n string) string { return filepath.Join(dir, n) }
	openssl := func(args ...string) string {
		cmd := exec.CommandContext(t.Context(), "openssl", args...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		return string(out)
	}
	require.NoError(t, os.WriteFile(name("data"), []byte("what is stamped"), 0o600))
	require.NoError(t, issuer.SaveCertificates(name("root.pem"), w.keys.Root))

	openssl("ts", "-query", "-data", "data", "-sha256", "-cert", "-out", "query.tsq")
	query, err := os.ReadFile(name("query.tsq"))
	require.NoError(t, err)
	answer, err := w.client.HTTP.Post(w.client.Address, timestamp.QueryType, bytes.NewReader(query)) //nolint:noctx // a test server
	require.NoError(t, err)
	defer answer.Body.Close()
	reply, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(name("reply.tsr"), reply, 0o600))
	require.Contains(t, openssl("ts", "-verify", "-queryfile", "query.tsq", "-in", "reply.tsr", "-CAfile", "root.pem"), "Verification: OK")
	require.Contains(t, openssl("ts", "-verify", "-data", "data", "-in", "reply.tsr", "-CAfile", "root.pem"), "Verification: OK")
	require.Contains(t, openssl("ts", "-reply", "-in", "reply.tsr", "-text"), "Granted")

	token, err := w.client.Stamp(t.Context(), []byte("what is stamped"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(name("token.der"), token, 0o600))
	require.Contains(t, openssl("ts", "-verify", "-data", "data", "-token_in", "-in", "token.der", "-CAfile", "root.pem"), "Verification: OK")

	require.NoError(t, issuer.SaveSigner(name("tsa.key"), name("tsa.pem"), w.keys.Good))
	require.NoError(t, os.WriteFile(name("serial"), []byte("01\n"), 0o600))
	require.NoError(t, os.WriteFile(name("tsa.cnf"), []byte(authority), 0o600))
	openssl("ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query.tsq", "-out", "theirs.tsr")
	theirs, err := os.ReadFile(name("theirs.tsr"))
	require.NoError(t, err)
	token, err = timestamp.ParseResponse(theirs)
	require.NoError(t, err)
	got, err := timestamp.Verify(token, w.client.Roots, []byte("what is stamped"))
	require.NoError(t, err)
	require.WithinDuration(t, time.Now(), got.Time, 10*time.Second)
}

// authority is OpenSSL's time-stamping authority with our keys.
const authority = `[tsa]
default_tsa = it
[it]
serial = serial
crypto_device = builtin
signer_cert = tsa.pem
certs = tsa.pem
signer_key = tsa.key
signer_digest = sha512
default_policy = 2.999.1
digests = sha256
ordering = yes
tsa_name = yes
ess_cert_id_alg = sha256
accuracy = secs:1, millisecs:500
clock_precision_digits = 3
`
