package e2e

import (
	"context"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"
)

// TestScripts runs the journeys of testdata over the real programs. Besides
// testscript's own commands there are: expand FILE puts environment variables
// into a file; retry COMMAND... runs a program until it succeeds; linked FILE and
// unlinked FILE ask a node whether its link stands.
func TestScripts(t *testing.T) {
	if underRace {
		t.Skip("the detector does not see into the programs: make test runs the same journeys")
	}
	dir := programs(t)
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "scripts"),
		Setup: func(e *testscript.Env) error {
			e.Setenv("PATH", dir+string(os.PathListSeparator)+e.Getenv("PATH"))
			e.Setenv("PORT", portBase(t))
			for name, network := range map[string]string{
				"NODES": "udp", "CLUSTER": "udp", "ADMIN": "tcp", "DESK": "tcp", "NODEADMIN": "tcp", "WITNESS": "tcp", "WITNESSADMIN": "tcp",
				"NODES2": "udp", "CLUSTER2": "udp", "ADMIN2": "tcp",
			} {
				_, port, err := net.SplitHostPort(freePort(t, network))
				require.NoError(t, err)
				e.Setenv(name, port)
			}
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"expand":   expand,
			"retry":    retry,
			"linked":   func(ts *testscript.TestScript, _ bool, args []string) { awaitLink(ts, args[0], true) },
			"unlinked": func(ts *testscript.TestScript, _ bool, args []string) { awaitLink(ts, args[0], false) },
			"revoke":   revokeAll,
		},
		RequireExplicitExec: true,
	})
}

func expand(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	text := os.Expand(ts.ReadFile(args[0]), ts.Getenv)
	ts.Check(os.WriteFile(path, []byte(text), 0o600))
}

// program gives a command of the script's environment.
func program(ts *testscript.TestScript, args []string) *exec.Cmd {
	cmd := exec.CommandContext(context.Background(), args[0], args[1:]...)
	if path, err := exec.LookPath(filepath.Join(strings.Split(ts.Getenv("PATH"), string(os.PathListSeparator))[0], args[0])); err == nil {
		cmd.Path, cmd.Err = path, nil
	}
	cmd.Dir = ts.MkAbs(".")
	return cmd
}

func retry(ts *testscript.TestScript, _ bool, args []string) {
	until(ts, strings.Join(args, " "), func() bool { return program(ts, args).Run() == nil })
}

func until(ts *testscript.TestScript, what string, ok func() bool) {
	deadline := time.After(patience)
	for !ok() {
		select {
		case <-deadline:
			ts.Fatalf("%s: not within %s", what, patience)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func awaitLink(ts *testscript.TestScript, config string, want bool) {
	until(ts, "link of "+config, func() bool {
		out, err := program(ts, []string{"consulate-node", "status", "--json", "--config", config}).Output()
		var report struct {
			Functions []struct {
				Name string `json:"name"`
				OK   bool   `json:"ok"`
			} `json:"functions"`
		}
		if err != nil || json.Unmarshal(out, &report) != nil {
			return false
		}
		for _, f := range report.Functions {
			if f.Name == "link" {
				return f.OK == want
			}
		}
		return false
	})
}

// revokeAll shuts out every node that a hub knows.
func revokeAll(ts *testscript.TestScript, _ bool, args []string) {
	out, err := program(ts, []string{"hub", "status", "--json", "--config", args[0]}).Output()
	ts.Check(err)
	var status struct {
		Nodes []struct {
			Node string `json:"node"`
		} `json:"nodes"`
	}
	ts.Check(json.Unmarshal(out, &status))
	for _, n := range status.Nodes {
		ts.Check(program(ts, []string{"hub", "revoke", "--config", args[0], "--node", n.Node, "--reason", "stolen"}).Run())
	}
}
