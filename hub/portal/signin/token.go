package signin

import (
	"context"
	"crypto/subtle"
	"errors"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4/jwt"
	"golang.org/x/oauth2"

	"jaliya/internal/fault"
)

// identity is what a verified token says.
type identity struct {
	subject string
	level   Level
	proved  time.Time
	claims  tokenClaims
	extra   any // the receipt, as the provider sent it
}

// tokenClaims are the claims that the library leaves to its caller.
type tokenClaims struct {
	AuthTime   *jwt.NumericDate `json:"auth_time"`
	ACR        string           `json:"acr"`
	AMR        []string         `json:"amr"`
	Authorized string           `json:"azp"`
	Verified   verifiedClaims   `json:"verified_claims"`
}

// algorithms of signatures that are taken. None of them is made with something
// that the portal holds.
func (s *SignIn) algorithms() []string {
	if s.cfg.Profile == National {
		return []string{oidc.ES256}
	}
	return []string{oidc.ES256, oidc.PS256, oidc.RS256}
}

// keySet remembers that keys could not be had, which is no fault of a token.
type keySet struct {
	inner oidc.KeySet
	err   error
}

// VerifySignature implements oidc.KeySet.
func (k *keySet) VerifySignature(ctx context.Context, text string) ([]byte, error) {
	payload, err := k.inner.VerifySignature(ctx, text)
	k.err = err
	return payload, err
}

// unreachable tells whether keys could not be had. The library has no type for
// it.
func (k *keySet) unreachable() bool {
	return k.err != nil && (strings.HasPrefix(k.err.Error(), "fetching keys") || errors.Is(k.err, context.DeadlineExceeded))
}

// verify checks the token of an answer against what was asked.
func (s *SignIn) verify(ctx context.Context, p *provider, a attempt, got *oauth2.Token) (identity, error) {
	raw, ok := got.Extra("id_token").(string)
	if !ok {
		return identity{}, refuse(fault.Denied, opFinish, CodeToken, "none")
	}
	keys := &keySet{inner: p.keys}
	token, err := oidc.NewVerifier(s.cfg.Issuer, keys, &oidc.Config{
		ClientID: s.cfg.ClientID, SupportedSigningAlgs: s.algorithms(),
		Now: func() time.Time { return time.Now().Add(-skew) },
	}).Verify(ctx, raw)
	switch {
	case keys.unreachable():
		return identity{}, down(opFinish, "keys")
	case err != nil:
		return identity{}, refuse(fault.Denied, opFinish, CodeToken, reason(err, keys))
	}
	id := identity{subject: token.Subject, extra: got.Extra("authentication_receipt")}
	if err := token.Claims(&id.claims); err != nil {
		return identity{}, refuse(fault.Denied, opFinish, CodeToken, "claims")
	}
	if wrong := s.differs(a, token, id.claims); wrong != "" {
		return identity{}, refuse(fault.Denied, opFinish, CodeToken, wrong)
	}
	if token.AccessTokenHash != "" && token.VerifyAccessToken(got.AccessToken) != nil {
		return identity{}, refuse(fault.Denied, opFinish, CodeToken, "at_hash")
	}
	if id.proved, err = s.proved(a, id.claims.AuthTime); err != nil {
		return identity{}, err
	}
	// A level that is not known here counts as none.
	if id.level, err = ParseLevel(id.claims.ACR); err != nil {
		id.level = LevelNone
	}
	if id.level < a.want.Level {
		return identity{}, refuse(fault.Denied, opFinish, CodeLevel, "acr")
	}
	return id, nil
}

// reason names the check that a token did not pass.
func reason(err error, keys *keySet) string {
	if _, expired := errors.AsType[*oidc.TokenExpiredError](err); expired {
		return "exp"
	}
	if keys.err != nil {
		return "signature"
	}
	return "form, algorithm, issuer or audience"
}

// maxSubject caps a subject, as the standard does.
const maxSubject = 255

// differs names the claim that is not as asked, empty when all are.
func (s *SignIn) differs(a attempt, token *oidc.IDToken, c tokenClaims) string {
	now := time.Now()
	switch {
	case subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(a.nonce)) != 1:
		return "nonce"
	case len(token.Audience) != 1 || (c.Authorized != "" && c.Authorized != s.cfg.ClientID):
		return "aud or azp"
	case token.Subject == "" || len(token.Subject) > maxSubject:
		return "sub"
	case token.IssuedAt.Before(a.begun.Add(-skew)) || token.IssuedAt.After(now.Add(skew)):
		return "iat" // it was made for this question, so after it
	default:
		return ""
	}
}

// proved gives when the person proved who they are, and refuses what is too old
// for the question.
func (s *SignIn) proved(a attempt, told *jwt.NumericDate) (time.Time, error) {
	if told == nil {
		if a.want.Fresh || s.cfg.Profile == National || s.cfg.MaxAge > 0 {
			return time.Time{}, refuse(fault.Denied, opFinish, CodeNotFresh, "no auth_time")
		}
		return time.Time{}, nil
	}
	at, now := told.Time(), time.Now()
	oldest := time.Time{}
	if s.cfg.MaxAge > 0 {
		oldest = now.Add(-s.cfg.MaxAge.Std() - skew)
	}
	if a.want.Fresh {
		oldest = a.begun.Add(-skew)
	}
	if at.Before(oldest) || at.After(now.Add(skew)) {
		return time.Time{}, refuse(fault.Denied, opFinish, CodeNotFresh, "auth_time")
	}
	return at.UTC(), nil
}
