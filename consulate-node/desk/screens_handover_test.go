package desk_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/desk"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// people are cards of a manifest: an adult with an old card, a child, and
// somebody of seventeen.
func people(tb testing.TB) []wire.ManifestCard {
	tb.Helper()
	who := []wire.ManifestCard{
		{
			Family: consular.Name{Arabic: "الإدريسي", Latin: "El Idrissi"}, Given: consular.Name{Arabic: "أسماء", Latin: "Asmaa"},
			Birth: "1984-02-11", Service: consular.CNIERenewal,
		},
		{
			Family: consular.Name{Arabic: "آيت علي", Latin: "Aït Ali"}, Given: consular.Name{Arabic: "هدى", Latin: "Houda"},
			Birth: "2018-03-01", Service: consular.CNIEFirst,
		},
		{
			Family: consular.Name{Arabic: "فؤاد", Latin: "Fouad"}, Given: consular.Name{Arabic: "فاطمة الزهراء", Latin: "Fatima-Zahra"},
			Birth: "2009-06-24", Service: consular.CNIEFirst,
		},
	}
	for i := range who {
		ref, err := consular.NewReference(strings.NewReader(strings.Repeat(string(rune(1+i)), 4096)))
		require.NoError(tb, err)
		who[i].Reference, who[i].Serial = ref, fmt.Sprintf("CN%07d", 2+i)
	}
	return who
}

// counterScreens is a browser of an agent at a hand-over desk with four cards in
// a pouch.
func counterScreens(tb testing.TB) (*counter, surfer, []wire.ManifestCard) {
	tb.Helper()
	more := people(tb)
	c := newCounter(tb, more...)
	handler := c.screensWith(tb, optionsOf(c))
	return c, surfer{tb: tb, handler: handler, role: "agent", lang: "fr"}, append([]wire.ManifestCard{c.card}, more...)
}

func optionsOf(c *counter) desk.ScreenOptions {
	return desk.ScreenOptions{Handover: c.hand, People: c.door}
}

func (c *counter) page(verb string) string { return "/pouches/" + string(c.label) + verb }

func second(password string) url.Values {
	return url.Values{"second.staff": {"LYO-22222"}, "second.password": {password}, "second.code": {"123456"}}
}

func with(form url.Values, pairs ...string) url.Values {
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return form
}

// opened brings the bag to the table.
func (c *counter) opened(tb testing.TB, s surfer) {
	tb.Helper()
	s.role = "supervisor"
	s.post(c.page("/arrive"), nil)
	s.role = "agent"
	got := s.post(c.page("/open"), with(second("right"), "seal", bagSeal))
	require.Contains(tb, got.text, "0 sur 4")
}

// shelved puts every card on the shelf.
func (c *counter) shelved(tb testing.TB, s surfer, cards []wire.ManifestCard) {
	tb.Helper()
	c.opened(tb, s)
	for _, one := range cards {
		require.Contains(tb, s.post(c.page("/scan"), url.Values{"serial": {one.Serial}}).text, one.Family.Latin)
	}
	require.Contains(tb, s.post(c.page("/count"), url.Values{"missing": {"0"}}).text, "Le compte est bon")
	for _, one := range cards {
		got := s.post("/shelve", url.Values{"safe": {"A"}, "box": {"12"}, "serial": {one.Serial}})
		require.Contains(tb, got.text, "rangée")
		require.Equal(tb, http.StatusOK, got.Code)
	}
}

func TestHandoverScreenPermissions(t *testing.T) {
	c, s, cards := counterScreens(t)
	for _, route := range desk.HandoverScreenRoutes() {
		path := strings.NewReplacer(":pouch", string(c.label), ":reference", cards[0].Reference.Digits()).Replace(route.Path)
		for _, role := range access.Roles() {
			s.role = string(role)
			got := s.do(httptest.NewRequestWithContext(t.Context(), route.Method, path, nil))
			if !role.Has(route.Permission) {
				require.Equal(t, http.StatusForbidden, got.Code, "%s %s %s", role, route.Method, path)
			}
		}
	}
	require.Equal(t, http.StatusNotFound, surfer{tb: t, handler: c.screens(t), role: "agent", lang: "fr"}.get("/pouches").Code,
		"a desk without a hand-over shows no such pages")
}

