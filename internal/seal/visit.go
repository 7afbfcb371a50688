package seal

import (
	"crypto/hpke"
	"fmt"

	"jaliya/internal/fault"
)

// Visit seals everything of one visit of one person under one HPKE
// encapsulation: bodies, and images as bundles. It holds the visit's keys in
// memory until Destroy, after which nobody but the recipient can open what it
// sealed. Not for concurrent use.
type Visit struct {
	head  []byte // envelope head, the same for every body
	keyID uint32
	to    audience
	pack  *compressor // the head names its dictionary
	keys  visitKeys
}

// NewVisit encapsulates to the hub's intake key for one record. Errors:
// Unsupported for another suite, Invalid for a key that is none.
func NewVisit(to IntakePublic, record [16]byte, dicts *Dictionaries) (*Visit, error) {
	const op = "seal: new visit"
	return encapsulate(op, recipient{
		to: toIntake, id: to.ID, suite: to.Suite, key: to.Key, info: intakeInfo(record, to.ID),
	}, dicts)
}

// NewDelivery encapsulates to a post's key for one purpose, which the node must
// name again to open it. What one delivery seals may have several bodies and
// bundles, as a visit. Errors as NewVisit.
func NewDelivery(to PostPublic, context string, dicts *Dictionaries) (*Visit, error) {
	const op = "seal: new delivery"
	return encapsulate(op, recipient{
		to: toPost, id: to.ID(), suite: to.Suite, key: to.Key, info: postInfo(context, to.ID()),
	}, dicts)
}

// recipient is a public key with everything that the encapsulation binds.
type recipient struct {
	to    audience
	id    uint32
	suite Suite
	key   []byte
	info  []byte
}

func encapsulate(op string, to recipient, dicts *Dictionaries) (*Visit, error) {
	if dicts == nil {
		return nil, fault.New(fault.Invalid, op, "no dictionaries given", nil)
	}
	if to.suite != CurrentSuite {
		return nil, fault.New(fault.Unsupported, op, "suite "+to.suite.String(), nil)
	}
	pub, err := kem().NewPublicKey(to.key)
	if err != nil {
		return nil, fault.New(fault.Invalid, op, fmt.Sprintf("public key %d", to.id), err)
	}
	enc, ctx, err := hpke.NewSender(pub, hpke.HKDFSHA256(), hpke.ExportOnly(), to.info)
	if err != nil {
		return nil, fault.New(fault.Internal, op, "encapsulate", err)
	}
	keys, err := exportKeys(op, ctx, to.info)
	if err != nil {
		return nil, err
	}
	pack := dicts.current.Load()
	head := appendEnvelopeHead(nil, &envelope{
		audience: to.to, suite: to.suite, keyID: to.id, dictionary: pack.number, enc: enc,
	})
	return &Visit{head: head, keyID: to.id, to: to.to, pack: pack, keys: keys}, nil
}

// SealBody compresses, pads to a bucket and seals one body of at most MaxBody
// bytes, and gives the envelope. The aad (the entry's clear header, say) is not
// in the envelope; opening needs the same. Errors: TooLarge, Used after Destroy.
func (v *Visit) SealBody(plain, aad []byte) ([]byte, error) { return v.seal(plain, aad, 0) }

// SealBodyFixed is SealBody into exactly size bytes before encryption, for
// answers whose size must not differ by outcome. Errors: TooLarge when the
// compressed body and its 4 bytes of length do not fit.
func (v *Visit) SealBodyFixed(plain, aad []byte, size int) ([]byte, error) {
	if size <= 0 || size > MaxBody {
		return nil, fault.New(fault.Invalid, "seal: seal body", fmt.Sprintf("fixed size %d", size), nil)
	}
	return v.seal(plain, aad, size)
}

func (v *Visit) seal(plain, aad []byte, size int) ([]byte, error) {
	const op = "seal: seal body"
	if v.keys.body == nil {
		return nil, fault.New(fault.Used, op, "visit is destroyed", nil)
	}
	if len(plain) > MaxBody {
		return nil, fault.New(fault.TooLarge, op, fmt.Sprintf("%d bytes", len(plain)), nil)
	}
	framed, err := frameBody(op, v.pack.compress(plain), size)
	if err != nil {
		return nil, err
	}
	defer clear(framed)
	aead, err := newGCM(op, v.keys.body)
	if err != nil {
		return nil, err
	}
	out := make([]byte, 0, len(v.head)+len(framed)+gcmOverhead)
	out = append(out, v.head...)
	return gcmSeal(aead, out, framed, bodyAAD(v.head, aad)), nil
}

// Destroy forgets the visit's keys. Nothing can be sealed afterwards, and the
// sealing side cannot open again what it sealed.
func (v *Visit) Destroy() { v.keys.destroy() }
