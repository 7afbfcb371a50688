package e2e

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/records"
	"jaliya/hub/ledger"
	"jaliya/internal/consular"
	"jaliya/internal/document"
	"jaliya/internal/ipp"
	"jaliya/internal/ipp/ipptest"
	"jaliya/internal/seal"
	"jaliya/internal/web"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// extracts is a post that prints records on a real IPP printer over a real
// journal, and the real ledger; the test is the issuer and the hub's opener.
type extracts struct {
	*custody
	records *records.Records
	printer *ipptest.Printer
	intake  *seal.IntakeKeys
	data    *seal.DataKey
	stop    func()

	mu      sync.Mutex // guards objects
	objects map[wire.Digest][]byte
}

var extract = append([]byte("%PDF-1.7\n"), bytes.Repeat([]byte("CANARY-OF-AN-EXTRACT\n"), 3000)...)

func newExtracts(t *testing.T) *extracts {
	t.Helper()
	x := &extracts{custody: newCustody(t), printer: ipptest.New(t), objects: map[wire.Digest][]byte{}}
	var err error
	x.intake, err = seal.GenerateIntakeKeys(x.dicts)
	require.NoError(t, err)
	x.data, err = seal.NewDataKey()
	require.NoError(t, err)
	x.start()
	t.Cleanup(func() { x.stop() })
	return x
}

