package fingerprint

import (
	"crypto/sha256"
	"crypto/subtle"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"jaliya/internal/access"
	"jaliya/internal/outside"
)

// door lets in what a page of the desk asks in a browser of this workstation:
// the exact origin, and a host that is the loopback, or a name of a stranger
// could be led here (DNS rebinding).
func (s *Simulator) door(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Origin")
		origin := r.Header.Get("Origin")
		if !loopback(r.Host) || !slices.Contains(s.cfg.Origins, origin) {
			outside.Problem(w, http.StatusForbidden, "origin")
			return
		}
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Expose-Headers", "Retry-After")
		if r.Method != http.MethodOptions {
			next.ServeHTTP(w, r)
			return
		}
		h.Set("Access-Control-Allow-Methods", "GET, POST, DELETE")
		h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
		h.Set("Access-Control-Max-Age", "600")
		if r.Header.Get("Access-Control-Request-Private-Network") == "true" {
			h.Set("Access-Control-Allow-Private-Network", "true")
		}
		w.WriteHeader(http.StatusNoContent)
	})
}

func loopback(hostPort string) bool {
	host, _, err := net.SplitHostPort(hostPort)
	if err != nil {
		host = hostPort
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return host == "localhost" || (err == nil && ip.IsLoopback())
}

// mostGuesses is how many wrong codes are heard before another code is drawn.
const mostGuesses = 5

// pair gives a token for the code that the reader shows. A token is of one
// origin.
func (s *Simulator) pair(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Code string `json:"code"`
	}
	if !outside.ReadJSON(w, r, 1<<10, &in) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if subtle.ConstantTimeCompare([]byte(in.Code), []byte(s.code)) != 1 {
		s.guesses++
		if s.guesses >= mostGuesses {
			s.newCode()
		}
		outside.Problem(w, http.StatusForbidden, "code")
		return
	}
	token, _ := access.NewToken()
	s.tokens[sha256.Sum256([]byte(token))] = r.Header.Get("Origin")
	s.newCode() // a code pairs once
	outside.JSON(w, http.StatusCreated, map[string]string{"token": token})
}

func (s *Simulator) newCode() {
	s.code, s.guesses = drawCode(), 0
	s.cfg.Logger.Info("pairing code", slog.String("code", s.code))
}

// paired lets in who shows a token that was given to this origin.
func (s *Simulator) paired(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		token, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		s.mu.Lock()
		origin, known := s.tokens[sha256.Sum256([]byte(token))]
		s.mu.Unlock()
		if !found || !known || origin != r.Header.Get("Origin") {
			w.Header().Set("WWW-Authenticate", `Bearer realm="device"`)
			outside.Problem(w, http.StatusUnauthorized, "unauthenticated")
			return
		}
		next(w, r)
	}
}
