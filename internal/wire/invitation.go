package wire

import (
	"crypto/sha256"
	"strings"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
)

// Invitation lets one machine join for a post, once. It travels by hand: a file,
// or a text that is read out.
type Invitation struct {
	Version   uint8           `cbor:"1,keyasint"`
	Secret    []byte          `cbor:"2,keyasint"` // 32 random bytes; the hub keeps their digest only
	Post      consular.PostID `cbor:"3,keyasint"`
	Addresses []string        `cbor:"4,keyasint"` // host:port of hub members, UDP
	Root      Digest          `cbor:"5,keyasint"` // SHA-256 of the root certificate
	Expires   int64           `cbor:"6,keyasint"`
}

const (
	invitationPrefix = "JI1-"
	maxInvitation    = 2048
	maxAddresses     = 8
)

// Name is the digest under which the hub knows the invitation.
func (i Invitation) Name() Digest { return sha256.Sum256(i.Secret) }

// Text gives the printable form.
func (i Invitation) Text() string { return invitationPrefix + proofText.EncodeToString(Marshal(i)) }

// ParseInvitation reads the printable form; spaces, line ends and case do not
// matter.
func ParseInvitation(text string) (Invitation, error) {
	const op = "wire: parse invitation"
	var i Invitation
	if err := openText(op, invitationPrefix, text, &i); err != nil {
		return Invitation{}, err
	}
	switch {
	case i.Version == 0 || i.Version > Version:
		return Invitation{}, fault.New(fault.Unsupported, op, "version", nil)
	case len(i.Secret) != 32 || i.Root.IsZero() || i.Post.Validate() != nil:
		return Invitation{}, fault.New(fault.Invalid, op, "incomplete", nil)
	case len(i.Addresses) == 0 || len(i.Addresses) > maxAddresses:
		return Invitation{}, fault.New(fault.Invalid, op, "addresses", nil)
	}
	return i, nil
}

// MemberInvitation lets one machine join as a member of the hub, once. It travels by
// hand, as an Invitation does, and is worth more: whoever uses it holds the nation's
// keys.
type MemberInvitation struct {
	Version   uint8    `cbor:"1,keyasint"`
	Secret    []byte   `cbor:"2,keyasint"` // 32 random bytes; the hub keeps their digest only
	Addresses []string `cbor:"3,keyasint"` // host:port of members, UDP, where posts connect
	Root      Digest   `cbor:"4,keyasint"` // SHA-256 of the root certificate
	Expires   int64    `cbor:"5,keyasint"`
}

const memberPrefix = "JM1-"

// Name is the digest under which the hub knows the invitation.
func (i MemberInvitation) Name() Digest { return sha256.Sum256(i.Secret) }

// Text gives the printable form.
func (i MemberInvitation) Text() string { return memberPrefix + proofText.EncodeToString(Marshal(i)) }

// ParseMemberInvitation reads the printable form; spaces, line ends and case do not
// matter.
func ParseMemberInvitation(text string) (MemberInvitation, error) {
	const op = "wire: parse invitation of a member"
	var i MemberInvitation
	if err := openText(op, memberPrefix, text, &i); err != nil {
		return MemberInvitation{}, err
	}
	switch {
	case i.Version == 0 || i.Version > Version:
		return MemberInvitation{}, fault.New(fault.Unsupported, op, "version", nil)
	case len(i.Secret) != 32 || i.Root.IsZero():
		return MemberInvitation{}, fault.New(fault.Invalid, op, "incomplete", nil)
	case len(i.Addresses) == 0 || len(i.Addresses) > maxAddresses:
		return MemberInvitation{}, fault.New(fault.Invalid, op, "addresses", nil)
	}
	return i, nil
}

// openText reads what a text of that prefix holds.
func openText(op, prefix, text string, into any) error {
	text = strings.ToUpper(strings.Join(strings.Fields(text), ""))
	rest, ok := strings.CutPrefix(text, prefix)
	if !ok || proofText.DecodedLen(len(rest)) > maxInvitation {
		return fault.New(fault.Invalid, op, "an invitation begins with "+prefix, nil)
	}
	raw, err := proofText.DecodeString(rest)
	if err != nil {
		return fault.New(fault.Invalid, op, "", err)
	}
	return Unmarshal(raw, maxInvitation, into)
}
