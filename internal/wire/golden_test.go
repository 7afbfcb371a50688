package wire_test

import (
	"bytes"
	"encoding/hex"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden is one structure: what it holds, its bytes now, and its decoder.
type golden struct {
	name   string
	value  any
	raw    []byte
	decode func([]byte) (any, error)
	closed bool // not a map: has no room for an unknown key
}

// plain is a structure that Marshal and Unmarshal alone carry.
func plain[T any](name string, value T) golden {
	return golden{name: name, value: value, raw: wire.Marshal(value), decode: func(raw []byte) (any, error) {
		var v T
		err := wire.Unmarshal(raw, len(raw), &v)
		return v, err
	}}
}

func shut(g golden) golden { g.closed = true; return g }

// TestGolden pins the format: a change of any byte of version 1 is a break.
func TestGolden(t *testing.T) {
	list := slices.Concat(recordGoldens(t), messageGoldens(t), custodyGoldens(t), criminalGoldens(t), reportGoldens(), carriedGoldens(t),
		changeGoldens(t))
	for _, g := range list {
		t.Run(g.name, func(t *testing.T) {
			path := filepath.Join("testdata", "v1", g.name+".hex")
			if *update {
				writeHex(t, path, g.raw)
			}
			raw := readHex(t, path)
			require.Equal(t, hex.EncodeToString(raw), hex.EncodeToString(g.raw), "re-encoded")
			got, err := g.decode(raw)
			require.NoError(t, err)
			require.Equal(t, g.value, got)
			if g.closed {
				return
			}
			got, err = g.decode(with(t, raw))
			require.NoError(t, err, "unknown key")
			require.Equal(t, g.value, got)
		})
	}
}

func recordGoldens(t *testing.T) []golden {
	t.Helper()
	journal, hub := signer(t, 1), signer(t, 2)
	start := wire.Genesis(node, incarnation)
	list := entries(t, start, 3)
	h, err := list[0].Check()
	require.NoError(t, err)
	batch, err := wire.SealBatch(start, list, session, journal)
	require.NoError(t, err)
	received, err := wire.DecodeBatch(batch)
	require.NoError(t, err)
	_, head := hashes(start, list)
	signed, receipt, leaves := receiptFor(t, 5, hub)
	proof, err := wire.NewProof(signed, receipt, leaves, 3)
	require.NoError(t, err)
	notice := noticeOf(1)
	notices := wire.SealNotices(post, wire.NoticeGenesis(cluster, post), [][]byte{wire.Marshal(notice)}, hub)
	var noticeBatch wire.NoticeBatch
	require.NoError(t, wire.Unmarshal(notices, len(notices), &noticeBatch))
	person := enrolment()
	return []golden{
		{name: "header", value: h, raw: list[0].Header, decode: erase(wire.DecodeHeader)},
		{name: "header-token", value: tokened(t), raw: wire.Marshal(tokened(t)), decode: erase(wire.DecodeHeader)},
		{name: "header-topic", value: topical(t), raw: wire.Marshal(topical(t)), decode: erase(wire.DecodeHeader)},
		shut(plain("entry", list[0])),
		shut(plain("genesis", start)),
		shut(plain("position", head)),
		{name: "batch", value: received, raw: batch, decode: erase(wire.DecodeBatch)},
		plain("receipt", receipt),
		{name: "signed-receipt", value: signed, raw: wire.Marshal(signed), decode: erase(wire.DecodeReceipt), closed: true},
		{
			name: "proof", value: proof, raw: []byte(proof.Text()), closed: true,
			decode: func(raw []byte) (any, error) { return wire.ParseProof(string(raw)) },
		},
		{name: "notice", value: notice, raw: wire.Marshal(notice), decode: erase(wire.DecodeNotice)},
		plain("notice-batch", noticeBatch),
		{name: "release", value: person, raw: wire.Marshal(person), decode: erase(wire.DecodeRelease)},
		{
			name: "invitation", value: invitation(), raw: []byte(invitation().Text()), closed: true,
			decode: func(raw []byte) (any, error) { return wire.ParseInvitation(string(raw)) },
		},
		{
			name: "member-invitation", value: memberInvitation(), raw: []byte(memberInvitation().Text()), closed: true,
			decode: func(raw []byte) (any, error) { return wire.ParseMemberInvitation(string(raw)) },
		},
		{name: "frame", value: []byte("ping"), raw: frame(t, wire.FramePing, "ping"), closed: true, decode: readOne},
		{
			name: "chunk", value: []byte("sealed"), raw: wire.ChunkFrame(5, []byte("sealed")), closed: true,
			decode: func(raw []byte) (any, error) {
				_, sealed, err := wire.ParseChunk(raw)
				return sealed, err
			},
		},
	}
}

func messageGoldens(t *testing.T) []golden {
	t.Helper()
	at := wire.Genesis(node, incarnation)
	cursor := wire.NoticeGenesis(cluster, post)
	keys := [][]byte{bytes.Repeat([]byte{4}, 32)}
	intake := []wire.IntakeKey{{Number: 3, Public: bytes.Repeat([]byte{5}, 8)}}
	missing := wire.NewBitmap(10)
	missing.Set(0)
	missing.Set(9)
	return []golden{
		plain("hello", wire.Hello{
			Lowest: 1, Highest: 1, Node: node, Histories: []wire.History{{Oldest: 1, Head: at, Receipted: 0}},
			Notices: cursor, Time: hubTime, Software: "1.0.0",
		}),
		plain("welcome", wire.Welcome{
			Version: 1, Cluster: cluster, Session: session,
			Decisions: []wire.Decision{{Verdict: wire.VerdictFollow, Cursor: at}},
			Time:      hubTime, Receipts: keys, Intake: intake, Feature: 1,
		}),
		plain("refusal", wire.Refusal{Kind: fault.Gap, Text: "gap", Resume: &at}),
		shut(plain("notice-cursor", cursor)),
		shut(plain("ping", wire.Ping{Counter: 1, Time: hubTime})),
		shut(plain("pong", wire.Pong{Counter: 1, Asked: hubTime, Time: hubTime + 3})),
		plain("offer", wire.Offer{Digest: image, Size: 70, ChunkSize: 40, Chunks: bytes.Repeat([]byte{6}, 64), Record: record}),
		plain("want", wire.Want{Missing: missing}),
		plain("join-request", wire.JoinRequest{
			Version: 1, Secret: []byte("secret"), Post: post, Node: node, DeviceCSR: []byte("device"),
			WorkingCSR: []byte("working"), JournalKey: keys[0], PostKey: []byte("post"), Software: "1.0.0", Time: hubTime,
		}),
		plain("join-reply", wire.JoinReply{
			Version: 1, Cluster: cluster, Device: []byte("device"), Working: []byte("working"), Trust: []byte("trust"),
			Receipts: keys, Intake: intake, Time: hubTime,
		}),
		plain("renew-request", wire.RenewRequest{Version: 1, WorkingCSR: []byte("working"), Time: hubTime}),
		plain("renew-reply", wire.RenewReply{Version: 1, Working: []byte("working"), Trust: []byte("trust"), Time: hubTime}),
	}
}

// erase lets a decoder stand in a table of all of them.
func erase[T any](decode func([]byte) (T, error)) func([]byte) (any, error) {
	return func(raw []byte) (any, error) { return decode(raw) }
}

func frame(t *testing.T, kind wire.FrameType, payload string) []byte {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, wire.WriteFrame(&out, kind, []byte(payload)))
	return out.Bytes()
}

func readOne(raw []byte) (any, error) {
	_, payload, err := wire.ReadFrame(bytes.NewReader(raw))
	return payload, err
}

func writeHex(t *testing.T, path string, raw []byte) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o750))
	require.NoError(t, os.WriteFile(path, []byte(split(hex.EncodeToString(raw))), 0o600))
}

// split breaks hexadecimal digits into lines of 32 bytes, for readable diffs.
func split(digits string) string {
	var out strings.Builder
	for len(digits) > 64 {
		out.WriteString(digits[:64] + "\n")
		digits = digits[64:]
	}
	return out.String() + digits + "\n"
}

func readHex(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	raw, err := hex.DecodeString(strings.Join(strings.Fields(string(text)), ""))
	require.NoError(t, err)
	return raw
}
