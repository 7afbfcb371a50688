package seal

import (
	"crypto/hpke"
	"fmt"

	"jaliya/internal/fault"
)

// PostKey is a node's HPKE key pair: it opens what the hub seals to the post.
// Safe for concurrent use.
type PostKey struct {
	key   hpke.PrivateKey
	pub   PostPublic
	dicts *Dictionaries
}

// GeneratePostKey makes a fresh pair.
func GeneratePostKey(dicts *Dictionaries) (*PostKey, error) {
	const op = "seal: generate post key"
	key, err := kem().GenerateKey()
	if err != nil {
		return nil, fault.New(fault.Internal, op, "", err)
	}
	return newPostKey(op, key, dicts)
}

func newPostKey(op string, key hpke.PrivateKey, dicts *Dictionaries) (*PostKey, error) {
	if dicts == nil {
		return nil, fault.New(fault.Invalid, op, "no dictionaries given", nil)
	}
	pub := PostPublic{Suite: CurrentSuite, Key: key.PublicKey().Bytes()}
	return &PostKey{key: key, pub: pub, dicts: dicts}, nil
}

// Public gives the half that the hub seals to.
func (p *PostKey) Public() PostPublic { return p.pub }

// SealToPost seals one body of at most MaxBody bytes to a post for one purpose.
// For documents use NewDelivery and a bundle; for answers whose size must not
// tell, NewDelivery and SealBodyFixed. Errors as NewVisit and SealBody.
func (d *Dictionaries) SealToPost(to PostPublic, context string, plain, aad []byte) ([]byte, error) {
	v, err := NewDelivery(to, context, d)
	if err != nil {
		return nil, err
	}
	defer v.Destroy()
	return v.SealBody(plain, aad)
}

// Open opens an envelope for the context and aad that it was sealed with.
// Errors as IntakeKeys.Open; NotFound when it is sealed to another post's key.
func (p *PostKey) Open(sealed []byte, context string, aad []byte) (*Opened, error) {
	const op = "seal: open post envelope"
	e, err := parseEnvelope(op, sealed)
	if err != nil {
		return nil, err
	}
	if e.audience != toPost {
		return nil, fault.New(fault.Corrupt, op, "sealed to the hub", nil)
	}
	if e.keyID != p.pub.ID() {
		return nil, fault.New(fault.NotFound, op, fmt.Sprintf("post key %08x", e.keyID), nil)
	}
	return e.open(opening{op: op, key: p.key, info: postInfo(context, e.keyID), aad: aad, dicts: p.dicts})
}

// Save writes the private half wrapped by custody, replacing an older file
// atomically. It returns after file and directory are on disk.
func (p *PostKey) Save(path string, c Custody) error {
	seed, err := p.key.Bytes()
	if err != nil {
		return fault.New(fault.Internal, "seal: save post key", "", err)
	}
	// seed is the key's own: wiping it would end the key.
	return SaveSecret(path, c, PurposePost, seed)
}

// LoadPostKey reads what Save wrote. Errors: NotFound, Denied, Corrupt.
func LoadPostKey(path string, c Custody, dicts *Dictionaries) (*PostKey, error) {
	const op = "seal: load post key"
	seed, err := LoadSecret(path, c, PurposePost)
	if err != nil {
		return nil, err
	}
	defer clear(seed)
	key, err := kem().NewPrivateKey(seed)
	if err != nil {
		return nil, fault.New(fault.Corrupt, op, "seed", err)
	}
	return newPostKey(op, key, dicts)
}
