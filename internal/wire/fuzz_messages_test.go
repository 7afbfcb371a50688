package wire_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/wire"
)

// sameAgain wants what decodes to be stable: encoded and read once more it is the
// same.
func sameAgain[T any](t *testing.T, raw []byte) (v T, ok bool) {
	t.Helper()
	if wire.Unmarshal(raw, wire.MaxBatch, &v) != nil {
		return v, false
	}
	once := wire.Marshal(v)
	var again T
	require.NoError(t, wire.Unmarshal(once, len(once), &again))
	require.Equal(t, once, wire.Marshal(again))
	return v, true
}

// FuzzMessages reads each frame of both conversations that has no target of its
// own, with what its reader asks of it.
func FuzzMessages(f *testing.F) {
	for _, v := range []any{
		wire.Ping{Counter: 1, Time: 2},
		wire.Pong{Counter: 1, Asked: 2, Time: 3},
		wire.Want{Missing: wire.NewBitmap(9)},
		wire.Refusal{},
		wire.NoticeCursor{Seq: 1},
		wire.Welcome{Version: 1, Session: 3, Decisions: []wire.Decision{{}}},
		wire.JoinRequest{Version: 1, Post: "FR-LYO"},
		wire.JoinReply{Version: 1},
		wire.RenewRequest{Version: 1},
		wire.RenewReply{Version: 1},
	} {
		f.Add(wire.Marshal(v))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		sameAgain[wire.Ping](t, raw)
		sameAgain[wire.Pong](t, raw)
		sameAgain[wire.Welcome](t, raw)
		sameAgain[wire.Refusal](t, raw)
		sameAgain[wire.NoticeCursor](t, raw)
		sameAgain[wire.JoinRequest](t, raw)
		sameAgain[wire.JoinReply](t, raw)
		sameAgain[wire.RenewRequest](t, raw)
		sameAgain[wire.RenewReply](t, raw)
		if w, ok := sameAgain[wire.Want](t, raw); ok {
			require.LessOrEqual(t, w.Missing.Count(), 8*len(raw))
		}
	})
}

// FuzzParseChunk: a chunk frame is its index and its bytes, and nothing else.
func FuzzParseChunk(f *testing.F) {
	f.Add(wire.ChunkFrame(3, []byte("sealed")))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, raw []byte) {
		if index, sealed, err := wire.ParseChunk(raw); err == nil {
			require.NotEmpty(t, sealed)
			require.Equal(t, raw, wire.ChunkFrame(index, sealed))
		}
	})
}

// FuzzParseIDs: what people type and files hold has one spelling.
func FuzzParseIDs(f *testing.F) {
	f.Add("00112233445566778899aabbccddeeff")
	f.Add("LYO-48213")
	f.Add("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")
	f.Fuzz(func(t *testing.T, text string) {
		if id, err := wire.ParseNodeID(text); err == nil {
			again, err := wire.ParseNodeID(id.String())
			if err == nil { // logs may show less than all of it
				require.Equal(t, id, again)
			}
		}
		if id, err := wire.ParseDigest(text); err == nil {
			again, err := wire.ParseDigest(id.String())
			require.NoError(t, err)
			require.Equal(t, id, again)
		}
		if id, err := wire.ParseStaffID(text); err == nil {
			again, err := wire.ParseStaffID(string(id))
			require.NoError(t, err)
			require.Equal(t, id, again)
		}
		if s, err := wire.ParseSerial(text); err == nil {
			again, err := wire.ParseSerial(s)
			require.NoError(t, err)
			require.Equal(t, s, again)
		}
		_, _ = wire.ParseRecordID(text)
		_, _ = wire.ParseClusterID(text)
	})
}
