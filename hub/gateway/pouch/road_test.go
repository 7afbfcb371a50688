package pouch_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"jaliya/hub/gateway/pouch"
	"jaliya/hub/ledger"
	"jaliya/internal/config"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/outside"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// manifests opens with the post's key what it was told of pouches.
func (w *world) manifests() (list []wire.Manifest) {
	w.tb.Helper()
	for _, n := range w.notices() {
		if n.Kind != wire.NoticePouch || n.Body == nil {
			continue
		}
		opened, err := w.post.Open(n.Body, wire.ManifestContext, wire.ManifestAAD("FR-LYO"))
		require.NoError(w.tb, err)
		m, err := wire.DecodeManifest(opened.Body())
		require.NoError(w.tb, err)
		list = append(list, m)
	}
	return list
}

// clean wants no canary in the ledger, in the log of commands, and in logs.
func (w *world) clean() {
	w.tb.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, canary := range canaries {
		require.NotContains(w.tb, w.log.String(), canary)
		for _, e := range w.entries {
			require.False(w.tb, bytes.Contains(e.Command, []byte(canary)), canary)
		}
		require.NoError(w.tb, w.store.View(func(r kv.Reader) error {
			require.NoError(w.tb, ledger.Audit(r).Err())
			return nil
		}))
	}
}

// replayed applies the log of commands to an empty store.
func (w *world) replayed() {
	w.tb.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	again := kv.NewStrictMemory()
	for _, e := range w.entries {
		require.NoError(w.tb, again.Update(func(kw kv.Writer) error {
			_, err := ledger.Apply(kw, e.Index, e.Term, e.Command)
			return err
		}))
	}
	_, ours, err := w.StateHash()
	require.NoError(w.tb, err)
	_, theirs, err := ledger.NewViews(again).StateHash()
	require.NoError(w.tb, err)
	require.Equal(w.tb, ours, theirs)
}

// TestRoad follows three cards by the rule from release to the courier, one of
// them spoilt once, while a site drops a connection and loses an answer.
func TestRoad(t *testing.T) {
	w := newWorld(t, pouch.Config{Auto: true, Cards: 3, After: config.Duration(time.Hour)}, false)
	for _, site := range w.sites {
		for _, kind := range []outside.Kind{outside.Drop, outside.Lose, "spoil"} {
			_, err := site.Faults().Add(outside.Fault{Kind: kind, On: on(kind), Times: 1})
			require.NoError(t, err)
		}
	}
	refs := []consular.Reference{w.release(0), w.release(1), w.release(2)}
	for _, ref := range refs {
		w.until("in transit", func() bool { return w.state(ref) == workflow.InTransit })
	}
	list := w.manifests()
	require.Len(t, list, 1)
	m := list[0]
	require.EqualValues(t, 3, m.Total)
	p, err := w.Pouch(m.Pouch)
	require.NoError(t, err)
	require.Equal(t, p.Sent.Seal, m.Seal)
	for i, card := range m.Cards {
		require.Equal(t, p.Items[i].Reference, card.Reference.Digits())
		require.Equal(t, p.Items[i].Serial, wire.SerialDigest(card.Serial))
		require.Equal(t, "Fatimazahra", card.Given.Latin)
		require.Equal(t, somebody(0).Birth, card.Birth)
	}
	told, left := -1, -1
	for i, n := range w.notices() {
		if n.Kind == wire.NoticePouch && n.Body != nil {
			told = i
		}
		if n.Kind == wire.NoticePouch && workflow.State(n.State) == workflow.PouchInTransit {
			left = i
		}
	}
	require.Less(t, told, left, "the manifest is there before the bag leaves")
	require.Equal(t, 3, w.sites["rabat"].Jobs()["produced"]+w.sites["rabat"].Jobs()["packed"]+
		w.sites["marrakech"].Jobs()["produced"]+w.sites["marrakech"].Jobs()["packed"])
	w.clean()
	w.replayed()
}

func on(kind outside.Kind) string {
	if kind == "spoil" {
		return ""
	}
	return "PUT /v1/jobs"
}

