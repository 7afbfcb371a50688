package fault_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
)

// TestKindsArePinned repeats number and words of each kind: they travel in
// frames and stand in problem documents.
func TestKindsArePinned(t *testing.T) {
	for _, tc := range []struct {
		kind   fault.Kind
		number uint8
		text   string
		code   string
	}{
		{fault.Other, 0, "other", "other"},
		{fault.Invalid, 1, "invalid", "invalid"},
		{fault.NotFound, 2, "not found", "not-found"},
		{fault.Exists, 3, "exists", "exists"},
		{fault.Denied, 4, "denied", "denied"},
		{fault.Conflict, 5, "conflict", "conflict"},
		{fault.Corrupt, 6, "corrupt", "corrupt"},
		{fault.Gap, 7, "gap", "gap"},
		{fault.Fork, 8, "fork", "fork"},
		{fault.Stale, 9, "stale", "stale"},
		{fault.TooLarge, 10, "too large", "too-large"},
		{fault.Full, 11, "full", "full"},
		{fault.Storage, 12, "storage", "storage"},
		{fault.Unavailable, 13, "unavailable", "unavailable"},
		{fault.Timeout, 14, "timeout", "timeout"},
		{fault.Unsupported, 15, "unsupported", "unsupported"},
		{fault.Expired, 16, "expired", "expired"},
		{fault.Used, 17, "used", "used"},
		{fault.Internal, 18, "internal", "internal"},
		{19, 19, "unknown kind", "unknown-kind"},
		{255, 255, "unknown kind", "unknown-kind"},
	} {
		t.Run(tc.code, func(t *testing.T) {
			require.Equal(t, tc.number, uint8(tc.kind))
			require.Equal(t, tc.text, tc.kind.String())
			require.Equal(t, tc.code, tc.kind.Code())
		})
	}
}

func TestKindOf(t *testing.T) {
	gap := fault.New(fault.Gap, "wire: verify batch", "a1/1", nil)
	for _, tc := range []struct {
		name string
		err  error
		want fault.Kind
	}{
		{"Nil", nil, fault.Other},
		{"Plain", io.EOF, fault.Other},
		{"Fault", gap, fault.Gap},
		{"Wrapped", fmt.Errorf("ship: send: %w", gap), fault.Gap},
		{"OutermostWins", fault.New(fault.Denied, "desk: save", "", gap), fault.Denied},
		{"OtherGivesWay", fault.New(fault.Other, "desk: save", "", gap), fault.Gap},
		{"OtherGivesWayTwice", fault.New(fault.Other, "a: b", "", fmt.Errorf("c: %w", fault.New(fault.Other, "d: e", "", gap))), fault.Gap},
		{"OtherAlone", fault.New(fault.Other, "desk: save", "", nil), fault.Other},
		{"OtherOverPlain", fault.New(fault.Other, "desk: save", "", io.EOF), fault.Other},
		{"Joined", errors.Join(io.EOF, gap), fault.Gap},
		{"JoinedFirstWins", errors.Join(fault.New(fault.Full, "vault: room", "", nil), gap), fault.Full},
		{"JoinedInside", fault.New(fault.Other, "a: b", "", errors.Join(io.EOF, gap)), fault.Gap},
	} {
		t.Run(tc.name, func(t *testing.T) {
			require.Equal(t, tc.want, fault.KindOf(tc.err))
			require.Equal(t, tc.err != nil, fault.Is(tc.err, tc.want))
			require.False(t, fault.Is(tc.err, fault.Internal))
		})
	}
}

func TestIsNil(t *testing.T) {
	require.False(t, fault.Is(nil, fault.Other), "no error is no failure, not even an unclassified one")
	require.True(t, fault.Is(io.EOF, fault.Other))
}

func TestError(t *testing.T) {
	for _, tc := range []struct {
		name string
		err  error
		want string
	}{
		{"OK", fault.New(fault.Gap, "wire: verify batch", "a1/1", io.EOF), "wire: verify batch: a1/1: gap: EOF"},
		{"NoSubject", fault.New(fault.Gap, "wire: verify batch", "", io.EOF), "wire: verify batch: gap: EOF"},
		{"NoCause", fault.New(fault.Gap, "wire: verify batch", "a1/1", nil), "wire: verify batch: a1/1: gap"},
		{"NoKind", fault.New(fault.Other, "desk: save", "", io.EOF), "desk: save: EOF"},
		{"Empty", fault.New(fault.Other, "", "", nil), ""},
	} {
		t.Run(tc.name, func(t *testing.T) { require.EqualError(t, tc.err, tc.want) })
	}
}

func TestUnwrap(t *testing.T) {
	err := fmt.Errorf("outer: %w", fault.New(fault.Storage, "kv: update", "", io.ErrShortWrite))
	require.ErrorIs(t, err, io.ErrShortWrite)
	var f *fault.Error
	require.ErrorAs(t, err, &f)
	require.Equal(t, "kv: update", f.Op)
}

func TestKindOfJoined(t *testing.T) {
	err := errors.Join(errors.New("plain"), fault.New(fault.Other, "a", "", nil), fault.New(fault.Gap, "b", "", nil))
	require.Equal(t, fault.Gap, fault.KindOf(fault.New(fault.Other, "outer", "", err)))
}
