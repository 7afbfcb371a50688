package consular_test

import (
	"encoding"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
)

// stable asks of every parser: an accepted text gives a valid value whose
// text form is accepted again and gives the same value; a refusal is Invalid.
func stable[T interface {
	comparable
	encoding.TextMarshaler
	Validate() error
}](t *testing.T, text string, parse func(string) (T, error),
) {
	t.Helper()
	got, err := parse(text)
	if err != nil {
		require.True(t, fault.Is(err, fault.Invalid))
		require.NotEmpty(t, consular.ViolationsOf(err))
		return
	}
	require.NoError(t, got.Validate())
	canonical, err := got.MarshalText()
	require.NoError(t, err)
	again, err := parse(string(canonical))
	require.NoError(t, err)
	require.True(t, got == again)
}

func FuzzCodes(f *testing.F) {
	for _, seed := range []string{
		"FR-LYO", "012345 678901 234562", "١٢٣٤ 5678", "be 012345", "RA473124829GB", "PFRLYO260000042A", "MAR", "12/05/1975",
		"1975-XX-XX", "22/11/2026", "+33 6 12 34 56 78", "Fatima@Example.org", "cnie.first", "mad", "ar-MA",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		stable(t, text, consular.ParsePostID)
		stable(t, text, consular.ParseReference)
		stable(t, text, consular.ParseNationalNumber)
		stable(t, text, consular.ParseItemNumber)
		stable(t, text, consular.ParsePouchID)
		stable(t, text, consular.ParseCountry)
		stable(t, text, consular.ParseBirthDate)
		stable(t, text, consular.ParseDate)
		stable(t, text, consular.ParseEmail)
		stable(t, text, consular.ParseService)
		stable(t, text, consular.ParseCurrency)
		stable(t, text, consular.ParseLanguage)
		if code, err := consular.ParseSlipCode(text); err == nil {
			require.NoError(t, code.Validate())
		}
		if m, err := consular.ParseMoney(text); err == nil {
			again, err := consular.ParseMoney(m.String())
			require.NoError(t, err)
			require.Equal(t, m, again)
		}
	})
}

func FuzzPhone(f *testing.F) {
	f.Add("06 12 34 56 78", "FR")
	f.Add("0000000", "KR")
	f.Fuzz(func(t *testing.T, text, home string) {
		stable(t, text, func(s string) (consular.Phone, error) { return consular.ParsePhone(s, consular.Country(home)) })
	})
}

func FuzzName(f *testing.F) {
	f.Add("العلوي", "El Alaoui")
	f.Add("\ufdf2", "Ai\u0308t")
	f.Fuzz(func(t *testing.T, arabic, latin string) {
		got, err := consular.ParseName(arabic, latin)
		if err != nil {
			require.True(t, fault.Is(err, fault.Invalid))
			return
		}
		again, err := consular.ParseName(got.Arabic, got.Latin)
		require.NoError(t, err)
		require.True(t, got == again)
	})
}

func FuzzTables(f *testing.F) {
	f.Add(header + "FR-LYO,embassy,Lyon,FR,45.7,4.8,Europe/Paris,fr\n")
	f.Add("service,ages,component,amount,from,to\n" + otherFees)
	f.Add("ages,profile,validity_years,compulsory,guardian,from,to\nall,none,7,no,no,2020-01-01,\n")
	f.Add("service,applies,documents,required\ncnie.first,all,old-card:3,yes\n")
	f.Fuzz(func(t *testing.T, text string) {
		if d, err := consular.ParseDirectory(strings.NewReader(text)); err == nil {
			require.Positive(t, d.Len())
		}
		if l, err := consular.ParseLadder(strings.NewReader(text)); err == nil {
			require.NotNil(t, l)
		}
		for _, err := range []error{
			second(consular.ParseFeeSchedule(strings.NewReader(text))),
			second(consular.ParseDocumentList(strings.NewReader(text))),
		} {
			require.True(t, err == nil || fault.Is(err, fault.Invalid))
		}
	})
}

func second[T any](_ T, err error) error { return err }
