package node

import (
	"net"
	"path/filepath"
	"slices"

	"jaliya/consulate-node/desk"
	"jaliya/consulate-node/ship"
	"jaliya/internal/access"
	"jaliya/internal/config"
	"jaliya/internal/fault"
	"jaliya/internal/link/pki"
	"jaliya/internal/telemetry"
	"jaliya/internal/wire"
)

// Config is the node's configuration file. Zero values work where a default is
// named.
type Config struct {
	Dir     string            `toml:"dir"`  // data directory
	Hubs    []string          `toml:"hubs"` // host:port, UDP; default: those of the invitation
	Desk    Desk              `toml:"desk"`
	Admin   Admin             `toml:"admin"`
	Custody Custody           `toml:"custody"`
	Journal Journal           `toml:"journal"`
	Ship    Ship              `toml:"ship"`
	Printer Printer           `toml:"printer"`
	Log     telemetry.Options `toml:"log"`
}

// Desk says where workstations connect and which programs may.
type Desk struct {
	Listen   string                  `toml:"listen"` // TCP host:port, default "127.0.0.1:8443"
	Names    []string                `toml:"names"`  // by which workstations reach it: names and addresses of the local network
	TLS      *bool                   `toml:"tls"`    // default: whether it has a name, or listens on an address of the network
	Device   string                  `toml:"device"` // origin of the fingerprint reader's service on each workstation: "http://127.0.0.1:9091"; empty: none
	Portal   string                  `toml:"portal"` // address of the citizens' portal, printed on slips: "https://portal.example.ma"; empty: none
	Accounts []access.ServiceAccount `toml:"service_account"`
}

// names gives all names for the desk's certificate: those configured, and the
// address that it listens on when that is one of the network.
func (d Desk) names() []string {
	out := slices.Clone(d.Names)
	host, _, err := net.SplitHostPort(d.Listen)
	if ip := net.ParseIP(host); err == nil && ip != nil && !ip.IsUnspecified() && !ip.IsLoopback() && !slices.Contains(out, host) {
		out = append(out, host)
	}
	return out
}

// secure reports whether the desk speaks TLS.
func (d Desk) secure() bool {
	if d.TLS != nil {
		return *d.TLS
	}
	return len(d.names()) > 0
}

func (d Desk) validate() error {
	const op = "node: validate config"
	names := d.names()
	if d.secure() && len(names) == 0 {
		return fault.New(fault.Invalid, op, "desk.tls: desk.names must say how workstations reach the desk", nil)
	}
	if len(names) > wire.MaxDeskNames {
		return fault.New(fault.TooLarge, op, "desk.names", nil)
	}
	if _, _, err := pki.LANNames(names); err != nil {
		return fault.New(fault.Invalid, op, "desk.names", err)
	}
	if err := desk.CheckDevice(d.Device); err != nil {
		return fault.New(fault.Invalid, op, "desk.device", err)
	}
	if err := desk.CheckPortal(d.Portal); err != nil {
		return fault.New(fault.Invalid, op, "desk.portal", err)
	}
	for _, a := range d.Accounts {
		if err := a.Validate(); err != nil {
			return err
		}
	}
	return nil
}

// Admin says where operators' machines ask.
type Admin struct {
	Listen string `toml:"listen"` // TCP host:port of /metrics, /healthz, /readyz; default "127.0.0.1:9090"
	Socket string `toml:"socket"` // unix socket of the node's own commands, mode 0600; default admin.sock in dir
}

// Custody says what wraps the keys at rest; at most one is given.
type Custody struct {
	KeyFile    string `toml:"key_file"`   // default keys/kek in dir
	Credential string `toml:"credential"` // name of a systemd credential
}

// Journal bounds the journal.
type Journal struct {
	MaxSize config.Size `toml:"max_size"` // of journal.db, default 8 GiB
	Ballast config.Size `toml:"ballast"`  // space that is given up when the disk is full, default 32 MiB
	Mirror  string      `toml:"mirror"`   // directory on a second disk that holds all that is saved as well; empty: none
	// MirrorSameDisk lets the mirror lie on the journal's own disk, for rehearsals.
	MirrorSameDisk bool   `toml:"mirror_same_disk"`
	Anchor         string `toml:"anchor"` // file outside what a copy of the journal brings back (D39), default keys/anchor in dir
}

// WithDefaults fills in what was left out.
func (c Config) WithDefaults() Config {
	or(&c.Desk.Listen, "127.0.0.1:8443")
	or(&c.Admin.Listen, "127.0.0.1:9090")
	or(&c.Admin.Socket, c.socket())
	or(&c.Journal.Anchor, c.path(fileAnchor))
	or(&c.Journal.MaxSize, config.Size(8<<30))
	or(&c.Journal.Ballast, config.Size(32<<20))
	or(&c.Ship.Connections, ship.MostLanes)
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
	const op = "node: validate config"
	d := c.WithDefaults()
	if d.Dir == "" {
		return fault.New(fault.Invalid, op, "dir is required", nil)
	}
	addresses := map[string]string{"desk.listen": d.Desk.Listen, "admin.listen": d.Admin.Listen}
	for _, hub := range c.Hubs {
		addresses["hubs: "+hub] = hub
	}
	for key, address := range addresses {
		if _, _, err := net.SplitHostPort(address); err != nil {
			return fault.New(fault.Invalid, op, key, err)
		}
	}
	if c.Custody.KeyFile != "" && c.Custody.Credential != "" {
		return fault.New(fault.Invalid, op, "custody: key_file and credential exclude each other", nil)
	}
	if err := d.Printer.validate(); err != nil {
		return err
	}
	if err := d.Journal.validate(d.Dir); err != nil {
		return err
	}
	if err := d.Ship.validate(); err != nil {
		return err
	}
	return d.Desk.validate()
}

func (c Config) path(name string) string { return filepath.Join(c.Dir, name) }
