package wire_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// tokened is a packet whose slip has a QR code with a token.
func tokened(tb testing.TB) wire.Header {
	tb.Helper()
	h, digest := released(tb, 1), wire.Digest(bytes.Repeat([]byte{0xF6}, 32))
	h.Token = &digest
	return h
}

func TestToken(t *testing.T) {
	h := tokened(t)
	require.NoError(t, h.Validate())
	h.Kind, h.Replaces = wire.KindRequestAmended, &record
	require.NoError(t, h.Validate())
	h.Token = &wire.Digest{}
	requireKind(t, fault.Invalid, h.Validate())
	other := tokened(t)
	other.Kind = wire.KindRequestCancelled
	requireKind(t, fault.Invalid, other.Validate())
}
