package wire_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

// enrolment is what a desk releases for a renewal: one person in both scripts.
func enrolment() wire.Release {
	dirham := func(minor int64) consular.Money { return consular.Money{Minor: minor, Currency: consular.Dirham} }
	person := consular.PersonName{
		Family: consular.Name{Arabic: "بناني", Latin: "Bennani"}, Given: consular.Name{Arabic: "خديجة", Latin: "Khadija"},
	}
	return wire.Release{
		Version: wire.Version, Service: consular.CNIERenewal,
		Person: consular.Person{
			Family: consular.Name{Arabic: "العلوي", Latin: "El Alaoui"},
			Given:  consular.Name{Arabic: "فاطمة الزهراء", Latin: "Fatima-Zahra"},
			Sex:    consular.Female, Birth: "1975-05-XX",
			BirthPlace: consular.Name{Arabic: "الدار البيضاء", Latin: "Casablanca"}, BirthCountry: consular.Morocco,
			Nationality: consular.Morocco, NationalNumber: "BE012345",
			Father: consular.PersonName{Given: consular.Name{Arabic: "محمد", Latin: "Mohammed"}}, Mother: person,
		},
		Contact: consular.Contact{
			Phone: "+33612345678", Email: "f.elalaoui@example.org", Language: "ar",
			Address: consular.Address{
				Street: consular.Name{Latin: "12 rue de la République"}, City: consular.Name{Latin: "Lyon", Arabic: "ليون"},
				Postcode: "69002", Country: "FR",
			},
		},
		Delivery:  consular.Delivery{Mode: consular.DeliverCollect, Post: post},
		Documents: []consular.DocumentKind{consular.DocOldCard, consular.DocRegistration},
		Profile:   consular.CaptureTwoIndex,
		Fingers: []consular.FingerReport{
			{Finger: consular.RightIndex, Quality: 71}, {Finger: consular.LeftIndex, Quality: 64},
		},
		Guardian: &consular.Guardian{Name: person, Consent: consular.GuardianPresent},
		Fee: &consular.Fee{
			Service: consular.CNIERenewal, On: "2026-03-02",
			Lines: []consular.FeeLine{
				{Component: consular.FeeStamp, Amount: dirham(7500)}, {Component: consular.FeeChancery, Amount: dirham(3000)},
			},
			Total: dirham(10500),
		},
		Parts: []wire.Part{
			{Name: wire.PartPortrait, MediaType: "image/jpeg", Size: 81_000, Digest: image},
			{Name: "right-index", MediaType: "image/png", Size: 40_000, Digest: slip},
		},
		EnrolledBy: "a.naji", ReleasedBy: "s.idrissi", Captured: hubTime,
	}
}

func TestReleaseRoundTrip(t *testing.T) {
	want := enrolment()
	require.NoError(t, want.Validate())
	got, err := wire.DecodeRelease(wire.Marshal(want))
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.NoError(t, got.Validate())
	require.Equal(t, "العلوي", got.Person.Family.Arabic)
	require.NotContains(t, fmt.Sprintf("%v %+v", got, got), "Alaoui", "a person prints as a placeholder")
}

// asRecord makes the enrolment a request for a police record.
func asRecord(r *wire.Release, proof consular.ProofKind) {
	at := time.UnixMilli(hubTime).UTC()
	r.Service, r.Parts, r.Profile, r.Fingers, r.Fee, r.Payment = consular.RecordPolice, nil, 0, nil, nil, nil
	r.Record = &wire.RecordWish{
		Use:     consular.Use{Purpose: consular.PurposeResidence, Country: "ES", Legalization: consular.LegalizationNone, Copies: 1},
		Consent: consular.Consent{Version: "2026-01", Language: "es", At: at, Channel: consular.ChannelPortal},
		Proof:   consular.IdentityProof{Kind: proof, Document: consular.DocOldCard, At: at},
	}
	if proof == consular.ProofDigital {
		r.Record.Proof = consular.IdentityProof{Kind: proof, Receipt: "tx-1", Level: "high", At: at}
		r.Record.Receipt = []byte("signed.receipt.bytes")
	}
}

