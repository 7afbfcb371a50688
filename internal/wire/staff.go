package wire

import (
	"encoding/binary"
	"io"
	"regexp"
	"strings"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
)

// Caps of SPEC.md section 9, in bytes.
const (
	MaxStaffSealed = 4096 // a staff change as it is sealed to a post
	MaxStaffRole   = 32
	MaxStaffName   = 160
	maxStaffCode   = 160
	maxStaffChange = 1024
	maxWorkstation = 64
	maxStaffEvent  = 512
)

// StaffID names a member of staff: the letters of the post that enrolled them
// and a number drawn at random, "LYO-48213". It is what they type to sign in and
// what entries name; it is never used again and says nothing of the person.
type StaffID string

var staffID = regexp.MustCompile(`^[A-Z]{2,5}-[0-9]{5}$`)

// Validate tells whether it has the form of one, as fault.Invalid.
func (id StaffID) Validate() error {
	if !staffID.MatchString(string(id)) {
		return fault.New(fault.Invalid, "wire: validate staff id", "form", nil)
	}
	return nil
}

// ParseStaffID reads what a person typed: any case, blanks around it, with or
// without the hyphen, Arabic-Indic digits too.
func ParseStaffID(text string) (StaffID, error) {
	var b strings.Builder
	for _, r := range strings.ToUpper(strings.TrimSpace(text)) {
		switch {
		case b.Len() > 16:
			return "", StaffID("").Validate()
		case r == ' ' || r == '-':
			continue
		case r >= '\u0660' && r <= '\u0669':
			r += '0' - '\u0660'
		}
		b.WriteRune(r)
	}
	bare := b.String()
	cut := strings.IndexAny(bare, "0123456789")
	if cut < 0 {
		return "", StaffID("").Validate()
	}
	id := StaffID(bare[:cut] + "-" + bare[cut:])
	return id, id.Validate()
}

// NewStaffID draws one for a post. Whoever draws asks the ledger whether it is
// taken.
func NewStaffID(post consular.PostID, random io.Reader) (StaffID, error) {
	const op = "wire: new staff id"
	const count = 100_000
	letters := string(post)
	if cut := strings.LastIndexByte(letters, '-'); cut >= 0 {
		letters = letters[cut+1:]
	}
	var raw [8]byte
	if _, err := io.ReadFull(random, raw[:]); err != nil {
		return "", fault.New(fault.Internal, op, "", err)
	}
	number := binary.BigEndian.Uint64(raw[:]) % count // 2^64 is so much more that no number is favored
	id := StaffID(letters + "-" + uitoa(count + number)[1:])
	return id, id.Validate()
}

// StaffAction says what happens to a member of staff. Append-only.
type StaffAction uint8

// The actions.
const (
	StaffAdd     StaffAction = 1 // a new one, with a one-time code
	StaffRole    StaffAction = 2 // another role
	StaffReset   StaffAction = 3 // password and second factor are forgotten; a new one-time code
	StaffDisable StaffAction = 4 // may not sign in, and every session ends
)

// Known reports whether this program knows the action.
func (a StaffAction) Known() bool { return a >= StaffAdd && a <= StaffDisable }

// StaffChange is the body of a staff notice, sealed to the post's key.
type StaffChange struct {
	Version  uint8           `cbor:"1,keyasint"`
	Staff    StaffID         `cbor:"2,keyasint"`
	Post     consular.PostID `cbor:"3,keyasint"`
	Action   StaffAction     `cbor:"4,keyasint"`
	Revision uint64          `cbor:"5,keyasint"`           // of the member of staff in the ledger, from 1
	Role     string          `cbor:"6,keyasint,omitempty"` // access.Role; empty: as it was
	Name     string          `cbor:"7,keyasint,omitempty"` // for screens of the post; empty: as it was
	Code     string          `cbor:"8,keyasint,omitempty"` // hash of the one-time code
	Expires  int64           `cbor:"9,keyasint,omitempty"` // of the one-time code
	Time     int64           `cbor:"10,keyasint"`
}

// StaffContext is the purpose that staff changes are sealed for.
const StaffContext = "jaliya/staff/1"

// StaffAAD is the associated data under which a change is sealed to a post.
func StaffAAD(post consular.PostID) []byte { return append([]byte(StaffContext+"\x00"), post...) }

