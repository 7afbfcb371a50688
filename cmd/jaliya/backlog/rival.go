package backlog

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"sync/atomic"
	"time"

	"jaliya/internal/emulate"
	"jaliya/internal/fault"
)

const (
	rivalPort = 443
	rivalName = "hub.bench"
)

// rival is somebody else's way to carry a cargo. It returns when the last
// answer is there.
type rival struct {
	name  string
	carry func(ctx context.Context, l *emulate.Link, t *tally) error
}

// tally notes what of the cargo was answered.
type tally struct {
	cargo
	keys     trust
	begun    time.Time
	first    atomic.Int64 // when the first answer came, in ns after begun
	answered atomic.Int64 // bytes of payload whose answer came
}

// landed takes the answer to a batch.
func (t *tally) landed(batch int, answer []byte) error {
	sum := sha256.Sum256(t.batches[batch])
	if len(answer) != answerSize || !ed25519.Verify(t.keys.signer.Public().(ed25519.PublicKey), sum[:], answer) {
		return fault.New(fault.Corrupt, "backlog: check answer", "", nil)
	}
	t.first.CompareAndSwap(0, int64(time.Since(t.begun)))
	t.answered.Add(t.payloadOf(batch))
	return nil
}

// payloadOf shares the payload out over the batches by their size.
func (t *tally) payloadOf(batch int) int64 {
	all := 0
	for _, b := range t.batches {
		all += len(b)
	}
	return int64(len(t.batches[batch]) * t.payload / all)
}

// trust is the rivals' certificate, and the key that signs their answers.
type trust struct {
	server, client *tls.Config
	signer         ed25519.PrivateKey
}

// answerSize is that of a signature, less than one of our receipts.
const answerSize = ed25519.SignatureSize

// answer is what a rival's server says of a batch that it has.
func (t trust) answer(batch []byte) []byte {
	sum := sha256.Sum256(batch)
	return ed25519.Sign(t.signer, sum[:])
}

func newTrust() (t trust, err error) {
	const op = "backlog: make certificate"
	if _, t.signer, err = ed25519.GenerateKey(rand.Reader); err != nil {
		return t, fault.New(fault.Internal, op, "", err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return t, fault.New(fault.Internal, op, "", err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{rivalName},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return t, fault.New(fault.Internal, op, "", err)
	}
	leaf, err := x509.ParseCertificate(raw)
	if err != nil {
		return t, fault.New(fault.Internal, op, "", err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	t.server = &tls.Config{
		MinVersion:   tls.VersionTLS13,
		Certificates: []tls.Certificate{{Certificate: [][]byte{raw}, PrivateKey: key, Leaf: leaf}},
	}
	t.client = &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: roots, ServerName: rivalName}
	return t, nil
}

func (t trust) forALPN(alpn string) (server, client *tls.Config) {
	server, client = t.server.Clone(), t.client.Clone()
	server.NextProtos, client.NextProtos = []string{alpn}, []string{alpn}
	return server, client
}

func closing(c net.Conn) func() { return func() { _ = c.Close() } } // what it held was answered
