package revocation_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/issuer"
	"jaliya/internal/revocation"
)

func now() time.Time { return time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC) }

// world is an authority with a certificate, and the two questions of its chain.
type world struct {
	authority *issuer.Authority
	questions []revocation.Question
}

func newWorld(t *testing.T, point string) world {
	t.Helper()
	a, err := issuer.NewAuthorityAt("Test", issuer.Years(now(), 10), point)
	require.NoError(t, err)
	s, err := a.Documents("Test documents", issuer.Years(now(), 2))
	require.NoError(t, err)
	return world{a, []revocation.Question{
		{Certificate: s.Chain[0], Issuer: s.Chain[1], At: now()}, {Certificate: s.Chain[1], Issuer: a.Root(), At: now()},
	}}
}

func (w world) lists(t *testing.T, life issuer.Life, revoked ...x509.RevocationListEntry) []*x509.RevocationList {
	t.Helper()
	out, err := w.authority.Lists(life, revoked...)
	require.NoError(t, err)
	require.Len(t, out, 2)
	return out
}

func TestCovers(t *testing.T) {
	t.Parallel()
	w, other := newWorld(t, ""), newWorld(t, "")
	q := w.questions[0]
	own := func(life issuer.Life) *x509.RevocationList { return w.lists(t, life)[1] }
	month := issuer.Life{From: now().Add(-time.Hour), To: now().AddDate(0, 1, 0)}
	forged := *own(month)
	forged.RawTBSRevocationList = append(bytes.Clone(forged.RawTBSRevocationList), 0)
	for name, test := range map[string]struct {
		list *x509.RevocationList
		kind fault.Kind
	}{
		"current":           {own(month), fault.Other},
		"made afterwards":   {own(issuer.Life{From: now().AddDate(1, 0, 0), To: now().AddDate(1, 1, 0)}), fault.Other},
		"overdue":           {own(issuer.Life{From: now().AddDate(0, -2, 0), To: now().Add(-time.Second)}), fault.Stale},
		"after its time":    {own(issuer.Life{From: now().AddDate(3, 0, 0), To: now().AddDate(4, 0, 0)}), fault.Stale},
		"the root's":        {w.lists(t, month)[0], fault.Invalid},
		"another of a name": {other.lists(t, month)[1], fault.Invalid},
		"forged":            {&forged, fault.Invalid},
		"of some":           {partial(t, month), fault.Invalid},
	} {
		err := q.Covers(test.list)
		require.Equal(t, test.kind, fault.KindOf(err), "%s: %v", name, err)
		require.Equal(t, test.kind == fault.Other, err == nil, name)
	}
	require.NoError(t, w.questions[1].Covers(w.lists(t, month)[0]))
}

// partial is a list of certificates of one kind alone, by an authority of its
// own that has the name and not the key.
func partial(t *testing.T, life issuer.Life) *x509.RevocationList {
	t.Helper()
	_, list := scoped(t, life)
	return list
}

// scoped gives a certificate authority and a list of it that covers attribute
// certificates alone (RFC 5280, 5.2.5), which is critical.
func scoped(t *testing.T, life issuer.Life) (*x509.Certificate, *x509.RevocationList) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test authority"}, NotBefore: life.From, NotAfter: life.To,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCRLSign | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	by, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	raw, err := x509.CreateRevocationList(rand.Reader, &x509.RevocationList{
		Number: big.NewInt(1), ThisUpdate: life.From, NextUpdate: life.To,
		ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 28}, Critical: true, Value: []byte{0x30, 3, 0x85, 1, 0xff}}},
	}, by, key)
	require.NoError(t, err)
	list, err := x509.ParseRevocationList(raw)
	require.NoError(t, err)
	return by, list
}

// TestScopedListIsNotTheWhole: signed by the right key, and yet it says nothing.
func TestScopedListIsNotTheWhole(t *testing.T) {
	t.Parallel()
	by, list := scoped(t, issuer.Years(now(), 1))
	q := revocation.Question{Certificate: by, Issuer: by, At: now()}
	require.True(t, fault.Is(q.Covers(list), fault.Unsupported))
}

