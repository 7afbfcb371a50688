package centre

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"jaliya/internal/outside"
)

// answer is a job as the contract shows it.
type answer struct {
	ID      string   `json:"job"`
	Packet  string   `json:"packet,omitempty"`
	State   string   `json:"state"`
	Refusal string   `json:"refusal,omitempty"`
	Spoilt  []spoilt `json:"spoilt,omitempty"`
	Card    *card    `json:"card,omitempty"`
}

type spoilt struct {
	Attempt int    `json:"attempt"`
	Serial  string `json:"serial"`
}

type card struct {
	Serial      string   `json:"serial"`
	Attempt     int      `json:"attempt"`
	Certificate string   `json:"chip_certificate"`
	PINLetter   string   `json:"pin_letter"`
	ReadBack    readBack `json:"read_back"`
}

type readBack struct {
	MRZ  string `json:"mrz"`
	Chip bool   `json:"chip"`
}

// job is a job at the site.
type job struct {
	answer

	product, destination string // with packet: what makes a repeat the same job
	zone                 func(serial string) (digest string, err error)
	attempt              int
}

// step is something that happens to a job at a time.
type step struct {
	at  time.Time
	job string
	do  func(*job)
}

// Faults of this simulator, besides those of package outside.
const (
	Refuse outside.Kind = "refuse" // the next job is refused: packet-unreadable
	Spoil  outside.Kind = "spoil"  // the next card made is spoilt
	Stall  outside.Kind = "stall"  // the next job accepted stays so for ever
	Repeat outside.Kind = "repeat" // the feed gives its last change again
)

// plan puts a step into the schedule, in the order of time.
func (s *Simulator) plan(at time.Time, j *job, do func(*job)) {
	i, _ := slices.BinarySearchFunc(s.steps, at, func(a step, t time.Time) int {
		if a.at.After(t) {
			return 1
		}
		return -1 // after those of the same time
	})
	s.steps = slices.Insert(s.steps, i, step{at: at, job: j.ID, do: do})
}

// advance does what has fallen due. Nothing runs in between: the site is as far
// as whoever asks finds it.
func (s *Simulator) advance() {
	now := s.cfg.Clock.Now()
	for len(s.steps) > 0 && !s.steps[0].at.After(now) {
		next := s.steps[0]
		s.steps = s.steps[1:]
		s.now = next.at
		if j := s.jobs[next.job]; j != nil && j.State != "canceled" {
			next.do(j)
		}
	}
	s.now = now
}

// queue lets a job wait for the machine.
func (s *Simulator) queue(j *job) {
	at := s.now.Add(preparing)
	if s.free.After(at) {
		at = s.free
	}
	s.free = at.Add(day / time.Duration(s.cfg.PerDay))
	s.plan(at, j, s.begin)
}

func (s *Simulator) begin(j *job) {
	s.waiting--
	j.State = "in-production"
	s.changed(j)
	s.make(j)
}

// serialRange is how many serials a site has.
const serialRange = 1_000_000

// make makes one card; its check follows.
func (s *Simulator) make(j *job) {
	j.attempt++
	s.serials++
	number := fmt.Sprintf("ZZ%07d", (int(s.cfg.Number)-1)%10*serialRange+s.serials%serialRange)
	_, asked := s.faults.Fires(Spoil, "")
	bad := asked || s.chance(j, j.attempt) < s.cfg.Spoil
	s.plan(s.now.Add(checking), j, func(j *job) { s.inspect(j, number, bad) })
}

// inspect reads the card back.
func (s *Simulator) inspect(j *job, serial string, bad bool) {
	zone, err := j.zone(serial)
	if bad || err != nil {
		j.Spoilt = append(j.Spoilt, spoilt{Attempt: j.attempt, Serial: serial})
		s.changed(j)
		s.make(j)
		return
	}
	j.State, j.zone = "produced", nil
	j.Card = &card{
		Serial: serial, Attempt: j.attempt, Certificate: hash("certificate", serial),
		PINLetter: "PL-" + strings.ToUpper(hash("letter", serial)[:12]), ReadBack: readBack{MRZ: zone, Chip: true},
	}
	s.changed(j)
	s.plan(s.now.Add(packing), j, func(j *job) {
		j.State = "packed"
		s.changed(j)
	})
}

// cancel takes a job back; a card that exists is destroyed and told as spoilt.
func (s *Simulator) cancel(j *job) {
	if j.State == "accepted" {
		s.waiting--
	}
	if j.Card != nil {
		j.Spoilt = append(j.Spoilt, spoilt{Attempt: j.Card.Attempt, Serial: j.Card.Serial})
		j.Card = nil
	}
	j.State, j.zone = "canceled", nil
	s.changed(j)
}

// change is a line of the feed: the job as it was then.
type change struct {
	Cursor string `json:"cursor"`
	Job    answer `json:"job"`
}

func (s *Simulator) changed(j *job) {
	a := j.answer
	a.Spoilt = slices.Clone(j.Spoilt)
	s.feed = append(s.feed, change{Cursor: s.cursor(len(s.feed) + 1), Job: a})
	s.cfg.Logger.Info("job moved", slog.String("site", s.cfg.Site), slog.String("job", j.ID), slog.String("state", j.State))
}

// chance gives a number from 0 to 1 that depends on the seed, the job and what
// it is for, so that no other job changes it.
func (s *Simulator) chance(j *job, what int) float64 {
	sum := sha256.Sum256([]byte(j.ID))
	seed := binary.BigEndian.Uint64(sum[:]) + uint64(cmp.Or(what, 1<<20)) //nolint:gosec // counts attempts
	return rand.New(rand.NewPCG(s.cfg.Seed, seed)).Float64()              //nolint:gosec // chance of a simulator, repeatable by its seed
}

func hash(what, text string) string {
	sum := sha256.Sum256([]byte(what + "\n" + text))
	return hex.EncodeToString(sum[:])
}
