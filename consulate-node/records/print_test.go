package records_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/records"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/ipp"
	"jaliya/internal/ipp/ipptest"
	"jaliya/internal/web"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// TestPrintedOnce is a document from the notice to the person's hand.
func TestPrintedOnce(t *testing.T) {
	w := newWorld(t)
	ref := w.waits()
	list, err := w.records.List(t.Context(), agent)
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, records.StageWaiting, list[0].Stage)
	require.Empty(t, list[0].Family.Latin, "the list names nobody")
	found, err := w.records.Find(t.Context(), agent, "idrissi fatima")
	require.NoError(t, err)
	require.Empty(t, found.Files, "half a name is another's")
	found, err = w.records.Find(t.Context(), agent, "el-idrissi")
	require.NoError(t, err)
	require.Len(t, found.Files, 1)
	require.Len(t, w.said(wire.KindFileViewed), 1)

	w.begin(ref)
	begun := w.said(wire.KindPrintBegun)
	require.Len(t, begun, 1)
	require.Equal(t, wire.Digest(code.Hash(ref)), *begun[0].header.SlipHash)
	require.Equal(t, agent.ID, begun[0].body.By)
	_, err = w.records.Begin(t.Context(), agent, string(ref), string(code))
	wantCode(t, web.CodePrintBusy, err)
	w.told(ref, workflow.Printing)
	_, err = w.records.Printed(t.Context(), agent, string(ref), "A 100")
	wantCode(t, web.CodePrintBusy, err)

	w.seals(ref, pdf)
	w.reaches(ref, records.StageSheet)
	require.Equal(t, [][]byte{pdf}, w.printer.Printed(), "byte for byte, once")
	require.NotContains(t, string(w.printer.Heads()[0]), ref.Digits())
	w.restart()
	require.Equal(t, records.StageSheet, w.file(ref).Stage, "the sheet is out, whatever became of the process")
	_, err = w.records.Printed(t.Context(), agent, string(ref), "?")
	require.True(t, fault.Is(err, fault.Invalid))
	v, err := w.records.Printed(t.Context(), agent, string(ref), "a 1001")
	require.NoError(t, err)
	require.Equal(t, records.StagePrinted, v.Stage)
	_, err = w.records.Printed(t.Context(), agent, string(ref), "A1001")
	require.NoError(t, err)
	require.Len(t, w.said(wire.KindDocumentPrinted), 1, "said twice is said once")

	give := records.GiveInput{Reference: string(ref), Sheet: "A1001", Document: wire.ShownPassport, Face: true}
	bad := give
	bad.Sheet, bad.Face, bad.Document = "A1002", false, 0
	_, err = w.records.HandOver(t.Context(), agent, bad)
	require.Len(t, web.ProblemOf(err, web.English).Violations, 3)
	v, err = w.records.HandOver(t.Context(), agent, give)
	require.NoError(t, err)
	require.Equal(t, records.StageGiven, v.Stage)
	_, err = w.records.HandOver(t.Context(), agent, give)
	require.NoError(t, err)
	require.Len(t, w.said(wire.KindDocumentHandedOver), 1)

	w.told(ref, workflow.HandedOver)
	_, err = w.records.Get(t.Context(), agent, string(ref))
	wantCode(t, web.CodePrintUnknown, err)
	w.nowhere(canary, "Idrissi", "الإدريسي", "%PDF")
	w.restart()
	w.nowhere(canary)
}

// TestWrongCode: the hub says so, the post says it in words, and after five of
// them no code is taken for a while.
func TestWrongCode(t *testing.T) {
	w := newWorld(t)
	ref := w.waits()
	for range 5 {
		record := w.begin(ref)
		w.hears(wire.Notice{Kind: wire.NoticeEntryRefused, Reference: ref.Digits(), Record: record, Reason: 269})
		v := w.reaches(ref, records.StageWaiting)
		require.True(t, v.WrongCode)
		require.Zero(t, v.Refused)
	}
	before := len(w.said(wire.KindPrintBegun))
	_, err := w.records.Begin(t.Context(), agent, string(ref), string(code))
	wantCode(t, web.CodeAttempts, err)
	w.restart()
	_, err = w.records.Begin(t.Context(), agent, string(ref), string(code))
	wantCode(t, web.CodeAttempts, err)
	require.Len(t, w.said(wire.KindPrintBegun), before)
	w.now = w.now.Add(16 * time.Minute)
	w.begin(ref)
	require.Empty(t, w.printer.Printed())
}

