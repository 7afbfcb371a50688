package wire

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"log/slog"
	"unicode/utf8"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
)

// Caps of SPEC.md section 12.
const (
	MaxAnswer   = 2000 // of an answer or a note, in characters
	maxSheet    = 32
	maxPrintKey = 4096
	maxStaffID  = 64
)

// DocumentPart is the name of the one part of a sealed document's bundle, and
// DocumentSize the length of that bundle in bytes, whatever the document says:
// its size must not tell what a search found.
const (
	DocumentPart = "document"
	DocumentSize = 320 << 10
)

// RecordAct is the body of kinds 8 to 15: who did what with a request for a
// criminal record. It prints as "[act]".
type RecordAct struct {
	Version   uint8              `cbor:"1,keyasint"`
	Reference consular.Reference `cbor:"2,keyasint"`
	By        string             `cbor:"3,keyasint,omitempty"` // staff id; kinds of a post
	Second    string             `cbor:"4,keyasint,omitempty"` // staff id; kind 13
	Receipt   []byte             `cbor:"5,keyasint,omitempty"` // of the fresh sign-in; what the portal sends
	Text      string             `cbor:"6,keyasint,omitempty"` // the answer; why a sheet was spoilt
	Key       []byte             `cbor:"7,keyasint,omitempty"` // public key made for one print; kind 11
	Sheet     string             `cbor:"8,keyasint,omitempty"` // number of the sheet; kinds 12 and 13
	At        int64              `cbor:"9,keyasint"`           // wall clock, ms
}

// DecodeRecordAct reads an opened body of a kind.
func DecodeRecordAct(raw []byte, kind Kind) (RecordAct, error) {
	const op = "wire: decode record act"
	var a RecordAct
	if err := Unmarshal(raw, MaxBody, &a); err != nil {
		return RecordAct{}, err
	}
	if a.Version == 0 || a.Version > Version {
		return RecordAct{}, fault.New(fault.Unsupported, op, "version "+uitoa(uint64(a.Version)), nil)
	}
	return a, a.Validate(kind)
}

// Validate names the field that breaks a rule of the kind.
func (a RecordAct) Validate(kind Kind) error {
	const op = "wire: validate record act"
	bad := func(field string) error { return fault.New(fault.Invalid, op, field, nil) }
	switch {
	case !kind.OfRecord():
		return bad("kind")
	case a.Reference.Validate() != nil:
		return bad("reference")
	case kind.atPost() != (a.By != ""), len(a.By) > maxStaffID:
		return bad("by")
	case kind.ByTwo() != (a.Second != ""), len(a.Second) > maxStaffID:
		return bad("second")
	case kind.ByTwo() && a.By == a.Second:
		return fault.New(fault.Denied, op, "second", nil)
	}
	return a.validateContent(kind, bad)
}

func (a RecordAct) validateContent(kind Kind, bad func(string) error) error {
	texted := kind == KindQueryAnswered || kind == KindPrintSpoilt
	sheeted := kind == KindDocumentPrinted || kind == KindPrintSpoilt
	switch {
	case (len(a.Receipt) > 0) != kind.byPerson() && kind != KindQueryAnswered, len(a.Receipt) > maxAuthReceipt:
		return bad("receipt")
	case texted != (a.Text != ""), utf8.RuneCountInString(a.Text) > MaxAnswer, consular.HasHidden(a.Text):
		return bad("text")
	case (kind == KindPrintBegun) != (len(a.Key) > 0), len(a.Key) > maxPrintKey:
		return bad("key")
	case kind == KindDocumentPrinted && a.Sheet == "", !sheeted && a.Sheet != "", len(a.Sheet) > maxSheet:
		return bad("sheet")
	}
	return nil
}

// Format prints no content, whatever the verb.
func (RecordAct) Format(f fmt.State, _ rune) { hide(f, "[act]") }

// LogValue keeps the content out of logs.
func (RecordAct) LogValue() slog.Value { return slog.StringValue("[act]") }

// Ticket is the body of the notice that tells a post where the document lies
// that was sealed for its print, and of which record of its own.
type Ticket struct {
	Version uint8    `cbor:"1,keyasint"`
	Record  RecordID `cbor:"2,keyasint"` // the post's print.begun
	Object  Digest   `cbor:"3,keyasint"` // address of the sealed document in the vault
	Size    uint64   `cbor:"4,keyasint"` // of it, bytes
}

// PrintContext is the purpose that a document is sealed for a print with;
// PrintAAD binds it to the record that began the print.
const PrintContext = "jaliya/print/1"

// PrintAAD is the associated data of a document sealed for one print.
func PrintAAD(record RecordID) []byte { return append([]byte(PrintContext+"\x00"), record[:]...) }

// DecodeTicket reads one.
func DecodeTicket(raw []byte) (Ticket, error) {
	var t Ticket
	if err := Unmarshal(raw, MaxNoticeBody, &t); err != nil {
		return Ticket{}, err
	}
	if t.Version == 0 || t.Version > Version {
		return Ticket{}, fault.New(fault.Unsupported, "wire: decode ticket", "version "+uitoa(uint64(t.Version)), nil)
	}
	if t.Record.IsZero() || t.Object.IsZero() || t.Size == 0 {
		return Ticket{}, fault.New(fault.Invalid, "wire: decode ticket", "", nil)
	}
	return t, nil
}

// MaxFetch is the most that one answer of a fetch brings, in bytes.
const MaxFetch = 64 << 10

// FetchRequest asks for a part of the document that a ticket names. A transfer
// that was cut off goes on where it stood.
type FetchRequest struct {
	Version uint8    `cbor:"1,keyasint"`
	Record  RecordID `cbor:"2,keyasint"`
	Object  Digest   `cbor:"3,keyasint"`
	Offset  uint64   `cbor:"4,keyasint"`
	Length  uint32   `cbor:"5,keyasint"` // at most MaxFetch
}

// Package is a document, or a text, that was sealed to be passed on: an
// envelope to a key and a bundle of fixed size, or none. It lies in the vault as
// one object.
type Package struct {
	_      struct{} `cbor:",toarray"`
	Record RecordID // what the envelope is bound to
	Body   []byte
	Bundle []byte
}

// PackageAAD is the associated data of a package's body: kind 0 is no entry's,
// so that neither is taken for the other.
func PackageAAD(record RecordID) []byte { return BodyAAD(record, 0) }

// MaxPackage is the cap of a package, in bytes.
const MaxPackage = DocumentSize + MaxBody + 4096

// ParsePackage reads one.
func ParsePackage(raw []byte) (Package, error) {
	var p Package
	if err := Unmarshal(raw, MaxPackage, &p); err != nil {
		return Package{}, err
	}
	if p.Record.IsZero() || len(p.Body) == 0 || len(p.Body) > MaxBody || len(p.Bundle) > DocumentSize {
		return Package{}, fault.New(fault.Invalid, "wire: parse package", "", nil)
	}
	return p, nil
}

// PortalHash is the identity of an entry of the portal, which has no chain
// (SPEC.md section 2).
func (e Entry) PortalHash() Digest {
	body := sha256.Sum256(e.Body)
	h := sha256.New()
	h.Write([]byte("jaliya/portal/1"))
	h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(e.Header)))) //nolint:gosec // a header is at most 2,048 bytes
	h.Write(e.Header)
	h.Write(body[:])
	return Digest(h.Sum(nil))
}
