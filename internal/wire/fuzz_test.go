package wire_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/wire"
)

func FuzzDecodeHeader(f *testing.F) {
	f.Add(wire.Marshal(released(f, 1)))
	f.Add(with(f, wire.Marshal(released(f, 2))))
	f.Fuzz(func(t *testing.T, raw []byte) {
		h, err := wire.DecodeHeader(raw)
		if err != nil {
			return
		}
		require.LessOrEqual(t, len(raw), wire.MaxHeader)
		require.LessOrEqual(t, len(h.Images), wire.MaxImages)
		_ = h.Validate()
		again, err := wire.DecodeHeader(wire.Marshal(h))
		require.NoError(t, err)
		require.Equal(t, wire.Marshal(h), wire.Marshal(again))
	})
}

func FuzzDecodeBatch(f *testing.F) {
	key, start := signer(f, 1), wire.Genesis(node, incarnation)
	for _, n := range []int{1, 3} {
		raw, err := wire.SealBatch(start, entries(f, start, n), session, key)
		require.NoError(f, err)
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		b, err := wire.DecodeBatch(raw)
		if err != nil {
			return
		}
		v, err := b.Verify(key.Public())
		if err != nil {
			return
		}
		at := v.After
		require.Equal(t, b.First, at.Seq+1)
		for i, e := range v.Entries {
			require.Equal(t, b.Entries[i], e.Entry)
			require.Equal(t, at.Seq+1, e.At.Seq)
			at = at.Next(e.Entry)
			require.Equal(t, at, e.At)
		}
		require.Equal(t, at, v.Head())
		again, err := wire.DecodeBatch(wire.Marshal(b.Batch))
		require.NoError(t, err)
		_, err = again.Verify(key.Public())
		require.NoError(t, err)
	})
}

func FuzzDecodeReceipt(f *testing.F) {
	hub := signer(f, 2)
	signed, _, _ := receiptFor(f, 3, hub)
	f.Add(wire.Marshal(signed))
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := wire.DecodeReceipt(raw)
		if err != nil {
			return
		}
		require.Equal(t, raw, wire.Marshal(s), "one encoding")
		if r, err := s.Verify(wire.NewKeySet(hub.Public())); err == nil {
			require.Less(t, r.Last-r.First, uint64(wire.MaxBatchEntries))
			require.Equal(t, signed, s, "only what was signed verifies")
		}
	})
}

// FuzzReceipt signs whatever it is given, as a hub with a fault would: what
// verifies has a range that arithmetic can be done on.
func FuzzReceipt(f *testing.F) {
	hub := signer(f, 2)
	_, r, leaves := receiptFor(f, 3, hub)
	f.Add(wire.Marshal(r), uint64(2))
	f.Fuzz(func(t *testing.T, raw []byte, seq uint64) {
		s := wire.SignedReceipt{Raw: raw, Key: hub.KeyID, Signature: hub.Sign("receipt", raw)}
		got, err := s.Verify(wire.NewKeySet(hub.Public()))
		if err == nil {
			require.True(t, got.First > 0 && got.First <= got.Last && got.Last-got.First < wire.MaxBatchEntries)
		}
		p, err := wire.NewProof(s, got, leaves, seq)
		if err != nil {
			return
		}
		_, err = p.Verify(wire.NewKeySet(hub.Public()))
		require.NoError(t, err)
	})
}

func FuzzParseProof(f *testing.F) {
	hub := signer(f, 2)
	signed, r, leaves := receiptFor(f, 3, hub)
	p, err := wire.NewProof(signed, r, leaves, 2)
	require.NoError(f, err)
	f.Add(p.Text())
	f.Add("JR1-")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := wire.ParseProof(text)
		if err != nil {
			return
		}
		again, err := wire.ParseProof(got.Text())
		require.NoError(t, err)
		require.Equal(t, got, again)
		if _, err := got.Verify(wire.NewKeySet(hub.Public())); err == nil {
			require.Equal(t, leaves[got.Seq-1], got.Hash)
		}
	})
}

func FuzzDecodeNotice(f *testing.F) {
	f.Add(wire.Marshal(noticeOf(1)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		n, err := wire.DecodeNotice(raw)
		if err != nil {
			return
		}
		again, err := wire.DecodeNotice(wire.Marshal(n))
		require.NoError(t, err)
		require.Equal(t, wire.Marshal(n), wire.Marshal(again))
	})
}

func FuzzDecodeNotices(f *testing.F) {
	hub := signer(f, 2)
	start := wire.NoticeGenesis(cluster, post)
	f.Add(wire.SealNotices(post, start, noticesOf(1, 2), hub))
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := wire.DecodeNotices(raw, post, start, wire.NewKeySet(hub.Public()))
		if err != nil {
			require.Nil(t, got)
			return
		}
		at := start
		for _, one := range got {
			at = at.Next(one.Raw)
			require.Equal(t, at, one.At)
			require.Equal(t, at.Seq, one.Notice.Seq)
		}
	})
}

func FuzzReadFrame(f *testing.F) {
	f.Add([]byte{8, 0, 0, 0, 1, 'x', 9, 0, 0, 0, 0})
	f.Add([]byte{18, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, back := bytes.NewReader(raw), &bytes.Buffer{}
		for {
			left := r.Len()
			kind, payload, err := wire.ReadFrame(r)
			if err != nil {
				require.Equal(t, left == 0, errors.Is(err, io.EOF))
				break
			}
			require.LessOrEqual(t, len(payload), kind.Limit())
			require.NoError(t, wire.WriteFrame(back, kind, payload))
			_, _, _ = wire.ParseChunk(payload)
		}
		require.True(t, bytes.HasPrefix(raw, back.Bytes()))
	})
}

func FuzzOffer(f *testing.F) {
	f.Add(wire.Marshal(wire.Offer{Digest: image, Size: 70, ChunkSize: 40, Chunks: make([]byte, 64), Record: record}))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var o wire.Offer
		if wire.Unmarshal(raw, wire.FrameOffer.Limit(), &o) != nil || o.Validate() != nil {
			return
		}
		missing, total := wire.NewBitmap(o.Count()), uint64(0)
		for i := range o.Count() {
			_ = o.ChunkDigest(i)
			missing.Set(i)
			total += min(uint64(o.ChunkSize), o.Size-uint64(i)*uint64(o.ChunkSize))
		}
		require.Equal(t, o.Size, total, "the chunks are the bundle")
		require.Equal(t, o.Count(), missing.Count())
	})
}

func FuzzHello(f *testing.F) {
	f.Add(wire.Marshal(wire.Hello{
		Lowest: 1, Highest: 1, Node: node, Histories: []wire.History{{Head: wire.Genesis(node, incarnation)}},
	}))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var h wire.Hello
		if wire.Unmarshal(raw, wire.FrameHello.Limit(), &h) != nil || h.Validate() != nil {
			return
		}
		require.LessOrEqual(t, len(h.Histories), wire.MaxHistories)
		for _, one := range h.Histories {
			require.Greater(t, one.Head.Next(wire.Entry{}).Seq, one.Head.Seq)
		}
	})
}

func FuzzDecodeRelease(f *testing.F) {
	f.Add(wire.Marshal(enrolment()))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := wire.DecodeRelease(raw)
		if err != nil || r.Validate() != nil {
			return
		}
		again, err := wire.DecodeRelease(wire.Marshal(r))
		require.NoError(t, err)
		require.NoError(t, again.Validate(), "what is valid stays so")
	})
}
