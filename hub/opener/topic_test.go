package opener_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub/ledger"
	"jaliya/hub/opener"
	"jaliya/internal/consular"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

// recordRelease is what a counter takes of a person who wants a police record.
func recordRelease() wire.Release {
	r, at := enrolment(nil), time.UnixMilli(1_780_000_000_000).UTC()
	r.Service, r.Profile, r.Fingers, r.Fee, r.Payment = consular.RecordPolice, 0, nil, nil, nil
	r.Record = &wire.RecordWish{
		Use:     consular.Use{Purpose: consular.PurposeResidence, Country: "ES", Legalization: consular.LegalizationNone, Copies: 1},
		Consent: consular.Consent{Version: "2026-01", Language: "es", At: at, Channel: consular.ChannelDesk},
		Proof:   consular.IdentityProof{Kind: consular.ProofCounter, Document: consular.DocOldCard, At: at},
	}
	return r
}

// topicOf gives what the opener says that a release is about.
func (p *packet) topicOf(r wire.Release) []byte {
	p.t.Helper()
	p.header.Service = uint8(r.Service)
	p.found.Header, p.found.Body = wire.Marshal(p.header), p.sealed(r)
	o, err := opener.New(p.keys, p.hub, p.hub)
	require.NoError(p.t, err)
	answer, err := o.Examine(p.t.Context(), ledger.Order{ID: 1, Commit: 1})
	require.NoError(p.t, err)
	require.Zero(p.t, answer.Reason)
	return answer.Facts.Topic
}

// TestTopic: the same person, product, purpose and country have one topic, in
// whatever packet, and nothing else has it.
func TestTopic(t *testing.T) {
	p := newPacket(t)
	first := p.topicOf(recordRelease())
	require.Len(t, first, 32)
	again := recordRelease()
	again.Record.Use.Copies, again.Record.Use.Legalization = 2, consular.LegalizationApostille
	require.Equal(t, first, p.topicOf(again), "copies do not make it another request")
	seen := map[string]bool{string(first): true}
	for name, change := range map[string]func(*wire.Release){
		"Product": func(r *wire.Release) { r.Service = consular.RecordJustice },
		"Person":  func(r *wire.Release) { r.Person.NationalNumber = "BK765432" },
		"Purpose": func(r *wire.Release) { r.Record.Use.Purpose = consular.PurposeStudy },
		"Country": func(r *wire.Release) { r.Record.Use.Country = "FR" },
		"Text": func(r *wire.Release) {
			r.Record.Use.Purpose, r.Record.Use.Text = consular.PurposeOther, "mairie"
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := recordRelease()
			change(&r)
			topic := p.topicOf(r)
			require.NotContains(t, seen, string(topic))
			seen[string(topic)] = true
		})
	}
	unnumbered := recordRelease()
	unnumbered.Person.NationalNumber = ""
	require.Empty(t, p.topicOf(unnumbered), "names alone would make two persons one")
	card := newPacket(t)
	require.Empty(t, card.topicOf(enrolment(card.image(wire.PartPortrait))), "a card is about no purpose")

	elsewhere := newPacket(t)
	require.NotEqual(t, first, elsewhere.topicOf(recordRelease()), "another hub has another key")
	_, err := p.keys.Rotate()
	require.NoError(t, err)
	p.visit, err = seal.NewVisit(p.keys.Public(), p.record, p.dicts)
	require.NoError(t, err)
	p.header.IntakeKey = p.keys.Public().ID
	require.Equal(t, first, p.topicOf(recordRelease()), "a newer intake key changes no topic")
}
