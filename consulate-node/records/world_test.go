package records_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/journal/journaltest"
	"jaliya/consulate-node/records"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/document"
	"jaliya/internal/fault"
	"jaliya/internal/ipp"
	"jaliya/internal/ipp/ipptest"
	"jaliya/internal/seal"
	"jaliya/internal/web"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// world is a post over a real journal on disk, a printer that speaks IPP, and a
// hub that says what the test wants.
type world struct {
	tb      testing.TB
	dir     string
	kit     *journaltest.Kit
	journal *journal.Journal
	records *records.Records
	intake  *seal.IntakeKeys
	post    *seal.PostKey
	data    *seal.DataKey
	dicts   *seal.Dictionaries
	log     *bytes.Buffer
	now     time.Time
	printer *ipptest.Printer
	version uint64
	stop    func()

	mu      sync.Mutex // guards all below
	offline bool
	objects map[wire.Digest][]byte
	part    func(wire.FetchRequest) error // a failure of the link
	asked   []wire.FetchRequest
}

var (
	agent      = access.Principal{ID: "LYO-11111", Name: "Agent", Role: access.Agent}
	colleague  = access.Principal{ID: "LYO-33333", Name: "Colleague", Role: access.Agent}
	supervisor = access.Principal{ID: "LYO-22222", Name: "Supervisor", Role: access.Supervisor}
	auditor    = access.Principal{ID: "LYO-44444", Role: access.Auditor}
	admin      = access.Principal{ID: "LYO-55555", Role: access.PostAdmin}
)

const canary = "CANARY-4711-EXTRACT"

// pdf is a document in which a canary stands.
var pdf = append([]byte("%PDF-1.7\n"), bytes.Repeat([]byte(canary+"\n"), 9000)...)

const code = consular.SlipCode("48392015")

