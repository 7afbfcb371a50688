package consular_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
)

func TestParseDate(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]consular.Date{
		"2026-11-22": "2026-11-22", "22/11/2026": "2026-11-22", "2.1.2026": "2026-01-02", "20261122": "2026-11-22",
		"٢٢/١١/٢٠٢٦": "2026-11-22", " 29-02-2024 ": "2024-02-29", "2026/11/22": "2026-11-22",
	} {
		got, err := consular.ParseDate(typed)
		require.NoError(t, err, typed)
		require.Equal(t, want, got)
	}
	for _, typed := range []string{"", "2026", "2026-11", "2026-XX-XX", "31/02/2026", "1/1/26", "x", "2026-13-01", "0000-01-01"} {
		_, err := consular.ParseDate(typed)
		require.True(t, fault.Is(err, fault.Invalid), typed)
	}
}

func TestDateArithmetic(t *testing.T) {
	t.Parallel()
	require.Equal(t, consular.Date("2025-03-01"), consular.Date("2024-02-29").AddYears(1))
	require.Equal(t, consular.Date("2028-02-29"), consular.Date("2024-02-29").AddYears(4))
	require.Equal(t, consular.Date("2026-02-28"), consular.Date("2025-11-30").AddMonths(3))
	require.Equal(t, consular.Date("2026-01-31"), consular.Date("2025-12-31").AddMonths(1))
	require.Equal(t, consular.Date("2025-12-31"), consular.Date("2026-01-31").AddMonths(-1))
	require.True(t, consular.Date("2025-12-31").Before("2026-01-01"))
	require.Equal(t, consular.Date(""), consular.NewDate(2026, time.February, 30))
	y, m, d := consular.Date("x").Split()
	require.Zero(t, y+int(m)+d)
	rabat := time.FixedZone("", 3600)
	require.Equal(t, consular.Date("2026-11-23"), consular.DateOf(time.Date(2026, 11, 22, 23, 30, 0, 0, time.UTC).In(rabat)))
}

func TestParseBirthDate(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]consular.BirthDate{
		"12/05/1975": "1975-05-12", "1975-05-12": "1975-05-12", "1975-05": "1975-05-XX", "05/1975": "1975-05-XX",
		"1975": "1975-XX-XX", "1975-00-00": "1975-XX-XX", "00/00/1975": "1975-XX-XX", "1975-xx-xx": "1975-XX-XX",
		"1975-05-00": "1975-05-XX", "١٩٧٥": "1975-XX-XX", "1880-01-01": "1880-01-01", "29/2/2024": "2024-02-29",
	} {
		got, err := consular.ParseBirthDate(typed)
		require.NoError(t, err, typed)
		require.Equal(t, string(want), got.Value(), typed)
		require.NoError(t, got.Validate())
	}
	for typed, want := range map[string]consular.Rule{
		"": consular.RuleFormat, "75": consular.RuleFormat, "1975-00-12": consular.RuleFormat, "29/2/2023": consular.RuleCalendar,
		"1879-12-31": consular.RuleRange, "1975-13": consular.RuleCalendar, "31/04/1975": consular.RuleCalendar,
		"12/5/75": consular.RuleFormat, "a/b/c": consular.RuleFormat, "1/2/3/4": consular.RuleFormat,
	} {
		_, err := consular.ParseBirthDate(typed)
		require.True(t, consular.Broke(err, want), typed)
	}
}

func TestAgeOn(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		birth consular.BirthDate
		on    consular.Date
		want  int
	}{
		"OKDayBefore": {"2010-05-12", "2026-05-11", 15}, "OKBirthday": {"2010-05-12", "2026-05-12", 16},
		"OKLeapBefore": {"2012-02-29", "2030-02-28", 17}, "OKLeapAfter": {"2012-02-29", "2030-03-01", 18},
		"OKLeapYear": {"2012-02-29", "2028-02-29", 16}, "OKYearOnlyIsYoungest": {"2008-XX-XX", "2026-12-30", 17},
		"OKYearOnlyLastDay": {"2008-XX-XX", "2026-12-31", 18}, "OKMonthOnly": {"2008-04-XX", "2026-04-29", 17},
		"OKMonthOnlyLastDay": {"2008-04-XX", "2026-04-30", 18}, "OKBornToday": {"2026-11-22", "2026-11-22", 0},
		"OKWithinUnknown": {"2026-XX-XX", "2026-03-01", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := tc.birth.AgeOn(tc.on)
			require.NoError(t, err)
			require.Equal(t, tc.want, got)
		})
	}
	for _, tc := range []struct {
		birth consular.BirthDate
		on    consular.Date
	}{{"2026-11-23", "2026-11-22"}, {"", "2026-11-22"}, {"2026-01-01", ""}, {"2027-XX-XX", "2026-12-31"}} {
		_, err := tc.birth.AgeOn(tc.on)
		require.True(t, fault.Is(err, fault.Invalid))
	}
	require.Equal(t, consular.Date("2024-02-29"), consular.BirthDate("2024-02-XX").Latest())
	require.Equal(t, consular.Date(""), consular.BirthDate("").Latest())
	require.True(t, consular.BirthDate("2024-02-XX").IsPartial())
}
