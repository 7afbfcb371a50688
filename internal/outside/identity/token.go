package identity

import (
	"crypto/subtle"
	"log/slog"
	"net/http"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"jaliya/internal/fault"
	"jaliya/internal/outside"
)

func (p *Provider) postToken(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		refuse(w, http.StatusBadRequest, "invalid_request")
		return
	}
	client := p.authenticate(r)
	if client == nil {
		refuse(w, http.StatusUnauthorized, "invalid_client")
		return
	}
	if r.PostForm.Get("grant_type") != "authorization_code" {
		refuse(w, http.StatusBadRequest, "unsupported_grant_type")
		return
	}
	g, ok := p.redeem(r, client)
	if !ok {
		refuse(w, http.StatusBadRequest, "invalid_grant")
		return
	}
	answer, err := p.answer(g)
	if err != nil {
		p.cfg.Logger.Error("token not signed", slog.Any("error", err))
		refuse(w, http.StatusInternalServerError, "server_error")
		return
	}
	outside.JSON(w, http.StatusOK, answer)
}

func refuse(w http.ResponseWriter, status int, code string) {
	outside.JSON(w, status, map[string]string{"error": code})
}

// redeem takes a code once: even a wrong verifier uses it up.
func (p *Provider) redeem(r *http.Request, client *Client) (grant, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	p.sweep(now)
	key := digest(r.PostForm.Get("code"))
	g, found := p.granted[key]
	if !found || g.used || now.After(g.until) {
		return grant{}, false
	}
	used := g
	used.used = true
	p.granted[key] = used
	challenge := digest(r.PostForm.Get("code_verifier"))
	return g, g.client == client && g.redirect == r.PostForm.Get("redirect_uri") &&
		subtle.ConstantTimeCompare([]byte(challenge), []byte(g.challenge)) == 1
}

// authenticate tells which client asks, nil when it does not prove it.
func (p *Provider) authenticate(r *http.Request) *Client {
	if id, secret, ok := r.BasicAuth(); ok {
		client := p.client(id)
		if client == nil || client.Secret == "" || subtle.ConstantTimeCompare([]byte(secret), []byte(client.Secret)) != 1 {
			return nil
		}
		return client
	}
	client := p.client(r.PostForm.Get("client_id"))
	if client == nil || client.Key == nil ||
		r.PostForm.Get("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" {
		return nil
	}
	proof, err := jwt.ParseSigned(r.PostForm.Get("client_assertion"), []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return nil
	}
	var c jwt.Claims
	if proof.Claims(client.Key, &c) != nil || !p.fresh(c, client.ID) {
		return nil
	}
	return client
}

// fresh checks the claims of a client's proof, which counts once.
func (p *Provider) fresh(c jwt.Claims, client string) bool {
	now := time.Now()
	want := jwt.Expected{Issuer: client, Subject: client, AnyAudience: jwt.Audience{p.cfg.Issuer}, Time: now}
	if c.ValidateWithLeeway(want, 30*time.Second) != nil || c.Expiry == nil || c.ID == "" ||
		c.Expiry.Time().Sub(now) > maxAssertion+30*time.Second {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, again := p.proofs[c.ID]; again {
		return false
	}
	p.proofs[c.ID] = c.Expiry.Time().Add(time.Minute)
	return true
}

// answer makes what the client gets, with the faults that are asked for.
func (p *Provider) answer(g grant) (map[string]any, error) {
	now := time.Now()
	id, receipt := p.idToken(g, now), p.receipt(g, now)
	p.spoilToken(id, now)
	p.spoilReceipt(receipt)
	signed, err := p.sign(id, "JWT")
	if err != nil {
		return nil, err
	}
	all := map[string]any{"access_token": token(), "token_type": "Bearer", "expires_in": int(tokenLife.Seconds()), "id_token": signed}
	if _, none := p.faults.Fires(NoReceipt, ""); none {
		return all, nil
	}
	if all["authentication_receipt"], err = p.sign(receipt, "auth-receipt+jwt"); err != nil {
		return nil, err
	}
	return all, nil
}

func (p *Provider) sign(claims map[string]any, typ jose.ContentType) (string, error) {
	if _, yes := p.faults.Fires(NoneAlgorithm, string(typ)); yes {
		return unsigned(claims, typ)
	}
	key := p.cfg.Keys.signing()
	if _, yes := p.faults.Fires(UnlistedKey, string(typ)); yes {
		other, err := OpenKeys("")
		if err != nil {
			return "", err
		}
		key = other.signing()
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, (&jose.SignerOptions{}).WithType(typ))
	if err != nil {
		return "", fault.New(fault.Internal, "outside/identity: sign", "", err)
	}
	text, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		return "", fault.New(fault.Internal, "outside/identity: sign", "", err)
	}
	return text, nil
}
