package signin

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"jaliya/internal/fault"
)

// Form of a receipt.
const (
	receiptType   = "auth-receipt+jwt"
	maxReceipt    = 8 << 10 // bytes
	maxAttributes = 32
)

var receiptID = regexp.MustCompile(`^[A-Za-z0-9_-]{8,64}$`)

// receiptClaims are the claims of a receipt.
type receiptClaims struct {
	ID         string           `json:"jti"`
	Issuer     string           `json:"iss"`
	Audience   string           `json:"aud"`
	Subject    string           `json:"sub"`
	IssuedAt   *jwt.NumericDate `json:"iat"`
	AuthTime   *jwt.NumericDate `json:"auth_time"`
	ACR        string           `json:"acr"`
	AMR        []string         `json:"amr"`
	Nonce      string           `json:"nonce_s256"`
	Attributes []string         `json:"attributes"`
}

// decodeReceipt reads a receipt without believing it: header and claims have the
// form of the contract, the signature is not looked at.
func decodeReceipt(raw string) (c receiptClaims, key string, ok bool) {
	if len(raw) > maxReceipt || strings.Count(raw, ".") != 2 {
		return c, "", false
	}
	jws, err := jose.ParseSignedCompact(raw, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil || len(jws.Signatures) != 1 {
		return c, "", false
	}
	header := jws.Signatures[0].Protected
	typ, _ := header.ExtraHeaders[jose.HeaderType].(string)
	_, critical := header.ExtraHeaders["crit"]
	if typ != receiptType || critical || header.KeyID == "" || len(header.KeyID) > maxSubject {
		return c, "", false
	}
	if json.Unmarshal(jws.UnsafePayloadWithoutVerification(), &c) != nil {
		return c, "", false
	}
	formed := receiptID.MatchString(c.ID) && c.IssuedAt != nil && c.AuthTime != nil &&
		len(c.Attributes) <= maxAttributes && slices.IsSorted(c.Attributes)
	return c, header.KeyID, formed
}

// expected is what a receipt has to say.
type expected struct {
	identity

	released []string
}

// receipt checks the receipt of an answer: whose key signed it, and that it says
// the same as the token.
func (s *SignIn) receipt(ctx context.Context, p *provider, a attempt, want expected) (Receipt, error) {
	raw, _ := want.extra.(string)
	c, key, ok := decodeReceipt(raw)
	if !ok {
		return Receipt{}, refuse(fault.Denied, opFinish, CodeReceipt, "form")
	}
	keys := &keySet{inner: p.keys}
	if _, err := keys.VerifySignature(ctx, raw); keys.unreachable() {
		return Receipt{}, down(opFinish, "keys")
	} else if err != nil {
		return Receipt{}, refuse(fault.Denied, opFinish, CodeReceipt, "signature")
	}
	if wrong := s.contradiction(c, a, want); wrong != "" {
		return Receipt{}, refuse(fault.Denied, opFinish, CodeReceipt, wrong)
	}
	return Receipt{ID: c.ID, At: c.IssuedAt.Time().UTC(), Key: key, Raw: raw}, nil
}

// contradiction names the claim of a receipt that its token contradicts.
func (s *SignIn) contradiction(c receiptClaims, a attempt, want expected) string {
	nonce := digest(a.nonce)
	made := c.IssuedAt.Time()
	for _, one := range []struct {
		name string
		same bool
	}{
		{"iss", c.Issuer == s.cfg.Issuer},
		{"aud", c.Audience == s.cfg.ClientID},
		{"sub", c.Subject == want.subject},
		{"nonce_s256", c.Nonce == base64.RawURLEncoding.EncodeToString(nonce[:])},
		{"acr", c.ACR == want.claims.ACR},
		{"amr", slices.Equal(c.AMR, want.claims.AMR)},
		{"auth_time", c.AuthTime.Time().Equal(want.proved)},
		{"iat", !made.Before(a.begun.Add(-skew)) && !made.After(time.Now().Add(skew))},
		{"attributes", slices.Equal(c.Attributes, want.released)},
	} {
		if !one.same {
			return one.name
		}
	}
	return ""
}
