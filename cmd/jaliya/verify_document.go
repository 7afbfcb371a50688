package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"jaliya/internal/cli"
	"jaliya/internal/consular"
	"jaliya/internal/document"
	"jaliya/internal/fault"
	"jaliya/internal/issuer"
	"jaliya/internal/pades"
	"jaliya/internal/vds"
)

type verifyDocument struct {
	File      string   `arg:"" optional:"" type:"path" help:"Signed PDF of a record, or its container."`
	Trust     []string `required:"" type:"path" help:"PEM files of the issuers' roots." placeholder:"FILE"`
	TimeTrust []string `type:"path" help:"PEM files of the roots of time-stamping authorities; --trust when not given." placeholder:"FILE"`
	SealKeys  []string `type:"path" help:"PEM files of the certificates of seal signers." placeholder:"FILE"`
	Seal      string   `help:"A seal alone, as a bar code reader gave it: its text, a file that holds it, or - for standard input." placeholder:"TEXT"`
	Code      string   `help:"With --seal: the control code printed beside it; asks whether the seal confirms what the paper says."`
	Says      string   `type:"path" help:"With --code: file of what the paper says, one line each, when it is not nothing." placeholder:"FILE"`
	Revoked   string   `help:"List of revoked documents: a file, or the address of a portal's /api/v1/revoked." placeholder:"FILE|URL"`
	On        string   `help:"Day on which the document is to be valid, 2026-11-22; today when not given." placeholder:"DATE"`
	JSON      bool     `name:"json" help:"Print the result as JSON."`
}

const opDocument = "jaliya: verify document"

// Run proves the document and says line by line what was checked.
func (c *verifyDocument) Run(ctx context.Context, s cli.Streams) error {
	if (c.File == "") == (c.Seal == "") {
		return fault.New(fault.Invalid, opDocument, "give a file, or --seal", nil)
	}
	on, err := c.day()
	if err != nil {
		return err
	}
	trust, keys, err := c.trust()
	if err != nil {
		return err
	}
	var r *document.Report
	if c.File != "" {
		file, err := c.read()
		if err != nil {
			return err
		}
		r = document.Verify(file, trust, keys, on)
	} else {
		if r, err = c.seal(s, keys, on); err != nil {
			return err
		}
	}
	if err := c.lookUp(ctx, r); err != nil {
		return err
	}
	if err := c.print(s, r); err != nil {
		return err
	}
	if !r.Good() {
		return fault.New(fault.Denied, opDocument, "the document does not hold", nil)
	}
	return nil
}

func (c *verifyDocument) day() (consular.Date, error) {
	if c.On == "" {
		return consular.DateOf(time.Now()), nil
	}
	return consular.ParseDate(c.On)
}

func (c *verifyDocument) trust() (pades.Trust, *vds.Keys, error) {
	roots, err := pool(c.Trust)
	if err != nil {
		return pades.Trust{}, nil, err
	}
	trust := pades.Trust{Issuers: roots, Times: roots}
	if len(c.TimeTrust) > 0 {
		if trust.Times, err = pool(c.TimeTrust); err != nil {
			return trust, nil, err
		}
	}
	if len(c.SealKeys) == 0 {
		return trust, nil, nil
	}
	certs, err := certificates(c.SealKeys)
	if err != nil {
		return trust, nil, err
	}
	keys, err := vds.NewKeys(roots, certs)
	return trust, keys, err
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

// read gives the PDF, out of its container when it is in one.
func (c *verifyDocument) read() ([]byte, error) {
	text, err := readLimited(c.File, pades.MaxFile)
	if err != nil {
		return nil, err
	}
	raw := []byte(text)
	if len(raw) == document.Size && !bytes.HasPrefix(raw, []byte("%PDF-")) {
		return document.Unpack(raw)
	}
	return raw, nil
}

// maxSealFile caps a file that holds a seal's text, in bytes.
const maxSealFile = 16 << 10

func (c *verifyDocument) seal(s cli.Streams, keys *vds.Keys, on consular.Date) (r *document.Report, err error) {
	if keys == nil {
		return r, fault.New(fault.Invalid, opDocument, "a seal alone needs --seal-keys", nil)
	}
	given := []byte(c.Seal)
	if c.Seal == "-" {
		if given, err = io.ReadAll(io.LimitReader(s.In, maxSealFile)); err != nil {
			return r, fault.New(fault.Invalid, opDocument, "standard input", err)
		}
	} else if _, err := os.Stat(c.Seal); err == nil {
		text, err := readLimited(c.Seal, maxSealFile)
		if err != nil {
			return r, err
		}
		given = []byte(text)
	}
	typed := document.Typed{Outcome: document.Nothing()}
	if c.Code != "" {
		if typed.Code, err = vds.ParseControlCode(c.Code); err != nil {
			return r, err
		}
	}
	if c.Says != "" {
		text, err := readLimited(c.Says, maxSealFile)
		if err != nil {
			return r, err
		}
		typed.Outcome = strings.Split(strings.TrimRight(text, "\n"), "\n")
	}
	return document.ReadSeal(given, keys, on, typed), nil
}

// told is a report as JSON.
type told struct {
	Good   bool        `json:"good"`
	Level  pades.Level `json:"level,omitempty"` // of the signature, "B-T" or "B-LT"
	Checks []toldCheck `json:"checks"`
	Seal   []toldField `json:"seal,omitempty"`
	Says   []string    `json:"says,omitempty"`
}

type toldCheck struct {
	Name   document.CheckName `json:"check"`
	Good   bool               `json:"good"`
	Detail string             `json:"detail,omitempty"`
	Reason string             `json:"reason,omitempty"`
}

type toldField struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func (c *verifyDocument) print(s cli.Streams, r *document.Report) error {
	out := told{Good: r.Good(), Level: r.Level, Says: r.Outcome}
	for _, one := range r.Checks {
		line := toldCheck{Name: one.Name, Good: one.Err == nil, Detail: one.Detail}
		if one.Err != nil {
			line.Reason = one.Err.Error()
		}
		out.Checks = append(out.Checks, line)
	}
	if r.Record != nil {
		out.Seal = fields(*r.Record)
	}
	if c.JSON {
		return cli.PrintJSON(s.Out, out)
	}
	for _, one := range out.Checks {
		verdict, why := "holds", one.Detail
		if !one.Good {
			verdict, why = "REFUSED", one.Reason
		}
		fmt.Fprintf(s.Out, "%-8s %-12s %s\n", verdict, one.Name, why)
	}
	if out.Level != "" {
		fmt.Fprintf(s.Out, "  level            PAdES %s\n", out.Level)
	}
	for _, f := range out.Seal {
		fmt.Fprintf(s.Out, "  %-16s %s\n", f.Name, f.Value)
	}
	for _, line := range out.Says {
		fmt.Fprintf(s.Out, "  says             %s\n", line)
	}
	return nil
}

// fields gives what a seal says, for a person to compare with the paper.
func fields(r vds.Record) []toldField {
	return []toldField{
		{"document", r.Service.String() + " " + r.Number},
		{"family name", r.Name.Family.Latin + " " + r.Name.Family.Arabic},
		{"given name", r.Name.Given.Latin + " " + r.Name.Given.Arabic},
		{"birth date", r.Birth.Value()},
		{"national number", string(r.National)},
		{"issued", string(r.Issued)},
		{"valid until", string(r.Expires)},
	}
}
