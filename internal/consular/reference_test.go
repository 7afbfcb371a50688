package consular_test

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
)

func newReference(t *testing.T) consular.Reference {
	t.Helper()
	r, err := consular.NewReference(rand.Reader)
	require.NoError(t, err)
	return r
}

func TestReferenceForms(t *testing.T) {
	t.Parallel()
	// 0123456789012345 and its check digits, by hand: 98 - (n * 100 mod 97).
	ref, err := consular.NewReference(bytes.NewReader(counting(64)))
	require.NoError(t, err)
	require.Equal(t, "012345678901234562", ref.Digits())
	require.Equal(t, "012345 678901 234562", ref.String())
	require.NoError(t, ref.Validate())
	for name, typed := range map[string]string{
		"OKPlain": "012345678901234562", "OKGroups": "012345 678901 234562", "OKHyphens": "012345-678901–234562",
		"OKNoBreak": "012345\u00a0678901\u202f234562", "OKArabic": "٠١٢٣٤٥ ٦٧٨٩٠١ ٢٣٤٥٦٢",
		"OKPersian": "۰۱۲۳۴۵۶۷۸۹۰۱۲۳۴۵۶۲", "OKDirectionMarks": "\u200e012345 678901 234562\u200f",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := consular.ParseReference(typed)
			require.NoError(t, err)
			require.Equal(t, ref, got)
		})
	}
}

func TestReferenceErrors(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		typed string
		want  consular.Rule
	}{
		"ErrRequired": {" ", consular.RuleRequired}, "ErrLetter": {"01234567890123459X", consular.RuleFormat},
		"ErrShort": {"0123456789", consular.RuleLength}, "ErrHuge": {strings.Repeat("1", 200), consular.RuleLength},
		"ErrChecksum": {"012345678901234563", consular.RuleChecksum},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := consular.ParseReference(tc.typed)
			require.True(t, fault.Is(err, fault.Invalid))
			require.True(t, consular.Broke(err, tc.want))
			require.Equal(t, consular.Violations{{Field: "reference", Rule: tc.want}}, consular.ViolationsOf(err))
			require.NotContains(t, err.Error(), "0123")
		})
	}
}

// Every one of the 18 x 9 single wrong digits and every exchange of any two
// neighbors is refused, for many references.
func TestReferenceCatchesSlips(t *testing.T) {
	t.Parallel()
	for range 300 {
		ref := string(newReference(t))
		for i := range len(ref) {
			for d := byte('0'); d <= '9'; d++ {
				if d != ref[i] {
					require.Error(t, consular.Reference(ref[:i]+string(d)+ref[i+1:]).Validate())
				}
			}
			if i > 0 && ref[i] != ref[i-1] {
				swapped := ref[:i-1] + string(ref[i]) + string(ref[i-1]) + ref[i+1:]
				require.Error(t, consular.Reference(swapped).Validate())
			}
		}
	}
}

// Exactly one pair of check digits fits, although 01 and 98 are congruent.
func TestReferenceHasOneCheck(t *testing.T) {
	t.Parallel()
	for n := range 1000 {
		digits := strings.Repeat("0", 13) + pad3(n)
		fits := 0
		for c := range 100 {
			if consular.Reference(digits+pad3(c)[1:]).Validate() == nil {
				fits++
			}
		}
		require.Equal(t, 1, fits)
	}
}

func pad3(n int) string {
	return string([]byte{'0' + byte(n/100), '0' + byte(n/10%10), '0' + byte(n%10)})
}

func counting(n int) []byte {
	out := make([]byte, n)
	for i := range out {
		out[i] = byte(i)
	}
	return out
}

func TestRandomDigits(t *testing.T) {
	t.Parallel()
	t.Run("OKUniform", func(t *testing.T) {
		t.Parallel()
		digits, err := consular.RandomDigits(rand.Reader, 100_000)
		require.NoError(t, err)
		for d := '0'; d <= '9'; d++ {
			require.InDelta(t, 10_000, strings.Count(digits, string(d)), 600)
		}
	})
	t.Run("OKRejectsHighBytes", func(t *testing.T) {
		t.Parallel()
		source := append(bytes.Repeat([]byte{250, 255}, 50), bytes.Repeat([]byte{249}, 50)...)
		digits, err := consular.RandomDigits(bytes.NewReader(source), 4)
		require.NoError(t, err)
		require.Equal(t, "9999", digits)
	})
	t.Run("ErrSourceEnds", func(t *testing.T) {
		t.Parallel()
		_, err := consular.NewReference(bytes.NewReader(nil))
		require.True(t, fault.Is(err, fault.Internal))
		_, err = consular.NewSlipCode(bytes.NewReader(nil))
		require.True(t, fault.Is(err, fault.Internal))
	})
}

func TestSlipCode(t *testing.T) {
	t.Parallel()
	ref, other := newReference(t), newReference(t)
	code, err := consular.ParseSlipCode("١٢٣٤ 5678")
	require.NoError(t, err)
	require.Equal(t, "1234 5678", code.Printed())
	require.Equal(t, "[slip code]", code.String())
	hash := code.Hash(ref)
	require.Equal(t, consular.SlipHash(sha256.Sum256([]byte("jaliya/slip/1"+ref.Digits()+"12345678"))), hash)
	require.True(t, hash.Matches(ref, code))
	require.False(t, hash.Matches(other, code))
	require.False(t, hash.Matches(ref, "12345679"))
	require.False(t, consular.SlipHash{}.Matches(ref, code))
	require.False(t, consular.SlipCode("").Hash("").Matches("", ""))
	require.True(t, consular.SlipHash{}.IsZero())
	for _, typed := range []string{"", "1234567", "123456789", "1234567a"} {
		_, err := consular.ParseSlipCode(typed)
		require.True(t, fault.Is(err, fault.Invalid), typed)
	}
	fresh, err := consular.NewSlipCode(rand.Reader)
	require.NoError(t, err)
	require.NoError(t, fresh.Validate())
}

func TestViolations(t *testing.T) {
	t.Parallel()
	require.Nil(t, consular.ViolationsOf(nil))
	require.Nil(t, consular.ViolationsOf(errors.New("other")))
	require.NoError(t, consular.Under("guardian", nil))
	err := consular.Under("guardian", consular.Person{}.Validate())
	require.Equal(t, "guardian.person.family_name.arabic", consular.ViolationsOf(err)[0].Field)
	require.Contains(t, err.Error(), "consular: validate: invalid: guardian.person.family_name.arabic: required; ")
}
