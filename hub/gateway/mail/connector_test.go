package mail_test

import (
	"io"
	"mime"
	"mime/quotedprintable"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"jaliya/hub/gateway/mail"
	"jaliya/hub/gateway/peer"
	"jaliya/internal/config"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// read gives what a reader's program shows of a message.
func read(tb testing.TB, raw string) (h netmail.Header, subject, text string) {
	tb.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(raw))
	require.NoError(tb, err)
	subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	require.NoError(tb, err)
	require.Equal(tb, "quoted-printable", m.Header.Get("Content-Transfer-Encoding"))
	body, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	require.NoError(tb, err)
	return m.Header, subject, strings.ReplaceAll(string(body), "\r\n", "\n")
}

func TestSend(t *testing.T) {
	for name, c := range map[string]struct {
		wrapped bool
		change  func(t *testing.T, cfg *mail.Config)
	}{
		"OK/STARTTLS": {change: func(*testing.T, *mail.Config) {}},
		"OK/TLS":      {wrapped: true, change: func(_ *testing.T, cfg *mail.Config) { cfg.Security = mail.TLS }},
		"OK/Password": {change: func(t *testing.T, cfg *mail.Config) {
			t.Helper()
			cfg.User, cfg.Password = "post", password(t, "only-for-tests")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			server := &carrier{}
			server.listen(t, c.wrapped, false)
			conn := connect(t, server, func(cfg *mail.Config) { c.change(t, cfg) }, nil)
			result, err := send(t, conn)
			require.NoError(t, err)
			require.Equal(t, mail.Accepted, result)
			require.Len(t, server.messages(), 1)
			raw := server.messages()[0]
			h, subject, text := read(t, raw)
			require.Equal(t, letter().Subject, subject)
			require.Equal(t, letter().Text, text)
			require.Equal(t, "<c0ffee-17@example.org>", h.Get("Message-Id"))
			require.Equal(t, "auto-generated", h.Get("Auto-Submitted"))
			require.Equal(t, "text/plain; charset=UTF-8", h.Get("Content-Type"))
			require.Empty(t, h.Get("User-Agent")+h.Get("X-Mailer"))
			for _, b := range []byte(raw) {
				require.Less(t, b, byte(0x80), "passes servers that know ASCII only")
			}
		})
	}
	t.Run("OK/Repeat", func(t *testing.T) {
		server := &carrier{}
		server.listen(t, false, false)
		conn := connect(t, server, nil, nil)
		for range 2 {
			_, err := send(t, conn)
			require.NoError(t, err)
		}
		first, _, _ := read(t, server.messages()[0])
		second, _, _ := read(t, server.messages()[1])
		require.Equal(t, first.Get("Message-Id"), second.Get("Message-Id"), "one message to the reader's program")
	})
}

func reply(code int, a, b int) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, a, b}, Message: "fatima.canary is not ours"}
}

// TestFailures asks that each failure is what it is, and that its text has
// neither the address nor the server's words.
func TestFailures(t *testing.T) {
	for name, c := range map[string]struct {
		server *carrier
		plain  bool
		change func(t *testing.T, cfg *mail.Config)
		want   fault.Kind // zero: bounced
	}{
		"OK/NoSuchUser":     {server: &carrier{rcpt: reply(550, 1, 1)}},
		"OK/MailboxClosed":  {server: &carrier{data: reply(552, 2, 2)}},
		"ErrGreylisted":     {server: &carrier{rcpt: reply(451, 7, 1)}, want: fault.Unavailable},
		"ErrNotNow":         {server: &carrier{data: reply(452, 3, 1)}, want: fault.Unavailable},
		"ErrSenderRefused":  {server: &carrier{from: reply(553, 1, 8)}, want: fault.Denied},
		"ErrRelayRefused":   {server: &carrier{rcpt: reply(554, 7, 1)}, want: fault.Denied},
		"ErrDropInContent":  {server: &carrier{drop: true}, want: fault.Unavailable},
		"ErrStallInContent": {server: &carrier{stall: true}, want: fault.Timeout},
		"ErrNoTLS":          {server: &carrier{}, plain: true, want: fault.Unavailable},
		"ErrPassword": {server: &carrier{}, want: fault.Denied, change: func(t *testing.T, cfg *mail.Config) {
			t.Helper()
			cfg.User, cfg.Password = "post", password(t, "another")
		}},
		"ErrUnknownRoot": {server: &carrier{}, want: fault.Unavailable, change: func(_ *testing.T, cfg *mail.Config) {
			cfg.CAFile = ""
		}},
		"ErrNobody": {server: &carrier{}, want: fault.Unavailable, change: func(_ *testing.T, cfg *mail.Config) {
			cfg.Server = "localhost:1"
		}},
	} {
		t.Run(name, func(t *testing.T) {
			c.server.listen(t, false, c.plain)
			conn := connect(t, c.server, func(cfg *mail.Config) {
				if name == "ErrStallInContent" {
					cfg.Timeout = config.Duration(300 * time.Millisecond)
				}
				if c.change != nil {
					c.change(t, cfg)
				}
			}, nil)
			result, err := send(t, conn)
			require.Empty(t, c.server.messages())
			if c.want == 0 {
				require.NoError(t, err)
				require.Equal(t, mail.Bounced, result)
				return
			}
			require.Zero(t, result)
			require.Equal(t, c.want, fault.KindOf(err), "%v", err)
			require.NotContains(t, err.Error(), "canary")
			require.NotContains(t, err.Error(), "another")
		})
	}
}

