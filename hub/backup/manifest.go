package backup

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"jaliya/hub/ledger"
	"jaliya/internal/fault"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

const (
	version = 1
	// MaxManifest bounds a manifest with its signature, in bytes.
	MaxManifest = 48 << 10
	// MaxMissing is how many objects a backup may lack and still be one.
	MaxMissing = 256

	opManifest = "backup: read manifest"
)

// Manifest says what a backup is and holds.
type Manifest struct { //nolint:recvcheck // only Stand writes to it
	Version int       `json:"version"`
	Program string    `json:"program"` // version that wrote it
	Cluster string    `json:"cluster"`
	Created time.Time `json:"created"`
	Index   uint64    `json:"index"` // log position of the state
	Term    uint64    `json:"term"`
	Hash    string    `json:"state_hash"`
	Leaves  uint64    `json:"leaves"` // of the log
	Root    string    `json:"root"`   // over them
	Entries uint64    `json:"entries"`
	Cases   uint64    `json:"cases"`
	State   File      `json:"state"`
	Keys    File      `json:"keys"`
	Objects Objects   `json:"objects"`
	// Proved: the state was decrypted from this backup, opened and audited, agrees
	// with the running hub, and each object that it names was read from the target.
	Proved bool `json:"proved"`
}

// File is one encrypted file.
type File struct {
	Bytes  int64  `json:"bytes"` // encrypted
	SHA256 string `json:"sha256"`
}

// Objects are the sealed objects that the state names.
type Objects struct {
	Count   int      `json:"count"` // that are here
	Bytes   int64    `json:"bytes"`
	Digest  string   `json:"digest"`            // over their digests, see DigestOf
	Missing []string `json:"missing,omitempty"` // that the vault did not have either
}

// DigestOf is SHA-256 over "jaliya/objects/1" and the digests in their order.
func DigestOf(list []wire.Digest) wire.Digest {
	h := sha256.New()
	h.Write([]byte("jaliya/objects/1"))
	for _, digest := range list {
		h.Write(digest[:])
	}
	return wire.Digest(h.Sum(nil))
}

// Stand sets where the state stands.
func (m *Manifest) Stand(p ledger.Point) {
	m.Version, m.Cluster, m.Index, m.Term = version, p.Cluster.String(), p.Index, p.Term
	m.Hash, m.Leaves, m.Root, m.Entries, m.Cases = p.Hash.String(), p.Leaves, p.Root.String(), p.Entries, p.Cases
}

// Same reports whether the state stands where the manifest says.
func (m Manifest) Same(p ledger.Point) bool {
	var other Manifest
	other.Stand(p)
	return m.Cluster == other.Cluster && m.Index == other.Index && m.Term == other.Term && m.Hash == other.Hash &&
		m.Leaves == other.Leaves && m.Root == other.Root && m.Entries == other.Entries && m.Cases == other.Cases
}

// Name is what the backup is called: by its time, then its position.
func (m Manifest) Name() string { return nameOf(m.Created, m.Index) }

// Encode gives the bytes that are signed.
func (m Manifest) Encode() ([]byte, error) {
	if err := m.validate(); err != nil {
		return nil, err
	}
	raw, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, fault.New(fault.Internal, "backup: write manifest", "", err)
	}
	return append(raw, '\n'), nil
}

// Decode reads what Encode gave, and nothing that says the same in other bytes.
// Errors: Corrupt, Unsupported for a later version's, TooLarge.
func Decode(raw []byte) (m Manifest, err error) {
	if len(raw) > MaxManifest {
		return Manifest{}, fault.New(fault.TooLarge, opManifest, "", nil)
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	if err := d.Decode(&m); err != nil {
		return Manifest{}, fault.New(fault.Corrupt, opManifest, "", err)
	}
	if m.Version > version {
		return Manifest{}, fault.New(fault.Unsupported, opManifest, "it was written by a newer program", nil)
	}
	same, err := m.Encode()
	switch {
	case err != nil:
		return Manifest{}, fault.New(fault.Corrupt, opManifest, "", err)
	case !bytes.Equal(same, raw):
		return Manifest{}, fault.New(fault.Corrupt, opManifest, "", errors.New("other bytes than a manifest has"))
	}
	return m, nil
}

func (m Manifest) validate() error {
	_, err := wire.ParseClusterID(m.Cluster)
	var bad string
	switch {
	case m.Version != version:
		bad = "version"
	case err != nil:
		bad = "cluster"
	case !isSecond(m.Created):
		bad = "created"
	case !digests(m.Hash, m.Root, m.State.SHA256, m.Keys.SHA256, m.Objects.Digest) || !digests(m.Objects.Missing...):
		bad = "digest"
	case m.Index == 0 || min(m.State.Bytes, m.Keys.Bytes) <= 0 || min(int64(m.Objects.Count), m.Objects.Bytes) < 0:
		bad = "size"
	case len(m.Objects.Missing) > MaxMissing || m.Proved && len(m.Objects.Missing) > 0:
		bad = "missing objects"
	default:
		return nil
	}
	return fault.New(fault.Invalid, "backup: check manifest", bad, nil)
}

// isSecond holds for times that a name can say.
func isSecond(at time.Time) bool {
	return at.Location() == time.UTC && at.Equal(at.Truncate(time.Second)) && at.Year() >= 2000 && at.Year() <= 9999
}

func digests(texts ...string) bool {
	for _, text := range texts {
		if d, err := wire.ParseDigest(text); err != nil || d.String() != text {
			return false
		}
	}
	return true
}

// Signed is a manifest as it was signed: the bytes of Encode, then a line with
// key and signature.
type Signed struct {
	Manifest  Manifest
	Key       seal.VerifyKey
	text      []byte
	signature []byte
}

// Seal joins a manifest's bytes with the signature over them.
func Seal(text, key, signature []byte) []byte {
	line := hex.EncodeToString(key) + " " + hex.EncodeToString(signature) + "\n"
	return append(bytes.Clone(text), line...)
}

// Open reads a signed manifest and verifies the signature with the key that it
// names; whose key that is, is Signed.Key's question. Errors as Decode.
func Open(raw []byte) (s Signed, err error) {
	bad := func(what string, err error) (Signed, error) {
		return Signed{}, fault.New(fault.Corrupt, opManifest, what, err)
	}
	if len(raw) > MaxManifest {
		return Signed{}, fault.New(fault.TooLarge, opManifest, "", nil)
	}
	body, ok := bytes.CutSuffix(raw, []byte("\n"))
	at := bytes.LastIndexByte(body, '\n') + 1
	if !ok || at == 0 {
		return bad("it is cut off", nil)
	}
	s.text = raw[:at]
	first, second, _ := strings.Cut(string(body[at:]), " ")
	key, err := lowerHex(first)
	if err == nil {
		s.signature, err = lowerHex(second)
	}
	if err == nil {
		s.Key, err = seal.ParseVerifyKey(key)
	}
	if err == nil {
		err = s.Key.Verify(seal.DomainBackup, s.text, s.signature)
	}
	if err != nil {
		return bad("signature", err)
	}
	s.Manifest, err = Decode(s.text)
	return s, err
}

func lowerHex(text string) ([]byte, error) {
	raw, err := hex.DecodeString(text)
	if err == nil && hex.EncodeToString(raw) != text {
		err = errors.New("not lower case")
	}
	return raw, err
}
