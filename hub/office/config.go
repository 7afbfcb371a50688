package office

import (
	"encoding/hex"
	"net"
	"net/url"
	"path/filepath"
	"regexp"
	"time"

	"jaliya/internal/config"
	"jaliya/internal/fault"
	"jaliya/internal/paper"
	"jaliya/internal/telemetry"
)

// Config is office.toml. Zero values work where a default is named.
type Config struct {
	Dir       string            `toml:"dir"`  // data directory
	Keep      config.Duration   `toml:"keep"` // content after the hub fetched the document, default 720h
	Contract  ContractConfig    `toml:"contract"`
	Desk      DeskConfig        `toml:"desk"`
	Admin     AdminConfig       `toml:"admin"`
	Custody   CustodyConfig     `toml:"custody"`
	Release   ReleaseConfig     `toml:"release"`
	Document  DocumentConfig    `toml:"document"`
	Timestamp TimestampConfig   `toml:"timestamp"`
	Log       telemetry.Options `toml:"log"`
}

// ContractConfig says where the hub asks.
type ContractConfig struct {
	Listen      string `toml:"listen"` // TCP host:port, default "127.0.0.1:8450"
	Cert        string `toml:"cert"`   // PEM file with the chain; needed beyond loopback
	Key         string `toml:"key"`
	TokenSHA256 string `toml:"token_sha256"` // of the hub's token
}

// DeskConfig says where officers sign in.
type DeskConfig struct {
	Listen string `toml:"listen"` // TCP host:port, default "127.0.0.1:8451"
	Cert   string `toml:"cert"`
	Key    string `toml:"key"`
}

// AdminConfig says where operators' machines ask.
type AdminConfig struct {
	Listen string `toml:"listen"` // default "127.0.0.1:9720"
	Socket string `toml:"socket"` // default admin.sock in dir
}

// CustodyConfig says what wraps the keys at rest; at most one is given.
type CustodyConfig struct {
	KeyFile    string `toml:"key_file"`   // default keys/kek in dir
	Credential string `toml:"credential"` // name of a systemd credential
}

// ReleaseConfig is the plan of releases.
type ReleaseConfig struct {
	Slot  config.Duration `toml:"slot"`  // default 30m
	Early int             `toml:"early"` // slots, default 96: two days
	Late  int             `toml:"late"`  // slots, default 384: eight days
	Share float64         `toml:"share"` // of reviewed requests, until there are figures; default 0.2
}

// DocumentConfig is what documents say of the office.
type DocumentConfig struct {
	NameArabic string `toml:"name_ar"`
	NameFrench string `toml:"name_fr"`
	Letters    string `toml:"letters"` // that numbers begin with
	Page       string `toml:"page"`    // address of the page that checks seals
	Issuer     string `toml:"issuer"`  // directory of the issuer's keys, default issuer in dir
}

// TimestampConfig names the time-stamping authority.
type TimestampConfig struct {
	URL   string          `toml:"url"`
	Roots string          `toml:"roots"` // PEM file
	Lists string          `toml:"lists"` // PEM file of its lists of revoked certificates, read at each document
	Skew  config.Duration `toml:"skew"`  // that its clock may differ by, default 1m
}

// WithDefaults fills in what was left out.
func (c Config) WithDefaults() Config {
	or(&c.Keep, config.Duration(30*24*time.Hour))
	or(&c.Contract.Listen, "127.0.0.1:8450")
	or(&c.Desk.Listen, "127.0.0.1:8451")
	or(&c.Admin.Listen, "127.0.0.1:9720")
	or(&c.Admin.Socket, filepath.Join(c.Dir, "admin.sock"))
	if c.Custody.Credential == "" {
		or(&c.Custody.KeyFile, filepath.Join(c.Dir, "keys", "kek"))
	}
	or(&c.Release.Slot, config.Duration(30*time.Minute))
	or(&c.Release.Early, 96)
	or(&c.Release.Late, 384)
	or(&c.Release.Share, 0.2)
	or(&c.Document.Issuer, filepath.Join(c.Dir, "issuer"))
	or(&c.Timestamp.Skew, config.Duration(time.Minute))
	return c
}

func or[T comparable](field *T, fallback T) {
	var zero T
	if *field == zero {
		*field = fallback
	}
}

func (c Config) plan() Plan {
	return Plan{Slot: c.Release.Slot.Std(), Early: c.Release.Early, Late: c.Release.Late, Share: c.Release.Share}
}

func (c Config) name() paper.Text {
	return paper.Text{Arabic: c.Document.NameArabic, French: c.Document.NameFrench}
}

// four is what a seal's signer is called, and letters begin numbers.
var (
	four    = regexp.MustCompile(`^[A-Z]{4}$`)
	letters = regexp.MustCompile(`^[A-Z]{2,6}$`)
)

// Validate names the key that breaks a rule.
func (c Config) Validate() error {
	const op = "office: validate config"
	bad := func(text string) error { return fault.New(fault.Invalid, op, text, nil) }
	d := c.WithDefaults()
	if d.Dir == "" {
		return bad("dir is required")
	}
	if raw, err := hex.DecodeString(d.Contract.TokenSHA256); err != nil || len(raw) != 32 {
		return bad("contract.token_sha256: 64 hexadecimal digits are required")
	}
	if c.Custody.KeyFile != "" && c.Custody.Credential != "" {
		return bad("custody: key_file and credential exclude each other")
	}
	if _, _, err := net.SplitHostPort(d.Admin.Listen); err != nil {
		return fault.New(fault.Invalid, op, "admin.listen", err)
	}
	if err := checkListen("contract", d.Contract.Listen, d.Contract.Cert, d.Contract.Key); err != nil {
		return err
	}
	if err := checkListen("desk", d.Desk.Listen, d.Desk.Cert, d.Desk.Key); err != nil {
		return err
	}
	if err := d.plan().Validate(); err != nil {
		return err
	}
	return d.validateDocument(bad)
}

func (c Config) validateDocument(bad func(string) error) error {
	switch address, err := url.Parse(c.Timestamp.URL); {
	case c.Document.NameArabic == "" || c.Document.NameFrench == "":
		return bad("document.name_ar and document.name_fr are required")
	case !letters.MatchString(c.Document.Letters):
		return bad("document.letters: 2 to 6 capital letters")
	case len(c.Document.Page) > 100:
		return bad("document.page: at most 100 bytes")
	case err != nil || address.Host == "" || address.Scheme != "https" && address.Scheme != "http":
		return bad("timestamp.url: an address of http or https")
	case c.Timestamp.Roots == "":
		return bad("timestamp.roots is required")
	}
	return nil
}

// checkListen wants TLS wherever anybody but this machine may connect.
func checkListen(section, listen, cert, key string) error {
	const op = "office: validate config"
	if (cert == "") != (key == "") {
		return fault.New(fault.Invalid, op, section+".cert and "+section+".key go together", nil)
	}
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return fault.New(fault.Invalid, op, section+".listen", err)
	}
	if address := net.ParseIP(host); cert == "" && host != "localhost" && (address == nil || !address.IsLoopback()) {
		return fault.New(fault.Invalid, op, section+".listen: beyond loopback "+section+".cert and key are needed", nil)
	}
	return nil
}

func (c Config) path(name string) string { return filepath.Join(c.Dir, name) }