func TestLeftAlone(t *testing.T) {
	server := &carrier{from: reply(421, 3, 2)}
	server.listen(t, false, false)
	reg := prometheus.NewRegistry()
	conn := connect(t, server, nil, peer.NewMetrics(reg, "mail"))
	for range 6 {
		_, err := send(t, conn)
		require.True(t, fault.Is(err, fault.Unavailable))
	}
	require.Equal(t, 2*3, server.conns, "after three failures in a row it is not asked; each greets twice, before and after TLS")
	families, err := reg.Gather()
	require.NoError(t, err)
	for _, f := range families {
		require.NotContains(t, f.String(), "canary")
	}
}

func TestMessageRules(t *testing.T) {
	server := &carrier{}
	server.listen(t, false, false)
	conn := connect(t, server, nil, nil)
	for name, change := range map[string]func(*mail.Message){
		"ErrKey":     func(m *mail.Message) { m.Key = "a b" },
		"ErrTo":      func(m *mail.Message) { m.To = "nobody" },
		"ErrSubject": func(m *mail.Message) { m.Subject = "a\r\nBcc: x@example.org" },
		"ErrText":    func(m *mail.Message) { m.Text = "" },
	} {
		t.Run(name, func(t *testing.T) {
			m := letter()
			change(&m)
			_, err := conn.Send(t.Context(), m)
			require.True(t, fault.Is(err, fault.Invalid))
			require.Zero(t, server.conns)
		})
	}
}

func TestConfig(t *testing.T) {
	good := mail.Config{Server: "smtp.example:587", From: "consulat@example.org", User: "u", Password: "p"}
	for name, change := range map[string]func(*mail.Config){
		"OK":             func(*mail.Config) {},
		"OK/Here":        func(c *mail.Config) { c.Server, c.Security, c.User, c.Password = "127.0.0.1:25", mail.None, "", "" },
		"ErrServer":      func(c *mail.Config) { c.Server = "smtp.example" },
		"ErrPort":        func(c *mail.Config) { c.Server = "smtp.example:0" },
		"ErrInTheClear":  func(c *mail.Config) { c.Security, c.User, c.Password = mail.None, "", "" },
		"ErrClearSecret": func(c *mail.Config) { c.Server, c.Security = "127.0.0.1:25", mail.None },
		"ErrSecurity":    func(c *mail.Config) { c.Security = "maybe" },
		"ErrFrom":        func(c *mail.Config) { c.From = consular.Email("Consulat <c@example.org>") },
		"ErrHalf":        func(c *mail.Config) { c.Password = "" },
	} {
		t.Run(name, func(t *testing.T) {
			c := good
			change(&c)
			err := c.WithDefaults().Validate()
			if strings.HasPrefix(name, "OK") {
				require.NoError(t, err)
				return
			}
			require.True(t, fault.Is(err, fault.Invalid), "%v", err)
		})
	}
	t.Run("OK/File", func(t *testing.T) {
		var c mail.Config
		require.NoError(t, config.Parse("hub.toml", []byte(`
server = "smtp.example:465"
security = "tls"
from = "consulat@example.org"
timeout = "10s"
[breaker]
failures = 2
`), &c))
		require.NoError(t, c.WithDefaults().Validate())
	})
}
