package wire_test

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

func staffChange() wire.StaffChange {
	return wire.StaffChange{
		Version: 1, Staff: "LYO-48213", Post: post, Action: wire.StaffAdd, Revision: 1, Role: "agent", Name: "سلمى بنعلي",
		Code: "$argon2id$v=19$m=19456,t=3,p=1$c2FsdA$a2V5", Expires: hubTime + 1, Time: hubTime,
	}
}

func staffEvent() wire.StaffEvent {
	return wire.StaffEvent{Version: 1, Staff: "LYO-48213", Role: "agent", How: wire.StaffBothFactors, Workstation: "192.0.2.17"}
}

func TestGoldenStaff(t *testing.T) {
	for _, g := range []golden{
		{name: "staff-change", value: staffChange(), raw: wire.Marshal(staffChange()), decode: erase(wire.DecodeStaffChange)},
		{name: "staff-event", value: staffEvent(), raw: wire.Marshal(staffEvent()), decode: erase(wire.DecodeStaffEvent)},
		plain("renew-request-desk", wire.RenewRequest{Version: 1, Time: hubTime, DeskCSR: []byte("desk"), DeskNames: []string{"desk.lan"}}),
		plain("renew-request-device", wire.RenewRequest{Version: 1, Time: hubTime, DeviceCSR: []byte("device")}),
		plain("renew-reply-device", wire.RenewReply{Version: 1, Trust: []byte("trust"), Time: hubTime, Device: []byte("device")}),
	} {
		t.Run(g.name, func(t *testing.T) {
			path := filepath.Join("testdata", "v1", g.name+".hex")
			if *update {
				writeHex(t, path, g.raw)
			}
			raw := readHex(t, path)
			require.Equal(t, hex.EncodeToString(raw), hex.EncodeToString(g.raw), "re-encoded")
			for _, one := range [][]byte{raw, with(t, raw)} {
				got, err := g.decode(one)
				require.NoError(t, err)
				require.Equal(t, g.value, got)
			}
		})
	}
}

func TestParseStaffID(t *testing.T) {
	for typed, want := range map[string]wire.StaffID{
		"LYO-48213": "LYO-48213", " lyo-48213 ": "LYO-48213", "lyo 48 213": "LYO-48213", "LYO48213": "LYO-48213",
		"LYO-٤٨٢١٣": "LYO-48213", "": "", "LYO-4821": "", "LYO-482133": "", "48213": "", "LYO": "", "L-48213": "",
		"LYÔ-48213": "", "LYO-4821x": "", strings.Repeat("LYO-48213", 1000): "", "\xff-48213": "",
	} {
		got, err := wire.ParseStaffID(typed)
		if want == "" {
			require.True(t, fault.Is(err, fault.Invalid), typed)
			continue
		}
		require.NoError(t, err, typed)
		require.Equal(t, want, got)
	}
}

func TestNewStaffID(t *testing.T) {
	directory, err := consular.BuiltInDirectory()
	require.NoError(t, err)
	for _, p := range directory.All() {
		id, err := wire.NewStaffID(p.ID, rand.Reader)
		require.NoError(t, err, p.ID)
		again, err := wire.ParseStaffID(string(id))
		require.NoError(t, err)
		require.Equal(t, id, again)
	}
	_, err = wire.NewStaffID(post, bytes.NewReader(nil))
	require.Error(t, err)
}

