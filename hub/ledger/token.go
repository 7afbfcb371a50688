package ledger

import (
	"crypto/hmac"
	"crypto/sha256"

	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

// featureToken is the level from which members read the token of a header.
// Below it they do as members do that know no such key.
const featureToken = 3

// tokenKey is an HMAC, as that of a reference is: the digest of a token is in
// headers, and leads to a person.
func tokenKey(secret []byte, digest wire.Digest) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("jaliya/token/1"))
	mac.Write(digest[:])
	return mac.Sum(nil)
}

// forgetToken takes a token out of a header that members of the cluster may
// not read yet.
func (t *tx) forgetToken(h *wire.Header) {
	if t.cluster.Feature < featureToken {
		h.Token = nil
	}
}

// tokenTaken reports whether the token of a packet leads to another case than
// the one that it would be the token of.
func (t *tx) tokenTaken(h wire.Header, own uint64) (bool, error) {
	if h.Token == nil {
		return false, nil
	}
	c, found, err := caseIn(t.w, inTokens, tokenKey(t.cluster.Secret, *h.Token))
	return found && c.Number != own, err
}

// setToken makes the token of a new packet the only one of its case: the slip
// before is no longer good, as its code is not. A packet that keeps the slip's
// code and names no token keeps its token as well.
func (t *tx) setToken(c *Case, h wire.Header) error {
	var token wire.Digest
	if h.Token != nil {
		token = *h.Token
	}
	if token == c.Token || (h.Token == nil && *h.SlipHash == c.Slip) {
		return nil
	}
	if !c.Token.IsZero() {
		if err := t.w.Delete(inTokens, tokenKey(t.cluster.Secret, c.Token)); err != nil {
			return err
		}
	}
	c.Token = token
	if token.IsZero() {
		return nil
	}
	return t.putRaw(inTokens, tokenKey(t.cluster.Secret, token), number(c.Number))
}

// FollowToken gives the case that the token of a slip leads to, by its digest.
// Errors: NotFound.
func (v Views) FollowToken(digest wire.Digest) (CaseView, error) {
	return view(v, func(r kv.Reader) (CaseView, error) {
		cluster, _, err := load[Cluster](r, inMeta, keyCluster)
		if err != nil {
			return CaseView{}, err
		}
		c, found, err := caseIn(r, inTokens, tokenKey(cluster.Secret, digest))
		if err == nil && (!found || c.Token != digest) {
			err = fault.New(fault.NotFound, "ledger: follow", "", nil)
		}
		if err != nil {
			return CaseView{}, err
		}
		return withTimeline(r, c)
	})
}