// start is a process: what an older one had in memory is gone.
func (x *extracts) start() {
	x.tb.Helper()
	directory, err := consular.BuiltInDirectory()
	require.NoError(x.tb, err)
	post, err := directory.Lookup("FR-LYO")
	require.NoError(x.tb, err)
	printer, err := ipp.New(ipp.Options{URI: x.printer.URI(), Poll: time.Millisecond, Wait: 10 * time.Second})
	require.NoError(x.tb, err)
	intake := x.intake.Public()
	x.records, err = records.New(records.Options{
		Journal: x.journal, DataKey: x.data, PostKey: x.post, Dictionaries: x.dicts, Post: post,
		Intake: func() (seal.IntakePublic, error) { return intake, nil },
		Clock:  time.Now, Offset: func() (time.Duration, bool) { return 0, false }, Connected: func() bool { return true },
		Part: x.part, Printer: printer, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(x.tb, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- x.records.Run(ctx) }()
	x.stop = sync.OnceFunc(func() {
		cancel()
		require.NoError(x.tb, <-done)
		printer.Close()
	})
}

func (x *extracts) part(_ context.Context, in wire.FetchRequest) ([]byte, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	object := x.objects[in.Object]
	return bytes.Clone(object[in.Offset:min(in.Offset+uint64(in.Length), uint64(len(object)))]), nil
}

func (x *extracts) order(kind workflow.Order) ledger.Order {
	x.tb.Helper()
	orders, err := x.views.OpenOrders(uint8(kind), x.now, 1)
	require.NoError(x.tb, err)
	require.Len(x.tb, orders, 1, "%s", kind)
	return orders[0]
}

func (x *extracts) complete(kind workflow.Order, event workflow.Event, actor workflow.Actor, serial []byte) {
	x.tb.Helper()
	x.do(ledger.CompleteOrder{
		Time: x.now, Order: x.order(kind).ID, Event: uint8(event), Actor: uint16(actor), Facts: ledger.Facts{Serial: serial},
	})
}

// file is a person on the portal, until the document waits at Lyon under a code.
func (x *extracts) file(code consular.SlipCode) consular.Reference {
	x.tb.Helper()
	ref, err := consular.NewReference(x.chaos)
	require.NoError(x.tb, err)
	owner, slip := wire.Digest(x.bytes(32)), wire.Digest(code.Hash(ref))
	send := func(h wire.Header) {
		h.Record, h.Source, h.Time, h.Reference, h.IntakeKey, h.Owner = wire.RecordID(x.bytes(16)), wire.SourcePortal, x.now, ref.Digits(), 1, &owner
		e, err := wire.NewEntry(h, x.bytes(48))
		require.NoError(x.tb, err)
		x.do(ledger.File{Time: x.now, Header: e.Header, Body: e.Body})
	}
	first := wire.Digest(x.bytes(32))
	send(wire.Header{Kind: wire.KindRequestReleased, Service: uint8(consular.RecordPolice), SlipHash: &first})
	x.complete(workflow.OrderExamine, workflow.ExaminedGood, workflow.Hub, nil)
	x.complete(workflow.OrderCharge, workflow.FeePaid, workflow.Hub, nil)
	x.complete(workflow.OrderIssue, workflow.RecordIssued, workflow.Issuer, x.bytes(32))
	send(wire.Header{Kind: wire.KindPrintAsked, Pickup: "FR-LYO", SlipHash: &slip})
	x.tells(ref)
	return ref
}

// tells is the opener that says whose request it is.
func (x *extracts) tells(ref consular.Reference) {
	x.tb.Helper()
	body, err := x.dicts.SealToPost(x.post.Public(), wire.SummaryContext, wire.Marshal(wire.Summary{
		Version: 1, Reference: ref, Service: consular.RecordPolice, Birth: "1990-05-12",
		Family: consular.Name{Arabic: "العلوي", Latin: "Alaoui"}, Given: consular.Name{Arabic: "سلمى", Latin: "Salma"},
	}), wire.SummaryAAD("FR-LYO", ref.Digits()))
	require.NoError(x.tb, err)
	x.do(ledger.Tell{Time: x.now, Order: x.order(workflow.OrderSummary).ID, Node: x.kit.Identity.Node, Sealed: [][]byte{body}})
	x.sync()
}

// seals carries out the order to print, as the hub does.
func (x *extracts) seals(ref consular.Reference) {
	x.tb.Helper()
	order := x.order(workflow.OrderPrint)
	c, err := x.views.Case(ref)
	require.NoError(x.tb, err)
	found, err := x.views.ByCommit(c.Print.Commit)
	require.NoError(x.tb, err)
	opened, err := x.intake.Open(found.Body, c.Print.Record, wire.BodyAAD(c.Print.Record, wire.KindPrintBegun))
	require.NoError(x.tb, err)
	act, err := wire.DecodeRecordAct(opened.Body(), wire.KindPrintBegun)
	require.NoError(x.tb, err)
	key, err := seal.ParsePostPublic(act.Key)
	require.NoError(x.tb, err)
	visit, err := seal.NewDelivery(key, wire.PrintContext, x.dicts)
	require.NoError(x.tb, err)
	defer visit.Destroy()
	container, err := document.Pack(extract)
	require.NoError(x.tb, err)
	var bundle bytes.Buffer
	w, err := visit.FixedBundleWriter(&bundle, wire.DocumentSize)
	require.NoError(x.tb, err)
	_, err = w.Add(wire.DocumentPart, "application/octet-stream", bytes.NewReader(container))
	require.NoError(x.tb, err)
	_, err = w.Finish()
	require.NoError(x.tb, err)
	body, err := visit.SealBody([]byte("number"), wire.PrintAAD(c.Print.Record))
	require.NoError(x.tb, err)
	object := wire.Marshal(wire.Package{Record: c.Print.Record, Body: body, Bundle: bundle.Bytes()})
	ticket := wire.Ticket{Version: 1, Record: c.Print.Record, Object: sha256.Sum256(object), Size: uint64(len(object))}
	x.mu.Lock()
	x.objects[ticket.Object] = object
	x.mu.Unlock()
	x.do(ledger.Tell{Time: x.now, Order: order.ID, Node: x.kit.Identity.Node, Sealed: [][]byte{wire.Marshal(ticket)}})
	x.sync()
}

func (x *extracts) reaches(ref consular.Reference, stage records.Stage) records.View {
	x.tb.Helper()
	var v records.View
	require.Eventually(x.tb, func() bool {
		var err error
		v, err = x.records.Progress(context.Background(), counterAgent, string(ref))
		require.NoError(x.tb, err)
		return v.Stage == stage
	}, patience, 2*time.Millisecond, "%s", stage)
	return v
}

func (x *extracts) stateOf(ref consular.Reference) workflow.State {
	x.tb.Helper()
	c, err := x.views.Case(ref)
	require.NoError(x.tb, err)
	return workflow.State(c.Flow.State)
}

// TestRecordAtThePost: a wrong code, a machine that dies with the key, a second
// try, and the document byte for byte on the printer and nowhere else.
func TestRecordAtThePost(t *testing.T) {
	const code = consular.SlipCode("48392015")
	x := newExtracts(t)
	ref := x.file(code)
	begin := func(code consular.SlipCode) error {
		_, err := x.records.Begin(t.Context(), counterAgent, string(ref), string(code))
		return err
	}
	x.reaches(ref, records.StageWaiting)

	require.NoError(t, begin("11111111"))
	x.sync()
	require.True(t, x.reaches(ref, records.StageWaiting).WrongCode)
	require.Equal(t, workflow.PrintQueued, x.stateOf(ref))

	require.NoError(t, begin(code))
	require.Error(t, begin(code), "begun once")
	x.sync()
	require.Equal(t, workflow.Printing, x.stateOf(ref))
	x.stop()
	x.start()
	x.seals(ref)
	x.reaches(ref, records.StageLost)
	_, err := x.records.Spoilt(t.Context(), counterAgent, records.SpoiltInput{Reference: string(ref), Why: "restarted", Second: secondPerson})
	require.NoError(t, err)
	x.sync()
	require.Equal(t, workflow.PrintQueued, x.stateOf(ref))
	x.tells(ref)

	require.NoError(t, begin(code))
	x.sync()
	x.seals(ref)
	x.reaches(ref, records.StageSheet)
	require.Equal(t, [][]byte{extract}, x.printer.Printed(), "byte for byte, once")
	_, err = x.records.Printed(t.Context(), counterAgent, string(ref), "A1001")
	require.NoError(t, err)
	x.sync()
	require.Equal(t, workflow.Printed, x.stateOf(ref))
	require.Error(t, begin(code), "a sheet is out")
	_, err = x.records.HandOver(t.Context(), counterAgent, records.GiveInput{
		Reference: string(ref), Sheet: "A1001", Document: wire.ShownPassport, Face: true,
	})
	require.NoError(t, err)
	x.sync()
	require.Equal(t, workflow.HandedOver, x.stateOf(ref))
	_, err = x.records.Progress(t.Context(), counterAgent, string(ref))
	require.Equal(t, string(web.CodePrintUnknown), web.ProblemOf(err, web.English).Code, "the post has forgotten whose it was")
	require.Len(t, x.refused, 1, "the wrong code and nothing else")
	require.Equal(t, ledger.ReasonCode, x.refused[0].Reason)
	require.NoError(t, filepath.WalkDir(x.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		require.NotContains(t, string(raw), "CANARY-OF-AN-EXTRACT", path)
		require.NotContains(t, string(raw), "Alaoui", path)
		return err
	}))
}
