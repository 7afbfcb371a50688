package link

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/quic-go/quic-go"
)

// Stream carries frames both ways inside a session. WriteFrame may be called
// by many at once, ReadFrame by one at a time. A stream must be ended by Close
// or Abort; both finish both halves (D24).
type Stream struct {
	str      *quic.Stream
	session  *Session
	progress time.Duration
	patience time.Duration // how long to wait for a frame to begin; owned by the reader

	writing sync.Mutex // held while a frame is written
}

// Forever is a patience without end: the session's idle time bounds it.
const Forever time.Duration = -1

func newStream(str *quic.Stream, s *Session) *Stream {
	return &Stream{str: str, session: s, progress: s.cfg.Progress, patience: s.cfg.Progress}
}

// Session is the session of the stream.
func (s *Stream) Session() *Session { return s.session }

// SetPatience sets how long ReadFrame waits for a frame to begin, before the
// first byte; within a frame the progress time of the config rules. The
// reader calls it.
func (s *Stream) SetPatience(d time.Duration) { s.patience = d }

// SetPriority orders the sending among the streams of one session: lower
// urgency goes first.
func (s *Stream) SetPriority(urgency int8) { s.str.SetPriority(urgency, false) }

// CloseWrite says that nothing more will be written; reading goes on.
func (s *Stream) CloseWrite() error { return s.finishWrite("link: close write") }

// Close finishes the stream: what was written is delivered, what comes is no
// longer wanted, and the peer may open another stream in its place. It gives
// an error if the peer had refused what was written.
func (s *Stream) Close() error {
	err := s.finishWrite("link: close stream")
	s.str.CancelRead(quic.StreamErrorCode(CodeDone))
	s.str.ReleaseStreamCredit()
	return err
}

// Abort ends both halves at once; undelivered data is dropped and the peer
// sees the code. It unblocks a running read or write. After Close it does
// nothing that matters.
func (s *Stream) Abort(code Code) {
	s.str.CancelWrite(quic.StreamErrorCode(code))
	s.str.CancelRead(quic.StreamErrorCode(code))
	s.str.ReleaseStreamCredit()
}

// abortOn aborts the stream when ctx ends; the returned stop must be called.
func (s *Stream) abortOn(ctx context.Context) (stop func() bool) {
	return context.AfterFunc(ctx, func() { s.Abort(CodeCanceled) })
}

// finishWrite sends the end of our half. A peer that had read enough may have
// closed first; with CodeDone that is no error.
func (s *Stream) finishWrite(op string) error {
	err := s.str.Close()
	if err == nil {
		return nil
	}
	cause := context.Cause(s.str.Context())
	if str, ok := errors.AsType[*quic.StreamError](cause); ok {
		if Code(str.ErrorCode) == CodeDone {
			return nil
		}
		return classify(op, s.session.alpn, cause)
	}
	return classify(op, s.session.alpn, err)
}
