package wire

import (
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"unicode/utf8"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
)

// Caps of a custody event (SPEC.md section 10), in bytes and serials.
const (
	MaxCustody  = 16384
	MaxExtras   = 64
	maxWho      = 64
	maxPlace    = 32
	maxGuardian = 200
	maxRemarks  = 1000
)

// Outcomes of pouch.opened and pouch.reconciled.
const (
	SealWhole   uint8 = 1 // the one announced
	SealBroken  uint8 = 2 // broken, or another one
	CountAgrees uint8 = 1 // every card of the manifest and no other
	CountOff    uint8 = 2
)

// Receiver says into whose hands a card was given. Append-only.
type Receiver uint8

// The receivers.
const (
	ReceiverPerson   Receiver = 1
	ReceiverGuardian Receiver = 2
)

// ShownDocument is the paper by which a collector was known. Append-only.
type ShownDocument uint8

// The documents.
const (
	ShownOldCard   ShownDocument = 1
	ShownPassport  ShownDocument = 2
	ShownResidence ShownDocument = 3 // residence title of the host country
	ShownOther     ShownDocument = 4 // named in the remarks
)

// PrintCheck is what became of the comparison of a finger with the card.
// Append-only.
type PrintCheck uint8

// The results.
const (
	PrintMatched    PrintCheck = 1
	PrintNone       PrintCheck = 2 // none on the card: a child
	PrintUnreadable PrintCheck = 3 // worn, or the reader failed: a second person looks
	PrintDiffers    PrintCheck = 4
)

// CollectProof is what the collector brought besides a face. Append-only.
type CollectProof uint8

// The proofs.
const (
	ProofSlipCode CollectProof = 1
	ProofReceipt  CollectProof = 2
	ProofNeither  CollectProof = 3
)

// OldCard says where the card before this one is. Append-only.
type OldCard uint8

// The answers.
const (
	OldCardTaken OldCard = 1
	OldCardLost  OldCard = 2
	OldCardNone  OldCard = 3
)

// FailedCheck says at what an identity check failed. Append-only.
type FailedCheck uint8

// The checks.
const (
	FailedFace     FailedCheck = 1
	FailedPrint    FailedCheck = 2
	FailedDocument FailedCheck = 3
)

// DestroyMethod says how a card was made unusable. Append-only.
type DestroyMethod uint8

// The methods.
const (
	DestroyCut      DestroyMethod = 1 // cut through chip, portrait and number
	DestroyShredded DestroyMethod = 2
	DestroyBurned   DestroyMethod = 3
)

// Custody is the body of the kinds of cards and pouches, sealed to the hub: who
// did it and how. It prints as "[custody]".
type Custody struct {
	Version   uint8            `cbor:"1,keyasint"`
	By        string           `cbor:"2,keyasint"`
	Second    string           `cbor:"3,keyasint,omitempty"`
	Pouch     consular.PouchID `cbor:"4,keyasint,omitempty"`
	Serial    string           `cbor:"5,keyasint,omitempty"`
	Extras    []string         `cbor:"6,keyasint,omitempty"`
	Safe      string           `cbor:"7,keyasint,omitempty"`
	Box       string           `cbor:"8,keyasint,omitempty"`
	Receiver  Receiver         `cbor:"9,keyasint,omitempty"`
	Guardian  string           `cbor:"10,keyasint,omitempty"`
	Document  ShownDocument    `cbor:"11,keyasint,omitempty"`
	Face      bool             `cbor:"12,keyasint,omitempty"`
	Print     PrintCheck       `cbor:"13,keyasint,omitempty"`
	Proof     CollectProof     `cbor:"14,keyasint,omitempty"`
	OldCard   OldCard          `cbor:"15,keyasint,omitempty"`
	OldSerial string           `cbor:"16,keyasint,omitempty"`
	PIN       bool             `cbor:"17,keyasint,omitempty"`
	Failed    FailedCheck      `cbor:"18,keyasint,omitempty"`
	Remarks   string           `cbor:"19,keyasint,omitempty"`
	Method    DestroyMethod    `cbor:"20,keyasint,omitempty"`
	Witness   string           `cbor:"21,keyasint,omitempty"` // whoever saw it beside the two
}

// DecodeCustody reads an opened body.
func DecodeCustody(raw []byte) (Custody, error) {
	const op = "wire: decode custody"
	var c Custody
	if err := Unmarshal(raw, MaxCustody, &c); err != nil {
		return Custody{}, err
	}
	if c.Version == 0 || c.Version > Version {
		return Custody{}, fault.New(fault.Unsupported, op, "version "+uitoa(uint64(c.Version)), nil)
	}
	return c, nil
}

