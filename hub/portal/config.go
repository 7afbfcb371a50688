package portal

import (
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"

	"jaliya/hub/portal/signin"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/telemetry"
)

// Config is the portal's configuration file. Zero values work where a default
// is named.
type Config struct {
	Dir       string              `toml:"dir"`       // identity of this process; nothing of citizens
	Listen    string              `toml:"listen"`    // TCP host:port, default "127.0.0.1:8080"
	Cert      string              `toml:"cert"`      // PEM file with the chain; needed beyond loopback
	Key       string              `toml:"key"`       // PEM file; read again when it changes
	Address   string              `toml:"address"`   // as citizens reach it: "https://portal.example.ma"
	Proxies   []string            `toml:"proxies"`   // networks whose X-Forwarded-For is believed: "10.0.0.0/8"
	Members   []string            `toml:"members"`   // host:port of members' [portals] listen
	Languages []consular.Language `toml:"languages"` // offered, the first is the default; default all
	Admin     Admin               `toml:"admin"`
	Verify    Verify              `toml:"verify"`
	SignIn    *signin.Config      `toml:"signin"` // none: nobody signs in here
	Log       telemetry.Options   `toml:"log"`
}

// Admin says where operators' machines ask.
type Admin struct {
	Listen string `toml:"listen"` // TCP host:port of /metrics, /healthz, /readyz; default "127.0.0.1:9710"
}

// Verify names the PEM files that documents are proved with. Without issuers
// the page says that documents cannot be proved here.
type Verify struct {
	Issuers []string `toml:"issuers"` // roots of record offices
	Times   []string `toml:"times"`   // roots of time-stamping authorities; default the issuers'
	Seals   []string `toml:"seals"`   // certificates of seal signers
}

// languages are those of the public, in the order in which they are offered.
func languages() []consular.Language {
	return []consular.Language{
		consular.Arabic, consular.French, consular.Tamazight, consular.Spanish, consular.English,
		consular.Italian, consular.Dutch, consular.German,
	}
}

// WithDefaults fills in what was left out.
func (c Config) WithDefaults() Config {
	if c.Listen == "" {
		c.Listen = "127.0.0.1:8080"
	}
	if c.Admin.Listen == "" {
		c.Admin.Listen = "127.0.0.1:9710"
	}
	if len(c.Languages) == 0 {
		c.Languages = languages()
	}
	if len(c.Verify.Times) == 0 {
		c.Verify.Times = c.Verify.Issuers
	}
	return c
}

func (c Config) secure() bool { return c.Cert != "" }

func (c Config) path(name string) string { return filepath.Join(c.Dir, name) }

// Validate names the key that breaks a rule.
func (c Config) Validate() error {
	const op = "portal: validate config"
	d := c.WithDefaults()
	bad := func(what string) error { return fault.New(fault.Invalid, op, what, nil) }
	switch {
	case d.Dir == "":
		return bad("dir is required")
	case (d.Cert == "") != (d.Key == ""):
		return bad("cert and key go together")
	case len(d.Members) == 0:
		return bad("members: at least one host:port")
	case len(d.Verify.Seals) > 0 && len(d.Verify.Issuers) == 0:
		return bad("verify.seals need verify.issuers")
	}
	for key, address := range map[string]string{"listen": d.Listen, "admin.listen": d.Admin.Listen} {
		if _, _, err := net.SplitHostPort(address); err != nil {
			return fault.New(fault.Invalid, op, key, err)
		}
	}
	for _, member := range d.Members {
		if _, _, err := net.SplitHostPort(member); err != nil {
			return fault.New(fault.Invalid, op, "members: "+member, err)
		}
	}
	if host, _, _ := net.SplitHostPort(d.Listen); !d.secure() && !loopback(host) {
		return bad("listen: beyond loopback cert and key are needed")
	}
	if err := d.validateWeb(bad); err != nil {
		return err
	}
	if d.SignIn != nil {
		return d.SignIn.WithDefaults().Validate()
	}
	return nil
}

// validateWeb checks what browsers meet.
func (c Config) validateWeb(bad func(string) error) error {
	u, err := url.Parse(c.Address)
	if err != nil || u.Host == "" || u.Scheme+"://"+u.Host != c.Address || (u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname()))) {
		return bad("address: as citizens reach the portal, without a path: https://portal.example.ma")
	}
	for _, network := range c.Proxies {
		if _, err := netip.ParsePrefix(network); err != nil {
			return bad("proxies: " + network + " is no network such as 10.0.0.0/8")
		}
	}
	for i, l := range c.Languages {
		if !slices.Contains(languages(), l) || slices.Contains(c.Languages[:i], l) {
			return bad("languages: " + string(l))
		}
	}
	return nil
}

func loopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || (err == nil && a.IsLoopback())
}
