package document_test

import (
	"bytes"
	"crypto/x509"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/document"
	"jaliya/internal/fault"
	"jaliya/internal/issuer"
	"jaliya/internal/pades"
	"jaliya/internal/paper"
	"jaliya/internal/revocation"
)

// TestOneSizeAtEveryLevel: neither the outcome nor whether lists of revoked
// certificates could be had is told by a file's length, and a document is
// issued in any case.
func TestOneSizeAtEveryLevel(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	var log bytes.Buffer
	o.Log = slog.New(slog.NewJSONHandler(&log, nil))
	full := o.Lasting
	for _, d := range []paper.RecordData{record(0), record(3), longest()} {
		for name, test := range map[string]struct {
			lasting pades.Completer
			level   pades.Level
		}{
			"full":     {full, pades.LevelLT},
			"none":     {pades.Completer{}, pades.LevelT},
			"no lists": {pades.Completer{Trust: o.trust(), Lists: &revocation.Source{}}, pades.LevelT},
		} {
			log.Reset()
			o.Lasting = test.lasting
			out := o.issue(t, d)
			require.Equal(t, test.level, out.Level, name)
			require.Len(t, out.PDF, document.FileSize, name)
			r := document.Verify(out.PDF, o.trust(), o.keys(t), today)
			require.True(t, r.Good(), name)
			require.Equal(t, test.level, r.Level, name)
			require.Equal(t, test.level == pades.LevelT, bytes.Contains(log.Bytes(), []byte("without full validation data")), name)
			for _, secret := range []string{d.Number, d.Person.NationalNumber.String(), d.Person.Family.Latin} {
				require.NotContains(t, log.String(), secret)
			}
		}
	}
}

// TestRevokedIssuerIssuesNothing: lists that nobody gives hinder no document;
// one that says our own certificate was revoked does.
func TestRevokedIssuerIssuesNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	lists, err := o.issuers.Lists(issuer.Years(now(), 1), x509.RevocationListEntry{
		SerialNumber: o.Keys.Document.Chain[0].SerialNumber, RevocationTime: now(), ReasonCode: 1,
	})
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "lists.pem")
	require.NoError(t, revocation.Save(path, lists...))
	o.Lasting.Lists = &revocation.Source{Files: []string{path}}
	_, err = o.Issue(t.Context(), record(0))
	require.True(t, fault.Is(err, fault.Denied), "%v", err)
}

// TestListsOverHTTP: the lists of an outside authority of times are asked for
// where its certificates say; when it falls silent, documents go on as B-T.
func TestListsOverHTTP(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	var lists []*x509.RevocationList
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		at := slices.Index([]string{"/" + issuer.RootList, "/" + issuer.AuthorityList}, r.URL.Path)
		if at < 0 {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(lists[at].Raw)
	}))
	t.Cleanup(server.Close)
	var err error
	o.times, err = issuer.NewAuthorityAt("Outside time", issuer.Years(now(), 10), server.URL)
	require.NoError(t, err)
	o.stamper, err = o.times.Times("Outside time stamps", issuer.Years(now(), 5))
	require.NoError(t, err)
	lists, err = o.times.Lists(issuer.Years(now(), 1))
	require.NoError(t, err)
	o.Lasting.Trust = o.trust()

	out := o.issue(t, record(2))
	require.Equal(t, pades.LevelLT, out.Level)
	server.Close()
	r := document.Verify(out.PDF, o.trust(), o.keys(t), today)
	require.True(t, r.Good(), "with nobody to ask")
	require.Equal(t, pades.LevelLT, r.Level)

	without := o.issue(t, record(2))
	require.Equal(t, pades.LevelT, without.Level)
	require.Len(t, without.PDF, len(out.PDF))
	require.True(t, document.Verify(without.PDF, o.trust(), o.keys(t), today).Good())
}
