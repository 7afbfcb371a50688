package pades

import (
	"context"
	"crypto/x509"
	"slices"

	"jaliya/internal/fault"
	"jaliya/internal/paper/pdf"
	"jaliya/internal/revocation"
)

const opComplete = "pades: add validation data"

// Level says how long a signature can be proved (EN 319 142-1, 6).
type Level string

// The levels. B-LT holds, with the lists of revoked certificates, all that
// proves the signature when nobody answers any more.
const (
	LevelT  Level = "B-T"
	LevelLT Level = "B-LT"
)

// Finder gives lists of revoked certificates: those there are, and a fault for
// those there are not. revocation.Source is one.
type Finder interface {
	Find(ctx context.Context, questions []revocation.Question) ([]*x509.RevocationList, error)
}

// Completer adds validation data to signed files. The zero value adds an empty
// store, and the file stays B-T.
type Completer struct {
	Trust Trust
	Lists Finder
}

// Completed is a file with its validation data.
type Completed struct {
	File  []byte
	Level Level
	// Missing says why the level is B-T, nil for B-LT.
	Missing error
}

// Complete appends an update of exactly size bytes to a signed file, with what
// validation data could be had: what cannot be had makes the file B-T and is no
// fault. Denied: a certificate was revoked, and nobody should be given the file.
func (c Completer) Complete(ctx context.Context, signed []byte, size int) (Completed, error) {
	data, missing, err := c.collect(ctx, signed)
	if err != nil {
		return Completed{}, err
	}
	tail, err := pdf.Update(signed, data, size)
	if fault.Is(err, fault.TooLarge) {
		missing = err
		tail, err = pdf.Update(signed, pdf.Validation{}, size)
	}
	if err != nil {
		return Completed{}, err
	}
	out := Completed{File: slices.Concat(signed, tail), Level: LevelT, Missing: missing}
	if missing == nil {
		out.Level = LevelLT
	}
	return out, nil
}

// collect gives the validation data of a signed file, and why they are not all.
func (c Completer) collect(ctx context.Context, signed []byte) (data pdf.Validation, missing, err error) {
	if c.Trust.Issuers == nil || c.Trust.Times == nil || c.Lists == nil {
		return data, fault.New(fault.NotFound, opComplete, "no roots or no lists are configured", nil), nil
	}
	s, err := Verify(signed, c.Trust)
	if err != nil {
		// A root that is not the signer's: the file is as good as without it.
		return data, fault.New(fault.KindOf(err), opComplete, "the signature does not lead to the roots given", err), nil
	}
	for _, one := range s.certificates() {
		data.Certificates = append(data.Certificates, one.Raw)
	}
	questions := s.questions()
	lists, missing := c.Lists.Find(ctx, questions)
	var used []*x509.RevocationList
	for _, q := range questions {
		at := slices.IndexFunc(lists, func(l *x509.RevocationList) bool { return q.Covers(l) == nil })
		if at < 0 {
			if missing == nil {
				missing = fault.New(fault.NotFound, opComplete, "no list of "+q.Issuer.Subject.CommonName, nil)
			}
			continue
		}
		if err := q.Holds(lists[at]); err != nil {
			return data, nil, err
		}
		if !slices.Contains(used, lists[at]) {
			used = append(used, lists[at])
			data.Lists = append(data.Lists, lists[at].Raw)
		}
	}
	return data, missing, nil
}

// certificates gives those of both chains, each once.
func (s *Signature) certificates() (all []*x509.Certificate) {
	for _, c := range slices.Concat(s.Chain, s.Stamp.Chain) {
		if !slices.ContainsFunc(all, c.Equal) {
			all = append(all, c)
		}
	}
	return all
}

// questions asks of every certificate below a root whether it had been revoked
// when the file was signed. The reader trusts roots without asking.
func (s *Signature) questions() (all []revocation.Question) {
	for i := range len(s.Chain) - 1 {
		all = append(all, revocation.Question{Certificate: s.Chain[i], Issuer: s.Chain[i+1], At: s.Stamp.Time})
	}
	for i := range len(s.Stamp.Chain) - 1 {
		all = append(all, revocation.Question{
			Certificate: s.Stamp.Chain[i], Issuer: s.Stamp.Chain[i+1], At: s.Stamp.Time, OwnWord: true,
		})
	}
	return all
}

// level proves what follows the signature: validation data of it in the one
// form there is, every certificate of its chains, every list asked for and
// signed. So each byte of it is bound, and none can say anything else.
func (s *Signature) level(tail []byte) (Level, error) {
	if len(tail) == 0 {
		return LevelT, nil
	}
	data, err := pdf.ReadUpdate(s.Revision, tail)
	if err != nil {
		return "", err
	}
	if err := s.ownCertificates(data.Certificates); err != nil {
		return "", err
	}
	lists, err := s.ownLists(data.Lists)
	if err != nil {
		return "", err
	}
	level := LevelLT
	for _, q := range s.questions() {
		at := slices.IndexFunc(lists, func(l *x509.RevocationList) bool { return q.Covers(l) == nil })
		if at < 0 {
			level = LevelT
			continue
		}
		if err := q.Holds(lists[at]); err != nil {
			return "", err
		}
	}
	return level, nil
}

func (s *Signature) ownCertificates(all [][]byte) error {
	known := s.certificates()
	for _, raw := range all {
		at := slices.IndexFunc(known, func(c *x509.Certificate) bool { return slices.Equal(c.Raw, raw) })
		if at < 0 {
			return fault.New(fault.Corrupt, opVerify, "a certificate of somebody else among the validation data", nil)
		}
		known = slices.Delete(known, at, at+1)
	}
	return nil
}

func (s *Signature) ownLists(all [][]byte) (out []*x509.RevocationList, err error) {
	questions := s.questions()
	for _, raw := range all {
		l, err := revocation.Parse(raw)
		if err != nil {
			return nil, fault.New(fault.Corrupt, opVerify, "list of revoked certificates", err)
		}
		// Each answers a question that those before it do not.
		if !slices.ContainsFunc(questions, func(q revocation.Question) bool {
			return q.Covers(l) == nil && !slices.ContainsFunc(out, func(o *x509.RevocationList) bool { return q.Covers(o) == nil })
		}) {
			return nil, fault.New(fault.Corrupt, opVerify, "a list too many among the validation data", nil)
		}
		out = append(out, l)
	}
	return out, nil
}
