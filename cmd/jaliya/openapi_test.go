package main

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	contracts "jaliya/deploy/openapi"
	"jaliya/internal/cli"
)

// TestOpenAPI: the command prints what the surface serves, byte for byte.
func TestOpenAPI(t *testing.T) {
	run := func(out io.Writer, args ...string) int {
		return cli.Run(t.Context(), cli.Program{Name: "jaliya", Grammar: &grammar{}, Args: append([]string{"openapi"}, args...)},
			cli.Streams{Out: out, Err: io.Discard})
	}
	for surface, want := range map[string][]byte{"desk": contracts.Desk, "console": contracts.Console, "portal": contracts.Portal} {
		var out bytes.Buffer
		require.Equal(t, cli.ExitGood, run(&out, surface))
		require.Equal(t, string(want), out.String())
	}
	require.Equal(t, cli.ExitFailed, run(full{}, "desk"))
	require.Equal(t, cli.ExitUsage, run(io.Discard, "office"))
	require.Equal(t, cli.ExitUsage, run(io.Discard))
}

// full takes nothing more.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }
