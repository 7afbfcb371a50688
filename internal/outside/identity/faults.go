package identity

import (
	"encoding/base64"
	"encoding/json"
	"time"

	"github.com/go-jose/go-jose/v4"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/outside"
)

// Faults of the token answer, besides those of package outside. UnlistedKey and
// NoneAlgorithm are asked for "JWT" or "auth-receipt+jwt".
const (
	WrongNonce    outside.Kind = "wrong-nonce"
	WrongAudience outside.Kind = "wrong-audience"
	TwoAudiences  outside.Kind = "two-audiences"
	OtherIssuer   outside.Kind = "other-issuer" // in the token
	ExpiredToken  outside.Kind = "expired-token"
	FutureToken   outside.Kind = "future-token"
	LowLevel      outside.Kind = "low-level"
	Underage      outside.Kind = "underage"
	UnlistedKey   outside.Kind = "unlisted-key" // signed by a key that is not published
	NoneAlgorithm outside.Kind = "alg-none"
	NoReceipt     outside.Kind = "no-receipt"
	WrongReceipt  outside.Kind = "wrong-receipt" // Fault.On names the claim that is another's: "sub"
)

// spoilToken lets the faults of the id token happen.
func (p *Provider) spoilToken(c map[string]any, now time.Time) {
	for _, one := range []struct {
		kind  outside.Kind
		spoil func()
	}{
		{WrongNonce, func() { c["nonce"] = token() }},
		{WrongAudience, func() { c["aud"] = "somebody-else" }},
		{TwoAudiences, func() { c["aud"] = []any{c["aud"], "somebody-else"} }},
		{OtherIssuer, func() { c["iss"] = "https://other.example.org" }},
		{ExpiredToken, func() { c["iat"], c["exp"] = now.Add(-2*tokenLife).Unix(), now.Add(-tokenLife).Unix() }},
		{FutureToken, func() { c["iat"], c["exp"] = now.Add(tokenLife).Unix(), now.Add(2*tokenLife).Unix() }},
		{LowLevel, func() { c["acr"] = "low" }},
		{Underage, func() { claimsOf(c)["birthdate"] = string(consular.DateOf(now.AddDate(-15, 0, 0))) }},
		{HoldBack, func() { delete(claimsOf(c), "national_number") }},
	} {
		if _, yes := p.faults.Fires(one.kind, ""); yes {
			one.spoil()
		}
	}
}

func claimsOf(token map[string]any) map[string]any {
	verified, _ := token["verified_claims"].(map[string]any)
	claims, _ := verified["claims"].(map[string]any)
	return claims
}

// spoilReceipt lets one claim of the receipt be another's.
func (p *Provider) spoilReceipt(c map[string]any) {
	for name := range c {
		if _, yes := p.faults.Fires(WrongReceipt, name); !yes {
			continue
		}
		switch name {
		case "iat", "auth_time":
			c[name] = time.Now().Add(-time.Hour).Unix()
		case "attributes", "amr":
			c[name] = []string{"other"}
		default:
			c[name] = "other"
		}
	}
}

// unsigned gives what a library that trusts the header would take.
func unsigned(claims map[string]any, typ jose.ContentType) (string, error) {
	header, err := json.Marshal(map[string]any{"alg": "none", "typ": typ})
	if err != nil {
		return "", fault.New(fault.Internal, "outside/identity: sign", "", err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fault.New(fault.Internal, "outside/identity: sign", "", err)
	}
	b64 := base64.RawURLEncoding
	return b64.EncodeToString(header) + "." + b64.EncodeToString(payload) + ".", nil
}
