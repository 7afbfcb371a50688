package lang

import (
	"errors"
	"strings"
)

// message is one entry of a catalog: a pattern for each plural form, or for
// "other" alone.
type message map[string]pattern

// pattern is text with placeholders, cut at load time: literals at even
// positions, argument names at odd ones.
type pattern []string

var errBrace = errors.New("a brace is opened or closed without its other half, or holds no name")

// parsePattern cuts "{count} people wait" apart. There is no escape, because
// no text of ours needs a brace.
func parsePattern(s string) (pattern, error) {
	var p pattern
	for {
		before, rest, found := strings.Cut(s, "{")
		if strings.ContainsRune(before, '}') {
			return nil, errBrace
		}
		p = append(p, before)
		if !found {
			return p, nil
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed || !isArgumentName(name) {
			return nil, errBrace
		}
		p = append(p, name)
		s = after
	}
}

func isArgumentName(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz_") == ""
}

// arguments lists the names of the placeholders.
func (p pattern) arguments() []string {
	var names []string
	for i := 1; i < len(p); i += 2 {
		names = append(names, p[i])
	}
	return names
}

// fill puts the arguments in; one that is not given stays visible as {name},
// so that a mistake is seen and never becomes a wrong sentence.
func (p pattern) fill(value func(name string) (string, bool)) string {
	if len(p) == 1 {
		return p[0]
	}
	var b strings.Builder
	for i, part := range p {
		if i%2 == 0 {
			b.WriteString(part)
			continue
		}
		if text, ok := value(part); ok {
			b.WriteString(text)
			continue
		}
		b.WriteString("{" + part + "}")
	}
	return b.String()
}
