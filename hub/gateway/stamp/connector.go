package stamp

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"jaliya/hub/gateway/peer"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
)

// PaymentRequest is what the citizen is to pay. Nothing in it names a person.
type PaymentRequest struct {
	ID      string // 1 to 64 of a-z 0-9 -, never used for another payment
	Amount  consular.Money
	Product string    // code: "cnie.renewal"
	Return  string    // where the citizen's browser comes back
	Notice  string    // where the service's notice goes
	Expires time.Time // of the page
}

// Needs is what a Connector works with. All fields but Metrics are required.
type Needs struct {
	Now     func() time.Time
	Logger  *slog.Logger
	Metrics *peer.Metrics
}

// Connector speaks with the payment service. Safe for concurrent use.
type Connector struct {
	cfg    Config
	keys   map[string]ed25519.PublicKey
	client *peer.Client
}

// New reads token, certificates and keys and gives a connector that asked
// nothing yet.
func New(cfg Config, needs Needs) (*Connector, error) {
	cfg = cfg.WithDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if needs.Now == nil || needs.Logger == nil {
		return nil, fault.New(fault.Invalid, "stamp: new connector", "a required field is missing", nil)
	}
	keys, err := cfg.noticeKeys()
	if err != nil {
		return nil, err
	}
	client, err := peer.New(peer.Options{
		Name: "service", Endpoint: cfg.endpoint(), Timeout: cfg.Timeout.Std(), MaxAnswer: MaxAnswer,
		Breaker: cfg.Breaker.Rule(), Now: needs.Now, Asked: needs.Metrics.Asked,
		Moved: func(b peer.BreakerState) {
			needs.Metrics.Moved(b)
			needs.Logger.Info("stamp service's breaker moved", slog.String("breaker", b.String()))
		},
	})
	if err != nil {
		return nil, err
	}
	return &Connector{cfg: cfg, keys: keys, client: client}, nil
}

// Close lets idle connections go.
func (c *Connector) Close() { c.client.Close() }

// Start creates a payment, or finds it if it was created before, and gives the
// page where the citizen pays. fault.Exists: the id belongs to another payment.
func (c *Connector) Start(ctx context.Context, r PaymentRequest) (page string, err error) {
	const op = "stamp: start payment"
	switch {
	case !paymentID.MatchString(r.ID) || !productForm.MatchString(r.Product):
		return "", fault.New(fault.Invalid, op, "id or product", nil)
	case r.Amount.Validate() != nil || r.Amount.Minor <= 0:
		return "", fault.New(fault.Invalid, op, "amount", nil)
	case r.Return == "" || r.Notice == "" || r.Expires.IsZero():
		return "", fault.New(fault.Invalid, op, "return, notice or expires", nil)
	}
	body, err := json.Marshal(map[string]any{
		"amount": r.Amount, "product": r.Product, "return_url": r.Return, "notice_url": r.Notice,
		"expires": r.Expires.UTC().Truncate(time.Second),
	})
	if err != nil {
		return "", fault.New(fault.Internal, op, "", nil)
	}
	p, err := c.ask(ctx, r.ID, peer.Question{Op: op, Method: http.MethodPut, Path: "/v1/payments/" + r.ID, Body: body})
	switch {
	case err != nil:
		return "", err
	case p.Amount != r.Amount:
		return "", fault.New(fault.Corrupt, op, "service", errors.New("another amount than asked"))
	}
	return p.Page, c.checkPage(op, p.Page)
}

// checkPage lets a citizen be sent to the configured hosts only.
func (c *Connector) checkPage(op, page string) error {
	u, err := url.Parse(page)
	if err != nil || !slices.Contains(c.cfg.Pages, u.Host) ||
		(u.Scheme != "https" && (u.Scheme != "http" || !peer.Loopback(u.Hostname()))) {
		return fault.New(fault.Denied, op, "service", errors.New("a page on another host than configured"))
	}
	return nil
}

// State asks how a payment stands, compared with what was asked; fault.NotFound
// when the service does not know it.
func (c *Connector) State(ctx context.Context, id string, asked consular.Money) (Payment, error) {
	const op = "stamp: ask payment"
	if !paymentID.MatchString(id) {
		return Payment{}, fault.New(fault.Invalid, op, "id", nil)
	}
	p, err := c.ask(ctx, id, peer.Question{Op: op, Method: http.MethodGet, Path: "/v1/payments/" + id})
	return p.against(asked), err
}

// Refund pays the receipt with the number n, from 1, back in full; a repeat
// pays nothing. fault.NotFound: no such payment or receipt.
func (c *Connector) Refund(ctx context.Context, id string, n int) error {
	const op = "stamp: refund receipt"
	if !paymentID.MatchString(id) || n < 1 || n > maxReceipts {
		return fault.New(fault.Invalid, op, "id or number", nil)
	}
	p, err := c.ask(ctx, id, peer.Question{
		Op: op, Method: http.MethodPut, Path: "/v1/payments/" + id + "/refunds/" + strconv.Itoa(n), Body: []byte("{}"),
	})
	if err != nil {
		return err
	}
	if len(p.Receipts) < n || !p.Receipts[n-1].Refunded {
		return fault.New(fault.Corrupt, op, "service", errors.New("the receipt still stands"))
	}
	return nil
}

func (c *Connector) ask(ctx context.Context, id string, q peer.Question) (Payment, error) {
	var p Payment
	q.Read = func(raw []byte) (err error) {
		if p, err = DecodePayment(raw); err == nil && p.ID != id {
			err = fault.New(fault.Corrupt, q.Op, "service", errors.New("another payment"))
		}
		return err
	}
	if err := c.client.Ask(ctx, q); err != nil {
		return Payment{}, err
	}
	return p, nil
}
