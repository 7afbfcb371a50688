package web

import (
	"crypto/tls"
	"os"
	"sync"
	"time"

	"jaliya/internal/fault"
)

// CertificateFile gives the certificate of two files, read again when one of
// them changes: whoever renews it need not restart the server. Safe for
// concurrent use.
type CertificateFile struct {
	Cert, Key string // PEM files: the chain, and its key

	mu   sync.Mutex // guards the two below
	at   [2]time.Time
	held *tls.Certificate
}

// Get implements tls.Config.GetCertificate; the hello may be nil.
func (f *CertificateFile) Get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	const op = "web: read certificate"
	f.mu.Lock()
	defer f.mu.Unlock()
	var at [2]time.Time
	for i, path := range []string{f.Cert, f.Key} {
		info, err := os.Stat(path)
		if err != nil {
			return f.orHeld(fault.New(fault.NotFound, op, path, err))
		}
		at[i] = info.ModTime()
	}
	if f.held != nil && at == f.at {
		return f.held, nil
	}
	fresh, err := tls.LoadX509KeyPair(f.Cert, f.Key)
	if err != nil {
		return f.orHeld(fault.New(fault.Invalid, op, f.Cert, err))
	}
	f.held, f.at = &fresh, at
	return f.held, nil
}

// orHeld keeps serving with what was read before: a file that is being replaced
// is no reason to turn anybody away.
func (f *CertificateFile) orHeld(err error) (*tls.Certificate, error) {
	if f.held != nil {
		return f.held, nil
	}
	return nil, err
}
