package seal

import (
	"crypto/hpke"
	"io"
	"strconv"

	"jaliya/internal/fault"
)

// Opened is an envelope that was opened: its body, and the key of the bundles
// of the same visit.
type Opened struct {
	body  []byte
	keyID uint32
	to    audience
	keys  visitKeys
}

// Body gives the plain body; the caller owns it.
func (o *Opened) Body() []byte { return o.body }

// KeyID gives the number of the key that opened the envelope.
func (o *Opened) KeyID() uint32 { return o.keyID }

// OpenBundle reads a sealed bundle of the same visit from its first byte. See
// BundleReader.Each. Errors: Corrupt, Unsupported, or those of r.
func (o *Opened) OpenBundle(r io.Reader) (*BundleReader, error) {
	return newBundleReader(r, o.to, o.keyID, &o.keys)
}

// Destroy forgets the keys and wipes the body.
func (o *Opened) Destroy() {
	o.keys.destroy()
	clear(o.body)
	o.body = nil
}

// opening is what a key holder needs to know of an envelope to open it.
type opening struct {
	op    string
	key   hpke.PrivateKey
	info  []byte
	aad   []byte
	dicts *Dictionaries
}

func (e *envelope) open(o opening) (*Opened, error) {
	ctx, err := hpke.NewRecipient(e.enc, o.key, hpke.HKDFSHA256(), hpke.ExportOnly(), o.info)
	if err != nil {
		return nil, fault.New(fault.Corrupt, o.op, "encapsulated key", err)
	}
	keys, err := exportKeys(o.op, ctx, o.info)
	if err != nil {
		return nil, err
	}
	aead, err := newGCM(o.op, keys.body)
	if err != nil {
		return nil, err
	}
	framed, err := aead.Open(nil, nil, e.sealed, bodyAAD(e.head, o.aad))
	if err != nil {
		return nil, fault.New(fault.Corrupt, o.op, "envelope", err)
	}
	defer clear(framed)
	body, err := e.unpack(o, framed)
	if err != nil {
		return nil, err
	}
	return &Opened{body: body, keyID: e.keyID, to: e.audience, keys: keys}, nil
}

// unpack runs after authentication, so that an unknown dictionary is a newer
// sender and not a flipped bit.
func (e *envelope) unpack(o opening, framed []byte) ([]byte, error) {
	if o.dicts.known[e.dictionary] == nil {
		subject := "dictionary " + strconv.Itoa(int(e.dictionary))
		return nil, fault.New(fault.Unsupported, o.op, subject, nil)
	}
	packed, err := unframeBody(o.op, framed)
	if err != nil {
		return nil, err
	}
	return o.dicts.decompress(o.op, packed)
}
