package wire_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

func pouchLabel(tb testing.TB) consular.PouchID {
	tb.Helper()
	id, err := consular.NewPouchID(consular.Pouch{Post: post, Year: 2026, Serial: 1})
	require.NoError(tb, err)
	return id
}

func manifest(tb testing.TB) wire.Manifest {
	tb.Helper()
	return wire.Manifest{
		Version: 1, Pouch: pouchLabel(tb), Revision: 3, Seal: "MA-77", Total: 2,
		Cards: []wire.ManifestCard{{
			Reference: consular.Reference(ref(tb)), Serial: "CN0000001", Family: consular.Name{Arabic: "العلوي", Latin: "Alaoui"},
			Given: consular.Name{Arabic: "سلمى", Latin: "Salma"}, Birth: "1990-05-XX", Service: consular.CNIEFirst, Slip: slip,
		}},
	}
}

func custody(tb testing.TB) wire.Custody {
	tb.Helper()
	return wire.Custody{
		Version: 1, By: "LYO-11111", Second: "LYO-22222", Pouch: pouchLabel(tb), Serial: "CN0000001", Extras: []string{"CN2"},
		Safe: "A", Box: "12", Receiver: wire.ReceiverGuardian, Guardian: "Mother, passport", Document: wire.ShownPassport,
		Face: true, Print: wire.PrintNone, Proof: wire.ProofReceipt, OldCard: wire.OldCardTaken, OldSerial: "AB1", PIN: true,
		Failed: wire.FailedFace, Remarks: "none",
	}
}

// carded is a header of a card's or a bag's kind that keeps every rule.
func carded(tb testing.TB, k wire.Kind) wire.Header {
	tb.Helper()
	h := released(tb, 1)
	h.Kind, h.Service, h.Pickup, h.Images, h.SlipHash, h.Seen, h.Outcome = k, 0, "", nil, nil, 0, 0
	label, serial, count := wire.PouchOf(pouchLabel(tb)), wire.SerialDigest("CN0000001"), uint16(39)
	if k.OfCard() || k == wire.KindPouchOpened {
		h.Serial = &serial
	}
	if k.OfPouch() || k.InBag() {
		h.Pouch = &label
	}
	if k == wire.KindTransferAsked {
		h.Pickup = "BE-BRU"
	}
	if k.OfPouch() {
		h.Reference = ""
	}
	if k == wire.KindPouchOpened || k == wire.KindPouchReconciled {
		h.Outcome = 1
	}
	if k == wire.KindPouchReconciled {
		h.Count = &count
	}
	return h
}

// custodyGoldens are the structures of section 10, and a header of each shape.
func custodyGoldens(t *testing.T) []golden {
	t.Helper()
	list := []golden{
		{name: "manifest", value: manifest(t), raw: wire.Marshal(manifest(t)), decode: erase(wire.DecodeManifest)},
		{name: "custody", value: custody(t), raw: wire.Marshal(custody(t)), decode: erase(wire.DecodeCustody)},
	}
	end := wire.Custody{
		Version: 1, By: "LYO-22222", Second: "LYO-11111", Serial: "CN0000001", Method: wire.DestroyShredded, Witness: "Consul",
	}
	list = append(list, golden{name: "custody-destroyed", value: end, raw: wire.Marshal(end), decode: erase(wire.DecodeCustody)})
	for name, k := range map[string]wire.Kind{
		"header-card": wire.KindCardReceived, "header-pouch": wire.KindPouchReconciled, "header-seal": wire.KindPouchOpened,
		"header-transfer": wire.KindTransferAsked, "header-sent": wire.KindTransferSent,
	} {
		h := carded(t, k)
		list = append(list, golden{name: name, value: h, raw: wire.Marshal(h), decode: erase(wire.DecodeHeader)})
	}
	return list
}

