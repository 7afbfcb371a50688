package hub

import (
	"errors"
	"io/fs"
	"os"
	"time"

	"jaliya/internal/fault"
	"jaliya/internal/link/pki"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

// InitOptions says how a new national trust is made.
type InitOptions struct {
	Name       string // of this first member, such as "rabat-1"
	Passphrase string // of the root key file
	WorkFactor int    // scrypt, 0 for the default
	Now        time.Time
}

// Initialized says what Init made, for people to write down.
type Initialized struct {
	Cluster     string `json:"cluster"`
	Member      string `json:"member"`
	Fingerprint string `json:"fingerprint"` // of the root, to be compared when nodes join
	Root        string `json:"root"`        // file to be taken away to an offline place
}

// Init makes the root, one intermediate for each role, the receipt, intake and
// index keys, and this member's identity. It refuses a directory that holds any
// of them. The cluster id is written last: a directory without it was never
// initialized, and Init may be asked again after removing it.
func Init(c Config, o InitOptions) (Initialized, error) {
	const op = "hub: init"
	c = c.WithDefaults()
	if _, err := os.Stat(c.keyPath(fileCluster)); !errors.Is(err, fs.ErrNotExist) {
		return Initialized{}, fault.New(fault.Exists, op, c.Dir+" is initialized already", err)
	}
	if err := os.MkdirAll(c.keyPath(""), 0o700); err != nil {
		return Initialized{}, fault.New(fault.Storage, op, c.Dir, err)
	}
	box, err := c.custody(true)
	if err != nil {
		return Initialized{}, err
	}
	root, err := pki.NewRoot(o.Now)
	if err != nil {
		return Initialized{}, err
	}
	if err := root.Save(c.keyPath(fileRoot), o.Passphrase, o.WorkFactor); err != nil {
		return Initialized{}, err
	}
	member, trust, err := c.initIdentities(root, box, o)
	if err != nil {
		return Initialized{}, err
	}
	if err := c.initSecrets(box); err != nil {
		return Initialized{}, err
	}
	cluster := wire.NewClusterID()
	if err := writePublic(c.keyPath(fileCluster), []byte(cluster.String())); err != nil {
		return Initialized{}, err
	}
	return Initialized{
		Cluster: cluster.String(), Member: member.String(),
		Fingerprint: trust.Fingerprint().String(), Root: c.keyPath(fileRoot),
	}, nil
}

func (c Config) initIdentities(root *pki.Root, box seal.Custody, o InitOptions) (pki.Identity, *pki.TrustBundle, error) {
	id, err := pki.NewID()
	if err != nil {
		return pki.Identity{}, nil, err
	}
	member := pki.Identity{Role: pki.Member, Name: o.Name, ID: id}
	if err := member.Validate(); err != nil {
		return pki.Identity{}, nil, err
	}
	authorities, trust, err := root.IssueAll(o.Now)
	if err != nil {
		return pki.Identity{}, nil, err
	}
	for role, a := range authorities {
		secret, err := a.Marshal()
		if err != nil {
			return pki.Identity{}, nil, err
		}
		if err := seal.SaveSecret(c.keyPath(authorityFile(role)), box, purposeAuthority, secret); err != nil {
			return pki.Identity{}, nil, err
		}
	}
	if err := writePublic(c.keyPath(fileTrust), trust.Marshal()); err != nil {
		return pki.Identity{}, nil, err
	}
	return member, trust, writePublic(c.keyPath(fileMember), []byte(member.String()))
}

func (c Config) initSecrets(box seal.Custody) error {
	receipt, err := seal.GenerateSigningKey()
	if err != nil {
		return err
	}
	if err := receipt.Save(c.keyPath(fileReceipt), box); err != nil {
		return err
	}
	dicts, err := seal.BuiltIn()
	if err != nil {
		return err
	}
	intake, err := seal.GenerateIntakeKeys(dicts)
	if err != nil {
		return err
	}
	if err := intake.Save(c.keyPath(fileIntake), box); err != nil {
		return err
	}
	return newSecret(c.keyPath(fileIndex), box, purposeIndex)
}
