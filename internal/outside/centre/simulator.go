package centre

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"jaliya/internal/config"
	"jaliya/internal/outside"
	"jaliya/internal/seal"
)

// Simulator is one simulated site. Safe for concurrent use.
type Simulator struct {
	cfg    Config
	faults *outside.Faults
	log    *outside.Log

	mu      sync.Mutex // guards all below
	jobs    map[string]*job
	steps   []step // by time
	feed    []change
	now     time.Time // simulated time of what is being done
	free    time.Time // when the machine can begin another card
	waiting int
	serials int
	closed  bool
	opens   time.Time // when a closed site opens again; zero: not told
	made    string    // when this state began: old cursors name another
}

// New gives a site that is open and has nothing to do.
func New(cfg Config) (*Simulator, error) {
	cfg, err := cfg.check()
	if err != nil {
		return nil, err
	}
	now := cfg.Clock.Now()
	return &Simulator{
		cfg: cfg, faults: outside.NewFaults(cfg.Seed), log: &outside.Log{}, jobs: map[string]*job{},
		now: now, serials: cfg.Made, made: strconv.FormatInt(time.Now().UnixNano(), 36),
	}, nil
}

// Faults gives what goes wrong, for tests in the same program.
func (s *Simulator) Faults() *outside.Faults { return s.faults }

// Requests gives the log of requests.
func (s *Simulator) Requests() *outside.Log { return s.log }

// PublicKey gives the key that packets are sealed to.
func (s *Simulator) PublicKey() seal.PostPublic { return s.cfg.Key.Public() }

// Jobs gives how many jobs the site has in each state.
func (s *Simulator) Jobs() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance()
	count := map[string]int{}
	for _, j := range s.jobs {
		count[j.State]++
	}
	return count
}

// Cards gives how many cards were made, spoilt ones too.
func (s *Simulator) Cards() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance()
	return s.serials - s.cfg.Made
}

// Close closes the site for jobs, until a moment that it tells unless zero.
func (s *Simulator) Close(until time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed, s.opens = true, until
}

// Open opens it again.
func (s *Simulator) Open() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed, s.opens = false, time.Time{}
}

// open tells whether jobs are taken.
func (s *Simulator) open() bool {
	if s.closed && !s.opens.IsZero() && !time.Now().Before(s.opens) {
		s.closed, s.opens = false, time.Time{}
	}
	return !s.closed
}

// Forget loses everything, as a restart does.
func (s *Simulator) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.jobs, s.steps, s.feed = map[string]*job{}, nil, nil
	s.waiting, s.free = 0, time.Time{}
	s.made = strconv.FormatInt(time.Now().UnixNano(), 36)
}

// Handler gives the contract.
func (s *Simulator) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/capacity", s.getCapacity)
	mux.HandleFunc("GET /v1/jobs", s.getFeed)
	mux.HandleFunc("GET /v1/jobs/{job}", s.getJob)
	mux.HandleFunc("PUT /v1/jobs/{job}", s.putJob)
	mux.HandleFunc("PUT /v1/jobs/{job}/cancellation", s.putCancellation)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		outside.Problem(w, http.StatusNotFound, "not-found")
	})
	return &outside.Service{Mux: mux, Faults: s.faults, Log: s.log, Token: s.cfg.Token}
}

// Admin gives package outside's handler and, besides,
//
//	PUT /admin/site    {"open":false,"for":"1h"}, "for" in real time
//	GET /admin/site    jobs by state and cards made
//	DELETE /admin/site everything is forgotten, as by a restart
func (s *Simulator) Admin() http.Handler {
	mux := outside.Admin(s.faults, s.log)
	mux.HandleFunc("GET /admin/site", func(w http.ResponseWriter, _ *http.Request) { s.showSite(w) })
	mux.HandleFunc("DELETE /admin/site", func(w http.ResponseWriter, _ *http.Request) {
		s.Forget()
		s.showSite(w)
	})
	mux.HandleFunc("PUT /admin/site", func(w http.ResponseWriter, r *http.Request) {
		var want struct {
			Open bool            `json:"open"`
			For  config.Duration `json:"for"`
		}
		if !outside.ReadJSON(w, r, 4<<10, &want) {
			return
		}
		switch {
		case want.Open:
			s.Open()
		case want.For > 0:
			s.Close(time.Now().Add(want.For.Std()))
		default:
			s.Close(time.Time{})
		}
		s.showSite(w)
	})
	return mux
}

func (s *Simulator) showSite(w http.ResponseWriter) {
	outside.JSON(w, http.StatusOK, map[string]any{"site": s.cfg.Site, "jobs": s.Jobs(), "cards": s.Cards()})
}

func (s *Simulator) cursor(n int) string { return s.made + "." + strconv.Itoa(n) }

// parseCursor gives the number of changes before it; false when it is of
// another life of the simulator.
func (s *Simulator) parseCursor(text string) (int, bool) {
	if text == "" {
		return 0, true
	}
	made, number, _ := strings.Cut(text, ".")
	n, err := strconv.Atoi(number)
	return n, err == nil && made == s.made && n >= 0 && n <= len(s.feed)
}

var (
	jobID    = regexp.MustCompile(`^[a-z0-9-]{1,64}$`)
	packetID = regexp.MustCompile(`^[0-9a-f]{32}$`)
)
