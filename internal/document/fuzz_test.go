package document

import (
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
)

// FuzzUnpackKept reads what a stranger's file says is the record of a document.
func FuzzUnpackKept(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0xaa, 0x56, 0x02, 0x04, 0x00, 0x00, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, raw []byte) {
		if _, err := unpackKept(raw); err != nil {
			require.Equal(t, fault.NotFound, fault.KindOf(err))
		}
	})
}
