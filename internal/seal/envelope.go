package seal

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"

	"jaliya/internal/fault"
)

// The envelope's fixed head, see the byte table in DESIGN.md. It is fixed
// binary, not CBOR: twelve fields that never repeat need no encoder, every
// length is known before anything is read, and there is one encoding only.
const (
	envelopeMagic   = "JLYE"
	envelopeVersion = 1
	envelopeHead    = 20 + encSize
	bodyLength      = 4 // of the compressed body, inside the padding

	// MaxEnvelope is the largest envelope in bytes; longer ones are refused
	// unread. Incompressible bodies of MaxBody fit with their padding.
	MaxEnvelope = envelopeHead + gcmOverhead + MaxBody + MaxBody/8
)

// envelope is a parsed one; its slices point into the bytes received.
type envelope struct {
	audience   audience
	suite      Suite
	keyID      uint32
	dictionary uint16
	head       []byte // all bytes before the ciphertext, authenticated with it
	enc        []byte
	sealed     []byte // nonce, ciphertext, tag
}

// EnvelopeInfo is what an envelope says in clear.
type EnvelopeInfo struct {
	Suite      Suite
	KeyID      uint32 // number of the intake key, or short id of the post key
	Dictionary uint16 // zstd dictionary, 0 for none
	ToPost     bool   // sealed to a post instead of the hub
}

// InspectEnvelope reads the clear head without opening anything. Errors:
// Corrupt, TooLarge, Unsupported.
func InspectEnvelope(b []byte) (EnvelopeInfo, error) {
	e, err := parseEnvelope("seal: inspect envelope", b)
	if err != nil {
		return EnvelopeInfo{}, err
	}
	return EnvelopeInfo{
		Suite: e.suite, KeyID: e.keyID, Dictionary: e.dictionary, ToPost: e.audience == toPost,
	}, nil
}

func appendEnvelopeHead(b []byte, e *envelope) []byte {
	b = append(b, envelopeMagic...)
	b = append(b, envelopeVersion, byte(e.audience))
	b = appendSuite(b, e.suite)
	b = binary.BigEndian.AppendUint32(b, e.keyID)
	b = binary.BigEndian.AppendUint16(b, e.dictionary)
	b = binary.BigEndian.AppendUint16(b, encSize)
	return append(b, e.enc...)
}

func parseEnvelope(op string, b []byte) (*envelope, error) {
	switch {
	case len(b) > MaxEnvelope:
		return nil, fault.New(fault.TooLarge, op, fmt.Sprintf("%d bytes", len(b)), nil)
	case len(b) < envelopeHead+gcmOverhead || !bytes.HasPrefix(b, []byte(envelopeMagic)):
		return nil, fault.New(fault.Corrupt, op, "not an envelope", nil)
	case b[4] != envelopeVersion:
		return nil, fault.New(fault.Unsupported, op, fmt.Sprintf("version %d", b[4]), nil)
	}
	e := &envelope{
		audience:   audience(b[5]),
		suite:      readSuite(b[6:]),
		keyID:      binary.BigEndian.Uint32(b[12:]),
		dictionary: binary.BigEndian.Uint16(b[16:]),
		head:       b[:envelopeHead],
		enc:        b[20:envelopeHead],
		sealed:     b[envelopeHead:],
	}
	if e.suite != CurrentSuite {
		return nil, fault.New(fault.Unsupported, op, "suite "+e.suite.String(), nil)
	}
	if binary.BigEndian.Uint16(b[18:]) != encSize || (e.audience != toIntake && e.audience != toPost) {
		return nil, fault.New(fault.Corrupt, op, "envelope head", nil)
	}
	return e, nil
}

// bodyAAD binds the envelope's head and the caller's associated data; the head
// has a fixed length, so the two cannot run into each other.
func bodyAAD(head, aad []byte) []byte {
	b := make([]byte, 0, len(exportBody)+len(head)+len(aad))
	b = append(b, exportBody...)
	b = append(b, head...)
	return append(b, aad...)
}

// frameBody puts length and padding around a compressed body: size 0 takes the
// bucket, another size exactly that, or TooLarge when it does not fit.
func frameBody(op string, packed []byte, size int) ([]byte, error) {
	need := bodyLength + len(packed)
	if size == 0 {
		size = int(Bucket(int64(need), BodyFloor))
	}
	if need > size || len(packed) > MaxBody+MaxBody/16 {
		return nil, fault.New(fault.TooLarge, op, fmt.Sprintf("%d bytes into %d", need, size), nil)
	}
	b := make([]byte, size)
	binary.BigEndian.PutUint32(b, uint32(min(len(packed), math.MaxUint32)))
	copy(b[bodyLength:], packed)
	return b, nil
}

func unframeBody(op string, b []byte) ([]byte, error) {
	if len(b) < bodyLength {
		return nil, fault.New(fault.Corrupt, op, "body frame", nil)
	}
	n := uint64(binary.BigEndian.Uint32(b))
	rest := b[bodyLength:]
	if n > uint64(len(rest)) || !allZero(rest[n:]) {
		return nil, fault.New(fault.Corrupt, op, "body frame", nil)
	}
	return rest[:n], nil
}
