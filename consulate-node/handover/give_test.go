package handover_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/handover"
	"jaliya/consulate-node/journal"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/web"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

func TestHandover(t *testing.T) {
	w := newWorld(t)
	cards := w.shelved(3)
	c := cards[0]
	v := w.card(c.Reference)
	require.Equal(t, []string{"A", "12", "READY", "no"}, []string{v.Safe, v.Box, v.State, v.Guardian})
	require.True(t, v.Held)
	require.Equal(t, journal.L1, v.Level)
	in := collects(c)
	in.Receipt, in.OldCard, in.OldSerial = true, wire.OldCardTaken, "ab 12345"
	g, err := w.desk.Give(t.Context(), agent, in)
	require.NoError(t, err)
	require.False(t, g.Repeated)
	require.Equal(t, workflow.HandedOver.String(), g.Card.State)
	require.False(t, g.Card.Held)
	require.Equal(t, journal.L1, g.Card.Level, "with the hub cut off")
	require.True(t, w.give(c).Repeated, "a double click")
	_, err = w.desk.Give(t.Context(), colleague, in)
	wantCode(t, web.CodeCardGiven, err)

	given := w.said(wire.KindCardHandedOver)
	require.Len(t, given, 1)
	body := given[0].body
	require.Equal(t, agent.ID, body.By)
	require.Equal(t, "AB12345", body.OldSerial)
	require.Equal(t, wire.ProofReceipt, body.Proof)
	require.True(t, body.PIN)
	require.Equal(t, wire.SerialDigest(c.Serial), *given[0].header.Serial)

	require.NoError(t, w.kit.Secure(w.journal, 64))
	require.Equal(t, journal.L2, w.card(cards[1].Reference).Level)
	w.told(c.Reference, workflow.Received)
	w.told(c.Reference, workflow.Ready)
	require.NotEmpty(t, w.card(c.Reference).Family, "the hub does not know yet")
	w.told(c.Reference, workflow.HandedOver)
	v = w.card(c.Reference)
	require.Empty(t, v.Family, "forgotten")
	require.Empty(t, v.Birth)
	require.Equal(t, workflow.HandedOver.String(), v.State)
	found, err := w.desk.Find(t.Context(), agent, c.Family.Latin)
	require.NoError(t, err)
	require.Empty(t, found.Cards)
}

