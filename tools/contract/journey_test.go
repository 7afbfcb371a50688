package contract_test

import (
	"context"
	"encoding/base32"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	contracts "jaliya/deploy/openapi"
	"jaliya/internal/access"
	"jaliya/internal/specimen"
	"jaliya/tools/contract/client/console"
	"jaliya/tools/contract/client/desk"
	"jaliya/tools/contract/client/portal"
)

// TestJourney carries one request through real programs with nothing but the
// generated clients: enrolled and released at the desk, followed on the portal,
// decided and sent at the console, received and handed over at the desk.
func TestJourney(t *testing.T) {
	n := start(t)
	agent := newCounter(t, n.Posts[0].Desk, n.Posts[0].Accounts.token("agent"))
	supervisor := newCounter(t, n.Posts[0].Desk, n.Posts[0].Accounts.token("supervisor"))
	stranger, _ := access.NewToken()
	refused, err := newCounter(t, n.Posts[0].Desk, stranger).ListVisitsWithResponse(t.Context())
	require.NoError(t, err)
	require.NotNil(t, refused.ApplicationProblemJSON401)
	require.Equal(t, "unauthenticated", refused.ApplicationProblemJSON401.Code)

	v, files := visitor(t, n.Posts[0].ID)
	id, version := agent.enrol(n.Posts[0].ID, v, files)
	own, err := agent.ReleaseVisitWithResponse(t.Context(), id, &desk.ReleaseVisitParams{IfMatch: quoted(version)})
	require.NoError(t, err)
	require.NotNil(t, own.ApplicationProblemJSON403, "%s", own.Body)
	released, err := supervisor.ReleaseVisitWithResponse(t.Context(), id, &desk.ReleaseVisitParams{IfMatch: quoted(version)})
	require.NoError(t, err)
	require.NotNil(t, released.JSON200, "%s", released.Body)
	slip := *released.JSON200
	require.NotNil(t, slip.SlipCode)

	eventually(t, "level L2", func() bool {
		got, err := agent.GetRequestWithResponse(t.Context(), slip.Reference)
		return err == nil && got.JSON200 != nil && got.JSON200.Level == "L2"
	})
	proof, err := agent.GetReceiptWithResponse(t.Context(), slip.Reference)
	require.NoError(t, err)
	require.NotNil(t, proof.JSON200, "%s", proof.Body)
	require.True(t, strings.HasPrefix(proof.JSON200.Proof, "JR1-"))

	citizen := newCitizen(t, n.Portal, slip)
	citizen.says("being_verified")
	citizen.mistypes()
	listed(t, n, slip)
	passed(t, n, slip, v)
	label, seal := packed(t, n, slip)
	citizen.says("on_its_way")
	received(agent, supervisor, label, seal)
	handedOver(agent, n.Posts[0].Accounts.token("supervisor"), slip, v)
	citizen.says("handed_over")
}

// citizen holds a slip.
type citizen struct {
	t    *testing.T
	slip desk.Released
	*portal.ClientWithResponses
}

func newCitizen(t *testing.T, base string, slip desk.Released) citizen {
	t.Helper()
	c, err := portal.NewClientWithResponses(base, portal.WithHTTPClient(held(t, contracts.Portal)))
	require.NoError(t, err)
	return citizen{t: t, slip: slip, ClientWithResponses: c}
}

func (c citizen) says(status string) {
	c.t.Helper()
	var last portal.Followed
	eventually(c.t, "the portal to say "+status, func() bool {
		got, err := c.FollowWithResponse(c.t.Context(), portal.FollowInput{Reference: c.slip.Reference, SlipCode: *c.slip.SlipCode})
		if err == nil && got.JSON200 != nil {
			last = *got.JSON200
		}
		return last.PublicStatus == status
	})
	require.Equal(c.t, c.slip.Reference, last.Reference)
	require.NotEmpty(c.t, last.Steps)
}

func (c citizen) mistypes() {
	c.t.Helper()
	got, err := c.FollowWithResponse(c.t.Context(), portal.FollowInput{Reference: c.slip.Reference, SlipCode: "00000000"})
	require.NoError(c.t, err)
	require.NotNil(c.t, got.ApplicationProblemJSON404, "%s", got.Body)
	require.Equal(c.t, "no-match", got.ApplicationProblemJSON404.Code)
}

