package records_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub/gateway/records"
	"jaliya/internal/config"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

func recipient(w *world, id string) records.Recipient {
	return records.Recipient{Key: w.office.Public(), Context: records.PacketContext, AAD: records.PacketAAD(id), ID: id}
}

func TestDecodeRequest(t *testing.T) {
	for name, c := range map[string]struct {
		raw  string
		want fault.Kind
	}{
		"OK":             {`{"id":"c-1","state":"received","seq":1}`, 0},
		"OK/Issued":      {`{"id":"c-1","state":"issued","package":"AAAA","seq":2}`, 0},
		"OK/Refused":     {`{"id":"c-1","state":"refused","reason":"fraud","seq":2}`, 0},
		"ErrUnknown":     {`{"id":"c-1","state":"received","seq":1,"found":0}`, fault.Corrupt},
		"ErrTrailing":    {`{"id":"c-1","state":"received","seq":1} {}`, fault.Corrupt},
		"ErrID":          {`{"id":"../c","state":"received","seq":1}`, fault.Corrupt},
		"ErrSeq":         {`{"id":"c-1","state":"received"}`, fault.Corrupt},
		"ErrState":       {`{"id":"c-1","state":"searched","seq":1}`, fault.Unsupported},
		"ErrNoPackage":   {`{"id":"c-1","state":"issued","seq":1}`, fault.Corrupt},
		"ErrPackage":     {`{"id":"c-1","state":"received","package":"AAAA","seq":1}`, fault.Corrupt},
		"ErrBase64":      {`{"id":"c-1","state":"issued","package":"A","seq":1}`, fault.Corrupt},
		"ErrNoReason":    {`{"id":"c-1","state":"refused","seq":1}`, fault.Corrupt},
		"ErrReason":      {`{"id":"c-1","state":"received","reason":"fraud","seq":1}`, fault.Corrupt},
		"ErrOtherReason": {`{"id":"c-1","state":"refused","reason":"deceased","seq":1}`, fault.Corrupt},
		"ErrCase":        {`{"id":"c-1","state":"refused","reason":"FRAUD","seq":1}`, fault.Corrupt},
		"ErrCut":         {`{"id":"c-1","state`, fault.Corrupt},
		"ErrTooLarge":    {strings.Repeat(" ", records.MaxAnswer+1), fault.TooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := records.DecodeRequest([]byte(c.raw))
			require.Equal(t, c.want, fault.KindOf(err), "%v", err)
		})
	}
}

func TestCheckPackage(t *testing.T) {
	one := wire.RecordID{1}
	whole := wire.Package{Record: one, Body: []byte{1}, Bundle: make([]byte, wire.DocumentSize)}
	asked := wire.Package{Record: one, Body: []byte{1}, Bundle: []byte{}}
	require.NoError(t, records.CheckPackage(wire.Marshal(whole), one, records.Issued))
	require.NoError(t, records.CheckPackage(wire.Marshal(asked), one, records.Question))
	for name, c := range map[string]struct {
		raw   []byte
		of    wire.RecordID
		state records.State
	}{
		"ErrRecord":   {wire.Marshal(whole), wire.RecordID{2}, records.Issued},
		"ErrQuestion": {wire.Marshal(whole), one, records.Question},
		"ErrShort":    {wire.Marshal(asked), one, records.Issued},
		"ErrForm":     {[]byte("package"), one, records.Issued},
		"ErrTail":     {append(wire.Marshal(whole), 0), one, records.Issued},
	} {
		t.Run(name, func(t *testing.T) {
			require.True(t, fault.Is(records.CheckPackage(c.raw, c.of, c.state), fault.Corrupt))
		})
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"id":"c-1","state":"issued","package":"AAAA","seq":2}`))
	f.Add([]byte(`{"id":"c-1","state":"refused","reason":"fraud","seq":2}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := records.DecodeRequest(raw)
		if err != nil {
			require.NotContains(t, err.Error(), "\n", "nothing of the answer in the error")
			return
		}
		require.Equal(t, r.State == records.Issued || r.State == records.Question, len(r.Package) > 0)
		require.Equal(t, r.State == records.Refused, r.Reason != 0)
	})
}

func FuzzPackage(f *testing.F) {
	one := wire.RecordID{1}
	f.Add(wire.Marshal(wire.Package{Record: one, Body: []byte{1}, Bundle: []byte{}}))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if records.CheckPackage(raw, one, records.Question) == nil {
			p, err := wire.ParsePackage(raw)
			require.NoError(t, err)
			require.Equal(t, raw, wire.Marshal(p), "one form only")
			require.Empty(t, p.Bundle)
		}
		require.Error(t, records.CheckPackage(raw, wire.RecordID{2}, records.State("none")))
	})
}

func TestConfig(t *testing.T) {
	good := func() records.Config {
		return records.Config{Offices: []records.OfficeConfig{
			{Name: "dgsn", URL: "https://dgsn.example", TokenFile: "t", PacketKey: "k", Services: []consular.Service{consular.RecordPolice}},
			{Name: "justice", URL: "https://justice.example", TokenFile: "t", PacketKey: "k", Services: []consular.Service{consular.RecordJustice}},
		}}
	}
	require.NoError(t, good().Validate())
	for name, c := range map[string]struct {
		change func(*records.Config)
		says   string
	}{
		"ErrNone":     {func(c *records.Config) { c.Offices = nil }, "at least one"},
		"ErrName":     {func(c *records.Config) { c.Offices[0].Name = "D" }, "name"},
		"ErrTwice":    {func(c *records.Config) { c.Offices[1].Name = "dgsn" }, "twice"},
		"ErrService":  {func(c *records.Config) { c.Offices[1].Services = c.Offices[0].Services }, "has an office"},
		"ErrCard":     {func(c *records.Config) { c.Offices[0].Services = []consular.Service{consular.CNIEFirst} }, "no criminal record"},
		"ErrNothing":  {func(c *records.Config) { c.Offices[0].Services = nil }, "services is required"},
		"ErrKey":      {func(c *records.Config) { c.Offices[0].PacketKey = "" }, "packet_key"},
		"ErrURL":      {func(c *records.Config) { c.Offices[0].URL = "http://dgsn.example" }, "https"},
		"ErrAttempts": {func(c *records.Config) { c.Attempts = -1 }, "attempts"},
		"ErrPoll":     {func(c *records.Config) { c.Poll = config.Duration(1 << 50) }, "poll_most"},
		"ErrVoided":   {func(c *records.Config) { c.Voided = config.Duration(31 * time.Minute) }, "30m"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := good()
			c.change(&cfg)
			require.ErrorContains(t, cfg.Validate(), c.says)
		})
	}
}
