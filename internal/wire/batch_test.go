package wire_test

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// TestChain computes the formulas of SPEC.md section 2 by hand.
func TestChain(t *testing.T) {
	start := wire.Genesis(node, incarnation)
	e := entries(t, start, 1)[0]
	genesis := sha256.Sum256(append(append([]byte("jaliya/genesis/1"), node[:]...), 1, 2, 3, 4, 5, 6, 7, 8))
	require.Equal(t, wire.Digest(genesis), start.Hash)

	message := append([]byte("jaliya/entry/1"), genesis[:]...)
	message = binary.BigEndian.AppendUint32(message, uint32(len(e.Header)))
	body := sha256.Sum256(e.Body)
	message = append(append(message, e.Header...), body[:]...)
	want := wire.Position{Node: node, Incarnation: incarnation, Seq: 1, Hash: sha256.Sum256(message)}
	require.Equal(t, want, start.Next(e))
	require.Equal(t, want, start.NextStub(e.Header, body), "stub")
	require.NotEqual(t, want, want.Next(e), "place")
	require.Equal(t, "a1a1a1a1/0102030405060708/1", want.String())
	require.NotEqual(t, start, wire.Genesis(node, incarnation+1))
}

// TestChainSeparatesHeaderAndBody moves a byte over the border of the two.
func TestChainSeparatesHeaderAndBody(t *testing.T) {
	start := wire.Genesis(node, incarnation)
	a := start.Next(wire.Entry{Header: []byte("ab"), Body: []byte("c")})
	b := start.Next(wire.Entry{Header: []byte("a"), Body: []byte("bc")})
	require.NotEqual(t, a, b)
}

// TestUnknownKeyKeepsItsHash sends a header of a newer program through a batch:
// what is verified and kept is byte for byte what came.
func TestUnknownKeyKeepsItsHash(t *testing.T) {
	key, start := signer(t, 1), wire.Genesis(node, incarnation)
	e := entries(t, start, 1)[0]
	newer := wire.Entry{Header: with(t, e.Header), Body: e.Body}
	raw, err := wire.SealBatch(start, []wire.Entry{newer}, session, key)
	require.NoError(t, err)
	received, err := wire.DecodeBatch(with(t, raw))
	require.NoError(t, err)
	got, err := received.Verify(key.Public())
	require.NoError(t, err)
	require.Equal(t, newer, got.Entries[0].Entry)
	require.Equal(t, start.Next(newer), got.Head())
	require.NotEqual(t, start.Next(e), got.Head(), "the unknown key is hashed")
}

