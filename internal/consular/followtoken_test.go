package consular_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/consular"
)

func TestFollowToken(t *testing.T) {
	t.Parallel()
	token, err := consular.NewFollowToken(rand.Reader)
	require.NoError(t, err)
	require.False(t, token.IsZero())
	require.Len(t, token.Text(), 26)
	back, err := consular.ParseFollowToken(token.Text())
	require.NoError(t, err)
	require.Equal(t, token, back)
	require.Equal(t, token.Digest(), back.Digest())
	for _, verb := range []string{"%v", "%s", "%x", "%#v", "%d"} {
		require.Equal(t, "[follow token]", fmt.Sprintf(verb, token), verb)
	}
	_, err = consular.NewFollowToken(bytes.NewReader(make([]byte, 15)))
	require.Error(t, err)
	for name, text := range map[string]string{
		"Empty": "", "Short": token.Text()[:25], "Long": token.Text() + "A", "Lower": strings.ToLower(token.Text()),
		"Padded": token.Text() + "======", "OtherBits": strings.Repeat("A", 25) + "B",
	} {
		_, err := consular.ParseFollowToken(text)
		require.Error(t, err, name)
	}
}
