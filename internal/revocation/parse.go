package revocation

import (
	"crypto/x509"

	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"

	"jaliya/internal/fault"
)

// Parse reads the DER of a list. What stands after it or after its signature,
// which the signature does not cover, is refused: a list that is embedded in a
// document has room for nothing else.
func Parse(raw []byte) (*x509.RevocationList, error) {
	in := cryptobyte.String(raw)
	var whole, part cryptobyte.String
	if !in.ReadASN1(&whole, der.SEQUENCE) || !in.Empty() || !whole.ReadASN1Element(&part, der.SEQUENCE) ||
		!whole.ReadASN1Element(&part, der.SEQUENCE) || !whole.ReadASN1Element(&part, der.BIT_STRING) || !whole.Empty() {
		return nil, fault.New(fault.Invalid, opRead, "no list", nil)
	}
	list, err := x509.ParseRevocationList(raw)
	if err != nil {
		return nil, fault.New(fault.Invalid, opRead, "no list", err)
	}
	return list, nil
}