// TestPouchScreens walks a bag from its announcement to its count.
func TestPouchScreens(t *testing.T) {
	c, s, cards := counterScreens(t)
	require.Contains(t, s.get("/").text, "1 valise à traiter")
	list := s.get("/pouches")
	require.Contains(t, list.text, "enregistrer l&#39;arrivée")
	require.Contains(t, s.post("/pouches", url.Values{"label": {string(c.label)}}).at, c.page(""))
	require.NotContains(t, s.get(c.page("")).text, "Enregistrer l&#39;arrivée", "an agent does not")

	t.Run("ErrLabel", func(t *testing.T) {
		got := s.post("/pouches", url.Values{"label": {"P123"}})
		require.Equal(t, http.StatusUnprocessableEntity, got.Code)
		require.Contains(t, got.text, "16 caractères")
	})
	t.Run("ErrOtherPost", func(t *testing.T) {
		other, err := consular.NewPouchID(consular.Pouch{Post: "IT-MIL", Year: 2026, Serial: 3})
		require.NoError(t, err)
		got := s.post("/pouches", url.Values{"label": {string(other)}})
		require.Contains(t, got.text, "Valise d&#39;un autre poste")
		require.Contains(t, got.text, "Ne l&#39;ouvrez pas")
	})

	s.role = "supervisor"
	require.Contains(t, s.post(c.page("/arrive"), nil).text, "à ouvrir à deux")
	s.role = "agent"
	t.Run("ErrSeal", func(t *testing.T) {
		got := s.post(c.page("/open"), with(second("right"), "seal", ""))
		require.Contains(t, got.text, `href="#seal"`)
		require.Zero(t, c.door.left, "the second person's code is not used up")
	})
	t.Run("ErrAlone", func(t *testing.T) {
		got := s.post(c.page("/open"), url.Values{"seal": {bagSeal}})
		require.Equal(t, http.StatusForbidden, got.Code)
		require.Contains(t, got.text, "Deux personnes sont nécessaires")
		require.Contains(t, got.text, `value="`+bagSeal+`"`, "what was typed stays")
	})
	t.Run("ErrPassword", func(t *testing.T) {
		got := s.post(c.page("/open"), with(second("wrong"), "seal", bagSeal))
		require.Contains(t, got.text, "Accès refusé")
		require.Contains(t, got.text, `value="LYO-22222"`)
		require.NotContains(t, got.text, "wrong")
	})
	require.Contains(t, s.post(c.page("/open"), with(second("right"), "seal", bagSeal)).text, "0 sur 4")
	require.Equal(t, 1, c.door.left)

	t.Run("ErrNotSeated", func(t *testing.T) {
		s := s
		s.role = "agent-2"
		require.Contains(t, s.get(c.page("")).text, "Deux autres personnes comptent")
		require.Equal(t, http.StatusForbidden, s.post(c.page("/scan"), url.Values{"serial": {cards[0].Serial}}).Code)
	})
	got := s.post(c.page("/scan"), url.Values{"serial": {strings.ToLower(cards[0].Serial)}})
	require.Contains(t, got.text, "Reçue")
	require.Contains(t, got.text, cards[0].Family.Arabic)
	require.Contains(t, got.text, "1 sur 4")
	got = s.post(c.page("/scan"), url.Values{"serial": {cards[0].Serial}})
	require.Contains(t, got.text, "Déjà lue")
	require.Contains(t, got.text, "1 sur 4", "scanned twice is harmless")
	require.Contains(t, s.post(c.page("/scan"), url.Values{"serial": {cards[1].Serial}, "damaged": {"1"}}).text, "abîmée")
	got = s.post(c.page("/scan"), url.Values{"serial": {"XX999"}})
	require.Contains(t, got.text, "sur aucun manifeste")
	require.Contains(t, got.text, "1 carte hors manifeste")
	require.Contains(t, s.post(c.page("/scan"), url.Values{"serial": {"!!"}}).text, "lettres, chiffres et tirets")

	got = s.post(c.page("/count"), url.Values{"missing": {"1"}})
	require.Equal(t, http.StatusConflict, got.Code)
	require.Contains(t, got.text, "nombre manquant est différent")
	require.Contains(t, s.post(c.page("/count"), url.Values{"missing": {"x"}}).text, `href="#missing"`)
	got = s.post(c.page("/count"), url.Values{"missing": {"2"}})
	require.Contains(t, got.text, "2 cartes manquantes")
	require.Contains(t, got.text, "1 carte abîmée")
	require.Contains(t, got.text, cards[3].Serial)
	got = s.post(c.page("/scan"), url.Values{"serial": {cards[2].Serial}})
	require.Contains(t, got.text, "Reçue", "a card that is found later")
	require.Contains(t, s.get("/pouches").text, "une différence est signalée")
	require.NotContains(t, c.log.String(), cards[0].Family.Latin)
	require.NotContains(t, c.log.String(), cards[0].Serial)
}

func TestCardOfAnotherPost(t *testing.T) {
	c, s, _ := counterScreens(t)
	v := c.fill(t, c.begin(t))
	r := c.release(t, v)
	c.opened(t, s)
	got := s.post(c.page("/scan"), url.Values{"serial": {"CN7777777"}, "reference": {r.Reference}})
	require.Contains(t, got.text, "sur aucun manifeste", "it is to be collected here, so the bag does not know it")
}

