package doctor_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io/fs"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/doctor"
	"jaliya/internal/fault"
	"jaliya/internal/link/linktest"
	"jaliya/internal/link/pki"
	"jaliya/internal/telemetry"
)

func spaces(s string) string {
	return strings.NewReplacer("\u2068", "", "\u2069", "", "2 jours", "2\u00a0jours").Replace(s)
}

func TestConfig(t *testing.T) {
	for want, err := range map[doctor.Code]error{
		"config-good":       nil,
		"config-missing":    fault.New(fault.NotFound, "config: load", "node.toml", fs.ErrNotExist),
		"config-unreadable": fault.New(fault.Denied, "config: load", "node.toml", fs.ErrPermission),
		"config-wrong":      fault.New(fault.Invalid, "config: load", "node.toml", errors.New(`line 2: unknown key "color"`)),
	} {
		require.Equal(t, want, doctor.Config("node.toml", err).Code)
	}
}

func TestDisk(t *testing.T) {
	own := t.TempDir()
	require.NoError(t, os.Chmod(own, 0o700))
	open := filepath.Join(own, "open")
	require.NoError(t, os.Mkdir(open, 0o700))
	require.NoError(t, os.Chmod(open, 0o755))
	file := filepath.Join(own, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	shut := filepath.Join(own, "shut")
	require.NoError(t, os.Mkdir(shut, 0o500))
	notWritable := doctor.Code("disk-permission")
	if os.Geteuid() == 0 {
		notWritable = "disk-good" // root may write everywhere
	}
	for _, tt := range []struct {
		name string
		dir  string
		need int64
		want doctor.Code
	}{
		{"OK", own, 1, "disk-good"},
		{"ErrMissing", filepath.Join(own, "none"), 1, "disk-missing"},
		{"ErrNoDirectory", file, 1, "disk-missing"},
		{"ErrOthersMayLook", open, 1, "disk-open"},
		{"ErrNotWritable", shut, 1, notWritable},
		{"ErrFull", own, math.MaxInt64, "disk-full"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := doctor.Disk(tt.dir, tt.need)
			if got[0].Code == "disk-tight" { // this machine's disk, not ours to choose
				got[0].Code = "disk-good"
			}
			require.Equal(t, tt.want, got[0].Code)
		})
	}
}

func TestSync(t *testing.T) {
	dir := t.TempDir()
	got := doctor.Sync(dir)[0]
	require.Contains(t, []doctor.Code{"sync-good", "sync-slow", "sync-early"}, got.Code)
	took, err := time.ParseDuration(got.Facts["time"])
	require.NoError(t, err)
	require.Positive(t, took)
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left, "what was measured with is gone")
	require.Equal(t, doctor.Code("sync-failed"), doctor.Sync(filepath.Join(dir, "none"))[0].Code)
}

func TestKeys(t *testing.T) {
	for kind, want := range map[fault.Kind]doctor.Code{ //nolint:exhaustive // one of each judgement
		fault.NotFound: "keys-missing", fault.Denied: "keys-locked", fault.Corrupt: "keys-damaged", fault.Invalid: "keys-damaged",
	} {
		require.Equal(t, want, doctor.Keys(fault.New(kind, "seal: open", "journal.key", nil))[0].Code)
	}
	require.Equal(t, doctor.Code("keys-good"), doctor.Keys(nil)[0].Code)
}

// TestCertificates judges a working certificate, which lives a week, through its
// life.
func TestCertificates(t *testing.T) {
	w := linktest.NewWorld(t, nil)
	ring := w.Ring(t, linktest.Identity(t, pki.Node, "FR-LYO"))
	held, err := ring.Credential(pki.SlotWorking)
	require.NoError(t, err)
	list := []doctor.Certificate{{Name: "working", Leaf: held.Leaf}}
	day := 24 * time.Hour
	for _, tt := range []struct {
		name string
		at   time.Time
		want doctor.Code
	}{
		{"ErrEarly", held.Leaf.NotBefore.Add(-time.Second), "certificates-early"},
		{"OKFresh", time.Now(), "certificates-good"},
		{"OKRenewalIsDue", time.Now().Add(3 * day), "certificates-good"},
		{"ErrNotRenewed", time.Now().Add(6 * day), "certificates-soon"},
		{"ErrExpired", held.Leaf.NotAfter.Add(time.Second), "certificates-expired"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.want, doctor.Certificates(list, tt.at)[0].Code)
		})
	}
	require.Equal(t, doctor.Code("certificates-missing"), doctor.Certificates(nil, time.Now())[0].Code)
}

