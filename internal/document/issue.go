package document

import (
	"bytes"
	"compress/flate"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"

	"jaliya/internal/fault"
	"jaliya/internal/issuer"
	"jaliya/internal/pades"
	"jaliya/internal/paper"
	"jaliya/internal/vds"
)

const opIssue = "document: issue"

// Issuer makes documents. Safe for concurrent use.
type Issuer struct {
	Press  *paper.Press
	Keys   *issuer.Identity
	Times  pades.Stamper
	Random io.Reader // of control codes: crypto/rand.Reader
	// Lasting adds what proves the signature years later; what it cannot have
	// is said in Log, and the document is issued without.
	Lasting pades.Completer
	Log     *slog.Logger // nil for none
}

// Issued is a document.
type Issued struct {
	PDF   []byte // signed
	Seal  []byte
	Level pades.Level
}

// kept is what a document's file keeps for programs: everything that the seal
// binds, so that a reader of the file compares all of it without typing.
type kept struct {
	Seal        []byte   `json:"seal"`
	Code        string   `json:"code"`
	Outcome     []string `json:"outcome"`
	Particulars []string `json:"particulars"`
}

// maxKept caps what Verify unpacks, in bytes.
const maxKept = 256 << 10

// pack gives the bytes for the file: JSON, deflated, since a list of mentions
// in both languages is as long as the page that prints it.
func (k kept) pack() ([]byte, error) {
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestCompression)
	if err != nil {
		return nil, fault.New(fault.Internal, opIssue, "kept", err)
	}
	if err := errors.Join(json.NewEncoder(w).Encode(k), w.Close()); err != nil {
		return nil, fault.New(fault.Internal, opIssue, "kept", err)
	}
	return out.Bytes(), nil
}

func unpackKept(raw []byte) (k kept, err error) {
	d := json.NewDecoder(io.LimitReader(flate.NewReader(bytes.NewReader(raw)), maxKept))
	if err := d.Decode(&k); err != nil {
		return k, fault.New(fault.NotFound, opVerify, "no record in the file", err)
	}
	return k, nil
}

// Issue makes a document of a record; Seal, Code, Kept and Room are filled in
// here. When the time-stamping authority does not answer, the fault is its
// own and nothing was issued: the same number may be issued again. Lists of
// revoked certificates that nobody gives never hinder a document; one that
// says our own certificate was revoked does.
func (i *Issuer) Issue(ctx context.Context, d paper.RecordData) (Issued, error) {
	if err := d.Validate(); err != nil {
		return Issued{}, err
	}
	code, err := vds.NewControlCode(i.Random)
	if err != nil {
		return Issued{}, err
	}
	k := kept{Code: string(code), Outcome: d.OutcomeLines(), Particulars: d.ParticularLines()}
	k.Seal, err = i.Keys.Seal.SignRecord(vds.Record{
		Service: d.Service, Number: d.Number, Name: d.Person.Name(), Birth: d.Person.Birth,
		National: d.Person.NationalNumber, Issued: d.Issued, Expires: d.Expires,
		Outcome:     vds.Commit(code, vds.LabelOutcome, d.Number, k.Outcome),
		Particulars: vds.Commit(code, vds.LabelParticulars, d.Number, k.Particulars),
	})
	if err != nil {
		return Issued{}, err
	}
	if d.Kept, err = k.pack(); err != nil {
		return Issued{}, err
	}
	d.Seal, d.Code, d.Room, d.Fill = vds.Text(k.Seal), code.Printed(), pades.Room, signedSize
	// Before the authority is asked: what is too long is not issued.
	file, err := i.Press.Record(d)
	if err != nil {
		return Issued{}, err
	}
	signed, err := pades.Sign(ctx, file, i.Keys.Document, i.Times)
	if err != nil {
		return Issued{}, err
	}
	whole, err := i.Lasting.Complete(ctx, signed, FileSize-signedSize)
	if err != nil {
		return Issued{}, err
	}
	if whole.Missing != nil && i.Log != nil {
		i.Log.Warn("document issued without full validation data", slog.String("level", string(whole.Level)),
			slog.String("missing", whole.Missing.Error()))
	}
	return Issued{PDF: whole.File, Seal: k.Seal, Level: whole.Level}, nil
}
