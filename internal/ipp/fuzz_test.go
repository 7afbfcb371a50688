package ipp

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzReply: whatever a printer answers, reading it ends, and what was read can
// be asked for.
func FuzzReply(f *testing.F) {
	b := begin([2]byte{2, 0}, 0, 7, "ipp://printer/")
	b.integer("job-id", 12)
	b.keywords("printer-state-reasons", "media-empty-error", "none")
	f.Add(b.end())
	f.Add([]byte{1, 1, 4, 6, 0, 0, 0, 1, 3})
	f.Fuzz(func(t *testing.T, raw []byte) {
		out, err := parseReply(raw)
		if err != nil {
			return
		}
		for name, a := range out.attrs {
			require.NotEmpty(t, a.values, name)
			out.number(name)
			out.boolean(name)
			require.Len(t, out.texts(name), len(a.values))
		}
		stands(out)
	})
}
