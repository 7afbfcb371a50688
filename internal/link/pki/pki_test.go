package pki_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"jaliya/internal/fault"
	"jaliya/internal/link/linktest"
	"jaliya/internal/link/pki"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var epoch = time.Date(2030, 3, 1, 12, 0, 0, 0, time.UTC)

func atEpoch() time.Time { return epoch }

func requireKind(t *testing.T, kind fault.Kind, err error) {
	t.Helper()
	require.Error(t, err)
	require.Equal(t, kind.String(), fault.KindOf(err).String(), err.Error())
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return key
}

func TestIdentity(t *testing.T) {
	good := "spiffe://jaliya/node/FR-LYO/0123456789abcdef0123456789abcdef"
	for name, text := range map[string]string{
		"OK":               good,
		"ErrScheme":        strings.Replace(good, "spiffe", "https", 1),
		"ErrDomain":        strings.Replace(good, "jaliya", "other", 1),
		"ErrRole":          strings.Replace(good, "node", "king", 1),
		"ErrRoleCase":      strings.Replace(good, "node", "Node", 1),
		"ErrNameEmpty":     strings.Replace(good, "FR-LYO", "", 1),
		"ErrNameEscaped":   strings.Replace(good, "FR-LYO", "FR%2DLYO", 1),
		"ErrNameDots":      strings.Replace(good, "FR-LYO", "..", 1),
		"ErrIDShort":       good[:len(good)-2],
		"ErrIDUpper":       strings.Replace(good, "abcdef", "ABCDEF", 1),
		"ErrIDNotHex":      strings.Replace(good, "abcdef", "ghijkl", 1),
		"ErrTooManyParts":  good + "/x",
		"ErrTrailingSlash": good + "/",
		"ErrQuery":         good + "?x=1",
		"ErrTooFewParts":   "spiffe://jaliya/node/FR-LYO",
	} {
		t.Run(name, func(t *testing.T) {
			id, err := pki.ParseIdentity(text)
			if name == "OK" {
				require.NoError(t, err)
				require.Equal(t, text, id.String())
				return
			}
			requireKind(t, fault.Invalid, err)
		})
	}
}

func TestRootFile(t *testing.T) {
	root, err := pki.NewRoot(epoch)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "root.age")
	require.NoError(t, root.Save(path, "four words and more", 4))
	requireKind(t, fault.Exists, root.Save(path, "four words and more", 4))
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NotContains(t, string(raw), "PRIVATE KEY")

	again, err := pki.OpenRoot(path, "four words and more")
	require.NoError(t, err)
	require.Equal(t, root.Cert.Raw, again.Cert.Raw)
	_, err = again.Issue(pki.Node, epoch)
	require.NoError(t, err)

	_, err = pki.OpenRoot(path, "other words")
	requireKind(t, fault.Denied, err)
	_, err = pki.OpenRoot(path+".missing", "x")
	requireKind(t, fault.NotFound, err)
	requireKind(t, fault.Invalid, root.Save(path+"2", "x", 40))
}

