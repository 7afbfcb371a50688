package link

import (
	"context"
	"errors"
	"io"
	"net"
	"os"

	"github.com/quic-go/quic-go"

	"jaliya/internal/fault"
)

// classify turns an error of the transport into a fault of the right kind. An
// error that carries a fault already, such as our own refusal of a
// certificate, keeps its kind.
func classify(op, subject string, err error) error {
	if err == nil {
		return nil
	}
	return fault.New(kindOf(err), op, subject, err)
}

func kindOf(err error) fault.Kind {
	if app, ok := errors.AsType[*quic.ApplicationError](err); ok {
		return Code(app.ErrorCode).Kind()
	}
	if str, ok := errors.AsType[*quic.StreamError](err); ok {
		return Code(str.ErrorCode).Kind()
	}
	if tr, ok := errors.AsType[*quic.TransportError](err); ok {
		return transportKind(tr)
	}
	if kind := fault.KindOf(err); kind != fault.Other {
		return kind
	}
	if _, ok := errors.AsType[*quic.VersionNegotiationError](err); ok {
		return fault.Unsupported
	}
	if isTimeout(err) {
		return fault.Timeout
	}
	return fault.Unavailable
}

func isTimeout(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
		return true
	}
	n, ok := errors.AsType[net.Error](err)
	return ok && n.Timeout()
}

// TLS alerts of RFC 8446 section 6.2 by which a peer refuses us.
const (
	alertBase           = 0x100 // RFC 9001 section 4.8
	alertBadCertificate = 42
	alertUnsupported    = 43
	alertRevoked        = 44
	alertExpired        = 45
	alertUnknown        = 46
	alertUnknownCA      = 48
	alertAccessDenied   = 49
	alertDecode         = 50
	alertVersion        = 70
	alertUnrecognized   = 112
	alertRequired       = 116
	alertNoProtocol     = 120
)

func transportKind(err *quic.TransportError) fault.Kind {
	if !err.ErrorCode.IsCryptoError() {
		if kind := fault.KindOf(err); kind != fault.Other {
			return kind
		}
		return fault.Unavailable // refused, or a defect: try again
	}
	switch uint64(err.ErrorCode) - alertBase {
	case alertExpired:
		return fault.Expired
	case alertNoProtocol, alertVersion:
		return fault.Unsupported
	case alertBadCertificate, alertUnsupported, alertUnknown, alertDecode:
		if !err.Remote { // our own refusal says more exactly why
			if kind := fault.KindOf(err); kind != fault.Other {
				return kind
			}
		}
		return fault.Denied
	case alertRevoked, alertUnknownCA, alertAccessDenied, alertUnrecognized, alertRequired:
		return fault.Denied
	default:
		return fault.Unavailable
	}
}

// CodeOf gives the code with which the other end ended a session or stream.
func CodeOf(err error) (Code, bool) {
	if app, ok := errors.AsType[*quic.ApplicationError](err); ok && app.Remote {
		return Code(app.ErrorCode), true
	}
	if str, ok := errors.AsType[*quic.StreamError](err); ok && str.Remote {
		return Code(str.ErrorCode), true
	}
	return 0, false
}

// IsBusy tells whether the hub asked to back off: the one case in which a node
// waits up to a minute (design.md section 5).
func IsBusy(err error) bool {
	if c, ok := CodeOf(err); ok {
		return c == CodeBusy
	}
	tr, ok := errors.AsType[*quic.TransportError](err)
	return ok && tr.Remote && tr.ErrorCode == quic.ConnectionRefused
}

// cutShort names an end of data in the middle of a frame.
func cutShort(op string, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fault.New(fault.Invalid, op, "cut short", io.ErrUnexpectedEOF)
	}
	return classify(op, "", err)
}
