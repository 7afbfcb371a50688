package centre

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"jaliya/hub/gateway"
	"jaliya/hub/ledger"
	"jaliya/internal/fault"
	"jaliya/internal/seal"
	"jaliya/internal/workflow"
)

// Cases reads the case of an order; ledger.Views is one.
type Cases interface {
	CaseNumber(n uint64) (ledger.CaseView, error)
}

// Resealer opens the packet of an order and seals to a site what a card needs;
// the opener is one. fault.Invalid or fault.Corrupt when the packet cannot be
// sent to any site.
type Resealer interface {
	Reseal(ctx context.Context, o ledger.Order, to Recipient) (Sealed, error)
}

// News tells the ledger what became of a case while its order stays open. It
// returns after the ledger took it, or with why not. See NewNews.
type News interface {
	Tell(ctx context.Context, o ledger.Order, a gateway.Answer) error
}

// Needs is what a Connector works with. All fields but Metrics are required.
type Needs struct {
	Cluster  string // id of the cluster, part of every job's id: small letters, digits, hyphens
	Cases    Cases
	Resealer Resealer
	News     News
	Now      func() time.Time
	Logger   *slog.Logger
	Metrics  *Metrics
}

// Connector carries out the orders that concern the production sites. Safe for
// concurrent use.
type Connector struct {
	Needs

	cfg     Config
	sites   []*site // in the order of the configuration
	letters *desk

	mu    sync.Mutex          // guards known
	known map[uint8]knowledge // by site
}

// New reads keys and certificates and gives a connector that asked nothing yet.
func New(cfg Config, needs Needs) (*Connector, error) {
	const op = "centre: new connector"
	cfg = cfg.WithDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if needs.Cases == nil || needs.Resealer == nil || needs.News == nil || needs.Now == nil || needs.Logger == nil {
		return nil, fault.New(fault.Invalid, op, "a required field is missing", nil)
	}
	if len(needs.Cluster) > 20 || !jobID.MatchString(needs.Cluster) {
		return nil, fault.New(fault.Invalid, op, "cluster: 1 to 20 small letters, digits, hyphens", nil)
	}
	c := &Connector{Needs: needs, cfg: cfg, letters: newDesk(), known: map[uint8]knowledge{}}
	for _, sc := range cfg.Sites {
		s, err := c.open(sc)
		if err != nil {
			return nil, fault.New(fault.KindOf(err), op, "site "+sc.Name, err)
		}
		c.sites = append(c.sites, s)
	}
	return c, nil
}

// Handlers gives what the gateway's worker needs.
func (c *Connector) Handlers() map[workflow.Order]gateway.Handler {
	return map[workflow.Order]gateway.Handler{ //nolint:exhaustive // the orders of this connector
		workflow.OrderRoute:     c.Route,
		workflow.OrderProduce:   c.Produce,
		workflow.OrderCancelJob: c.CancelJob,
	}
}

// Close lets idle connections go.
func (c *Connector) Close() {
	for _, s := range c.sites {
		s.client.CloseIdleConnections()
	}
}

func (c *Connector) site(number uint8) (*site, error) {
	for _, s := range c.sites {
		if s.Number == number {
			return s, nil
		}
	}
	return nil, fault.New(fault.Unsupported, "centre: find site", "", errors.New("no site has this number in the configuration"))
}

// open makes what speaks with one site.
func (c *Connector) open(sc SiteConfig) (*site, error) {
	sc.URL = strings.TrimSuffix(sc.URL, "/")
	s := &site{SiteConfig: sc, timeout: c.cfg.Timeout.Std(), sending: c.cfg.Sending.Std(), metrics: c.Metrics}
	s.gate = &gate{
		now:  c.Now,
		rule: BreakerRule{Failures: c.cfg.Breaker.Failures, Pause: c.cfg.Breaker.Pause.Std(), Most: c.cfg.Breaker.Most.Std()},
		seen: func(b BreakerState) {
			c.Metrics.breaker(sc.Name, b)
			c.Logger.Info("site's breaker moved", slog.String("site", sc.Name), slog.String("breaker", b.String()))
		},
	}
	raw, err := textFile(sc.PacketKey)
	if err != nil {
		return nil, err
	}
	key, err := base64.StdEncoding.DecodeString(raw)
	if err != nil {
		return nil, fault.New(fault.Invalid, "centre: read packet key", sc.PacketKey, errors.New("is not base64"))
	}
	if s.key, err = seal.ParsePostPublic(key); err != nil {
		return nil, err
	}
	if sc.TokenFile != "" {
		if s.token, err = textFile(sc.TokenFile); err != nil {
			return nil, err
		}
	}
	s.client, err = client(sc)
	return s, err
}

// maxFile caps a key, token or certificate file, in bytes.
const maxFile = 1 << 20

func textFile(path string) (string, error) {
	const op = "centre: read file"
	info, err := os.Stat(path)
	if err != nil {
		return "", fault.New(fault.NotFound, op, path, err)
	}
	if info.Size() > maxFile {
		return "", fault.New(fault.TooLarge, op, path, nil)
	}
	raw, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil {
		return "", fault.New(fault.Storage, op, path, err)
	}
	text := strings.TrimSpace(string(raw))
	if text == "" {
		return "", fault.New(fault.Invalid, op, path, errors.New("is empty"))
	}
	return text, nil
}

// client makes an HTTP client that follows no redirect and uses no proxy: a
// packet goes to the configured site or nowhere.
func client(sc SiteConfig) (*http.Client, error) {
	const op = "centre: make client"
	conf := &tls.Config{MinVersion: tls.VersionTLS13}
	if sc.CAFile != "" {
		pem, err := textFile(sc.CAFile)
		if err != nil {
			return nil, err
		}
		conf.RootCAs = x509.NewCertPool()
		if !conf.RootCAs.AppendCertsFromPEM([]byte(pem)) {
			return nil, fault.New(fault.Invalid, op, sc.CAFile, errors.New("holds no certificate"))
		}
	}
	if sc.CertFile != "" {
		cert, err := tls.LoadX509KeyPair(sc.CertFile, sc.KeyFile)
		if err != nil {
			return nil, fault.New(fault.Invalid, op, sc.CertFile, err)
		}
		conf.Certificates = []tls.Certificate{cert}
	}
	return &http.Client{
		Transport: &http.Transport{
			TLSClientConfig: conf, ForceAttemptHTTP2: true, TLSHandshakeTimeout: 10 * time.Second,
			MaxIdleConnsPerHost: 8, MaxConnsPerHost: 16, IdleConnTimeout: 90 * time.Second,
			MaxResponseHeaderBytes: 32 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}
