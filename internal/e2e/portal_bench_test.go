package e2e

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub/portal"
	"jaliya/hub/rpc"
	"jaliya/internal/lang"
	"jaliya/internal/link/pki"
)

// BenchmarkStatusPage asks for the page of one request over HTTP, as fast as
// the machine can: a portal that asks a member in this process for each page,
// by the narrow door without its transport, and once more over mutual TLS.
func BenchmarkStatusPage(b *testing.B) {
	p, listen := portalPair(b)
	s := deposit(b, p)
	c := certified(b, p, listen)
	trust, err := os.ReadFile(filepath.Join(c.Dir, "trust.pem"))
	require.NoError(b, err)
	bundle, err := pki.ParseTrustBundle(trust)
	require.NoError(b, err)
	store, err := pki.NewFileKeys(filepath.Join(c.Dir, "keys"))
	require.NoError(b, err)
	ring, err := pki.OpenKeyring(filepath.Join(c.Dir, "keys"), store)
	require.NoError(b, err)
	conf, err := pki.MutualClient(ring.Source(pki.SlotWorking), &pki.Verifier{Trust: bundle, Roles: []pki.Role{pki.Member}, Now: time.Now}, "http/1.1")
	require.NoError(b, err)
	far, err := rpc.NewClient([]string{listen}, conf)
	require.NoError(b, err)
	defer far.Close()
	for name, member := range map[string]rpc.Member{"InProcess": p.hub, "MutualTLS": far} {
		b.Run(name, func(b *testing.B) { statusPages(b, member, s) })
	}
}

func statusPages(b *testing.B, member rpc.Member, s slip) {
	b.Helper()
	words, err := lang.Open()
	require.NoError(b, err)
	// Each client of a portal is paced: the load comes from many, through a proxy.
	surface, err := portal.New(portal.Options{
		Member: member, Catalog: words, Address: "http://127.0.0.1", Now: time.Now, Proxies: []string{"127.0.0.0/8"},
	})
	require.NoError(b, err)
	server := httptest.NewServer(surface)
	defer server.Close()
	client := citizen(b)
	status, _ := get(b, client, server.URL+"/t/"+s.token.Text())
	require.Equal(b, http.StatusOK, status)

	var mu sync.Mutex // guards took
	var took []time.Duration
	var from atomic.Uint32
	b.SetParallelism(8)
	spent := processor(b)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		own := make([]time.Duration, 0, 1024)
		for pb.Next() {
			r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, server.URL+"/follow", nil)
			if err != nil {
				b.Error(err)
				return
			}
			n := from.Add(1) % 50_000
			r.Header.Set("X-Forwarded-For", "10.1."+strconv.Itoa(int(n/250))+"."+strconv.Itoa(int(n%250)))
			begun := time.Now()
			response, err := client.Do(r)
			if err != nil {
				b.Error(err)
				return
			}
			_, err = io.Copy(io.Discard, response.Body)
			if err != nil || response.Body.Close() != nil || response.StatusCode != http.StatusOK {
				b.Error(response.Status, err)
				return
			}
			own = append(own, time.Since(begun))
		}
		mu.Lock()
		defer mu.Unlock()
		took = append(took, own...)
	})
	b.StopTimer()
	spent = processor(b) - spent
	slices.Sort(took)
	if len(took) == 0 {
		return
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "pages/s")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	// On a machine that others use, this says more: citizens' side included.
	b.ReportMetric(float64(spent.Microseconds())/float64(b.N), "cpu-us/page")
}

// processor gives the time that this process has had of the processors.
func processor(tb testing.TB) time.Duration {
	tb.Helper()
	var u syscall.Rusage
	require.NoError(tb, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