func TestBatchVerify(t *testing.T) {
	key, other := signer(t, 1), signer(t, 2)
	start := wire.Genesis(node, incarnation)
	foreign := func(change func(*wire.Header)) func(*wire.Batch) {
		return func(b *wire.Batch) {
			h := released(t, 2)
			change(&h)
			list := append([]wire.Entry(nil), b.Entries...)
			list[1] = entry(t, h, "sealed body b")
			resealed(t, b, list)
		}
	}
	for _, tc := range []struct {
		name   string
		change func(*wire.Batch)
		want   fault.Kind
	}{
		{"OK", func(*wire.Batch) {}, fault.Other},
		{"OKUnknownKind", foreign(func(h *wire.Header) { h.Kind = 200 }), fault.Other},
		{"ErrPrevious", func(b *wire.Batch) { b.Prev[31] ^= 1 }, fault.Corrupt},
		{"ErrPreviousLater", func(b *wire.Batch) { b.First = 2 }, fault.Corrupt},
		{"ErrIncarnation", func(b *wire.Batch) { b.Incarnation++ }, fault.Corrupt},
		{"ErrNode", func(b *wire.Batch) { b.Node[0]++ }, fault.Corrupt},
		{"ErrSignature", func(b *wire.Batch) { b.Signature[0] ^= 1 }, fault.Denied},
		{"ErrSignatureShort", func(b *wire.Batch) { b.Signature = b.Signature[:63] }, fault.Denied},
		{"ErrSignatureNone", func(b *wire.Batch) { b.Signature = nil }, fault.Denied},
		{"ErrSession", func(b *wire.Batch) { b.Session++ }, fault.Denied},
		{"ErrKeyName", func(b *wire.Batch) { b.Key = other.KeyID }, fault.Denied},
		{"ErrEntryNode", foreign(func(h *wire.Header) { h.Node[3] ^= 1 }), fault.Corrupt},
		{"ErrEntryIncarnation", foreign(func(h *wire.Header) { h.Incarnation++ }), fault.Corrupt},
		{"ErrEntrySequence", foreign(func(h *wire.Header) { h.Seq++ }), fault.Corrupt},
		{"ErrEntrySource", foreign(func(h *wire.Header) { h.Source = wire.SourcePortal }), fault.Corrupt},
		{"ErrBodySwapped", func(b *wire.Batch) { b.Entries[0].Body = b.Entries[1].Body }, fault.Corrupt},
		{"ErrBodyDeleted", func(b *wire.Batch) { b.Entries[0].Body = nil }, fault.Corrupt},
		{"ErrEntriesSwapped", func(b *wire.Batch) { b.Entries[0], b.Entries[1] = b.Entries[1], b.Entries[0] }, fault.Corrupt},
		{"ErrEntryDropped", func(b *wire.Batch) { b.Entries = b.Entries[:2] }, fault.Denied},
		{"ErrHeaderOverCap", func(b *wire.Batch) { b.Entries[0].Header = make([]byte, wire.MaxHeader+1) }, fault.TooLarge},
		{"ErrBodyOverCap", func(b *wire.Batch) { b.Entries[0].Body = make([]byte, wire.MaxBody+1) }, fault.TooLarge},
		{"ErrHeaderNoCBOR", func(b *wire.Batch) { b.Entries[0].Header = []byte{0xff} }, fault.Invalid},
		{"ErrHeaderNull", func(b *wire.Batch) { b.Entries[0].Header = []byte{0xf6} }, fault.Unsupported},
	} {
		t.Run(tc.name, func(t *testing.T) {
			raw, err := wire.SealBatch(start, entries(t, start, 3), session, key)
			require.NoError(t, err)
			received, err := wire.DecodeBatch(raw)
			require.NoError(t, err)
			tc.change(&received.Batch)
			received, err = wire.DecodeBatch(wire.Marshal(received.Batch))
			require.NoError(t, err)
			got, err := received.Verify(key.Public())
			requireKind(t, tc.want, err)
			if err != nil {
				return
			}
			require.Len(t, got.Entries, 3)
			require.Equal(t, start, got.After)
			require.Equal(t, session, got.Session)
			require.Equal(t, uint64(3), got.Head().Seq)
		})
	}
	t.Run("ErrKey", func(t *testing.T) {
		raw, err := wire.SealBatch(start, entries(t, start, 1), session, key)
		require.NoError(t, err)
		received, err := wire.DecodeBatch(raw)
		require.NoError(t, err)
		_, err = received.Verify(other.Public())
		requireKind(t, fault.Denied, err)
	})
}

// resealed signs other entries as the batch's own, as a node with a fault would.
func resealed(t *testing.T, b *wire.Batch, list []wire.Entry) {
	t.Helper()
	raw, err := wire.SealBatch(wire.Genesis(node, incarnation), list, session, signer(t, 1))
	require.NoError(t, err)
	received, err := wire.DecodeBatch(raw)
	require.NoError(t, err)
	*b = received.Batch
}

func TestUnknownKindIsRefusedByValidateOnly(t *testing.T) {
	h := released(t, 1)
	h.Kind = 200
	got, err := entry(t, h, "body").Check()
	require.NoError(t, err)
	requireKind(t, fault.Unsupported, got.Validate())
	require.Equal(t, "kind.200", got.Kind.String())
}