func TestHeadersOfCustody(t *testing.T) {
	zero, digest, count, label := wire.Digest{}, wire.SerialDigest("X"), uint16(2000), wire.PouchID{}
	edits := map[string]struct {
		edit  func(*wire.Header)
		holds func(wire.Kind) bool
	}{
		"OK":           {func(*wire.Header) {}, func(wire.Kind) bool { return true }},
		"ErrPortal":    {func(h *wire.Header) { h.Source, h.Node, h.Incarnation, h.Seq = wire.SourcePortal, wire.NodeID{}, 0, 0 }, nil},
		"ErrReference": {func(h *wire.Header) { h.Reference = "123" }, nil},
		"ErrService":   {func(h *wire.Header) { h.Service = 1 }, nil},
		"ErrSeen":      {func(h *wire.Header) { h.Seen = 1 }, nil},
		"ErrIntakeKey": {func(h *wire.Header) { h.IntakeKey = 0 }, nil},
		"ErrOutcome":   {func(h *wire.Header) { h.Outcome = 3 }, nil},
		"ErrCount":     {func(h *wire.Header) { h.Count = &count }, nil},
		"ErrPouch":     {func(h *wire.Header) { h.Pouch = &label }, nil},
		"ErrSerial":    {func(h *wire.Header) { h.Serial = &zero }, nil},
		"Serial": {func(h *wire.Header) { h.Serial = &digest }, func(k wire.Kind) bool {
			return k.OfCard() || k == wire.KindPouchOpened
		}},
		"NoPouch":       {func(h *wire.Header) { h.Pouch = nil }, func(k wire.Kind) bool { return k.OfCard() && !k.InBag() }},
		"Pickup":        {func(h *wire.Header) { h.Pickup = "IT-MIL" }, func(k wire.Kind) bool { return k == wire.KindTransferAsked }},
		"ErrPickupHere": {func(h *wire.Header) { h.Pickup = h.Post }, nil},
	}
	noPickup := carded(t, wire.KindTransferAsked)
	noPickup.Pickup = ""
	require.Error(t, noPickup.Validate(), "a transfer says where to")
	for k := wire.KindCardReceived; k <= wire.KindCardDestroyed; k++ {
		require.True(t, k.Known())
		require.True(t, k.OfCard() != k.OfPouch())
		for name, tc := range edits {
			t.Run(k.String()+"/"+name, func(t *testing.T) {
				h := carded(t, k)
				tc.edit(&h)
				err := h.Validate()
				if tc.holds != nil && tc.holds(k) {
					require.NoError(t, err)
					return
				}
				require.True(t, fault.Is(err, fault.Invalid), err)
			})
		}
	}
	other := released(t, 1)
	other.Serial = &digest
	require.Error(t, other.Validate(), "a packet has no card")
	require.False(t, wire.KindCallLogged.OfCard() || wire.KindCallLogged.OfPouch())
}

func TestCustody(t *testing.T) {
	for _, tc := range []struct {
		name string
		kind wire.Kind
		edit func(*wire.Custody)
		want fault.Kind
	}{
		{"OK", wire.KindCardHandedOver, func(*wire.Custody) {}, 0},
		{"OneSuffices", wire.KindCardHandedOver, func(c *wire.Custody) { c.Second = "" }, 0},
		{"ErrAlone", wire.KindCardReceived, func(c *wire.Custody) { c.Second = "" }, fault.Denied},
		{"ErrOneselfTwice", wire.KindPouchOpened, func(c *wire.Custody) { c.Second = "lyo-11111" }, fault.Denied},
		{"ErrNobody", wire.KindCardShelved, func(c *wire.Custody) { c.By = "" }, fault.Invalid},
		{"ErrPlace", wire.KindCardShelved, func(c *wire.Custody) { c.Box = "" }, fault.Invalid},
		{"ErrFailed", wire.KindCheckFailed, func(c *wire.Custody) { c.Failed = 9 }, fault.Invalid},
		{"ErrFace", wire.KindCardHandedOver, func(c *wire.Custody) { c.Face = false }, fault.Invalid},
		{"ErrPrint", wire.KindCardHandedOver, func(c *wire.Custody) { c.Print = wire.PrintDiffers }, fault.Invalid},
		{"ErrGuardian", wire.KindCardHandedOver, func(c *wire.Custody) { c.Guardian = "" }, fault.Invalid},
		{"ErrOldSerial", wire.KindCardHandedOver, func(c *wire.Custody) { c.OldSerial = "" }, fault.Invalid},
		{"ErrRemarks", wire.KindCardShelved, func(c *wire.Custody) { c.Remarks = strings.Repeat("x", 1001) }, fault.Invalid},
		{"ErrControl", wire.KindCardShelved, func(c *wire.Custody) { c.Safe = "a\x00" }, fault.Invalid},
		{"ErrExtras", wire.KindPouchReconciled, func(c *wire.Custody) { c.Extras = []string{"a b"} }, fault.Invalid},
		{"Destroyed", wire.KindCardDestroyed, func(c *wire.Custody) { c.Method = wire.DestroyCut }, 0},
		{"ErrMethod", wire.KindCardDestroyed, func(c *wire.Custody) { c.Method = 9 }, fault.Invalid},
		{"ErrNoMethod", wire.KindCardDestroyed, func(*wire.Custody) {}, fault.Invalid},
		{"ErrDestroyedAlone", wire.KindCardDestroyed, func(c *wire.Custody) { c.Method, c.Second = wire.DestroyCut, "" }, fault.Denied},
		{"ErrSentBackAlone", wire.KindCardSentBack, func(c *wire.Custody) { c.Second = "" }, fault.Denied},
		{"ErrWitness", wire.KindCardDestroyed, func(c *wire.Custody) { c.Method, c.Witness = wire.DestroyCut, "a\x00" }, fault.Invalid},
		{"ErrPouch", wire.KindPouchArrived, func(c *wire.Custody) { c.Pouch = "P" }, fault.Invalid},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := custody(t)
			tc.edit(&c)
			err := c.ValidateFor(tc.kind)
			if tc.want == 0 {
				require.NoError(t, err)
				return
			}
			require.Equal(t, tc.want.String(), fault.KindOf(err).String())
		})
	}
	require.Equal(t, "[custody] [manifest] [card]", fmt.Sprintf("%+v %v %#v", custody(t), manifest(t), manifest(t).Cards[0]))
}

