package office

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"jaliya/internal/durable"
	"jaliya/internal/fault"
	"jaliya/internal/issuer"
	"jaliya/internal/seal"
)

// Files of the keys in dir.
const (
	fileData   = "keys/data.key"
	filePacket = "keys/packet.key"
	filePublic = "packet.pub" // for the hub's packet_key
)

// custody opens what wraps keys at rest, and makes its key file where it may.
func (c Config) custody(create bool) (seal.Custody, error) {
	if c.Custody.Credential != "" {
		return seal.SystemdCredential(c.Custody.Credential)
	}
	if _, err := os.Stat(c.Custody.KeyFile); create && errors.Is(err, fs.ErrNotExist) {
		return seal.CreateKeyFile(c.Custody.KeyFile)
	}
	return seal.OpenKeyFile(c.Custody.KeyFile)
}

// MadeKeys says what was made and who needs which file. All of it is public.
type MadeKeys struct {
	Packet      string `json:"packet_key"` // base64: the hub's packet_key
	Fingerprint string `json:"packet_fingerprint"`
	PacketFile  string `json:"packet_key_file"`
	Trust       string `json:"trust_file"`      // root of signatures, for readers
	SealKeys    string `json:"seal_keys_file"`  // of seals, for readers
	Signer      string `json:"seal_signer"`     // four letters
	Documents   string `json:"documents_until"` // the certificate's end
}

// MakeKeys makes the office's keys where there are none, and says what is public
// of them. name is the four letters of the seal. Keys that are there are kept.
func MakeKeys(c Config, name string, now time.Time) (MadeKeys, error) {
	const op = "office: make keys"
	c = c.WithDefaults()
	if !four.MatchString(name) {
		return MadeKeys{}, fault.New(fault.Invalid, op, "name: four capital letters", nil)
	}
	for _, dir := range []string{c.path("keys"), filepath.Dir(c.Document.Issuer)} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return MadeKeys{}, fault.New(fault.Storage, op, dir, err)
		}
	}
	box, err := c.custody(true)
	if err != nil {
		return MadeKeys{}, err
	}
	if _, err := seal.LoadOrCreateDataKey(c.path(fileData), box); err != nil {
		return MadeKeys{}, err
	}
	packet, err := c.packetKey(box, true)
	if err != nil {
		return MadeKeys{}, err
	}
	identity, err := issuer.Create(c.Document.Issuer, c.Document.NameFrench, name, now)
	if err != nil {
		return MadeKeys{}, err
	}
	public := packet.Public()
	fingerprint := public.Fingerprint()
	made := MadeKeys{
		Packet: base64.StdEncoding.EncodeToString(public.Encode()), Fingerprint: hex.EncodeToString(fingerprint[:]),
		PacketFile: c.path(filePublic), Trust: filepath.Join(c.Document.Issuer, "root.pem"),
		SealKeys: filepath.Join(c.Document.Issuer, "seal.pem"), Signer: name,
		Documents: identity.Document.Chain[0].NotAfter.UTC().Format(time.DateOnly),
	}
	return made, durable.WriteFile(made.PacketFile, []byte(made.Packet+"\n"), 0o644)
}

// packetKey loads the key that packets are sealed to, or makes it.
func (c Config) packetKey(box seal.Custody, create bool) (*seal.PostKey, error) {
	dicts, err := seal.BuiltIn()
	if err != nil {
		return nil, err
	}
	key, err := seal.LoadPostKey(c.path(filePacket), box, dicts)
	if !create || !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if key, err = seal.GeneratePostKey(dicts); err != nil {
		return nil, err
	}
	return key, key.Save(c.path(filePacket), box)
}
