package seal

import (
	"bytes"
	"crypto/cipher"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"slices"

	"jaliya/internal/fault"
)

// Sizes of a sealed bundle, in bytes.
const (
	// ChunkSize is the size of every sealed chunk but the last, which is
	// shorter or equal: the unit of resumable transfer (reliability.md D26).
	ChunkSize = 128 * 1024
	// MaxBundle is the largest sealed bundle.
	MaxBundle = 1 << 30
	// MaxParts is the largest number of parts of a bundle.
	MaxParts = 1024

	bundleMagic   = "JLYB"
	bundleVersion = 1
	bundleHead    = 32
	saltOffset    = 16
	maxLabel      = 255 // of a part's name or media type
)

// Part is one image of a bundle. It names what is inside, so it belongs in the
// sealed body, never in a clear header.
type Part struct {
	Name      string // at most 255 bytes
	MediaType string // at most 255 bytes
	Size      int64  // plain bytes
	Digest    [32]byte
}

// BundleInfo says what a finished bundle is. All but Parts is public.
type BundleInfo struct {
	Address      [32]byte   // SHA-256 of the sealed bytes (reliability.md D46)
	Size         int64      // sealed bytes
	ChunkSize    int        // sealed bytes of each chunk but the last
	ChunkDigests [][32]byte // SHA-256 of each sealed chunk
	Parts        []Part     // for the sealed body only
}

// Chunks gives how many chunks a sealed bundle of this size has.
func Chunks(size int64) int {
	return int((max(size, 0) + ChunkSize - 1) / ChunkSize)
}

// ChunkRange gives offset and length of sealed chunk i of a bundle of this
// size. Errors: Invalid when there is no such chunk.
func ChunkRange(size int64, i int) (offset int64, length int, err error) {
	if i < 0 || i >= Chunks(size) {
		subject := fmt.Sprintf("chunk %d of %d", i, Chunks(size))
		return 0, 0, fault.New(fault.Invalid, "seal: chunk range", subject, nil)
	}
	offset = int64(i) * ChunkSize
	return offset, int(min(size-offset, ChunkSize)), nil
}

// CheckChunk says whether received bytes are sealed chunk i, without any key.
// Errors: Invalid when there is no such chunk, Corrupt when it is another.
func (b *BundleInfo) CheckChunk(i int, sealed []byte) error {
	const op = "seal: check chunk"
	_, length, err := ChunkRange(b.Size, i)
	if err != nil || i >= len(b.ChunkDigests) {
		return fault.New(fault.Invalid, op, fmt.Sprintf("chunk %d", i), err)
	}
	if len(sealed) != length || sha256.Sum256(sealed) != b.ChunkDigests[i] {
		return fault.New(fault.Corrupt, op, fmt.Sprintf("chunk %d", i), nil)
	}
	return nil
}

// CheckParts compares the parts that came out of a bundle with those that the
// sealed body names, in order. Errors: Corrupt.
func CheckParts(got, want []Part) error {
	if !slices.Equal(got, want) {
		return fault.New(fault.Corrupt, "seal: check parts", "the bundle is not the one the body names", nil)
	}
	return nil
}

// chunkSealer holds what both directions of the chunk stream need: the key of
// this bundle, and the associated data, of which the last nine bytes change.
type chunkSealer struct {
	aead cipher.AEAD
	aad  []byte // head, bind, index (8), last (1)
}

// newChunkSealer derives the bundle's own key from the visit's and the salt of
// the head, so that chunks of two bundles of a visit cannot be exchanged.
func newChunkSealer(op string, keys *visitKeys, head []byte) (*chunkSealer, error) {
	key, err := expand(op, keys.bundle, "jaliya/bundle/key/1"+string(head[saltOffset:bundleHead]))
	if err != nil {
		return nil, err
	}
	defer clear(key)
	aead, err := newGCM(op, key)
	if err != nil {
		return nil, err
	}
	aad := append(bytes.Clone(head), keys.bind[:]...)
	return &chunkSealer{aead: aead, aad: append(aad, make([]byte, 9)...)}, nil
}

// at gives the associated data of chunk i: the STREAM construction (Hoang,
// Reyhanitabar, Rogaway, Vizár 2015), position and end being authenticated.
func (c *chunkSealer) at(i uint64, last bool) []byte {
	tail := c.aad[len(c.aad)-9:]
	binary.BigEndian.PutUint64(tail, i)
	tail[8] = 0
	if last {
		tail[8] = 1
	}
	return c.aad
}

func appendBundleHead(to audience, keyID uint32, salt []byte) []byte {
	b := append(make([]byte, 0, bundleHead), bundleMagic...)
	b = append(b, bundleVersion, byte(to))
	b = binary.BigEndian.AppendUint16(b, CurrentSuite.AEAD)
	b = binary.BigEndian.AppendUint32(b, keyID)
	b = binary.BigEndian.AppendUint32(b, ChunkSize)
	return append(b, salt...)
}

// checkBundleHead compares a received head with the one that this version would
// write for the same visit.
func checkBundleHead(op string, got []byte, to audience, keyID uint32) error {
	if !bytes.HasPrefix(got, []byte(bundleMagic)) {
		return fault.New(fault.Corrupt, op, "not a bundle", nil)
	}
	if got[4] != bundleVersion {
		return fault.New(fault.Unsupported, op, fmt.Sprintf("version %d", got[4]), nil)
	}
	want := appendBundleHead(to, keyID, got[saltOffset:])
	if subtle.ConstantTimeCompare(got, want) != 1 {
		return fault.New(fault.Corrupt, op, "bundle head", nil)
	}
	return nil
}

// Marks of the records inside a bundle: (begin data* end)* stop zero*.
const (
	markStop  = 0
	markBegin = 1
	markData  = 2
	markEnd   = 3
)

// dataRecord is the largest data record: parts are read and written by it, and
// a reader allocates no more than this for any length it is told.
const dataRecord = 32 * 1024
