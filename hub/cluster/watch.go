package cluster

import (
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"jaliya/internal/fault"
)

// Limits of one write to disk (D14). A leader whose disk hangs keeps sending
// heartbeats and stays leader for ever; leaving makes the others elect.
const (
	slowWrite  = 5 * time.Second
	stuckWrite = 15 * time.Second
)

// watch times writes, also those that never come back.
type watch struct {
	log     *slog.Logger
	seconds prometheus.Observer
	slow    prometheus.Counter
	alarm   func(op string) // may be nil
	leave   func(error)
}

// start begins to time op; the function that it returns ends that.
func (w *watch) start(op string) (stop func()) {
	began := time.Now()
	alarm := time.AfterFunc(slowWrite, func() {
		w.slow.Inc()
		w.log.Warn("write to disk is slow", slog.String("op", op), slog.Duration("after", slowWrite))
		if w.alarm != nil {
			w.alarm(op)
		}
	})
	stuck := time.AfterFunc(stuckWrite, func() {
		w.leave(fault.New(fault.Storage, op, "no answer from the disk in "+stuckWrite.String(), nil))
	})
	return func() {
		alarm.Stop()
		stuck.Stop()
		w.seconds.Observe(time.Since(began).Seconds())
	}
}

// leaver tells the owner of the process once that this member must leave: its
// disk failed or what it returns is not what was stored.
type leaver struct {
	once sync.Once
	log  *slog.Logger
	exit func(error)
}

func (l *leaver) leave(err error) {
	l.once.Do(func() {
		l.log.Error("this member leaves", slog.Any("error", err))
		l.exit(err)
	})
}
