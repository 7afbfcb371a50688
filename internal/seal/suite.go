package seal

import (
	"crypto/hkdf"
	"crypto/hpke"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"jaliya/internal/fault"
)

// KeySize is the length in bytes of every symmetric key of this package.
const KeySize = 32

// Suite names the three HPKE algorithms by their registered numbers, as every
// envelope carries them, so that a later program knows what an old one used.
type Suite struct{ KEM, KDF, AEAD uint16 }

// CurrentSuite is MLKEM768-X25519, HKDF-SHA-256, AES-256-GCM, the only one that
// this version seals with or opens (reliability.md D48). The HPKE context itself
// runs export-only: its keys go to AES-256-GCM with random nonces, which also
// the certified FIPS module v1.0.0 allows in FIPS-only mode, unlike HPKE's own.
var CurrentSuite = Suite{KEM: 0x647a, KDF: 0x0001, AEAD: 0x0002}

// String gives the three numbers in hexadecimal, as they stand in logs.
func (s Suite) String() string { return fmt.Sprintf("%04x-%04x-%04x", s.KEM, s.KDF, s.AEAD) }

func kem() hpke.KEM { return hpke.MLKEM768X25519() }

const (
	suiteSize  = 6
	encSize    = 1120 // ML-KEM-768 ciphertext (1088) and X25519 share (32)
	publicSize = 1216 // ML-KEM-768 encapsulation key (1184) and X25519 point (32)
	seedSize   = 32   // private half: the X-Wing seed
)

func appendSuite(b []byte, s Suite) []byte {
	b = binary.BigEndian.AppendUint16(b, s.KEM)
	b = binary.BigEndian.AppendUint16(b, s.KDF)
	return binary.BigEndian.AppendUint16(b, s.AEAD)
}

func readSuite(b []byte) Suite {
	return Suite{
		KEM:  binary.BigEndian.Uint16(b),
		KDF:  binary.BigEndian.Uint16(b[2:]),
		AEAD: binary.BigEndian.Uint16(b[4:]),
	}
}

// audience says whose key an envelope or bundle is sealed to. Each has its own
// info string, so that neither can be passed off as the other.
type audience uint8

const (
	toIntake audience = 1 // the hub's opener opens it
	toPost   audience = 2 // the node of the post opens it
)

// intakeInfo is the HPKE info of a visit: domain, record, key number.
func intakeInfo(record [16]byte, keyID uint32) []byte {
	b := append([]byte("jaliya/intake/1"), record[:]...)
	return binary.BigEndian.AppendUint32(b, keyID)
}

// postInfo is the HPKE info of a delivery to a post. The context is hashed so
// that its length needs no cap and no separator.
func postInfo(context string, keyID uint32) []byte {
	sum := sha256.Sum256([]byte(context))
	b := append([]byte("jaliya/post/1"), sum[:]...)
	return binary.BigEndian.AppendUint32(b, keyID)
}

// Exporter contexts of the HPKE context (RFC 9180 section 5.3). Keys are
// exported instead of using the context's own counter because the bodies of one
// visit are opened in any order, long after, one at a time.
const (
	exportBody   = "jaliya/body/1"
	exportBundle = "jaliya/bundle/1"
)

// exporter is what sending and receiving HPKE contexts have in common.
type exporter interface {
	Export(exporterContext string, length int) ([]byte, error)
}

// visitKeys are the two symmetric keys of one encapsulation, and the digest of
// the info that both sides agree on.
type visitKeys struct {
	body, bundle []byte
	bind         [32]byte
}

func exportKeys(op string, ctx exporter, info []byte) (visitKeys, error) {
	body, err := ctx.Export(exportBody, KeySize)
	if err != nil {
		return visitKeys{}, fault.New(fault.Internal, op, "body key", err)
	}
	bundle, err := ctx.Export(exportBundle, KeySize)
	if err != nil {
		return visitKeys{}, fault.New(fault.Internal, op, "bundle key", err)
	}
	return visitKeys{body: body, bundle: bundle, bind: sha256.Sum256(info)}, nil
}

func (k *visitKeys) destroy() {
	clear(k.body)
	clear(k.bundle)
	k.body, k.bundle = nil, nil
}

// expand derives a subkey from a uniformly random key (RFC 5869, expand only).
func expand(op string, key []byte, info string) ([]byte, error) {
	sub, err := hkdf.Expand(sha256.New, key, info, KeySize)
	if err != nil {
		return nil, fault.New(fault.Internal, op, "subkey", err)
	}
	return sub, nil
}