func TestHolds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	for name, test := range map[string]struct {
		at     time.Time
		reason int
		of     *big.Int
		own    bool
		holds  bool
	}{
		"another's":                  {now().Add(-time.Hour), 1, big.NewInt(7), false, true},
		"revoked before":             {now().Add(-time.Hour), 4, nil, false, false},
		"revoked at that moment":     {now(), 0, nil, false, false},
		"stolen afterwards":          {now().Add(time.Hour), 1, nil, false, true},
		"a clock stolen afterwards":  {now().Add(time.Hour), 1, nil, true, false},
		"a clock, why is not said":   {now().Add(time.Hour), 0, nil, true, false},
		"a clock ended afterwards":   {now().Add(time.Hour), 5, nil, true, true},
		"a clock ended before":       {now().Add(-time.Hour), 5, nil, true, false},
		"a clock replaced afterward": {now().Add(time.Hour), 4, nil, true, true},
	} {
		q := w.questions[0]
		q.OwnWord = test.own
		if test.of == nil {
			test.of = q.Certificate.SerialNumber
		}
		list := w.lists(t, issuer.Years(now(), 1), x509.RevocationListEntry{
			SerialNumber: test.of, RevocationTime: test.at, ReasonCode: test.reason,
		})[1]
		require.NoError(t, q.Covers(list), name)
		err := q.Holds(list)
		require.Equal(t, test.holds, err == nil, name)
		if err != nil {
			require.True(t, fault.Is(err, fault.Denied), name)
		}
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	dir := t.TempDir()
	path := filepath.Join(dir, "lists.pem")
	s := &revocation.Source{Files: []string{filepath.Join(dir, "none.pem"), path}}
	_, err := s.Find(t.Context(), w.questions)
	require.True(t, fault.Is(err, fault.NotFound))

	lists := w.lists(t, issuer.Years(now(), 1))
	require.NoError(t, revocation.Save(path, lists...))
	got, err := s.Find(t.Context(), append(w.questions, w.questions...))
	require.NoError(t, err, "put there meanwhile, and the file that is not there is not missed")
	require.Len(t, got, 2)

	require.NoError(t, revocation.Save(path, lists[0]))
	got, err = s.Find(t.Context(), w.questions)
	require.True(t, fault.Is(err, fault.NotFound))
	require.ErrorContains(t, err, "Test authority")
	require.Len(t, got, 1, "what there is")

	for _, text := range []string{"", "no PEM", "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n"} {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		_, err := revocation.Load(path)
		require.True(t, fault.Is(err, fault.Invalid), text)
	}
	require.NoError(t, os.WriteFile(path, make([]byte, 300<<10), 0o600))
	_, err = revocation.Load(path)
	require.True(t, fault.Is(err, fault.TooLarge))
}

// TestAsked: the lists of an outside issuer come from where its certificates
// say, and nothing but them does.
func TestAsked(t *testing.T) {
	t.Parallel()
	var answer http.HandlerFunc
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { answer(w, r) }))
	t.Cleanup(server.Close)
	w := newWorld(t, server.URL)
	lists := w.lists(t, issuer.Years(now(), 1))
	good := func(out http.ResponseWriter, r *http.Request) {
		_, _ = out.Write(map[string][]byte{"/" + issuer.RootList: lists[0].Raw, "/" + issuer.AuthorityList: lists[1].Raw}[r.URL.Path])
	}
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		kind   fault.Kind
	}{
		"given":     {good, fault.Other},
		"not there": {http.NotFound, fault.Unavailable},
		"moved":     {func(out http.ResponseWriter, r *http.Request) { http.Redirect(out, r, "/elsewhere", http.StatusFound) }, fault.Unavailable},
		"no list":   {func(out http.ResponseWriter, _ *http.Request) { _, _ = out.Write([]byte("hello")) }, fault.Invalid},
		"too large": {func(out http.ResponseWriter, _ *http.Request) { _, _ = out.Write(make([]byte, revocation.MaxList+1)) }, fault.TooLarge},
		"other lists": {func(out http.ResponseWriter, _ *http.Request) {
			_, _ = out.Write(newWorld(t, "").lists(t, issuer.Years(now(), 1))[0].Raw)
		}, fault.Invalid},
	} {
		answer = test.answer
		got, err := (&revocation.Source{}).Find(t.Context(), w.questions)
		require.Equal(t, test.kind, fault.KindOf(err), "%s: %v", name, err)
		if test.kind == fault.Other {
			require.NoError(t, err, name)
			require.Len(t, got, 2, name)
		} else {
			require.Error(t, err, name)
			require.Empty(t, got, name)
		}
	}
	server.Close()
	_, err := (&revocation.Source{}).Find(t.Context(), w.questions)
	require.True(t, fault.Is(err, fault.Unavailable))
	_, err = (&revocation.Source{}).Find(t.Context(), newWorld(t, "ldap://127.0.0.1").questions)
	require.True(t, fault.Is(err, fault.NotFound), "other protocols are not spoken")
}

// silent never answers.
type silent struct{}

func (silent) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// halting answers with half a list and then an error.
type halting struct{}

func (halting) RoundTrip(r *http.Request) (*http.Response, error) {
	body := io.MultiReader(bytes.NewReader([]byte{0x30}), failing{})
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(body), Request: r}, nil
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("cut") }

func TestSilenceHasALimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "http://lists.example")
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		_, err := (&revocation.Source{HTTP: &http.Client{Transport: silent{}}}).Find(context.Background(), w.questions)
		require.True(t, fault.Is(err, fault.Timeout), "%v", err)
		require.Equal(t, revocation.Timeout, time.Since(begun), "for all of them together")
	})
	_, err := (&revocation.Source{HTTP: &http.Client{Transport: halting{}}}).Find(t.Context(), w.questions)
	require.True(t, fault.Is(err, fault.Unavailable), "%v", err)
}