// signedIn gives the console as an officer sees it.
func signedIn(t *testing.T, n network, role string) *console.ClientWithResponses {
	t.Helper()
	who := n.officer(role)
	c, err := console.NewClientWithResponses(n.Console, console.WithHTTPClient(held(t, contracts.Console)))
	require.NoError(t, err)
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(who.Secret)
	require.NoError(t, err)
	totp := access.TOTPFrom(raw)
	eventually(t, "a code that was not used", func() bool {
		got, err := c.SignInWithResponse(t.Context(), console.SessionInput{
			Officer: who.ID, Password: who.Password, Code: totp.Code(access.StepAt(time.Now())),
		})
		require.NoError(t, err)
		return got.JSON201 != nil
	})
	session, err := c.GetSessionWithResponse(t.Context())
	require.NoError(t, err)
	require.NotNil(t, session.JSON200, "%s", session.Body)
	require.Equal(t, role, session.JSON200.Role)
	return c
}

// listed has a program read by its token what waits: the list that names
// nobody, and no more.
func listed(t *testing.T, n network, slip desk.Released) {
	t.Helper()
	ctx := t.Context()
	program := func(role string) *console.ClientWithResponses {
		c, err := console.NewClientWithResponses(n.Console, console.WithHTTPClient(held(t, contracts.Console)),
			console.WithRequestEditorFn(func(_ context.Context, r *http.Request) error {
				r.Header.Set("Authorization", "Bearer "+n.Programs.token(role))
				return nil
			}))
		require.NoError(t, err)
		return c
	}
	statistics := program("verifier")
	eventually(t, "the case to wait", func() bool {
		waits, err := statistics.ListWaitingWithResponse(ctx)
		require.NoError(t, err)
		require.NotNil(t, waits.JSON200, "%s", waits.Body)
		return len(waits.JSON200.Waiting) == 1 && waits.JSON200.Waiting[0].Reference == slip.Reference
	})
	file, err := statistics.OpenFileWithResponse(ctx, slip.Reference)
	require.NoError(t, err)
	require.NotNil(t, file.ApplicationProblemJSON403, "%s", file.Body)
	require.Equal(t, "person-needed", file.ApplicationProblemJSON403.Code)
	work, err := program("pouch-officer").ListPouchWorkWithResponse(ctx)
	require.NoError(t, err)
	require.NotNil(t, work.JSON200, "%s", work.Body)
	require.Empty(t, work.JSON200.Cards)
}

// passed has a verifier read the packet and let it pass.
func passed(t *testing.T, n network, slip desk.Released, v specimen.Visit) {
	t.Helper()
	ctx, c := t.Context(), signedIn(t, n, "verifier")
	waits, err := c.ListWaitingWithResponse(ctx)
	require.NoError(t, err)
	require.NotNil(t, waits.JSON200, "%s", waits.Body)
	require.Len(t, waits.JSON200.Waiting, 1)
	file, err := c.OpenFileWithResponse(ctx, slip.Reference)
	require.NoError(t, err)
	require.NotNil(t, file.JSON200, "%s", file.Body)
	require.Equal(t, v.Person.Family.Arabic, *file.JSON200.Release.Person.FamilyName.Arabic)
	require.Contains(t, file.JSON200.Offers, "pass")
	image, err := c.OpenImageWithResponse(ctx, slip.Reference, "portrait")
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, image.StatusCode())
	require.NotEmpty(t, image.Body)
	why, err := c.DecideWithResponse(ctx, slip.Reference, console.DecisionInput{
		Order: file.JSON200.Order, Version: file.JSON200.Version, Decision: "refuse",
	})
	require.NoError(t, err)
	require.NotNil(t, why.ApplicationProblemJSON422, "%s", why.Body)
	decided, err := c.DecideWithResponse(ctx, slip.Reference, console.DecisionInput{
		Order: file.JSON200.Order, Version: file.JSON200.Version, Decision: "pass",
	})
	require.NoError(t, err)
	require.NotNil(t, decided.JSON200, "%s", decided.Body)
	work, err := c.ListPouchWorkWithResponse(ctx)
	require.NoError(t, err)
	require.NotNil(t, work.ApplicationProblemJSON403, "a verifier packs nothing")
}

