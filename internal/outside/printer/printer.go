// Package printer is a printer that speaks enough of the Internet Printing
// Protocol (RFC 8011) to take a job. It keeps what was printed in memory and
// fails as it is told: for tests, demonstrations and training, by `jaliya sim
// printer`.
package printer

import (
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// States of printers and jobs (RFC 8011).
const (
	Idle    = 3
	Stopped = 5

	Processing = 5
	Standing   = 6
	Canceled   = 7
	Aborted    = 8
	Completed  = 9
)

// Look is what the printer says at one look at its job.
type Look struct {
	State   int
	Reasons []string
	// Printer are the printer's own reasons from this look on.
	Printer []string
}

// Printer is one. Its fields may be set through Set while it runs.
type Printer struct {
	mu sync.Mutex // guards all below

	State     int
	Reasons   []string
	Accepting bool
	Formats   []string
	Only11    bool   // it refuses version 2.0
	Refuse    uint16 // status of Print-Job, 0 for taken
	CutSend   bool   // the connection ends while the document comes in
	CutLooks  bool   // nobody answers after the job was taken
	Forgets   bool   // it does not know the job afterwards
	Garbage   bool   // it answers in no printer's language
	Looks     []Look // in order; the last one stays. None: completed at once

	printed  [][]byte
	heads    [][]byte // attributes of each Print-Job
	canceled int
	look     int

	Address string // where it listens, "http://host:port"; whoever serves it says so
	Stop    func() // ends the serving
}

// New gives a printer that prints everything at once.
func New() *Printer {
	return &Printer{State: Idle, Accepting: true, Formats: []string{"application/octet-stream", "application/pdf"}}
}

// URI gives its address.
func (p *Printer) URI() string { return "ipp" + strings.TrimPrefix(p.Address, "http") + "/ipp/print" }

// Close turns it off.
func (p *Printer) Close() { p.Stop() }

// Set changes how it behaves.
func (p *Printer) Set(change func(*Printer)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.look = 0
	change(p)
}

// Printed gives the documents of all jobs that were taken.
func (p *Printer) Printed() [][]byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.printed)
}

// Heads gives what came before each document.
func (p *Printer) Heads() [][]byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.heads)
}

// Canceled counts the jobs taken back.
func (p *Printer) Canceled() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.canceled
}

// ServeHTTP implements http.Handler.
func (p *Printer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	cut := p.CutSend
	p.mu.Unlock()
	head := make([]byte, 8)
	if _, err := io.ReadFull(r.Body, head); err != nil {
		http.Error(w, "", http.StatusBadRequest)
		return
	}
	op := binary.BigEndian.Uint16(head[2:])
	if cut && op == 0x0002 {
		hangUp(w)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.Garbage {
		_, _ = w.Write([]byte("<html>")) // the test fails by what it then reads
		return
	}
	if p.CutLooks && op == 0x0009 {
		hangUp(w)
		return
	}
	out := &answer{}
	out.head(head, 0)
	switch {
	case p.Only11 && head[0] != 1:
		out.head(head, 0x0503)
	case op == 0x000b:
		p.attributes(out)
	case op == 0x0002:
		p.take(out, head, body)
	case op == 0x0009:
		p.job(out, head)
	case op == 0x0008:
		p.canceled++
	default:
		out.head(head, 0x0501)
	}
	w.Header().Set("Content-Type", "application/ipp")
	_, _ = w.Write(append(out.raw, 3)) // a client that went away is the test's business
}

func hangUp(w http.ResponseWriter) {
	hijacker, ok := w.(http.Hijacker)
	if !ok {
		return
	}
	conn, _, err := hijacker.Hijack()
	if err != nil {
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // a reset, as of a printer that was unplugged
	}
	_ = conn.Close()
}

func (p *Printer) attributes(out *answer) {
	out.add(4)
	out.number(0x23, "printer-state", p.State)
	reasons := p.Reasons
	if len(reasons) == 0 {
		reasons = []string{"none"}
	}
	out.texts(0x44, "printer-state-reasons", reasons)
	out.flag("printer-is-accepting-jobs", p.Accepting)
	out.texts(0x49, "document-format-supported", p.Formats)
}

func (p *Printer) take(out *answer, head, body []byte) {
	if p.Refuse != 0 {
		out.head(head, p.Refuse)
		return
	}
	at := split(body)
	p.heads, p.printed = append(p.heads, body[:at]), append(p.printed, body[at:])
	out.add(2)
	out.number(0x21, "job-id", len(p.printed))
}

func (p *Printer) job(out *answer, head []byte) {
	if p.Forgets {
		out.head(head, 0x0406)
		return
	}
	now := Look{State: Completed}
	if len(p.Looks) > 0 {
		now = p.Looks[min(p.look, len(p.Looks)-1)]
		p.look++
		p.Reasons = now.Printer
	}
	out.add(2)
	out.number(0x23, "job-state", now.State)
	if len(now.Reasons) > 0 {
		out.texts(0x44, "job-state-reasons", now.Reasons)
	}
}

// split finds where the attributes end.
func split(body []byte) int {
	at := 0
	for at < len(body) {
		tag := body[at]
		at++
		if tag == 3 {
			return at
		}
		if tag <= 15 {
			continue
		}
		for range 2 {
			at += 2 + int(binary.BigEndian.Uint16(body[at:]))
		}
	}
	return at
}

type answer struct{ raw []byte }

func (a *answer) add(b ...byte) { a.raw = append(a.raw, b...) }

func (a *answer) head(request []byte, status uint16) {
	a.raw = append([]byte(nil), request[:2]...)
	a.raw = binary.BigEndian.AppendUint16(a.raw, status)
	a.add(request[4:8]...)
	a.add(1)
	a.texts(0x47, "attributes-charset", []string{"utf-8"})
}

func (a *answer) value(tag byte, name string, value []byte) {
	a.add(tag)
	for _, part := range [][]byte{[]byte(name), value} {
		a.raw = binary.BigEndian.AppendUint16(a.raw, uint16(len(part))) //nolint:gosec // short
		a.add(part...)
	}
}

func (a *answer) number(tag byte, name string, n int) {
	a.value(tag, name, binary.BigEndian.AppendUint32(nil, uint32(n))) //nolint:gosec // small
}

func (a *answer) flag(name string, on bool) {
	b := byte(0)
	if on {
		b = 1
	}
	a.value(0x22, name, []byte{b})
}

func (a *answer) texts(tag byte, name string, values []string) {
	for _, v := range values {
		a.value(tag, name, []byte(v))
		name = ""
	}
}
