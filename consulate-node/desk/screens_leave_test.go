package desk_test

import (
	"maps"
	"net/http"
	"net/url"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/handover"
	"jaliya/internal/consular"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

func bagTo(tb testing.TB, post consular.PostID, back bool) string {
	tb.Helper()
	id, err := consular.NewPouchID(consular.Pouch{Post: post, Year: 2026, Serial: 11, Return: back})
	require.NoError(tb, err)
	return string(id)
}

// nobodyCame is the hub's word after 180 days.
func (c *counter) nobodyCame(tb testing.TB, card wire.ManifestCard) {
	tb.Helper()
	for _, state := range []workflow.State{workflow.Received, workflow.Ready, workflow.Unclaimed} {
		c.told(tb, card.Reference, state)
	}
}

func TestTransferScreens(t *testing.T) {
	c, s, cards := counterScreens(t)
	c.shelved(t, s, cards)
	path := "/cards/" + cards[0].Reference.Digits()
	for _, bad := range []string{"", "FR-LYO", "ZZ-ZZZ"} {
		got := s.post(path+"/transfer", url.Values{"post": {bad}})
		require.Equal(t, http.StatusUnprocessableEntity, got.Code)
		require.Contains(t, got.text, `href="#post"`)
	}
	got := s.post(path+"/transfer", url.Values{"post": {"BE-BRU"}})
	require.Contains(t, got.text, "retire dans un autre poste")
	require.NotContains(t, got.text, path+"/give")
	require.NotContains(t, got.text, path+"/send", "a supervisor packs")
	require.Contains(t, s.get("/").text, "1 carte à faire partir")
	require.Contains(t, s.get("/leaving").text, cards[0].Serial)
	require.NotContains(t, s.get("/leaving").text, cards[0].Family.Latin)
	require.Contains(t, s.post(path+"/stay", nil).text, "prête au retrait")
	s.post(path+"/transfer", url.Values{"post": {"BE-BRU"}})
	require.Equal(t, http.StatusForbidden, s.post(path+"/send", url.Values{"label": {bagTo(t, "BE-BRU", false)}}).Code)
	s.role = "supervisor"
	require.Contains(t, s.post(path+"/send", url.Values{"label": {"P1"}}).text, `href="#label"`)
	require.Contains(t, s.post(path+"/send", url.Values{"label": {bagTo(t, "IT-MIL", false)}}).text, "Valise d&#39;un autre poste")
	got = s.post(path+"/send", url.Values{"label": {bagTo(t, "BE-BRU", false)}})
	require.Contains(t, got.text, "Elle n&#39;est plus à ce poste")
	require.NotContains(t, s.get("/").text, "à faire partir")
}

func TestUnclaimedScreens(t *testing.T) {
	c, s, cards := counterScreens(t)
	c.shelved(t, s, cards)
	for _, one := range cards[:3] {
		c.nobodyCame(t, one)
	}
	path := func(i int, verb string) string { return "/cards/" + cards[i].Reference.Digits() + verb }
	require.Contains(t, s.get("/leaving").text, "non réclamée")
	require.Contains(t, s.get("/").text, "3 cartes à faire partir")

	t.Run("OKReclaim", func(t *testing.T) {
		require.Contains(t, s.post(path(0, "/reclaim"), nil).text, "prête au retrait")
		require.Contains(t, s.post(path(0, "/give"), collects(cards[0].Serial)).text, "Personne suivante")
	})
	t.Run("ErrEnd", func(t *testing.T) {
		left := c.door.left
		require.Contains(t, s.post(path(1, "/end"), second("right")).text, `href="#end"`)
		require.Contains(t, s.post(path(1, "/end"), with(second("right"), "end", "back")).text, `href="#label"`)
		got := s.post(path(1, "/end"), with(second("right"), "end", "destroy"))
		require.Contains(t, got.text, `href="#serial"`)
		require.Contains(t, got.text, `href="#method"`)
		require.Equal(t, left, c.door.left, "the second person's code is not used up")
		got = s.post(path(1, "/end"), url.Values{"end": {"destroy"}, "serial": {cards[1].Serial}, "method": {"cut"}})
		require.Contains(t, got.text, "Deux personnes sont nécessaires")
		got = s.post(path(1, "/end"), with(second("right"), "end", "destroy", "serial", cards[2].Serial, "method", "cut"))
		require.Contains(t, got.text, "Autre carte")
	})
	t.Run("OKDestroyed", func(t *testing.T) {
		form := with(second("right"), "end", "destroy", "serial", cards[1].Serial, "method", "shredded", "witness", "Le consul")
		got := s.post(path(1, "/end"), form)
		require.Contains(t, got.text, "détruite")
		require.NotContains(t, got.text, path(1, "/reclaim"))
		require.Equal(t, http.StatusConflict, s.post(path(1, "/reclaim"), nil).Code)
	})
	t.Run("OKSentBack", func(t *testing.T) {
		got := s.post(path(2, "/end"), with(second("right"), "end", "back", "label", bagTo(t, "FR-LYO", true)))
		require.Contains(t, got.text, "renvoyée")
	})
}

// TestLeaveAPI does the same by HTTP.
func TestLeaveAPI(t *testing.T) {
	more := people(t)
	c := newCounter(t, more...)
	s := surfer{tb: t, handler: c.screensWith(t, optionsOf(c)), role: "agent", lang: "fr"}
	cards := append([]wire.ManifestCard{c.card}, more...)
	c.shelved(t, s, cards)
	do := func(i int, verb string, body gin.H, header map[string]string) answer {
		t.Helper()
		return c.do(t, call{
			role: agent, method: http.MethodPost, path: "/cards/" + cards[i].Reference.Digits() + verb, body: body, header: header,
		})
	}
	var v handover.CardView
	c.must(t, call{role: agent, method: http.MethodPost, path: c.cardPath("/transfer"), body: gin.H{"post": "BE-BRU"}}, &v)
	require.Equal(t, "TRANSFER", v.State)
	require.Equal(t, "pouch-other-post", c.do(t, call{
		role: supervisor, method: http.MethodPost, path: c.cardPath("/transfer/send"), body: gin.H{"pouch": bagTo(t, "IT-MIL", false)},
	}).problem.Code)
	require.Equal(t, http.StatusOK, do(0, "/transfer/withdraw", nil, nil).Code)
	require.Equal(t, http.StatusBadRequest, do(0, "/transfer", gin.H{"to": "BE-BRU"}, nil).Code)
	require.Equal(t, http.StatusUnprocessableEntity, do(0, "/transfer", gin.H{"post": "Brussels"}, nil).Code)

	c.nobodyCame(t, cards[1])
	c.nobodyCame(t, cards[2])
	destroy := gin.H{"serial": cards[1].Serial, "method": "cut", "witness": "The consul"}
	require.Equal(t, "two-persons", do(1, "/destroy", destroy, nil).problem.Code)
	wrong := maps.Clone(destroy)
	wrong["method"] = "eaten"
	require.Equal(t, http.StatusUnprocessableEntity, do(1, "/destroy", wrong, c.beside(supervisor)).Code)
	require.Equal(t, http.StatusOK, do(1, "/destroy", destroy, c.beside(supervisor)).Code)
	require.Equal(t, "card-stopped", do(1, "/reclaim", nil, nil).problem.Code)
	require.Equal(t, http.StatusOK, do(2, "/reclaim", nil, nil).Code)
	require.Equal(t, "card-not-ready", do(2, "/send-back", gin.H{"pouch": bagTo(t, "FR-LYO", true)}, c.beside(supervisor)).problem.Code)

	var stock handover.Stock
	c.must(t, call{role: agent, method: http.MethodGet, path: "/cards"}, &stock)
	require.Len(t, stock.Ready, 3)
}