// packed has a pouch officer send the card once it is made.
func packed(t *testing.T, n network, slip desk.Released) (label, seal string) {
	t.Helper()
	ctx, c := t.Context(), signedIn(t, n, "pouch-officer")
	eventually(t, "the card to be made", func() bool {
		work, err := c.ListPouchWorkWithResponse(ctx)
		require.NoError(t, err)
		require.NotNil(t, work.JSON200, "%s", work.Body)
		return len(work.JSON200.Cards) == 1 && work.JSON200.Cards[0].Reference == slip.Reference
	})
	opened, err := c.OpenPouchWithResponse(ctx, console.OpenPouchInput{Post: n.Posts[0].ID})
	require.NoError(t, err)
	require.NotNil(t, opened.JSON200, "%s", opened.Body)
	pouch := *opened.JSON200
	act := func(what string, in console.PouchActInput) {
		t.Helper()
		in.Version = pouch.Version
		got, err := c.ActOnPouchWithResponse(ctx, pouch.Label, what, in)
		require.NoError(t, err)
		require.NotNil(t, got.JSON200, "%s", got.Body)
		pouch = *got.JSON200
	}
	seal = "MA-000017"
	act("pack", console.PouchActInput{Reference: &slip.Reference})
	act("close", console.PouchActInput{Seal: &seal})
	eventually(t, "the post to have the manifest", func() bool {
		got, err := c.GetPouchWithResponse(ctx, pouch.Label)
		require.NoError(t, err)
		require.NotNil(t, got.JSON200, "%s", got.Body)
		pouch = *got.JSON200
		return pouch.Told
	})
	act("send", console.PouchActInput{Waybill: new("RR123456785MA")})
	require.Equal(t, "POUCH_IN_TRANSIT", pouch.State)
	return pouch.Label, seal
}

// received has two persons open the pouch and put the card into its place.
func received(agent, supervisor counter, label, seal string) {
	t, ctx := agent.t, agent.t.Context()
	t.Helper()
	arrived, err := supervisor.ReceivePouchWithResponse(ctx, label)
	require.NoError(t, err)
	require.NotNil(t, arrived.JSON200, "%s", arrived.Body)
	alone, err := agent.OpenPouchWithResponse(ctx, label, &desk.OpenPouchParams{}, desk.OpenInput{Seal: seal})
	require.NoError(t, err)
	require.NotNil(t, alone.ApplicationProblemJSON403, "%s", alone.Body)
	require.Equal(t, "two-persons", alone.ApplicationProblemJSON403.Code)
	opened, err := supervisor.OpenPouchWithResponse(ctx, label, &desk.OpenPouchParams{SecondAuthorization: agent.bearer()}, desk.OpenInput{Seal: seal})
	require.NoError(t, err)
	require.NotNil(t, opened.JSON200, "%s", opened.Body)
	require.Len(t, opened.JSON200.Cards, 1)
	line := opened.JSON200.Cards[0]
	scanned, err := agent.ScanCardWithResponse(ctx, label, desk.ScanInput{Serial: line.Serial})
	require.NoError(t, err)
	require.NotNil(t, scanned.JSON200, "%s", scanned.Body)
	require.Equal(t, "received", scanned.JSON200.Finding)
	counted, err := agent.ReconcilePouchWithResponse(ctx, label, desk.ReconcileInput{})
	require.NoError(t, err)
	require.NotNil(t, counted.JSON200, "%s", counted.Body)
	shelved, err := agent.ShelveCardWithResponse(ctx, line.Reference, desk.ShelveInput{Safe: "A", Box: "12"})
	require.NoError(t, err)
	require.NotNil(t, shelved.JSON200, "%s", shelved.Body)
}

// handedOver finds the card by name and gives it to its owner.
func handedOver(agent counter, second string, slip desk.Released, v specimen.Visit) {
	t, ctx := agent.t, agent.t.Context()
	t.Helper()
	found, err := agent.FindCardsWithResponse(ctx, desk.SearchInput{Text: v.Person.Family.Arabic})
	require.NoError(t, err)
	require.NotNil(t, found.JSON200, "%s", found.Body)
	require.Len(t, found.JSON200.Cards, 1)
	card := found.JSON200.Cards[0]
	require.Equal(t, slip.Reference, card.Reference)
	give := func() *desk.Given {
		got, err := agent.HandOverCardWithResponse(ctx, slip.Reference,
			&desk.HandOverCardParams{SecondAuthorization: new("Bearer " + second)}, desk.GiveInput{
				Serial: card.Serial, Receiver: "person", Document: "passport", Face: new(true), Print: "matched", Receipt: new(true),
				SlipCode: slip.SlipCode, OldCard: "none", PinLetter: new(true),
			})
		require.NoError(t, err)
		require.NotNil(t, got.JSON200, "%s", got.Body)
		return got.JSON200
	}
	require.False(t, give().Repeated)
	require.True(t, give().Repeated, "the same again is no second hand-over")
}

// bearer gives what a counter's requests carry, for the one beside it.
func (c counter) bearer() *string {
	r, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, "http://localhost", http.NoBody)
	require.NoError(c.t, err)
	inner, ok := c.ClientInterface.(*desk.Client)
	require.True(c.t, ok)
	for _, edit := range inner.RequestEditors {
		require.NoError(c.t, edit(context.Background(), r))
	}
	return new(r.Header.Get("Authorization"))
}
