package rpc

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"time"

	"jaliya/internal/fault"
	"jaliya/internal/link/pki"
	"jaliya/internal/wire"
)

const (
	prefix    = "/rpc/1/"
	mediaType = "application/cbor"
	patience  = 70 * time.Second // of one question
)

// problem is how an error crosses: kind and stable code, no text.
type problem struct {
	Kind uint8  `cbor:"1,keyasint"`
	Code string `cbor:"2,keyasint,omitempty"`
}

// Coded is an error with a stable code of its own that the portal shows words
// for.
type Coded interface {
	error
	Code() string
}

type peerKey struct{}

// PeerOf gives who asks: the identity in the certificate, which the transport
// has verified.
func PeerOf(ctx context.Context) (pki.Identity, bool) {
	id, ok := ctx.Value(peerKey{}).(pki.Identity)
	return id, ok
}

// NewHandler answers questions with m. It is to be served under a TLS
// configuration that accepts portals only (pki.MutualServer).
func NewHandler(m Member, log *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	handle(mux, log, "keys", func(ctx context.Context, _ Nothing) (Keys, error) { return m.Keys(ctx) })
	handle(mux, log, "file", m.File)
	read := newGate(max(1, runtime.GOMAXPROCS(0)/2))
	handle(mux, log, "follow", one(read, m.Follow))
	handle(mux, log, "follow-token", one(read, m.FollowToken))
	handle(mux, log, "mine", one(read, m.Mine))
	handle(mux, log, "request", one(read, m.Request))
	handle(mux, log, "standing", one(read, m.Standing))
	handle(mux, log, "payment", m.Payment)
	handle(mux, log, "payment-notice", m.PaymentNotice)
	handle(mux, log, "question", m.Question)
	handle(mux, log, "document", m.Document)
	handle(mux, log, "voided", func(ctx context.Context, _ Nothing) (Voided, error) { return m.Voided(ctx) })
	handle(mux, log, "renew", m.Renew)
	return mux
}

// handle binds one question.
func handle[In, Out any](mux *http.ServeMux, log *slog.Logger, name string, do func(context.Context, In) (Out, error)) {
	mux.HandleFunc("POST "+prefix+name, func(w http.ResponseWriter, r *http.Request) {
		peer, err := portal(r)
		var in In
		if err == nil {
			err = readQuestion(w, r, &in)
		}
		if err != nil {
			refuse(w, err)
			return
		}
		ctx, cancel := context.WithTimeout(context.WithValue(r.Context(), peerKey{}, peer), patience)
		defer cancel()
		out, err := do(ctx, in)
		if err != nil {
			log.Log(ctx, severity(fault.KindOf(err)), "portal's question not answered", slog.String("question", name), slog.String("kind", fault.KindOf(err).String()))
			refuse(w, err)
			return
		}
		send(w, http.StatusOK, out)
	})
}

// portal gives who asks, and refuses whoever is no portal.
func portal(r *http.Request) (pki.Identity, error) {
	const op = "rpc: identify peer"
	if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
		return pki.Identity{}, fault.New(fault.Denied, op, "no certificate", nil)
	}
	id, err := pki.IdentityOf(r.TLS.PeerCertificates[0])
	if err != nil {
		return pki.Identity{}, err
	}
	if id.Role != pki.Portal {
		return pki.Identity{}, fault.New(fault.Denied, op, string(id.Role), nil)
	}
	return id, nil
}

func readQuestion(w http.ResponseWriter, r *http.Request, in any) error {
	const op = "rpc: read question"
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxQuestion))
	if err != nil {
		return fault.New(fault.TooLarge, op, "", err)
	}
	return wire.Unmarshal(raw, maxQuestion, in)
}

// refuse sends what crosses of an error; its text stays on this side.
func refuse(w http.ResponseWriter, err error) {
	p := problem{Kind: uint8(fault.KindOf(err))}
	if coded, ok := errors.AsType[Coded](err); ok {
		p.Code = coded.Code()
	}
	send(w, http.StatusConflict, p)
}

// severity tells a refusal, which is no fault of ours, from what is.
func severity(kind fault.Kind) slog.Level {
	if kind == fault.Internal || kind == fault.Storage || kind == fault.Corrupt || kind == fault.Unavailable {
		return slog.LevelWarn
	}
	return slog.LevelDebug
}

func send(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(wire.Marshal(body)) // the portal asks again when it is gone
}
