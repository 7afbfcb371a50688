package records_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub/gateway/records"
	"jaliya/hub/ledger"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

func TestDecodeVoided(t *testing.T) {
	name := strings.Repeat("0a", 32)
	line := `{"id":"c0ffee-12","document":"` + name + `"}`
	for what, c := range map[string]struct {
		raw  string
		kind fault.Kind
	}{
		"OK":          {`{"revoked":[` + line + `]}`, 0},
		"OK/Empty":    {`{"revoked":[]}`, 0},
		"ErrNone":     {`{}`, fault.Corrupt},
		"ErrTail":     {`{"revoked":[]} x`, fault.Corrupt},
		"ErrMore":     {`{"revoked":[{"id":"c0ffee-12","document":"` + name + `","why":"fraud"}]}`, fault.Corrupt},
		"ErrName":     {`{"revoked":[{"id":"c0ffee-12","document":"0A` + name[2:] + `"}]}`, fault.Corrupt},
		"ErrShort":    {`{"revoked":[{"id":"c0ffee-12","document":"0a"}]}`, fault.Corrupt},
		"ErrCluster":  {`{"revoked":[{"id":"beef-12","document":"` + name + `"}]}`, fault.Corrupt},
		"ErrNumber":   {`{"revoked":[{"id":"c0ffee-012","document":"` + name + `"}]}`, fault.Corrupt},
		"ErrManyOnes": {`{"revoked":[` + strings.Repeat(line+",", 4000) + line + `]}`, fault.TooLarge},
		"ErrOrder":    {`{"revoked":[` + line + `,{"id":"c0ffee-13","document":"` + strings.Repeat("09", 32) + `"}]}`, fault.Corrupt},
		"ErrTwice":    {`{"revoked":[` + line + "," + line + `]}`, fault.Corrupt},
	} {
		t.Run(what, func(t *testing.T) {
			list, err := records.DecodeVoided([]byte(c.raw), "c0ffee")
			if c.kind != 0 {
				require.True(t, fault.Is(err, c.kind), "%v", err)
				return
			}
			require.NoError(t, err)
			if what == "OK" {
				require.Equal(t, []records.Voided{{Case: 12, Document: wire.Digest([]byte(strings.Repeat("\n", 32)))}}, list)
			}
		})
	}
}

// nobody stands where a test needs no order.
type nobody struct{}

func (nobody) CaseNumber(uint64) (ledger.CaseView, error) { return ledger.CaseView{}, nil }
func (nobody) Cluster() (ledger.Cluster, error)           { return ledger.Cluster{}, nil }
func (nobody) Put([]byte) (wire.Digest, error)            { return wire.Digest{}, nil }
func (nobody) ProvePackage(context.Context, ledger.Order, []byte) error {
	return nil
}

func (nobody) RecordPacket(context.Context, ledger.Order, records.Recipient) ([]byte, error) {
	return nil, nil
}

func (nobody) RecordAnswer(context.Context, uint64, records.Recipient) ([]byte, error) {
	return nil, nil
}

// asking gives a connector to an office that answers as the handler does.
func asking(t *testing.T, office http.HandlerFunc) *records.Connector {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		office(w, r)
	}))
	t.Cleanup(server.Close)
	dicts, err := seal.NewDictionaries(0, nil)
	require.NoError(t, err)
	key, err := seal.GeneratePostKey(dicts)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(file, []byte(base64.StdEncoding.EncodeToString(key.Public().Encode())), 0o600))
	c, err := records.New(records.Config{Offices: []records.OfficeConfig{{
		Name: "dgsn", URL: server.URL, Services: []consular.Service{consular.RecordPolice}, PacketKey: file,
	}}}, records.Needs{
		Cluster: "c0ffee", Cases: nobody{}, Resealer: nobody{}, Prover: nobody{}, Vault: nobody{},
		Now: time.Now, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

// page gives lines of the documents first to last, in the order of their names.
func page(first, last int) string {
	var lines []string
	for n := first; n <= last; n++ {
		lines = append(lines, fmt.Sprintf(`{"id":"c0ffee-%d","document":"%064x"}`, n, n))
	}
	return `{"revoked":[` + strings.Join(lines, ",") + `]}`
}

// TestVoidedPages: an office that revoked more than a page holds is read to the
// end, and one that gives its first page again and again is told so.
func TestVoidedPages(t *testing.T) {
	t.Run("ReadToTheEnd", func(t *testing.T) {
		c := asking(t, func(w http.ResponseWriter, r *http.Request) {
			switch after := r.URL.Query().Get("after"); after {
			case "":
				_, _ = w.Write([]byte(page(1, 4000)))
			case fmt.Sprintf("%064x", 4000):
				_, _ = w.Write([]byte(page(4001, 4007)))
			default:
				w.WriteHeader(http.StatusBadRequest)
			}
		})
		all, err := c.Voided(t.Context())
		require.NoError(t, err)
		require.Len(t, all, 4007)
		require.Equal(t, uint64(4007), all[4006].Case)
	})
	t.Run("ErrSamePage", func(t *testing.T) {
		c := asking(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(page(1, 4000))) })
		_, err := c.Voided(t.Context())
		require.True(t, fault.Is(err, fault.Corrupt), "%v", err)
	})
	t.Run("ErrSilent", func(t *testing.T) {
		c := asking(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
		_, err := c.Voided(t.Context())
		require.Error(t, err)
	})
}
