package mail_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"

	"jaliya/hub/gateway/mail"
	"jaliya/hub/gateway/peer"
	"jaliya/internal/config"
	"jaliya/internal/consular"
)

// identity writes a CA of its own and a certificate for localhost, and gives
// the path of the first and the second.
func identity(tb testing.TB, dir string) (ca string, pair tls.Certificate) {
	tb.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(tb, err)
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test root"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: root.NotBefore, NotAfter: root.NotAfter, KeyUsage: x509.KeyUsageDigitalSignature,
	}
	rootDER, err := x509.CreateCertificate(rand.Reader, root, root, private.Public(), private)
	require.NoError(tb, err)
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, root, private.Public(), private)
	require.NoError(tb, err)
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(tb, err)
	write := func(name, kind string, der []byte) string {
		path := filepath.Join(dir, name)
		require.NoError(tb, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
		return path
	}
	ca = write("ca.pem", "CERTIFICATE", rootDER)
	pair, err = tls.LoadX509KeyPair(write("cert.pem", "CERTIFICATE", leafDER), write("key.pem", "PRIVATE KEY", keyDER))
	require.NoError(tb, err)
	return ca, pair
}

// carrier is a mail server that does as it is told.
type carrier struct {
	mu                     sync.Mutex
	from, rcpt, data, auth error // said instead of yes
	got                    []string
	conns                  int
	drop, stall            bool // in the middle of the content

	ca   string
	port string
}

// NewSession implements smtp.Backend.
func (c *carrier) NewSession(conn *smtp.Conn) (smtp.Session, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conns++
	return &session{c: c, conn: conn}, nil
}

type session struct {
	c    *carrier
	conn *smtp.Conn
}

func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }

func (s *session) Mail(string, *smtp.MailOptions) error { return s.c.from }
func (s *session) Rcpt(string, *smtp.RcptOptions) error { return s.c.rcpt }

func (s *session) Data(r io.Reader) error {
	if s.c.drop {
		_ = s.conn.Conn().Close()
		return errors.New("gone")
	}
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if s.c.stall { // until the caller has had enough
		_, err := s.conn.Conn().Read(make([]byte, 1))
		return err
	}
	if s.c.data != nil {
		return s.c.data
	}
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	s.c.got = append(s.c.got, string(raw))
	return nil
}

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "post" || password != "only-for-tests" {
			return smtp.ErrAuthFailed
		}
		return s.c.auth
	}), nil
}

func (c *carrier) messages() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.got...)
}

// listen serves; wrapped is TLS from the first byte, plain is no TLS at all.
func (c *carrier) listen(tb testing.TB, wrapped, plain bool) {
	tb.Helper()
	ca, pair := identity(tb, tb.TempDir())
	c.ca = ca
	s := smtp.NewServer(c)
	s.Domain, s.ErrorLog = "localhost", quiet{}
	s.ReadTimeout, s.WriteTimeout = 10*time.Second, 10*time.Second
	conf := &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	var lc net.ListenConfig
	l, err := lc.Listen(tb.Context(), "tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	_, c.port, err = net.SplitHostPort(l.Addr().String())
	require.NoError(tb, err)
	switch {
	case wrapped:
		l = tls.NewListener(l, conf)
	case !plain:
		s.TLSConfig = conf
	}
	var served sync.WaitGroup
	served.Go(func() { _ = s.Serve(l) }) // its end is Close
	tb.Cleanup(func() {
		_ = s.Close()
		_ = l.Close() // a server that had not begun to serve does not know it
		served.Wait()
	})
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

// transcript keeps what the connector logs.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (t *transcript) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.Write(b)
}

func connect(tb testing.TB, c *carrier, change func(*mail.Config), m *peer.Metrics) *mail.Connector {
	tb.Helper()
	cfg := mail.Config{
		Server: "localhost:" + c.port, CAFile: c.ca, From: "consulat@example.org", Timeout: config.Duration(5 * time.Second),
		Breaker: peer.BreakerConfig{Failures: 3},
	}
	if change != nil {
		change(&cfg)
	}
	conn, err := mail.New(cfg, mail.Needs{Now: time.Now, Logger: slog.New(slog.NewTextHandler(&transcript{}, nil)), Metrics: m})
	require.NoError(tb, err)
	return conn
}

func password(tb testing.TB, text string) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "password")
	require.NoError(tb, os.WriteFile(path, []byte(text+"\n"), 0o600))
	return path
}

func letter() mail.Message {
	return mail.Message{
		Key: "c0ffee-17", To: "fatima.canary@example.org", Language: consular.Arabic,
		Subject: "طلبكم جاهز", Text: "طلبكم 123456 جاهز بالقنصلية.\nhttps://portal.example\n",
	}
}

func send(tb testing.TB, conn *mail.Connector) (mail.Result, error) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), 20*time.Second)
	defer cancel()
	return conn.Send(ctx, letter())
}
