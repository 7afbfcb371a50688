package wire_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// criminalGoldens pins what a request for a criminal record adds.
func criminalGoldens(t *testing.T) []golden {
	t.Helper()
	filing := enrolment()
	asRecord(&filing, consular.ProofDigital)
	filing.EnrolledBy, filing.ReleasedBy = "", ""
	act := actOf(t, wire.KindPrintBegun)
	ticket := wire.Ticket{Version: wire.Version, Record: record, Object: image, Size: 262144}
	return []golden{
		{name: "header-portal", value: filed(t), raw: wire.Marshal(filed(t)), decode: erase(wire.DecodeHeader)},
		{name: "release-record", value: filing, raw: wire.Marshal(filing), decode: erase(wire.DecodeRelease)},
		{name: "record-act", value: act, raw: wire.Marshal(act), decode: func(raw []byte) (any, error) {
			return wire.DecodeRecordAct(raw, wire.KindPrintBegun)
		}},
		shut(plain("package", wire.Package{Record: record, Body: []byte("sealed"), Bundle: []byte("bundle")})),
		plain("fetch-request", wire.FetchRequest{Version: 1, Record: record, Object: image, Offset: 65536, Length: 65536}),
		{name: "ticket", value: ticket, raw: wire.Marshal(ticket), decode: erase(wire.DecodeTicket)},
	}
}

// actOf is a body that keeps all rules of a kind.
func actOf(t *testing.T, k wire.Kind) wire.RecordAct {
	t.Helper()
	a := wire.RecordAct{Version: wire.Version, Reference: consular.Reference(ref(t)), At: hubTime}
	switch k { //nolint:exhaustive // what kinds 8 to 15 have of their own
	case wire.KindQueryAnswered:
		a.Text, a.Receipt = "Ma mère s'appelle Zineb.", []byte("receipt")
	case wire.KindPrintAsked, wire.KindDocumentReleased:
		a.Receipt = []byte("receipt")
	case wire.KindPrintBegun:
		a.By, a.Key = "a.naji", []byte("public key")
	case wire.KindDocumentPrinted:
		a.By, a.Sheet = "a.naji", "A-000123"
	case wire.KindPrintSpoilt:
		a.By, a.Second, a.Sheet, a.Text = "a.naji", "s.idrissi", "A-000123", "paper jam"
	default:
		a.By = "a.naji"
	}
	return a
}

// actHeader is a header that keeps all rules of a kind.
func actHeader(t *testing.T, k wire.Kind) wire.Header {
	t.Helper()
	h := bare(t, k)
	h.IntakeKey = 3
	if k <= wire.KindDocumentReleased {
		h.Source, h.Node, h.Incarnation, h.Seq, h.Post, h.Owner = wire.SourcePortal, wire.NodeID{}, 0, 0, "", &image
	}
	if k == wire.KindPrintAsked || k == wire.KindPrintBegun {
		h.SlipHash = &image
	}
	if k == wire.KindPrintAsked {
		h.Pickup = post
	}
	return h
}

func TestHeadersOfRecords(t *testing.T) {
	one := uint16(1)
	edits := map[string]func(*wire.Header){
		"reference": func(h *wire.Header) { h.Reference = "123456789012345678" },
		"intake":    func(h *wire.Header) { h.IntakeKey = 0 },
		"service":   func(h *wire.Header) { h.Service = 5 },
		"images":    func(h *wire.Header) { h.Images = []wire.Image{{Digest: image, Size: 1}} },
		"outcome":   func(h *wire.Header) { h.Outcome = 1 },
		"serial":    func(h *wire.Header) { h.Serial = &image },
		"count":     func(h *wire.Header) { h.Count = &one },
		"code": func(h *wire.Header) {
			if h.SlipHash == nil {
				h.SlipHash = &image
			} else {
				h.SlipHash = nil
			}
		},
		"pickup": func(h *wire.Header) {
			if h.Pickup == "" {
				h.Pickup = post
			} else {
				h.Pickup = ""
			}
		},
		"source": func(h *wire.Header) {
			if h.Source == wire.SourcePortal {
				*h = bare(t, h.Kind)
			} else {
				h.Source, h.Node, h.Incarnation, h.Seq, h.Post, h.Owner = wire.SourcePortal, wire.NodeID{}, 0, 0, "", &image
			}
		},
	}
	for k := wire.KindQueryAnswered; k <= wire.KindCallLogged; k++ {
		require.True(t, k.Known() && k.OfRecord())
		require.NoError(t, actHeader(t, k).Validate(), k)
		require.NoError(t, actOf(t, k).Validate(k), k)
		for name, edit := range edits {
			h := actHeader(t, k)
			edit(&h)
			require.True(t, fault.Is(h.Validate(), fault.Invalid), "%s %s", k, name)
		}
	}
}

