package signin

import (
	"context"
	"errors"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// What the provider says of itself is asked again after a while; when it cannot
// be had then, what it said before still counts.
const (
	discoveryLife  = 12 * time.Hour
	discoveryPause = 2 * time.Second // after a failure
)

// provider is what discovery has told.
type provider struct {
	endpoint   oauth2.Endpoint
	keys       *oidc.RemoteKeySet
	saysIssuer bool // answers of browsers name the issuer (RFC 9207)
	at         time.Time
}

// metadata are the members of the discovery document that are read here.
type metadata struct {
	Authorization string   `json:"authorization_endpoint"`
	Token         string   `json:"token_endpoint"`
	JWKS          string   `json:"jwks_uri"`
	Challenges    []string `json:"code_challenge_methods_supported"`
	SaysIssuer    bool     `json:"authorization_response_iss_parameter_supported"`
}

// ask gives the provider, asking it about itself when that is due.
func (s *SignIn) ask(ctx context.Context, op string) (*provider, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if s.provider != nil && now.Sub(s.provider.at) < discoveryLife {
		return s.provider, nil
	}
	if !s.failed.IsZero() && now.Sub(s.failed) < discoveryPause {
		return s.known(op, "asked a moment ago")
	}
	// Whoever asked may be gone before the others who wait have their answer.
	found, err := s.discover(context.WithoutCancel(ctx))
	if err != nil {
		s.failed = now
		return s.known(op, plain(err))
	}
	found.at, s.provider, s.failed = now, found, time.Time{}
	return found, nil
}

func (s *SignIn) known(op, why string) (*provider, error) {
	if s.provider == nil {
		return nil, down(op, "discovery: "+why)
	}
	return s.provider, nil
}

func (s *SignIn) discover(ctx context.Context) (*provider, error) {
	ctx = oidc.ClientContext(ctx, s.client)
	told, err := oidc.NewProvider(ctx, s.cfg.Issuer)
	if err != nil {
		return nil, err
	}
	var m metadata
	if err := told.Claims(&m); err != nil {
		return nil, errUnreadable
	}
	for _, text := range []string{m.Authorization, m.Token, m.JWKS} {
		if _, err := address(text); err != nil {
			return nil, err
		}
	}
	if !slices.Contains(m.Challenges, "S256") {
		return nil, errors.New("the provider does not know S256")
	}
	return &provider{
		endpoint: oauth2.Endpoint{AuthURL: m.Authorization, TokenURL: m.Token},
		// The set remembers its keys and asks again for one that it does not know.
		keys: oidc.NewRemoteKeySet(ctx, m.JWKS), saysIssuer: m.SaysIssuer,
	}, nil
}

var errUnreadable = errors.New("the answer cannot be read")

// plain gives what may be told of an error: libraries quote what they were sent.
func plain(err error) string {
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return "no answer in time"
	}
	if sent, ok := errors.AsType[*url.Error](err); ok {
		if op, ok := errors.AsType[*net.OpError](sent.Err); ok {
			return op.Err.Error()
		}
		return "not reached"
	}
	if errors.Is(err, errAddress) || errors.Is(err, errUnreadable) || strings.HasPrefix(err.Error(), "the provider ") {
		return err.Error()
	}
	return errUnreadable.Error()
}