func TestStaffChange(t *testing.T) {
	cases := map[string]struct {
		edit func(*wire.StaffChange)
		want fault.Kind
	}{
		"OK":              {func(*wire.StaffChange) {}, fault.Other},
		"OKDisable":       {func(c *wire.StaffChange) { *c = disabled(*c) }, fault.Other},
		"ErrVersion":      {func(c *wire.StaffChange) { c.Version = 2 }, fault.Unsupported},
		"ErrStaff":        {func(c *wire.StaffChange) { c.Staff = "x" }, fault.Invalid},
		"ErrPost":         {func(c *wire.StaffChange) { c.Post = "x" }, fault.Invalid},
		"ErrAction":       {func(c *wire.StaffChange) { c.Action = 9 }, fault.Unsupported},
		"ErrRevision":     {func(c *wire.StaffChange) { c.Revision = 0 }, fault.Invalid},
		"ErrNoRole":       {func(c *wire.StaffChange) { c.Role = "" }, fault.Invalid},
		"ErrNoName":       {func(c *wire.StaffChange) { c.Name = "" }, fault.Invalid},
		"ErrLongName":     {func(c *wire.StaffChange) { c.Name = strings.Repeat("x", 161) }, fault.Invalid},
		"ErrNoCode":       {func(c *wire.StaffChange) { c.Code = "" }, fault.Invalid},
		"ErrNoEnd":        {func(c *wire.StaffChange) { c.Expires = 0 }, fault.Invalid},
		"ErrNeedlessCode": {func(c *wire.StaffChange) { c.Action = wire.StaffDisable }, fault.Invalid},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			change := staffChange()
			c.edit(&change)
			_, err := wire.DecodeStaffChange(wire.Marshal(change))
			if c.want == fault.Other {
				require.NoError(t, err)
				return
			}
			require.Equal(t, c.want, fault.KindOf(err))
		})
	}
}

func disabled(c wire.StaffChange) wire.StaffChange {
	return wire.StaffChange{Version: 1, Staff: c.Staff, Post: c.Post, Action: wire.StaffDisable, Revision: 2, Time: c.Time}
}

// TestStaffHeader wants the header of a staff entry to be silent.
func TestStaffHeader(t *testing.T) {
	good := wire.Header{
		Version: 1, Record: record, Kind: wire.KindStaffSignedIn, Source: wire.SourceNode, Node: node,
		Incarnation: incarnation, Seq: 1, Time: hubTime, Post: post, IntakeKey: 1,
	}
	digest, replaced := slip, record
	cases := map[string]func(*wire.Header){
		"OKIn":         func(*wire.Header) {},
		"OKRefused":    func(h *wire.Header) { h.Kind = wire.KindStaffRefused },
		"OKOut":        func(h *wire.Header) { h.Kind = wire.KindStaffSignedOut },
		"ErrReference": func(h *wire.Header) { h.Reference = ref(t) },
		"ErrPortal": func(h *wire.Header) {
			h.Source, h.Node, h.Incarnation, h.Seq = wire.SourcePortal, wire.NodeID{}, 0, 0
		},
		"ErrService":  func(h *wire.Header) { h.Service = 1 },
		"ErrPickup":   func(h *wire.Header) { h.Pickup = post },
		"ErrImages":   func(h *wire.Header) { h.Images = []wire.Image{{Digest: image, Size: 5}} },
		"ErrSlip":     func(h *wire.Header) { h.SlipHash = &digest },
		"ErrReplaces": func(h *wire.Header) { h.Replaces = &replaced },
		"ErrSeen":     func(h *wire.Header) { h.Seen = 1 },
		"ErrOutcome":  func(h *wire.Header) { h.Outcome = 1 },
		"ErrNoKey":    func(h *wire.Header) { h.IntakeKey = 0 },
	}
	for name, edit := range cases {
		t.Run(name, func(t *testing.T) {
			h := good
			edit(&h)
			if err := h.Validate(); strings.HasPrefix(name, "OK") {
				require.NoError(t, err)
			} else {
				require.True(t, fault.Is(err, fault.Invalid), "%v", err)
			}
		})
	}
}

func FuzzDecodeStaff(f *testing.F) {
	f.Add(wire.Marshal(staffChange()))
	f.Add(wire.Marshal(staffEvent()))
	f.Add([]byte{0xa0})
	f.Fuzz(func(t *testing.T, raw []byte) {
		if c, err := wire.DecodeStaffChange(raw); err == nil {
			require.NoError(t, c.Validate())
			require.LessOrEqual(t, len(c.Name), wire.MaxStaffName)
		}
		if e, err := wire.DecodeStaffEvent(raw); err == nil && e.Staff != "" {
			require.NoError(t, e.Staff.Validate())
		}
		if id, err := wire.ParseStaffID(string(raw)); err == nil {
			require.NoError(t, id.Validate())
		}
	})
}