func TestShelveScreens(t *testing.T) {
	c, s, cards := counterScreens(t)
	require.Contains(t, s.get("/shelve").text, "Toutes les cartes reçues sont rangées")
	c.opened(t, s)
	s.post(c.page("/scan"), url.Values{"serial": {cards[0].Serial}})
	s.post(c.page("/scan"), url.Values{"serial": {cards[1].Serial}})
	page := s.get("/shelve")
	require.Contains(t, page.text, "2 cartes à ranger")
	require.NotContains(t, page.text, cards[0].Family.Latin, "a list that hangs open shows nobody")
	require.Contains(t, s.post("/shelve", url.Values{"safe": {"A"}}).text, `href="#serial"`)
	require.Contains(t, s.post("/shelve", url.Values{"safe": {"A"}, "serial": {cards[0].Serial}}).text, "Donnez le coffre et la boîte")
	got := s.post("/shelve", url.Values{"safe": {"A"}, "box": {"12"}, "serial": {"CN9"}})
	require.Contains(t, got.text, "Aucune carte ici")
	got = s.post("/shelve", url.Values{"safe": {"A"}, "box": {"12"}, "serial": {cards[0].Serial}})
	require.Contains(t, got.text, "1 carte à ranger")
	require.Contains(t, got.text, `value="12"`, "the next card goes into the same box")
	got = s.post("/shelve", url.Values{"safe": {"A"}, "box": {"12"}, "serial": {cards[1].Serial}, "defective": {"1"}})
	require.Contains(t, got.text, "elle sera refaite")
	require.Contains(t, got.text, "Cartes à part")
	require.Contains(t, s.get("/").text, "1 carte prête au retrait")
	got = s.post("/cards/"+cards[0].Reference.Digits()+"/place", url.Values{"safe": {"B"}, "box": {"3"}})
	require.Contains(t, got.text, "boîte ")
	require.Contains(t, got.text, "B")
	got = s.post("/cards/"+cards[0].Reference.Digits()+"/place", url.Values{"safe": {"B"}})
	require.Equal(t, http.StatusUnprocessableEntity, got.Code)
}

func TestFindCardScreens(t *testing.T) {
	c, s, cards := counterScreens(t)
	c.shelved(t, s, cards)
	require.Contains(t, s.get("/cards").text, "4 cartes prêtes au retrait")
	ref := cards[1].Reference
	for name, text := range map[string]string{
		"OKArabic": "الادريسي اسماء", "OKLatin": "idrissi-asmaa el", "OKReference": ref.String(), "OKSlip": "jaliya:" + ref.Digits(),
		"OKAddress": "https://suivi.example/#" + ref.Digits() + "-12345678", "OKSerial": cards[1].Serial,
	} {
		t.Run(name, func(t *testing.T) {
			got := s.post("/cards", url.Values{"text": {text}})
			require.Contains(t, got.text, "/cards/"+ref.Digits())
			require.Contains(t, got.text, cards[1].Family.Arabic)
			require.NotContains(t, got.text, "12345678", "what is secret in a slip goes no further")
		})
	}
	require.Contains(t, s.post("/cards", url.Values{"text": {"Nobody"}}).text, "Aucune carte trouvée")
	require.Contains(t, s.post("/cards", url.Values{"text": {" "}}).text, `href="#text"`)
	v := c.fill(t, c.begin(t))
	r := c.release(t, v)
	got := s.post("/cards", url.Values{"text": {r.Reference}})
	require.Contains(t, got.text, "La demande est connue ici")
	require.Contains(t, got.text, "/requests/"+strings.ReplaceAll(r.Reference, " ", ""))
}

func collects(serial string) url.Values {
	return url.Values{
		"face": {"1"}, "print": {"matched"}, "document": {"passport"}, "old_card": {"none"}, "receiver": {"person"},
		"receipt": {"1"}, "pin": {"1"}, "serial": {serial},
	}
}

