package link

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"unicode"

	"jaliya/internal/fault"
	"jaliya/internal/link/pki"
)

// Frames of an exchange: one request up, then an answer or a failure down.
// A failure is one byte fault kind and a safe text.
const (
	frameRequest byte = 1
	frameAnswer  byte = 2
	frameFailure byte = 3
)

// maxText bounds the text of a failure in bytes.
const maxText = 256

// DefaultMaxMessage is the greatest request and answer in bytes, unless said
// otherwise: a signing request or a chain with its companions.
const DefaultMaxMessage = 256 << 10

// SafeTexter is an error that says something fit for the other end to read: no
// person, no path, no inner detail.
type SafeTexter interface {
	error
	SafeText() string
}

// Exchanger answers requests, one a stream, payloads being the caller's. Join
// and renewal speak it.
type Exchanger struct {
	// Answer gives the answer; peer is zero on the join road. Of its error the
	// fault kind travels, and the text only of a SafeTexter.
	Answer func(ctx context.Context, peer pki.Peer, request []byte) ([]byte, error)
	// MaxRequest is the greatest request in bytes; 0 means DefaultMaxMessage.
	MaxRequest int
	// Parallel is how many requests of one session are answered at once; 0
	// means 4.
	Parallel int
}

// JoinServer answers the road without a certificate, one request a stream.
type JoinServer struct {
	Handle func(ctx context.Context, request []byte) (response []byte, err error)
}

// Serve is the Handle of the join endpoint.
func (j JoinServer) Serve(ctx context.Context, s *Session) error {
	x := Exchanger{Parallel: 1, Answer: func(ctx context.Context, _ pki.Peer, request []byte) ([]byte, error) {
		return j.Handle(ctx, request)
	}}
	return x.Serve(ctx, s)
}

// Serve is the Handle of an endpoint: it answers until the peer ends the
// session.
func (x Exchanger) Serve(ctx context.Context, s *Session) error {
	setDefault(&x.MaxRequest, DefaultMaxMessage)
	setDefault(&x.Parallel, 4)
	slots := make(chan struct{}, x.Parallel)
	var wg sync.WaitGroup
	defer wg.Wait()
	for {
		str, err := s.AcceptStream(ctx)
		if err != nil {
			if code, ok := CodeOf(err); ok && code == CodeDone {
				return nil
			}
			return err
		}
		slots <- struct{}{} // free again at the latest when ctx ends the streams
		wg.Go(func() {
			defer func() { <-slots }()
			defer str.abortOn(ctx)()
			x.answer(ctx, str)
		})
	}
}

// answer serves one stream. A peer that breaks the protocol, or goes away,
// ends the stream and nothing else.
func (x Exchanger) answer(ctx context.Context, str *Stream) {
	_, request, err := str.ReadFrame(func(kind byte) int {
		if kind == frameRequest {
			return x.MaxRequest
		}
		return UnknownType
	})
	if err == nil {
		kind, response := x.reply(ctx, str.Session().Peer(), request)
		err = str.WriteFrame(kind, response)
	}
	if err == nil {
		err = str.Close() //nolint:contextcheck // asks the stream why it ended
	}
	if err != nil {
		str.Abort(CodeFor(err))
	}
}

func (x Exchanger) reply(ctx context.Context, peer pki.Peer, request []byte) (byte, []byte) {
	response, err := x.Answer(ctx, peer, request)
	if err != nil {
		return frameFailure, append([]byte{byte(fault.KindOf(err))}, safeText(err)...)
	}
	return frameAnswer, response
}

// safeText gives what the other end may read: the error's own safe text, else
// the kind in words. What comes is cleaned the same way.
func safeText(err error) string {
	if s, ok := errors.AsType[SafeTexter](err); ok {
		return cleanText(s.SafeText())
	}
	return fault.KindOf(err).String()
}

func cleanText(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, strings.ToValidUTF8(s, ""))
	if len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "")
	}
	return s
}

// Exchange sends one request over a stream of its own and gives the answer, of
// at most maxAnswer bytes (0 means DefaultMaxMessage). A failure of the other
// end comes back as a fault of its kind. The session stays open.
func Exchange(ctx context.Context, s *Session, request []byte, maxAnswer int) ([]byte, error) {
	const op = "link: exchange"
	setDefault(&maxAnswer, DefaultMaxMessage)
	str, err := s.OpenStream(ctx)
	if err != nil {
		return nil, err
	}
	defer str.Abort(CodeCanceled) // nothing, once closed
	defer str.abortOn(ctx)()
	if err := str.WriteFrame(frameRequest, request); err != nil {
		return nil, cause(ctx, op, err)
	}
	if err := str.CloseWrite(); err != nil { //nolint:contextcheck // asks the stream why it ended
		return nil, cause(ctx, op, err)
	}
	kind, payload, err := str.ReadFrame(func(kind byte) int {
		switch kind {
		case frameAnswer:
			return maxAnswer
		case frameFailure:
			return 1 + maxText
		default:
			return UnknownType
		}
	})
	switch {
	case errors.Is(err, io.EOF):
		return nil, fault.New(fault.Unavailable, op, "no answer", err)
	case err != nil:
		return nil, cause(ctx, op, err)
	case kind == frameFailure:
		return nil, failure(op, payload)
	}
	return payload, str.Close() //nolint:contextcheck // asks the stream why it ended
}

// failure rebuilds the fault of the other end.
func failure(op string, payload []byte) error {
	if len(payload) == 0 {
		return fault.New(fault.Invalid, op, "empty failure", nil)
	}
	kind := fault.Kind(payload[0])
	if kind == fault.Storage || kind == fault.Internal {
		kind = fault.Unavailable // the other end's trouble is not ours
	}
	return fault.New(kind, op, "refused", errors.New(cleanText(string(payload[1:]))))
}

// cause names the end of the caller's context as the reason, if it is.
func cause(ctx context.Context, op string, err error) error {
	if ctx.Err() != nil {
		return classify(op, "", context.Cause(ctx))
	}
	return err
}
