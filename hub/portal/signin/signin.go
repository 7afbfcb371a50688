package signin

import (
	"context"
	"net/http"
	"net/url"
	slashpath "path"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"jaliya/internal/fault"
)

// SignIn signs people in. Safe for concurrent use.
type SignIn struct {
	cfg     Config
	client  *http.Client
	proof   prover
	pending *pending

	mu       sync.Mutex // guards provider and asking; held while it is asked
	provider *provider
	failed   time.Time
}

// New checks the configuration and reads its files. It asks the provider
// nothing: that happens when the first person wants to sign in.
func New(cfg Config) (*SignIn, error) {
	cfg = cfg.WithDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	client, err := newClient(cfg)
	if err != nil {
		return nil, err
	}
	proof, err := newProver(cfg)
	if err != nil {
		return nil, err
	}
	return &SignIn{cfg: cfg, client: client, proof: proof, pending: newPending()}, nil
}

// Ready tells whether the provider can be had. Errors: Unavailable.
func (s *SignIn) Ready(ctx context.Context) error {
	_, err := s.ask(ctx, opBegin)
	return err
}

// Options say what a sign-in is for. The zero Options lead to the portal's
// first page.
type Options struct {
	Return   string  // path of the portal to go on with, with its query; empty: "/"
	Fresh    bool    // the person proves it again, whatever session there is
	Level    Level   // at least; the configured one when that is higher
	Language string  // of the portal's page: "ar"
	Subject  Subject // only this person will do; empty: anybody
}

// maxReturn caps a way back, in bytes.
const maxReturn = 512

// Begin gives the address to send the browser to and names the browser in a
// cookie. Nothing is remembered when it fails. Errors: Invalid CodeReturn,
// Unavailable CodeUnavailable.
func (s *SignIn) Begin(w http.ResponseWriter, r *http.Request, o Options) (string, error) {
	if o.Return == "" {
		o.Return = "/"
	}
	if !safePath(o.Return) {
		return "", refuse(fault.Invalid, opBegin, CodeReturn, "return path")
	}
	p, err := s.ask(r.Context(), opBegin)
	if err != nil {
		return "", err
	}
	o.Level = max(o.Level, s.cfg.MinLevel)
	state, browser := secret(), s.nameBrowser(w, r)
	a := &attempt{browser: digest(browser), nonce: secret(), verifier: oauth2.GenerateVerifier(), want: o, begun: time.Now()}
	s.pending.put(state, a)
	return s.oauth(p).AuthCodeURL(state, s.question(a)...), nil
}

// safePath takes a path of this very site: no host, no scheme, and nothing that
// a browser reads as one.
func safePath(path string) bool {
	if len(path) > maxReturn || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") {
		return false
	}
	for _, r := range path {
		if r <= ' ' || r == '\\' || r == 0x7f {
			return false
		}
	}
	u, err := url.Parse(path)
	if err != nil || u.Host != "" || u.Scheme != "" || u.User != nil || u.Fragment != "" || strings.Contains(u.Path, `\`) {
		return false
	}
	// Dots and doubled slashes could become a host once somebody resolves them.
	return slashpath.Clean(u.Path) == u.Path || slashpath.Clean(u.Path)+"/" == u.Path
}
