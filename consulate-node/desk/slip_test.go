package desk_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/desk"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/web"
	"jaliya/internal/wire"
)

func TestCheckPortal(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"", "https://portal.example.ma", "https://portal.example.ma:8443", "http://127.0.0.1:8080"} {
		require.NoError(t, desk.CheckPortal(good), good)
	}
	for _, bad := range []string{
		"portal.example.ma", "http://portal.example.ma", "https://portal.example.ma/", "https://a@portal.example.ma", "https://portal.example.ma/?x",
	} {
		require.Error(t, desk.CheckPortal(bad), bad)
	}
}

// TestSlipToken: the header names the digest of the token in the QR code; the
// token itself is on the slip alone, and forgotten with its code.
func TestSlipToken(t *testing.T) {
	w := newWorld(t)
	r := w.release(t, w.fill(t, w.begin(t)))
	visit, err := wire.ParseRecordID(r.Visit)
	require.NoError(t, err)
	who := access.Principal{ID: "service:agent", Role: agent}
	slip, err := w.desk.Slip(t.Context(), who, visit)
	require.NoError(t, err)
	token, err := consular.ParseFollowToken(slip.Token)
	require.NoError(t, err)
	h, err := w.journal.ByRecord(visit)
	require.NoError(t, err)
	require.Equal(t, wire.Digest(token.Digest()), *h.Token)

	drawn := func(o desk.ScreenOptions, text string) {
		t.Helper()
		page := surfer{tb: t, handler: w.screensWith(t, o), role: "supervisor", lang: "fr"}.get("/visits/" + r.Visit + "/released")
		qr, err := web.NewQR(text)
		require.NoError(t, err)
		require.Contains(t, page.text, qr.Path)
	}
	drawn(desk.ScreenOptions{Portal: "https://portal.example.ma"}, "https://portal.example.ma/t/"+slip.Token)
	drawn(desk.ScreenOptions{}, "jaliya:"+string(slip.Reference))
	scan(t, w.dir, slip.Token)

	w.secure(t)
	v := w.amended(t, r, r.SlipCode)
	again := w.release(t, w.fill(t, v))
	kept, err := wire.ParseRecordID(again.Visit)
	require.NoError(t, err)
	slip, err = w.desk.Slip(t.Context(), who, kept)
	require.NoError(t, err)
	require.Empty(t, slip.Token, "the slip that the person holds stays good, with its token")
	h, err = w.journal.ByRecord(kept)
	require.NoError(t, err)
	require.Nil(t, h.Token)

	require.NoError(t, w.desk.SlipGiven(t.Context(), who, visit))
	slip, err = w.desk.Slip(t.Context(), who, visit)
	require.NoError(t, err)
	require.Empty(t, slip.Token)
}
