package identity

import (
	"crypto/sha256"
	"encoding/base64"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"jaliya/internal/outside"
)

// Provider is the simulated third party. Safe for concurrent use.
type Provider struct {
	cfg    Config
	people []Citizen
	faults *outside.Faults
	log    *outside.Log
	page   *pages

	mu       sync.Mutex // guards all below
	asked    map[string]*transaction
	granted  map[string]grant   // by digest of the code
	sessions map[string]session // by the browser's cookie
	proofs   map[string]time.Time
}

// transaction is a question of a client until the person has agreed.
type transaction struct {
	grant

	browser  string
	state    string
	wanted   string // lowest level
	maxAge   time.Duration
	limited  bool // maxAge counts
	again    bool // prompt=login
	until    time.Time
	failures int
}

// grant is what a code stands for.
type grant struct {
	id        string // of the transaction, also the receipt's
	client    *Client
	redirect  string
	nonce     string
	challenge string
	citizen   *Citizen
	level     string
	agreed    []string
	proved    time.Time
	until     time.Time
	used      bool
}

// session is who proved themselves in a browser.
type session struct {
	citizen *Citizen
	level   string
	proved  time.Time
}

// New gives a provider.
func New(cfg Config) (*Provider, error) {
	cfg, err := cfg.check()
	if err != nil {
		return nil, err
	}
	page, err := newPages(cfg.Catalog)
	if err != nil {
		return nil, err
	}
	return &Provider{
		cfg: cfg, people: draw(cfg.Seed, cfg.People), faults: outside.NewFaults(cfg.Seed), log: &outside.Log{}, page: page,
		asked: map[string]*transaction{}, granted: map[string]grant{}, sessions: map[string]session{}, proofs: map[string]time.Time{},
	}, nil
}

// Faults gives what goes wrong, for tests in the same program.
func (p *Provider) Faults() *outside.Faults { return p.faults }

// People gives who can sign in.
func (p *Provider) People() []Citizen { return append([]Citizen(nil), p.people...) }

// Handler gives the contract and the pages.
func (p *Provider) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.getDiscovery)
	mux.HandleFunc("GET /jwks", func(w http.ResponseWriter, _ *http.Request) {
		outside.JSON(w, http.StatusOK, p.cfg.Keys.public())
	})
	mux.HandleFunc("GET /authorize", p.getAuthorize)
	mux.HandleFunc("GET /login", p.getLogin)
	mux.HandleFunc("POST /login", p.postLogin)
	mux.HandleFunc("GET /consent", p.getConsent)
	mux.HandleFunc("POST /consent", p.postConsent)
	mux.HandleFunc("POST /token", p.postToken)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		outside.Problem(w, http.StatusNotFound, "not-found")
	})
	return &outside.Service{Mux: mux, Faults: p.faults, Log: p.log}
}

// Admin gives package outside's handler and, besides,
//
//	POST /admin/keys   a new signing key, the old ones stay published
//	GET  /admin/people names and PINs of the specimen people
func (p *Provider) Admin() http.Handler {
	mux := outside.Admin(p.faults, p.log)
	mux.HandleFunc("POST /admin/keys", func(w http.ResponseWriter, _ *http.Request) {
		if err := p.cfg.Keys.Rotate(); err != nil {
			p.cfg.Logger.Error("key not made", slog.Any("error", err))
			outside.Problem(w, http.StatusInternalServerError, "storage")
			return
		}
		outside.JSON(w, http.StatusCreated, p.cfg.Keys.public())
	})
	mux.HandleFunc("GET /admin/people", func(w http.ResponseWriter, _ *http.Request) {
		all := make([]map[string]any, 0, len(p.people))
		for i, c := range p.people {
			all = append(all, map[string]any{"number": i, "pin": c.PIN, "minor": c.Minor, "person": c.Person})
		}
		outside.JSON(w, http.StatusOK, map[string]any{"people": all})
	})
	return mux
}

func (p *Provider) getDiscovery(w http.ResponseWriter, _ *http.Request) {
	at := p.cfg.Issuer
	outside.JSON(w, http.StatusOK, map[string]any{
		"issuer": at, "authorization_endpoint": at + "/authorize", "token_endpoint": at + "/token", "jwks_uri": at + "/jwks",
		"response_types_supported": []string{"code"}, "response_modes_supported": []string{"query"},
		"grant_types_supported": []string{"authorization_code"}, "subject_types_supported": []string{"pairwise"},
		"id_token_signing_alg_values_supported": []string{"ES256"}, "scopes_supported": []string{"openid", "person"},
		"token_endpoint_auth_methods_supported":            []string{"private_key_jwt", "client_secret_basic"},
		"token_endpoint_auth_signing_alg_values_supported": []string{"ES256"},
		"code_challenge_methods_supported":                 []string{"S256"},
		"acr_values_supported":                             []string{levelSubstantial, levelHigh},
		"ui_locales_supported":                             []string{"ar", "fr", "en"},
		"claims_supported":                                 append(append([]string{"sub", "auth_time", "acr", "amr"}, needed...), optional...),
		"authorization_response_iss_parameter_supported":   true,
		"prompt_values_supported":                          []string{"login", "none"},
		"verified_claims_supported":                        true,
		"trust_frameworks_supported":                       []string{"ma_tcn"},
	})
}

// subject is pairwise by the host that the code goes to.
func (p *Provider) subject(g grant) string {
	sector := g.client.ID
	if u, err := url.Parse(g.redirect); err == nil {
		sector = u.Hostname()
	}
	return p.cfg.Keys.subject(sector, string(g.citizen.Person.NationalNumber))
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func token() string { return base64.RawURLEncoding.EncodeToString(random(32)) }

// sweep forgets what is over. The caller holds the lock.
func (p *Provider) sweep(now time.Time) {
	for id, t := range p.asked {
		if now.After(t.until) {
			delete(p.asked, id)
		}
	}
	for code, g := range p.granted {
		if now.After(g.until.Add(codeLife)) {
			delete(p.granted, code)
		}
	}
	for id, s := range p.sessions {
		if now.Sub(s.proved) > sessionLife {
			delete(p.sessions, id)
		}
	}
	for id, until := range p.proofs {
		if now.After(until) {
			delete(p.proofs, id)
		}
	}
}
