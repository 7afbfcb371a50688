package contract_test

import (
	"slices"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"

	contracts "jaliya/deploy/openapi"
)

// TestValid: each document is valid OpenAPI 3.1 for a validator that shares no
// code with what made it, and says what an integrator must know.
func TestValid(t *testing.T) {
	for name, raw := range map[string][]byte{
		"desk": contracts.Desk, "console": contracts.Console, "portal": contracts.Portal,
	} {
		t.Run(name, func(t *testing.T) {
			document, err := openapi3.NewLoader().LoadFromData(raw)
			require.NoError(t, err)
			require.Equal(t, "3.1.0", document.OpenAPI)
			require.NoError(t, document.Validate(t.Context(), openapi3.IsOpenAPI31OrLater(), openapi3.EnableSchemaPatternValidation(), openapi3.EnableExamplesValidation()))
			seen := []string{}
			for path, item := range document.Paths.Map() {
				for method, operation := range item.Operations() {
					at := method + " " + path
					require.NotEmpty(t, operation.OperationID, at)
					require.NotContains(t, seen, operation.OperationID, at)
					seen = append(seen, operation.OperationID)
					require.NotEmpty(t, operation.Summary, at)
					require.NotEmpty(t, operation.Tags, at)
					statuses := []string{}
					for status := range operation.Responses.Map() {
						statuses = append(statuses, status)
					}
					require.True(t, slices.ContainsFunc(statuses, func(s string) bool { return s[0] == '2' }), at)
					require.Contains(t, statuses, "500", at)
					if len(*operation.Security) > 0 {
						require.Contains(t, statuses, "401", at)
					}
				}
			}
			require.NotEmpty(t, seen)
		})
	}
}

// TestInvalid: the validator is awake.
func TestInvalid(t *testing.T) {
	document, err := openapi3.NewLoader().LoadFromData(contracts.Portal)
	require.NoError(t, err)
	document.Components.Schemas["Followed"].Value.Type = &openapi3.Types{"text"}
	require.Error(t, document.Validate(t.Context(), openapi3.IsOpenAPI31OrLater()))
}
