package seal_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/seal"
)

func newDataKey(tb testing.TB) *seal.DataKey {
	tb.Helper()
	k, err := seal.NewDataKey()
	require.NoError(tb, err)
	return k
}

func TestDataKey(t *testing.T) {
	k := newDataKey(t)
	cell := seal.Cell{Bucket: "drafts", Key: []byte{1, 2}, Schema: 3, Incarnation: 4}
	sealed, err := k.Seal(cell.AAD(), body)
	require.NoError(t, err)
	require.Len(t, sealed, len(body)+seal.SealedOverhead)

	t.Run("OK", func(t *testing.T) {
		got, err := k.Open(cell.AAD(), sealed)
		require.NoError(t, err)
		require.Equal(t, body, got)
		again, err := k.Seal(cell.AAD(), body)
		require.NoError(t, err)
		require.NotEqual(t, sealed, again)
	})
	for name, moved := range map[string]seal.Cell{
		"ErrBucket":      {Bucket: "draft", Key: []byte{1, 2}, Schema: 3, Incarnation: 4},
		"ErrKey":         {Bucket: "drafts", Key: []byte{1, 3}, Schema: 3, Incarnation: 4},
		"ErrSchema":      {Bucket: "drafts", Key: []byte{1, 2}, Schema: 2, Incarnation: 4},
		"ErrIncarnation": {Bucket: "drafts", Key: []byte{1, 2}, Schema: 3, Incarnation: 5},
		"ErrBorrowed":    {Bucket: "drafts\x01", Key: []byte{2}, Schema: 3, Incarnation: 4},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := k.Open(moved.AAD(), sealed)
			requireKind(t, fault.Corrupt, err)
		})
	}
	t.Run("ErrEveryBitFlip", func(t *testing.T) {
		for i := range sealed {
			for bit := range 8 {
				sealed[i] ^= 1 << bit
				_, err := k.Open(cell.AAD(), sealed)
				require.Error(t, err)
				sealed[i] ^= 1 << bit
			}
			_, err := k.Open(cell.AAD(), sealed[:i])
			requireKind(t, fault.Corrupt, err)
		}
	})
	t.Run("ErrSubkey", func(t *testing.T) {
		a, err := k.Subkey("a")
		require.NoError(t, err)
		again, err := k.Subkey("a")
		require.NoError(t, err)
		other, err := k.Subkey("b")
		require.NoError(t, err)
		s, err := a.Seal(nil, body)
		require.NoError(t, err)
		_, err = again.Open(nil, s)
		require.NoError(t, err)
		for _, wrong := range []*seal.DataKey{other, k} {
			_, err = wrong.Open(nil, s)
			requireKind(t, fault.Corrupt, err)
		}
	})
	t.Run("ErrDestroyed", func(t *testing.T) {
		d := newDataKey(t)
		d.Destroy()
		_, err := d.Seal(nil, body)
		requireKind(t, fault.Used, err)
		_, err = d.Open(nil, sealed)
		requireKind(t, fault.Used, err)
		_, err = d.Subkey("a")
		requireKind(t, fault.Used, err)
		_, err = d.IndexKey("a")
		requireKind(t, fault.Used, err)
		_, err = seal.WrapDataKey(nil, d)
		requireKind(t, fault.Used, err)
	})
}

func TestIndexKey(t *testing.T) {
	k := newDataKey(t)
	names, err := k.IndexKey("names")
	require.NoError(t, err)
	again, err := k.IndexKey("names")
	require.NoError(t, err)
	births, err := k.IndexKey("births")
	require.NoError(t, err)
	sum := names.Sum([]byte("EL"), []byte("FASSI"))
	require.Equal(t, sum, again.Sum([]byte("EL"), []byte("FASSI")))
	require.NotEqual(t, sum, births.Sum([]byte("EL"), []byte("FASSI")))
	require.NotEqual(t, sum, names.Sum([]byte("ELF"), []byte("ASSI")))
}

