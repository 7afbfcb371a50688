package vault_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// An object taken part by part is all of it, and is proved once.
func TestPart(t *testing.T) {
	dir := t.TempDir()
	v := open(t, dir)
	const size = 200_000
	content, _ := object(3, size)
	digest, err := v.Put(content)
	require.NoError(t, err)
	var got []byte
	for len(got) < size {
		part, err := v.Part(digest, uint64(len(got)), 64<<10)
		require.NoError(t, err)
		require.NotEmpty(t, part)
		got = append(got, part...)
	}
	require.Equal(t, content, got)
	part, err := v.Part(digest, size, 10)
	require.NoError(t, err)
	require.Empty(t, part)
	_, err = v.Part(digest, size+1, 10)
	require.True(t, fault.Is(err, fault.Invalid), err)
	_, err = v.Part(wire.Digest{1}, 5, 10)
	require.True(t, fault.Is(err, fault.NotFound), err)

	flip(t, dir, digest) // in its middle
	part, err = v.Part(digest, size-10, 64<<10)
	require.NoError(t, err, "the rest of it is not read for the last part")
	require.Equal(t, content[size-10:], part)
	requireWanted(t, v)
	_, err = v.Part(digest, 0, 10)
	require.True(t, fault.Is(err, fault.NotFound), err)
	requireWanted(t, v, digest)
	_, err = v.Part(digest, 5, 10)
	require.True(t, fault.Is(err, fault.NotFound), err)
}
