package desk_test

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/desk"
	"jaliya/consulate-node/handover"
	"jaliya/consulate-node/staff"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/seal"
	"jaliya/internal/web"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

const (
	bagLabelSerial = 7
	bagSeal        = "MA-4711"
	cardSerial     = "CN0000001"
)

// doorkeeper is somebody who knows one supervisor's password.
type doorkeeper struct{ left int }

func (d *doorkeeper) Enter(_ context.Context, in staff.Credentials) (staff.Entered, error) {
	if in.Staff != "LYO-22222" || in.Password != "right" || in.Workstation == "" {
		return staff.Entered{}, fault.New(fault.Denied, "test", "", web.CodeSignIn.Cause())
	}
	return staff.Entered{Token: "token"}, nil
}

func (d *doorkeeper) Who(string, bool) (access.Principal, error) {
	return access.Principal{ID: "LYO-22222", Role: access.Supervisor, Surface: access.SurfaceDesk}, nil
}

func (d *doorkeeper) Leave(context.Context, string) error {
	d.left++
	return nil
}

// counter is a post's desk with a hand-over desk beside it, to which a pouch
// with one card was announced.
type counter struct {
	*world
	label   consular.PouchID
	card    wire.ManifestCard
	door    *doorkeeper
	hand    *handover.Handover
	post    *seal.PostKey
	notices wire.NoticeCursor
	cases   uint64
}

