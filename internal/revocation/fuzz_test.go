package revocation_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/issuer"
	"jaliya/internal/revocation"
)

// FuzzParse: a list has nothing around it that its signature does not cover.
func FuzzParse(f *testing.F) {
	a, err := issuer.NewAuthorityAt("Test", issuer.Years(now(), 10), "http://list.example/ca.crl")
	require.NoError(f, err)
	f.Add([]byte{0x30, 0})
	_, err = a.Documents("Test documents", issuer.Years(now(), 2))
	require.NoError(f, err)
	lists, err := a.Lists(issuer.Life{From: now(), To: now().AddDate(0, 1, 0)})
	require.NoError(f, err)
	for _, l := range lists {
		f.Add(l.Raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if list, err := revocation.Parse(raw); err == nil {
			require.Equal(t, raw, list.Raw)
			_, err = revocation.Parse(append(slices.Clip(raw), 0))
			require.Error(t, err)
		}
	})
}
