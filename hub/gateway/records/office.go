package records

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"jaliya/hub/gateway/peer"
	"jaliya/internal/fault"
	"jaliya/internal/seal"
)

// office speaks with one office.
type office struct {
	OfficeConfig

	key     seal.PostPublic
	client  *peer.Client
	sending time.Duration
}

// open makes what speaks with one office.
func (c *Connector) open(oc OfficeConfig) (*office, error) {
	f := &office{OfficeConfig: oc, sending: c.cfg.Sending.Std()}
	text, err := peer.TextFile(oc.PacketKey)
	if err != nil {
		return nil, err
	}
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, fault.New(fault.Invalid, "records: read packet key", oc.PacketKey, errors.New("is not base64"))
	}
	if f.key, err = seal.ParsePostPublic(raw); err != nil {
		return nil, err
	}
	f.client, err = peer.New(peer.Options{
		Name: oc.Name, Endpoint: oc.endpoint(), Timeout: c.cfg.Timeout.Std(), MaxAnswer: MaxAnswer,
		Breaker: c.cfg.Breaker.Rule(), Now: c.Now, Dial: c.Dial,
		Asked: func(op string, err error) { c.Metrics.asked(oc.Name, op, err) },
		Moved: func(b peer.BreakerState) {
			c.Metrics.breaker(oc.Name, b)
			c.Logger.Info("record office's breaker moved", slog.String("office", oc.Name), slog.String("breaker", b.String()))
		},
	})
	return f, err
}

func (f *office) recipient(id string) Recipient {
	return Recipient{Key: f.key, Context: PacketContext, AAD: PacketAAD(id), ID: id}
}

// rests reports that the office is left alone: opening a packet for it now is
// one opening too many.
func (f *office) rests(op string, now time.Time) error {
	if rest := f.client.Rests(); !rest.IsZero() && now.Before(rest) {
		return fault.New(fault.Unavailable, op, f.Name, errors.New("left alone after failures"))
	}
	return nil
}

func (f *office) get(ctx context.Context, id string) (Request, error) {
	return f.ask(ctx, id, peer.Question{Op: "records: ask request", Method: http.MethodGet, Path: path(id)})
}

func (f *office) put(ctx context.Context, id string, body order) (Request, error) {
	return f.send(ctx, id, peer.Question{Op: "records: send request", Path: path(id)}, body)
}

func (f *office) answer(ctx context.Context, id string, body answer) (Request, error) {
	return f.send(ctx, id, peer.Question{Op: "records: send answer", Path: path(id) + "/answer"}, body)
}

func (f *office) withdraw(ctx context.Context, id string) (Request, error) {
	return f.send(ctx, id, peer.Question{Op: "records: withdraw request", Path: path(id) + "/withdrawal"}, struct{}{})
}

func path(id string) string { return "/v1/requests/" + id }

func (f *office) send(ctx context.Context, id string, q peer.Question, body any) (Request, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return Request{}, fault.New(fault.Internal, q.Op, f.Name, nil)
	}
	q.Method, q.Body, q.Limit = http.MethodPut, raw, f.sending
	return f.ask(ctx, id, q)
}

func (f *office) ask(ctx context.Context, id string, q peer.Question) (r Request, err error) {
	q.Read = func(raw []byte) (err error) {
		if r, err = DecodeRequest(raw); err == nil && r.ID != id {
			err = fault.New(fault.Corrupt, q.Op, f.Name, errors.New("another request"))
		}
		return err
	}
	if err := f.client.Ask(ctx, q); err != nil {
		return Request{}, err
	}
	return r, nil
}
