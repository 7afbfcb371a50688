package consular_test

import (
	"encoding"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
)

type term interface {
	~uint8
	encoding.TextMarshaler
	String() string
	Validate() error
}

// closed checks a list: numbers from 1, texts as given and in this order, zero
// and the next number refused. The texts stand here once more, so that a
// change of a published number fails.
func closed[T term](parse func(string) (T, error), members []T, texts string) func(*testing.T) {
	return func(t *testing.T) {
		t.Helper()
		t.Parallel()
		want := strings.Fields(texts)
		require.Len(t, members, len(want))
		for i, m := range members {
			require.EqualValues(t, i+1, m)
			require.Equal(t, want[i], m.String())
			require.NoError(t, m.Validate())
			got, err := parse(" " + strings.ToUpper(want[i]) + " ")
			require.NoError(t, err)
			require.Equal(t, m, got)
			text, err := m.MarshalText()
			require.NoError(t, err)
			require.Equal(t, want[i], string(text))
		}
		require.True(t, consular.Broke(T(0).Validate(), consular.RuleRequired))
		next := T(len(members) + 1)
		require.True(t, consular.Broke(next.Validate(), consular.RuleUnknown))
		require.Contains(t, next.String(), "(")
		_, err := next.MarshalText()
		require.True(t, fault.Is(err, fault.Unsupported))
		empty, err := T(0).MarshalText()
		require.NoError(t, err)
		require.Empty(t, empty)
		_, err = parse("")
		require.True(t, consular.Broke(err, consular.RuleRequired))
		_, err = parse("no such text")
		require.True(t, consular.Broke(err, consular.RuleUnknown))
	}
}

func TestClosedLists(t *testing.T) {
	t.Parallel()
	t.Run("OKService", closed(consular.ParseService, consular.Services(), "cnie.first cnie.renewal cnie.replacement cnie.correction record.police record.justice"))
	t.Run("OKFamily", closed(consular.ParseFamily, consular.Families(), "cnie record"))
	t.Run("OKSex", closed(consular.ParseSex, consular.Sexes(), "M F"))
	t.Run("OKPostKind", closed(consular.ParsePostKind, consular.PostKinds(), "consulate-general embassy honorary-consulate"))
	t.Run("OKFinger", closed(consular.ParseFinger, consular.Fingers(), "right-thumb right-index right-middle right-ring right-little left-thumb left-index left-middle left-ring left-little"))
	t.Run("OKFingerException", closed(consular.ParseFingerException, consular.FingerExceptions(), "AMPUTATED BANDAGED DAMAGED"))
	t.Run("OKCaptureProfile", closed(consular.ParseCaptureProfile, consular.CaptureProfiles(), "none two-index ten-442 ten-rolled"))
	t.Run("OKRefusal", closed(consular.ParseRefusalReason, consular.RefusalReasons(), `portrait-quality fingerprint-quality signature-quality
		names-differ birth-differs file-incomplete not-registered duplicate-request content-unreadable images-missing identity-not-proved
		not-entitled guardian-consent supplement-unanswered payment-missing fraud deceased nationality-lost format-unsupported withdrawn`))
	t.Run("OKPurpose", closed(consular.ParsePurpose, consular.Purposes(), "visa residence naturalization work adoption study court other"))
	t.Run("OKLegalization", closed(consular.ParseLegalization, consular.Legalizations(), "none apostille chain"))
	t.Run("OKGuardianConsent", closed(consular.ParseGuardianConsent, consular.GuardianConsents(), "present power-of-attorney contacted-waiting sworn-absence court-order"))
	t.Run("OKFeeComponent", closed(consular.ParseFeeComponent, consular.FeeComponents(), "stamp chancery service"))
	t.Run("OKDeliveryMode", closed(consular.ParseDeliveryMode, consular.DeliveryModes(), "collect mail electronic electronic-and-collect electronic-and-mail pouch"))
	t.Run("OKCivilMention", closed(consular.ParseCivilMention, consular.CivilMentions(), "wife-of widow-of widower-of"))
	t.Run("OKProofKind", closed(consular.ParseProofKind, consular.ProofKinds(), "counter digital"))
	t.Run("OKChannel", closed(consular.ParseChannel, consular.Channels(), "desk portal mobile call-center"))
	t.Run("OKDocumentKind", closed(consular.ParseDocumentKind, consular.DocumentKinds(), `registration-certificate family-booklet birth-record-copy
		birth-extract marriage-act death-certificate old-card loss-statement host-police-report change-proof guardian-request guardian-card
		minor-residence court-decision power-of-attorney request-letter card-copy passport-copy photograph`))
}

func TestServiceFamily(t *testing.T) {
	t.Parallel()
	require.Equal(t, consular.FamilyCNIE, consular.CNIECorrection.Family())
	require.Equal(t, consular.FamilyRecord, consular.RecordJustice.Family())
	require.Zero(t, consular.Service(0).Family())
}

