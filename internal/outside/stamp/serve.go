package stamp

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"time"

	"jaliya/internal/outside"
)

var (
	paymentID = regexp.MustCompile(`^[a-z0-9-]{1,64}$`)
	product   = regexp.MustCompile(`^[a-z0-9.-]{1,40}$`)
	currency  = regexp.MustCompile(`^[A-Z]{3}$`)
)

// answer is a payment as the contract shows it.
type answer struct {
	ID       string    `json:"payment"`
	State    string    `json:"state"`
	Amount   money     `json:"amount"`
	Page     string    `json:"page"`
	Expires  time.Time `json:"expires"`
	Receipts []receipt `json:"receipts,omitempty"`
}

// Handler gives the contract.
func (s *Simulator) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /v1/payments/{payment}", s.put)
	mux.HandleFunc("GET /v1/payments/{payment}", s.get)
	mux.HandleFunc("PUT /v1/payments/{payment}/refunds/{receipt}", s.refund)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		outside.Problem(w, http.StatusNotFound, "not-found")
	})
	return &outside.Service{Mux: mux, Faults: s.faults, Log: s.log, Token: s.cfg.Token}
}

func (s *Simulator) show(id string, p *payment) answer {
	return answer{
		ID: id, State: p.state(s.cfg.Clock.Now()), Amount: p.Request.Amount, Page: s.cfg.Pages + "/pay/" + p.Page,
		Expires: p.Request.Expires, Receipts: p.Receipts,
	}
}

func (p *payment) state(now time.Time) string {
	standing := 0
	for _, r := range p.Receipts {
		if !r.Refunded {
			standing++
		}
	}
	switch {
	case standing > 0:
		return "paid"
	case len(p.Receipts) > 0:
		return "refunded"
	case !now.Before(p.Request.Expires):
		return "expired"
	}
	return "open"
}

func (r request) formed() bool {
	return r.Amount.Minor > 0 && currency.MatchString(r.Amount.Currency) && product.MatchString(r.Product) &&
		address(r.Return) && address(r.Notice) && !r.Expires.IsZero()
}

func address(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil
}

func (s *Simulator) put(w http.ResponseWriter, r *http.Request) {
	var want request
	if !outside.ReadJSON(w, r, 16<<10, &want) {
		return
	}
	id := r.PathValue("payment")
	if !paymentID.MatchString(id) || !want.formed() {
		outside.Problem(w, http.StatusUnprocessableEntity, "invalid")
		return
	}
	want.Expires = want.Expires.UTC()
	s.mu.Lock()
	defer s.mu.Unlock()
	held, status := s.s.Payments[id], http.StatusOK
	if held == nil {
		held, status = &payment{Request: want, Page: rand.Text()}, http.StatusCreated
		s.s.Payments[id] = held
		if s.save() != nil {
			delete(s.s.Payments, id)
			outside.Problem(w, http.StatusInternalServerError, "storage")
			return
		}
	}
	if held.Request != want {
		outside.Problem(w, http.StatusConflict, "payment-differs")
		return
	}
	outside.JSON(w, status, s.show(id, held))
}

func (s *Simulator) get(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.s.Payments[r.PathValue("payment")]
	if p == nil {
		outside.Problem(w, http.StatusNotFound, "not-found")
		return
	}
	outside.JSON(w, http.StatusOK, s.show(r.PathValue("payment"), p))
}

func (s *Simulator) refund(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := r.PathValue("payment")
	p := s.s.Payments[id]
	n, err := strconv.Atoi(r.PathValue("receipt"))
	if p == nil || err != nil || n < 1 || n > len(p.Receipts) {
		outside.Problem(w, http.StatusNotFound, "not-found")
		return
	}
	if one := &p.Receipts[n-1]; !one.Refunded {
		one.Refunded = true
		s.planNotice(id)
		if s.save() != nil {
			one.Refunded = false
			outside.Problem(w, http.StatusInternalServerError, "storage")
			return
		}
		s.signal()
	}
	outside.JSON(w, http.StatusOK, s.show(id, p))
}
