package stamp

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"jaliya/internal/fault"
)

// Headers of a notice.
const (
	HeaderKey       = "Stamp-Key"       // id of the key
	HeaderTime      = "Stamp-Time"      // Unix seconds of the signature
	HeaderSignature = "Stamp-Signature" // base64 of Ed25519 over SignedNotice
)

// SignedNotice gives the bytes that a notice's signature is over.
func SignedNotice(key, seconds string, body []byte) []byte {
	return append([]byte("jaliya/stamp/notice/1\n"+key+"\n"+seconds+"\n"), body...)
}

// VerifyNotice checks who sent a notice and when, and gives the payment that it
// is about: ask its State, for a notice proves nothing. Doubles within the
// window are let through, since asking twice does no harm. A signature is
// checked whatever else is wrong, so that every refusal takes as long: fault.Denied
// for all of them.
func (c *Connector) VerifyNotice(header http.Header, body []byte, now time.Time) (payment string, err error) {
	const op = "stamp: verify notice"
	if len(body) > MaxAnswer {
		return "", fault.New(fault.TooLarge, op, "", nil)
	}
	id, sent := header.Get(HeaderKey), header.Get(HeaderTime)
	key, known := c.keys[id]
	if !known {
		key = make(ed25519.PublicKey, ed25519.PublicKeySize)
	}
	signature, bad := base64.StdEncoding.DecodeString(header.Get(HeaderSignature))
	if bad != nil || len(signature) != ed25519.SignatureSize {
		signature, known = make([]byte, ed25519.SignatureSize), false
	}
	good := ed25519.Verify(key, SignedNotice(id, sent, body), signature)
	seconds, bad := strconv.ParseInt(sent, 10, 64)
	age := now.Sub(time.Unix(seconds, 0))
	if !known || !good || bad != nil || age > c.cfg.Window.Std() || age < -c.cfg.Window.Std() {
		return "", fault.New(fault.Denied, op, "", nil)
	}
	return DecodeNotice(body)
}

// DecodeNotice reads a notice and gives the payment that it is about;
// fault.Corrupt when it is none.
func DecodeNotice(body []byte) (payment string, err error) {
	var n struct {
		Payment string `json:"payment"`
	}
	if json.Unmarshal(body, &n) != nil || !paymentID.MatchString(n.Payment) {
		return "", fault.New(fault.Corrupt, "stamp: decode notice", "", nil)
	}
	return n.Payment, nil
}
