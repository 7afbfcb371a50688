package sms

import (
	"html/template"
	"log/slog"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"jaliya/internal/outside"
)

// Config is a simulated carrier. Zero values work where a default is named.
type Config struct {
	Token  string         // bearer token of callers; empty: the listener knows them by certificate
	Seed   uint64         // of chance
	Clock  *outside.Clock // default: real time
	Logger *slog.Logger   // default: silent
}

// Faults of this simulator, besides those of package outside.
const (
	Lost     outside.Kind = "lost"     // the next message is sent and never reported on
	Unknown  outside.Kind = "unknown"  // the next message fails: unknown-number
	Reversed outside.Kind = "reversed" // the next answer names another message
)

// Times of a message, simulated.
const (
	leaving  = 2 * time.Second
	arriving = 5 * time.Second
	giveUp   = 24 * time.Hour
)

// Received is a message as its telephone shows it.
type Received struct {
	To     string    `json:"to"`
	Sender string    `json:"sender"`
	Text   string    `json:"text"`
	State  string    `json:"state"`
	Time   time.Time `json:"time"`
}

// answer is a message as the contract shows it.
type answer struct {
	ID     string    `json:"message"`
	State  string    `json:"state"`
	Reason string    `json:"reason,omitempty"`
	Time   time.Time `json:"time"`
}

type request struct {
	To     string `json:"to"`
	Text   string `json:"text"`
	Sender string `json:"sender"`
}

type message struct {
	request

	id    string
	taken time.Time
	fate  string // reason of its failure, "lost", or empty
}

// Simulator is one carrier. Safe for concurrent use.
type Simulator struct {
	cfg    Config
	faults *outside.Faults
	log    *outside.Log

	mu   sync.Mutex // guards all below
	keys map[string]*message
	list []*message
}

// New gives a carrier that has nothing to do.
func New(cfg Config) *Simulator {
	if cfg.Clock == nil {
		cfg.Clock = outside.NewClock(1)
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return &Simulator{cfg: cfg, faults: outside.NewFaults(cfg.Seed), log: &outside.Log{}, keys: map[string]*message{}}
}

// Faults gives what goes wrong, for tests in the same program.
func (s *Simulator) Faults() *outside.Faults { return s.faults }

// Inbox gives every message that was taken, oldest first.
func (s *Simulator) Inbox() []Received {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Received, len(s.list))
	for i, m := range s.list {
		a := s.show(m)
		list[i] = Received{To: m.To, Sender: m.Sender, Text: m.Text, State: a.State, Time: a.Time}
	}
	return list
}

// Handler gives the contract.
func (s *Simulator) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/messages", s.post)
	mux.HandleFunc("GET /v1/messages/{message}", s.get)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		outside.Problem(w, http.StatusNotFound, "not-found")
	})
	return &outside.Service{Mux: mux, Faults: s.faults, Log: s.log, Token: s.cfg.Token}
}

// Admin gives package outside's handler and, besides,
//
//	GET /admin/inbox       the telephones, as a page
//	GET /admin/inbox.json  the same for tests
func (s *Simulator) Admin() http.Handler {
	mux := outside.Admin(s.faults, s.log)
	mux.HandleFunc("GET /admin/inbox.json", func(w http.ResponseWriter, _ *http.Request) {
		outside.JSON(w, http.StatusOK, map[string]any{"messages": s.Inbox()})
	})
	mux.HandleFunc("GET /admin/inbox", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_ = page.Execute(w, s.Inbox()) // a reader that is gone is no matter
	})
	return mux
}

var page = template.Must(template.New("inbox").Parse(`<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>Telephones</title>
<style>body{font:1rem/1.5 sans-serif;max-width:40rem;margin:1rem auto;padding:0 1rem}li{margin:1rem 0}p{margin:0;overflow-wrap:anywhere}</style>
<main><h1>Telephones</h1>{{if .}}<ol>{{range .}}<li><p>{{.Sender}} → <bdi>{{.To}}</bdi>, {{.State}}</p><p dir="auto">{{.Text}}</p></li>{{end}}</ol>{{else}}<p>No message yet.</p>{{end}}</main></html>
`))

var (
	keyForm = regexp.MustCompile(`^[a-z0-9-]{1,64}$`)
	e164    = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	sender  = regexp.MustCompile(`^[A-Za-z0-9]{3,11}$`)
)

// maxText is the longest text, in characters.
const maxText = 612

func (s *Simulator) post(w http.ResponseWriter, r *http.Request) {
	var want request
	if !outside.ReadJSON(w, r, 8<<10, &want) {
		return
	}
	key := r.Header.Get("Idempotency-Key")
	switch n := utf8.RuneCountInString(want.Text); {
	case !keyForm.MatchString(key) || !sender.MatchString(want.Sender) || n == 0 || n > maxText:
		outside.Problem(w, http.StatusUnprocessableEntity, "invalid")
		return
	case !e164.MatchString(want.To):
		outside.Problem(w, http.StatusUnprocessableEntity, "number")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	held, status := s.keys[key], http.StatusOK
	if held == nil {
		held, status = s.take(key, want), http.StatusCreated
	}
	if held.request != want {
		outside.Problem(w, http.StatusConflict, "message-differs")
		return
	}
	outside.JSON(w, status, s.show(held))
}

func (s *Simulator) take(key string, want request) *message {
	m := &message{request: want, id: "m-" + strconv.Itoa(len(s.list)+1), taken: s.cfg.Clock.Now()}
	_, unknown := s.faults.Fires(Unknown, "")
	_, lost := s.faults.Fires(Lost, "")
	switch {
	case unknown || strings.HasSuffix(want.To, "000"):
		m.fate = "unknown-number"
	case strings.HasSuffix(want.To, "999"):
		m.fate = "unreachable"
	case lost:
		m.fate = "lost"
	}
	s.keys[key], s.list = m, append(s.list, m)
	s.cfg.Logger.Info("message taken", slog.String("message", m.id))
	return m
}

func (s *Simulator) get(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.list {
		if m.id != r.PathValue("message") {
			continue
		}
		a := s.show(m)
		if _, yes := s.faults.Fires(Reversed, ""); yes {
			a.ID = "m-0"
		}
		outside.JSON(w, http.StatusOK, a)
		return
	}
	outside.Problem(w, http.StatusNotFound, "not-found")
}

// show gives a message as far as it is at this moment of simulated time.
func (s *Simulator) show(m *message) answer {
	age := s.cfg.Clock.Now().Sub(m.taken)
	at := func(state, reason string, after time.Duration) answer {
		return answer{ID: m.id, State: state, Reason: reason, Time: m.taken.Add(after)}
	}
	switch {
	case age < leaving:
		return at("queued", "", 0)
	case age < arriving || m.fate == "lost":
		return at("sent", "", leaving)
	case m.fate == "unknown-number":
		return at("failed", m.fate, arriving)
	case m.fate == "unreachable" && age < giveUp:
		return at("sent", "", leaving)
	case m.fate == "unreachable":
		return at("failed", m.fate, giveUp)
	}
	return at("delivered", "", arriving)
}
