package handover_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/handover"
	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/journal/journaltest"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/seal"
	"jaliya/internal/web"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// world is a post's hand-over desk over a real journal on disk, and a hub that
// says what the test wants.
type world struct {
	tb       testing.TB
	dir      string
	kit      *journaltest.Kit
	journal  *journal.Journal
	desk     *handover.Handover
	intake   *seal.IntakeKeys
	post     *seal.PostKey
	data     *seal.DataKey
	dicts    *seal.Dictionaries
	log      *bytes.Buffer
	now      time.Time
	noIntake bool
	version  uint64 // of cases, as the hub counts
}

var (
	agent      = access.Principal{ID: "LYO-11111", Name: "Agent", Role: access.Agent}
	colleague  = access.Principal{ID: "LYO-33333", Name: "Colleague", Role: access.Agent}
	supervisor = access.Principal{ID: "LYO-22222", Name: "Supervisor", Role: access.Supervisor}
	auditor    = access.Principal{ID: "LYO-44444", Role: access.Auditor}
	nobody     = access.Principal{}
)

func newWorld(tb testing.TB) *world {
	tb.Helper()
	w := &world{tb: tb, dir: tb.TempDir(), log: &bytes.Buffer{}, now: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)}
	var err error
	w.kit, err = journaltest.New(11)
	require.NoError(tb, err)
	w.dicts, err = seal.NewDictionaries(0, nil)
	require.NoError(tb, err)
	w.intake, err = seal.GenerateIntakeKeys(w.dicts)
	require.NoError(tb, err)
	w.post, err = seal.GeneratePostKey(w.dicts)
	require.NoError(tb, err)
	w.data, err = seal.NewDataKey()
	require.NoError(tb, err)
	w.start()
	tb.Cleanup(func() { require.NoError(tb, w.journal.Close()) })
	return w
}