func newCounter(tb testing.TB, more ...wire.ManifestCard) *counter {
	tb.Helper()
	w := newWorld(tb)
	c := &counter{world: w, door: &doorkeeper{}}
	post, err := seal.GeneratePostKey(w.dicts)
	require.NoError(tb, err)
	directory, err := consular.BuiltInDirectory()
	require.NoError(tb, err)
	lyon, err := directory.Lookup("FR-LYO")
	require.NoError(tb, err)
	h, err := handover.New(handover.Options{
		Journal: w.journal, DataKey: w.dataKey, PostKey: post, Dictionaries: w.dicts, Post: lyon,
		Intake: func() (seal.IntakePublic, error) { return w.intake.Public(), nil },
		Clock:  func() time.Time { return w.now }, Offset: func() (time.Duration, bool) { return 0, false },
		Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(tb, err)
	desk.NewHandoverAPI(h, w.auth, c.door).Register(w.engine)

	c.label, err = consular.NewPouchID(consular.Pouch{Post: "FR-LYO", Year: 2026, Serial: bagLabelSerial})
	require.NoError(tb, err)
	ref, err := consular.NewReference(strings.NewReader(strings.Repeat("\x07", 4096)))
	require.NoError(tb, err)
	c.card = wire.ManifestCard{
		Reference: ref, Serial: cardSerial, Family: consular.Name{Arabic: familyArabic, Latin: familyLatin},
		Given: consular.Name{Arabic: "سلمى", Latin: "Salma"}, Birth: "1990-05-12", Service: consular.CNIEFirst,
	}
	c.hand, c.post, c.notices = h, post, wire.NoticeGenesis(w.id.Cluster, "FR-LYO")
	c.announces(tb, c.label, append([]wire.ManifestCard{c.card}, more...)...)
	return c
}

// announces is the hub that sends a manifest.
func (c *counter) announces(tb testing.TB, label consular.PouchID, cards ...wire.ManifestCard) {
	tb.Helper()
	m := wire.Manifest{
		Version: 1, Pouch: label, Revision: 1, Seal: bagSeal, Total: uint16(len(cards)), Cards: cards,
	}
	body, err := c.dicts.SealToPost(c.post.Public(), wire.ManifestContext, wire.Marshal(m), wire.ManifestAAD("FR-LYO"))
	require.NoError(tb, err)
	c.hears(tb, wire.Notice{Kind: wire.NoticePouch, Reference: string(label), State: uint8(workflow.PouchClosed), Body: body})
}

// told is the hub's word of a case's state.
func (c *counter) told(tb testing.TB, ref consular.Reference, state workflow.State) {
	tb.Helper()
	c.cases++
	c.hears(tb, wire.Notice{Kind: wire.NoticeCaseMoved, Reference: ref.Digits(), Case: c.cases, State: uint8(state)})
}

func (c *counter) hears(tb testing.TB, n wire.Notice) {
	tb.Helper()
	n.Version, n.Post, n.Seq, n.Time = 1, "FR-LYO", c.notices.Seq+1, c.now.UnixMilli()
	raw := wire.Marshal(n)
	c.notices = c.notices.Next(raw)
	require.NoError(tb, c.journal.StoreNotices([]wire.VerifiedNotice{{Raw: raw, Notice: n, At: c.notices}}))
}

func (c *counter) beside(role access.Role) map[string]string {
	return map[string]string{"Second-Authorization": "Bearer " + c.tokens[role]}
}

func (c *counter) pouchPath(verb string) string { return "/pouches/" + string(c.label) + verb }

func (c *counter) cardPath(verb string) string { return "/cards/" + c.card.Reference.Digits() + verb }

// TestHandoverAPI walks a card from its bag into a hand, by HTTP.
func TestHandoverAPI(t *testing.T) {
	c := newCounter(t)
	var list struct{ Pouches []handover.PouchView }
	c.must(t, call{role: agent, method: http.MethodGet, path: "/pouches"}, &list)
	require.Len(t, list.Pouches, 1)
	require.Equal(t, "CLOSED", strings.TrimPrefix(list.Pouches[0].State, "POUCH_"))

	open := call{role: agent, method: http.MethodPost, path: c.pouchPath("/open"), body: gin.H{"seal": bagSeal}}
	open.header = c.beside(supervisor)
	require.Equal(t, "pouch-not-arrived", c.do(t, open).problem.Code)
	c.must(t, call{role: supervisor, method: http.MethodPost, path: c.pouchPath("/arrive")}, nil)
	for name, header := range map[string]map[string]string{
		"ErrAlone": nil, "ErrOneselfTwice": c.beside(agent), "ErrAuditor": c.beside(access.Auditor),
	} {
		t.Run(name, func(t *testing.T) {
			open.header = header
			a := c.do(t, open)
			require.Equal(t, http.StatusForbidden, a.Code)
			require.Equal(t, "two-persons", a.problem.Code)
		})
	}
	open.header = map[string]string{"Second-Authorization": "Bearer jal_nobody"}
	require.Equal(t, http.StatusUnauthorized, c.do(t, open).Code)
	open.header = c.beside(supervisor)
	var bag handover.PouchView
	c.must(t, open, &bag)
	require.Equal(t, []string{"service:agent", "service:supervisor"}, bag.OpenedBy)

	scan := call{role: agent, method: http.MethodPost, path: c.pouchPath("/scan"), body: gin.H{"serial": cardSerial}}
	var s handover.Scanned
	c.must(t, scan, &s)
	require.Equal(t, handover.FindingReceived, s.Finding)
	require.Equal(t, familyArabic, s.Card.Family.Arabic)
	c.must(t, scan, &s)
	require.Equal(t, handover.FindingAgain, s.Finding)
	reconcile := call{role: supervisor, method: http.MethodPost, path: c.pouchPath("/reconcile"), body: gin.H{"missing": 3}}
	a := c.do(t, reconcile)
	require.Equal(t, http.StatusConflict, a.Code)
	require.Equal(t, "count-other", a.problem.Code)
	reconcile.body = gin.H{"missing": 0}
	c.must(t, reconcile, &bag)
	require.Equal(t, handover.Tally{Total: 1, Received: 1}, bag.Tally)
	c.must(t, call{role: agent, method: http.MethodGet, path: c.pouchPath("")}, &bag)

	c.must(t, call{role: agent, method: http.MethodPost, path: c.cardPath("/shelve"), body: gin.H{"safe": "A", "box": "12"}}, nil)
	var found handover.Found
	c.must(t, call{role: agent, method: http.MethodPost, path: "/cards/search", body: gin.H{"text": familyLatin}}, &found)
	require.Len(t, found.Cards, 1)
	require.Equal(t, "A", found.Cards[0].Safe)
	var v handover.CardView
	c.must(t, call{role: agent, method: http.MethodGet, path: c.cardPath("")}, &v)
	require.Equal(t, "READY", v.State)

	check := gin.H{"attempt": wire.NewRecordID().String(), "failed": "face"}
	c.must(t, call{role: agent, method: http.MethodPost, path: c.cardPath("/check"), body: check}, &v)
	require.True(t, v.Second)
	check["failed"] = "smell"
	require.Equal(t, http.StatusUnprocessableEntity, c.do(t, call{
		role: agent, method: http.MethodPost, path: c.cardPath("/check"), body: check,
	}).Code)

	give := gin.H{
		"serial": cardSerial, "receiver": "person", "document": "passport", "face": true, "print": "matched",
		"receipt": true, "old_card": "none", "pin_letter": true,
	}
	hand := call{role: agent, method: http.MethodPost, path: c.cardPath("/handover"), body: give}
	require.Equal(t, "two-persons", c.do(t, hand).problem.Code, "a check failed before")
	give["second"] = gin.H{"staff": "LYO-22222", "password": "wrong", "code": "1"}
	require.Equal(t, "sign-in-refused", c.do(t, hand).problem.Code)
	give["second"] = gin.H{"staff": "LYO-22222", "password": "right", "code": "1"}
	var g handover.Given
	c.must(t, hand, &g)
	require.Equal(t, "HANDED_OVER", g.Card.State)
	require.Equal(t, 1, c.door.left, "the screen stays the first one's")
	give["print"], give["old_card"] = "", "sold"
	a = c.do(t, hand)
	require.Equal(t, []string{"old_card"}, []string{a.problem.Violations[0].Field})
	require.NotContains(t, c.log.String(), familyLatin)
	require.NotContains(t, c.log.String(), cardSerial)
}

// TestHandoverPermissions: each route asks for what its table says, and refuses
// everybody else before it reads anything.
func TestHandoverPermissions(t *testing.T) {
	c := newCounter(t)
	for _, route := range desk.HandoverRoutes() {
		path := strings.NewReplacer(":pouch", string(c.label), ":reference", c.card.Reference.Digits()).Replace(route.Path)
		for _, role := range append(access.Roles(), nobody) {
			if role.Has(route.Permission) {
				continue
			}
			a := c.do(t, call{role: role, method: route.Method, path: path, body: "not even JSON"})
			want := http.StatusForbidden
			if role == nobody {
				want = http.StatusUnauthorized
			}
			require.Equal(t, want, a.Code, "%s %s as %q", route.Method, route.Path, role)
		}
	}
}