func TestGiveScreens(t *testing.T) {
	c, s, cards := counterScreens(t)
	c.shelved(t, s, cards)
	path := func(i int, verb string) string { return "/cards/" + cards[i].Reference.Digits() + verb }

	t.Run("ErrEmpty", func(t *testing.T) {
		got := s.post(path(0, "/give"), url.Values{"serial": {cards[0].Serial}})
		require.Equal(t, http.StatusUnprocessableEntity, got.Code)
		for _, field := range []string{"receiver", "document", "face", "print", "old_card"} {
			require.Contains(t, got.text, `href="#`+field+`"`)
		}
	})
	t.Run("ErrOtherCard", func(t *testing.T) {
		require.Contains(t, s.post(path(0, "/give"), collects(cards[1].Serial)).text, "Autre carte")
	})
	t.Run("OK", func(t *testing.T) {
		require.Contains(t, s.get(path(0, "")).text, "aucune procuration")
		got := s.post(path(0, "/give"), collects(cards[0].Serial))
		require.Contains(t, got.text, "Personne suivante")
		require.Contains(t, s.post(path(0, "/give"), collects(cards[0].Serial)).text, "Personne suivante", "a double click")
		s := s
		s.role = "supervisor"
		require.Contains(t, s.post(path(0, "/give"), collects(cards[0].Serial)).text, "Déjà remise")
	})
	t.Run("OKOldCardAndSecond", func(t *testing.T) {
		form := with(collects(cards[1].Serial), "print", "unreadable", "old_card", "none")
		require.Contains(t, s.post(path(1, "/give"), form).text, `href="#old_card"`)
		form = with(form, "old_card", "taken")
		require.Contains(t, s.post(path(1, "/give"), form).text, `href="#old_serial"`)
		form = with(form, "old_serial", "AB123456")
		require.Contains(t, s.post(path(1, "/give"), form).text, "Deux personnes sont nécessaires")
		left := c.door.left
		maps.Copy(form, second("right"))
		require.Contains(t, s.post(path(1, "/give"), form).text, "Personne suivante")
		require.Equal(t, left+1, c.door.left)
	})
	t.Run("OKChild", func(t *testing.T) {
		page := s.get(path(2, ""))
		require.Contains(t, page.text, "moins de 12 ans")
		require.NotContains(t, page.text, `value="person"`)
		form := with(collects(cards[2].Serial), "print", "none", "receiver", "guardian")
		require.Contains(t, s.post(path(2, "/give"), form).text, `href="#guardian"`)
		require.Contains(t, s.post(path(2, "/give"), with(form, "guardian", "Aït Ali Rachid, passeport X1")).text, "Personne suivante")
	})
	t.Run("ErrCheckTwice", func(t *testing.T) {
		page := s.get(path(3, ""))
		failed := url.Values{"attempt": {page.hidden("attempt")}, "failed": {"face"}}
		require.Contains(t, s.post(path(3, "/check"), url.Values{}).text, `href="#failed"`)
		got := s.post(path(3, "/check"), failed)
		require.Contains(t, got.text, "un contrôle a déjà été négatif")
		got = s.post(path(3, "/check"), failed)
		require.Contains(t, got.text, "un contrôle a déjà été négatif", "a double click counts once")
		require.Contains(t, s.post(path(3, "/give"), collects(cards[3].Serial)).text, "Deux personnes")
		failed.Set("attempt", got.hidden("attempt"))
		got = s.post(path(3, "/check"), failed)
		require.Contains(t, got.text, "La plateforme enquête")
		require.NotContains(t, got.text, "/give")
		require.Equal(t, http.StatusConflict, s.post(path(3, "/give"), collects(cards[3].Serial)).Code)
	})
}

// TestStoppedCard: what the hub stops holds at the counter at once.
func TestStoppedCard(t *testing.T) {
	c, s, cards := counterScreens(t)
	c.shelved(t, s, cards)
	c.told(t, cards[0].Reference, workflow.Frozen)
	path := "/cards/" + cards[0].Reference.Digits()
	got := s.get(path)
	require.Contains(t, got.text, "bloquée par la plateforme")
	require.NotContains(t, got.text, path+"/give")
	require.Contains(t, s.post(path+"/give", collects(cards[0].Serial)).text, "Ne remettez pas la carte")
	require.Contains(t, s.get("/shelve").text, cards[0].Serial, "it lies apart")
}

// TestHandoverWords holds every page to its words, in each language.
func TestHandoverWords(t *testing.T) {
	c, s, cards := counterScreens(t)
	var pages []string
	look := func(got seen) {
		require.NotRegexp(t, `[> "](?:handover|desk|web|rule)\.[a-z]`, got.text, got.at)
		require.NotContains(t, got.text, "ZgotmplZ", got.at)
		require.Equal(t, 1, strings.Count(got.text, "<h1"), got.at)
		pages = append(pages, got.at)
	}
	c.shelved(t, s, cards)
	c.nobodyCame(t, cards[2])
	for _, language := range []string{"ar", "fr", "en"} {
		s.lang = language
		for _, path := range []string{
			"/pouches", c.page(""), "/shelve", "/cards", "/leaving", "/cards/" + cards[2].Reference.Digits(),
			"/cards/" + cards[0].Reference.Digits(), "/",
		} {
			look(s.get(path))
		}
		look(s.post("/cards", url.Values{"text": {cards[0].Family.Arabic}}))
		look(s.post("/cards/"+cards[1].Reference.Digits()+"/give", url.Values{}))
		look(s.post(c.page("/scan"), url.Values{"serial": {"ZZ1"}}))
	}
	require.Len(t, pages, 33)
}