func TestGiveRefusals(t *testing.T) {
	w := newWorld(t)
	id, cards := w.opened(5)
	for _, c := range cards[:4] {
		w.scan(id, c.Serial)
		w.shelve(c.Reference)
	}
	w.scan(id, cards[4].Serial)
	adult, child, minor, unshelved := cards[0], cards[2], cards[3], cards[4]
	for _, tc := range []struct {
		name  string
		card  wire.ManifestCard
		edit  func(*handover.GiveInput)
		code  web.Code
		field string
	}{
		{"ErrOtherCard", adult, func(in *handover.GiveInput) { in.Serial = child.Serial }, web.CodeCardOther, ""},
		{"ErrSerial", adult, func(in *handover.GiveInput) { in.Serial = "?" }, "invalid", "serial"},
		{"ErrUnknown", adult, func(in *handover.GiveInput) { in.Reference = string(w.cards(1, 5000)[0].Reference) }, web.CodeCardUnknown, ""},
		{"ErrReference", adult, func(in *handover.GiveInput) { in.Reference = "12" }, "invalid", "reference"},
		{"ErrNotShelved", unshelved, func(*handover.GiveInput) {}, web.CodeCardNotReady, ""},
		{"ErrNoFace", adult, func(in *handover.GiveInput) { in.Face = false }, "invalid", "face"},
		{"ErrNoDocument", adult, func(in *handover.GiveInput) { in.Document = 0 }, "invalid", "document"},
		{"ErrOtherDocument", adult, func(in *handover.GiveInput) { in.Document = wire.ShownOther }, "invalid", "remarks"},
		{"ErrProxy", adult, func(in *handover.GiveInput) {
			in.Receiver, in.Guardian = wire.ReceiverGuardian, "Brother"
		}, "invalid", "receiver"},
		{"ErrNoGuardian", child, func(*handover.GiveInput) {}, "invalid", "receiver"},
		{"ErrGuardianUnnamed", child, func(in *handover.GiveInput) { in.Receiver = wire.ReceiverGuardian }, "invalid", "guardian"},
		{"ErrPrintDiffers", adult, func(in *handover.GiveInput) { in.Print = wire.PrintDiffers }, "invalid", "print"},
		{"ErrNoPrint", adult, func(in *handover.GiveInput) { in.Print = 0 }, "invalid", "print"},
		{"ErrWornPrintAlone", adult, func(in *handover.GiveInput) { in.Print = wire.PrintUnreadable }, web.CodeTwoPersons, ""},
		{"ErrNoPrintOnCardAlone", adult, func(in *handover.GiveInput) { in.Print = wire.PrintNone }, web.CodeTwoPersons, ""},
		{"ErrWornPrintOneself", adult, func(in *handover.GiveInput) {
			in.Print, in.Second = wire.PrintUnreadable, agent
		}, web.CodeTwoPersons, ""},
		{"ErrOldCard", adult, func(in *handover.GiveInput) { in.OldCard = 0 }, "invalid", "old_card"},
		{"ErrOldSerial", adult, func(in *handover.GiveInput) { in.OldCard = wire.OldCardTaken }, "invalid", "old_serial"},
		{"ErrSlipCode", adult, func(in *handover.GiveInput) { in.SlipCode = "abc" }, "invalid", "slip_code"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			in := collects(tc.card)
			tc.edit(&in)
			_, err := w.desk.Give(t.Context(), agent, in)
			wantCode(t, tc.code, err)
			p := web.ProblemOf(err, web.Arabic)
			if tc.field != "" {
				require.Equal(t, tc.field, p.Violations[0].Field)
			}
			require.NotContains(t, fmt.Sprintf("%+v %v", err, in), adult.Family.Latin)
		})
	}
	require.Empty(t, w.said(wire.KindCardHandedOver))
	_, err := w.desk.Give(t.Context(), auditor, collects(adult))
	wantCode(t, "denied", err)

	worn := collects(adult)
	worn.Print, worn.Second = wire.PrintUnreadable, supervisor
	_, err = w.desk.Give(t.Context(), agent, worn)
	require.NoError(t, err, "scene 10: worn prints, a second person looks")
	mother := collects(child)
	mother.Receiver, mother.Guardian, mother.Print = wire.ReceiverGuardian, "Amina El Idrissi, passport", wire.PrintNone
	_, err = w.desk.Give(t.Context(), agent, mother)
	require.NoError(t, err)
	require.Equal(t, "allowed", w.card(minor.Reference).Guardian)
	require.False(t, w.give(minor).Repeated, "sixteen, alone")
	require.Len(t, w.said(wire.KindCardHandedOver), 3)
}

// TestRenewalNeedsOldCard: who renews gives a card back, or has lost it.
func TestRenewalNeedsOldCard(t *testing.T) {
	w := newWorld(t)
	id, cards := label(t, "FR-LYO", 1), w.cards(1, 1)
	cards[0].Service = consular.CNIERenewal
	slip := consular.SlipCode("12345678")
	cards[0].Slip = wire.Digest(slip.Hash(cards[0].Reference))
	w.announces(id, 1, cards)
	_, err := w.desk.Arrive(t.Context(), supervisor, string(id))
	require.NoError(t, err)
	_, err = w.desk.Open(t.Context(), supervisor, handover.OpenInput{Pouch: string(id), Second: agent, Seal: "ma-778812"})
	require.NoError(t, err)
	w.scan(id, cards[0].Serial)
	w.shelve(cards[0].Reference)
	in := collects(cards[0])
	_, err = w.desk.Give(t.Context(), agent, in)
	wantCode(t, "invalid", err)
	in.OldCard, in.SlipCode = wire.OldCardLost, "87654321"
	_, err = w.desk.Give(t.Context(), agent, in)
	wantCode(t, web.CodeNoMatch, err)
	in.SlipCode = "1234 5678"
	_, err = w.desk.Give(t.Context(), agent, in)
	require.NoError(t, err)
	require.Equal(t, wire.ProofSlipCode, w.said(wire.KindCardHandedOver)[0].body.Proof)
}

