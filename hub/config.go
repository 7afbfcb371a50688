package hub

import (
	"errors"
	"maps"
	"net"
	"path/filepath"
	"slices"
	"time"

	"jaliya/hub/gateway/centre"
	"jaliya/hub/gateway/mail"
	"jaliya/hub/gateway/pouch"
	"jaliya/hub/gateway/records"
	"jaliya/hub/gateway/sms"
	"jaliya/hub/gateway/stamp"
	"jaliya/hub/gateway/tell"
	"jaliya/hub/gateway/witness"
	"jaliya/hub/watch"
	"jaliya/hub/watch/alert"
	"jaliya/internal/config"
	"jaliya/internal/fault"
	"jaliya/internal/telemetry"
)

// Config is the hub's configuration file. Zero values work where a default is
// named.
type Config struct {
	Dir     string            `toml:"dir"`     // data directory
	Nodes   Nodes             `toml:"nodes"`   // where posts connect
	Cluster ClusterConfig     `toml:"cluster"` // where members connect
	Admin   Admin             `toml:"admin"`
	Custody Custody           `toml:"custody"`
	Vault   VaultConfig       `toml:"vault"`
	Centre  *centre.Config    `toml:"centre"`  // production sites; none: cards wait for one
	Records *records.Config   `toml:"records"` // record offices; none: requests for records wait
	Stamp   *stamp.Config     `toml:"stamp"`   // payment of stamp duty; none: fees are paid at posts
	Mail    *mail.Config      `toml:"mail"`
	SMS     *sms.Config       `toml:"sms"`
	Tell    *tell.Config      `toml:"tell"` // with mail, sms or both; none: notices wait
	Pouch   pouch.Config      `toml:"pouch"`
	Portals Portals           `toml:"portals"`
	Verify  Verify            `toml:"verify"`
	Console ConsoleConfig     `toml:"console"` // officers' web surface
	Watch   watch.Limits      `toml:"watch"`   // when something becomes a need of operators
	Alert   *alert.Config     `toml:"alert"`   // who is told of it without looking; none: nobody
	Witness *witness.Config   `toml:"witness"` // who cosigns the log; none: the posts alone watch it
	Log     telemetry.Options `toml:"log"`
}

// Nodes says where posts connect.
type Nodes struct {
	Listen string `toml:"listen"` // UDP host:port, default ":7700"
	TCP    string `toml:"tcp"`    // TCP host:port for posts whose network lets no UDP pass, default as listen; "off": none
}

// off stands for an address where nothing listens.
const off = "off"

// ClusterConfig says where members connect.
type ClusterConfig struct {
	Listen  string          `toml:"listen"`  // UDP host:port, default "127.0.0.1:7701"
	Address string          `toml:"address"` // host:port by which the other members reach it; needed with more than one
	Proof   config.Duration `toml:"proof"`   // for how long a member must have kept up before it gets the vote, default 60 s
}

// Portals says where the citizens' processes ask.
type Portals struct {
	Listen  string `toml:"listen"`  // TCP host:port, mutual TLS; empty: no portal may ask here
	Address string `toml:"address"` // of the portal, as citizens reach it; needed with [stamp]
}

// Admin says where operators' machines ask.
type Admin struct {
	Listen string `toml:"listen"` // TCP host:port of /metrics, /healthz, /readyz; default "127.0.0.1:9700"
	Socket string `toml:"socket"` // unix socket of hub's own commands; default admin.sock in dir
}

// Custody says what wraps the keys at rest; at most one is given.
type Custody struct {
	KeyFile    string `toml:"key_file"`   // default keys/kek in dir
	Credential string `toml:"credential"` // name of a systemd credential
}

// VaultConfig says where sealed images are kept.
type VaultConfig struct {
	Dir        string          `toml:"dir"`         // default vault in dir
	Reserve    config.Size     `toml:"reserve"`     // space that uploads leave free, default 1 GiB
	ScrubEvery config.Duration `toml:"scrub_every"` // within which each object is read and proved again, default 30 days
	ScrubRate  config.Size     `toml:"scrub_rate"`  // bytes per second that this reads at most, default 8 MiB
}

