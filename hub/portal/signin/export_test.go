package signin

import (
	"encoding/json"
	"net/http"

	"jaliya/internal/consular"
)

// SetTransport lets tests stand between us and the provider.
func (s *SignIn) SetTransport(inner http.RoundTripper) {
	s.client = clientOver(inner, s.cfg.Timeout.Std())
}

// Pending gives how many attempts are remembered.
func (s *SignIn) Pending() int { return len(s.pending.held) }

// What tests of the forms call.
var (
	SafePath      = safePath
	DecodeReceipt = func(raw string) bool { _, _, ok := decodeReceipt(raw); return ok }
	MaxPending    = maxPending
)

// ReadPerson reads verified claims as they stand in a token.
func ReadPerson(raw []byte) (consular.Person, []string, error) {
	var v verifiedClaims
	if err := json.Unmarshal(raw, &v); err != nil {
		return consular.Person{}, nil, err
	}
	return readPerson(v)
}
