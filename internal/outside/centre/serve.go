package centre

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"jaliya/internal/consular"
	"jaliya/internal/outside"
)

// maxRequest caps a job with its packet, in bytes.
const maxRequest = 12 << 20

type capacity struct {
	Site        string    `json:"site"`
	Number      uint8     `json:"number"`
	Open        bool      `json:"open"`
	ClosedUntil time.Time `json:"closed_until,omitzero"`
	PerDay      int       `json:"per_day"`
	Queue       int       `json:"queue"`
	MaxQueue    int       `json:"max_queue,omitempty"`
}

func (s *Simulator) getCapacity(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance()
	outside.JSON(w, http.StatusOK, capacity{
		Site: s.cfg.Site, Number: s.cfg.Number, Open: s.open(), ClosedUntil: s.opens.UTC(),
		PerDay: s.cfg.PerDay, Queue: s.waiting, MaxQueue: s.cfg.MaxQueue,
	})
}

func (s *Simulator) getJob(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance()
	j := s.jobs[r.PathValue("job")]
	if j == nil {
		outside.Problem(w, http.StatusNotFound, "not-found")
		return
	}
	outside.JSON(w, http.StatusOK, j.answer)
}

func (s *Simulator) putJob(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("job")
	var want request
	if !outside.ReadJSON(w, r, maxRequest, &want) {
		return
	}
	if !jobID.MatchString(id) || !want.formed() {
		outside.Problem(w, http.StatusUnprocessableEntity, "invalid")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance()
	if held := s.jobs[id]; held != nil {
		s.repeat(w, held, want)
		return
	}
	if !s.open() {
		if !s.opens.IsZero() {
			w.Header().Set("Retry-After", strconv.Itoa(int(time.Until(s.opens).Seconds())+1))
		}
		outside.Problem(w, http.StatusServiceUnavailable, "site-closed")
		return
	}
	outside.JSON(w, http.StatusCreated, s.take(id, want).answer)
}

// repeat answers a job whose id is taken: as before if it is the same. Two
// seals of one packet differ, so the packet's id stands for them.
func (s *Simulator) repeat(w http.ResponseWriter, held *job, want request) {
	early := held.State == "canceled" && held.Packet == ""
	same := held.Packet == want.Packet && held.product == want.Product && held.destination == want.Destination
	if !early && !same {
		outside.Problem(w, http.StatusConflict, "job-differs")
		return
	}
	outside.JSON(w, http.StatusOK, held.answer)
}

func (r request) formed() bool {
	return consular.PostID(r.Destination).Validate() == nil && packetID.MatchString(r.Packet) &&
		(r.Priority == "normal" || r.Priority == "high") && len(r.Product) < 40 && len(r.Card) > 0
}

// take decides about a new job and keeps it, refused ones too.
func (s *Simulator) take(id string, want request) *job {
	j := &job{
		answer:  answer{ID: id, Packet: want.Packet, State: "accepted"},
		product: want.Product, destination: want.Destination,
	}
	s.jobs[id] = j
	_, asked := s.faults.Fires(Refuse, "")
	switch {
	case !strings.HasPrefix(want.Product, "cnie."):
		j.Refusal = "product"
	case s.cfg.MaxQueue > 0 && s.waiting >= s.cfg.MaxQueue:
		j.Refusal = "capacity"
	case asked:
		j.Refusal = "packet-unreadable"
	case s.chance(j, 0) < s.cfg.Refuse:
		j.Refusal = "portrait-quality"
	default:
		j.zone, j.Refusal = s.examine(id, want)
	}
	if j.Refusal != "" {
		j.State = "refused"
	} else {
		s.waiting++
		if _, stalled := s.faults.Fires(Stall, ""); !stalled {
			s.queue(j)
		}
	}
	s.changed(j)
	return j
}

func (s *Simulator) putCancellation(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("job")
	if !jobID.MatchString(id) {
		outside.Problem(w, http.StatusUnprocessableEntity, "invalid")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance()
	j := s.jobs[id]
	switch {
	case j == nil: // it may still be on its way: then it is answered so
		j = &job{answer: answer{ID: id, State: "canceled"}}
		s.jobs[id] = j
		s.changed(j)
	case j.State == "packed":
		outside.Problem(w, http.StatusConflict, "too-late")
		return
	case j.State != "canceled" && j.State != "refused":
		s.cancel(j)
	}
	outside.JSON(w, http.StatusOK, j.answer)
}

const (
	feedPage = 200
	feedMost = 500
)

// getFeed gives what changed after a cursor, oldest first.
func (s *Simulator) getFeed(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance()
	after, known := s.parseCursor(r.FormValue("after"))
	if !known {
		outside.Problem(w, http.StatusGone, "cursor-unknown")
		return
	}
	limit := feedPage
	if text := r.FormValue("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > feedMost {
			outside.Problem(w, http.StatusUnprocessableEntity, "invalid")
			return
		}
		limit = n
	}
	if _, yes := s.faults.Fires(Repeat, ""); yes && after > 0 {
		after-- // at least once is all that is promised
	}
	end := min(after+limit, len(s.feed))
	outside.JSON(w, http.StatusOK, map[string]any{
		"changes": append([]change{}, s.feed[after:end]...), "next": s.cursor(end), "more": end < len(s.feed),
	})
}
