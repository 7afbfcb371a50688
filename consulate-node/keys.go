package node

import (
	"errors"
	"io/fs"
	"os"

	"jaliya/internal/consular"
	"jaliya/internal/durable"
	"jaliya/internal/fault"
	"jaliya/internal/link/pki"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

const (
	fileIdentity = "identity.cbor"
	fileNational = "national.cbor"
	fileReply    = "join.cbor" // the hub's answer to the join, public keys and certificates alone
	fileTrust    = "trust.pem"
	fileRoad     = "road.json"
	fileJournal  = "keys/journal.key"
	filePost     = "keys/post.key"
	fileData     = "keys/data.key"
	fileAnchor   = "keys/anchor"
	ringDir      = "keys/ring"
)

// identity is who this machine is. It is drawn before it joins and written once.
type identity struct {
	Node        wire.NodeID     `cbor:"1,keyasint"`
	Post        consular.PostID `cbor:"2,keyasint"`
	Incarnation uint64          `cbor:"3,keyasint"`
}

// national is what the hub told of itself, kept for working alone; each welcome
// renews it.
type national struct {
	Cluster  wire.ClusterID   `cbor:"1,keyasint"`
	Hubs     []string         `cbor:"2,keyasint"`
	Receipts [][]byte         `cbor:"3,keyasint"`
	Intake   []wire.IntakeKey `cbor:"4,keyasint"` // newest last
	Heard    int64            `cbor:"5,keyasint"` // hub time of the last welcome, ms
	Feature  uint32           `cbor:"6,keyasint"` // level of the hub (D19): which dictionary it opens
}

// keys is everything secret that a node holds (design.md section 7).
type keys struct {
	journal *seal.SigningKey
	post    *seal.PostKey
	data    *seal.DataKey
	ring    *pki.Keyring
	dicts   *seal.Dictionaries
}

// custody opens what wraps the keys at rest, making the key file when there is
// none and create is set.
func (c Config) custody(create bool) (seal.Custody, error) {
	c = c.WithDefaults()
	if c.Custody.Credential != "" {
		return seal.SystemdCredential(c.Custody.Credential)
	}
	box, err := seal.OpenKeyFile(c.Custody.KeyFile)
	if create && fault.Is(err, fault.NotFound) {
		return seal.CreateKeyFile(c.Custody.KeyFile)
	}
	return box, err
}

// loadKeys reads the keys, making those that are missing when create is set: a
// join that was cut short goes on with the keys it began with.
func loadKeys(c Config, create bool) (*keys, error) {
	box, err := c.custody(create)
	if err != nil {
		return nil, err
	}
	k := &keys{}
	if k.dicts, err = seal.BuiltIn(); err != nil {
		return nil, err
	}
	if k.journal, err = made(create,
		func() (*seal.SigningKey, error) { return seal.LoadSigningKey(c.path(fileJournal), box) },
		seal.GenerateSigningKey,
		func(s *seal.SigningKey) error { return s.Save(c.path(fileJournal), box) }); err != nil {
		return nil, err
	}
	if k.post, err = made(create,
		func() (*seal.PostKey, error) { return seal.LoadPostKey(c.path(filePost), box, k.dicts) },
		func() (*seal.PostKey, error) { return seal.GeneratePostKey(k.dicts) },
		func(p *seal.PostKey) error { return p.Save(c.path(filePost), box) }); err != nil {
		return nil, err
	}
	if create {
		k.data, err = seal.LoadOrCreateDataKey(c.path(fileData), box)
	} else {
		k.data, err = seal.LoadDataKey(c.path(fileData), box)
	}
	if err != nil {
		return nil, err
	}
	return k, k.openRing(c)
}

func (k *keys) openRing(c Config) error {
	store, err := pki.NewFileKeys(c.path(ringDir))
	if err != nil {
		return err
	}
	k.ring, err = pki.OpenKeyring(c.path(ringDir), store)
	return err
}

// made loads a key, or makes and saves it.
func made[T any](create bool, load, generate func() (T, error), save func(T) error) (T, error) {
	key, err := load()
	if !create || !fault.Is(err, fault.NotFound) {
		return key, err
	}
	if key, err = generate(); err != nil {
		return key, err
	}
	return key, save(key)
}

// readRecord reads one of the node's own small files.
func readRecord[T any](path string) (T, error) {
	const op = "node: read file"
	var v T
	raw, err := os.ReadFile(path) //nolint:gosec // below the node's own directory
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return v, fault.New(fault.NotFound, op, path, err)
	case err != nil:
		return v, fault.New(fault.Storage, op, path, err)
	}
	if err := wire.Unmarshal(raw, 1<<20, &v); err != nil {
		return v, fault.New(fault.Corrupt, op, path, err)
	}
	return v, nil
}

func writeRecord(path string, v any) error { return writeFile(path, wire.Marshal(v)) }

func writeFile(path string, data []byte) error {
	if err := durable.WriteFile(path, data, 0o600); err != nil {
		return fault.New(fault.Storage, "node: write file", path, err)
	}
	return nil
}
