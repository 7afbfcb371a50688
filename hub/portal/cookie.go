package portal

import (
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"time"

	"jaliya/internal/consular"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

// followLife is how long a browser may look at a request without showing the
// slip again.
const followLife = 30 * time.Minute

// Kinds of what a browser may look at.
const (
	byNumbers byte = 1 // 18 digits, then 8
	byToken   byte = 2 // digest of the token
)

const (
	stampBytes = 8
	aadFollow  = "jaliya/portal/follow/1"
	// maxCookie caps what is decoded, in characters.
	maxCookie = 256
)

// seen is the one request that a browser may look at: what stood on the slip,
// or the digest of its token.
type seen struct {
	kind  byte
	ref   consular.Reference
	code  consular.SlipCode
	token wire.Digest
}

// followCookie keeps it in the browser, sealed under a key that lives as long as
// this process: nothing about it is kept here, and a browser cannot make one.
type followCookie struct {
	key    *seal.DataKey
	secure bool
	now    func() time.Time
}

func (f followCookie) name() string {
	if f.secure {
		return "__Host-jaliya_follow"
	}
	return "jaliya_follow" // the prefix wants TLS
}

// set replaces whatever the browser could look at before.
func (f followCookie) set(w http.ResponseWriter, s seen) error {
	plain := append(binary.BigEndian.AppendUint64(nil, uint64(f.now().UnixMilli())), s.kind)
	if s.kind == byToken {
		plain = append(plain, s.token[:]...)
	} else {
		plain = append(append(plain, s.ref...), s.code...)
	}
	sealed, err := f.key.Seal([]byte(aadFollow), plain)
	if err != nil {
		return err
	}
	f.write(w, base64.RawURLEncoding.EncodeToString(sealed), 0)
	return nil
}

func (f followCookie) clear(w http.ResponseWriter) { f.write(w, "", -1) }

func (f followCookie) write(w http.ResponseWriter, value string, age int) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure follows the surface: loopback has no TLS
		Name: f.name(), Value: value, Path: "/", MaxAge: age, Secure: f.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// get gives what the browser may look at, false when there is nothing, or
// nothing any more.
func (f followCookie) get(r *http.Request) (seen, bool) {
	held := r.CookiesNamed(f.name())
	if len(held) != 1 || len(held[0].Value) > maxCookie {
		return seen{}, false
	}
	sealed, err := base64.RawURLEncoding.DecodeString(held[0].Value)
	if err != nil {
		return seen{}, false
	}
	plain, err := f.key.Open([]byte(aadFollow), sealed)
	if err != nil || len(plain) < stampBytes+1 {
		return seen{}, false
	}
	age := f.now().Sub(time.UnixMilli(int64(binary.BigEndian.Uint64(plain)))) //nolint:gosec // written above
	if age < 0 || age >= followLife {
		return seen{}, false
	}
	return opened(plain[stampBytes], plain[stampBytes+1:])
}

// opened reads what set wrote.
func opened(kind byte, raw []byte) (seen, bool) {
	s := seen{kind: kind}
	switch {
	case kind == byToken && len(raw) == len(s.token):
		s.token = wire.Digest(raw)
	case kind == byNumbers && len(raw) == 26:
		s.ref, s.code = consular.Reference(raw[:18]), consular.SlipCode(raw[18:])
	default:
		return seen{}, false
	}
	return s, true
}
