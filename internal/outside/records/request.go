package records

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"jaliya/internal/durable"
	"jaliya/internal/fault"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

// States of the contract.
const (
	received  = "received"
	question  = "question"
	issued    = "issued"
	refused   = "refused"
	withdrawn = "withdrawn"
)

// request is a request as it is kept, a file of its own. Packets stay sealed.
type request struct {
	ID       string    `json:"id"`
	State    string    `json:"state"`
	Seq      uint64    `json:"seq"`
	Reason   string    `json:"reason,omitempty"`
	Product  string    `json:"product,omitempty"`
	Record   string    `json:"record,omitempty"`
	Packet   []byte    `json:"packet,omitempty"` // until the request is closed
	Reply    []byte    `json:"reply,omitempty"`  // public key that packages are sealed to
	Due      time.Time `json:"due,omitzero"`     // of the next answer
	Asked    bool      `json:"asked,omitempty"`  // the one question was asked
	Answered string    `json:"answered,omitempty"`
	Revoked  bool      `json:"revoked,omitempty"` // by /admin/revoke
}

// answer is a request as the contract shows it.
type answer struct {
	ID      string `json:"id"`
	State   string `json:"state"`
	Package []byte `json:"package,omitempty"`
	Reason  string `json:"reason,omitempty"`
	Seq     uint64 `json:"seq"`
}

func (r *request) move(state string) {
	r.State = state
	r.Seq++
	r.Due = time.Time{}
	if state == issued || state == refused || state == withdrawn {
		r.Packet = nil
	}
}

func (r *request) recordID() (wire.RecordID, error) { return wire.ParseRecordID(r.Record) }

func (r *request) replyKey() (seal.IntakePublic, error) { return seal.ParseIntakePublic(r.Reply) }

// What is left to chance, each with a number of its own.
const (
	lotOfSlot = iota + 1
	lotOfAnswerSlot
	lotOfQuestion
	lotOfRefusal
	lotOfHit
	lotOfContent
)

// lot gives chance that depends on the seed, the request and what it is for, so
// that no other request changes it, and a restart neither.
func (s *Simulator) lot(id string, what uint64) *rand.Rand {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte(id+"\x00"), what))
	return rand.New(rand.NewPCG(s.cfg.Seed, binary.BigEndian.Uint64(sum[:]))) //nolint:gosec // chance of a simulator, repeatable by its seed
}

// slot draws when a request is answered: a slot after now, by lot alone.
func (s *Simulator) slot(id string, what uint64, now time.Time) time.Time {
	lot := s.lot(id, what)
	first, count := earlyFirst, earlyCount
	if lot.Float64() < s.cfg.Late {
		first, count = lateFirst, lateCount
	}
	return now.Truncate(s.cfg.Slot).Add(time.Duration(first+lot.IntN(count)) * s.cfg.Slot)
}

func (s *Simulator) path(name string) string { return filepath.Join(s.cfg.Dir, name) }

func requestFile(id string) string { return "requests/" + id + ".json" }

// packageFile has the seq in its name: a question and a document of one request
// are two packages.
func packageFile(id string, seq uint64) string {
	return "packages/" + id + "-" + hex.EncodeToString(binary.BigEndian.AppendUint16(nil, uint16(seq))) //nolint:gosec // a handful of states
}

// save writes a request; mu is held.
func (s *Simulator) save(r *request) error {
	raw, err := json.Marshal(r)
	if err == nil {
		err = durable.WriteFile(s.path(requestFile(r.ID)), raw, 0o600)
	}
	if err != nil {
		return fault.New(fault.Storage, "outside/records: save", r.ID, err)
	}
	return nil
}

// load reads what an earlier life left.
func (s *Simulator) load() error {
	const op = "outside/records: load"
	for _, dir := range []string{"requests", "packages"} {
		if err := os.MkdirAll(s.path(dir), 0o700); err != nil {
			return fault.New(fault.Storage, op, dir, err)
		}
	}
	files, err := os.ReadDir(s.path("requests"))
	if err != nil {
		return fault.New(fault.Storage, op, "requests", err)
	}
	for _, file := range files {
		if !strings.HasSuffix(file.Name(), ".json") {
			continue // what a crash left half written
		}
		raw, err := os.ReadFile(s.path("requests/" + file.Name()))
		if err != nil {
			return fault.New(fault.Storage, op, file.Name(), err)
		}
		r := &request{}
		if json.Unmarshal(raw, r) != nil || r.ID+".json" != file.Name() {
			return fault.New(fault.Corrupt, op, file.Name(), nil)
		}
		s.requests[r.ID] = r
	}
	return nil
}
