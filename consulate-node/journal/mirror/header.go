package mirror

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"path/filepath"
	"strconv"
	"strings"

	"jaliya/internal/fault"
)

// A base holds the whole state after a transaction, a log the transactions that
// came after it. Both are named by that transaction's number.
const (
	baseName   = "base-"
	logName    = "log-"
	suffixFile = ".jm"
	suffixTemp = ".tmp"
)

var magic = []byte("JALMIR1\n")

// headerSize is magic, node, position and checksum.
const headerSize = 8 + 16 + 8 + 32 + 4

// header opens every file of a mirror.
type header struct {
	node [16]byte
	at   Position // what the file begins after
}

func (h header) encode() []byte {
	raw := append([]byte(nil), magic...)
	raw = append(raw, h.node[:]...)
	raw = binary.BigEndian.AppendUint64(raw, h.at.N)
	raw = append(raw, h.at.Hash[:]...)
	return binary.BigEndian.AppendUint32(raw, crc32.Checksum(raw, checksum))
}

// first is what the first part of a base names as the frame before it.
func (h header) first() [32]byte { return sha256.Sum256(h.encode()) }

func decodeHeader(raw []byte) (h header, err error) {
	const op = "mirror: read header"
	switch {
	case len(raw) < headerSize || !bytes.HasPrefix(raw, magic):
		return h, fault.New(fault.Corrupt, op, "not a file of a mirror", nil)
	case crc32.Checksum(raw[:headerSize-4], checksum) != binary.BigEndian.Uint32(raw[headerSize-4:]):
		return h, fault.New(fault.Corrupt, op, "checksum", nil)
	}
	h.node = [16]byte(raw[8:24])
	h.at.N = binary.BigEndian.Uint64(raw[24:])
	h.at.Hash = [32]byte(raw[32:64])
	return h, nil
}

func fileName(prefix string, n uint64) string { return fmt.Sprintf("%s%016x%s", prefix, n, suffixFile) }

// parseName gives the number of a base or log.
func parseName(prefix, path string) (uint64, bool) {
	name := filepath.Base(path)
	hex, ok := strings.CutPrefix(strings.TrimSuffix(name, suffixFile), prefix)
	n, err := strconv.ParseUint(hex, 16, 64)
	return n, ok && err == nil && name == fileName(prefix, n)
}