// ValidateFor names the field that breaks a rule of an entry's kind. Denied is
// one person where there must be two.
func (c Custody) ValidateFor(k Kind) error {
	const op = "wire: validate custody"
	if field := c.badText(); field != "" {
		return fault.New(fault.Invalid, op, field, nil)
	}
	if k.ByTwo() && (c.Second == "" || strings.EqualFold(c.By, c.Second)) {
		return fault.New(fault.Denied, op, "second", nil)
	}
	if field := c.badFor(k); field != "" {
		return fault.New(fault.Invalid, op, field, nil)
	}
	return nil
}

// badFor names what breaks a rule of one kind.
func (c Custody) badFor(k Kind) string {
	switch {
	case k == KindCardShelved && (c.Safe == "" || c.Box == ""):
		return "place"
	case k == KindCheckFailed && (c.Failed == 0 || c.Failed > FailedDocument):
		return "failed"
	case k == KindCardDestroyed && (c.Method == 0 || c.Method > DestroyBurned):
		return "method"
	case k == KindCardHandedOver:
		return c.badHandover()
	}
	return ""
}

func (c Custody) badText() string {
	switch {
	case c.By == "" || len(c.By) > maxWho:
		return "by"
	case len(c.Second) > maxWho:
		return "second"
	case c.Pouch != "" && c.Pouch.Validate() != nil:
		return "pouch"
	case len(c.Extras) > MaxExtras || slices.ContainsFunc(c.Extras, func(s string) bool { return !serialHolds(s) }):
		return "extras"
	}
	for _, one := range []struct {
		field string
		holds bool
	}{
		{"serial", c.Serial == "" || serialHolds(c.Serial)},
		{"old_serial", c.OldSerial == "" || serialHolds(c.OldSerial)},
		{"safe", textHolds(c.Safe, maxPlace)},
		{"box", textHolds(c.Box, maxPlace)},
		{"guardian", textHolds(c.Guardian, maxGuardian)},
		{"witness", textHolds(c.Witness, maxGuardian)},
		{"remarks", textHolds(c.Remarks, maxRemarks)},
	} {
		if !one.holds {
			return one.field
		}
	}
	return ""
}

// badHandover holds the rules of a hand-over that need no card and no age.
func (c Custody) badHandover() string {
	old := c.OldSerial != ""
	for _, one := range []struct {
		field string
		holds bool
	}{
		{"receiver", c.Receiver == ReceiverPerson || c.Receiver == ReceiverGuardian},
		{"guardian", (c.Receiver == ReceiverGuardian) == (c.Guardian != "")},
		{"document", c.Document != 0 && c.Document <= ShownOther},
		{"remarks", c.Document != ShownOther || c.Remarks != ""},
		{"face", c.Face},
		{"print", c.Print != 0 && c.Print < PrintDiffers},
		{"proof", c.Proof != 0 && c.Proof <= ProofNeither},
		{"old_card", c.OldCard != 0 && c.OldCard <= OldCardNone},
		{"old_serial", c.OldCard == OldCardLost || old == (c.OldCard == OldCardTaken)},
	} {
		if !one.holds {
			return one.field
		}
	}
	return ""
}

// textHolds says that a text is at most limit characters and one that a screen
// can show.
func textHolds(s string, limit int) bool {
	return len(s) <= 4*limit && utf8.ValidString(s) && utf8.RuneCountInString(s) <= limit &&
		!strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\n' })
}

// Format gives the placeholder under every verb.
func (Custody) Format(f fmt.State, _ rune) { hide(f, "[custody]") }

// LogValue gives the placeholder.
func (Custody) LogValue() slog.Value { return slog.StringValue("[custody]") }

// Format gives the placeholder under every verb.
func (ManifestCard) Format(f fmt.State, _ rune) { hide(f, "[card]") }

// LogValue gives the placeholder.
func (ManifestCard) LogValue() slog.Value { return slog.StringValue("[card]") }

// Format gives the placeholder under every verb.
func (Manifest) Format(f fmt.State, _ rune) { hide(f, "[manifest]") }

// LogValue gives the placeholder.
func (Manifest) LogValue() slog.Value { return slog.StringValue("[manifest]") }

// hide writes what careless code shows of a person.
func hide(f fmt.State, text string) {
	// A fmt.State reports no useful write error; fmt itself ignores it too.
	_, _ = io.WriteString(f, text)
}
