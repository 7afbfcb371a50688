package wire_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// topical is a request of the portal that names what it is about.
func topical(t *testing.T) wire.Header {
	t.Helper()
	h, topic := filed(t), wire.Digest(bytes.Repeat([]byte{0xA7}, 32))
	h.Topic = &topic
	return h
}

func TestTopic(t *testing.T) {
	require.NoError(t, topical(t).Validate())
	for name, spoil := range map[string]func(*wire.Header){
		"ErrZero":   func(h *wire.Header) { h.Topic = &wire.Digest{} },
		"ErrCancel": func(h *wire.Header) { h.Kind = wire.KindRequestCancelled },
		"ErrNode": func(h *wire.Header) {
			at := released(t, 1)
			at.Topic = h.Topic
			*h = at
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := topical(t)
			spoil(&h)
			requireKind(t, fault.Invalid, h.Validate())
		})
	}
}
