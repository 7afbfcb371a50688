package cluster

import (
	"context"
	"fmt"
	"io"
	"log"
	"log/slog"

	"github.com/hashicorp/go-hclog"
)

// raftLogger lets raft's own log run into ours, one level lower than raft thinks
// (D22): its debug lines are dropped, its information is our debug.
type raftLogger struct {
	to      *slog.Logger
	name    string
	implied []any
}

var _ hclog.Logger = (*raftLogger)(nil)

func newRaftLogger(to *slog.Logger) hclog.Logger { return &raftLogger{to: to, name: "raft"} }

func lowered(level hclog.Level) (slog.Level, bool) {
	switch level {
	case hclog.Info:
		return slog.LevelDebug, true
	case hclog.Warn:
		return slog.LevelInfo, true
	case hclog.Error:
		return slog.LevelWarn, true
	case hclog.NoLevel, hclog.Trace, hclog.Debug, hclog.Off:
	}
	return 0, false
}

// Log implements hclog.Logger. Our message is constant, raft's is an attribute.
func (r *raftLogger) Log(level hclog.Level, msg string, args ...any) {
	at, wanted := lowered(level)
	if !wanted || !r.to.Enabled(context.Background(), at) {
		return
	}
	attrs := []slog.Attr{slog.String("what", msg), slog.String("from", r.name)}
	for _, list := range [][]any{r.implied, args} {
		for ; len(list) > 1; list = list[2:] {
			attrs = append(attrs, attr(list[0], list[1]))
		}
	}
	r.to.LogAttrs(context.Background(), at, "raft", attrs...)
}

// attr resolves hclog's deferred formatting.
func attr(key, value any) slog.Attr {
	if f, ok := value.(hclog.Format); ok && len(f) > 0 {
		value = fmt.Sprintf(fmt.Sprint(f[0]), f[1:]...)
	}
	return slog.Any(fmt.Sprint(key), value)
}

// Trace implements hclog.Logger.
func (r *raftLogger) Trace(string, ...any) {}

// Debug implements hclog.Logger.
func (r *raftLogger) Debug(string, ...any) {}

// Info implements hclog.Logger.
func (r *raftLogger) Info(msg string, args ...any) { r.Log(hclog.Info, msg, args...) }

// Warn implements hclog.Logger.
func (r *raftLogger) Warn(msg string, args ...any) { r.Log(hclog.Warn, msg, args...) }

// Error implements hclog.Logger.
func (r *raftLogger) Error(msg string, args ...any) { r.Log(hclog.Error, msg, args...) }

// IsTrace implements hclog.Logger.
func (r *raftLogger) IsTrace() bool { return false }

// IsDebug implements hclog.Logger.
func (r *raftLogger) IsDebug() bool { return false }

// IsInfo implements hclog.Logger.
func (r *raftLogger) IsInfo() bool { return true }

// IsWarn implements hclog.Logger.
func (r *raftLogger) IsWarn() bool { return true }

// IsError implements hclog.Logger.
func (r *raftLogger) IsError() bool { return true }

// ImpliedArgs implements hclog.Logger.
func (r *raftLogger) ImpliedArgs() []any { return r.implied }

// With implements hclog.Logger.
func (r *raftLogger) With(args ...any) hclog.Logger {
	implied := append(append([]any(nil), r.implied...), args...)
	return &raftLogger{to: r.to, name: r.name, implied: implied}
}

// Name implements hclog.Logger.
func (r *raftLogger) Name() string { return r.name }

// Named implements hclog.Logger.
func (r *raftLogger) Named(name string) hclog.Logger { return r.ResetNamed(r.name + "." + name) }

// ResetNamed implements hclog.Logger.
func (r *raftLogger) ResetNamed(name string) hclog.Logger {
	return &raftLogger{to: r.to, name: name, implied: r.implied}
}

// SetLevel implements hclog.Logger; the level is our logger's.
func (r *raftLogger) SetLevel(hclog.Level) {}

// GetLevel implements hclog.Logger.
func (r *raftLogger) GetLevel() hclog.Level { return hclog.Info }

// StandardLogger implements hclog.Logger.
func (r *raftLogger) StandardLogger(*hclog.StandardLoggerOptions) *log.Logger {
	return log.New(r.StandardWriter(nil), "", 0)
}

// StandardWriter implements hclog.Logger.
func (r *raftLogger) StandardWriter(*hclog.StandardLoggerOptions) io.Writer { return lineWriter{r} }

type lineWriter struct{ to *raftLogger }

// Write logs one line.
func (w lineWriter) Write(line []byte) (int, error) {
	w.to.Info(string(line))
	return len(line), nil
}
