package mirror

import (
	"io"
	"log/slog"
	"time"
)

// pulse is how long work on the second disk, which may be long, shows that the
// disk still answers, and how it touches what is not the disk's. A nil pulse is of
// work that nobody waits for.
type pulse struct {
	m     *Mirror
	moved chan struct{}
	steps chan step
	gone  chan struct{} // closed when the work was given up
}

// step is something that the caller of attend does for the work.
type step struct {
	do   func() error
	done chan error
}

// attend lets fn work on the second disk and waits for it as long as it moves: a
// disk that does not answer for as long as a save may wait is given up, and with
// it whatever fn still does. m.mu must not be held.
func (m *Mirror) attend(fn func(p *pulse) error) error {
	p := &pulse{m: m, moved: make(chan struct{}, 1), steps: make(chan step), gone: make(chan struct{})}
	done := make(chan error, 1)
	go func() { done <- fn(p) }()
	timer := time.NewTimer(m.o.Patience)
	defer timer.Stop()
	for {
		select {
		case err := <-done:
			return err
		case <-p.moved:
		case s := <-p.steps:
			s.done <- s.do() // not the disk's time
		case <-timer.C:
			close(p.gone)
			m.mu.Lock()
			defer m.mu.Unlock()
			m.hang(done, nil)
			return errSlow
		}
		timer.Reset(m.o.Patience)
	}
}

// beat says that the disk has answered. It fails when the work was given up.
func (p *pulse) beat() error {
	if p == nil {
		return nil
	}
	select {
	case <-p.gone:
		return errSlow
	default:
	}
	select {
	case p.moved <- struct{}{}:
	default: // one is waiting
	}
	return nil
}

// here lets whoever attends do something, such as a transaction of the journal: it
// is not done once the work was given up.
func (p *pulse) here(fn func() error) error {
	if p == nil {
		return fn()
	}
	s := step{do: fn, done: make(chan error, 1)}
	select {
	case p.steps <- s:
		return <-s.done
	case <-p.gone:
		return errSlow
	}
}

// wait runs fn on the disk, for work that holds something which a disk must not
// keep: it returns when the work is given up, whatever fn does.
func (p *pulse) wait(fn func() error) error {
	done := make(chan error, 1)
	go func() { done <- fn() }()
	select {
	case err := <-done:
		if err == nil {
			err = p.beat()
		}
		return err
	case <-p.gone:
	}
	p.m.mu.Lock()
	defer p.m.mu.Unlock()
	p.m.hang(done, nil)
	return errSlow
}

// hang leaves work behind that ran out of time: nothing more is given to the disk
// until it has ended, if it ever does. m.mu is held.
func (m *Mirror) hang(done <-chan error, after func() error) {
	m.stuck++
	go func() {
		late := <-done
		m.o.Logger.Warn("the second disk answered too late", slog.Bool("good", late == nil))
		if after != nil {
			_ = after() // nothing is expected of it any more
		}
		m.mu.Lock()
		m.stuck--
		m.mu.Unlock()
	}()
}

// hangs reports whether the disk has been given something that it never answered.
func (m *Mirror) hangs() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.stuck > 0
}

// beating reads as long as the work is not given up.
type beating struct {
	in io.Reader
	p  *pulse
}

// Read implements io.Reader.
func (b beating) Read(raw []byte) (int, error) {
	if err := b.p.beat(); err != nil {
		return 0, err
	}
	return b.in.Read(raw)
}
