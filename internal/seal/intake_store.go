package seal

import (
	"bytes"
	"crypto/hpke"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"

	"jaliya/internal/fault"
)

// The ring as bytes, before custody wraps it: see DESIGN.md.
const (
	ringMagic   = "JLYK"
	ringVersion = 1
	ringHead    = 7
	ringEntry   = 4 + suiteSize + seedSize
	maxRing     = 4096 // keys: a rotation a week for 78 years
)

// Marshal gives the whole ring, private halves included, wrapped by custody.
func (k *IntakeKeys) Marshal(c Custody) ([]byte, error) {
	const op = "seal: marshal intake keys"
	plain, err := k.encode(op)
	if err != nil {
		return nil, err
	}
	defer clear(plain)
	return c.Wrap(PurposeIntake, plain)
}

// Save writes the wrapped ring to a file, replacing an older one atomically.
// It returns after file and directory are on disk.
func (k *IntakeKeys) Save(path string, c Custody) error {
	plain, err := k.encode("seal: save intake keys")
	if err != nil {
		return err
	}
	defer clear(plain)
	return SaveSecret(path, c, PurposeIntake, plain)
}

// ParseIntakeKeys unwraps what Marshal gave. Errors: Corrupt, Unsupported, or
// those of custody.
func ParseIntakeKeys(wrapped []byte, c Custody, dicts *Dictionaries) (*IntakeKeys, error) {
	plain, err := c.Unwrap(PurposeIntake, wrapped)
	if err != nil {
		return nil, err
	}
	defer clear(plain)
	return decodeRing(plain, dicts)
}

// LoadIntakeKeys reads what Save wrote. Errors: NotFound, Denied for a file
// others can read, Corrupt, Unsupported.
func LoadIntakeKeys(path string, c Custody, dicts *Dictionaries) (*IntakeKeys, error) {
	plain, err := LoadSecret(path, c, PurposeIntake)
	if err != nil {
		return nil, err
	}
	defer clear(plain)
	return decodeRing(plain, dicts)
}

func (k *IntakeKeys) encode(op string) ([]byte, error) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	if len(k.keys) > maxRing {
		return nil, fault.New(fault.TooLarge, op, fmt.Sprintf("%d keys", len(k.keys)), nil)
	}
	b := make([]byte, 0, ringHead+len(k.keys)*ringEntry)
	b = append(b, ringMagic...)
	b = append(b, ringVersion)
	b = binary.BigEndian.AppendUint16(b, uint16(min(len(k.keys), maxRing)))
	for _, id := range slices.Sorted(maps.Keys(k.keys)) {
		seed, err := k.keys[id].Bytes()
		if err != nil {
			return nil, fault.New(fault.Internal, op, fmt.Sprintf("key %d", id), err)
		}
		b = binary.BigEndian.AppendUint32(b, id)
		b = append(appendSuite(b, CurrentSuite), seed...) // seed is the key's own: wiping it would end the key
	}
	return b, nil
}

func decodeRing(b []byte, dicts *Dictionaries) (*IntakeKeys, error) {
	const op = "seal: parse intake keys"
	if dicts == nil {
		return nil, fault.New(fault.Invalid, op, "no dictionaries given", nil)
	}
	if len(b) < ringHead || !bytes.HasPrefix(b, []byte(ringMagic)) {
		return nil, fault.New(fault.Corrupt, op, "not a key ring", nil)
	}
	if b[4] != ringVersion {
		return nil, fault.New(fault.Unsupported, op, fmt.Sprintf("version %d", b[4]), nil)
	}
	n := int(binary.BigEndian.Uint16(b[5:]))
	if n == 0 || n > maxRing || len(b) != ringHead+n*ringEntry {
		return nil, fault.New(fault.Corrupt, op, "ring length", nil)
	}
	k := &IntakeKeys{dicts: dicts, keys: make(map[uint32]hpke.PrivateKey, n)}
	for e := range slices.Chunk(b[ringHead:], ringEntry) {
		if err := k.decodeKey(op, e); err != nil {
			return nil, err
		}
	}
	return k, nil
}

// decodeKey takes one entry; numbers must rise, so the last is current.
func (k *IntakeKeys) decodeKey(op string, e []byte) error {
	id := binary.BigEndian.Uint32(e)
	if suite := readSuite(e[4:]); suite != CurrentSuite {
		return fault.New(fault.Unsupported, op, "suite "+suite.String(), nil)
	}
	key, err := kem().NewPrivateKey(e[4+suiteSize:])
	if err != nil || id <= k.current {
		return fault.New(fault.Corrupt, op, fmt.Sprintf("key %d", id), err)
	}
	k.keys[id], k.current = key, id
	return nil
}
