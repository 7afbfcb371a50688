package sms

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"jaliya/hub/gateway/peer"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
)

// Message is one short message. Key, 1 to 64 of a-z 0-9 -, names it for ever.
type Message struct {
	Key  string
	To   consular.Phone
	Text string
}

// Needs is what a Connector works with. All fields but Metrics are required.
type Needs struct {
	Now     func() time.Time
	Logger  *slog.Logger
	Metrics *peer.Metrics
}

// Connector hands messages to the carrier. Safe for concurrent use.
type Connector struct {
	sender string
	client *peer.Client
}

// New reads token and certificates and gives a connector that sent nothing.
func New(cfg Config, needs Needs) (*Connector, error) {
	cfg = cfg.WithDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if needs.Now == nil || needs.Logger == nil {
		return nil, fault.New(fault.Invalid, "sms: new connector", "a required field is missing", nil)
	}
	client, err := peer.New(peer.Options{
		Name: "carrier", Endpoint: cfg.endpoint(), Timeout: cfg.Timeout.Std(), MaxAnswer: MaxAnswer,
		Breaker: cfg.Breaker.Rule(), Now: needs.Now, Asked: needs.Metrics.Asked,
		Kinds: map[string]fault.Kind{codeNumber: fault.NotFound},
		Moved: func(b peer.BreakerState) {
			needs.Metrics.Moved(b)
			needs.Logger.Info("sms carrier's breaker moved", slog.String("breaker", b.String()))
		},
	})
	if err != nil {
		return nil, err
	}
	return &Connector{sender: cfg.Sender, client: client}, nil
}

// Close lets idle connections go.
func (c *Connector) Close() { c.client.Close() }

// codeNumber is the problem that no telephone has the number.
const codeNumber = "number"

// maxText is the longest text of the contract, in characters.
const maxText = 612

// Send hands a message over and gives where it stands; a repeat sends nothing
// and gives where it stands now. fault.NotFound: no telephone has the number.
// fault.Exists: another message has the key.
func (c *Connector) Send(ctx context.Context, m Message) (Report, error) {
	const op = "sms: send message"
	if !messageID.MatchString(m.Key) || m.To.Validate() != nil || m.Text == "" || len([]rune(m.Text)) > maxText {
		return Report{}, fault.New(fault.Invalid, op, "key, to or text", nil)
	}
	body, err := json.Marshal(map[string]string{"to": m.To.Value(), "text": m.Text, "sender": c.sender})
	if err != nil {
		return Report{}, fault.New(fault.Internal, op, "", nil)
	}
	return c.ask(ctx, peer.Question{Op: op, Method: http.MethodPost, Path: "/v1/messages", Key: m.Key, Body: body}, "")
}

// Report asks where a message stands, by the carrier's id; fault.NotFound when
// the carrier does not know it.
func (c *Connector) Report(ctx context.Context, id string) (Report, error) {
	const op = "sms: ask report"
	if !messageID.MatchString(id) {
		return Report{}, fault.New(fault.Invalid, op, "message", nil)
	}
	return c.ask(ctx, peer.Question{Op: op, Method: http.MethodGet, Path: "/v1/messages/" + id}, id)
}

func (c *Connector) ask(ctx context.Context, q peer.Question, id string) (Report, error) {
	var r Report
	q.Read = func(raw []byte) (err error) {
		if r, err = DecodeReport(raw); err == nil && id != "" && r.ID != id {
			err = fault.New(fault.Corrupt, q.Op, "carrier", errors.New("another message"))
		}
		return err
	}
	err := c.client.Ask(ctx, q)
	if err != nil {
		return Report{}, err
	}
	return r, nil
}
