package ledger_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// token gives the digest of a token, another one for each byte.
func token(b byte) *wire.Digest {
	digest := wire.Digest(consular.FollowToken{b}.Digest())
	return &digest
}

// TestFollowToken: the token of the slip that is good leads to its case, and no
// other leads anywhere.
func TestFollowToken(t *testing.T) {
	h := newHub(t)
	m := h.join("FR-LYO")
	first, second := m.releaseHeader(), m.releaseHeader()
	first.Token = token(1)
	m.add(first, 64)
	m.add(second, 64)
	require.Empty(t, m.sendAll().Refused)

	got, err := h.views.FollowToken(*first.Token)
	require.NoError(t, err)
	require.Equal(t, first.Reference, got.Reference)
	require.Len(t, got.Timeline, 1)
	_, unknown := h.views.FollowToken(*token(2))
	wantFault(t, fault.NotFound, unknown)
	_, empty := h.views.FollowToken(wire.Digest{})
	wantFault(t, fault.NotFound, empty)
	require.NoError(t, h.audit().Err())

	t.Run("OfAnotherCase", func(t *testing.T) {
		stolen := m.releaseHeader()
		stolen.Token = first.Token
		m.add(stolen, 64)
		require.Len(t, m.sendAll().Refused, 1)
		got, err := h.views.FollowToken(*first.Token)
		require.NoError(t, err)
		require.Equal(t, first.Reference, got.Reference)
	})
	amend := func(like wire.Header, change func(*wire.Header)) wire.Header {
		a := m.releaseHeader()
		a.Kind, a.Reference, a.Service, a.SlipHash = wire.KindRequestAmended, like.Reference, like.Service, like.SlipHash
		a.Replaces = &like.Record
		change(&a)
		m.add(a, 64)
		require.Empty(t, m.sendAll().Refused)
		return a
	}
	kept := amend(first, func(*wire.Header) {})
	t.Run("SameSlip", func(t *testing.T) {
		_, err := h.views.FollowToken(*first.Token)
		require.NoError(t, err, "the slip goes on being good")
	})
	t.Run("NewSlip", func(t *testing.T) {
		fresh := amend(kept, func(a *wire.Header) {
			hash := wire.Digest(consular.SlipCode("87654321").Hash(consular.Reference(a.Reference)))
			a.SlipHash = &hash
			a.Token = token(3)
		})
		_, err := h.views.FollowToken(*first.Token)
		wantFault(t, fault.NotFound, err)
		got, err := h.views.FollowToken(*fresh.Token)
		require.NoError(t, err)
		require.Equal(t, first.Reference, got.Reference)
		amend(fresh, func(a *wire.Header) {
			hash := wire.Digest(consular.SlipCode("11112222").Hash(consular.Reference(a.Reference)))
			a.SlipHash = &hash
		})
		_, err = h.views.FollowToken(*fresh.Token)
		wantFault(t, fault.NotFound, err)
	})
	require.NoError(t, h.audit().Err())
}
