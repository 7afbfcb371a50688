package telemetry

import (
	"context"
	"log/slog"
	"reflect"
)

// Mask stands in a log line where personal data would have stood.
const Mask = "[personal]"

// Personal marks a type whose values tell something about a person. Such types
// redact themselves (slog.LogValuer), which covers every logger; the marker
// lets Redacted catch the one that forgot, and the structs that hold it. The
// method does nothing: packages below this one implement it without an import.
type Personal interface {
	Personal()
}

// Redacted wraps a handler so that attributes that are, point to, or hold in a
// field or element a Personal value are written as Mask. It is the second line
// of defense and judges by declared types: what hides behind an interface
// inside a struct, or was formatted into a string, it cannot see.
func Redacted(next slog.Handler) slog.Handler { return redacted{next} }

type redacted struct{ next slog.Handler }

func (h redacted) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

// Handle passes the record on with its attributes masked.
func (h redacted) Handle(ctx context.Context, record slog.Record) error {
	clean := slog.NewRecord(record.Time, record.Level, record.Message, record.PC)
	record.Attrs(func(attr slog.Attr) bool {
		clean.AddAttrs(redactAttr(attr))
		return true
	})
	return h.next.Handle(ctx, clean)
}

// WithAttrs masks once what every later line will carry.
func (h redacted) WithAttrs(attrs []slog.Attr) slog.Handler {
	return redacted{h.next.WithAttrs(redactAttrs(attrs))}
}

// WithGroup leaves grouping to the handler behind.
func (h redacted) WithGroup(name string) slog.Handler { return redacted{h.next.WithGroup(name)} }

func redactAttrs(attrs []slog.Attr) []slog.Attr {
	clean := make([]slog.Attr, len(attrs))
	for i, attr := range attrs {
		clean[i] = redactAttr(attr)
	}
	return clean
}

// redactAttr masks by the type before a LogValuer has its say, and looks at
// what it answers too.
func redactAttr(attr slog.Attr) slog.Attr {
	if isPersonal(attr.Value) {
		return slog.String(attr.Key, Mask)
	}
	value := attr.Value.Resolve()
	switch {
	case isPersonal(value):
		return slog.String(attr.Key, Mask)
	case value.Kind() == slog.KindGroup:
		return slog.Attr{Key: attr.Key, Value: slog.GroupValue(redactAttrs(value.Group())...)}
	default:
		return slog.Attr{Key: attr.Key, Value: value}
	}
}

func isPersonal(value slog.Value) bool {
	if kind := value.Kind(); kind != slog.KindAny && kind != slog.KindLogValuer {
		return false
	}
	content := value.Any()
	return content != nil && holdsPersonal(reflect.TypeOf(content), make(map[reflect.Type]bool))
}

// holdsPersonal reports whether a value of type t is Personal or holds such a
// value by its type. seen are the structs looked at so far, so that types that
// refer to each other end.
func holdsPersonal(t reflect.Type, seen map[reflect.Type]bool) bool {
	if t.Implements(personalType) || reflect.PointerTo(t).Implements(personalType) {
		return true
	}
	switch t.Kind() { //nolint:exhaustive // only these kinds hold other values
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return holdsPersonal(t.Elem(), seen)
	case reflect.Map:
		return holdsPersonal(t.Key(), seen) || holdsPersonal(t.Elem(), seen)
	case reflect.Struct:
		return anyFieldPersonal(t, seen)
	default:
		return false
	}
}

func anyFieldPersonal(t reflect.Type, seen map[reflect.Type]bool) bool {
	if seen[t] {
		return false
	}
	seen[t] = true
	for field := range t.Fields() {
		if holdsPersonal(field.Type, seen) {
			return true
		}
	}
	return false
}

var personalType = reflect.TypeFor[Personal]()
