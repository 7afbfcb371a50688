package telemetry_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"jaliya/internal/telemetry"
)

// name redacts itself as it should; forgetful and byPointer show all they have.
type (
	name      string
	forgetful struct{ Family string }
	byPointer struct{ Family string }
)

func (name) Personal()                 {}
func (name) LogValue() slog.Value      { return slog.StringValue("[name]") }
func (*byPointer) Personal()           {}
func (forgetful) Personal()            {}
func (forgetful) String() string       { return "secret" }
func (v visit) LogValue() slog.Value   { return slog.GroupValue(slog.Any("person", v.Person)) }
func (w wrapper) LogValue() slog.Value { return slog.AnyValue(w.inner) }

type (
	visit   struct{ Person forgetful }
	wrapper struct{ inner any }
	chain   struct {
		Next *chain
		Held map[string][]forgetful
	}
	harmless struct {
		Post string
		Self *harmless
	}
)

func TestRedacted(t *testing.T) {
	secret := forgetful{Family: "secret"}
	tests := []struct {
		name   string
		attr   slog.Attr
		masked bool
	}{
		{"MaskValue", slog.Any("x", secret), true},
		{"MaskPointer", slog.Any("x", &secret), true},
		{"MaskPointerReceiver", slog.Any("x", byPointer(secret)), true},
		{"MaskOwnLogValuer", slog.Any("x", name("secret")), true},
		{"MaskSlice", slog.Any("x", []forgetful{secret}), true},
		{"MaskMapKey", slog.Any("x", map[forgetful]int{secret: 1}), true},
		{"MaskField", slog.Any("x", struct{ P forgetful }{secret}), true},
		{"MaskDeepInRecursiveType", slog.Any("x", chain{Held: map[string][]forgetful{"a": {secret}}}), true},
		{"MaskGroup", slog.Group("g", slog.Any("x", secret)), true},
		{"MaskBehindLogValuer", slog.Any("x", wrapper{secret}), true},
		{"MaskGroupOfLogValuer", slog.Any("x", visit{secret}), true},
		{"OKPlain", slog.String("x", "plain"), false},
		{"OKStruct", slog.Any("x", harmless{Post: "plain"}), false},
		{"OKNil", slog.Any("x", nil), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for way, log := range map[string]func(*slog.Logger){
				"Line":  func(l *slog.Logger) { l.LogAttrs(t.Context(), slog.LevelInfo, "event", tt.attr) },
				"With":  func(l *slog.Logger) { l.With(tt.attr).Info("event") },
				"Group": func(l *slog.Logger) { l.WithGroup("inside").Info("event", tt.attr) },
			} {
				for _, format := range []telemetry.Format{telemetry.FormatJSON, telemetry.FormatText} {
					var out bytes.Buffer
					log(telemetry.NewLogger(&out, telemetry.Options{Format: format}))
					require.NotContains(t, out.String(), "secret", way)
					require.Equal(t, tt.masked, bytes.Contains(out.Bytes(), []byte(telemetry.Mask)), "%s %s: %s", way, format, out.String())
				}
			}
		})
	}
}

func TestNewLogger(t *testing.T) {
	t.Run("OKJSONWhenNoTerminal", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var out bytes.Buffer
			telemetry.NewLogger(&out, telemetry.Options{Component: "node"}).Info("started", slog.Int("entries", 3))
			var line map[string]any
			require.NoError(t, json.Unmarshal(out.Bytes(), &line))
			require.Equal(t, map[string]any{
				"time": "2000-01-01T00:00:00Z", "level": "INFO", "msg": "started", "component": "node", "entries": 3.0,
			}, line)
		})
	})
	t.Run("OKTextWithoutColorInFile", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var out bytes.Buffer
			telemetry.NewLogger(&out, telemetry.Options{Format: telemetry.FormatText}).Info("started")
			require.Equal(t, "2000-01-01 00:00:00Z INF started\n", out.String())
		})
	})
	t.Run("OKLevel", func(t *testing.T) {
		var out bytes.Buffer
		logger := telemetry.NewLogger(&out, telemetry.Options{Level: slog.LevelWarn})
		logger.Info("quiet")
		require.Empty(t, out.String())
		logger.Warn("loud")
		require.Contains(t, out.String(), "loud")
	})
}

func TestFormat(t *testing.T) {
	var f telemetry.Format
	require.NoError(t, f.UnmarshalText([]byte("json")))
	require.Equal(t, telemetry.FormatJSON, f)
	require.ErrorContains(t, f.UnmarshalText([]byte("xml")), `"xml" is not a log format`)
}
