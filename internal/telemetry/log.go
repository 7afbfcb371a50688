// Package telemetry is what a program says about itself while it runs: logs,
// metrics, health and its own version. It stands beside the path of a record;
// every step hands it facts and none depends on its answers.
//
// Guarantees: a log line carries no personal data that its type declares as
// such (Personal); times are UTC, so that lines of two posts can be compared;
// readiness is told per function, in words, and never better than it is; the
// admin listener answers even while a function hangs. Which metrics exist is
// left to each package's metrics.go, which builds a struct of them from a
// prometheus.Registerer (promauto.With(reg)); nothing here is global.
package telemetry

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/lmittmann/tint"
	"golang.org/x/term"
)

// Format says how log lines are written.
type Format string

// The formats. The zero value means FormatAuto.
const (
	FormatAuto Format = "auto" // text on a terminal, JSON elsewhere
	FormatJSON Format = "json"
	FormatText Format = "text"
)

// UnmarshalText reads a format from a configuration file.
func (f *Format) UnmarshalText(text []byte) error {
	switch v := Format(text); v {
	case FormatAuto, FormatJSON, FormatText:
		*f = v
		return nil
	default:
		return fmt.Errorf("%q is not a log format: auto, json or text", text)
	}
}

// Options of a logger. The zero value works: format by the writer, level info.
type Options struct {
	Format Format     `toml:"format"`
	Level  slog.Level `toml:"level"`
	// Component stands on each line, "node" or "hub"; empty leaves it out.
	Component string `toml:"-"`
}

// NewLogger gives a logger that writes to w, one event per line, with personal
// data masked (Redacted). Colors are used on a terminal only.
func NewLogger(w io.Writer, opts Options) *slog.Logger {
	terminal := isTerminal(w)
	var handler slog.Handler
	if opts.Format == FormatText || (opts.Format != FormatJSON && terminal) {
		handler = tint.NewTextHandler(w, &tint.Options{
			Level: opts.Level, ReplaceAttr: timeInUTC, TimeFormat: time.DateTime + "Z", NoColor: !terminal,
		})
	} else {
		handler = slog.NewJSONHandler(w, &slog.HandlerOptions{Level: opts.Level, ReplaceAttr: timeInUTC})
	}
	logger := slog.New(Redacted(handler))
	if opts.Component != "" {
		logger = logger.With(slog.String("component", opts.Component))
	}
	return logger
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

func timeInUTC(groups []string, attr slog.Attr) slog.Attr {
	if len(groups) == 0 && attr.Key == slog.TimeKey && attr.Value.Kind() == slog.KindTime {
		attr.Value = slog.TimeValue(attr.Value.Time().UTC())
	}
	return attr
}