func TestDelivery(t *testing.T) {
	t.Parallel()
	address := goodAddress()
	for name, tc := range map[string]struct {
		delivery consular.Delivery
		service  consular.Service
		want     consular.Rule
	}{
		"OKCard":            {consular.Delivery{Mode: consular.DeliverCollect, Post: "FR-LYO"}, consular.CNIEFirst, ""},
		"OKElectronic":      {consular.Delivery{Mode: consular.DeliverElectronic}, consular.RecordPolice, ""},
		"OKMail":            {consular.Delivery{Mode: consular.DeliverMail, Post: "FR-LYO", Address: address}, consular.RecordJustice, ""},
		"ErrCardByMail":     {consular.Delivery{Mode: consular.DeliverMail, Post: "FR-LYO", Address: address}, consular.CNIEFirst, consular.RuleNotAllowed},
		"ErrNoPost":         {consular.Delivery{Mode: consular.DeliverPouch}, consular.RecordPolice, consular.RuleRequired},
		"ErrNoAddress":      {consular.Delivery{Mode: consular.DeliverElectronicAndMail, Post: "FR-LYO"}, consular.RecordPolice, consular.RuleRequired},
		"ErrPostTooMany":    {consular.Delivery{Mode: consular.DeliverElectronic, Post: "FR-LYO"}, consular.RecordPolice, consular.RuleNotAllowed},
		"ErrAddressTooMany": {consular.Delivery{Mode: consular.DeliverCollect, Post: "FR-LYO", Address: address}, consular.CNIEFirst, consular.RuleNotAllowed},
		"ErrNoMode":         {consular.Delivery{}, consular.CNIEFirst, consular.RuleRequired},
		"ErrNoService":      {consular.Delivery{Mode: consular.DeliverElectronic}, 0, consular.RuleNotAllowed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := tc.delivery.ValidateFor(tc.service)
			if tc.want == "" {
				require.NoError(t, err)
				return
			}
			require.True(t, consular.Broke(err, tc.want))
		})
	}
	require.True(t, consular.DeliverElectronicAndCollect.Online())
	require.False(t, consular.DeliverPouch.Online())
}

func TestUseConsentProof(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	use := consular.Use{Purpose: consular.PurposeVisa, Country: "DE", Legalization: consular.LegalizationChain, Copies: 1}
	require.NoError(t, use.Validate())
	use.Purpose, use.Copies = consular.PurposeOther, 6
	require.Equal(t, consular.Violations{{"use.text", consular.RuleRequired}, {"use.copies", consular.RuleRange}}, consular.ViolationsOf(use.Validate()))
	require.NoError(t, consular.Consent{Version: "2026-1", Language: "ar", At: now, Channel: consular.ChannelDesk}.Validate())
	require.Len(t, consular.ViolationsOf(consular.Consent{}.Validate()), 4)
	require.NoError(t, consular.IdentityProof{Kind: consular.ProofDigital, Receipt: "r", At: now}.Validate())
	require.NoError(t, consular.IdentityProof{Kind: consular.ProofCounter, Document: consular.DocOldCard, At: now}.Validate())
	require.Error(t, consular.IdentityProof{Kind: consular.ProofDigital, At: now}.Validate())
	require.Error(t, consular.IdentityProof{Kind: consular.ProofCounter}.Validate())
}

func TestFingers(t *testing.T) {
	t.Parallel()
	full := func(p consular.CaptureProfile) []consular.FingerReport {
		var out []consular.FingerReport
		for _, f := range p.Fingers() {
			out = append(out, consular.FingerReport{Finger: f, Quality: 60})
		}
		return out
	}
	for _, p := range consular.CaptureProfiles() {
		require.NoError(t, consular.ValidateFingers(p, full(p)))
	}
	two := full(consular.CaptureTwoIndex)
	two[0] = consular.FingerReport{Finger: consular.RightIndex, Exception: consular.Amputated}
	require.NoError(t, consular.ValidateFingers(consular.CaptureTwoIndex, two))
	require.True(t, consular.Broke(consular.ValidateFingers(consular.CaptureTwoIndex, two[:1]), consular.RuleRequired))
	require.True(t, consular.Broke(consular.ValidateFingers(consular.CaptureTwoIndex, append(two, two[0])), consular.RuleDuplicate))
	require.True(t, consular.Broke(consular.ValidateFingers(consular.CaptureNone, two), consular.RuleNotAllowed))
	two[1].Quality = 101
	require.True(t, consular.Broke(consular.ValidateFingers(consular.CaptureTwoIndex, two), consular.RuleRange))
	require.True(t, consular.Broke(consular.ValidateFingers(0, nil), consular.RuleRequired))
}

func TestCountryAndLanguage(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]consular.Country{"ma": "MA", "MAR": "MA", "D": "DE", " fr ": "FR", "GBR": "GB"} {
		got, err := consular.ParseCountry(typed)
		require.NoError(t, err, typed)
		require.Equal(t, want, got)
	}
	for _, typed := range []string{"", "UK", "ZZ", "EU", "XX", "SU", "UTO", "M1", "419", "001"} {
		_, err := consular.ParseCountry(typed)
		require.True(t, fault.Is(err, fault.Invalid), typed)
	}
	require.Equal(t, "MAR", consular.Morocco.Alpha3())
	require.Empty(t, consular.Country("??").Alpha3())
	for typed, want := range map[string]consular.Language{"ar-MA": "ar", "FR": "fr", "zgh_MA": "zgh"} {
		got, err := consular.ParseLanguage(typed)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	_, err := consular.ParseLanguage("pt")
	require.True(t, consular.Broke(err, consular.RuleUnknown))
	require.True(t, consular.Arabic.RightToLeft())
}
