package stamp

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"jaliya/internal/durable"
	"jaliya/internal/fault"
	"jaliya/internal/outside"
)

// Config is a simulated payment service. Zero values work where a default is
// named.
type Config struct {
	Dir    string         // of state and key; state.json and notice.pub are in it
	Pages  string         // base address of the payment pages, "http://127.0.0.1:8093"
	Token  string         // bearer token of callers; empty: the listener knows them by certificate
	Seed   uint64         // of chance
	Clock  *outside.Clock // default: real time
	Client *http.Client   // sends notices, default one with a limit of 10 s
	Logger *slog.Logger   // default: silent
}

// Faults of this simulator, besides those of package outside.
const (
	NoticeLate   outside.Kind = "notice-late"   // the next notice is sent Fault.Delay later
	NoticeTwice  outside.Kind = "notice-twice"  // the next notice is sent twice
	NoticeLost   outside.Kind = "notice-lost"   // the next notice is not sent
	NoticeForged outside.Kind = "notice-forged" // the next notice has a signature of nobody's
	ReturnLost   outside.Kind = "return-lost"   // the browser stays on the page after the next payment
	PaidTwice    outside.Kind = "paid-twice"    // the next click pays twice
	WrongAmount  outside.Kind = "wrong-amount"  // the next receipt is of another amount
)

type money struct {
	Minor    int64  `json:"minor"`
	Currency string `json:"currency"`
}

type receipt struct {
	Number   string    `json:"number"`
	Time     time.Time `json:"time"`
	Amount   money     `json:"amount"`
	Refunded bool      `json:"refunded,omitempty"`
}

// request is the body of PUT /v1/payments/{payment}.
type request struct {
	Amount  money     `json:"amount"`
	Product string    `json:"product"`
	Return  string    `json:"return_url"`
	Notice  string    `json:"notice_url"`
	Expires time.Time `json:"expires"`
}

// payment is a payment as it is kept.
type payment struct {
	Request  request   `json:"request"`
	Receipts []receipt `json:"receipts,omitempty"`
	Page     string    `json:"page"` // secret part of its page's address
}

// notice is one that is still to be sent.
type notice struct {
	Payment string    `json:"payment"`
	Due     time.Time `json:"due"`
	Tries   int       `json:"tries"`
	Forged  bool      `json:"forged,omitempty"`
}

// state is everything that a restart must not forget.
type state struct {
	Payments map[string]*payment `json:"payments"`
	Notices  []notice            `json:"notices"`
	Receipts int                 `json:"receipts"`
}

// Simulator is one payment service. Safe for concurrent use.
type Simulator struct {
	cfg    Config
	faults *outside.Faults
	log    *outside.Log
	key    ed25519.PrivateKey
	wake   chan struct{} // holds one signal: a notice is due

	mu sync.Mutex // guards s
	s  state
}

const op = "outside/stamp: open"

// New opens the service with what an earlier life left in the directory.
func New(cfg Config) (*Simulator, error) {
	if cfg.Dir == "" || cfg.Pages == "" {
		return nil, fault.New(fault.Invalid, op, "dir and pages are required", nil)
	}
	if cfg.Clock == nil {
		cfg.Clock = outside.NewClock(1)
	}
	if cfg.Client == nil {
		cfg.Client = &http.Client{Timeout: 10 * time.Second}
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Simulator{
		cfg: cfg, faults: outside.NewFaults(cfg.Seed), log: &outside.Log{}, wake: make(chan struct{}, 1),
		s: state{Payments: map[string]*payment{}},
	}
	if err := s.openKey(); err != nil {
		return nil, err
	}
	raw, err := os.ReadFile(filepath.Join(cfg.Dir, "state.json"))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return s, nil
	case err != nil:
		return nil, fault.New(fault.Storage, op, "state.json", err)
	case json.Unmarshal(raw, &s.s) != nil:
		return nil, fault.New(fault.Corrupt, op, "state.json", nil)
	}
	return s, nil
}

// KeyID names the key of the notices.
const KeyID = "sim-1"

// openKey gives the key of the notices, the same after a restart, and writes
// its public half for the hub.
func (s *Simulator) openKey() error {
	path := filepath.Join(s.cfg.Dir, "notice.key")
	seed, err := os.ReadFile(path) //nolint:gosec // the simulator's own directory
	if errors.Is(err, fs.ErrNotExist) {
		seed = make([]byte, ed25519.SeedSize)
		if _, err = rand.Read(seed); err == nil {
			err = durable.WriteFile(path, seed, 0o600)
		}
	}
	if err != nil {
		return fault.New(fault.Storage, op, "notice.key", err)
	}
	if len(seed) != ed25519.SeedSize {
		return fault.New(fault.Corrupt, op, "notice.key", nil)
	}
	s.key = ed25519.NewKeyFromSeed(seed)
	public := base64.StdEncoding.EncodeToString(s.key[ed25519.SeedSize:])
	if err := durable.WriteFile(filepath.Join(s.cfg.Dir, "notice.pub"), []byte(public+"\n"), 0o600); err != nil {
		return fault.New(fault.Storage, op, "notice.pub", err)
	}
	return nil
}

// save writes the state; mu is held.
func (s *Simulator) save() error {
	raw, err := json.Marshal(s.s)
	if err == nil {
		err = durable.WriteFile(filepath.Join(s.cfg.Dir, "state.json"), raw, 0o600)
	}
	if err != nil {
		return fault.New(fault.Storage, "outside/stamp: save", "state.json", err)
	}
	return nil
}

// Faults gives what goes wrong, for tests in the same program.
func (s *Simulator) Faults() *outside.Faults { return s.faults }

// Admin gives package outside's handler.
func (s *Simulator) Admin() http.Handler { return outside.Admin(s.faults, s.log) }

// receive adds a receipt and plans its notice; mu is held.
func (s *Simulator) receive(id string, p *payment) {
	times := 1
	if _, yes := s.faults.Fires(PaidTwice, ""); yes {
		times = 2
	}
	for range times {
		amount := p.Request.Amount
		if _, yes := s.faults.Fires(WrongAmount, ""); yes {
			amount.Minor /= 2
		}
		s.s.Receipts++
		p.Receipts = append(p.Receipts, receipt{
			Number: "SIM-" + strconv.Itoa(s.s.Receipts), Time: s.cfg.Clock.Now().Truncate(time.Second), Amount: amount,
		})
		s.planNotice(id)
	}
	s.cfg.Logger.Info("payment paid", slog.String("payment", id), slog.Int("receipts", len(p.Receipts)))
}

// planNotice plans the notices of one change, as the faults have it; mu is held.
func (s *Simulator) planNotice(id string) {
	if _, yes := s.faults.Fires(NoticeLost, ""); yes {
		return
	}
	one := notice{Payment: id, Due: time.Now()}
	if f, yes := s.faults.Fires(NoticeLate, ""); yes {
		one.Due = one.Due.Add(f.Delay.Std())
	}
	_, one.Forged = s.faults.Fires(NoticeForged, "")
	s.s.Notices = append(s.s.Notices, one)
	if _, yes := s.faults.Fires(NoticeTwice, ""); yes {
		s.s.Notices = append(s.s.Notices, one)
	}
}