func TestDecodeBatchCaps(t *testing.T) {
	start := wire.Genesis(node, incarnation)
	good := wire.Batch{Version: wire.Version, Node: node, First: 1, Entries: entries(t, start, 1), Signature: make([]byte, 64)}
	many := make([]wire.Entry, wire.MaxBatchEntries+1)
	for i := range many {
		many[i] = wire.Entry{Header: []byte{}, Body: []byte{}}
	}
	for _, tc := range []struct {
		name   string
		change func(*wire.Batch)
		want   fault.Kind
	}{
		{"OK", func(*wire.Batch) {}, fault.Other},
		{"OKLastFirst", func(b *wire.Batch) { b.First = wire.MaxSeq }, fault.Other},
		{"ErrFirstZero", func(b *wire.Batch) { b.First = 0 }, fault.Invalid},
		{"ErrFirstOverflows", func(b *wire.Batch) { b.First = math.MaxUint64 }, fault.Invalid},
		{"ErrFirstTooFar", func(b *wire.Batch) { b.First = wire.MaxSeq + 1 }, fault.Invalid},
		{"ErrNoEntries", func(b *wire.Batch) { b.Entries = nil }, fault.TooLarge},
		{"ErrTooManyEntries", func(b *wire.Batch) { b.Entries = many }, fault.TooLarge},
		{"ErrVersionZero", func(b *wire.Batch) { b.Version = 0 }, fault.Unsupported},
		{"ErrVersionNewer", func(b *wire.Batch) { b.Version = wire.Version + 1 }, fault.Unsupported},
		{"ErrSize", func(b *wire.Batch) { b.Signature = make([]byte, wire.MaxBatch) }, fault.TooLarge},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := good
			tc.change(&b)
			_, err := wire.DecodeBatch(wire.Marshal(b))
			requireKind(t, tc.want, err)
		})
	}
}

func TestSealBatchCaps(t *testing.T) {
	key, start := signer(t, 1), wire.Genesis(node, incarnation)
	seal := func(after wire.Position, list []wire.Entry) error {
		_, err := wire.SealBatch(after, list, session, key)
		return err
	}
	requireKind(t, fault.Invalid, seal(start, nil))
	requireKind(t, fault.Invalid, seal(start, make([]wire.Entry, wire.MaxBatchEntries+1)))
	requireKind(t, fault.Invalid, seal(wire.Position{Seq: math.MaxUint64}, entries(t, start, 1)))
	big := entry(t, released(t, 1), strings.Repeat("x", wire.MaxBody))
	requireKind(t, fault.TooLarge, seal(start, []wire.Entry{big, big, big, big, big}))

	_, err := wire.NewEntry(released(t, 1), make([]byte, wire.MaxBody+1))
	requireKind(t, fault.TooLarge, err)
	h := released(t, 1)
	h.Reference = strings.Repeat("1", wire.MaxHeader)
	_, err = wire.NewEntry(h, nil)
	requireKind(t, fault.TooLarge, err)
}

// TestFitBatch fills batches to the brim and asks that they decode.
func TestFitBatch(t *testing.T) {
	key, start := signer(t, 1), wire.Genesis(node, incarnation)
	for name, body := range map[string]int{"Small": 1, "Middle": 900, "Largest": wire.MaxBody} {
		t.Run(name, func(t *testing.T) {
			list := make([]wire.Entry, 400)
			sizes := make([]int, len(list))
			for i := range list {
				list[i] = entry(t, released(t, uint64(i)+1), strings.Repeat("x", body))
				sizes[i] = list[i].Size()
				require.GreaterOrEqual(t, sizes[i], len(wire.Marshal(list[i])))
			}
			n := wire.FitBatch(sizes)
			require.Positive(t, n)
			require.LessOrEqual(t, n, wire.MaxBatchEntries)
			raw, err := wire.SealBatch(start, list[:n], math.MaxUint64, key)
			require.NoError(t, err)
			received, err := wire.DecodeBatch(raw)
			require.NoError(t, err)
			_, err = received.Verify(key.Public())
			require.NoError(t, err)
		})
	}
	require.Zero(t, wire.FitBatch(nil))
	require.Zero(t, wire.FitBatch([]int{wire.MaxBatch}))
	require.Equal(t, 1, wire.FitBatch([]int{wire.MaxBatchPayload, 1}))
}

