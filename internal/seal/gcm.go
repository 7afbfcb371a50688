package seal

import (
	"crypto/aes"
	"crypto/cipher"

	"jaliya/internal/fault"
)

// gcmOverhead is what random-nonce AES-GCM adds: 12 bytes nonce, 16 bytes tag.
const gcmOverhead = 28

// newGCM gives AES-256-GCM that draws its own nonces, the only form of GCM that
// FIPS-only mode allows to a caller (reliability.md D49). A key seals at most
// 2^32 messages; no key here comes near, see DESIGN.md.
func newGCM(op string, key []byte) (cipher.AEAD, error) {
	if len(key) != KeySize {
		return nil, fault.New(fault.Invalid, op, "key length", nil)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fault.New(fault.Internal, op, "aes", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fault.New(fault.Internal, op, "gcm", err)
	}
	return aead, nil
}

// gcmSeal appends nonce, ciphertext and tag to dst.
func gcmSeal(aead cipher.AEAD, dst, plain, aad []byte) []byte {
	return aead.Seal(dst, nil, plain, aad) //nolint:gosec // the AEAD of newGCM draws its nonce itself and takes none
}
