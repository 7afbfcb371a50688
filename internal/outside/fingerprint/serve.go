package fingerprint

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"time"

	"jaliya/internal/consular"
	"jaliya/internal/outside"
)

const (
	readerID   = "reader-1"
	mediaPNG   = "image/png"
	resolution = 500 // dots to the inch
	atOnce     = 4   // fingers that lie on the glass together
)

func (s *Simulator) devices(w http.ResponseWriter, _ *http.Request) {
	state := "ready"
	s.mu.Lock()
	if s.active != nil {
		state = "busy"
	}
	s.mu.Unlock()
	if _, yes := s.faults.Fires(Unplugged, "GET /v1/devices"); yes {
		state = "unplugged"
	}
	outside.JSON(w, http.StatusOK, map[string]any{"devices": []any{map[string]any{
		"id": readerID, "kind": "fingerprint", "name": "Simulated reader", "state": state,
		"fingers_at_once": atOnce, "media_types": []string{mediaPNG}, "resolution": resolution,
	}}})
}

// request is the body of POST /v1/captures, as the contract has it.
type request struct {
	ID        string        `json:"id"`
	Device    string        `json:"device"`
	Fingers   []askedFinger `json:"fingers"`
	Timeout   int           `json:"timeout"`
	MediaType string        `json:"media_type"`
}

type askedFinger struct {
	Position uint8                    `json:"position"`
	Quality  int                      `json:"quality"`
	Missing  consular.FingerException `json:"missing"`
}

var captureID = regexp.MustCompile(`^[a-z0-9-]{8,64}$`)

// formed reports whether the contract allows the request.
func (r request) formed() bool {
	if !captureID.MatchString(r.ID) || r.Timeout < 5 || r.Timeout > 120 ||
		len(r.Fingers) < 1 || len(r.Fingers) > atOnce || (r.MediaType != "" && r.MediaType != mediaPNG) {
		return false
	}
	seen, present := map[uint8]bool{}, false
	for _, f := range r.Fingers {
		if consular.Finger(f.Position).Validate() != nil || seen[f.Position] || f.Quality < 0 || f.Quality > 100 {
			return false
		}
		seen[f.Position] = true
		present = present || f.Missing == 0
	}
	return present
}

// begin starts a capture; the same id again is the same one.
func (s *Simulator) begin(w http.ResponseWriter, r *http.Request) {
	var in request
	if !outside.ReadJSON(w, r, 4<<10, &in) {
		return
	}
	if !in.formed() {
		outside.Problem(w, http.StatusUnprocessableEntity, "invalid")
		return
	}
	_, unplugged := s.faults.Fires(Unplugged, "POST /v1/captures")
	_, busy := s.faults.Fires(Busy, "POST /v1/captures")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep()
	held := s.captures[in.ID]
	switch {
	case held != nil:
		outside.JSON(w, http.StatusOK, held.answer)
	case in.Device != readerID:
		outside.Problem(w, http.StatusNotFound, "not-found")
	case unplugged:
		outside.Problem(w, http.StatusConflict, "unplugged")
	case busy || s.active != nil || s.ctx.Err() != nil:
		outside.Problem(w, http.StatusConflict, "busy")
	default:
		outside.JSON(w, http.StatusCreated, s.start(in).answer) //nolint:contextcheck // a capture outlives the request that began it
	}
}

func (s *Simulator) start(in request) *capture {
	c := &capture{
		answer:  answer{ID: in.ID, Revision: 1, State: waiting, Advice: "place"},
		timeout: time.Duration(in.Timeout) * time.Second, images: map[uint8][]byte{}, moved: make(chan struct{}),
	}
	for _, f := range in.Fingers {
		one := finger{Position: f.Position, State: waiting, wanted: f.Quality}
		if f.Missing != 0 {
			one.State, one.Missing = missing, f.Missing.String()
		}
		c.Fingers = append(c.Fingers, one)
	}
	s.captures[in.ID], s.active = c, c
	ctx, cancel := context.WithCancel(s.ctx)
	c.cancel = cancel
	s.done.Go(func() {
		defer cancel()
		s.run(ctx, c)
	})
	return c
}

// sweep forgets what nobody fetched in time.
func (s *Simulator) sweep() {
	for id, c := range s.captures {
		if !c.ended.IsZero() && time.Since(c.ended) > keep {
			delete(s.captures, id)
		}
	}
}

// mostWait is how long an answer may be held back for news, in seconds.
const mostWait = 25

// follow answers as soon as there is news, or when the wait is over.
func (s *Simulator) follow(w http.ResponseWriter, r *http.Request) {
	after, wait, ok := 0, 0, true
	for name, into := range map[string]*int{"after": &after, "wait": &wait} {
		if text := r.FormValue(name); text != "" {
			n, err := strconv.Atoi(text)
			ok = ok && err == nil && n >= 0
			*into = n
		}
	}
	if !ok || wait > mostWait {
		outside.Problem(w, http.StatusUnprocessableEntity, "invalid")
		return
	}
	over := time.NewTimer(time.Duration(wait) * time.Second)
	defer over.Stop()
	for {
		s.mu.Lock()
		s.sweep()
		c := s.captures[r.PathValue("capture")]
		if c == nil {
			s.mu.Unlock()
			outside.Problem(w, http.StatusNotFound, "not-found")
			return
		}
		now, moved := c.answer, c.moved
		now.Fingers = slices.Clone(c.Fingers)
		s.mu.Unlock()
		if now.Revision > after || !c.running(now.State) {
			outside.JSON(w, http.StatusOK, now)
			return
		}
		select {
		case <-moved:
		case <-over.C:
			outside.JSON(w, http.StatusOK, now)
			return
		case <-r.Context().Done():
			outside.JSON(w, http.StatusOK, now)
			return
		}
	}
}

func (*capture) running(state string) bool { return state == waiting || state == taking }

func (s *Simulator) image(w http.ResponseWriter, r *http.Request) {
	position, err := strconv.ParseUint(r.PathValue("position"), 10, 8)
	s.mu.Lock()
	s.sweep()
	var raw []byte
	if c := s.captures[r.PathValue("capture")]; c != nil && err == nil {
		raw = c.images[uint8(position)]
	}
	s.mu.Unlock()
	if raw == nil {
		outside.Problem(w, http.StatusNotFound, "not-found")
		return
	}
	w.Header().Set("Content-Type", mediaPNG)
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(raw) // a page that is gone is no matter
}

// forget ends a capture and destroys its images. Repeats are answered alike.
func (s *Simulator) forget(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := r.PathValue("capture")
	if c := s.captures[id]; c != nil {
		if c.ended.IsZero() {
			s.move(c, func() { c.State = canceled })
		}
		c.cancel()
		clear(c.images)
		delete(s.captures, id)
	}
	w.WriteHeader(http.StatusNoContent)
}
