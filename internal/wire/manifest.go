package wire

import (
	"crypto/sha256"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
)

// Caps of a manifest (SPEC.md section 10).
const (
	MaxManifest      = 65536 // bytes in clear
	MaxManifestCards = 128   // in one part
	MaxPouchCards    = 1024  // in one bag
	MaxSerial        = 32    // characters of a card's serial, or of a seal's number
)

// PouchID is the label of a pouch as a header carries it: the sixteen
// characters of consular.PouchID are sixteen bytes.
type PouchID [16]byte //nolint:recvcheck // only a decoder writes to it

// PouchOf gives the header's form of a label, zero for what is no label.
func PouchOf(label consular.PouchID) PouchID {
	var id PouchID
	if label.Validate() == nil {
		copy(id[:], label)
	}
	return id
}

// Label gives the label, to be validated by whoever did not make it.
func (id PouchID) Label() consular.PouchID { return consular.PouchID(id[:]) }

// IsZero reports whether the id was never set.
func (id PouchID) IsZero() bool { return id == PouchID{} }

// UnmarshalCBOR takes exactly 16 bytes.
func (id *PouchID) UnmarshalCBOR(raw []byte) error { return fixedBytes(id[:], raw) }

// SerialDigest is what headers and the ledger know of a serial: of a card's, or
// of a bag's seal.
func SerialDigest(serial string) Digest { return sha256.Sum256([]byte(serial)) }

// Manifest is the body of a pouch notice, or a part of it: what lies in a bag,
// at the post before the bag is.
type Manifest struct {
	Version  uint8            `cbor:"1,keyasint"`
	Pouch    consular.PouchID `cbor:"2,keyasint"`
	Revision uint64           `cbor:"3,keyasint"` // a higher one takes the place of a lower one
	Seal     string           `cbor:"4,keyasint"` // number on the bag's seal
	Total    uint16           `cbor:"5,keyasint"` // cards in the bag, over all parts
	Cards    []ManifestCard   `cbor:"6,keyasint"`
}

// ManifestCard is one card in a bag, with what the post needs to find it again
// and to know whose it is. It prints as "[card]".
type ManifestCard struct {
	Reference consular.Reference `cbor:"1,keyasint"`
	Serial    string             `cbor:"2,keyasint"`
	Family    consular.Name      `cbor:"3,keyasint"`
	Given     consular.Name      `cbor:"4,keyasint"`
	Birth     consular.BirthDate `cbor:"5,keyasint"`
	Service   consular.Service   `cbor:"6,keyasint"`
	Slip      Digest             `cbor:"7,keyasint,omitzero"` // consular.SlipHash; zero: unknown
}

// ManifestContext is the purpose that manifests are sealed for.
const ManifestContext = "jaliya/manifest/1"

// ManifestAAD is the associated data under which a manifest is sealed to a post.
func ManifestAAD(post consular.PostID) []byte { return append([]byte(ManifestContext+"\x00"), post...) }

// DecodeManifest reads an opened body.
func DecodeManifest(raw []byte) (Manifest, error) {
	const op = "wire: decode manifest"
	var m Manifest
	if err := Unmarshal(raw, MaxManifest, &m); err != nil {
		return Manifest{}, err
	}
	if m.Version == 0 || m.Version > Version {
		return Manifest{}, fault.New(fault.Unsupported, op, "version "+uitoa(uint64(m.Version)), nil)
	}
	return m, m.Validate()
}

// Validate names the field that breaks a rule.
func (m Manifest) Validate() error {
	const op = "wire: validate manifest"
	bad := func(field string) error { return fault.New(fault.Invalid, op, field, nil) }
	switch {
	case m.Pouch.Validate() != nil:
		return bad("pouch")
	case m.Revision == 0:
		return bad("revision")
	case !serialHolds(m.Seal):
		return bad("seal")
	case m.Total == 0 || m.Total > MaxPouchCards:
		return bad("total")
	case len(m.Cards) == 0 || len(m.Cards) > MaxManifestCards || len(m.Cards) > int(m.Total):
		return bad("cards")
	}
	references, serials := map[consular.Reference]bool{}, map[string]bool{}
	for _, c := range m.Cards {
		if err := c.Validate(); err != nil {
			return err
		}
		if references[c.Reference] || serials[c.Serial] {
			return bad("cards")
		}
		references[c.Reference], serials[c.Serial] = true, true
	}
	return nil
}

// Validate names the field that breaks a rule.
func (c ManifestCard) Validate() error {
	const op = "wire: validate manifest card"
	field := ""
	switch {
	case c.Reference.Validate() != nil:
		field = "reference"
	case !serialHolds(c.Serial):
		field = "serial"
	case c.Family.Validate() != nil:
		field = "family_name"
	case c.Given.Validate() != nil:
		field = "given_name"
	case c.Birth.Validate() != nil:
		field = "birth_date"
	case c.Service.Validate() != nil || c.Service.Family() != consular.FamilyCNIE:
		field = "service"
	}
	if field != "" {
		return fault.New(fault.Invalid, op, field, nil)
	}
	return nil
}

// serialHolds says that a text may be a serial or a seal's number: what a
// scanner reads, without a blank that nobody sees.
func serialHolds(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'A' || c > 'Z') && c != '-' {
			return false
		}
	}
	return s != "" && len(s) <= MaxSerial
}

// ParseSerial reads a serial or a seal's number as typed or scanned: in any
// case, with blanks.
func ParseSerial(text string) (string, error) {
	const op = "wire: parse serial"
	if len(text) > 4*MaxSerial {
		return "", fault.New(fault.TooLarge, op, "", nil)
	}
	out := make([]byte, 0, len(text))
	for i := range len(text) {
		c := text[i]
		switch {
		case c == ' ':
			continue
		case c >= 'a' && c <= 'z':
			c -= 'a' - 'A'
		}
		out = append(out, c)
	}
	if !serialHolds(string(out)) {
		return "", fault.New(fault.Invalid, op, "form", nil)
	}
	return string(out), nil
}
