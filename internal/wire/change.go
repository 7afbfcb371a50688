package wire

import (
	"fmt"
	"log/slog"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
)

// validatePickup is what a change of the post of collection has besides.
func (h Header) validatePickup(bad func(string) error) error {
	switch {
	case h.Source != SourceNode:
		return bad("source")
	case h.Pickup == "":
		return bad("pickup")
	case h.IntakeKey == 0:
		return bad("intake key")
	case h.ofPacket() || h.Outcome != 0 || h.SlipHash != nil && h.SlipHash.IsZero():
		return bad("fields of another kind")
	}
	return nil
}

// Change is the body of what a desk says of a request that stands: the person
// withdrew it, or chose another post to collect at. It prints as "[change]".
type Change struct {
	Version   uint8              `cbor:"1,keyasint"`
	Reference consular.Reference `cbor:"2,keyasint"`
	By        string             `cbor:"3,keyasint"`           // staff id
	Document  uint8              `cbor:"4,keyasint"`           // what the person showed, as in a custody event
	At        int64              `cbor:"5,keyasint"`           // wall clock, ms
	Again     *RecordID          `cbor:"6,keyasint,omitempty"` // the entry that this one says once more
}

// maxShown is the highest number of a document that a person shows.
const maxShown = 4

// DecodeChange reads an opened body.
func DecodeChange(raw []byte) (Change, error) {
	const op = "wire: decode change"
	var c Change
	if err := Unmarshal(raw, MaxBody, &c); err != nil {
		return Change{}, err
	}
	if c.Version == 0 || c.Version > Version {
		return Change{}, fault.New(fault.Unsupported, op, "version "+uitoa(uint64(c.Version)), nil)
	}
	return c, c.Validate()
}

// Validate names the field that breaks a rule.
func (c Change) Validate() error {
	const op = "wire: validate change"
	switch {
	case c.Reference.Validate() != nil:
		return fault.New(fault.Invalid, op, "reference", nil)
	case c.By == "" || len(c.By) > maxStaffID:
		return fault.New(fault.Invalid, op, "by", nil)
	case c.Document == 0 || c.Document > maxShown:
		return fault.New(fault.Invalid, op, "document", nil)
	case c.Again != nil && c.Again.IsZero():
		return fault.New(fault.Invalid, op, "again", nil)
	}
	return nil
}

// Format prints no content, whatever the verb.
func (Change) Format(f fmt.State, _ rune) { hide(f, "[change]") }

// LogValue keeps the content out of logs.
func (Change) LogValue() slog.Value { return slog.StringValue("[change]") }

// Field is a part of a request that two desks may change apart from each other.
// Numbers are append-only.
type Field uint8

// The fields.
const (
	FieldPacket Field = 1 // what was captured
	FieldPickup Field = 2 // where the document is collected
	FieldEnd    Field = 3 // whether the request goes on
)

var fieldNames = map[Field]string{FieldPacket: "packet", FieldPickup: "pickup", FieldEnd: "end"}

// String gives the stable code of a field, "pickup"; empty for none of ours.
func (f Field) String() string { return fieldNames[f] }

// Conflict is the body of a notice to a post whose change came after another's
// to the same field: both versions, of which neither says anything of a person.
// Where the case stands now is in the notice itself: version, state and post of
// collection.
type Conflict struct {
	Version uint8 `cbor:"1,keyasint"`
	// What the post wanted: the kind of its entry, the version of the case that
	// it names, where the person would have collected, and its own clock.
	Kind   Kind            `cbor:"2,keyasint"`
	Seen   uint64          `cbor:"3,keyasint,omitempty"`
	Pickup consular.PostID `cbor:"4,keyasint,omitempty"`
	At     int64           `cbor:"5,keyasint"`
	// Taken says that the entry was accepted but for its post of collection.
	Taken bool `cbor:"6,keyasint,omitempty"`
	// What stood there before it: who, when by the hub's time, and as what version.
	Field        Field           `cbor:"7,keyasint"`
	Other        Kind            `cbor:"8,keyasint"`
	OtherPost    consular.PostID `cbor:"9,keyasint,omitempty"` // none: the person, on the portal
	OtherTime    int64           `cbor:"10,keyasint"`
	OtherVersion uint64          `cbor:"11,keyasint"`
}

// DecodeConflict reads one.
func DecodeConflict(raw []byte) (Conflict, error) {
	const op = "wire: decode conflict"
	var c Conflict
	if err := Unmarshal(raw, MaxNoticeBody, &c); err != nil {
		return Conflict{}, err
	}
	if c.Version == 0 || c.Version > Version {
		return Conflict{}, fault.New(fault.Unsupported, op, "version "+uitoa(uint64(c.Version)), nil)
	}
	bad := func(field string) (Conflict, error) { return Conflict{}, fault.New(fault.Invalid, op, field, nil) }
	switch {
	case c.Field.String() == "":
		return bad("field")
	case c.Kind == 0 || c.Other == 0:
		return bad("kind")
	case c.Pickup != "" && c.Pickup.Validate() != nil, c.OtherPost != "" && c.OtherPost.Validate() != nil:
		return bad("post")
	case c.OtherVersion == 0:
		return bad("version")
	}
	return c, nil
}
