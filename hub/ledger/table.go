package ledger

import (
	"encoding/binary"
	"hash/crc32"

	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

// maxStored bounds what is decoded from the state, in bytes.
const maxStored = 1 << 20

const checkBytes = 4

// castagnoli is a constant of the program; the table is built by the library.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// check is CRC-32C over bucket, key and value: bit rot, and a value under
// another's key, are found before anything is believed (D5). It is no defense
// against people; the chains and receipts are.
func check(in bucket, key, value []byte) uint32 {
	sum := crc32.Update(0, castagnoli, in)
	sum = crc32.Update(sum, castagnoli, key)
	return crc32.Update(sum, castagnoli, value)
}

// guard gives the value as it is stored: with its check behind it.
func guard(in bucket, key, value []byte) []byte {
	return binary.BigEndian.AppendUint32(value, check(in, key, value))
}

// unguard gives the value back, fault.Corrupt when it is not what was stored:
// then the member leaves.
func unguard(in bucket, key, raw []byte) ([]byte, error) {
	n := len(raw) - checkBytes
	if n < 0 || binary.BigEndian.Uint32(raw[n:]) != check(in, key, raw[:n]) {
		return nil, fault.New(fault.Corrupt, "ledger: read "+string(in), "checksum", nil)
	}
	return raw[:n], nil
}

// load reads one stored value.
func load[T any](r kv.Reader, in bucket, key []byte) (value T, found bool, err error) {
	raw := r.Get(in, key)
	if raw == nil {
		return value, false, nil
	}
	value, err = decode[T](in, key, raw)
	return value, err == nil, err
}

func decode[T any](in bucket, key, raw []byte) (value T, err error) {
	raw, err = unguard(in, key, raw)
	if err != nil {
		return value, err
	}
	if err := wire.Unmarshal(raw, maxStored, &value); err != nil {
		return value, fault.New(fault.Corrupt, "ledger: read "+string(in), "", err)
	}
	return value, nil
}

// store writes one value.
func store(w kv.Writer, in bucket, key []byte, value any) error {
	return w.Put(in, key, guard(in, key, wire.Marshal(value)))
}

// link is what the indexes by position and by record hold: the number of a
// commit, and the hash of the position or the digest of the record's content.
type link struct {
	commit uint64
	hash   wire.Digest
}

func putLink(w kv.Writer, in bucket, key []byte, l link) error {
	value := append(make([]byte, 0, 8+32+checkBytes), number(l.commit)...)
	return w.Put(in, key, guard(in, key, append(value, l.hash[:]...)))
}

func loadLink(r kv.Reader, in bucket, key []byte) (l link, found bool, err error) {
	raw := r.Get(in, key)
	if raw == nil {
		return link{}, false, nil
	}
	l, err = decodeLink(in, key, raw)
	return l, err == nil, err
}

func decodeLink(in bucket, key, raw []byte) (link, error) {
	value, err := unguard(in, key, raw)
	if err != nil {
		return link{}, err
	}
	if len(value) != 8+32 {
		return link{}, fault.New(fault.Corrupt, "ledger: read "+string(in), "length", nil)
	}
	return link{commit: toNumber(value), hash: wire.Digest(value[8:])}, nil
}
