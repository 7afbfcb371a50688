package seal

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"jaliya/internal/fault"
)

// IntakePublic is the public half of a numbered intake key, as nodes and the
// portal hold it.
type IntakePublic struct {
	ID    uint32 // from 1, never reused
	Suite Suite
	Key   []byte
}

// PostPublic is the public half of a post's key, as the hub holds it.
type PostPublic struct {
	Suite Suite
	Key   []byte
}

// ID is the first 4 bytes of SHA-256 of the key: enough to tell a node's old
// key from its new one; the key itself is what proves anything.
func (p PostPublic) ID() uint32 {
	sum := sha256.Sum256(p.Key)
	return binary.BigEndian.Uint32(sum[:])
}

// Encode gives the public key as bytes: id, suite, key (DESIGN.md).
func (p IntakePublic) Encode() []byte {
	b := binary.BigEndian.AppendUint32(nil, p.ID)
	return append(appendSuite(b, p.Suite), p.Key...)
}

// Fingerprint is SHA-256 over Encode, for people to compare.
func (p IntakePublic) Fingerprint() [32]byte { return sha256.Sum256(p.Encode()) }

// ParseIntakePublic reads what Encode gave and checks that it is a key.
// Errors: Invalid, Unsupported.
func ParseIntakePublic(b []byte) (IntakePublic, error) {
	const op = "seal: parse intake key"
	if len(b) < 4+suiteSize {
		return IntakePublic{}, fault.New(fault.Invalid, op, "length", nil)
	}
	p := IntakePublic{ID: binary.BigEndian.Uint32(b), Suite: readSuite(b[4:])}
	var err error
	if p.Key, err = checkPublic(op, p.Suite, b[4+suiteSize:]); err != nil {
		return IntakePublic{}, err
	}
	if p.ID == 0 {
		return IntakePublic{}, fault.New(fault.Invalid, op, "number 0", nil)
	}
	return p, nil
}

// Encode gives the public key as bytes: suite, key (DESIGN.md).
func (p PostPublic) Encode() []byte { return append(appendSuite(nil, p.Suite), p.Key...) }

// Fingerprint is SHA-256 over Encode, for people to compare.
func (p PostPublic) Fingerprint() [32]byte { return sha256.Sum256(p.Encode()) }

// ParsePostPublic reads what Encode gave and checks that it is a key. Errors:
// Invalid, Unsupported.
func ParsePostPublic(b []byte) (PostPublic, error) {
	const op = "seal: parse post key"
	if len(b) < suiteSize {
		return PostPublic{}, fault.New(fault.Invalid, op, "length", nil)
	}
	p := PostPublic{Suite: readSuite(b)}
	var err error
	if p.Key, err = checkPublic(op, p.Suite, b[suiteSize:]); err != nil {
		return PostPublic{}, err
	}
	return p, nil
}

func checkPublic(op string, suite Suite, key []byte) ([]byte, error) {
	if suite != CurrentSuite {
		return nil, fault.New(fault.Unsupported, op, "suite "+suite.String(), nil)
	}
	pub, err := kem().NewPublicKey(key)
	if err != nil || len(key) != publicSize {
		return nil, fault.New(fault.Invalid, op, fmt.Sprintf("%d bytes", len(key)), err)
	}
	return pub.Bytes(), nil
}
