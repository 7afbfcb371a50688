package seal

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzRing reads a ring of intake keys as it lies unwrapped.
func FuzzRing(f *testing.F) {
	dicts, err := NewDictionaries(0, nil)
	require.NoError(f, err)
	f.Add([]byte(ringMagic))
	f.Add(append([]byte(ringMagic), ringVersion, 0, 1))
	f.Fuzz(func(t *testing.T, raw []byte) {
		k, err := decodeRing(raw, dicts)
		if err != nil {
			return
		}
		require.NotEmpty(t, k.keys)
		require.Len(t, raw, ringHead+len(k.keys)*ringEntry)
		require.Contains(t, k.keys, k.current)
	})
}

// FuzzPublicKeys reads the public keys that others send.
func FuzzPublicKeys(f *testing.F) {
	key, err := GenerateSigningKey()
	require.NoError(f, err)
	f.Add(key.Public().Bytes())
	f.Add(make([]byte, 1216+suiteSize))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if k, err := ParseVerifyKey(raw); err == nil {
			require.Equal(t, raw, k.Bytes())
		}
		if p, err := ParsePostPublic(raw); err == nil {
			require.Equal(t, raw, p.Encode())
		}
		if p, err := ParseIntakePublic(raw); err == nil {
			require.Equal(t, raw, p.Encode())
		}
	})
}