func TestHeaderValidate(t *testing.T) {
	zero, same, other := wire.RecordID{}, released(t, 1).Record, record
	for _, tc := range []struct {
		name   string
		change func(*wire.Header)
		want   string // the field, "" for none
	}{
		{"OK", func(*wire.Header) {}, ""},
		{"OKWithoutImages", func(h *wire.Header) { h.Images = nil }, ""},
		{"OKAmended", func(h *wire.Header) { h.Kind, h.Replaces = wire.KindRequestAmended, &other }, ""},
		{"OKCancelled", func(h *wire.Header) { *h = bare(t, wire.KindRequestCancelled) }, ""},
		{"OKViewed", func(h *wire.Header) { *h = bare(t, wire.KindFileViewed) }, ""},
		{"OKPortal", func(h *wire.Header) { *h = filed(t) }, ""},
		{"OKPortalWithoutPickup", func(h *wire.Header) { *h = filed(t); h.Pickup = "" }, ""},
		{"ErrPortalAtPost", func(h *wire.Header) { *h = filed(t); h.Post = post }, "post"},
		{"ErrPortalOfNobody", func(h *wire.Header) { *h = filed(t); h.Owner = nil }, "owner"},
		{"ErrPortalOfZero", func(h *wire.Header) { *h = filed(t); h.Owner = &wire.Digest{} }, "owner"},
		{"ErrPortalCard", func(h *wire.Header) { *h = filed(t); h.Service = uint8(consular.CNIEFirst) }, "service"},
		{"ErrOwnerOfNode", func(h *wire.Header) { h.Owner = &image }, "owner"},
		{"ErrRecord", func(h *wire.Header) { h.Record = wire.RecordID{} }, "record"},
		{"ErrPost", func(h *wire.Header) { h.Post = "nowhere at all" }, "post"},
		{"ErrPostNone", func(h *wire.Header) { h.Post = "" }, "post"},
		{"ErrPickup", func(h *wire.Header) { h.Pickup = "x\x00y" }, "pickup"},
		{"ErrPickupNone", func(h *wire.Header) { h.Pickup = "" }, "pickup"},
		{"ErrPositionNode", func(h *wire.Header) { h.Node = wire.NodeID{} }, "position"},
		{"ErrPositionSequence", func(h *wire.Header) { h.Seq = 0 }, "position"},
		{"ErrPositionIncarnation", func(h *wire.Header) { h.Incarnation = 0 }, "position"},
		{"ErrPositionOfPortal", func(h *wire.Header) { *h = filed(t); h.Seq = 1 }, "position"},
		{"ErrSource", func(h *wire.Header) { h.Source = 3 }, "source"},
		{"ErrReference", func(h *wire.Header) { h.Reference = "123456789012345678" }, "reference"},
		{"ErrReferenceSpelling", func(h *wire.Header) { h.Reference = h.Reference[:6] + " " + h.Reference[6:] }, "reference"},
		{"ErrReferenceLong", func(h *wire.Header) { h.Reference = strings.Repeat("1", 1500) }, "reference"},
		{"ErrImageTwice", func(h *wire.Header) { h.Images = append(h.Images, h.Images[0]) }, "images"},
		{"ErrImageEmpty", func(h *wire.Header) { h.Images = []wire.Image{{Digest: image}} }, "images"},
		{"ErrImageHuge", func(h *wire.Header) { h.Images = []wire.Image{{Digest: image, Size: math.MaxUint64}} }, "images"},
		{"ErrImageNone", func(h *wire.Header) { h.Images = []wire.Image{{Size: 1}} }, "images"},
		{"ErrService", func(h *wire.Header) { h.Service = 99 }, "service"},
		{"ErrSlipHash", func(h *wire.Header) { h.SlipHash = nil }, "slip hash"},
		{"ErrSlipHashZero", func(h *wire.Header) { h.SlipHash = &wire.Digest{} }, "slip hash"},
		{"ErrIntakeKey", func(h *wire.Header) { h.IntakeKey = 0 }, "intake key"},
		{"ErrReplaces", func(h *wire.Header) { h.Kind = wire.KindRequestAmended }, "replaces"},
		{"ErrReplacesZero", func(h *wire.Header) { h.Kind, h.Replaces = wire.KindRequestAmended, &zero }, "replaces"},
		{"ErrReplacesItself", func(h *wire.Header) { h.Kind, h.Replaces = wire.KindRequestAmended, &same }, "replaces"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h := released(t, 1)
			tc.change(&h)
			err := h.Validate()
			if tc.want == "" {
				require.NoError(t, err)
				return
			}
			requireKind(t, fault.Invalid, err)
			require.ErrorContains(t, err, ": "+tc.want+": ")
		})
	}
}

// filed is a request for a police record from the portal.
func filed(t *testing.T) wire.Header {
	t.Helper()
	h := released(t, 1)
	h.Source, h.Node, h.Incarnation, h.Seq, h.Post = wire.SourcePortal, wire.NodeID{}, 0, 0, ""
	h.Images, h.Service, h.Owner = nil, uint8(consular.RecordPolice), &image
	return h
}

