package portal

import (
	"bytes"
	"context"
	"crypto/x509"
	"runtime"

	"jaliya/internal/consular"
	"jaliya/internal/document"
	"jaliya/internal/fault"
	"jaliya/internal/issuer"
	"jaliya/internal/pades"
	"jaliya/internal/vds"
)

// Prover proves documents that people are shown. It asks nobody and keeps
// nothing. Safe for concurrent use.
type Prover struct {
	trust pades.Trust
	keys  *vds.Keys     // nil: seals alone are not proved
	turn  chan struct{} // how many files are read at a time
}

// NewProver reads the configured trust; nil when there is none.
func NewProver(c Verify) (*Prover, error) {
	if len(c.Issuers) == 0 {
		return nil, nil //nolint:nilnil // no prover is an answer
	}
	issuers, err := pool(c.Issuers)
	if err != nil {
		return nil, err
	}
	times := issuers
	if len(c.Times) > 0 {
		if times, err = pool(c.Times); err != nil {
			return nil, err
		}
	}
	p := &Prover{trust: pades.Trust{Issuers: issuers, Times: times}, turn: make(chan struct{}, runtime.GOMAXPROCS(0))}
	if len(c.Seals) == 0 {
		return p, nil
	}
	certs, err := certificates(c.Seals)
	if err != nil {
		return nil, err
	}
	p.keys, err = vds.NewKeys(issuers, certs)
	return p, err
}

func pool(paths []string) (*x509.CertPool, error) {
	certs, err := certificates(paths)
	if err != nil {
		return nil, err
	}
	p := x509.NewCertPool()
	for _, one := range certs {
		p.AddCert(one)
	}
	return p, nil
}

func certificates(paths []string) (all []*x509.Certificate, err error) {
	for _, path := range paths {
		certs, err := issuer.LoadCertificates(path)
		if err != nil {
			return nil, err
		}
		all = append(all, certs...)
	}
	return all, nil
}

// take waits for a turn: each file costs some milliseconds of a processor.
func (p *Prover) take(ctx context.Context) (done func(), err error) {
	select {
	case p.turn <- struct{}{}:
		return func() { <-p.turn }, nil
	case <-ctx.Done():
		return nil, fault.New(fault.Timeout, "portal: prove document", "", nil)
	}
}

// file proves a signed PDF, or the container that carries one.
func (p *Prover) file(ctx context.Context, raw []byte, on consular.Date) (*document.Report, error) {
	done, err := p.take(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	if len(raw) == document.Size && !bytes.HasPrefix(raw, []byte("%PDF-")) {
		if inside, err := document.Unpack(raw); err == nil {
			raw = inside
		}
	}
	return document.Verify(raw, p.trust, p.keys, on), nil
}

// seal proves what a bar code reader gave.
func (p *Prover) seal(ctx context.Context, text string, t document.Typed, on consular.Date) (*document.Report, error) {
	if p.keys == nil {
		return nil, fault.New(fault.Unavailable, "portal: prove seal", "", nil)
	}
	done, err := p.take(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	return document.ReadSeal([]byte(text), p.keys, on, t), nil
}