func TestProcess(t *testing.T) {
	works := telemetry.Function{Name: "journal", OK: true, Critical: true}
	broken := telemetry.Function{Name: "link", Reason: "silence"}
	for want, r := range map[doctor.Code]telemetry.Report{
		"process-good":        {Status: telemetry.StatusReady, Functions: []telemetry.Function{works}},
		"process-degraded":    {Status: telemetry.StatusDegraded, Functions: []telemetry.Function{works, broken}},
		"process-unavailable": {Status: telemetry.StatusUnavailable, Functions: []telemetry.Function{broken}},
	} {
		got := doctor.Process(r, nil)[0]
		require.Equal(t, want, got.Code)
		if want != "process-good" {
			require.Equal(t, "link", got.Facts["functions"])
		}
	}
	var r telemetry.Report
	err := doctor.Ask(t.Context(), closed(t), "/readyz", &r)
	require.Equal(t, fault.Unavailable, fault.KindOf(err))
	require.Equal(t, doctor.Code("process-stopped"), doctor.Process(r, err)[0].Code)
}

func TestNames(t *testing.T) {
	require.Equal(t, doctor.Code("names-none"), doctor.Names(t.Context(), nil)[0].Code)
	got := doctor.Names(t.Context(), []string{"127.0.0.1:7700", "nowhere.invalid:7700"}) // RFC 6761 section 6.4
	require.Equal(t, doctor.Code("names-good"), got[0].Code)
	require.Equal(t, doctor.Code("names-failed"), got[1].Code)
	require.True(t, got[1].Relieve, "one of two is enough")
	require.False(t, doctor.Names(t.Context(), []string{"nowhere.invalid:7700"})[0].Relieve)
}

// closed gives an address of loopback on which nobody listens.
func closed(t *testing.T) string {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return l.Addr().String()
}

// TestOutside provokes each way in which a system is not reached.
func TestOutside(t *testing.T) {
	serve := func(status int) *httptest.Server {
		s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		t.Cleanup(s.Close)
		return s
	}
	good := serve(http.StatusUnauthorized)
	roots := x509.NewCertPool()
	roots.AddCert(good.Certificate())
	strict := httptest.NewUnstartedServer(http.NotFoundHandler())
	strict.TLS = &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: x509.NewCertPool()}
	strict.StartTLS()
	t.Cleanup(strict.Close)
	var lc net.ListenConfig
	silent, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0") // takes connections and says nothing
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, silent.Close()) })
	for _, tt := range []struct {
		name, at string
		roots    *x509.CertPool
		want     doctor.Code
	}{
		{"OKAnyAnswer", good.URL, roots, "outside-good"},
		{"ErrUnhealthy", serve(http.StatusServiceUnavailable).URL, roots, "outside-unhealthy"},
		{"ErrClosed", "https://" + closed(t), roots, "outside-closed"},
		{"ErrName", "https://nowhere.invalid", roots, "outside-name"},
		{"ErrCertificate", good.URL, x509.NewCertPool(), "outside-certificate"},
		{"ErrIdentity", strict.URL, roots, "outside-identity"},
		{"ErrSilent", "https://" + silent.Addr().String(), roots, "outside-silent"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, err := doctor.Reach(t.Context(), tt.at, &tls.Config{RootCAs: tt.roots, MinVersion: tls.VersionTLS12})
			f := doctor.Outside("stamp", tt.at, status, err)
			require.Equal(t, tt.want, f.Code, "%v", err)
		})
	}
}