// Verify says who verifies.
type Verify struct {
	ByHand bool `toml:"by_hand"` // every case waits for a verifier, clean ones too
}

// WithDefaults fills in what was left out.
func (c Config) WithDefaults() Config {
	c.Watch = c.Watch.WithDefaults()
	or(&c.Nodes.Listen, ":7700")
	or(&c.Nodes.TCP, c.Nodes.Listen)
	or(&c.Cluster.Listen, "127.0.0.1:7701")
	or(&c.Cluster.Proof, config.Duration(time.Minute))
	or(&c.Admin.Listen, "127.0.0.1:9700")
	or(&c.Admin.Socket, filepath.Join(c.Dir, "admin.sock"))
	or(&c.Vault.Dir, filepath.Join(c.Dir, "vault"))
	or(&c.Vault.Reserve, config.Size(1<<30))
	or(&c.Vault.ScrubEvery, config.Duration(30*24*time.Hour))
	or(&c.Vault.ScrubRate, config.Size(8<<20))
	if c.Custody.Credential == "" {
		or(&c.Custody.KeyFile, filepath.Join(c.Dir, "keys", "kek"))
	}
	return c
}

func or[T comparable](field *T, fallback T) {
	var zero T
	if *field == zero {
		*field = fallback
	}
}

// Validate names the key that breaks a rule.
func (c Config) Validate() error {
	const op = "hub: validate config"
	d := c.WithDefaults()
	if d.Dir == "" {
		return fault.New(fault.Invalid, op, "dir is required", nil)
	}
	listens := map[string]string{
		"nodes.listen": d.Nodes.Listen, "cluster.listen": d.Cluster.Listen, "admin.listen": d.Admin.Listen,
	}
	if d.Nodes.TCP != off {
		listens["nodes.tcp"] = d.Nodes.TCP
	}
	if d.Portals.Listen != "" {
		listens["portals.listen"] = d.Portals.Listen
	}
	for _, key := range slices.Sorted(maps.Keys(listens)) { // nodes.tcp is nodes.listen where it is not said
		if _, _, err := net.SplitHostPort(listens[key]); err != nil {
			return fault.New(fault.Invalid, op, key, err)
		}
	}
	if c.Custody.KeyFile != "" && c.Custody.Credential != "" {
		return fault.New(fault.Invalid, op, "custody: key_file and credential exclude each other", nil)
	}
	if err := errors.Join(c.Vault.validate(), c.Console.Validate()); err != nil {
		return err
	}
	if c.Centre != nil {
		if err := c.Centre.Validate(); err != nil {
			return err
		}
	}
	if c.Records != nil {
		if err := c.Records.Validate(); err != nil {
			return err
		}
	}
	if err := c.Watch.Validate(); err != nil {
		return err
	}
	if err := c.validateCarriers(); err != nil {
		return err
	}
	return c.Pouch.Validate()
}

// validateCarriers checks the sections of outside systems that are there.
func (c Config) validateCarriers() error {
	if c.Stamp != nil {
		if err := c.Stamp.WithDefaults().Validate(); err != nil {
			return err
		}
	}
	if c.Mail != nil {
		if err := c.Mail.WithDefaults().Validate(); err != nil {
			return err
		}
	}
	if c.SMS != nil {
		if err := c.SMS.WithDefaults().Validate(); err != nil {
			return err
		}
	}
	if c.Witness != nil {
		if err := c.Witness.WithDefaults().Validate(); err != nil {
			return err
		}
	}
	return c.validateTelling()
}

// validateTelling checks who is told of what: citizens by tell, operators by
// alert, both through the same mail server.
func (c Config) validateTelling() error {
	if err := c.validateAlert(); err != nil {
		return err
	}
	heard := c.SMS != nil || c.Mail != nil && !c.writesToOperators()
	if c.Tell == nil && heard || c.Tell != nil && c.Mail == nil && c.SMS == nil {
		return fault.New(fault.Invalid, "hub: validate config", "tell goes with mail, sms or both", nil)
	}
	if c.Tell != nil {
		return c.Tell.Validate()
	}
	return nil
}
