package consular

import (
	"slices"
	"strconv"
	"strings"

	"jaliya/internal/fault"
)

// terms is a closed, append-only list: the position of a text is the number of
// the member on the wire. Position 0 is empty, so a zero value is never valid.
type terms[T ~uint8] struct {
	field string
	texts []string
}

func (t terms[T]) rule(v T) Rule {
	switch {
	case v == 0:
		return RuleRequired
	case int(v) >= len(t.texts):
		return RuleUnknown
	default:
		return ""
	}
}

// text gives the text, and "service(9)" for a number of a newer program, so
// that a log line stays readable.
func (t terms[T]) text(v T) string {
	if t.rule(v) == "" {
		return t.texts[v]
	}
	return t.field + "(" + strconv.Itoa(int(v)) + ")"
}

func (t terms[T]) parse(s string) (T, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return 0, broken(opParse, t.field, RuleRequired)
	}
	i := slices.IndexFunc(t.texts, func(text string) bool { return strings.EqualFold(text, s) })
	if i < 0 {
		return 0, broken(opParse, t.field, RuleUnknown)
	}
	return T(i), nil
}

// marshal gives the text. A zero value becomes the empty text, so that a
// missing optional member survives JSON.
func (t terms[T]) marshal(v T) ([]byte, error) {
	if v == 0 {
		return []byte{}, nil
	}
	if r := t.rule(v); r != "" {
		return nil, fault.New(fault.Unsupported, "consular: marshal", t.field, nil)
	}
	return []byte(t.texts[v]), nil
}

func (t terms[T]) unmarshal(b []byte, v *T) error {
	if len(b) == 0 {
		*v = 0
		return nil
	}
	got, err := t.parse(string(b))
	if err != nil {
		return err
	}
	*v = got
	return nil
}

func (t terms[T]) members() []T {
	out := make([]T, 0, len(t.texts))
	for i := range len(t.texts) - 1 {
		out = append(out, T(i+1))
	}
	return out
}