// TestChecks: once, a second person; twice, hold; the hub lifts it.
func TestChecks(t *testing.T) {
	w := newWorld(t)
	c := w.shelved(1)[0]
	check := func(attempt wire.RecordID) handover.CardView {
		t.Helper()
		v, err := w.desk.Check(t.Context(), agent, handover.CheckInput{
			Attempt: attempt, Reference: string(c.Reference), Failed: wire.FailedFace,
		})
		require.NoError(t, err)
		return v
	}
	first := wire.NewRecordID()
	for range 3 {
		v := check(first)
		require.Equal(t, workflow.Ready.String(), v.State, "the same attempt, however often it is sent")
		require.True(t, v.Second)
	}
	_, err := w.desk.Give(t.Context(), agent, collects(c))
	wantCode(t, web.CodeTwoPersons, err)
	_, err = w.desk.Check(t.Context(), agent, handover.CheckInput{Attempt: wire.NewRecordID(), Reference: string(c.Reference)})
	wantCode(t, "invalid", err)

	require.Equal(t, workflow.Hold.String(), check(wire.NewRecordID()).State)
	require.Len(t, w.said(wire.KindCheckFailed), 2)
	in := collects(c)
	in.Second = supervisor
	_, err = w.desk.Give(t.Context(), agent, in)
	wantCode(t, web.CodeCardOnHold, err)

	w.told(c.Reference, workflow.Received)
	w.told(c.Reference, workflow.Ready) // what the hub said before it heard of the checks
	require.Equal(t, workflow.Hold.String(), w.card(c.Reference).State)
	w.told(c.Reference, workflow.Hold)
	require.Equal(t, workflow.Hold.String(), w.card(c.Reference).State)
	w.told(c.Reference, workflow.Ready) // the inquiry is over
	v := w.card(c.Reference)
	require.Equal(t, workflow.Ready.String(), v.State)
	require.Zero(t, v.Checks)
	require.False(t, w.give(c).Repeated)
}

// TestHubSays: what the hub decides reaches the counter; what this post has done
// is not undone by words.
func TestHubSays(t *testing.T) {
	w := newWorld(t)
	cards := w.shelved(3)
	w.told(cards[0].Reference, workflow.Frozen)
	_, err := w.desk.Give(t.Context(), agent, collects(cards[0]))
	wantCode(t, web.CodeCardStopped, err)
	w.told(cards[0].Reference, workflow.Ready)
	w.give(cards[0])

	w.give(cards[1])
	w.told(cards[1].Reference, workflow.Rejected)
	require.Equal(t, workflow.HandedOver.String(), w.card(cards[1].Reference).State)
	last := w.said(wire.KindCardHandedOver)[1].header
	w.hears(wire.Notice{Kind: wire.NoticeEntryRefused, Record: last.Record, Reference: last.Reference, Reason: 265})
	v := w.card(cards[1].Reference)
	require.Equal(t, workflow.HandedOver.String(), v.State, "the person has it")
	require.Equal(t, uint16(265), v.Refused)

	// Made anew: the new card takes the place of the old one, which is known as such.
	_, err = w.desk.Shelve(t.Context(), agent, handover.ShelveInput{Reference: string(cards[2].Reference), Defective: true})
	require.NoError(t, err)
	again := cards[2]
	again.Serial = "CN7777777"
	id := label(t, "FR-LYO", 9)
	w.announces(id, 1, []wire.ManifestCard{again})
	_, err = w.desk.Arrive(t.Context(), supervisor, string(id))
	require.NoError(t, err)
	_, err = w.desk.Open(t.Context(), agent, handover.OpenInput{Pouch: string(id), Second: supervisor, Seal: sealNumber})
	require.NoError(t, err)
	require.Equal(t, handover.FindingReplaced, w.scan(id, cards[2].Serial).Finding)
	require.Equal(t, handover.FindingReceived, w.scan(id, again.Serial).Finding)
}

func TestShelve(t *testing.T) {
	w := newWorld(t)
	cards := w.shelved(2)
	n := len(w.entries())
	_, err := w.desk.Shelve(t.Context(), agent, handover.ShelveInput{Reference: string(cards[0].Reference), Safe: "B", Box: "1"})
	require.NoError(t, err)
	require.Len(t, w.entries(), n, "another place is no event")
	require.Equal(t, "B", w.card(cards[0].Reference).Safe)
	_, err = w.desk.Shelve(t.Context(), agent, handover.ShelveInput{Reference: string(cards[0].Reference), Safe: " "})
	wantCode(t, "invalid", err)
	_, err = w.desk.Shelve(t.Context(), supervisor, handover.ShelveInput{Reference: string(w.cards(1, 77)[0].Reference), Safe: "B", Box: "1"})
	wantCode(t, web.CodeCardUnknown, err)
	_, err = w.desk.Shelve(t.Context(), auditor, handover.ShelveInput{})
	wantCode(t, "denied", err)
}

