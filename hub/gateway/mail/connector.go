package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	gomail "github.com/wneessen/go-mail"

	"jaliya/hub/gateway/peer"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
)

// Message is one mail. Key, 1 to 64 of a-z 0-9 -, names it for ever.
type Message struct {
	Key      string
	To       consular.Email
	Language consular.Language
	Subject  string // without personal data: carriers log it
	Text     string
}

// Result is what the carrier said of a message.
type Result uint8

// The results; with an error there is none.
const (
	Accepted Result = 1 // the carrier has it; whether anybody reads it nobody says
	Bounced  Result = 2 // refused for good: this address takes no mail
)

// Needs is what a Connector works with. All fields but Metrics are required.
type Needs struct {
	Now     func() time.Time
	Logger  *slog.Logger
	Metrics *peer.Metrics
}

// Connector hands messages to the carrier. Safe for concurrent use.
type Connector struct {
	Needs

	cfg     Config
	domain  string // of From
	options []gomail.Option
	host    string
	gate    *peer.Gate
}

// New reads certificates and password and gives a connector that sent nothing.
func New(cfg Config, needs Needs) (*Connector, error) {
	const op = "mail: new connector"
	cfg = cfg.WithDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if needs.Now == nil || needs.Logger == nil {
		return nil, fault.New(fault.Invalid, op, "a required field is missing", nil)
	}
	c := &Connector{Needs: needs, cfg: cfg}
	_, c.domain, _ = strings.Cut(cfg.From.Value(), "@")
	c.gate = peer.NewGate(cfg.Breaker.Rule(), needs.Now, func(b peer.BreakerState) {
		c.Metrics.Moved(b)
		c.Logger.Info("mail's breaker moved", slog.String("breaker", b.String()))
	})
	return c, c.prepare()
}

// prepare makes what each connection begins with.
func (c *Connector) prepare() error {
	host, port, err := net.SplitHostPort(c.cfg.Server)
	if err != nil {
		return fault.New(fault.Invalid, "mail: prepare", "server", err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return fault.New(fault.Invalid, "mail: prepare", "server", err)
	}
	roots, err := peer.Roots(c.cfg.CAFile)
	if err != nil {
		return err
	}
	c.host = host
	c.options = []gomail.Option{
		// 1.2 is what older mail servers have; design.md's 1.3 is for our own links.
		gomail.WithTLSConfig(&tls.Config{MinVersion: tls.VersionTLS12, ServerName: host, RootCAs: roots}),
		gomail.WithPort(number), gomail.WithTimeout(c.cfg.Timeout.Std()), gomail.WithHELO(c.domain),
	}
	switch c.cfg.Security {
	case STARTTLS:
		c.options = append(c.options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case TLS:
		c.options = append(c.options, gomail.WithSSL())
	case None:
		c.options = append(c.options, gomail.WithTLSPolicy(gomail.NoTLS))
	}
	if c.cfg.User == "" {
		return nil
	}
	password, err := peer.TextFile(c.cfg.Password)
	c.options = append(c.options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover),
		gomail.WithUsername(c.cfg.User), gomail.WithPassword(password))
	return err
}

const opSend = "mail: send message"

// Send hands one message to the carrier. An error says that the outcome is not
// known or may change: the message is to be sent again under the same key.
// fault.Denied: an operator has to mend it, the carrier does not take mail from
// us. fault.Invalid: the message breaks a rule.
func (c *Connector) Send(parent context.Context, m Message) (Result, error) {
	msg, err := c.message(m)
	if err != nil {
		return 0, err
	}
	if !c.gate.Ask() {
		return 0, fault.New(fault.Unavailable, opSend, "carrier", errors.New("left alone after failures"))
	}
	ctx, cancel := context.WithTimeout(parent, c.cfg.Timeout.Std())
	defer cancel()
	result, err := Accepted, c.hand(ctx, msg, m.To)
	switch {
	case err != nil && parent.Err() != nil:
		c.gate.GaveUp()
		return 0, fault.New(fault.Unavailable, opSend, "carrier", errors.New("we stopped"))
	case err != nil:
		result, err = judge(ctx, err)
	}
	c.Metrics.Asked(opSend, err)
	c.gate.Answered(err == nil || fault.Is(err, fault.Denied))
	return result, err
}

// hand asks for SMTPUTF8 only where the address needs it: the next server may
// not have it, and the rest is ASCII.
func (c *Connector) hand(ctx context.Context, msg *gomail.Msg, to consular.Email) error {
	options := c.options
	if isASCII(to.Value()) {
		options = append(slices.Clone(options), gomail.WithoutSMTPUTF8())
	}
	client, err := gomail.NewClient(c.host, options...)
	if err != nil {
		return err
	}
	return client.DialAndSendWithContext(ctx, msg)
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII })
}

var keyForm = regexp.MustCompile(`^[a-z0-9-]{1,64}$`)

// message builds the mail. Go-mail encodes subject and text, so that Arabic
// passes servers that know ASCII only.
func (c *Connector) message(m Message) (*gomail.Msg, error) {
	bad := func(what string) error { return fault.New(fault.Invalid, "mail: build message", what, nil) }
	switch {
	case !keyForm.MatchString(m.Key):
		return nil, bad("key")
	case m.To.Validate() != nil:
		return nil, bad("to")
	case m.Subject == "" || m.Text == "" || strings.ContainsAny(m.Subject, "\r\n"):
		return nil, bad("subject or text")
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if msg.From(c.cfg.From.Value()) != nil {
		return nil, bad("from")
	}
	if msg.To(m.To.Value()) != nil {
		return nil, bad("to")
	}
	msg.Subject(m.Subject)
	msg.SetMessageIDWithValue(m.Key + "@" + c.domain)
	msg.SetDateWithValue(c.Now())
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no vacation answers
	msg.SetGenHeader("Content-Language", m.Language.String())
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	return msg, nil
}