func TestReleaseValidate(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*wire.Release)
		want   fault.Kind
		field  string
	}{
		{"OKRecord", func(r *wire.Release) {
			asRecord(r, consular.ProofCounter)
		}, fault.Other, ""},
		{"OKOnline", func(r *wire.Release) {
			asRecord(r, consular.ProofDigital)
			r.EnrolledBy, r.ReleasedBy = "", ""
		}, fault.Other, ""},
		{"ErrOnlineSigned", func(r *wire.Release) { asRecord(r, consular.ProofDigital) }, fault.Denied, "released_by"},
		{"ErrCounterUnsigned", func(r *wire.Release) {
			asRecord(r, consular.ProofCounter)
			r.EnrolledBy, r.ReleasedBy = "", ""
		}, fault.Denied, "released_by"},
		{"ErrRecordWithoutWish", func(r *wire.Release) {
			asRecord(r, consular.ProofCounter)
			r.Record = nil
		}, fault.Invalid, "record"},
		{"ErrWishOfCard", func(r *wire.Release) {
			asRecord(r, consular.ProofCounter)
			r.Service = consular.CNIERenewal
		}, fault.Invalid, "record"},
		{"ErrPurpose", func(r *wire.Release) {
			asRecord(r, consular.ProofCounter)
			r.Record.Use.Purpose = 0
		}, fault.Invalid, "use.purpose"},
		{"ErrPurposeOverride", func(r *wire.Release) {
			asRecord(r, consular.ProofCounter)
			r.Record.Use.Purpose, r.Record.Use.Text = consular.PurposeOther, "visa \u202e<script>"
		}, fault.Invalid, "use.text"},
		{"ErrConsent", func(r *wire.Release) {
			asRecord(r, consular.ProofCounter)
			r.Record.Consent.Version = ""
		}, fault.Invalid, "consent.version"},
		{"ErrReceiptMissing", func(r *wire.Release) {
			asRecord(r, consular.ProofDigital)
			r.Record.Receipt = nil
		}, fault.Invalid, "record.receipt"},
		{"OKBare", func(r *wire.Release) { r.Documents, r.Guardian, r.Fee = nil, nil, nil }, fault.Other, ""},
		{"ErrService", func(r *wire.Release) { r.Service = 0 }, fault.Invalid, "service"},
		{"ErrPerson", func(r *wire.Release) { r.Person.Family.Arabic = "" }, fault.Invalid, "person.family_name.arabic"},
		{"ErrScript", func(r *wire.Release) { r.Person.Given.Latin = "فاطمة" }, fault.Invalid, "person.given_name.latin"},
		{"ErrMother", func(r *wire.Release) { r.Person.Mother = consular.PersonName{} }, fault.Invalid, "person.mother"},
		{"ErrNumber", func(r *wire.Release) { r.Person.NationalNumber = "" }, fault.Invalid, "person.national_number"},
		{"ErrContact", func(r *wire.Release) { r.Contact.Phone, r.Contact.Email = "", "" }, fault.Invalid, "contact.phone"},
		{"ErrDelivery", func(r *wire.Release) { r.Delivery.Mode = consular.DeliverMail }, fault.Invalid, "delivery.mode"},
		{"ErrDeliveryPost", func(r *wire.Release) { r.Delivery.Post = "" }, fault.Invalid, "delivery.post"},
		{"ErrDocument", func(r *wire.Release) { r.Documents[0] = 200 }, fault.Invalid, "documents"},
		{"ErrDocumentTwice", func(r *wire.Release) { r.Documents[1] = r.Documents[0] }, fault.Invalid, "documents"},
		{"ErrFinger", func(r *wire.Release) { r.Fingers = r.Fingers[:1] }, fault.Invalid, "fingers.left-index"},
		{"ErrFingersUnasked", func(r *wire.Release) { r.Profile = consular.CaptureNone }, fault.Invalid, "fingers."},
		{"ErrFingersWithoutProfile", func(r *wire.Release) { r.Profile = 0 }, fault.Invalid, "fingers.profile"},
		{"ErrGuardian", func(r *wire.Release) { r.Guardian.Consent = 0 }, fault.Invalid, "guardian.consent"},
		{"ErrFeeService", func(r *wire.Release) { r.Fee.Service = consular.CNIEFirst }, fault.Invalid, "fee.service"},
		{"ErrFeeTotal", func(r *wire.Release) { r.Fee.Total.Minor++ }, fault.Invalid, "fee.total"},
		{"ErrSamePerson", func(r *wire.Release) { r.ReleasedBy = r.EnrolledBy }, fault.Denied, "released_by"},
		{"ErrSamePersonSpelledOtherwise", func(r *wire.Release) { r.ReleasedBy = "A.Naji" }, fault.Denied, "released_by"},
		{"ErrNobodyReleased", func(r *wire.Release) { r.ReleasedBy = "" }, fault.Denied, "released_by"},
		{"ErrNobodyEnrolled", func(r *wire.Release) { r.EnrolledBy = "" }, fault.Denied, "released_by"},
		{"ErrPortrait", func(r *wire.Release) { r.Parts = r.Parts[1:] }, fault.Invalid, "parts.portrait"},
		{"ErrPartTwice", func(r *wire.Release) { r.Parts[1].Name = wire.PartPortrait }, fault.Invalid, "parts"},
		{"ErrPartName", func(r *wire.Release) { r.Parts[1].Name = "" }, fault.Invalid, "parts"},
		{"ErrPartNameLong", func(r *wire.Release) { r.Parts[1].Name = strings.Repeat("x", 256) }, fault.Invalid, "parts"},
		{"ErrPartSize", func(r *wire.Release) { r.Parts[1].Size = 0 }, fault.Invalid, "parts"},
		{"ErrPartSizeNegative", func(r *wire.Release) { r.Parts[1].Size = math.MinInt64 }, fault.Invalid, "parts"},
		{"ErrPartSizeHuge", func(r *wire.Release) { r.Parts[1].Size = math.MaxInt64 }, fault.Invalid, "parts"},
		{"ErrPartDigest", func(r *wire.Release) { r.Parts[1].Digest = wire.Digest{} }, fault.Invalid, "parts"},
		{"ErrTooManyParts", func(r *wire.Release) { r.Parts = make([]wire.Part, seal.MaxParts+1) }, fault.Invalid, "parts"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := enrolment()
			tc.change(&r)
			err := r.Validate()
			requireKind(t, tc.want, err)
			if err != nil {
				require.ErrorContains(t, err, tc.field)
				require.NotContains(t, err.Error(), "Alaoui", "an error never tells who")
			}
		})
	}
}

func TestDecodeReleaseRefuses(t *testing.T) {
	r := enrolment()
	r.Version = 2
	_, err := wire.DecodeRelease(wire.Marshal(r))
	requireKind(t, fault.Unsupported, err)
	_, err = wire.DecodeRelease(make([]byte, seal.MaxBody+1))
	requireKind(t, fault.TooLarge, err)
	_, err = wire.DecodeRelease([]byte("no"))
	requireKind(t, fault.Invalid, err)
}

func TestPartsOf(t *testing.T) {
	got := wire.PartsOf([]seal.Part{{Name: "portrait", MediaType: "image/jpeg", Size: 3, Digest: image}})
	require.Equal(t, []wire.Part{{Name: "portrait", MediaType: "image/jpeg", Size: 3, Digest: image}}, got)
	require.Empty(t, wire.PartsOf(nil))
}