func TestIssue(t *testing.T) {
	w := linktest.NewWorld(t, atEpoch)
	key := newKey(t)
	node := linktest.Identity(t, pki.Node, "FR-LYO")
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	require.NoError(t, err)
	edPub, _, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	lan := []net.IP{net.IPv4(192, 168, 1, 2)}
	for _, tc := range []struct {
		name string
		kind fault.Kind
		from pki.Role
		req  pki.Request
	}{
		{"OKNode", fault.Other, pki.Node, pki.Request{Identity: node, PublicKey: key.Public(), Now: epoch}},
		{"OKEd25519", fault.Other, pki.Node, pki.Request{Identity: node, PublicKey: edPub, Now: epoch}},
		{"OKDesk", fault.Other, pki.Desk, pki.Request{
			Identity: linktest.Identity(t, pki.Desk, "FR-LYO"), PublicKey: key.Public(), Now: epoch,
			DNSNames: []string{"desk.lan"}, Addresses: lan,
		}},
		{"ErrOtherRole", fault.Denied, pki.Node, pki.Request{
			Identity: linktest.Identity(t, pki.Member, "hub-9"), PublicKey: key.Public(), Now: epoch,
		}},
		{"ErrCA", fault.Denied, pki.Node, pki.Request{
			Identity: linktest.Identity(t, pki.CA, "node"), PublicKey: key.Public(), Now: epoch,
		}},
		{"ErrAddressOnNode", fault.Denied, pki.Node, pki.Request{
			Identity: node, PublicKey: key.Public(), Now: epoch, Addresses: lan,
		}},
		{"ErrRSA", fault.Unsupported, pki.Node, pki.Request{Identity: node, PublicKey: rsaKey.Public(), Now: epoch}},
		{"ErrP384", fault.Unsupported, pki.Node, pki.Request{Identity: node, PublicKey: p384.Public(), Now: epoch}},
		{"ErrIssuerLapsed", fault.Expired, pki.Node, pki.Request{
			Identity: node, PublicKey: key.Public(), Now: epoch.Add(pki.IntermediateLife + time.Hour),
		}},
		{"ErrNoTime", fault.Invalid, pki.Node, pki.Request{Identity: node, PublicKey: key.Public()}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			chain, err := w.Authorities[tc.from].Issue(tc.req)
			if tc.kind != fault.Other {
				requireKind(t, tc.kind, err)
				return
			}
			require.NoError(t, err)
			require.Len(t, chain, 2)
			require.Equal(t, epoch.Add(tc.req.Identity.Role.Life()), chain[0].NotAfter)
			require.Equal(t, epoch.Add(-pki.Backdate), chain[0].NotBefore)
			require.Equal(t, epoch.Add(tc.req.Identity.Role.Life()/3), pki.RenewAt(chain[0]))
		})
	}
}

// forge signs a template with an intermediate's own key, as a stolen or wrong
// issuer could.
func forge(t *testing.T, a *pki.Authority, edit func(*x509.Certificate)) []*x509.Certificate {
	t.Helper()
	data, err := a.Marshal()
	require.NoError(t, err)
	block, _ := pem.Decode(data)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	require.NoError(t, err)
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(77), NotBefore: epoch.Add(-time.Hour), NotAfter: epoch.Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		URIs: []*url.URL{uri(t, pki.Node)},
	}
	edit(tmpl)
	der, err := x509.CreateCertificate(rand.Reader, tmpl, a.Cert, newKey(t).Public(), key)
	require.NoError(t, err)
	cert, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return []*x509.Certificate{cert, a.Cert}
}

func uri(t *testing.T, role pki.Role) *url.URL {
	t.Helper()
	u, err := url.Parse(linktest.Identity(t, role, "FR-LYO").String())
	require.NoError(t, err)
	return u
}

func TestVerifyForged(t *testing.T) {
	w := linktest.NewWorld(t, atEpoch)
	for _, tc := range []struct {
		name string
		kind fault.Kind
		from pki.Role
		edit func(*x509.Certificate)
	}{
		{"OK", fault.Other, pki.Node, func(*x509.Certificate) {}},
		{"ErrTwoURIs", fault.Invalid, pki.Node, func(c *x509.Certificate) { c.URIs = append(c.URIs, uri(t, pki.Node)) }},
		{"ErrNoURI", fault.Invalid, pki.Node, func(c *x509.Certificate) { c.URIs = nil }},
		{"ErrOtherURI", fault.Invalid, pki.Node, func(c *x509.Certificate) { c.URIs[0].Host = "elsewhere" }},
		{"ErrDNSName", fault.Invalid, pki.Node, func(c *x509.Certificate) { c.DNSNames = []string{"a.example"} }},
		{"ErrMail", fault.Invalid, pki.Node, func(c *x509.Certificate) { c.EmailAddresses = []string{"a@b.example"} }},
		{"ErrOtherIntermediate", fault.Denied, pki.Member, func(*x509.Certificate) {}},
		{"ErrMemberByNodeCA", fault.Denied, pki.Node, func(c *x509.Certificate) { c.URIs[0] = uri(t, pki.Member) }},
		{"ErrServerOnly", fault.Denied, pki.Node, func(c *x509.Certificate) {
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		}},
		{"ErrCA", fault.Invalid, pki.Node, func(c *x509.Certificate) { c.IsCA, c.BasicConstraintsValid = true, true }},
		{"ErrPurpose", fault.Invalid, pki.Node, func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageCertSign }},
		{"ErrOutlivesIssuer", fault.Denied, pki.Node, func(c *x509.Certificate) {
			c.NotAfter = epoch.Add(2 * pki.IntermediateLife)
		}},
		{"ErrExpired", fault.Expired, pki.Node, func(c *x509.Certificate) { c.NotAfter = epoch.Add(-time.Minute) }},
		{"ErrNotYet", fault.Expired, pki.Node, func(c *x509.Certificate) { c.NotBefore = epoch.Add(time.Minute) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			chain := forge(t, w.Authorities[tc.from], tc.edit)
			peer, err := w.Verifier(pki.Node, pki.Member).Verify(chain, x509.ExtKeyUsageClientAuth)
			if tc.kind != fault.Other {
				requireKind(t, tc.kind, err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, pki.SerialOf(chain[0]), peer.Serial)
			require.Equal(t, "node", peer.Issuer.Name)
		})
	}
}

