package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// built is the folder of the three programs, made once for all tests from this
// tree; the tests' own process removes it with its temporary files.
var built = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "jaliya-bin-")
	if err != nil {
		return "", err
	}
	build := exec.Command("go", "build", "-o", dir+string(filepath.Separator),
		"jaliya/cmd/hub", "jaliya/cmd/consulate-node", "jaliya/cmd/jaliya")
	build.Stderr = os.Stderr
	return dir, build.Run()
})

// programs gives the folder of the built programs.
func programs(tb testing.TB) string {
	tb.Helper()
	dir, err := built()
	require.NoError(tb, err)
	return dir
}
