package desk_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/desk"
	"jaliya/consulate-node/records"
	"jaliya/internal/consular"
	"jaliya/internal/document"
	"jaliya/internal/fault"
	"jaliya/internal/ipp"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// paperTray is a printer that a test fills and empties.
type paperTray struct {
	mu      sync.Mutex // guards all below
	reason  ipp.Reason
	spent   bool
	printed [][]byte
	hold    chan struct{} // a sheet takes until it is closed; nil: at once
}

func (p *paperTray) Status(context.Context) ipp.Reason {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.reason
}

func (p *paperTray) Print(ctx context.Context, pdf []byte, waits func(ipp.Reason)) error {
	p.mu.Lock()
	p.printed = append(p.printed, bytes.Clone(pdf))
	hold, reason, spent := p.hold, p.reason, p.spent
	p.mu.Unlock()
	if hold != nil {
		waits(ipp.PaperOut)
		select {
		case <-hold:
		case <-ctx.Done():
		}
	}
	if reason != ipp.Ready {
		return fault.New(fault.Unavailable, "test", "", ipp.Trouble{Reason: reason, Spent: spent})
	}
	return nil
}

// printRoom is a desk with a printer at its counter.
type printRoom struct {
	*world
	door    *doorkeeper
	records *records.Records
	post    *seal.PostKey
	tray    *paperTray
	cases   uint64

	mu      sync.Mutex // guards all below
	online  bool
	objects map[wire.Digest][]byte
	gate    chan struct{} // parts wait for it; nil: they do not
}

var extract = append([]byte("%PDF-1.7\n"), bytes.Repeat([]byte("SECRET-OUTCOME\n"), 2000)...)