func TestVerifyChains(t *testing.T) {
	w, foreign := linktest.NewWorld(t, atEpoch), linktest.NewWorld(t, atEpoch)
	v := w.Verifier(pki.Node)
	chain := forge(t, w.Authorities[pki.Node], func(*x509.Certificate) {})
	check := func(chain ...*x509.Certificate) error {
		_, err := v.Verify(chain, x509.ExtKeyUsageClientAuth)
		return err
	}
	require.NoError(t, check(chain[0], chain[1], w.Root.Cert))
	requireKind(t, fault.Invalid, check())
	requireKind(t, fault.Invalid, check(chain[0]))
	requireKind(t, fault.Denied, check(chain[0], w.Authorities[pki.Member].Cert))
	requireKind(t, fault.Denied, check(chain[0], foreign.Authorities[pki.Node].Cert, chain[1]))
	requireKind(t, fault.Invalid, check(chain[0], chain[1], chain[1], chain[1], chain[1]))
	lapsed := forge(t, foreign.Authorities[pki.Node], func(c *x509.Certificate) { c.NotAfter = epoch.Add(-time.Minute) })
	requireKind(t, fault.Denied, check(lapsed...)) // foreign, whatever its time

	newer, err := w.Root.Issue(pki.Node, epoch) // not in the bundle that v holds
	require.NoError(t, err)
	require.NoError(t, check(forge(t, newer, func(*x509.Certificate) {})...))
}

func TestTrustBundle(t *testing.T) {
	w, foreign := linktest.NewWorld(t, atEpoch), linktest.NewWorld(t, atEpoch)
	again, err := pki.ParseTrustBundle(w.Bundle.Marshal())
	require.NoError(t, err)
	require.Equal(t, w.Bundle.Fingerprint(), again.Fingerprint())
	require.Len(t, again.Intermediates, len(pki.IssuerRoles()))

	text := w.Bundle.Fingerprint().String()
	require.Len(t, strings.Split(text, "-"), 13)
	f, err := pki.ParseFingerprint(strings.ToLower(strings.ReplaceAll(text, "-", "  ")))
	require.NoError(t, err)
	require.Equal(t, w.Bundle.Fingerprint(), f)
	_, err = pki.ParseFingerprint(text[:20])
	requireKind(t, fault.Invalid, err)

	mixed := &pki.TrustBundle{Root: w.Root.Cert, Intermediates: foreign.Bundle.Intermediates}
	_, err = pki.ParseTrustBundle(mixed.Marshal())
	requireKind(t, fault.Denied, err)
	_, err = pki.ParseTrustBundle((&pki.TrustBundle{Root: w.Authorities[pki.Node].Cert}).Marshal())
	requireKind(t, fault.Invalid, err)
	secret, err := w.Authorities[pki.Node].Marshal()
	require.NoError(t, err)
	_, err = pki.ParseTrustBundle(secret)
	requireKind(t, fault.Invalid, err)
	_, err = pki.ParseTrustBundle(nil)
	requireKind(t, fault.Invalid, err)

	a, err := pki.ParseAuthority(secret)
	require.NoError(t, err)
	require.Equal(t, pki.Node, a.Role)
}

