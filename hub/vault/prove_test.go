package vault

import (
	"crypto/sha256"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// One reading that fails is none: the disk is asked once more before an object is
// called damaged, and not for ever.
func TestProveReadsTwice(t *testing.T) {
	const size = 3*proveBlock + 17
	for name, tt := range map[string]struct {
		bad, reads int // readings that find a flipped bit; readings in all
		kind       fault.Kind
	}{
		"OK":                    {0, 1, fault.Other},
		"OK one bad reading":    {1, 2, fault.Other},
		"ErrCorrupt twice":      {2, 2, fault.Corrupt},
		"ErrCorrupt ever after": {9, 2, fault.Corrupt},
	} {
		t.Run(name, func(t *testing.T) {
			content := make([]byte, size)
			digest := wire.Digest(sha256.Sum256(content))
			f, err := os.Create(filepath.Join(t.TempDir(), "object"))
			require.NoError(t, err)
			defer func() { require.NoError(t, f.Close()) }()
			_, err = f.Write(content)
			require.NoError(t, err)
			flip := func(to byte) {
				_, err := f.WriteAt([]byte{to}, size-1)
				require.NoError(t, err)
			}
			read, reads := 0, 0
			if tt.bad > 0 {
				flip(4)
			}
			got, err := prove(f, digest, func(n int) error { // before the end is read, what it will say
				if read += n; read == proveBlock {
					if reads++; reads > tt.bad {
						flip(0)
					}
				}
				if read == size {
					read = 0
				}
				return nil
			})
			require.Equal(t, tt.kind, fault.KindOf(err), err)
			require.Equal(t, tt.reads, reads)
			require.EqualValues(t, size, got)
		})
	}
}
