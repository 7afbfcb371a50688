package seal

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"

	"jaliya/internal/fault"
)

// Domain says what kind of statement a signature is over, so that a signature
// of one kind is never one of another, whatever the bytes.
type Domain string

// The domains. A name, once used, keeps its meaning for ever.
const (
	DomainJournalBatch Domain = "journal-batch" // a node, over a batch head
	DomainReceipt      Domain = "receipt"       // the cluster, over a committed range
	DomainNoticeHead   Domain = "notice-head"   // the cluster, over a post's notice log
	DomainArchive      Domain = "archive"       // the cluster, over an archive statement
	DomainInvitation   Domain = "invitation"    // the cluster, over a one-time invitation
	DomainBackup       Domain = "backup"        // the cluster, over the manifest of a backup
	DomainCarried      Domain = "carried"       // a node or the cluster, over the digest of a file carried by hand
)

// KeyID is the first 8 bytes of SHA-256 of an Ed25519 public key. It finds the
// key; it proves nothing.
type KeyID [8]byte

// String gives the id in hexadecimal.
func (id KeyID) String() string { return hex.EncodeToString(id[:]) }

// SigningKey is an Ed25519 private key. Safe for concurrent use.
type SigningKey struct {
	KeyID   KeyID
	private ed25519.PrivateKey
}

// VerifyKey is its public half.
type VerifyKey struct {
	KeyID  KeyID
	public ed25519.PublicKey
}

// GenerateSigningKey makes a fresh key.
func GenerateSigningKey() (*SigningKey, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fault.New(fault.Internal, "seal: generate signing key", "", err)
	}
	return signingKey(private), nil
}

func signingKey(private ed25519.PrivateKey) *SigningKey {
	public := private[ed25519.SeedSize:]
	return &SigningKey{KeyID: keyID(ed25519.PublicKey(public)), private: private}
}

func keyID(public ed25519.PublicKey) KeyID {
	sum := sha256.Sum256(public)
	return KeyID(sum[:8])
}

// Sign gives the 64-byte signature of a message in a domain. Equal input gives
// equal bytes, which repeated receipts rely on.
func (k *SigningKey) Sign(domain Domain, msg []byte) []byte {
	return ed25519.Sign(k.private, signed(domain, msg))
}

// SignNote signs the text of a signed note (C2SP signed-note), whose format leaves
// no room for a domain: no text of a note begins as what Sign signs does.
func (k *SigningKey) SignNote(text []byte) []byte { return ed25519.Sign(k.private, text) }

// Public gives the half that verifies.
func (k *SigningKey) Public() VerifyKey {
	return VerifyKey{KeyID: k.KeyID, public: ed25519.PublicKey(k.private[ed25519.SeedSize:])}
}

// ParseVerifyKey takes the 32 bytes of a public key. Errors: Invalid.
func ParseVerifyKey(b []byte) (VerifyKey, error) {
	if len(b) != ed25519.PublicKeySize {
		return VerifyKey{}, fault.New(fault.Invalid, "seal: parse verify key", "length", nil)
	}
	public := ed25519.PublicKey(append([]byte(nil), b...))
	return VerifyKey{KeyID: keyID(public), public: public}, nil
}

// Bytes gives the 32 bytes of the public key; the caller owns them.
func (k VerifyKey) Bytes() []byte { return append([]byte(nil), k.public...) }

// Verify checks a signature of a message in a domain. Errors: Corrupt when it
// is not this key's over these bytes in this domain.
func (k VerifyKey) Verify(domain Domain, msg, signature []byte) error {
	if len(k.public) != ed25519.PublicKeySize || !ed25519.Verify(k.public, signed(domain, msg), signature) {
		return fault.New(fault.Corrupt, "seal: verify signature", string(domain)+" by key "+k.KeyID.String(), nil)
	}
	return nil
}

// signed is what is really signed: prefix, length of the domain, domain, message.
func signed(domain Domain, msg []byte) []byte {
	b := make([]byte, 0, 16+len(domain)+len(msg))
	b = append(b, "jaliya/sig/1"...)
	b = appendCounted(b, string(domain))
	return append(b, msg...)
}

// Save writes the private half wrapped by custody, replacing an older file
// atomically. It returns after file and directory are on disk.
func (k *SigningKey) Save(path string, c Custody) error {
	seed := k.private.Seed()
	defer clear(seed)
	return SaveSecret(path, c, PurposeSigning, seed)
}

// LoadSigningKey reads what Save wrote. Errors: NotFound, Denied, Corrupt.
func LoadSigningKey(path string, c Custody) (*SigningKey, error) {
	seed, err := LoadSecret(path, c, PurposeSigning)
	if err != nil {
		return nil, err
	}
	defer clear(seed)
	if len(seed) != ed25519.SeedSize {
		return nil, fault.New(fault.Corrupt, "seal: load signing key", path, nil)
	}
	return signingKey(ed25519.NewKeyFromSeed(seed)), nil
}