func TestCSR(t *testing.T) {
	key := newKey(t)
	csr, err := pki.NewCSR(key)
	require.NoError(t, err)
	pub, err := pki.ParseCSR(csr)
	require.NoError(t, err)
	require.True(t, key.PublicKey.Equal(pub))
	broken := append([]byte(nil), csr...)
	broken[len(broken)-1] ^= 1
	_, err = pki.ParseCSR(broken)
	require.Error(t, err)
	_, err = pki.ParseCSR(make([]byte, pki.MaxCSR+1))
	requireKind(t, fault.TooLarge, err)

	// What a request claims does not bind.
	claiming, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{
		URIs: []*url.URL{uri(t, pki.Member)}, DNSNames: []string{"evil.example"},
	}, key)
	require.NoError(t, err)
	w := linktest.NewWorld(t, atEpoch)
	id := linktest.Identity(t, pki.Node, "FR-LYO")
	chain, err := w.Authorities[pki.Node].IssueCSR(claiming, pki.Request{Identity: id, Now: epoch})
	require.NoError(t, err)
	got, err := pki.IdentityOf(chain[0])
	require.NoError(t, err)
	require.Equal(t, id, got)
}

func TestKeyring(t *testing.T) {
	w := linktest.NewWorld(t, atEpoch)
	dir := filepath.Join(t.TempDir(), "ring")
	keys, err := pki.NewFileKeys(filepath.Join(dir, "keys"))
	require.NoError(t, err)
	ring, err := pki.OpenKeyring(dir, keys)
	require.NoError(t, err)
	_, err = ring.Credential(pki.SlotWorking)
	requireKind(t, fault.NotFound, err)
	id := linktest.Identity(t, pki.Node, "FR-LYO")
	w.Install(t, ring, pki.Request{Identity: id, Now: epoch})
	source := ring.Source(pki.SlotWorking)
	first, err := source()
	require.NoError(t, err)
	w.Install(t, ring, pki.Request{Identity: id, Now: epoch})
	second, err := source()
	require.NoError(t, err)
	require.NotEqual(t, first.Leaf.SerialNumber, second.Leaf.SerialNumber)

	left, err := filepath.Glob(filepath.Join(dir, "keys", "*"))
	require.NoError(t, err)
	require.Len(t, left, 1, "the key before is destroyed")
	info, err := os.Stat(left[0])
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	again, err := pki.OpenKeyring(dir, keys)
	require.NoError(t, err)
	c, err := again.Credential(pki.SlotWorking)
	require.NoError(t, err)
	require.Equal(t, second.Leaf.Raw, c.Leaf.Raw)
	require.Equal(t, id, c.Identity)

	p, err := ring.Prepare(pki.SlotWorking)
	require.NoError(t, err)
	requireKind(t, fault.Invalid, ring.Install(p, c.Chain)) // for another key
	require.NoError(t, ring.Discard(p))

	require.NoError(t, os.Remove(left[0]))
	_, err = pki.OpenKeyring(dir, keys)
	requireKind(t, fault.NotFound, err)
	require.NoError(t, os.WriteFile(left[0], []byte("garbage"), 0o600))
	_, err = pki.OpenKeyring(dir, keys)
	requireKind(t, fault.Corrupt, err)
}

// A disk that refuses leaves the credential before in use.
func TestKeyringDiskFails(t *testing.T) {
	w := linktest.NewWorld(t, atEpoch)
	dir := filepath.Join(t.TempDir(), "ring")
	ring, err := pki.OpenKeyring(dir, pki.NewMemoryKeys())
	require.NoError(t, err)
	id := linktest.Identity(t, pki.Node, "FR-LYO")
	w.Install(t, ring, pki.Request{Identity: id, Now: epoch})
	before, err := ring.Credential(pki.SlotWorking)
	require.NoError(t, err)
	p, err := ring.Prepare(pki.SlotWorking)
	require.NoError(t, err)
	chain, err := w.Authorities[pki.Node].IssueCSR(p.CSR, pki.Request{Identity: id, Now: epoch})
	require.NoError(t, err)
	require.NoError(t, os.RemoveAll(dir))
	requireKind(t, fault.Storage, ring.Install(p, chain))
	after, err := ring.Credential(pki.SlotWorking)
	require.NoError(t, err)
	require.Equal(t, before.Leaf.Raw, after.Leaf.Raw)
}

