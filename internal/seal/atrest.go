package seal

import (
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"math"

	"jaliya/internal/fault"
)

const (
	restVersion  = 1
	restOverhead = 1 + gcmOverhead
)

// SealedOverhead is what sealing at rest adds to a value, in bytes.
const SealedOverhead = restOverhead

// DataKey encrypts values at rest (reliability.md S4). Everything else at a
// node hangs from one: subkeys by purpose, index keys, draft keys. Safe for
// concurrent use, except Destroy, which its owner calls last.
type DataKey struct {
	secret []byte
	aead   cipher.AEAD
}

// NewDataKey makes a random key.
func NewDataKey() (*DataKey, error) {
	secret := make([]byte, KeySize)
	if _, err := rand.Read(secret); err != nil {
		return nil, fault.New(fault.Internal, "seal: new data key", "", err)
	}
	return dataKey("seal: new data key", secret)
}

// dataKey takes the secret over. What encrypts is a key derived from it, so
// that the secret itself is used for derivation only.
func dataKey(op string, secret []byte) (*DataKey, error) {
	if len(secret) != KeySize {
		return nil, fault.New(fault.Corrupt, op, fmt.Sprintf("%d bytes of key", len(secret)), nil)
	}
	key, err := expand(op, secret, "jaliya/rest/seal/1")
	if err != nil {
		return nil, err
	}
	defer clear(key)
	aead, err := newGCM(op, key)
	if err != nil {
		return nil, err
	}
	return &DataKey{secret: secret, aead: aead}, nil
}

// Subkey derives an independent key for a purpose, "summaries" say. The same
// purpose gives the same key.
func (k *DataKey) Subkey(purpose string) (*DataKey, error) {
	const op = "seal: derive subkey"
	if k.aead == nil {
		return nil, fault.New(fault.Used, op, "key is destroyed", nil)
	}
	secret, err := expand(op, k.secret, "jaliya/rest/sub/1"+purpose)
	if err != nil {
		return nil, err
	}
	return dataKey(op, secret)
}

// Seal encrypts a value with a random nonce, bound to aad; Cell.AAD builds that
// for a value in a bucket. Errors: Used after Destroy.
func (k *DataKey) Seal(aad, plain []byte) ([]byte, error) {
	if k.aead == nil {
		return nil, fault.New(fault.Used, "seal: seal value", "key is destroyed", nil)
	}
	out := append(make([]byte, 0, len(plain)+restOverhead), restVersion)
	return gcmSeal(k.aead, out, plain, restAAD(aad)), nil
}

// Open decrypts what Seal gave for the same aad. Errors: Corrupt for anything
// changed, moved or truncated; Unsupported; Used after Destroy.
func (k *DataKey) Open(aad, sealed []byte) ([]byte, error) {
	const op = "seal: open value"
	switch {
	case k.aead == nil:
		return nil, fault.New(fault.Used, op, "key is destroyed", nil)
	case len(sealed) < restOverhead:
		return nil, fault.New(fault.Corrupt, op, "too short", nil)
	case sealed[0] != restVersion:
		return nil, fault.New(fault.Unsupported, op, fmt.Sprintf("version %d", sealed[0]), nil)
	}
	plain, err := k.aead.Open(nil, nil, sealed[1:], restAAD(aad))
	if err != nil {
		return nil, fault.New(fault.Corrupt, op, "value", err)
	}
	return plain, nil
}

// Destroy forgets the key. Copies that the runtime or the kernel made are out
// of reach, see DESIGN.md.
func (k *DataKey) Destroy() {
	clear(k.secret)
	k.secret, k.aead = nil, nil
}

func restAAD(aad []byte) []byte {
	return append(append(make([]byte, 0, 1+len(aad)), restVersion), aad...)
}

// Cell is the place of a value at rest. Bound to it, a sealed value cannot be
// moved to another key, bucket, schema or incarnation unnoticed.
type Cell struct {
	Bucket      string
	Key         []byte
	Schema      uint16 // version of the value's encoding
	Incarnation uint64 // of the journal, 0 outside one
}

// AAD gives the associated data of the cell: see the table in DESIGN.md.
func (c Cell) AAD() []byte {
	b := make([]byte, 0, 13+8+len(c.Bucket)+len(c.Key)+10)
	b = append(b, "jaliya/cell/1"...)
	b = appendCounted(b, c.Bucket)
	b = appendCounted(b, c.Key)
	b = binary.BigEndian.AppendUint16(b, c.Schema)
	return binary.BigEndian.AppendUint64(b, c.Incarnation)
}

// appendCounted puts the length before the bytes, so that two fields cannot
// borrow from each other.
func appendCounted[T string | []byte](b []byte, field T) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(min(len(field), math.MaxUint32)))
	return append(b, field...)
}
