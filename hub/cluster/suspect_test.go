package cluster

import (
	"os"
	"testing"

	"github.com/hashicorp/raft"
	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/kv"
)

// A log whose last commit failed is rewritten and proved before it is used; one
// that was damaged besides is refused.
func TestSuspectLogIsRewritten(t *testing.T) {
	for name, damage := range map[string]bool{"OK": false, "ErrCorrupt": true} {
		t.Run(name, func(t *testing.T) {
			path := t.TempDir() + "/raft.db"
			db, err := kv.Open(path, kv.Options{})
			require.NoError(t, err)
			require.NoError(t, db.Update(func(w kv.Writer) error {
				record := encodeRecord(&raft.Log{Index: 1, Term: 1, Data: []byte("command")})
				if damage {
					record[len(record)-1] ^= 1
				}
				return w.Put(bucketLog, indexKey(1), record)
			}))
			require.NoError(t, db.Close())
			require.NoError(t, os.WriteFile(path+".suspect", []byte("input/output error"), 0o600))
			_, err = kv.Open(path, kv.Options{})
			require.True(t, fault.Is(err, fault.Corrupt))
			err = kv.Rewrite(path, proveLog)
			if damage {
				require.True(t, fault.Is(err, fault.Corrupt), "%v", err)
				return
			}
			require.NoError(t, err)
			db, err = kv.Open(path, kv.Options{})
			require.NoError(t, err)
			require.NoError(t, db.Close())
		})
	}
}