func TestKeyStores(t *testing.T) {
	files, err := pki.NewFileKeys(filepath.Join(t.TempDir(), "keys"))
	require.NoError(t, err)
	for name, store := range map[string]pki.KeyStore{"files": files, "memory": pki.NewMemoryKeys()} {
		t.Run(name, func(t *testing.T) {
			_, err := store.Open("working-1")
			requireKind(t, fault.NotFound, err)
			key, err := store.Create("working-1")
			require.NoError(t, err)
			_, err = store.Create("working-1")
			requireKind(t, fault.Exists, err)
			again, err := store.Open("working-1")
			require.NoError(t, err)
			require.True(t, again.Public().(interface{ Equal(crypto.PublicKey) bool }).Equal(key.Public()))
			require.NoError(t, store.Delete("working-1"))
			require.NoError(t, store.Delete("working-1"))
			_, err = store.Create("../escape")
			requireKind(t, fault.Invalid, err)
		})
	}
}

func TestBuildersRefuse(t *testing.T) {
	w := linktest.NewWorld(t, atEpoch)
	ring := w.Ring(t, linktest.Identity(t, pki.Member, "hub-1"))
	source := ring.Source(pki.SlotWorking)
	open := w.Verifier(pki.Node)
	open.Denied = nil
	_, err := pki.MutualServer(source, open, "x/1")
	requireKind(t, fault.Invalid, err)
	_, err = pki.MutualServer(nil, w.Verifier(pki.Node), "x/1")
	requireKind(t, fault.Invalid, err)
	_, err = pki.MutualServer(source, w.Verifier(), "x/1")
	requireKind(t, fault.Invalid, err)
	_, err = pki.MutualClient(source, nil)
	requireKind(t, fault.Invalid, err)
	_, err = pki.JoinServer(source, nil, "x/1")
	requireKind(t, fault.Invalid, err)
	_, err = pki.JoinClient(pki.Fingerprint{}, nil, "x/1")
	requireKind(t, fault.Invalid, err)
}

func FuzzParseIdentity(f *testing.F) {
	f.Add("spiffe://jaliya/node/FR-LYO/0123456789abcdef0123456789abcdef")
	f.Fuzz(func(t *testing.T, s string) {
		if id, err := pki.ParseIdentity(s); err == nil {
			require.Equal(t, s, id.String())
		}
	})
}

func FuzzParseFingerprint(f *testing.F) {
	f.Add(pki.Fingerprint{1, 2, 3}.String())
	f.Fuzz(func(t *testing.T, s string) {
		if fp, err := pki.ParseFingerprint(s); err == nil {
			again, err := pki.ParseFingerprint(fp.String())
			require.NoError(t, err)
			require.Equal(t, fp, again)
		}
	})
}

func FuzzParseTrustBundle(f *testing.F) {
	root, err := pki.NewRoot(epoch)
	require.NoError(f, err)
	_, bundle, err := root.IssueAll(epoch)
	require.NoError(f, err)
	f.Add(bundle.Marshal())
	f.Fuzz(func(t *testing.T, data []byte) {
		if b, err := pki.ParseTrustBundle(data); err == nil {
			_, err := pki.ParseTrustBundle(b.Marshal())
			require.NoError(t, err)
		}
	})
}

func FuzzDecodeChain(f *testing.F) {
	root, err := pki.NewRoot(epoch)
	require.NoError(f, err)
	f.Add(root.Cert.Raw)
	f.Fuzz(func(t *testing.T, der []byte) {
		if chain, err := pki.DecodeChain(der); err == nil {
			require.Equal(t, der, pki.EncodeChain(chain))
		}
	})
}

func FuzzParseCSR(f *testing.F) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(f, err)
	csr, err := pki.NewCSR(key)
	require.NoError(f, err)
	f.Add(csr)
	f.Fuzz(func(_ *testing.T, der []byte) {
		_, _ = pki.ParseCSR(der)
	})
}