// DecodeStaffChange reads an opened body.
func DecodeStaffChange(raw []byte) (StaffChange, error) {
	const op = "wire: decode staff change"
	var c StaffChange
	if err := Unmarshal(raw, maxStaffChange, &c); err != nil {
		return StaffChange{}, err
	}
	if c.Version == 0 || c.Version > Version {
		return StaffChange{}, fault.New(fault.Unsupported, op, "version "+uitoa(uint64(c.Version)), nil)
	}
	return c, c.Validate()
}

// Validate names the field that breaks a rule.
func (c StaffChange) Validate() error {
	const op = "wire: validate staff change"
	switch {
	case c.Staff.Validate() != nil:
		return fault.New(fault.Invalid, op, "staff", nil)
	case c.Post.Validate() != nil:
		return fault.New(fault.Invalid, op, "post", nil)
	case !c.Action.Known():
		return fault.New(fault.Unsupported, op, "action", nil)
	case c.Revision == 0:
		return fault.New(fault.Invalid, op, "revision", nil)
	}
	return c.validateTexts()
}

// validateTexts wants what the action needs, and nothing over its cap.
func (c StaffChange) validateTexts() error {
	const op = "wire: validate staff change"
	coded := c.Action == StaffAdd || c.Action == StaffReset
	switch {
	case len(c.Role) > MaxStaffRole || c.Role == "" && (coded || c.Action == StaffRole):
		return fault.New(fault.Invalid, op, "role", nil)
	case len(c.Name) > MaxStaffName || c.Name == "" && c.Action == StaffAdd:
		return fault.New(fault.Invalid, op, "name", nil)
	case len(c.Code) > maxStaffCode || (c.Code != "" && c.Expires > 0) != coded:
		return fault.New(fault.Invalid, op, "code", nil)
	}
	return nil
}

// StaffHow says how one signed in or out, or why not. Append-only.
type StaffHow uint8

// The ways in, out, and not in.
const (
	StaffBothFactors  StaffHow = 1  // password and code of the authenticator
	StaffUnlocked     StaffHow = 2  // the locked screen was opened again
	StaffEnrolled     StaffHow = 3  // password and authenticator were set by the one-time code
	StaffWrong        StaffHow = 16 // the credentials did not fit, whichever of them
	StaffWrongUnlock  StaffHow = 17
	StaffWrongOneTime StaffHow = 18
	StaffDisabled     StaffHow = 19 // right, and disabled by the hub
	StaffLeft         StaffHow = 32 // by the button
	StaffLocked       StaffHow = 33 // the screen was locked, by the button
	StaffIdle         StaffHow = 34 // the screen was locked, for nobody was there
	StaffOverlong     StaffHow = 35 // the day is over
	StaffRevoked      StaffHow = 36 // the hub disabled or reset them, or gave another role
)

// StaffEvent is the body of the staff kinds, sealed to the hub.
type StaffEvent struct {
	Version     uint8    `cbor:"1,keyasint"`
	Staff       StaffID  `cbor:"2,keyasint,omitempty"` // empty: what was typed is no staff id
	Role        string   `cbor:"3,keyasint,omitempty"`
	How         StaffHow `cbor:"4,keyasint"`
	Workstation string   `cbor:"5,keyasint,omitempty"` // address on the post's network
}

// DecodeStaffEvent reads an opened body.
func DecodeStaffEvent(raw []byte) (StaffEvent, error) {
	const op = "wire: decode staff event"
	var e StaffEvent
	if err := Unmarshal(raw, maxStaffEvent, &e); err != nil {
		return StaffEvent{}, err
	}
	switch {
	case e.Version == 0 || e.Version > Version:
		return StaffEvent{}, fault.New(fault.Unsupported, op, "version "+uitoa(uint64(e.Version)), nil)
	case e.Staff != "" && e.Staff.Validate() != nil:
		return StaffEvent{}, fault.New(fault.Invalid, op, "staff", nil)
	case len(e.Role) > MaxStaffRole || len(e.Workstation) > maxWorkstation:
		return StaffEvent{}, fault.New(fault.TooLarge, op, "text", nil)
	}
	return e, nil
}
