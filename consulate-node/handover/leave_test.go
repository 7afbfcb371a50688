package handover_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/handover"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/web"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// returnLabel is the reverse pouch of the post.
func returnLabel(tb testing.TB) consular.PouchID {
	tb.Helper()
	id, err := consular.NewPouchID(consular.Pouch{Post: "FR-LYO", Year: 2026, Serial: 5, Return: true})
	require.NoError(tb, err)
	return id
}

func TestTransfer(t *testing.T) {
	w := newWorld(t)
	c := w.shelved(2)[0]
	ref := string(c.Reference)
	_, err := w.desk.AskTransfer(t.Context(), agent, ref, "FR-LYO")
	require.True(t, fault.Is(err, fault.Invalid), "it is here")
	_, err = w.desk.AskTransfer(t.Context(), auditor, ref, "BE-BRU")
	require.True(t, fault.Is(err, fault.Denied))
	for range 2 {
		v, err := w.desk.AskTransfer(t.Context(), agent, ref, "BE-BRU")
		require.NoError(t, err)
		require.Equal(t, workflow.Transfer.String(), v.State)
		require.Equal(t, consular.PostID("BE-BRU"), v.Onward)
	}
	asked := w.said(wire.KindTransferAsked)
	require.Len(t, asked, 1, "a double click")
	require.Equal(t, consular.PostID("BE-BRU"), asked[0].header.Pickup)
	_, err = w.desk.Give(t.Context(), agent, collects(c))
	wantCode(t, web.CodeCardStopped, err)

	v, err := w.desk.WithdrawTransfer(t.Context(), agent, ref)
	require.NoError(t, err)
	require.Equal(t, workflow.Ready.String(), v.State)
	require.Empty(t, v.Onward)
	_, err = w.desk.AskTransfer(t.Context(), agent, ref, "BE-BRU")
	require.NoError(t, err)
	require.Len(t, w.said(wire.KindTransferAsked), 2)

	bag := label(t, "BE-BRU", 9)
	_, err = w.desk.SendTransfer(t.Context(), agent, ref, string(bag))
	require.True(t, fault.Is(err, fault.Denied), "a supervisor packs")
	for name, bad := range map[string]consular.PouchID{
		"own": label(t, "FR-LYO", 9), "another": label(t, "IT-MIL", 9), "back": returnLabel(t),
	} {
		_, err = w.desk.SendTransfer(t.Context(), supervisor, ref, string(bad))
		require.Error(t, err, name)
		wantCode(t, web.CodePouchOtherPost, err)
	}
	for range 2 {
		v, err = w.desk.SendTransfer(t.Context(), supervisor, ref, string(bag))
		require.NoError(t, err)
		require.False(t, v.Held)
		require.Equal(t, bag, v.Pouch)
	}
	sent := w.said(wire.KindTransferSent)
	require.Len(t, sent, 1)
	require.Equal(t, wire.PouchOf(bag), *sent[0].header.Pouch)
	require.NotEmpty(t, v.Family)
	w.told(c.Reference, workflow.Transfer)
	w.told(c.Reference, workflow.InTransit)
	require.Empty(t, w.card(c.Reference).Family, "the post has no more use for it")
	stock, err := w.desk.Stock(t.Context(), agent)
	require.NoError(t, err)
	require.Len(t, stock.Ready, 1)
	require.Empty(t, stock.Transfer)
}

// TestTransferByTheHub: the person asked online; the post hears of it.
func TestTransferByTheHub(t *testing.T) {
	w := newWorld(t)
	c := w.shelved(1)[0]
	w.told(c.Reference, workflow.Received)
	w.told(c.Reference, workflow.Ready)
	w.told(c.Reference, workflow.Transfer)
	stock, err := w.desk.Stock(t.Context(), agent)
	require.NoError(t, err)
	require.Len(t, stock.Transfer, 1)
	_, err = w.desk.SendTransfer(t.Context(), supervisor, string(c.Reference), string(label(t, "IT-MIL", 9)))
	require.NoError(t, err)
}

// unclaimed is a card for which nobody came in 180 days.
func (w *world) unclaimed() wire.ManifestCard {
	w.tb.Helper()
	c := w.shelved(1)[0]
	for _, s := range []workflow.State{workflow.Received, workflow.Ready, workflow.Unclaimed} {
		w.told(c.Reference, s)
	}
	return c
}

func TestReclaim(t *testing.T) {
	w := newWorld(t)
	c := w.unclaimed()
	_, err := w.desk.Give(t.Context(), agent, collects(c))
	wantCode(t, web.CodeCardStopped, err)
	for range 2 {
		v, err := w.desk.Reclaim(t.Context(), agent, string(c.Reference))
		require.NoError(t, err)
		require.Equal(t, workflow.Ready.String(), v.State)
	}
	require.Len(t, w.said(wire.KindCardReclaimed), 1)
	require.Equal(t, workflow.HandedOver.String(), w.give(c).Card.State)
}

