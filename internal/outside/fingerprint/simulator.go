package fingerprint

import (
	"context"
	"net/http"
	"sync"

	"jaliya/internal/outside"
)

// Faults of this simulator, besides those of package outside. Where On is
// empty they happen wherever they can.
const (
	Unplugged outside.Kind = "unplugged" // on "GET /v1/devices", "POST /v1/captures" or "capture", in the middle of one
	Busy      outside.Kind = "busy"      // another program holds the reader
	Timeout   outside.Kind = "timeout"   // nobody lays a finger down
	Lifted    outside.Kind = "lifted"    // the fingers leave too early
	Poor      outside.Kind = "poor"      // dry fingers: faint, and a low score
	Same      outside.Kind = "same"      // one finger is laid down for two
)

// Simulator is one simulated reader. Safe for concurrent use.
type Simulator struct {
	cfg    Config
	faults *outside.Faults
	log    *outside.Log
	ctx    context.Context //nolint:containedctx // ends what Close has to wait for
	stop   context.CancelFunc
	done   sync.WaitGroup // captures under way

	mu       sync.Mutex // guards all below
	code     string
	guesses  int
	tokens   map[[32]byte]string // digest of a token: origin
	person   uint64
	tries    map[uint8]int // of this person
	prints   map[uint8][]byte
	last     uint8 // finger taken last of this person
	captures map[string]*capture
	active   *capture
}

// New gives a reader that is plugged in and idle. Close ends it.
func New(cfg Config) (*Simulator, error) {
	cfg, err := cfg.check()
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &Simulator{
		cfg: cfg, faults: outside.NewFaults(cfg.Seed), log: &outside.Log{}, ctx: ctx, stop: stop,
		code: cfg.Code, tokens: map[[32]byte]string{}, captures: map[string]*capture{},
	}
	s.Call(cfg.Person)
	return s, nil
}

// Close ends what is under way and waits for it.
func (s *Simulator) Close() {
	s.stop()
	s.done.Wait()
}

// Faults gives what goes wrong, for tests in the same program.
func (s *Simulator) Faults() *outside.Faults { return s.faults }

// Code gives the pairing code that the reader shows now.
func (s *Simulator) Code() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.code
}

// Call lets another person step up to the counter.
func (s *Simulator) Call(person uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.person, s.tries, s.prints, s.last = person, map[uint8]int{}, map[uint8][]byte{}, 0
}

// Handler gives the contract.
func (s *Simulator) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/pairing", s.pair)
	mux.HandleFunc("GET /v1/devices", s.paired(s.devices))
	mux.HandleFunc("POST /v1/captures", s.paired(s.begin))
	mux.HandleFunc("GET /v1/captures/{capture}", s.paired(s.follow))
	mux.HandleFunc("GET /v1/captures/{capture}/images/{position}", s.paired(s.image))
	mux.HandleFunc("DELETE /v1/captures/{capture}", s.paired(s.forget))
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		outside.Problem(w, http.StatusNotFound, "not-found")
	})
	return s.door(&outside.Service{Mux: mux, Faults: s.faults, Log: s.log})
}

// Admin gives package outside's handler and, besides,
//
//	GET /admin/reader {"code":"12345678","person":1}
//	PUT /admin/reader {"person":2} another person steps up
func (s *Simulator) Admin() http.Handler {
	mux := outside.Admin(s.faults, s.log)
	show := func(w http.ResponseWriter) {
		s.mu.Lock()
		defer s.mu.Unlock()
		outside.JSON(w, http.StatusOK, map[string]any{"code": s.code, "person": s.person})
	}
	mux.HandleFunc("GET /admin/reader", func(w http.ResponseWriter, _ *http.Request) { show(w) })
	mux.HandleFunc("PUT /admin/reader", func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Person uint64 `json:"person"`
		}
		if !outside.ReadJSON(w, r, 1<<10, &in) {
			return
		}
		s.Call(in.Person)
		show(w)
	})
	return mux
}
