package document

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"

	"jaliya/internal/fault"
)

const (
	// Size is that of every container, in bytes.
	Size = 256 << 10
	// containerHead is what stands before the document: the mark, its length,
	// its SHA-256.
	containerHead = len(containerMark) + 4 + sha256.Size
	containerMark = "JLYD1\n"
	// FileSize is that of every document's file, in bytes: a container hides
	// it on the way, and on the person's last leg, the line from the portal
	// to a telephone, there is no container. The longest record there is takes
	// 200 KiB; what follows the signature has a size of its own, whether or not
	// there were validation data to put there.
	FileSize   = signedSize + 24<<10
	signedSize = 216 << 10

	// MaxDocument is the largest document that a container takes, in bytes.
	MaxDocument = Size - containerHead

	opPack, opUnpack = "document: pack", "document: unpack"
)

// Pack puts a document into a container of Size bytes:
//
//	offset  size  content
//	0       6     "JLYD1\n"
//	6       32    SHA-256 of the document
//	38      4     length of the document, big-endian   } under AES-256-CTR with
//	42            the document, then zeros to the end  } the SHA-256 as key
//
// The key stands beside it: this hides nothing from who holds the container,
// it only makes all of it look random, so that whatever compresses it on its
// way before sealing it arrives at one size too. Containers are sealed to
// their reader like every document. Equal documents give equal containers.
func Pack(file []byte) ([]byte, error) {
	if len(file) == 0 || len(file) > MaxDocument {
		return nil, fault.New(fault.TooLarge, opPack, "document", nil)
	}
	sum := sha256.Sum256(file)
	out := make([]byte, Size)
	at := copy(out, containerMark)
	at += copy(out[at:], sum[:])
	binary.BigEndian.PutUint32(out[at:], uint32(len(file))) //nolint:gosec // at most MaxDocument
	copy(out[at+4:], file)
	return out, whiten(sum, out[at:])
}

// Unpack gives the document of a container, byte for byte, and refuses one in
// which anything was changed, the padding included.
func Unpack(container []byte) ([]byte, error) {
	bad := func(what string) ([]byte, error) { return nil, fault.New(fault.Invalid, opUnpack, what, nil) }
	if len(container) != Size || string(container[:len(containerMark)]) != containerMark {
		return bad("no container")
	}
	sum := [sha256.Size]byte(container[len(containerMark):])
	body := append([]byte(nil), container[len(containerMark)+len(sum):]...)
	if err := whiten(sum, body); err != nil {
		return nil, err
	}
	length := int(binary.BigEndian.Uint32(body))
	if length == 0 || length > MaxDocument {
		return bad("length")
	}
	file, rest := body[4:4+length], body[4+length:]
	padding := byte(0)
	for _, b := range rest {
		padding |= b
	}
	if got := sha256.Sum256(file); subtle.ConstantTimeCompare(got[:], sum[:]) != 1 || padding != 0 {
		return nil, fault.New(fault.Corrupt, opUnpack, "container", nil)
	}
	return file, nil
}

// whiten adds the key stream; twice gives what was there.
func whiten(key [sha256.Size]byte, body []byte) error {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return fault.New(fault.Internal, opPack, "key stream", err)
	}
	var zero [aes.BlockSize]byte // each key is used for one document alone
	cipher.NewCTR(block, zero[:]).XORKeyStream(body, body)
	return nil
}