// TestKeyLost: the process dies between the beginning and the sheet. Two persons
// say so, and there is one more try and no third.
func TestKeyLost(t *testing.T) {
	w := newWorld(t)
	ref := w.waits()
	w.begin(ref)
	w.restart()
	w.seals(ref, pdf) // too late: nobody can open it
	require.Equal(t, records.StageLost, w.reaches(ref, records.StageLost).Stage)
	_, err := w.records.Again(t.Context(), agent, string(ref))
	wantCode(t, web.CodePrintBusy, err)
	spoilt := records.SpoiltInput{Reference: string(ref), Why: "the machine was restarted", Second: colleague}
	_, err = w.records.Spoilt(t.Context(), agent, spoilt)
	wantCode(t, web.CodeTwoPersons, err)
	for _, second := range []access.Principal{{}, agent, auditor} {
		spoilt.Second = second
		_, err = w.records.Spoilt(t.Context(), agent, spoilt)
		wantCode(t, web.CodeTwoPersons, err)
	}
	spoilt.Second = supervisor
	spoilt.Why = " "
	_, err = w.records.Spoilt(t.Context(), agent, spoilt)
	require.True(t, fault.Is(err, fault.Invalid))
	spoilt.Why = "the machine was restarted"
	v, err := w.records.Spoilt(t.Context(), agent, spoilt)
	require.NoError(t, err)
	require.Equal(t, records.StageWaiting, v.Stage)
	said := w.said(wire.KindPrintSpoilt)
	require.Len(t, said, 1)
	require.Equal(t, supervisor.ID, said[0].body.Second)

	w.begin(ref)
	w.seals(ref, pdf)
	w.reaches(ref, records.StageSheet)
	_, err = w.records.Spoilt(t.Context(), agent, spoilt)
	wantCode(t, web.CodePrintOver, err)
	require.Len(t, w.printer.Printed(), 1)
	w.nowhere(canary)
}

// TestFetchGoesOn: a link that breaks again and again loses nothing and asks for
// nothing twice.
func TestFetchGoesOn(t *testing.T) {
	w := newWorld(t)
	ref := w.waits()
	w.begin(ref)
	failures := 0
	w.set(func() {
		w.part = func(in wire.FetchRequest) error {
			if failures++; failures%2 == 1 {
				return fault.New(fault.Unavailable, "link: exchange", "", errors.New("cut"))
			}
			return nil
		}
	})
	ticket := w.seals(ref, pdf)
	w.reaches(ref, records.StageSheet)
	require.Equal(t, [][]byte{pdf}, w.printer.Printed())
	w.mu.Lock()
	defer w.mu.Unlock()
	require.Len(t, w.asked, 2*int((ticket.Size+wire.MaxFetch-1)/wire.MaxFetch))
}

// TestNothingPrinted: whatever fails before the printer took anything may be
// tried again with the same key.
func TestNothingPrinted(t *testing.T) {
	w := newWorld(t)
	ref := w.waits()
	w.begin(ref)
	w.printer.Set(func(p *ipptest.Printer) { p.Reasons = []string{"media-empty-error"} })
	w.seals(ref, pdf)
	require.Equal(t, ipp.PaperOut, w.reaches(ref, records.StageStopped).Reason)
	require.Empty(t, w.printer.Printed())
	w.printer.Set(func(p *ipptest.Printer) { p.Reasons = nil })
	_, err := w.records.Again(t.Context(), agent, string(ref))
	require.NoError(t, err)
	w.reaches(ref, records.StageSheet)
	require.Equal(t, [][]byte{pdf}, w.printer.Printed())
}

// TestNobodyKnows: the connection ends with the document under way. It is not
// sent a second time: two persons look.
func TestNobodyKnows(t *testing.T) {
	for name, set := range map[string]func(*ipptest.Printer){
		"Cut":    func(p *ipptest.Printer) { p.CutSend = true },
		"Aborts": func(p *ipptest.Printer) { p.Looks = []ipptest.Look{{State: ipptest.Aborted}} },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			ref := w.waits()
			w.begin(ref)
			w.printer.Set(set)
			w.seals(ref, pdf)
			w.reaches(ref, records.StageUnsure)
			_, err := w.records.Again(t.Context(), agent, string(ref))
			wantCode(t, web.CodePrintBusy, err)
			w.restart()
			require.Equal(t, records.StageUnsure, w.file(ref).Stage)
			_, err = w.records.Spoilt(t.Context(), agent, records.SpoiltInput{Reference: string(ref), Why: "jam", Second: supervisor, Sheet: "A7"})
			require.NoError(t, err)
			require.Equal(t, records.StageWaiting, w.file(ref).Stage)
		})
	}
}

