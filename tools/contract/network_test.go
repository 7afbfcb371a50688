package contract_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/openapi/openapitest"
)

// network is what localnet says of itself in localnet.json.
type network struct {
	Portal   string   `json:"portal"`
	Console  string   `json:"console"`
	Officers []person `json:"officers"`
	Programs accounts `json:"accounts"`
	Posts    []struct {
		ID       string   `json:"post"`
		Desk     string   `json:"desk"`
		Accounts accounts `json:"accounts"`
	} `json:"posts"`
}

type accounts []struct {
	Role  string `json:"role"`
	Token string `json:"token"`
}

// token gives the token of a program with a role.
func (list accounts) token(role string) string {
	for _, a := range list {
		if a.Role == role {
			return a.Token
		}
	}
	return ""
}

type person struct {
	ID       string `json:"staff"`
	Role     string `json:"role"`
	Password string `json:"password"`
	Secret   string `json:"totp_secret"`
}

func (n network) officer(role string) person {
	for _, o := range n.Officers {
		if o.Role == role {
			return o
		}
	}
	return person{}
}

// program gives one of ours, as `make build` left it.
func program(tb testing.TB) string {
	tb.Helper()
	path, err := filepath.Abs("../../bin/jaliya")
	require.NoError(tb, err)
	_, err = os.Stat(path)
	require.NoError(tb, err, "run make build first")
	return path
}

// ports finds a base of which the first ports are free.
func ports(tb testing.TB) int {
	tb.Helper()
	for base := 21000; base < 32000; base += 300 {
		free := true
		for _, offset := range []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 21, 121, 221} {
			l, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(base+offset)))
			if err != nil {
				free = false
				break
			}
			require.NoError(tb, l.Close())
		}
		if free {
			return base
		}
	}
	tb.Fatal("no free ports")
	return 0
}

// start runs a hub, one post and the systems around them, and ends them with the
// test. Officers decide and pack: nothing goes on by itself.
func start(tb testing.TB) (n network) {
	tb.Helper()
	dir := tb.TempDir()
	cmd := exec.CommandContext(context.WithoutCancel(tb.Context()), program(tb), "localnet", "--posts", "1", "--seed", "11",
		"--dir", dir, "--port-base", strconv.Itoa(ports(tb)), "--verify-by-hand", "--pack-by-hand")
	out, err := cmd.StdoutPipe()
	require.NoError(tb, err)
	var errs strings.Builder
	cmd.Stderr = &errs
	require.NoError(tb, cmd.Start())
	tb.Cleanup(func() {
		require.NoError(tb, cmd.Process.Signal(syscall.SIGINT))
		require.NoError(tb, cmd.Wait(), errs.String())
	})
	ready := make(chan bool, 1)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if strings.Contains(lines.Text(), "Stop with Ctrl-C") {
				ready <- true
			}
		}
		close(ready)
	}()
	select {
	case up := <-ready:
		require.True(tb, up, errs.String())
	case <-time.After(2 * time.Minute):
		require.Fail(tb, "localnet does not become ready", errs.String())
	}
	raw, err := os.ReadFile(filepath.Join(dir, "localnet.json"))
	require.NoError(tb, err)
	require.NoError(tb, json.Unmarshal(raw, &n))
	return n
}

// held gives what a client sends by, which holds every answer to a document.
func held(t *testing.T, document []byte) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &http.Client{Jar: jar, Transport: openapitest.Read(t, document).Transport(t, http.DefaultTransport)}
}

// eventually asks until it is so.
func eventually(tb testing.TB, what string, is func() bool) {
	tb.Helper()
	require.Eventually(tb, is, 90*time.Second, 200*time.Millisecond, what)
}