func TestSendBack(t *testing.T) {
	w := newWorld(t)
	c := w.unclaimed()
	in := handover.SendBackInput{Reference: string(c.Reference), Pouch: string(returnLabel(t))}
	for name, second := range map[string]access.Principal{"nobody": nobody, "oneself": agent, "no supervisor": colleague} {
		in.Second = second
		_, err := w.desk.SendBack(t.Context(), agent, in)
		require.Error(t, err, name)
		wantCode(t, web.CodeTwoPersons, err)
	}
	in.Second = supervisor
	in.Pouch = string(label(t, "FR-LYO", 2))
	_, err := w.desk.SendBack(t.Context(), agent, in)
	wantCode(t, web.CodePouchOtherPost, err)
	in.Pouch = string(returnLabel(t))
	for range 2 {
		v, err := w.desk.SendBack(t.Context(), agent, in)
		require.NoError(t, err)
		require.Equal(t, workflow.SentBack.String(), v.State)
		require.False(t, v.Held)
	}
	require.Len(t, w.said(wire.KindCardSentBack), 1)
}

func TestDestroy(t *testing.T) {
	w := newWorld(t)
	c := w.unclaimed()
	in := handover.DestroyInput{
		Reference: string(c.Reference), Serial: c.Serial, Method: wire.DestroyShredded, Witness: "The consul", Second: supervisor,
	}
	edits := map[string]struct {
		edit func(*handover.DestroyInput)
		code web.Code
	}{
		"ErrMethod":     {func(in *handover.DestroyInput) { in.Method = 0 }, "invalid"},
		"ErrSerial":     {func(in *handover.DestroyInput) { in.Serial = "" }, "invalid"},
		"ErrOtherCard":  {func(in *handover.DestroyInput) { in.Serial = "CN9" }, web.CodeCardOther},
		"ErrAlone":      {func(in *handover.DestroyInput) { in.Second = nobody }, web.CodeTwoPersons},
		"ErrOneself":    {func(in *handover.DestroyInput) { in.Second = agent }, web.CodeTwoPersons},
		"ErrNoWarrant":  {func(in *handover.DestroyInput) { in.Second = colleague }, web.CodeTwoPersons},
		"ErrNoSuchCard": {func(in *handover.DestroyInput) { in.Reference = string(w.cards(1, 900)[0].Reference) }, web.CodeCardUnknown},
	}
	before := len(w.entries())
	for name, tc := range edits {
		t.Run(name, func(t *testing.T) {
			bad := in
			tc.edit(&bad)
			_, err := w.desk.Destroy(t.Context(), agent, bad)
			wantCode(t, tc.code, err)
		})
	}
	require.Len(t, w.entries(), before, "nothing was said")
	for range 2 {
		v, err := w.desk.Destroy(t.Context(), agent, in)
		require.NoError(t, err)
		require.Equal(t, workflow.Destroyed.String(), v.State)
	}
	said := w.said(wire.KindCardDestroyed)
	require.Len(t, said, 1)
	require.Equal(t, "The consul", said[0].body.Witness)
	require.Equal(t, supervisor.ID, said[0].body.Second)
	_, err := w.desk.Reclaim(t.Context(), agent, in.Reference)
	require.True(t, fault.Is(err, fault.Conflict), "too late")
}

// TestReadyIsNotDestroyed: a card that somebody may still collect.
func TestReadyIsNotDestroyed(t *testing.T) {
	w := newWorld(t)
	c := w.shelved(1)[0]
	_, err := w.desk.Destroy(t.Context(), agent, handover.DestroyInput{
		Reference: string(c.Reference), Serial: c.Serial, Method: wire.DestroyCut, Second: supervisor,
	})
	wantCode(t, web.CodeCardNotReady, err)
	_, err = w.desk.SendBack(t.Context(), agent, handover.SendBackInput{
		Reference: string(c.Reference), Pouch: string(returnLabel(t)), Second: supervisor,
	})
	wantCode(t, web.CodeCardNotReady, err)
}

func TestStock(t *testing.T) {
	w := newWorld(t)
	_, err := w.desk.Stock(t.Context(), nobody)
	require.True(t, fault.Is(err, fault.Denied))
	id, cards := w.opened(3)
	w.scan(id, cards[0].Serial)
	w.scan(id, cards[1].Serial)
	w.shelve(cards[1].Reference)
	stock, err := w.desk.Stock(t.Context(), agent)
	require.NoError(t, err)
	require.Equal(t, 1, stock.Pouches)
	require.Equal(t, cards[0].Serial, stock.Shelve[0].Serial)
	require.Equal(t, "12", stock.Ready[0].Box)
	w.give(cards[1])
	w.restart()
	stock, err = w.desk.Stock(t.Context(), agent)
	require.NoError(t, err)
	require.Empty(t, stock.Ready, "it left")
	require.Len(t, stock.Shelve, 1)

	_, err = w.desk.Shelve(t.Context(), agent, handover.ShelveInput{Serial: "cn0000001", Safe: "A", Box: "1"})
	require.NoError(t, err)
	for text, code := range map[string]web.Code{"CN8": web.CodeCardUnknown, "!": "invalid"} {
		_, err = w.desk.Shelve(t.Context(), agent, handover.ShelveInput{Serial: text, Safe: "A", Box: "1"})
		wantCode(t, code, err)
	}
}
