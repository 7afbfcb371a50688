package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestScripts runs the journeys of testdata over the real programs.
func TestScripts(t *testing.T) {
	dir := programs(t)
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "scripts"),
		Setup: func(e *testscript.Env) error {
			e.Setenv("PATH", dir+string(os.PathListSeparator)+e.Getenv("PATH"))
			e.Setenv("PORT", portBase(t))
			return nil
		},
		RequireExplicitExec: true,
	})
}
