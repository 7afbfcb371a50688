package people

import (
	"fmt"
	"log/slog"
	"strconv"

	"jaliya/internal/access"
	"jaliya/internal/fault"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

// Bounds of what is sealed.
const (
	schema      = 1
	maxSealed   = 2048
	totpBytes   = 20
	purposeCell = "officers"
)

// credentials is what the store keeps sealed of an officer. It shows itself
// under no verb and in no log.
type credentials struct {
	Name     string `cbor:"1,keyasint"`
	Code     string `cbor:"2,keyasint,omitempty"` // hash of the one-time code
	Expires  int64  `cbor:"3,keyasint,omitempty"` // of it
	Password string `cbor:"4,keyasint,omitempty"` // hash
	Secret   []byte `cbor:"5,keyasint,omitempty"` // of the authenticator
}

// Format shows nothing.
func (credentials) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("[officer]")) }

// LogValue shows nothing.
func (credentials) LogValue() slog.Value { return slog.StringValue("[officer]") }

// box seals credentials to their officer, and derives what hangs from the key.
type box struct {
	cells  *seal.DataKey
	seats  *seal.IndexKey
	offers *seal.IndexKey
}

func openBox(key *seal.DataKey) (b box, err error) {
	if b.cells, err = key.Subkey(purposeCell); err != nil {
		return b, err
	}
	if b.seats, err = key.IndexKey("seats"); err != nil {
		return b, err
	}
	b.offers, err = key.IndexKey("offers")
	return b, err
}

func place(id wire.StaffID) []byte {
	return seal.Cell{Bucket: purposeCell, Key: []byte(id), Schema: schema}.AAD()
}

func (b box) seal(id wire.StaffID, c credentials) ([]byte, error) {
	plain := wire.Marshal(c)
	defer clear(plain)
	return b.cells.Seal(place(id), plain)
}

// open gives nothing for an officer who does not exist.
func (b box) open(o account) (c credentials, err error) {
	if len(o.Sealed) == 0 {
		return c, nil
	}
	plain, err := b.cells.Open(place(o.ID), o.Sealed)
	if err != nil {
		return c, err
	}
	defer clear(plain)
	if err := wire.Unmarshal(plain, maxSealed, &c); err != nil {
		return c, fault.New(fault.Corrupt, "people: read credentials", string(o.ID), err)
	}
	return c, nil
}

// offer gives the secret for the authenticator of who holds a sheet. It follows
// from the key and the sheet, so that nothing is kept until it is confirmed, and
// a page may be shown again.
func (b box) offer(o account) access.TOTP {
	sum := b.offers.Sum([]byte(o.ID), strconv.AppendUint(nil, o.Revision, 10))
	return access.TOTPFrom(sum[:totpBytes])
}

func (b box) seat(token string) []byte {
	sum := b.seats.Sum([]byte(token))
	return sum[:]
}