func (w *world) start() {
	w.tb.Helper()
	var err error
	w.journal, err = journal.Open(w.dir, w.kit.Options())
	require.NoError(w.tb, err)
	directory, err := consular.BuiltInDirectory()
	require.NoError(w.tb, err)
	post, err := directory.Lookup(w.kit.Identity.Post)
	require.NoError(w.tb, err)
	w.desk, err = handover.New(handover.Options{
		Journal: w.journal, DataKey: w.data, PostKey: w.post, Dictionaries: w.dicts, Post: post,
		Intake: func() (seal.IntakePublic, error) {
			if w.noIntake {
				return seal.IntakePublic{}, fault.New(fault.NotFound, "node: find intake key", "", nil)
			}
			return w.intake.Public(), nil
		},
		Clock:  func() time.Time { return w.now },
		Offset: func() (time.Duration, bool) { return 250 * time.Millisecond, true },
		Logger: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	require.NoError(w.tb, err)
}

// restart is the end of the process and its next start.
func (w *world) restart() {
	w.tb.Helper()
	require.NoError(w.tb, w.journal.Close())
	w.start()
}

// hears stores what the hub says.
func (w *world) hears(notices ...wire.Notice) {
	w.tb.Helper()
	s, err := w.journal.State()
	require.NoError(w.tb, err)
	for i := range notices {
		notices[i].Time = w.now.UnixMilli()
	}
	require.NoError(w.tb, w.journal.StoreNotices(w.kit.Notices(s.Notices, notices...)))
}

// told is the hub's word of a case's state.
func (w *world) told(ref consular.Reference, state workflow.State) {
	w.tb.Helper()
	w.version++
	w.hears(wire.Notice{Kind: wire.NoticeCaseMoved, Reference: ref.Digits(), Case: w.version, State: uint8(state)})
}

const sealNumber = "MA-778812"

func label(tb testing.TB, post consular.PostID, serial int) consular.PouchID {
	tb.Helper()
	id, err := consular.NewPouchID(consular.Pouch{Post: post, Year: 2026, Serial: serial})
	require.NoError(tb, err)
	return id
}

// names are people of a pouch; the first ones are looked for by tests.
var names = []struct{ family, given consular.Name }{
	{consular.Name{Arabic: "الإدريسي", Latin: "El Idrissi"}, consular.Name{Arabic: "أسماء", Latin: "Asmaa"}},
	{consular.Name{Arabic: "بنزكوروفيتش", Latin: "Benzakourovitch"}, consular.Name{Arabic: "عبد المغيث", Latin: "Abd-el-Mughîth"}},
	{consular.Name{Arabic: "آيت علي", Latin: "Aït Ali"}, consular.Name{Arabic: "هدى", Latin: "Houda"}},
	{consular.Name{Arabic: "فؤاد", Latin: "Fouad"}, consular.Name{Arabic: "فاطمة الزهراء", Latin: "Fatima-Zahra"}},
	{consular.Name{Arabic: "العلوي", Latin: "Alaoui"}, consular.Name{Arabic: "سلمى", Latin: "Salma"}},
}

// cards gives n lines of a manifest. The first six have names of their own; the
// third is a child, the fourth a minor.
func (w *world) cards(n int, from int) []wire.ManifestCard {
	w.tb.Helper()
	out := make([]wire.ManifestCard, n)
	for i := range out {
		who := names[i%len(names)]
		digits := fmt.Sprintf("%016d", 7_000_000_000_000_000+from+i)
		ref, err := referenceOf(digits)
		require.NoError(w.tb, err)
		out[i] = wire.ManifestCard{
			Reference: ref, Serial: fmt.Sprintf("CN%07d", from+i), Family: who.family, Given: who.given,
			Birth: "1990-05-12", Service: consular.CNIEFirst,
		}
	}
	if n > 3 {
		out[2].Birth, out[3].Birth = "2018-03-01", "2009-12-24"
	}
	return out
}

// referenceOf finds the check digits of sixteen digits.
func referenceOf(digits string) (consular.Reference, error) {
	var err error
	for check := range 100 {
		var ref consular.Reference
		if ref, err = consular.ParseReference(fmt.Sprintf("%s%02d", digits, check)); err == nil {
			return ref, nil
		}
	}
	return "", err
}

// announces sends a manifest in parts of at most forty cards.
func (w *world) announces(id consular.PouchID, revision uint64, cards []wire.ManifestCard) {
	w.tb.Helper()
	for at := 0; at < len(cards); at += 40 {
		w.announcesPart(wire.Manifest{
			Version: 1, Pouch: id, Revision: revision, Seal: sealNumber, Total: uint16(len(cards)),
			Cards: cards[at:min(at+40, len(cards))],
		})
	}
}

func (w *world) announcesPart(m wire.Manifest) {
	w.tb.Helper()
	w.announcesIn(m, workflow.PouchClosed)
}

// announcesIn sends a part of the manifest of a bag that stands at a state.
func (w *world) announcesIn(m wire.Manifest, state workflow.State) {
	w.tb.Helper()
	require.NoError(w.tb, m.Validate())
	body, err := w.dicts.SealToPost(w.post.Public(), wire.ManifestContext, wire.Marshal(m), wire.ManifestAAD(w.kit.Identity.Post))
	require.NoError(w.tb, err)
	require.LessOrEqual(w.tb, len(body), wire.MaxNoticeBody)
	w.hears(wire.Notice{Kind: wire.NoticePouch, State: uint8(state), Body: body})
}

// opened is a bag that two persons have opened.
func (w *world) opened(n int) (consular.PouchID, []wire.ManifestCard) {
	w.tb.Helper()
	id, cards := label(w.tb, "FR-LYO", 1), w.cards(n, 1)
	w.announces(id, 1, cards)
	_, err := w.desk.Arrive(w.tb.Context(), supervisor, string(id))
	require.NoError(w.tb, err)
	_, err = w.desk.Open(w.tb.Context(), agent, handover.OpenInput{Pouch: string(id), Second: supervisor, Seal: sealNumber})
	require.NoError(w.tb, err)
	return id, cards
}

func (w *world) scan(id consular.PouchID, serial string) handover.Scanned {
	w.tb.Helper()
	s, err := w.desk.Scan(w.tb.Context(), agent, handover.ScanInput{Pouch: string(id), Serial: serial})
	require.NoError(w.tb, err)
	return s
}

// shelved is a bag of which every card lies on the shelf.
func (w *world) shelved(n int) []wire.ManifestCard {
	w.tb.Helper()
	id, cards := w.opened(n)
	for _, c := range cards {
		w.scan(id, c.Serial)
		w.shelve(c.Reference)
	}
	return cards
}

func (w *world) shelve(ref consular.Reference) handover.CardView {
	w.tb.Helper()
	v, err := w.desk.Shelve(w.tb.Context(), agent, handover.ShelveInput{Reference: string(ref), Safe: "A", Box: "12"})
	require.NoError(w.tb, err)
	return v
}

func (w *world) card(ref consular.Reference) handover.CardView {
	w.tb.Helper()
	v, err := w.desk.Card(w.tb.Context(), agent, string(ref))
	require.NoError(w.tb, err)
	return v
}

// collects is a hand-over to an adult with nothing out of the ordinary.
func collects(c wire.ManifestCard) handover.GiveInput {
	return handover.GiveInput{
		Reference: string(c.Reference), Serial: c.Serial, Receiver: wire.ReceiverPerson, Document: wire.ShownPassport,
		Face: true, Print: wire.PrintMatched, OldCard: wire.OldCardNone, PIN: true,
	}
}

func (w *world) give(c wire.ManifestCard) handover.Given {
	w.tb.Helper()
	g, err := w.desk.Give(w.tb.Context(), agent, collects(c))
	require.NoError(w.tb, err)
	return g
}

// entry is one line of the journal, opened as the hub will.
type entry struct {
	header wire.Header
	body   wire.Custody
}

// entries opens the whole journal.
func (w *world) entries() []entry {
	w.tb.Helper()
	at, err := w.journal.Position(0)
	require.NoError(w.tb, err)
	var out []entry
	for {
		raw, err := w.journal.ReadAfter(at, 64)
		require.NoError(w.tb, err)
		if len(raw) == 0 {
			return out
		}
		for _, e := range raw {
			at = at.Next(e)
			h, err := e.Check()
			require.NoError(w.tb, err)
			require.NoError(w.tb, h.Validate())
			if h.Kind == wire.KindRequestReleased {
				continue
			}
			opened, err := w.intake.Open(e.Body, h.Record, wire.BodyAAD(h.Record, h.Kind))
			require.NoError(w.tb, err)
			body, err := wire.DecodeCustody(opened.Body())
			require.NoError(w.tb, err)
			require.NoError(w.tb, body.ValidateFor(h.Kind))
			out = append(out, entry{h, body})
		}
	}
}

// said counts the entries of a kind.
func (w *world) said(kind wire.Kind) (found []entry) {
	w.tb.Helper()
	for _, e := range w.entries() {
		if e.header.Kind == kind {
			found = append(found, e)
		}
	}
	return found
}

func wantCode(tb testing.TB, code web.Code, err error) {
	tb.Helper()
	require.Error(tb, err)
	require.Equal(tb, string(code), web.ProblemOf(err, web.English).Code)
}