func TestRecordAct(t *testing.T) {
	for _, tc := range []struct {
		name string
		kind wire.Kind
		edit func(*wire.RecordAct)
		want fault.Kind
	}{
		{"ErrReference", wire.KindCallLogged, func(a *wire.RecordAct) { a.Reference = "1" }, fault.Invalid},
		{"ErrNobody", wire.KindDocumentPrinted, func(a *wire.RecordAct) { a.By = "" }, fault.Invalid},
		{"ErrStaffOnPortal", wire.KindPrintAsked, func(a *wire.RecordAct) { a.By = "a.naji" }, fault.Invalid},
		{"ErrAlone", wire.KindPrintSpoilt, func(a *wire.RecordAct) { a.Second = "" }, fault.Invalid},
		{"ErrOneselfTwice", wire.KindPrintSpoilt, func(a *wire.RecordAct) { a.Second = a.By }, fault.Denied},
		{"ErrReceipt", wire.KindDocumentReleased, func(a *wire.RecordAct) { a.Receipt = nil }, fault.Invalid},
		{"ErrReceiptLong", wire.KindDocumentReleased, func(a *wire.RecordAct) { a.Receipt = make([]byte, 8193) }, fault.Invalid},
		{"ErrAnswerNone", wire.KindQueryAnswered, func(a *wire.RecordAct) { a.Text = "" }, fault.Invalid},
		{"ErrAnswerLong", wire.KindQueryAnswered, func(a *wire.RecordAct) { a.Text = strings.Repeat("م", 2001) }, fault.Invalid},
		{"ErrAnswerOverride", wire.KindQueryAnswered, func(a *wire.RecordAct) { a.Text = "a\u202eb" }, fault.Invalid},
		{"OKAnswerLines", wire.KindQueryAnswered, func(a *wire.RecordAct) { a.Text = "a\nb" }, 0},
		{"OKAnswerAtPost", wire.KindQueryAnswered, func(a *wire.RecordAct) { a.Receipt = nil }, 0},
		{"ErrKey", wire.KindPrintBegun, func(a *wire.RecordAct) { a.Key = nil }, fault.Invalid},
		{"ErrSheet", wire.KindDocumentPrinted, func(a *wire.RecordAct) { a.Sheet = "" }, fault.Invalid},
		{"ErrSheetElsewhere", wire.KindDocumentHandedOver, func(a *wire.RecordAct) { a.Sheet = "1" }, fault.Invalid},
		{"ErrKind", wire.KindRequestReleased, func(*wire.RecordAct) {}, fault.Invalid},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := actOf(t, tc.kind)
			tc.edit(&a)
			if tc.want == 0 {
				require.NoError(t, a.Validate(tc.kind))
				return
			}
			requireKind(t, tc.want, a.Validate(tc.kind))
		})
	}
	require.Equal(t, "[act]", fmt.Sprintf("%v", actOf(t, wire.KindQueryAnswered)))
}

func FuzzRecord(f *testing.F) {
	f.Add([]byte{0xa1, 1, 1}, uint8(wire.KindPrintBegun))
	f.Fuzz(func(t *testing.T, raw []byte, kind uint8) {
		if a, err := wire.DecodeRecordAct(raw, wire.Kind(kind)); err == nil {
			require.NoError(t, a.Validate(wire.Kind(kind)))
		}
		if ticket, err := wire.DecodeTicket(raw); err == nil {
			require.NotZero(t, ticket.Size)
		}
		if p, err := wire.ParsePackage(raw); err == nil {
			require.NotEmpty(t, p.Body)
		}
	})
}
