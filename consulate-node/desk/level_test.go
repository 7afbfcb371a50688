package desk_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/desk"
)

// TestDraftsAreOfThePostAlone: while a visit is open neither the bar nor the
// list nor the API says more of it than that it is saved here.
func TestDraftsAreOfThePostAlone(t *testing.T) {
	w := newWorld(t)
	who := surfer{tb: t, handler: w.screens(t), role: "agent", lang: "fr"}
	require.Contains(t, who.get("/live").text, "Tout est sécurisé au niveau national.")

	w.begin(t)
	said := who.get("/live").text
	require.NotContains(t, said, "Tout est sécurisé")
	require.Contains(t, said, "Tout ce qui est validé est sécurisé au niveau national. 1 dossier en cours n&#39;est enregistré qu&#39;à ce poste.")
	require.Contains(t, who.get("/").text, `badge l1`)

	var list struct{ Visits []desk.Summary }
	w.must(t, call{role: agent, method: http.MethodGet, path: "/visits"}, &list)
	require.Len(t, list.Visits, 1)
	require.Equal(t, "L1", string(list.Visits[0].Level))

	status := who.get("/status").text
	require.Contains(t, status, "badge l1")
	require.Contains(t, status, "badge l2")
	require.NotContains(t, status, "badge l3", "no backup target: L3 is never shown")
	require.Contains(t, status, "L2 est aujourd&#39;hui le niveau le plus élevé ici")
}
