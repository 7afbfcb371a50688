package wire_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// rerouted is the header of a change of the post of collection.
func rerouted(t *testing.T) wire.Header {
	t.Helper()
	h := bare(t, wire.KindPickupChanged)
	h.Pickup, h.IntakeKey, h.Seen = "IT-MIL", 3, 4
	return h
}

func changeOf(tb testing.TB) wire.Change {
	tb.Helper()
	again := record
	return wire.Change{
		Version: wire.Version, Reference: consular.Reference(ref(tb)), By: "LYO-48213", Document: 2, At: hubTime, Again: &again,
	}
}

func conflictOf() wire.Conflict {
	return wire.Conflict{
		Version: wire.Version, Kind: wire.KindPickupChanged, Seen: 4, Pickup: "IT-MIL", At: hubTime - 7000,
		Field: wire.FieldPickup, Other: wire.KindTransferAsked, OtherPost: "FR-PAR", OtherTime: hubTime, OtherVersion: 6,
	}
}

func conflictNotice() wire.Notice {
	return wire.Notice{
		Version: wire.Version, Post: post, Seq: 9, Time: hubTime, Kind: wire.NoticeConflict, Reference: reference,
		Record: record, Case: 7, State: 5, Index: 49, Body: wire.Marshal(conflictOf()), Pickup: "ES-MAD",
	}
}

func changeGoldens(t *testing.T) []golden {
	t.Helper()
	partly := conflictOf()
	partly.Kind, partly.Taken, partly.OtherPost = wire.KindRequestAmended, true, ""
	return []golden{
		{name: "header-pickup", value: rerouted(t), raw: wire.Marshal(rerouted(t)), decode: erase(wire.DecodeHeader)},
		{name: "change", value: changeOf(t), raw: wire.Marshal(changeOf(t)), decode: erase(wire.DecodeChange)},
		{name: "conflict", value: conflictOf(), raw: wire.Marshal(conflictOf()), decode: erase(wire.DecodeConflict)},
		{name: "conflict-taken", value: partly, raw: wire.Marshal(partly), decode: erase(wire.DecodeConflict)},
		{name: "notice-conflict", value: conflictNotice(), raw: wire.Marshal(conflictNotice()), decode: erase(wire.DecodeNotice)},
	}
}

func TestPickupHeader(t *testing.T) {
	require.NoError(t, rerouted(t).Validate())
	require.True(t, wire.KindPickupChanged.Known())
	require.Equal(t, "request.pickup", wire.KindPickupChanged.String())
	require.Equal(t, wire.Kind(32), wire.KindPickupChanged)
	zero := wire.Digest{}
	for name, spoil := range map[string]func(*wire.Header){
		"ErrNoPickup":  func(h *wire.Header) { h.Pickup = "" },
		"ErrNoKey":     func(h *wire.Header) { h.IntakeKey = 0 },
		"ErrReference": func(h *wire.Header) { h.Reference = "1" },
		"ErrService":   func(h *wire.Header) { h.Service = 1 },
		"ErrImages":    func(h *wire.Header) { h.Images = []wire.Image{{Digest: image, Size: 1}} },
		"ErrReplaces":  func(h *wire.Header) { h.Replaces = &record },
		"ErrSlip":      func(h *wire.Header) { h.SlipHash = &zero },
		"ErrSerial":    func(h *wire.Header) { h.Serial = &zero },
		"ErrOutcome":   func(h *wire.Header) { h.Outcome = 1 },
		"ErrPortal": func(h *wire.Header) {
			h.Source, h.Node, h.Incarnation, h.Seq, h.Post, h.Owner = wire.SourcePortal, wire.NodeID{}, 0, 0, "", &image
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := rerouted(t)
			spoil(&h)
			requireKind(t, fault.Invalid, h.Validate())
		})
	}
}

func TestChange(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*wire.Change)
		want  fault.Kind
	}{
		"OK":           {func(*wire.Change) {}, fault.Other},
		"OKFirst":      {func(c *wire.Change) { c.Again = nil }, fault.Other},
		"ErrVersion":   {func(c *wire.Change) { c.Version = 2 }, fault.Unsupported},
		"ErrReference": {func(c *wire.Change) { c.Reference = "1" }, fault.Invalid},
		"ErrNobody":    {func(c *wire.Change) { c.By = "" }, fault.Invalid},
		"ErrDocument":  {func(c *wire.Change) { c.Document = 5 }, fault.Invalid},
		"ErrUnseen":    {func(c *wire.Change) { c.Document = 0 }, fault.Invalid},
		"ErrAgainZero": {func(c *wire.Change) { c.Again = &wire.RecordID{} }, fault.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			one := changeOf(t)
			c.spoil(&one)
			_, err := wire.DecodeChange(wire.Marshal(one))
			requireKind(t, c.want, err)
		})
	}
	require.Equal(t, "[change] [change]", fmt.Sprintf("%v %+v", changeOf(t), changeOf(t)))
	require.Equal(t, "[change]", changeOf(t).LogValue().String())
}

func TestConflict(t *testing.T) {
	require.Equal(t, []string{"packet", "pickup", "end", ""}, []string{
		wire.FieldPacket.String(), wire.FieldPickup.String(), wire.FieldEnd.String(), wire.Field(9).String(),
	})
	for name, c := range map[string]struct {
		spoil func(*wire.Conflict)
		want  fault.Kind
	}{
		"OK":              {func(*wire.Conflict) {}, fault.Other},
		"OKPortal":        {func(c *wire.Conflict) { c.OtherPost = "" }, fault.Other},
		"ErrVersion":      {func(c *wire.Conflict) { c.Version = 9 }, fault.Unsupported},
		"ErrField":        {func(c *wire.Conflict) { c.Field = 0 }, fault.Invalid},
		"ErrKind":         {func(c *wire.Conflict) { c.Kind = 0 }, fault.Invalid},
		"ErrOther":        {func(c *wire.Conflict) { c.Other = 0 }, fault.Invalid},
		"ErrPickup":       {func(c *wire.Conflict) { c.Pickup = "Lyon" }, fault.Invalid},
		"ErrOtherPost":    {func(c *wire.Conflict) { c.OtherPost = "x" }, fault.Invalid},
		"ErrOtherVersion": {func(c *wire.Conflict) { c.OtherVersion = 0 }, fault.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			one := conflictOf()
			c.spoil(&one)
			_, err := wire.DecodeConflict(wire.Marshal(one))
			requireKind(t, c.want, err)
		})
	}
}

func FuzzDecodeConflict(f *testing.F) {
	f.Add(wire.Marshal(conflictOf()))
	f.Add(wire.Marshal(changeOf(f)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if c, err := wire.DecodeChange(raw); err == nil {
			again, err := wire.DecodeChange(wire.Marshal(c))
			require.NoError(t, err)
			require.Equal(t, c, again)
		}
		c, err := wire.DecodeConflict(raw)
		if err != nil {
			return
		}
		again, err := wire.DecodeConflict(wire.Marshal(c))
		require.NoError(t, err)
		require.Equal(t, c, again)
	})
}
