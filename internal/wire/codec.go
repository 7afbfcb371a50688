package wire

import (
	"strconv"

	"github.com/fxamacker/cbor/v2"

	"jaliya/internal/fault"
)

// The modes are made once; their options are constants, so making them cannot
// fail except by a change of this file, which every test would show.
var (
	encoding = must(cbor.CoreDetEncOptions().EncMode())
	decoding = must(cbor.DecOptions{
		DupMapKey:        cbor.DupMapKeyEnforcedAPF,
		IndefLength:      cbor.IndefLengthForbidden,
		TagsMd:           cbor.TagsForbidden,
		MaxNestedLevels:  8,
		MaxArrayElements: 4096,
		MaxMapPairs:      64,
		UTF8:             cbor.UTF8RejectInvalid,
	}.DecMode())
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// Marshal encodes v deterministically (RFC 8949, 4.2.1). It fails only for
// types that CBOR cannot carry, which is a mistake of ours: hence the panic.
func Marshal(v any) []byte {
	return must(encoding.Marshal(v))
}

// Unmarshal decodes raw, at most limit bytes of it, into v. Unknown integer
// keys are passed over: the caller keeps raw, and hashes and stores that.
func Unmarshal(raw []byte, limit int, v any) error {
	const op = "wire: decode"
	if len(raw) > limit {
		return fault.New(fault.TooLarge, op, strconv.Itoa(len(raw))+" bytes", nil)
	}
	if err := decoding.Unmarshal(raw, v); err != nil {
		return fault.New(fault.Invalid, op, "", err)
	}
	return nil
}

func uitoa(n uint64) string { return strconv.FormatUint(n, 10) }