// bare is a header of a kind that names neither service nor images.
func bare(t *testing.T, kind wire.Kind) wire.Header {
	t.Helper()
	return wire.Header{
		Version: wire.Version, Record: record, Kind: kind, Source: wire.SourceNode, Node: node,
		Incarnation: incarnation, Seq: 1, Time: hubTime, Post: post, Reference: ref(t), Seen: 4,
	}
}

func TestDecodeHeaderCaps(t *testing.T) {
	h := released(t, 1)
	h.Images = make([]wire.Image, wire.MaxImages+1)
	_, err := wire.DecodeHeader(wire.Marshal(h))
	requireKind(t, fault.TooLarge, err)
	h.Images = h.Images[:wire.MaxImages]
	h.Pickup, h.Post = "MA-RABAT", "FR-LYONX"
	h.Time, h.Seq, h.Incarnation, h.Seen = math.MinInt64, math.MaxUint64, math.MaxUint64, math.MaxUint64
	raw := wire.Marshal(h)
	require.LessOrEqual(t, len(raw), wire.MaxHeader, "the largest header fits")
	_, err = wire.DecodeHeader(raw)
	require.NoError(t, err)
	for version, want := range map[uint8]fault.Kind{0: fault.Unsupported, 1: fault.Other, 2: fault.Unsupported, 255: fault.Unsupported} {
		h.Version = version
		_, err = wire.DecodeHeader(wire.Marshal(h))
		requireKind(t, want, err)
	}
}

func TestKindsArePinned(t *testing.T) {
	for kind, name := range map[wire.Kind]string{
		wire.KindRequestReleased: "request.released", wire.KindRequestAmended: "request.amended",
		wire.KindRequestCancelled: "request.cancelled", wire.KindFileViewed: "file.viewed",
		wire.KindStaffSignedIn: "staff.signed_in", wire.KindStaffRefused: "staff.refused",
		wire.KindStaffSignedOut: "staff.signed_out", wire.KindCardReceived: "card.received",
		wire.KindCardMissing: "card.missing", wire.KindCardDamaged: "card.damaged", wire.KindCardShelved: "card.shelved",
		wire.KindCardDefective: "card.defective", wire.KindCardHandedOver: "card.handed_over",
		wire.KindCheckFailed: "card.check_failed", wire.KindPouchArrived: "pouch.arrived",
		wire.KindPouchOpened: "pouch.opened", wire.KindPouchReconciled: "pouch.reconciled",
		wire.KindQueryAnswered: "query.answered", wire.KindPrintAsked: "print.asked",
		wire.KindDocumentReleased: "document.released", wire.KindPrintBegun: "print.begun",
		wire.KindDocumentPrinted: "document.printed", wire.KindPrintSpoilt: "print.spoilt",
		wire.KindDocumentHandedOver: "document.handed_over", wire.KindCallLogged: "call.logged",
		wire.KindTransferAsked: "transfer.asked", wire.KindTransferWithdrawn: "transfer.withdrawn",
		wire.KindTransferSent: "transfer.sent", wire.KindCardReclaimed: "card.reclaimed",
		wire.KindCardSentBack: "card.sent_back", wire.KindCardDestroyed: "card.destroyed",
		wire.KindPickupChanged: "request.pickup",
	} {
		require.True(t, kind.Known())
		require.Equal(t, name, kind.String())
	}
	require.Equal(t, []wire.Kind{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, []wire.Kind{
		wire.KindRequestReleased, wire.KindRequestAmended, wire.KindRequestCancelled, wire.KindFileViewed,
		wire.KindStaffSignedIn, wire.KindStaffRefused, wire.KindStaffSignedOut, wire.KindQueryAnswered,
		wire.KindPrintAsked, wire.KindDocumentReleased, wire.KindPrintBegun, wire.KindDocumentPrinted,
		wire.KindPrintSpoilt, wire.KindDocumentHandedOver, wire.KindCallLogged,
	})
	require.Equal(t, []wire.Kind{26, 27, 28, 29, 30, 31}, []wire.Kind{
		wire.KindTransferAsked, wire.KindTransferWithdrawn, wire.KindTransferSent, wire.KindCardReclaimed,
		wire.KindCardSentBack, wire.KindCardDestroyed,
	})
	require.False(t, wire.Kind(0).Known())
	require.Equal(t, "jaliya/body/1"+string(record[:])+"\x02", string(wire.BodyAAD(record, wire.KindRequestAmended)))
}
