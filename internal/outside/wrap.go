package outside

import (
	"bytes"
	"crypto/subtle"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Service is a contract's handler with everything that may go wrong around it.
type Service struct {
	Mux    *http.ServeMux // patterns as the contract writes them
	Faults *Faults
	Log    *Log
	Token  string // bearer token that callers show; empty: none, the listener knows them by certificate
}

// held is an answer before it is sent, so that it can be spoilt.
type held struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (h *held) Header() http.Header { return h.header }

// WriteHeader implements http.ResponseWriter.
func (h *held) WriteHeader(status int) {
	if h.status == 0 {
		h.status = status
	}
}

// Write implements http.ResponseWriter.
func (h *held) Write(b []byte) (int, error) {
	h.WriteHeader(http.StatusOK)
	return h.body.Write(b)
}

// ServeHTTP lets the faults happen around the contract's handler.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	begun := time.Now()
	_, pattern := s.Mux.Handler(r)
	on := pattern
	if on == "" {
		on = r.Method + " unknown"
	}
	line := Request{Time: begun.UTC(), Method: r.Method, On: strings.TrimPrefix(on, r.Method+" ")}
	defer func() {
		line.Millis = time.Since(begun).Milliseconds()
		s.Log.add(line)
	}()
	if !s.known(r) {
		line.Status = http.StatusUnauthorized
		w.Header().Set("WWW-Authenticate", `Bearer realm="outside"`)
		Problem(w, http.StatusUnauthorized, "unauthenticated")
		return
	}
	line.Fault = s.before(w, r, on, &line)
	if line.Status != 0 {
		return
	}
	answer := s.carryOut(r, on, &line)
	line.Status = answer.status
	s.send(w, answer, on, &line)
}

func (s *Service) known(r *http.Request) bool {
	if s.Token == "" {
		return true
	}
	shown, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return found && subtle.ConstantTimeCompare([]byte(shown), []byte(s.Token)) == 1
}

// before is what can happen to a request that is not carried out.
func (s *Service) before(w http.ResponseWriter, r *http.Request, on string, line *Request) Kind {
	if _, yes := s.Faults.Fires(Drop, on); yes {
		line.Fault = Drop
		panic(http.ErrAbortHandler)
	}
	if f, yes := s.Faults.Fires(Status, on); yes {
		line.Status = f.Status
		if line.Status == 0 {
			line.Status = http.StatusInternalServerError
		}
		Problem(w, line.Status, "injected")
		return Status
	}
	if f, yes := s.Faults.Fires(Delay, on); yes {
		timer := time.NewTimer(f.Delay.Std())
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
			line.Fault = Delay
			panic(http.ErrAbortHandler)
		}
		return Delay
	}
	return ""
}

// carryOut runs the contract's handler, twice where a repeat is simulated.
func (s *Service) carryOut(r *http.Request, on string, line *Request) *held {
	body := new(bytes.Buffer)
	if _, yes := s.Faults.Fires(Twice, on); yes {
		line.Fault = Twice
		// What cannot be read completely is refused by the handler itself.
		_, _ = body.ReadFrom(http.MaxBytesReader(nil, r.Body, 64<<20))
		first := r.Clone(r.Context())
		first.Body = http.NoBody
		if body.Len() > 0 {
			first.Body = readCloser(body.Bytes())
			r.Body = readCloser(body.Bytes())
		}
		s.Mux.ServeHTTP(&held{header: http.Header{}}, first)
	}
	h := &held{header: http.Header{}}
	s.Mux.ServeHTTP(h, r)
	h.WriteHeader(http.StatusOK)
	return h
}

// send gives the answer, or what is left of it.
func (s *Service) send(w http.ResponseWriter, h *held, on string, line *Request) {
	kind, body := s.spoil(h, on)
	if kind != "" {
		line.Fault = kind
	}
	maps.Copy(w.Header(), h.header)
	if h.status != http.StatusNoContent {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	if kind == Lose {
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(h.status)
	if kind == Truncate {
		body = body[:len(body)/2]
	}
	if h.status == http.StatusNoContent {
		return
	}
	if _, err := w.Write(body); err != nil || kind == Truncate {
		_ = http.NewResponseController(w).Flush() // the half must leave before the end; a caller that is gone is no matter
		panic(http.ErrAbortHandler)
	}
}

// oversize is more than any contract allows for an answer.
const oversize = 8 << 20

// spoil decides what happens to the answer.
func (s *Service) spoil(h *held, on string) (Kind, []byte) {
	for _, kind := range []Kind{Lose, WrongType, Garbage, Truncate, Oversize} {
		if _, yes := s.Faults.Fires(kind, on); !yes {
			continue
		}
		switch kind { //nolint:exhaustive // the others leave the answer's bytes as they are
		case WrongType:
			h.header.Set("Content-Type", "text/html; charset=utf-8")
			return kind, []byte("<html><body>Welcome</body></html>")
		case Garbage:
			return kind, []byte(`{"job": 17, "state"`)
		case Oversize:
			return kind, bytes.Repeat([]byte(" "), oversize)
		}
		return kind, h.body.Bytes()
	}
	return "", h.body.Bytes()
}
