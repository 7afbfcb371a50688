package mail

import (
	"context"
	"errors"
	"net/textproto"
	"strconv"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"jaliya/hub/gateway/peer"
	"jaliya/internal/fault"
)

// judge says what a failure means (RFC 5321 4.2.1, RFC 3463): 5xx to the
// recipient or the content is the address's last word, 5.7.x and a 5xx before
// the recipient was named are about us, 4xx passes by itself.
func judge(ctx context.Context, err error) (Result, error) {
	code, enhanced, aimed := 0, "", false
	if said, ok := errors.AsType[*gomail.SendError](err); ok {
		code, enhanced = said.ErrorCode(), said.EnhancedStatusCode()
		aimed = said.Reason == gomail.ErrSMTPRcptTo || said.Reason == gomail.ErrSMTPData || said.Reason == gomail.ErrSMTPDataClose
	}
	if said, ok := errors.AsType[*textproto.Error](err); ok && code == 0 {
		code = said.Code
	}
	cause := errors.New("SMTP " + strconv.Itoa(code))
	switch {
	case code >= 500 && code < 600 && aimed && !strings.HasPrefix(enhanced, "5.7."):
		return Bounced, nil
	case code >= 500 && code < 600:
		return 0, fault.New(fault.Denied, opSend, "carrier", cause)
	case code >= 400:
		return 0, fault.New(fault.Unavailable, opSend, "carrier", cause)
	case ctx.Err() != nil:
		return 0, fault.New(fault.Timeout, opSend, "carrier", errors.New("no answer in time"))
	}
	return 0, fault.New(peer.KindOfTransport(err), opSend, "carrier", peer.CauseOf(err))
}
