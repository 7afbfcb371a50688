package records

import (
	"net/http"
	"regexp"
	"sync"

	"jaliya/internal/outside"
	"jaliya/internal/seal"
)

var requestID = regexp.MustCompile(`^[a-z0-9-]{1,64}$`)

// Simulator is one office. Safe for concurrent use.
type Simulator struct {
	cfg    Config
	dicts  *seal.Dictionaries
	faults *outside.Faults
	log    *outside.Log

	releasing sync.Mutex // held by one Release at a time

	mu       sync.Mutex // guards the two below
	requests map[string]*request
	flips    uint64 // bits flipped so far
}

// New opens the office with what an earlier life left in the directory.
func New(cfg Config) (*Simulator, error) {
	cfg, err := cfg.check()
	if err != nil {
		return nil, err
	}
	s := &Simulator{cfg: cfg, faults: outside.NewFaults(cfg.Seed), log: &outside.Log{}, requests: map[string]*request{}}
	if s.dicts, err = seal.NewDictionaries(0, nil); err != nil {
		return nil, err
	}
	return s, s.load()
}

// Faults gives what goes wrong, for tests in the same program.
func (s *Simulator) Faults() *outside.Faults { return s.faults }

// Requests gives the log of requests.
func (s *Simulator) Requests() *outside.Log { return s.log }

// Admin gives package outside's handler and, besides,
//
//	POST /admin/revoke  {"number": ...}: the document counts no more
func (s *Simulator) Admin() http.Handler {
	mux := outside.Admin(s.faults, s.log)
	mux.HandleFunc("POST /admin/revoke", s.postRevoke)
	return mux
}

// States counts requests by state, for tests in the same program.
func (s *Simulator) States() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := map[string]int{}
	for _, r := range s.requests {
		n[r.State]++
	}
	return n
}

// Found tells what the search of a request found, for tests in the same program
// that ask whether anybody else could tell.
func (s *Simulator) Found(id string) bool { return s.hit(id) }
