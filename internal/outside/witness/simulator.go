// Package witness is a witness of a log that only grows (C2SP tlog-witness): it
// cosigns a checkpoint when its log begins with the one that it cosigned last, and
// never two histories. It stands outside, for the hub to be tried with.
//
// Guarantee: what it cosigned is on disk before the answer goes out.
package witness

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"golang.org/x/mod/sumdb/note"

	"jaliya/internal/checkpoint"
	"jaliya/internal/durable"
	"jaliya/internal/fault"
	"jaliya/internal/outside"
	"jaliya/internal/wire"
)

// Faults of a witness, beside those of every simulator.
const (
	Forged    outside.Kind = "forged"    // the cosignature is nobody's
	Forgetful outside.Kind = "forgetful" // it says that it holds another size
)

// Config is what a simulator runs with.
type Config struct {
	Dir  string   // of key and state; witness.pub in it is the key line for hub and readers
	Name string   // "example.org/witness"
	Logs []string // key lines of the logs that it knows (C2SP signed-note)
	Seed uint64   // of chance
}

// Simulator is a running witness.
type Simulator struct {
	cfg      Config
	cosigner checkpoint.Cosigner
	logs     map[string]note.Verifier // by origin
	faults   *outside.Faults
	log      *outside.Log

	mu   sync.Mutex // guards held; kept while a checkpoint is judged and stored
	held map[string]head
}

// head is the log that it cosigned last.
type head struct {
	Size uint64      `json:"size"`
	Root wire.Digest `json:"root"`
}

const opNew = "witness: open"

// New opens a witness, with a key made once.
func New(cfg Config) (*Simulator, error) {
	s := &Simulator{
		cfg: cfg, logs: map[string]note.Verifier{}, held: map[string]head{},
		faults: outside.NewFaults(cfg.Seed), log: new(outside.Log),
	}
	for _, line := range cfg.Logs {
		v, err := note.NewVerifier(line)
		if err != nil {
			return nil, fault.New(fault.Invalid, opNew, "key line of a log", err)
		}
		s.logs[v.Name()] = v
	}
	key, err := loadKey(filepath.Join(cfg.Dir, "witness.key"))
	if err != nil {
		return nil, err
	}
	if s.cosigner, err = checkpoint.NewCosigner(cfg.Name, key); err != nil {
		return nil, err
	}
	if err := durable.WriteFile(filepath.Join(cfg.Dir, "witness.pub"), []byte(s.cosigner.Line()+"\n"), 0o600); err != nil {
		return nil, fault.New(fault.Storage, opNew, "witness.pub", err)
	}
	raw, err := os.ReadFile(s.state())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return s, nil
	case err != nil:
		return nil, fault.New(fault.Storage, opNew, s.state(), err)
	}
	if err := json.Unmarshal(raw, &s.held); err != nil {
		return nil, fault.New(fault.Corrupt, opNew, s.state(), err)
	}
	return s, nil
}

func (s *Simulator) state() string { return filepath.Join(s.cfg.Dir, "state.json") }

// loadKey reads a key, or makes it.
func loadKey(path string) (ed25519.PrivateKey, error) {
	seed, err := os.ReadFile(path) //nolint:gosec // the simulator's own directory
	switch {
	case err == nil && len(seed) == ed25519.SeedSize:
		return ed25519.NewKeyFromSeed(seed), nil
	case err == nil:
		return nil, fault.New(fault.Corrupt, opNew, path, nil)
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fault.New(fault.Storage, opNew, path, err)
	}
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, fault.New(fault.Internal, opNew, "key", err)
	}
	if err := durable.WriteFile(path, key.Seed(), 0o600); err != nil {
		return nil, fault.New(fault.Storage, opNew, path, err)
	}
	return key, nil
}

// Line is the witness's key line.
func (s *Simulator) Line() string { return s.cosigner.Line() }

// Faults gives what goes wrong.
func (s *Simulator) Faults() *outside.Faults { return s.faults }

// Admin gives the handler with which people break it.
func (s *Simulator) Admin() http.Handler { return outside.Admin(s.faults, s.log) }

// Handler gives the contract's handler.
func (s *Simulator) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+checkpoint.SubmissionPath, s.add)
	return &outside.Service{Mux: mux, Faults: s.faults, Log: s.log}
}

// refusal is an answer other than a cosignature.
type refusal struct {
	status int
	size   uint64 // with 409, what it holds
}

func (r *refusal) Error() string { return http.StatusText(r.status) }

func (s *Simulator) add(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 2*checkpoint.MaxBytes))
	if err != nil {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	line, err := s.cosign(raw)
	if no, refused := errors.AsType[*refusal](err); refused {
		if no.status == http.StatusConflict {
			w.Header().Set("Content-Type", checkpoint.SizeType)
			w.WriteHeader(no.status)
			_, _ = io.WriteString(w, strconv.FormatUint(no.size, 10)+"\n") // a caller that is gone is no matter
			return
		}
		w.WriteHeader(no.status)
		return
	}
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write(line) // a caller that is gone is no matter
}

// cosign judges a checkpoint in the order of the contract, stores it, and signs.
func (s *Simulator) cosign(raw []byte) ([]byte, error) {
	asked, err := checkpoint.ParseSubmission(raw)
	if err != nil {
		return nil, &refusal{status: http.StatusBadRequest}
	}
	body, _, _ := bytes.Cut(asked.Note, []byte("\n\n"))
	text := string(body) + "\n"
	c, err := checkpoint.Parse(text)
	if err != nil {
		return nil, &refusal{status: http.StatusBadRequest}
	}
	v, known := s.logs[c.Origin]
	if !known {
		return nil, &refusal{status: http.StatusNotFound}
	}
	if _, err := note.Open(asked.Note, note.VerifierList(v)); err != nil {
		return nil, &refusal{status: http.StatusForbidden}
	}
	if asked.Old > c.Size {
		return nil, &refusal{status: http.StatusBadRequest}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	held := s.held[c.Origin]
	if _, yes := s.faults.Fires(Forgetful, "POST "+checkpoint.SubmissionPath); yes {
		return nil, &refusal{status: http.StatusConflict, size: held.Size + 1}
	}
	older := checkpoint.Checkpoint{Origin: c.Origin, Size: held.Size, Root: held.Root}
	switch {
	case held.Size != asked.Old, held.Size == c.Size && held.Size > 0 && held.Root != c.Root:
		return nil, &refusal{status: http.StatusConflict, size: held.Size}
	case c.Extends(older, asked.Proof) != nil:
		return nil, &refusal{status: http.StatusUnprocessableEntity}
	}
	if err := s.keep(c); err != nil {
		return nil, err
	}
	if _, yes := s.faults.Fires(Forged, "POST "+checkpoint.SubmissionPath); yes {
		text = checkpoint.Checkpoint{Origin: c.Origin, Size: c.Size + 1}.Text()
	}
	return s.cosigner.Cosign(text)
}

// keep stores what is cosigned, durable on return; mu is held.
func (s *Simulator) keep(c checkpoint.Checkpoint) error {
	before, had := s.held[c.Origin]
	s.held[c.Origin] = head{c.Size, c.Root}
	raw, err := json.Marshal(s.held)
	if err == nil {
		err = durable.WriteFile(s.state(), raw, 0o600)
	}
	if err == nil {
		return nil
	}
	if s.held[c.Origin] = before; !had {
		delete(s.held, c.Origin)
	}
	return fault.New(fault.Storage, "witness: keep", c.Origin, err)
}
