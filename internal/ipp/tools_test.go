package ipp_test

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/ipp"
)

// TestEvePrinter prints on an independent printer, that of CUPS, which keeps
// what it was given.
func TestEvePrinter(t *testing.T) {
	if os.Getenv("JALIYA_PRINT_TOOLS") != "1" {
		t.Skip("JALIYA_PRINT_TOOLS=1 and ippeveprinter are needed")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // closed at once
	require.NoError(t, err)
	port := l.Addr().(*net.TCPAddr).Port
	require.NoError(t, l.Close())
	spool := t.TempDir()
	command := exec.CommandContext(t.Context(), "ippeveprinter",
		"-k", "-r", "off", "-n", "localhost", "-p", strconv.Itoa(port), "-d", spool, "-f", "application/pdf", "Counter")
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.WaitDelay = 5 * time.Second
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait() // killed: it has nothing to say
	})
	p, err := ipp.New(ipp.Options{URI: "ipp://localhost:" + strconv.Itoa(port) + "/ipp/print", Poll: 100 * time.Millisecond, Wait: time.Minute})
	require.NoError(t, err)
	t.Cleanup(p.Close)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	require.Eventually(t, func() bool { return p.Status(ctx) == ipp.Ready }, 20*time.Second, 100*time.Millisecond, "%s", p.Status(ctx))
	require.NoError(t, p.Print(ctx, document, func(ipp.Reason) {}))
	kept, err := filepath.Glob(filepath.Join(spool, "*.pdf"))
	require.NoError(t, err)
	require.Len(t, kept, 1)
	raw, err := os.ReadFile(kept[0])
	require.NoError(t, err)
	require.Equal(t, document, raw, "byte for byte")
	require.NotContains(t, filepath.Base(kept[0]), "casier")
}
