package e2e

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
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
	build := exec.Command("go", "build", "-o", dir+string(filepath.Separator), //nolint:noctx // ends with the tests
		"jaliya/cmd/hub", "jaliya/cmd/consulate-node", "jaliya/cmd/jaliya")
	build.Stderr = os.Stderr
	return dir, build.Run()
})

// programs gives the folder of the built programs.
func programs(t testing.TB) string {
	t.Helper()
	dir, err := built()
	require.NoError(t, err)
	return dir
}

// portBase finds a stretch of 300 ports of which the first are free now.
func portBase(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	require.NoError(t, err)
	n, err := strconv.Atoi(port)
	require.NoError(t, err)
	return strconv.Itoa(min(n, 65000) / 300 * 300)
}