func newWorld(tb testing.TB) *world {
	tb.Helper()
	w := &world{
		tb: tb, dir: tb.TempDir(), log: &bytes.Buffer{}, now: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC),
		printer: ipptest.New(tb), objects: map[wire.Digest][]byte{},
	}
	var err error
	w.kit, err = journaltest.New(17)
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
	tb.Cleanup(func() {
		w.stop()
		require.NoError(tb, w.journal.Close())
	})
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
	printer, err := ipp.New(ipp.Options{URI: w.printer.URI(), Poll: time.Millisecond, Wait: 5 * time.Second})
	require.NoError(w.tb, err)
	w.tb.Cleanup(printer.Close)
	w.records, err = records.New(records.Options{
		Journal: w.journal, DataKey: w.data, PostKey: w.post, Dictionaries: w.dicts, Post: post,
		Intake:    func() (seal.IntakePublic, error) { return w.intake.Public(), nil },
		Clock:     func() time.Time { return w.now },
		Offset:    func() (time.Duration, bool) { return 250 * time.Millisecond, true },
		Connected: func() bool { w.mu.Lock(); defer w.mu.Unlock(); return !w.offline },
		Part:      w.fetch, Printer: printer,
		Logger: slog.New(slog.NewTextHandler(&locked{w: w}, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	require.NoError(w.tb, err)
	w.records.RetryAfter(time.Millisecond)
	require.NoError(w.tb, w.records.Hear())
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.records.Run(ctx) }()
	w.stop = sync.OnceFunc(func() {
		cancel()
		require.NoError(w.tb, <-done)
	})
}

// locked writes to the log of a world.
type locked struct{ w *world }

func (l *locked) Write(p []byte) (int, error) {
	l.w.mu.Lock()
	defer l.w.mu.Unlock()
	return l.w.log.Write(p)
}

// restart is the end of the process and its next start: keys are gone.
func (w *world) restart() {
	w.tb.Helper()
	w.stop()
	require.NoError(w.tb, w.journal.Close())
	w.start()
}

func (w *world) fetch(_ context.Context, in wire.FetchRequest) ([]byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = append(w.asked, in)
	if w.part != nil {
		if err := w.part(in); err != nil {
			return nil, err
		}
	}
	object, ok := w.objects[in.Object]
	if !ok || in.Offset > uint64(len(object)) {
		return nil, fault.New(fault.Denied, "hub: fetch document", "", nil)
	}
	return bytes.Clone(object[in.Offset:min(in.Offset+uint64(in.Length), uint64(len(object)))]), nil
}

func (w *world) set(change func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change()
}

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

var person = wire.Summary{
	Version: 1, Service: consular.RecordPolice, Birth: "1990-05-12",
	Family: consular.Name{Arabic: "الإدريسي", Latin: "El Idrissi"}, Given: consular.Name{Arabic: "أسماء", Latin: "Asmaa"},
}

// summarized says whose request it is, as the hub does for a post that must act.
func (w *world) summarized(s wire.Summary, state workflow.State) {
	w.tb.Helper()
	require.NoError(w.tb, s.Validate())
	digits := s.Reference.Digits()
	body, err := w.dicts.SealToPost(w.post.Public(), wire.SummaryContext, wire.Marshal(s), wire.SummaryAAD(w.kit.Identity.Post, digits))
	require.NoError(w.tb, err)
	w.version++
	w.hears(wire.Notice{Kind: wire.NoticeCaseMoved, Reference: digits, Case: w.version, State: uint8(state), Body: body})
}

func (w *world) reference() consular.Reference {
	w.tb.Helper()
	ref, err := consular.NewReference(rand.Reader)
	require.NoError(w.tb, err)
	return ref
}

// waits is a document that the person wants printed here.
func (w *world) waits() consular.Reference {
	w.tb.Helper()
	s := person
	s.Reference = w.reference()
	w.told(s.Reference, workflow.PrintQueued)
	w.summarized(s, workflow.PrintQueued)
	return s.Reference
}

func (w *world) begin(ref consular.Reference) wire.RecordID {
	w.tb.Helper()
	v, err := w.records.Begin(w.tb.Context(), agent, string(ref), string(code))
	require.NoError(w.tb, err)
	require.Equal(w.tb, records.StageAsked, v.Stage)
	all := w.said(wire.KindPrintBegun)
	return all[len(all)-1].header.Record
}

// seals is the hub: the document sealed to the key that stands in the newest
// print.begun, and the ticket for it.
func (w *world) seals(ref consular.Reference, file []byte) wire.Ticket {
	w.tb.Helper()
	all := w.said(wire.KindPrintBegun)
	begun := all[len(all)-1]
	key, err := seal.ParsePostPublic(begun.body.Key)
	require.NoError(w.tb, err)
	visit, err := seal.NewDelivery(key, wire.PrintContext, w.dicts)
	require.NoError(w.tb, err)
	defer visit.Destroy()
	container, err := document.Pack(file)
	require.NoError(w.tb, err)
	var bundle bytes.Buffer
	writer, err := visit.FixedBundleWriter(&bundle, wire.DocumentSize)
	require.NoError(w.tb, err)
	_, err = writer.Add(wire.DocumentPart, "application/octet-stream", bytes.NewReader(container))
	require.NoError(w.tb, err)
	_, err = writer.Finish()
	require.NoError(w.tb, err)
	body, err := visit.SealBody([]byte("number"), wire.PrintAAD(begun.header.Record))
	require.NoError(w.tb, err)
	object := wire.Marshal(wire.Package{Record: begun.header.Record, Body: body, Bundle: bundle.Bytes()})
	t := wire.Ticket{Version: 1, Record: begun.header.Record, Object: sha256.Sum256(object), Size: uint64(len(object))}
	w.set(func() { w.objects[t.Object] = object })
	w.version++
	w.hears(wire.Notice{
		Kind: wire.NoticeDocument, Reference: ref.Digits(), Case: w.version, State: uint8(workflow.Printing), Body: wire.Marshal(t),
	})
	return t
}

func (w *world) file(ref consular.Reference) records.View {
	w.tb.Helper()
	v, err := w.records.Progress(w.tb.Context(), agent, string(ref))
	require.NoError(w.tb, err)
	return v
}

// reaches waits until a file stands at a stage.
func (w *world) reaches(ref consular.Reference, stage records.Stage) records.View {
	w.tb.Helper()
	require.Eventually(w.tb, func() bool { return w.file(ref).Stage == stage }, 10*time.Second, 2*time.Millisecond, "%s", stage)
	return w.file(ref)
}

// entry is one line of the journal, opened as the hub will.
type entry struct {
	header wire.Header
	body   wire.RecordAct
}

// said gives the entries of a kind.
func (w *world) said(kind wire.Kind) (out []entry) {
	w.tb.Helper()
	at, err := w.journal.Position(0)
	require.NoError(w.tb, err)
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
			if h.Kind != kind {
				continue
			}
			one := entry{header: h}
			if h.Kind.OfRecord() {
				opened, err := w.intake.Open(e.Body, h.Record, wire.BodyAAD(h.Record, h.Kind))
				require.NoError(w.tb, err)
				one.body, err = wire.DecodeRecordAct(opened.Body(), h.Kind)
				require.NoError(w.tb, err)
			}
			out = append(out, one)
		}
	}
}

// nowhere holds that a text stands in no file of the post and in no log.
func (w *world) nowhere(texts ...string) {
	w.tb.Helper()
	require.NoError(w.tb, filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		for _, text := range texts {
			require.NotContains(w.tb, string(raw), text, path)
		}
		return err
	}))
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, text := range texts {
		require.NotContains(w.tb, w.log.String(), text)
	}
}

func wantCode(tb testing.TB, code web.Code, err error) {
	tb.Helper()
	require.Error(tb, err)
	require.Equal(tb, string(code), web.ProblemOf(err, web.English).Code)
}
