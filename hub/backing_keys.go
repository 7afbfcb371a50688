package hub

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"

	"filippo.io/age"

	"jaliya/hub/backup"
	"jaliya/hub/ledger"
	"jaliya/internal/durable"
	"jaliya/internal/fault"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

// maxKeptKeys bounds the keys of a backup, in bytes.
const maxKeptKeys = 8 << 20

// keptKeys is what a backup holds of keys/: secrets without their wrapping, as
// the custody of the machine is gone with it.
type keptKeys struct {
	Version int               `cbor:"1,keyasint"`
	Cluster wire.ClusterID    `cbor:"2,keyasint"`
	Member  string            `cbor:"3,keyasint"` // who wrote the backup
	Public  map[string][]byte `cbor:"4,keyasint"` // files as they are
	Secret  map[string][]byte `cbor:"5,keyasint"` // what is in wrapped files
}

// keyFile is one file of keys/ in a backup.
type keyFile struct {
	sharedKey // without a purpose: it is public

	optional bool
}

// backupKeys are what all members share, and the receipt key that comes next.
func backupKeys() []keyFile {
	list := []keyFile{
		{sharedKey: sharedKey{file: fileTrust}},
		{sharedKey: sharedKey{file: fileReceiptTold}, optional: true},
		{sharedKey: sharedKey{fileReceiptNext, seal.PurposeSigning}, optional: true},
	}
	for _, key := range sharedKeys() {
		list = append(list, keyFile{sharedKey: key, optional: key.file == fileOfficers})
	}
	return list
}

// gatherKeys reads them.
func gatherKeys(c Config, cluster wire.ClusterID, member string) (keptKeys, error) {
	box, err := c.custody(false)
	if err != nil {
		return keptKeys{}, err
	}
	k := keptKeys{Version: 1, Cluster: cluster, Member: member, Public: map[string][]byte{}, Secret: map[string][]byte{}}
	for _, f := range backupKeys() {
		into := k.Secret
		var raw []byte
		if f.purpose == "" {
			into = k.Public
			raw, err = os.ReadFile(c.keyPath(f.file))
		} else {
			raw, err = seal.LoadSecret(c.keyPath(f.file), box, f.purpose)
		}
		if f.optional && errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return keptKeys{}, fault.New(fault.KindOf(err), "hub: gather keys", f.file, err)
		}
		into[f.file] = raw
	}
	return k, nil
}

// write makes keys/ of a restored hub, all but the cluster's id.
func (k keptKeys) write(c Config) error {
	const op = "hub: write keys"
	if err := os.MkdirAll(c.keyPath(""), 0o700); err != nil {
		return fault.New(fault.Storage, op, c.Dir, err)
	}
	box, err := c.custody(true)
	if err != nil {
		return err
	}
	for _, f := range backupKeys() {
		from := k.Secret
		if f.purpose == "" {
			from = k.Public
		}
		raw, found := from[f.file]
		switch {
		case !found && f.optional:
		case !found:
			return fault.New(fault.Corrupt, op, f.file+" is not in the backup", nil)
		case f.purpose == "":
			err = writePublic(c.keyPath(f.file), raw)
		default:
			err = seal.SaveSecret(c.keyPath(f.file), box, f.purpose, raw)
		}
		if err != nil {
			return err
		}
	}
	return durable.SyncDir(c.Dir)
}

func (k keptKeys) clear() {
	for _, secret := range k.Secret {
		clear(secret)
	}
}

// readKept opens the keys of a backup, which are few.
func readKept(from func(to io.Writer) error) (k keptKeys, err error) {
	var plain bytes.Buffer
	if err := from(&capped{to: &plain, left: maxKeptKeys}); err != nil {
		return keptKeys{}, err
	}
	defer func() { clear(plain.Bytes()) }()
	if err := wire.Unmarshal(plain.Bytes(), maxKeptKeys, &k); err != nil {
		return keptKeys{}, fault.New(fault.Corrupt, "hub: read keys", "", err)
	}
	if k.Version != 1 {
		return keptKeys{}, fault.New(fault.Unsupported, "hub: read keys", "they were written by a newer program", nil)
	}
	return k, nil
}

// capped refuses what is longer than it may be.
type capped struct {
	to   io.Writer
	left int
}

// Write implements io.Writer.
func (c *capped) Write(b []byte) (int, error) {
	if c.left -= len(b); c.left < 0 {
		return 0, fault.New(fault.TooLarge, "hub: read keys", "", nil)
	}
	return c.to.Write(b)
}

// backupKeysRequest says to whom the keys are encrypted.
type backupKeysRequest struct {
	Recipient string `json:"recipient"`
}

// backupKeysReply brings them, with the public half of the one that signs.
type backupKeysReply struct {
	Sealed  []byte `json:"sealed"`
	Receipt []byte `json:"receipt"`
}

// giveKeys encrypts the keys here: they leave this process for the offline
// identity alone.
func (h *Hub) giveKeys(_ context.Context, in backupKeysRequest) (backupKeysReply, error) {
	to, err := backup.Recipients(in.Recipient)
	if err != nil {
		return backupKeysReply{}, err
	}
	h.changing.Lock()
	defer h.changing.Unlock()
	kept, err := gatherKeys(h.cfg, h.keys.cluster, h.keys.member.String())
	if err != nil {
		return backupKeysReply{}, err
	}
	defer kept.clear()
	plain := wire.Marshal(kept)
	defer clear(plain)
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, to...)
	if err == nil {
		_, err = w.Write(plain)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return backupKeysReply{}, fault.New(fault.Internal, opBacking, "keys", err)
	}
	return backupKeysReply{Sealed: sealed.Bytes(), Receipt: h.keys.signer().Public().Bytes()}, nil
}

// knows reports whether a state knows the key that signs.
func knows(c ledger.Cluster, receipt []byte) bool {
	for _, key := range c.Receipt {
		if bytes.Equal(key, receipt) {
			return true
		}
	}
	return false
}
