package consular

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"io"
	"log/slog"
)

const (
	tokenBytes   = 16
	followDomain = "jaliya/follow/1"
)

// FollowToken is the secret of 128 bits in the QR code of a slip: whoever holds
// it follows the request without typing anything. Only its digest is kept. It
// prints as "[follow token]"; Text gives it for the slip.
type FollowToken [tokenBytes]byte

// NewFollowToken draws a token.
func NewFollowToken(random io.Reader) (t FollowToken, err error) {
	_, err = io.ReadFull(random, t[:])
	return t, err
}

// tokenText is base32 without padding, in upper case, so that a QR code keeps
// its short mode.
func tokenText() *base32.Encoding { return base32.StdEncoding.WithPadding(base32.NoPadding) }

// ParseFollowToken reads what Text wrote; unused bits are zero.
func ParseFollowToken(s string) (t FollowToken, err error) {
	raw, err := tokenText().DecodeString(s)
	if err != nil || len(raw) != tokenBytes || tokenText().EncodeToString(raw) != s {
		return FollowToken{}, broken(opParse, "token", RuleFormat)
	}
	return FollowToken(raw), nil
}

// Text gives the token for the slip and nowhere else.
func (t FollowToken) Text() string { return tokenText().EncodeToString(t[:]) }

// IsZero reports whether there is none.
func (t FollowToken) IsZero() bool { return t == FollowToken{} }

// Digest is SHA-256("jaliya/follow/1" || 16 bytes): what a header names, and
// what is asked with.
func (t FollowToken) Digest() [sha256.Size]byte {
	return sha256.Sum256(append([]byte(followDomain), t[:]...))
}

// String gives the placeholder, never the value.
func (FollowToken) String() string { return hiddenToken }

// Format gives the placeholder under every verb.
func (FollowToken) Format(f fmt.State, _ rune) { hide(f, hiddenToken) }

// LogValue gives the placeholder.
func (FollowToken) LogValue() slog.Value { return slog.StringValue(hiddenToken) }
