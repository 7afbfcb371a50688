package records

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"os"
	"slices"

	"jaliya/internal/outside"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

// maxRequest caps a request with its packet, in bytes.
const maxRequest = 256 << 10

// body is that of PUT /v1/requests/{id}.
type body struct {
	Product string `json:"product"`
	Record  string `json:"record"`
	Packet  []byte `json:"packet"`
	Reply   struct {
		Number uint32 `json:"number"`
		Key    []byte `json:"key"`
	} `json:"reply"`
}

func (b body) formed() bool {
	record, err := wire.ParseRecordID(b.Record)
	if err != nil || record.IsZero() || record.String() != b.Record {
		return false
	}
	key, err := seal.ParseIntakePublic(b.Reply.Key)
	return err == nil && key.ID == b.Reply.Number && len(b.Packet) > 0
}

// Handler gives the contract's handler.
func (s *Simulator) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /v1/requests/{id}", s.named(s.put))
	mux.HandleFunc("GET /v1/requests/{id}", s.named(s.get))
	mux.HandleFunc("PUT /v1/requests/{id}/answer", s.named(s.putAnswer))
	mux.HandleFunc("PUT /v1/requests/{id}/withdrawal", s.named(s.putWithdrawal))
	mux.HandleFunc("GET /v1/revoked", s.getRevoked)
	mux.HandleFunc("GET /v1/health", func(w http.ResponseWriter, _ *http.Request) {
		outside.JSON(w, http.StatusOK, map[string]string{"status": "up"})
	})
	return &outside.Service{Mux: mux, Faults: s.faults, Log: s.log, Token: s.cfg.Token}
}

// named refuses an id that is none, before anything else.
func (s *Simulator) named(next func(http.ResponseWriter, *http.Request, string)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id := r.PathValue("id")
		if !requestID.MatchString(id) {
			outside.Problem(w, http.StatusUnprocessableEntity, "invalid")
			return
		}
		next(w, r, id)
	}
}

func (s *Simulator) put(w http.ResponseWriter, r *http.Request, id string) {
	var in body
	if !outside.ReadJSON(w, r, maxRequest, &in) {
		return
	}
	if !in.formed() || !slices.Contains(s.cfg.Products, in.Product) {
		outside.Problem(w, http.StatusUnprocessableEntity, "invalid")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	held := s.requests[id]
	switch {
	case held == nil:
		s.take(w, id, in)
	case held.Record == "" || (held.Product == in.Product && held.Record == in.Record):
		s.show(w, http.StatusOK, held, "PUT")
	default:
		outside.Problem(w, http.StatusConflict, "another-request")
	}
}

// take keeps a new request; mu is held. The slot is drawn before the packet is
// opened.
func (s *Simulator) take(w http.ResponseWriter, id string, in body) {
	one := &request{
		ID: id, State: received, Seq: 1, Product: in.Product, Record: in.Record, Packet: in.Packet, Reply: in.Reply.Key,
		Due: s.due(id, lotOfSlot, s.cfg.Clock.Now()),
	}
	if _, err := s.openPacket(id, in.Product, in.Packet); err != nil {
		outside.Problem(w, http.StatusUnprocessableEntity, "packet-unreadable")
		return
	}
	s.keep(w, http.StatusCreated, one, "PUT")
}

// keep stores a request and then shows it; mu is held.
func (s *Simulator) keep(w http.ResponseWriter, status int, r *request, on string) {
	if err := s.save(r); err != nil {
		outside.Problem(w, http.StatusInternalServerError, "internal")
		return
	}
	s.requests[r.ID] = r
	s.show(w, status, r, on)
}

// show answers a method with a request; mu is held.
func (s *Simulator) show(w http.ResponseWriter, status int, r *request, on string) {
	a := answer{ID: r.ID, State: r.State, Reason: r.Reason, Seq: r.Seq}
	if r.State == question || r.State == issued {
		raw, err := os.ReadFile(s.path(packageFile(r.ID, r.Seq)))
		if err != nil {
			outside.Problem(w, http.StatusInternalServerError, "internal")
			return
		}
		a.Package = s.spoil(raw, on+" /v1/requests/{id}")
	}
	outside.JSON(w, status, a)
}

func (s *Simulator) get(w http.ResponseWriter, _ *http.Request, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	held := s.requests[id]
	if held == nil {
		outside.Problem(w, http.StatusNotFound, "not-found")
		return
	}
	s.show(w, http.StatusOK, held, "GET")
}

// putAnswer takes the person's answer, once.
func (s *Simulator) putAnswer(w http.ResponseWriter, r *http.Request, id string) {
	var in struct {
		Packet []byte `json:"packet"`
	}
	if !outside.ReadJSON(w, r, maxRequest, &in) {
		return
	}
	sum := sha256.Sum256(in.Packet)
	digest := hex.EncodeToString(sum[:])
	s.mu.Lock()
	defer s.mu.Unlock()
	held := s.requests[id]
	switch {
	case held == nil:
		outside.Problem(w, http.StatusNotFound, "not-found")
	case held.Answered == digest:
		s.show(w, http.StatusOK, held, "PUT")
	case held.Answered != "":
		outside.Problem(w, http.StatusConflict, "answered")
	case held.State != question:
		outside.Problem(w, http.StatusConflict, "not-asked")
	case s.openReply(id, in.Packet) != nil:
		outside.Problem(w, http.StatusUnprocessableEntity, "packet-unreadable")
	default:
		next := *held
		next.move(received)
		next.Answered, next.Due = digest, s.due(id, lotOfAnswerSlot, s.cfg.Clock.Now())
		s.keep(w, http.StatusOK, &next, "PUT")
	}
}

// putWithdrawal takes a request back, and one that is still on its way.
func (s *Simulator) putWithdrawal(w http.ResponseWriter, r *http.Request, id string) {
	var in struct{}
	if !outside.ReadJSON(w, r, 4<<10, &in) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	held := s.requests[id]
	if held == nil {
		held = &request{ID: id}
	}
	if held.State == issued || held.State == withdrawn {
		s.show(w, http.StatusOK, held, "PUT")
		return
	}
	next := *held
	next.Reason = ""
	next.move(withdrawn)
	s.keep(w, http.StatusOK, &next, "PUT")
}
