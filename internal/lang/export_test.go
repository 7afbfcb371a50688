package lang

import (
	"maps"
	"slices"

	"jaliya/internal/consular"
)

// Arguments lists the placeholders of a message, sorted, each once; nil when
// the language has none of its own.
func (c *Catalog) Arguments(l consular.Language, key string) []string {
	var names []string
	for _, p := range c.messages[l][key] {
		names = append(names, p.arguments()...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// FormsOf lists the plural forms that a message is given in, sorted; nil when
// the language has none of its own.
func (c *Catalog) FormsOf(l consular.Language, key string) []string {
	return slices.Sorted(maps.Keys(c.messages[l][key]))
}

// Texts lists the patterns of a message as they are printed, placeholders
// left in.
func (c *Catalog) Texts(l consular.Language, key string) []string {
	var out []string
	for _, p := range c.messages[l][key] {
		out = append(out, p.fill(func(string) (string, bool) { return "", false }))
	}
	return out
}
