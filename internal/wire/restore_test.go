package wire_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// restored gives a frame of n entries from the first on, as the hub makes it.
func restored(tb testing.TB, n int) wire.Restored {
	tb.Helper()
	start := wire.Genesis(node, incarnation)
	signed, _, _ := receiptFor(tb, n, signer(tb, 2))
	return wire.Restored{
		Version: wire.Version, Prev: start.Hash, Entries: entries(tb, start, n), Receipt: wire.Marshal(signed), Until: uint64(n) + 5,
	}
}

func TestDecodeRestored(t *testing.T) {
	keys := wire.NewKeySet(signer(t, 2).Public())
	tests := map[string]struct {
		change func(*wire.Restored)
		kind   fault.Kind
	}{
		"OK":         {func(*wire.Restored) {}, fault.Other},
		"OKStub":     {func(r *wire.Restored) { r.Entries[1].Body = nil }, fault.Other},
		"OKAllStubs": {func(r *wire.Restored) { r.Entries[0].Body, r.Entries[1].Body, r.Entries[2].Body = nil, nil, nil }, fault.Other},
		"ErrVersion": {func(r *wire.Restored) { r.Version = 9 }, fault.Unsupported},
		"ErrEmpty":   {func(r *wire.Restored) { r.Entries = nil }, fault.Invalid},
		"ErrFewer":   {func(r *wire.Restored) { r.Entries = r.Entries[:2] }, fault.Corrupt},
		"ErrUntil":   {func(r *wire.Restored) { r.Until = 2 }, fault.Corrupt},
		"ErrPrev":    {func(r *wire.Restored) { r.Prev[0]++ }, fault.Corrupt},
		"ErrOrder":   {func(r *wire.Restored) { r.Entries[0], r.Entries[1] = r.Entries[1], r.Entries[0] }, fault.Corrupt},
		"ErrBody":    {func(r *wire.Restored) { r.Entries[2].Body = []byte("another") }, fault.Corrupt},
		"ErrEmptied": {func(r *wire.Restored) { r.Entries[2].Body = []byte{} }, fault.Corrupt},
		"ErrHeader":  {func(r *wire.Restored) { r.Entries[1] = entry(t, released(t, 7), "x") }, fault.Corrupt},
		"ErrReceipt": {func(r *wire.Restored) { r.Receipt = r.Receipt[:9] }, fault.Invalid},
		"ErrSigner": {func(r *wire.Restored) {
			signed, _, _ := receiptFor(t, 3, signer(t, 4))
			r.Receipt = wire.Marshal(signed)
		}, fault.Denied},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			in := restored(t, 3)
			tt.change(&in)
			raw := wire.Marshal(in)
			got, err := wire.DecodeRestored(raw, keys)
			requireKind(t, tt.kind, err)
			if err != nil {
				return
			}
			require.Len(t, got.Entries, 3)
			require.Equal(t, wire.Genesis(node, incarnation), got.After)
			require.Equal(t, got.Receipt.Head, got.Entries[2].At.Hash)
			for i, e := range got.Entries {
				require.Equal(t, in.Entries[i].Stub(), e.Entry.Stub(), "a stub stays one, and nothing else becomes one")
				at, err := wire.Position{Node: node, Incarnation: incarnation, Seq: uint64(i), Hash: prevOf(got, i)}.NextOf(e.Entry)
				require.NoError(t, err)
				require.Equal(t, e.At, at)
			}
		})
	}
}

func prevOf(r wire.ProvedRange, i int) wire.Digest {
	if i == 0 {
		return r.After.Hash
	}
	return r.Entries[i-1].At.Hash
}

// A body that is empty and one that was erased are two things.
func TestStubs(t *testing.T) {
	whole := entry(t, released(t, 1), "")
	require.False(t, whole.Stub())
	var back wire.Entry
	require.NoError(t, wire.Unmarshal(wire.Marshal(whole), 4096, &back))
	require.False(t, back.Stub())
	whole.Body = nil
	require.NoError(t, wire.Unmarshal(wire.Marshal(whole), 4096, &back))
	require.True(t, back.Stub())
}

// The fullest batch and its receipt go back as one frame.
func TestRestoreCap(t *testing.T) {
	start, key := wire.Genesis(node, incarnation), signer(t, 2)
	var list []wire.Entry
	at, left := start, wire.MaxBatchPayload
	var hashes []wire.Digest
	for n := uint64(1); left > 0; n++ {
		e := entry(t, released(t, n), "")
		room := min(wire.MaxBody, left-e.Size())
		if room < 0 {
			break
		}
		e = entry(t, released(t, n), string(bytes.Repeat([]byte{1}, room)))
		left -= e.Size()
		at = at.Next(e)
		hashes, list = append(hashes, at.Hash), append(list, e)
	}
	_, err := wire.SealBatch(start, list, 1, key)
	require.NoError(t, err)
	r := wire.Receipt{
		Version: wire.Version, Cluster: cluster, Node: node, Incarnation: incarnation, First: 1, Last: at.Seq,
		Head: at.Hash, Root: wire.RootOf(hashes), Index: 1 << 60, Time: hubTime,
	}
	raw := wire.Marshal(wire.Restored{
		Version: wire.Version, Prev: start.Hash, Entries: list, Receipt: wire.Marshal(wire.SignReceipt(r, key)), Until: wire.MaxSeq,
	})
	require.LessOrEqual(t, len(raw), wire.FrameRestore.Limit())
	_, err = wire.DecodeRestored(raw, wire.NewKeySet(key.Public()))
	require.NoError(t, err)
}

func FuzzDecodeRestored(f *testing.F) {
	keys := wire.NewKeySet(signer(f, 2).Public())
	for _, n := range []int{1, 3} {
		one := restored(f, n)
		f.Add(wire.Marshal(one))
		one.Entries[0].Body = nil
		f.Add(wire.Marshal(one))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := wire.DecodeRestored(raw, keys)
		if err != nil {
			return
		}
		require.Equal(t, got.Receipt.Head, got.Entries[len(got.Entries)-1].At.Hash)
		require.LessOrEqual(t, got.Receipt.Last, got.Until)
	})
}
