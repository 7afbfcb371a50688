package seal

import (
	"crypto/hpke"
	"fmt"
	"maps"
	"slices"
	"sync"

	"jaliya/internal/fault"
)

// IntakeKeys is the opener's ring of numbered HPKE key pairs. New visits are
// sealed to the highest number; older keys stay to open old packets. Safe for
// concurrent use.
type IntakeKeys struct {
	dicts *Dictionaries

	mu      sync.RWMutex // guards the two below
	keys    map[uint32]hpke.PrivateKey
	current uint32
}

// GenerateIntakeKeys makes a ring with one fresh key, number 1.
func GenerateIntakeKeys(dicts *Dictionaries) (*IntakeKeys, error) {
	k := &IntakeKeys{dicts: dicts, keys: map[uint32]hpke.PrivateKey{}}
	if dicts == nil {
		return nil, fault.New(fault.Invalid, "seal: generate intake keys", "no dictionaries given", nil)
	}
	if _, err := k.Rotate(); err != nil {
		return nil, err
	}
	return k, nil
}

// Rotate adds a key under the next number and makes it current. The caller
// saves the ring before publishing the public half: a key that is used but not
// saved loses what is sealed to it.
func (k *IntakeKeys) Rotate() (IntakePublic, error) {
	const op = "seal: rotate intake key"
	key, err := kem().GenerateKey()
	if err != nil {
		return IntakePublic{}, fault.New(fault.Internal, op, "", err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.current++
	k.keys[k.current] = key
	return public(k.current, key), nil
}

// Public gives the key to seal new visits to.
func (k *IntakeKeys) Public() IntakePublic {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return public(k.current, k.keys[k.current])
}

// IDs gives the numbers that this ring opens, rising.
func (k *IntakeKeys) IDs() []uint32 {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return slices.Sorted(maps.Keys(k.keys))
}

func public(id uint32, key hpke.PrivateKey) IntakePublic {
	return IntakePublic{ID: id, Suite: CurrentSuite, Key: key.PublicKey().Bytes()}
}

// Open opens an envelope for the record and aad that it was sealed with.
// Errors: Corrupt for anything changed or for another record or aad, NotFound
// for a key number not in the ring, Unsupported for a version, suite or
// dictionary not known, TooLarge for a body over MaxBody.
func (k *IntakeKeys) Open(sealed []byte, record [16]byte, aad []byte) (*Opened, error) {
	const op = "seal: open envelope"
	e, err := parseEnvelope(op, sealed)
	if err != nil {
		return nil, err
	}
	if e.audience != toIntake {
		return nil, fault.New(fault.Corrupt, op, "sealed to a post", nil)
	}
	k.mu.RLock()
	key, ok := k.keys[e.keyID]
	k.mu.RUnlock()
	if !ok {
		return nil, fault.New(fault.NotFound, op, fmt.Sprintf("intake key %d", e.keyID), nil)
	}
	return e.open(opening{op: op, key: key, info: intakeInfo(record, e.keyID), aad: aad, dicts: k.dicts})
}
