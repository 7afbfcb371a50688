package wire_test

import (
	"crypto/sha256"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

func noticeOf(seq uint64) wire.Notice {
	return wire.Notice{
		Version: wire.Version, Post: post, Seq: seq, Time: hubTime, Kind: wire.NoticeCaseMoved, Reference: reference,
		Record: record, Case: 2, State: 5, Reason: 1, Index: 40 + seq, Body: []byte("sealed to the post"),
	}
}

func noticesOf(from uint64, n int) [][]byte {
	out := make([][]byte, n)
	for i := range out {
		out[i] = wire.Marshal(noticeOf(from + uint64(i)))
	}
	return out
}

// TestNoticeChain computes the formulas of SPEC.md section 6 by hand.
func TestNoticeChain(t *testing.T) {
	genesis := sha256.Sum256([]byte("jaliya/notices/1" + string(cluster[:]) + string(post)))
	start := wire.NoticeGenesis(cluster, post)
	require.Equal(t, wire.NoticeCursor{Hash: genesis}, start)
	raw := noticesOf(1, 1)[0]
	want := sha256.Sum256([]byte("jaliya/notice/1" + string(genesis[:]) + string(raw)))
	require.Equal(t, wire.NoticeCursor{Seq: 1, Hash: want}, start.Next(raw))
	require.NotEqual(t, start, wire.NoticeGenesis(cluster, "FR-LY"))
}

func TestDecodeNotices(t *testing.T) {
	hub, keys := signer(t, 2), wire.NewKeySet(signer(t, 2).Public())
	start := wire.NoticeGenesis(cluster, post)
	second := start.Next(noticesOf(1, 1)[0])
	for _, tc := range []struct {
		name string
		raw  func() []byte
		want fault.Kind
	}{
		{"OK", func() []byte { return wire.SealNotices(post, start, noticesOf(1, 3), hub) }, fault.Other},
		{"OKFull", func() []byte { return wire.SealNotices(post, start, noticesOf(1, wire.MaxNoticesBatch), hub) }, fault.Other},
		{"OKUnknownKey", func() []byte {
			return wire.SealNotices(post, start, [][]byte{with(t, noticesOf(1, 1)[0])}, hub)
		}, fault.Other},
		{"ErrGap", func() []byte { return wire.SealNotices(post, second, noticesOf(2, 1), hub) }, fault.Gap},
		{"ErrGapOtherHistory", func() []byte {
			return wire.SealNotices(post, wire.NoticeGenesis(cluster, "FR-PAR"), noticesOf(1, 1), hub)
		}, fault.Gap},
		{"ErrSequence", func() []byte { return wire.SealNotices(post, start, noticesOf(2, 1), hub) }, fault.Corrupt},
		{"ErrSequenceInside", func() []byte {
			return wire.SealNotices(post, start, append(noticesOf(1, 1), noticesOf(1, 1)...), hub)
		}, fault.Corrupt},
		{"ErrPostInNotice", func() []byte {
			n := noticeOf(1)
			n.Post = "FR-PAR"
			return wire.SealNotices(post, start, [][]byte{wire.Marshal(n)}, hub)
		}, fault.Corrupt},
		{"ErrSignedForOtherPost", func() []byte { return wire.SealNotices("FR-PAR", start, noticesOf(1, 1), hub) }, fault.Denied},
		{"ErrUnknownKey", func() []byte { return wire.SealNotices(post, start, noticesOf(1, 1), signer(t, 3)) }, fault.Denied},
		{"ErrSignature", func() []byte {
			return changed(t, wire.SealNotices(post, start, noticesOf(1, 2), hub), func(b *wire.NoticeBatch) { b.Signature[9] ^= 1 })
		}, fault.Denied},
		{"ErrDropped", func() []byte {
			return changed(t, wire.SealNotices(post, start, noticesOf(1, 2), hub), func(b *wire.NoticeBatch) { b.Notices = b.Notices[:1] })
		}, fault.Denied},
		{"ErrAltered", func() []byte {
			return changed(t, wire.SealNotices(post, start, noticesOf(1, 2), hub), func(b *wire.NoticeBatch) {
				n := noticeOf(1)
				n.State++
				b.Notices[0] = wire.Marshal(n)
			})
		}, fault.Denied},
		{"ErrNone", func() []byte { return wire.SealNotices(post, start, nil, hub) }, fault.TooLarge},
		{"ErrTooMany", func() []byte {
			return wire.SealNotices(post, start, noticesOf(1, wire.MaxNoticesBatch+1), hub)
		}, fault.TooLarge},
		{"ErrSize", func() []byte { return make([]byte, wire.MaxNoticeBatch+1) }, fault.TooLarge},
		{"ErrNoticeNoCBOR", func() []byte { return wire.SealNotices(post, start, [][]byte{{0xff}}, hub) }, fault.Invalid},
		{"ErrNoCBOR", func() []byte { return []byte("no") }, fault.Invalid},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := wire.DecodeNotices(tc.raw(), post, start, keys)
			requireKind(t, tc.want, err)
			if err != nil {
				require.Nil(t, got, "nothing unproved leaves")
				return
			}
			at := start
			for _, one := range got {
				at = at.Next(one.Raw)
				require.Equal(t, at, one.At)
			}
		})
	}
}

func changed(t *testing.T, raw []byte, change func(*wire.NoticeBatch)) []byte {
	t.Helper()
	var b wire.NoticeBatch
	require.NoError(t, wire.Unmarshal(raw, len(raw), &b))
	change(&b)
	return wire.Marshal(b)
}

func TestDecodeNotice(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*wire.Notice)
		want   fault.Kind
	}{
		"OK":             {func(*wire.Notice) {}, fault.Other},
		"OKUnknownKind":  {func(n *wire.Notice) { n.Kind = 99 }, fault.Other},
		"OKLargest":      {func(n *wire.Notice) { n.Body = make([]byte, wire.MaxNoticeBody) }, fault.Other},
		"ErrBody":        {func(n *wire.Notice) { n.Body = make([]byte, wire.MaxNoticeBody+1) }, fault.TooLarge},
		"ErrSize":        {func(n *wire.Notice) { n.Post = consular.PostID(make([]byte, wire.MaxNotice)) }, fault.TooLarge},
		"ErrVersionZero": {func(n *wire.Notice) { n.Version = 0 }, fault.Unsupported},
		"ErrVersion":     {func(n *wire.Notice) { n.Version = 2 }, fault.Unsupported},
	} {
		t.Run(name, func(t *testing.T) {
			n := noticeOf(1)
			tc.change(&n)
			_, err := wire.DecodeNotice(wire.Marshal(n))
			requireKind(t, tc.want, err)
		})
	}
}