// TestByHand: people verify, pack, take out, close, open again and send.
func TestByHand(t *testing.T) {
	w := newWorld(t, pouch.Config{}, true)
	ctx := t.Context()
	first, second := w.release(0), w.release(1)
	for _, ref := range []consular.Reference{first, second} {
		w.until("to verify", func() bool { return w.state(ref) == workflow.Verifying })
		w.decide(ref, workflow.VerificationPassed, 0)
		w.until("produced", func() bool { return w.state(ref) == workflow.Produced })
	}
	label, err := w.desk.Pack(ctx, first, "")
	require.NoError(t, err)
	_, err = w.desk.Pack(ctx, second, label)
	require.NoError(t, err)
	_, err = w.desk.Pack(ctx, second, label)
	require.True(t, fault.Is(err, fault.Conflict), "%v", err)
	require.NoError(t, w.desk.Unpack(ctx, second))
	require.True(t, fault.Is(w.desk.Unpack(ctx, second), fault.Conflict))
	require.NoError(t, w.desk.Close(ctx, label, "seal 7"))
	require.True(t, fault.Is(w.desk.Close(ctx, label, "SEAL8"), fault.Conflict))
	w.until("told", func() bool { return len(w.manifests()) == 1 })
	require.NoError(t, w.desk.Reopen(ctx, label))
	_, err = w.desk.Pack(ctx, second, label)
	require.NoError(t, err)
	require.True(t, fault.Is(w.desk.Send(ctx, label, "WB1"), fault.Conflict), "not closed")
	require.NoError(t, w.desk.Close(ctx, label, "SEAL9"))
	w.until("told again", func() bool { return len(w.manifests()) == 2 })
	list := w.manifests()
	require.Greater(t, list[1].Revision, list[0].Revision)
	require.Len(t, list[1].Cards, 2)
	require.Equal(t, "SEAL7", list[0].Seal)
	require.NoError(t, w.desk.Send(ctx, label, "WB1"))
	require.Equal(t, workflow.InTransit, w.state(second))
	require.NoError(t, w.desk.Lose(ctx, label))
	require.Equal(t, workflow.PouchIncident, w.state(first))
	require.True(t, fault.Is(w.desk.Settle(ctx, label), fault.Conflict))
	w.clean()
	w.replayed()
}

func (w *world) decide(ref consular.Reference, event workflow.Event, reason consular.RefusalReason) {
	w.tb.Helper()
	c, err := w.Case(ref)
	require.NoError(w.tb, err)
	w.must(ledger.Decide{
		Time: time.Now().UnixMilli(), Reference: ref.Digits(), Event: uint8(event), Actor: uint16(workflow.Verifier),
		Seen: c.Flow.Version, Reason: uint16(reason),
	})
}

// TestSummary: a recapture brings names and telephone to the post, and to nobody
// else; an officer's reading has its line.
func TestSummary(t *testing.T) {
	w := newWorld(t, pouch.Config{}, true)
	ref := w.release(0)
	w.until("to verify", func() bool { return w.state(ref) == workflow.Verifying })
	note := ledger.NoteOpening{Time: time.Now().UnixMilli(), Reference: ref.Digits(), By: "verifier", Why: "portrait", Part: "portrait"}
	commit := func(ctx context.Context, c ledger.Command) error {
		_, err := w.commit(ctx, c)
		return err
	}
	image, err := w.seals.ShowPart(t.Context(), note, commit)
	require.NoError(t, err)
	require.Equal(t, "portrait of somebody", string(image.Data))
	note.Part = ""
	release, err := w.seals.Show(t.Context(), note, commit)
	require.NoError(t, err)
	require.Equal(t, "Fatimazahra", release.Person.Given.Latin)
	note.Why = ""
	_, err = w.seals.Show(t.Context(), note, commit)
	require.True(t, fault.Is(err, fault.Invalid), "not noted, not opened")
	lines, err := w.Openings(0, 10)
	require.NoError(t, err)
	require.Len(t, lines, 2)

	w.decide(ref, workflow.RecaptureAsked, consular.RefusedPortraitQuality)
	var body []byte
	w.until("told", func() bool {
		for _, n := range w.notices() {
			if n.Kind == wire.NoticeCaseMoved && n.Body != nil {
				require.Equal(t, uint16(consular.RefusedPortraitQuality), n.Reason)
				body = n.Body
			}
		}
		return body != nil
	})
	opened, err := w.post.Open(body, wire.SummaryContext, wire.SummaryAAD("FR-LYO", ref.Digits()))
	require.NoError(t, err)
	s, err := wire.DecodeSummary(opened.Body())
	require.NoError(t, err)
	require.Equal(t, ref, s.Reference)
	require.Equal(t, "Fatimazahra", s.Given.Latin)
	require.EqualValues(t, "+33612345678", s.Contact.Phone)
	_, err = w.post.Open(body, wire.SummaryContext, wire.SummaryAAD("IT-MIL", ref.Digits()))
	require.Error(t, err)
	w.clean()
	w.replayed()
}

func TestConfig(t *testing.T) {
	for name, c := range map[string]pouch.Config{
		"ErrCards": {Cards: 1000}, "ErrNegative": {Cards: -1}, "ErrAfter": {After: config.Duration(-1)},
	} {
		t.Run(name, func(t *testing.T) { require.True(t, fault.Is(c.Validate(), fault.Invalid)) })
	}
	require.NoError(t, pouch.Config{}.Validate())
	_, err := pouch.New(pouch.Config{}, pouch.Needs{})
	require.True(t, fault.Is(err, fault.Invalid))
}
