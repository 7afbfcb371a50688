package mail_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub/gateway/mail"
)

const mainCF = `compatibility_level = 3.6
queue_directory = %[1]s/spool
data_directory = %[1]s/data
maillog_file = %[1]s/mail.log
maillog_file_prefixes = %[1]s
multi_instance_enable = no
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = localhost
mydestination =
virtual_mailbox_domains = example.org
virtual_mailbox_maps = inline:{ { fatima.canary@example.org = box } }
virtual_mailbox_base = %[1]s/mail
virtual_uid_maps = static:%[2]s
virtual_gid_maps = static:%[2]s
virtual_minimum_uid = 1
smtpd_tls_cert_file = %[1]s/cert.pem
smtpd_tls_key_file = %[1]s/key.pem
smtpd_tls_security_level = encrypt
smtpd_relay_restrictions = reject_unauth_destination
smtpd_peername_lookup = no
`

const masterCF = `%s inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
virtual unix - n n - - virtual
error unix - - n - - error
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
showq unix n - n - - showq
`

// TestPostfix gives a message to a server that shares no code with ours, and
// reads it in the mailbox. It runs where JALIYA_MAIL_TOOLS=1 says that postfix
// is installed and may be started (root), and then it may not be missing.
func TestPostfix(t *testing.T) {
	if os.Getenv("JALIYA_MAIL_TOOLS") != "1" {
		t.Skip("JALIYA_MAIL_TOOLS is not 1: postfix is not asked for")
	}
	dir, err := os.MkdirTemp("", "postfix-") //nolint:usetesting // the parents of t.TempDir are closed to postfix's own user
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	require.NoError(t, os.Chmod(dir, 0o755))
	ca, _ := identity(t, dir)
	for _, sub := range []string{"spool", "data", "mail"} {
		require.NoError(t, os.Mkdir(filepath.Join(dir, sub), 0o755))
	}
	uid := strings.TrimSpace(run(t, "id", "-u", "postfix"))
	run(t, "chown", "postfix", filepath.Join(dir, "data"), filepath.Join(dir, "mail"))
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	_, port, err := net.SplitHostPort(l.Addr().String())
	require.NoError(t, err)
	require.NoError(t, l.Close())
	require.NoError(t, os.WriteFile(filepath.Join(dir, "main.cf"), fmt.Appendf(nil, mainCF, dir, uid), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "master.cf"), fmt.Appendf(nil, masterCF, "127.0.0.1:"+port), 0o644))
	run(t, "/usr/sbin/postfix", "-c", dir, "start")
	t.Cleanup(func() {
		out, err := exec.CommandContext(context.WithoutCancel(t.Context()), "/usr/sbin/postfix", "-c", dir, "stop").CombinedOutput()
		require.NoError(t, err, "%s", out)
	})

	conn := connect(t, &carrier{ca: ca, port: port}, nil, nil)
	result, err := send(t, conn)
	require.NoError(t, err)
	require.Equal(t, mail.Accepted, result)
	var raw []byte
	require.Eventually(t, func() bool {
		raw, err = os.ReadFile(filepath.Join(dir, "mail", "box"))
		return err == nil && len(raw) > 0
	}, 30*time.Second, 50*time.Millisecond)
	_, rest, _ := strings.Cut(string(raw), "\n") // the mailbox's own line
	h, subject, text := read(t, rest)
	require.Equal(t, letter().Subject, subject)
	require.Equal(t, letter().Text, strings.TrimRight(text, "\n")+"\n")
	require.Equal(t, "<c0ffee-17@example.org>", h.Get("Message-Id"))
	require.Contains(t, h.Get("Received"), "with ESMTPS", "TLS, and no wish that the next server may not have")

	unknown := letter()
	unknown.To = "nobody@example.org"
	result, err = conn.Send(t.Context(), unknown)
	require.NoError(t, err)
	require.Equal(t, mail.Bounced, result, "550 5.1.1")
	foreign := letter()
	foreign.To = "someone@elsewhere.example"
	_, err = conn.Send(t.Context(), foreign)
	require.Error(t, err, "relaying is refused: an operator mends it, the person is not called")
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return string(out)
}