func newPrintRoom(tb testing.TB) *printRoom {
	tb.Helper()
	w := newWorld(tb)
	r := &printRoom{world: w, door: &doorkeeper{}, tray: &paperTray{}, online: true, objects: map[wire.Digest][]byte{}}
	var err error
	r.post, err = seal.GeneratePostKey(w.dicts)
	require.NoError(tb, err)
	directory, err := consular.BuiltInDirectory()
	require.NoError(tb, err)
	lyon, err := directory.Lookup("FR-LYO")
	require.NoError(tb, err)
	r.records, err = records.New(records.Options{
		Journal: w.journal, DataKey: w.dataKey, PostKey: r.post, Dictionaries: w.dicts, Post: lyon,
		Intake: func() (seal.IntakePublic, error) { return w.intake.Public(), nil },
		Clock:  func() time.Time { return w.now }, Offset: func() (time.Duration, bool) { return 0, false },
		Connected: func() bool { r.mu.Lock(); defer r.mu.Unlock(); return r.online },
		Part:      r.part, Printer: r.tray, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(tb, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.records.Run(ctx) }()
	tb.Cleanup(func() {
		cancel()
		require.NoError(tb, <-done)
	})
	return r
}

func (r *printRoom) part(ctx context.Context, in wire.FetchRequest) ([]byte, error) {
	r.mu.Lock()
	gate, object := r.gate, r.objects[in.Object]
	r.mu.Unlock()
	if gate != nil && in.Offset > 0 {
		select {
		case <-gate:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return bytes.Clone(object[in.Offset:min(in.Offset+uint64(in.Length), uint64(len(object)))]), nil
}

// comes is a request of which the hub tells whose it is.
func (r *printRoom) comes(tb testing.TB, state workflow.State, contact consular.Contact) wire.Summary {
	tb.Helper()
	ref, err := consular.NewReference(rand.Reader)
	require.NoError(tb, err)
	s := wire.Summary{
		Version: 1, Reference: ref, Service: consular.RecordPolice, Birth: "1984-02-11", Contact: contact,
		Family: consular.Name{Arabic: "الإدريسي", Latin: "El Idrissi"}, Given: consular.Name{Arabic: "أسماء", Latin: "Asmaa"},
	}
	body, err := r.dicts.SealToPost(r.post.Public(), wire.SummaryContext, wire.Marshal(s), wire.SummaryAAD("FR-LYO", ref.Digits()))
	require.NoError(tb, err)
	r.cases++
	r.hears(tb, wire.Notice{Kind: wire.NoticeCaseMoved, Reference: ref.Digits(), Case: r.cases, State: uint8(state), Body: body})
	return s
}

// begun gives the newest print.begun, opened as the hub opens it.
func (r *printRoom) begun(tb testing.TB) (wire.RecordID, wire.RecordAct) {
	tb.Helper()
	at, err := r.journal.Position(0)
	require.NoError(tb, err)
	entries, err := r.journal.ReadAfter(at, 256)
	require.NoError(tb, err)
	for _, e := range slices.Backward(entries) {
		h, err := wire.DecodeHeader(e.Header)
		require.NoError(tb, err)
		if h.Kind != wire.KindPrintBegun {
			continue
		}
		opened, err := r.intake.Open(e.Body, h.Record, wire.BodyAAD(h.Record, h.Kind))
		require.NoError(tb, err)
		act, err := wire.DecodeRecordAct(opened.Body(), h.Kind)
		require.NoError(tb, err)
		return h.Record, act
	}
	require.Fail(tb, "no print was begun")
	return wire.RecordID{}, wire.RecordAct{}
}

// seals is the hub that seals a document to the key of the print.
func (r *printRoom) seals(tb testing.TB, ref consular.Reference) {
	tb.Helper()
	record, act := r.begun(tb)
	key, err := seal.ParsePostPublic(act.Key)
	require.NoError(tb, err)
	visit, err := seal.NewDelivery(key, wire.PrintContext, r.dicts)
	require.NoError(tb, err)
	defer visit.Destroy()
	container, err := document.Pack(extract)
	require.NoError(tb, err)
	var bundle bytes.Buffer
	writer, err := visit.FixedBundleWriter(&bundle, wire.DocumentSize)
	require.NoError(tb, err)
	_, err = writer.Add(wire.DocumentPart, "application/octet-stream", bytes.NewReader(container))
	require.NoError(tb, err)
	_, err = writer.Finish()
	require.NoError(tb, err)
	body, err := visit.SealBody([]byte("number"), wire.PrintAAD(record))
	require.NoError(tb, err)
	object := wire.Marshal(wire.Package{Record: record, Body: body, Bundle: bundle.Bytes()})
	ticket := wire.Ticket{Version: 1, Record: record, Object: sha256.Sum256(object), Size: uint64(len(object))}
	r.mu.Lock()
	r.objects[ticket.Object] = object
	r.mu.Unlock()
	r.cases++
	r.hears(tb, wire.Notice{
		Kind: wire.NoticeDocument, Reference: ref.Digits(), Case: r.cases, State: uint8(workflow.Printing), Body: wire.Marshal(ticket),
	})
}

// refuses is the hub to which the code is not the person's.
func (r *printRoom) refuses(tb testing.TB, ref consular.Reference) {
	tb.Helper()
	record, _ := r.begun(tb)
	r.hears(tb, wire.Notice{Kind: wire.NoticeEntryRefused, Reference: ref.Digits(), Record: record, Reason: 269})
}

func (r *printRoom) options() desk.ScreenOptions {
	return desk.ScreenOptions{Records: r.records, People: r.door}
}

func (r *printRoom) reaches(tb testing.TB, ref consular.Reference, stage records.Stage) {
	tb.Helper()
	require.Eventually(tb, func() bool {
		list, err := r.records.List(context.Background(), principalOf(agent))
		require.NoError(tb, err)
		for _, v := range list {
			if v.Reference == ref {
				return v.Stage == stage
			}
		}
		return false
	}, 10*time.Second, 2*time.Millisecond, "%s", stage)
}