func TestManifest(t *testing.T) {
	for _, tc := range []struct {
		name string
		edit func(*wire.Manifest)
	}{
		{"ErrPouch", func(m *wire.Manifest) { m.Pouch = "P" }},
		{"ErrRevision", func(m *wire.Manifest) { m.Revision = 0 }},
		{"ErrSeal", func(m *wire.Manifest) { m.Seal = "ma 77" }},
		{"ErrTotal", func(m *wire.Manifest) { m.Total = 0 }},
		{"ErrFewerThanCards", func(m *wire.Manifest) { m.Cards = append(m.Cards, m.Cards[0], m.Cards[0]) }},
		{"ErrTwice", func(m *wire.Manifest) { m.Cards = append(m.Cards, m.Cards[0]) }},
		{"ErrEmpty", func(m *wire.Manifest) { m.Cards = nil }},
		{"ErrReference", func(m *wire.Manifest) { m.Cards[0].Reference = "1" }},
		{"ErrSerial", func(m *wire.Manifest) { m.Cards[0].Serial = strings.Repeat("1", 33) }},
		{"ErrName", func(m *wire.Manifest) { m.Cards[0].Given.Arabic = "Salma" }},
		{"ErrBirth", func(m *wire.Manifest) { m.Cards[0].Birth = "1990" }},
		{"ErrService", func(m *wire.Manifest) { m.Cards[0].Service = 250 }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m := manifest(t)
			require.NoError(t, m.Validate())
			tc.edit(&m)
			_, err := wire.DecodeManifest(wire.Marshal(m))
			require.True(t, fault.Is(err, fault.Invalid), err)
		})
	}
	id := wire.PouchOf(pouchLabel(t))
	require.Equal(t, pouchLabel(t), id.Label())
	require.True(t, wire.PouchOf("P").IsZero())
	newer := manifest(t)
	newer.Version = 2
	_, err := wire.DecodeManifest(wire.Marshal(newer))
	require.True(t, fault.Is(err, fault.Unsupported))
	_, err = wire.DecodeCustody(wire.Marshal(wire.Custody{Version: 9}))
	require.True(t, fault.Is(err, fault.Unsupported))
}

func TestParseSerial(t *testing.T) {
	for text, want := range map[string]string{"cn 0000001": "CN0000001", "MA-1": "MA-1", "": "", "é": "", "a/b": "", strings.Repeat("1", 200): ""} {
		got, err := wire.ParseSerial(text)
		require.Equal(t, want, got)
		require.Equal(t, want == "", err != nil)
	}
}

func FuzzDecodeManifest(f *testing.F) {
	f.Add(wire.Marshal(manifest(f)))
	f.Add(with(f, wire.Marshal(manifest(f))))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := wire.DecodeManifest(raw)
		if err != nil {
			return
		}
		require.LessOrEqual(t, len(m.Cards), wire.MaxManifestCards)
		again, err := wire.DecodeManifest(wire.Marshal(m))
		require.NoError(t, err)
		require.True(t, bytes.Equal(wire.Marshal(m), wire.Marshal(again)))
	})
}

func FuzzDecodeCustody(f *testing.F) {
	f.Add(wire.Marshal(custody(f)), uint8(wire.KindCardHandedOver))
	f.Fuzz(func(t *testing.T, raw []byte, kind uint8) {
		c, err := wire.DecodeCustody(raw)
		if err != nil || c.ValidateFor(wire.Kind(kind)) != nil {
			return
		}
		again, err := wire.DecodeCustody(wire.Marshal(c))
		require.NoError(t, err)
		require.Equal(t, wire.Marshal(c), wire.Marshal(again))
	})
}
