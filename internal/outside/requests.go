package outside

import (
	"sync"
	"time"
)

// Request is a line of the log: what was asked in the contract's words, and
// what became of it. No path, body or header.
type Request struct {
	Time   time.Time `json:"time"`
	Method string    `json:"method"`
	On     string    `json:"on"`     // pattern, "/v1/jobs/{job}"
	Status int       `json:"status"` // zero: ended without an answer
	Millis int64     `json:"ms"`
	Fault  Kind      `json:"fault,omitempty"`
}

// maxRequests caps the log: the newest are kept.
const maxRequests = 1000

// Log is the log of requests. The zero Log is empty. Safe for concurrent use.
type Log struct {
	mu    sync.Mutex // guards lines and total
	lines []Request
	total int
}

func (l *Log) add(r Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total++
	if len(l.lines) == maxRequests {
		l.lines = append(l.lines[:0], l.lines[1:]...)
	}
	l.lines = append(l.lines, r)
}

// Requests gives the newest requests, oldest first, and how many there were.
func (l *Log) Requests() (lines []Request, total int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]Request(nil), l.lines...), l.total
}