func TestDraftKeyIsCryptoErased(t *testing.T) {
	k := newDataKey(t)
	draft, wrapped, err := k.NewDraftKey([]byte("draft-1"))
	require.NoError(t, err)
	require.Len(t, wrapped, seal.WrappedDraftKeySize)
	saved, err := draft.Seal(aad, body)
	require.NoError(t, err)

	t.Run("OK", func(t *testing.T) {
		again, err := k.OpenDraftKey([]byte("draft-1"), wrapped)
		require.NoError(t, err)
		got, err := again.Open(aad, saved)
		require.NoError(t, err)
		require.Equal(t, body, got)
	})
	t.Run("ErrOtherDraft", func(t *testing.T) {
		_, err := k.OpenDraftKey([]byte("draft-2"), wrapped)
		requireKind(t, fault.Corrupt, err)
	})
	t.Run("ErrShredded", func(t *testing.T) {
		draft.Destroy()
		_, err := draft.Open(aad, saved)
		requireKind(t, fault.Used, err)
		shredded, err := seal.Shred()
		require.NoError(t, err)
		require.Len(t, shredded, len(wrapped))
		shredded[0] = wrapped[0]
		_, err = k.OpenDraftKey([]byte("draft-1"), shredded)
		requireKind(t, fault.Corrupt, err)
		_, err = k.Open(aad, saved)
		requireKind(t, fault.Corrupt, err)
		require.False(t, bytes.Contains(saved, body[:8]))
	})
}

func TestSignatures(t *testing.T) {
	key, err := seal.GenerateSigningKey()
	require.NoError(t, err)
	other, err := seal.GenerateSigningKey()
	require.NoError(t, err)
	pub, err := seal.ParseVerifyKey(key.Public().Bytes())
	require.NoError(t, err)
	require.Equal(t, key.KeyID, pub.KeyID)
	require.Len(t, pub.KeyID.String(), 16)
	msg := []byte("batch head")
	sig := key.Sign(seal.DomainJournalBatch, msg)

	t.Run("OK", func(t *testing.T) {
		require.NoError(t, pub.Verify(seal.DomainJournalBatch, msg, sig))
		require.Equal(t, sig, key.Sign(seal.DomainJournalBatch, msg))
	})
	t.Run("ErrDomain", func(t *testing.T) {
		for _, d := range []seal.Domain{seal.DomainReceipt, seal.DomainNoticeHead, seal.DomainArchive, seal.DomainInvitation, ""} {
			requireKind(t, fault.Corrupt, pub.Verify(d, msg, sig))
		}
		requireKind(t, fault.Corrupt, pub.Verify("journal-batc", append([]byte("h"), msg...), sig))
	})
	t.Run("ErrKeyMessageSignature", func(t *testing.T) {
		requireKind(t, fault.Corrupt, other.Public().Verify(seal.DomainJournalBatch, msg, sig))
		requireKind(t, fault.Corrupt, pub.Verify(seal.DomainJournalBatch, msg[1:], sig))
		requireKind(t, fault.Corrupt, pub.Verify(seal.DomainJournalBatch, msg, sig[:63]))
		requireKind(t, fault.Corrupt, seal.VerifyKey{}.Verify(seal.DomainJournalBatch, msg, sig))
		for i := range sig {
			sig[i] ^= 4
			requireKind(t, fault.Corrupt, pub.Verify(seal.DomainJournalBatch, msg, sig))
			sig[i] ^= 4
		}
		_, err := seal.ParseVerifyKey(sig)
		requireKind(t, fault.Invalid, err)
	})
}

// TestIntakeIndexKey: every opener of a ring gives the same sums, before and
// after the ring is rotated or stored, and the ring goes on opening.
func TestIntakeIndexKey(t *testing.T) {
	dicts, err := seal.NewDictionaries(0, nil)
	require.NoError(t, err)
	keys, err := seal.GenerateIntakeKeys(dicts)
	require.NoError(t, err)
	sum := func(k *seal.IntakeKeys, purpose string) [32]byte {
		index, err := k.IndexKey(purpose)
		require.NoError(t, err)
		return index.Sum([]byte("BE012345"))
	}
	first := sum(keys, "topics")
	require.Equal(t, first, sum(keys, "topics"))
	require.NotEqual(t, first, sum(keys, "others"))
	_, err = keys.Rotate()
	require.NoError(t, err)
	require.Equal(t, first, sum(keys, "topics"))
	other, err := seal.GenerateIntakeKeys(dicts)
	require.NoError(t, err)
	require.NotEqual(t, first, sum(other, "topics"))
}
