package centre_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/hub/gateway/centre"
)

// put sends a job past the connector.
func put(tb testing.TB, s *site, id string, sealed centre.Sealed) (j struct{ State, Refusal string }) {
	tb.Helper()
	body, err := json.Marshal(map[string]any{
		"product": "cnie.renewal", "priority": "normal", "destination": "FR-LYO",
		"packet": "b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2", "card": sealed.Card, "images": sealed.Images,
	})
	require.NoError(tb, err)
	req, err := http.NewRequestWithContext(tb.Context(), http.MethodPut, s.server.URL+"/v1/jobs/"+id, bytes.NewReader(body))
	require.NoError(tb, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := s.server.Client().Do(req)
	require.NoError(tb, err)
	defer resp.Body.Close()
	require.NoError(tb, json.NewDecoder(resp.Body).Decode(&j))
	return j
}
