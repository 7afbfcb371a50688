package timestamp

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"encoding/asn1"
	"math/big"
	"time"

	"jaliya/internal/cms"
	"jaliya/internal/fault"
)

// Authority makes tokens. Safe for concurrent use.
type Authority struct {
	Signer cms.Signer
	Policy asn1.ObjectIdentifier
}

// Respond answers a question at a time: the DER of an answer, refusals too.
func (a Authority) Respond(raw []byte, at time.Time) ([]byte, error) {
	r, err := ParseRequest(raw)
	switch {
	case fault.Is(err, fault.Unsupported):
		return EncodeRejection(BadAlgorithm), nil
	case err != nil:
		return EncodeRejection(BadFormat), nil //nolint:nilerr // the answer says it
	case r.Imprint.Hash != crypto.SHA256:
		return EncodeRejection(BadAlgorithm), nil
	case r.Policy != nil && !r.Policy.Equal(a.Policy):
		return EncodeRejection(UnknownPolicy), nil
	case !r.Certs:
		// A token without its certificate helps no reader of a document.
		return EncodeRejection(BadRequest), nil
	}
	token, err := a.Token(r.Imprint, r.Nonce, at)
	if err != nil {
		return nil, err
	}
	return EncodeGranted(token), nil
}

// Token makes a token with a serial number of 120 random bits.
func (a Authority) Token(of Imprint, nonce *big.Int, at time.Time) ([]byte, error) {
	const op = "timestamp: make token"
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, fault.New(fault.Internal, op, "serial", err)
	}
	info, err := Info{Policy: a.Policy, Imprint: of, Serial: serial, Time: at, Nonce: nonce}.encode()
	if err != nil {
		return nil, fault.New(fault.Invalid, op, "info", err)
	}
	digest := sha256.Sum256(info)
	return a.Signer.Sign(cms.Message{Type: cms.TimeInfo(), Content: info, Digest: digest[:]})
}