func TestFind(t *testing.T) {
	w := newWorld(t)
	cards := w.shelved(5)
	for _, tc := range []struct {
		name, text string
		found      []int
	}{
		{"Reference", string(cards[1].Reference), []int{1}},
		{"ReferenceGrouped", cards[1].Reference.String(), []int{1}},
		{"Serial", "cn0000003", []int{2}},
		{"ArabicFamily", "الإدريسي", []int{0}},
		{"HamzaBelowLeftOut", "الادريسي", []int{0}},
		{"HamzaOnItsOwnLeftOut", "اسما", []int{0}},
		{"Madda", "ايت علي", []int{2}},
		{"HamzaOnWaw", "فواد", []int{3}},
		{"AlifMaqsura", "هدي", []int{2}},
		{"TaMarbuta", "فاطمه", []int{3}},
		{"Diacritics", "سَلْمَى", []int{4}},
		{"Tatweel", "ســلمى", []int{4}},
		{"PresentationForms", "ﺳﻠﻤﻰ", []int{4}},
		{"CompoundTogether", "عبدالمغيث", []int{1}},
		{"GivenThenFamily", "سلمى العلوي", []int{4}},
		{"FamilyThenGiven", "العلوي سلمى", []int{4}},
		{"Latin", "benzakourovitch", []int{1}},
		{"LatinAccents", "abd el mughith", []int{1}},
		{"LatinTrema", "AIT ALI", []int{2}},
		{"LatinHyphen", "fatima zahra fouad", []int{3}},
		{"LatinWord", "Zahra", []int{3}},
		{"OtherPersonsName", "Salma Fouad", nil},
		{"Nobody", "Nobody", nil},
		{"Signs", "!!!", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			seen := len(w.said(wire.KindFileViewed))
			found, err := w.desk.Find(t.Context(), agent, tc.text)
			require.NoError(t, err)
			require.Len(t, found.Cards, len(tc.found))
			for i, n := range tc.found {
				require.Equal(t, cards[n].Reference, found.Cards[i].Reference)
			}
			require.Len(t, w.said(wire.KindFileViewed), seen+len(tc.found), "who looked is an entry")
		})
	}
	_, err := w.desk.Find(t.Context(), agent, "  ")
	wantCode(t, "invalid", err)
	_, err = w.desk.Find(t.Context(), agent, string(bytes.Repeat([]byte("a"), 300)))
	wantCode(t, "invalid", err)
	_, err = w.desk.Find(t.Context(), auditor, "Salma")
	wantCode(t, "denied", err)
}

// TestFindTooMany: a name that half the shelf has shows nobody.
func TestFindTooMany(t *testing.T) {
	w := newWorld(t)
	w.announces(label(t, "FR-LYO", 1), 1, w.cards(120, 1))
	found, err := w.desk.Find(t.Context(), agent, "Alaoui")
	require.NoError(t, err)
	require.True(t, found.More)
	require.Empty(t, found.Cards)
	require.Empty(t, w.said(wire.KindFileViewed))
}

// TestCanary: nothing readable of the people whose cards came lies in any file
// of the node, nor in its log.
func TestCanary(t *testing.T) {
	w := newWorld(t)
	cards := w.shelved(5)
	mother := collects(cards[2])
	mother.Receiver, mother.Guardian, mother.Print = wire.ReceiverGuardian, "Guardian Canaryperson", wire.PrintNone
	mother.Remarks = "remark-canary"
	_, err := w.desk.Give(t.Context(), agent, mother)
	require.NoError(t, err)
	for _, i := range []int{0, 1, 3} {
		w.give(cards[i])
	}
	_, err = w.desk.Find(t.Context(), agent, "Benzakourovitch")
	require.NoError(t, err)
	require.NoError(t, w.journal.Close())
	t.Cleanup(w.start) // the world closes it at the end
	canaries := []string{"Guardian Canaryperson", "remark-canary", sealNumber}
	for _, c := range cards {
		canaries = append(canaries, c.Serial, c.Family.Latin, c.Family.Arabic, c.Given.Latin, c.Given.Arabic, string(c.Birth))
	}
	files := 0
	require.NoError(t, filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		files++
		for _, canary := range canaries {
			require.False(t, bytes.Contains(raw, []byte(canary)), "%s in %s", canary, filepath.Base(path))
		}
		return err
	}))
	require.Positive(t, files)
	for _, canary := range canaries {
		require.NotContains(t, w.log.String(), canary)
	}
}

func TestNew(t *testing.T) {
	_, err := handover.New(handover.Options{})
	require.True(t, fault.Is(err, fault.Invalid))
	require.False(t, errors.Is(err, access.ErrNoIdentity))
	w := newWorld(t)
	require.NoError(t, w.desk.Hear())
}