// TestNotThisDocument: what cannot be opened, or is not what the ticket names,
// is not printed.
func TestNotThisDocument(t *testing.T) {
	for name, spoil := range map[string]func(*world, wire.Ticket, []byte){
		"Changed":  func(w *world, t wire.Ticket, raw []byte) { raw[len(raw)-5] ^= 1 },
		"NotThere": func(w *world, t wire.Ticket, _ []byte) { delete(w.objects, t.Object) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			ref := w.waits()
			w.begin(ref)
			hold := make(chan struct{})
			w.set(func() {
				w.part = func(wire.FetchRequest) error {
					select {
					case <-hold:
						return nil
					default:
						return fault.New(fault.Unavailable, "link", "", nil)
					}
				}
			})
			ticket := w.seals(ref, pdf)
			w.set(func() { spoil(w, ticket, w.objects[ticket.Object]) })
			close(hold)
			require.Equal(t, records.ReasonDocument, w.reaches(ref, records.StageStopped).Reason)
			require.Empty(t, w.printer.Printed())
		})
	}
}

// TestRefusedHere: what cannot be done says why and leaves everything as it was.
func TestRefusedHere(t *testing.T) {
	w := newWorld(t)
	ref := w.waits()
	begin := func(who access.Principal, ref, code string) error {
		_, err := w.records.Begin(t.Context(), who, ref, code)
		return err
	}
	require.True(t, fault.Is(begin(auditor, string(ref), string(code)), fault.Denied))
	require.True(t, fault.Is(begin(admin, string(ref), string(code)), fault.Denied))
	require.True(t, fault.Is(begin(agent, "1", string(code)), fault.Invalid))
	require.True(t, fault.Is(begin(agent, string(ref), "x"), fault.Invalid))
	wantCode(t, web.CodePrintUnknown, begin(agent, string(w.reference()), string(code)))
	w.set(func() { w.offline = true })
	wantCode(t, web.CodePrintOffline, begin(agent, string(ref), string(code)))
	w.set(func() { w.offline = false })
	w.printer.Set(func(p *ipptest.Printer) { p.Accepting = false })
	wantCode(t, web.CodePrinter, begin(agent, string(ref), string(code)))
	require.Equal(t, ipp.NotAccepting, w.records.Printer(t.Context()))
	require.Error(t, w.records.Ready(t.Context()))
	w.printer.Set(func(p *ipptest.Printer) { p.Accepting = true })
	w.records.FailAt(func(wire.Kind) error { return fault.New(fault.Full, "test", "", nil) })
	require.Error(t, begin(agent, string(ref), string(code)))
	w.records.FailAt(func(wire.Kind) error { return nil })
	require.Empty(t, w.said(wire.KindPrintBegun))
	require.Equal(t, records.StageWaiting, w.file(ref).Stage)
	w.told(ref, workflow.EDelivered)
	require.Equal(t, records.StageOnline, w.file(ref).Stage)
	wantCode(t, web.CodePrintUnknown, begin(agent, string(ref), string(code)))
	w.told(ref, workflow.Revoked)
	_, err := w.records.Progress(t.Context(), agent, string(ref))
	wantCode(t, web.CodePrintUnknown, err)
}

// TestCalled: whom no message reached is called, and the contact is forgotten
// when the hub knows.
func TestCalled(t *testing.T) {
	for _, state := range []workflow.State{workflow.IdentityQuery, workflow.SupplementUntold} {
		t.Run(state.String(), func(t *testing.T) {
			w := newWorld(t)
			s := person
			s.Reference = w.reference()
			s.Contact = consular.Contact{Phone: "+33612345678", Language: consular.French}
			after := workflow.QueryTold
			if state == workflow.SupplementUntold {
				s.Service, after = consular.CNIEFirst, workflow.Supplement
			}
			w.told(s.Reference, state)
			w.summarized(s, state)
			v, err := w.records.Get(t.Context(), agent, string(s.Reference))
			require.NoError(t, err)
			require.Equal(t, records.StageCall, v.Stage)
			require.Equal(t, "+33612345678", v.Phone)
			require.Equal(t, "[file]", fmt.Sprintf("%+v", v))
			_, err = w.records.Called(t.Context(), auditor, string(s.Reference))
			require.True(t, fault.Is(err, fault.Denied))
			for range 2 {
				v, err = w.records.Called(t.Context(), agent, string(s.Reference))
				require.NoError(t, err)
				require.True(t, v.Called)
			}
			require.Len(t, w.said(wire.KindCallLogged), 1)
			w.told(s.Reference, after)
			_, err = w.records.Called(t.Context(), agent, string(s.Reference))
			wantCode(t, web.CodeCallUnasked, err)
			w.nowhere("33612345678", "Idrissi")
		})
	}
}

// TestForgotten: of a document that nobody asked for nothing is left.
func TestForgotten(t *testing.T) {
	w := newWorld(t)
	ref := w.waits()
	require.NoError(t, w.records.Forget())
	w.file(ref)
	w.now = w.now.Add(101 * 24 * time.Hour)
	require.NoError(t, w.records.Forget())
	_, err := w.records.Progress(t.Context(), agent, string(ref))
	wantCode(t, web.CodePrintUnknown, err)
}
