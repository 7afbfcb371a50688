package node

import (
	"context"
	"io"
	"sync"

	"github.com/pelletier/go-toml/v2"

	"jaliya/internal/doctor"
	"jaliya/internal/lang"
)

// examiner runs the self-tests that the screen asks for, one at a time. It is a
// desk.SelfTest.
type examiner struct {
	node *Node
	ask  chan struct{} // one place; never closed

	supporting sync.Mutex // held while a support file is made

	mu      sync.Mutex // guards all below
	last    doctor.Report
	partial doctor.Report
	running bool
}

func newExaminer(n *Node) *examiner { return &examiner{node: n, ask: make(chan struct{}, 1)} }

// run examines when asked, until ctx ends.
func (e *examiner) run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-e.ask:
		}
		r := e.node.Examine(ctx, func(r doctor.Report) {
			e.mu.Lock()
			defer e.mu.Unlock()
			e.partial = r
		})
		e.mu.Lock()
		e.last, e.partial, e.running = r, doctor.Report{}, false
		e.mu.Unlock()
	}
}

// Begin implements desk.SelfTest.
func (e *examiner) Begin() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.running {
		return
	}
	e.running, e.partial = true, doctor.Report{}
	e.ask <- struct{}{} // has room: nobody else asked since the last one was taken
}

// Last implements desk.SelfTest. The steps of a report are not changed after it
// was seen, only more are added to a longer one.
func (e *examiner) Last() (doctor.Report, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.running {
		return e.partial, true
	}
	return e.last, false
}

// Support implements desk.SelfTest. Without a test so far it makes one. One file
// is made at a time: it measures the disk that visits wait for.
func (e *examiner) Support(ctx context.Context, words *lang.Catalog, w io.Writer) (string, error) {
	e.supporting.Lock()
	defer e.supporting.Unlock()
	e.mu.Lock()
	r := e.last
	e.mu.Unlock()
	if len(r.Steps) == 0 {
		r = e.node.Examine(ctx, nil)
		e.mu.Lock()
		e.last = r
		e.mu.Unlock()
	}
	return e.node.Support(ctx, words, r, w)
}

// configPart is the configuration in force. It is written from what was read,
// because the file may have changed since.
func (p *patient) configPart() []doctor.Part {
	raw, err := toml.Marshal(p.cfg)
	if err != nil {
		return nil
	}
	return []doctor.Part{{Name: "config.toml", About: "the configuration in force, without secrets", Data: doctor.CleanConfig(raw)}}
}
