package revocation

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	"jaliya/internal/fault"
)

const (
	opFind = "revocation: find list"
	// Timeout is how long all lists of one document may take together.
	Timeout = 5 * time.Second
	// MaxList caps a list that is asked for, in bytes.
	MaxList = 16 << 10
)

// Source finds lists. The zero value asks outside alone. Safe for concurrent
// use.
type Source struct {
	// Files are PEM files of lists, read anew each time, so that what an
	// operator puts there counts at once.
	Files []string
	// HTTP asks for the others; nil for a client that follows no redirect.
	HTTP *http.Client
}

// Find gives a list for every question that has one, each once. What was not
// found is said in the fault, which comes with the lists that were. A file that
// cannot be read is a fault only where its lists are missed.
func (s *Source) Find(ctx context.Context, questions []Question) ([]*x509.RevocationList, error) {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	var all, out []*x509.RevocationList
	var missing, unread []error
	for _, path := range s.Files {
		lists, err := Load(path)
		if err != nil {
			unread = append(unread, err)
		}
		all = append(all, lists...)
	}
	for _, q := range questions {
		covers := func(l *x509.RevocationList) bool { return q.Covers(l) == nil }
		if slices.ContainsFunc(out, covers) {
			continue
		}
		at := slices.IndexFunc(all, covers)
		if at >= 0 {
			out = append(out, all[at])
			continue
		}
		list, err := s.ask(ctx, q)
		if err != nil {
			missing = append(missing, err)
			continue
		}
		out = append(out, list)
	}
	if len(missing) > 0 {
		return out, fault.New(fault.KindOf(missing[0]), opFind, "lists of revoked certificates",
			errors.Join(append(missing, unread...)...))
	}
	return out, nil
}

// ask asks the places that a certificate names, in their order.
func (s *Source) ask(ctx context.Context, q Question) (*x509.RevocationList, error) {
	var all []error
	for _, address := range q.Certificate.CRLDistributionPoints {
		if u, err := url.Parse(address); err != nil || u.Scheme != "http" && u.Scheme != "https" {
			continue
		}
		list, err := s.get(ctx, address)
		if err == nil {
			err = q.Covers(list)
		}
		if err == nil {
			return list, nil
		}
		all = append(all, err)
	}
	if len(all) == 0 {
		return nil, fault.New(fault.NotFound, opFind, "no list of "+q.Issuer.Subject.CommonName, nil)
	}
	return nil, fault.New(fault.KindOf(all[0]), opFind, "list of "+q.Issuer.Subject.CommonName, errors.Join(all...))
}

func (s *Source) get(ctx context.Context, address string) (*x509.RevocationList, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return nil, fault.New(fault.Invalid, opFind, "address", err)
	}
	answer, err := s.client().Do(r)
	if err != nil {
		kind := fault.Unavailable
		if errors.Is(err, context.DeadlineExceeded) {
			kind = fault.Timeout
		}
		return nil, fault.New(kind, opFind, "no answer", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fault.New(fault.Unavailable, opFind, answer.Status, nil)
	}
	raw, err := io.ReadAll(io.LimitReader(answer.Body, MaxList+1))
	switch {
	case err != nil:
		return nil, fault.New(fault.Unavailable, opFind, "half an answer", err)
	case len(raw) > MaxList:
		return nil, fault.New(fault.TooLarge, opFind, "list", nil)
	}
	return Parse(raw)
}

func (s *Source) client() *http.Client {
	if s.HTTP != nil {
		return s.HTTP
	}
	return &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}
