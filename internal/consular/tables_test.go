package consular_test

import (
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
)

const header = "code,kind,city,country_iso2,lat,lon,timezone,host_languages\n"

func TestBuiltInDirectory(t *testing.T) {
	t.Parallel()
	d, err := consular.BuiltInDirectory()
	require.NoError(t, err)
	require.Equal(t, 71, d.Len())
	lyon, err := d.Lookup("FR-LYO")
	require.NoError(t, err)
	require.Equal(t, consular.Post{
		ID: "FR-LYO", Kind: consular.ConsulateGeneral, City: "Lyon", Country: "FR", Lat: 45.7640, Lon: 4.8357,
		TimeZone: "Europe/Paris", Languages: []string{"fr"},
	}, lyon)
	require.Len(t, d.InCountry("FR"), 17)
	require.True(t, d.Has("AU-CBR"))
	_, err = d.Lookup("FR-XXX")
	require.True(t, fault.Is(err, fault.NotFound))
	require.Contains(t, err.Error(), "FR-XXX")
	for _, p := range d.All() {
		_, err := time.LoadLocation(p.TimeZone)
		require.NoError(t, err)
		id, err := consular.ParsePostID(strings.ToLower(strings.ReplaceAll(string(p.ID), "-", " ")))
		require.NoError(t, err)
		require.Equal(t, p.ID, id)
	}
	d.All()[0].Languages[0] = "xx"
	require.Equal(t, []string{"fr"}, d.All()[0].Languages)
}

func TestParseDirectoryErrors(t *testing.T) {
	t.Parallel()
	row := "FR-LYO,consulate-general,Lyon,FR,45.7,4.8,Europe/Paris,fr\n"
	for name, tc := range map[string]struct {
		csv  string
		want string
	}{
		"ErrEmpty":        {"", "header"},
		"ErrHeader":       {"id,kind\n" + row, "header: unknown"},
		"ErrNoRows":       {header, "post: required"},
		"ErrDuplicate":    {header + row + row, "line 3: invalid: consular: load table: invalid: post.id: duplicate"},
		"ErrLatitude":     {header + strings.Replace(row, "45.7", "91", 1), "post.lat: range"},
		"ErrLatitudeNaN":  {header + strings.Replace(row, "45.7", "NaN", 1), "post.lat: range"},
		"ErrLongitude":    {header + strings.Replace(row, "4.8", "x", 1), "post.lon: format"},
		"ErrKind":         {header + strings.Replace(row, "consulate-general", "shop", 1), "kind: unknown"},
		"ErrCountry":      {header + strings.Replace(row, ",FR,", ",ES,", 1), "post.id: not-allowed"},
		"ErrZone":         {header + strings.Replace(row, "Europe/Paris", "Paris", 1), "post.timezone: format"},
		"ErrZoneMissing":  {header + strings.Replace(row, "Europe/Paris", "", 1), "post.timezone: required"},
		"ErrLanguage":     {header + strings.Replace(row, ",fr\n", ",FR\n", 1), "post.host_languages: format"},
		"ErrCity":         {header + strings.Replace(row, "Lyon", "", 1), "post.city: required"},
		"ErrMissingField": {header + "FR-LYO\n", "wrong number of fields"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := consular.ParseDirectory(strings.NewReader(tc.csv))
			require.True(t, fault.Is(err, fault.Invalid))
			require.ErrorContains(t, err, tc.want)
		})
	}
}

func TestFees(t *testing.T) {
	t.Parallel()
	fees, err := consular.BuiltInFees()
	require.NoError(t, err)
	for name, tc := range map[string]struct {
		service consular.Service
		age     int
		total   string
		lines   int
	}{
		"OKAdultCard": {consular.CNIEFirst, 35, "105.00 MAD", 2}, "OKTwelve": {consular.CNIERenewal, 12, "105.00 MAD", 2},
		"OKChildCard": {consular.CNIERenewal, 11, "80.00 MAD", 2}, "OKPolice": {consular.RecordPolice, 40, "30.00 MAD", 1},
		"OKJustice": {consular.RecordJustice, 0, "10.00 MAD", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fee, err := fees.Compute(tc.service, tc.age, "2026-11-22")
			require.NoError(t, err)
			require.Equal(t, tc.total, fee.Total.String())
			require.Len(t, fee.Lines, tc.lines)
			require.NoError(t, fee.Validate())
			fee.Total.Minor++
			require.True(t, consular.Broke(fee.Validate(), consular.RuleChecksum))
		})
	}
	_, err = fees.Compute(consular.CNIEFirst, 35, "2020-07-31")
	require.True(t, fault.Is(err, fault.NotFound))
	_, err = fees.Compute(consular.CNIEFirst, 35, "")
	require.True(t, fault.Is(err, fault.Invalid))
	require.Error(t, consular.Fee{}.Validate())
}

const otherFees = `cnie.renewal,all,stamp,1,2020-01-01,
cnie.replacement,all,stamp,1,2020-01-01,
cnie.correction,all,stamp,1,2020-01-01,
record.police,all,service,1,2020-01-01,
record.justice,all,stamp,1,2020-01-01,
`

func TestParseFeeSchedule(t *testing.T) {
	t.Parallel()
	head := "service,ages,component,amount,from,to\n" + otherFees
	for name, tc := range map[string]struct {
		rows string
		want consular.Rule
	}{
		"OKChange":      {"cnie.first,all,stamp,75,2020-01-01,2027-01-01\ncnie.first,all,stamp,80,2027-01-01,\n", ""},
		"OKBandsMove":   {"cnie.first,all,stamp,75,2020-01-01,2027-01-01\ncnie.first,0-15,stamp,80,2027-01-01,\ncnie.first,16+,stamp,90,2027-01-01,\n", ""},
		"OKEnded":       {"cnie.first,all,stamp,75,2020-01-01,\ncnie.first,all,chancery,30,2020-01-01,2025-01-01\n", ""},
		"ErrGapInDates": {"cnie.first,all,stamp,75,2020-01-01,2026-12-31\ncnie.first,all,stamp,80,2027-01-01,\n", consular.RuleGap},
		"ErrGapInAges":  {"cnie.first,0-10,stamp,75,2020-01-01,\ncnie.first,12+,stamp,80,2020-01-01,\n", consular.RuleGap},
		"ErrGapAtZero":  {"cnie.first,1+,stamp,75,2020-01-01,\n", consular.RuleGap},
		"ErrGapAtEnd":   {"cnie.first,0-99,stamp,75,2020-01-01,\n", consular.RuleGap},
		"ErrOverlap":    {"cnie.first,all,stamp,75,2020-01-01,2027-01-02\ncnie.first,all,stamp,80,2027-01-01,\n", consular.RuleOverlap},
		"ErrAgesTwice":  {"cnie.first,0-12,stamp,75,2020-01-01,\ncnie.first,12+,stamp,80,2020-01-01,\n", consular.RuleOverlap},
		"ErrBackward":   {"cnie.first,all,stamp,75,2020-01-01,2020-01-01\n", consular.RuleRange},
		"ErrNoPrice":    {"", consular.RuleRequired},
		"ErrAmount":     {"cnie.first,all,stamp,-1,2020-01-01,\n", consular.RuleFormat},
		"ErrService":    {"cnie.lost,all,stamp,1,2020-01-01,\n", consular.RuleUnknown},
		"ErrAges":       {"cnie.first,x,stamp,1,2020-01-01,\n", consular.RuleFormat},
		"ErrAgesTurned": {"cnie.first,9-3,stamp,1,2020-01-01,\n", consular.RuleRange},
		"ErrNoStart":    {"cnie.first,all,stamp,1,,\n", consular.RuleFormat},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fees, err := consular.ParseFeeSchedule(strings.NewReader(head + tc.rows))
			if tc.want == "" {
				require.NoError(t, err)
				require.NotEmpty(t, fees.Rules())
				return
			}
			require.True(t, consular.Broke(err, tc.want))
			require.True(t, fault.Is(err, fault.Invalid))
		})
	}
	fees, err := consular.ParseFeeSchedule(strings.NewReader(head +
		"cnie.first,all,stamp,75,2020-01-01,2027-01-01\ncnie.first,all,stamp,80.50 EUR,2027-01-01,\n"))
	require.NoError(t, err)
	last, err := fees.Compute(consular.CNIEFirst, 20, "2026-12-31")
	require.NoError(t, err)
	first, err := fees.Compute(consular.CNIEFirst, 20, "2027-01-01")
	require.NoError(t, err)
	require.Equal(t, "75.00 MAD, 80.50 EUR", last.Total.String()+", "+first.Total.String())
}

func TestMoney(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"105": "105.00 MAD", "105,5 mad": "105.50 MAD", "0.05 EUR": "0.05 EUR", "٣٠": "30.00 MAD", "1.234 TND": "1.234 TND", "7 JPY": "7 JPY",
	} {
		got, err := consular.ParseMoney(typed)
		require.NoError(t, err, typed)
		require.Equal(t, want, got.String())
		again, err := consular.ParseMoney(got.String())
		require.NoError(t, err)
		require.Equal(t, got, again)
	}
	for _, typed := range []string{"", "-1", "1.234", "1,000.00", "1 XXZ", "1 2 3", ".5", "99999999999999999999", "1.5 JPY", "5. MAD"} {
		_, err := consular.ParseMoney(typed)
		require.True(t, fault.Is(err, fault.Invalid), typed)
	}
	_, err := consular.MAD(1).Add(consular.Money{Minor: 1, Currency: "EUR"})
	require.True(t, consular.Broke(err, consular.RuleNotAllowed))
	_, err = consular.Money{Minor: math.MaxInt64, Currency: "MAD"}.Add(consular.MAD(1))
	require.True(t, consular.Broke(err, consular.RuleRange))
	require.Equal(t, "-0.05 MAD", consular.Money{Minor: -5, Currency: "MAD"}.String())
	require.Equal(t, "-92233720368547758.08 MAD", consular.Money{Minor: math.MinInt64, Currency: "MAD"}.String())
	require.Error(t, consular.Money{Minor: -5, Currency: "MAD"}.Validate())
	require.Error(t, consular.Money{}.Validate())
	require.NoError(t, consular.MAD(75).Validate())
}

func TestLadder(t *testing.T) {
	t.Parallel()
	l, err := consular.BuiltInLadder()
	require.NoError(t, err)
	for age, want := range map[int]consular.Rung{
		11: {Profile: consular.CaptureNone, ValidityYears: 7, Guardian: true},
		12: {Profile: consular.CaptureTen442, ValidityYears: 10, Guardian: true},
		16: {Profile: consular.CaptureTen442, ValidityYears: 10, Guardian: true, Compulsory: true},
		18: {Profile: consular.CaptureTen442, ValidityYears: 10, Compulsory: true},
	} {
		got, err := l.At(age, "2026-11-22")
		require.NoError(t, err)
		require.True(t, got.Ages.Has(age))
		got.Ages, got.Period = consular.AgeBand{}, consular.Period{}
		require.Equal(t, want, got)
	}
	rung, err := l.At(5, "2026-11-22")
	require.NoError(t, err)
	require.Equal(t, consular.Date("2033-11-22"), rung.Expiry("2026-11-22"))
	_, err = l.At(5, "2019-01-01")
	require.True(t, fault.Is(err, fault.NotFound))
	head := "ages,profile,validity_years,compulsory,guardian,from,to\n"
	for _, rows := range []string{"", "0-11,none,7,no,yes,2020-08-01,\n", "all,none,0,no,yes,2020-08-01,\n", "all,none,7,maybe,yes,2020-08-01,\n", "all,none,x,no,yes,2020-08-01,\n"} {
		_, err := consular.ParseLadder(strings.NewReader(head + rows))
		require.True(t, fault.Is(err, fault.Invalid), rows)
	}
}

func TestAgeBand(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"all", "12+", "0-11", "5-5"} {
		band, err := consular.ParseAgeBand(text)
		require.NoError(t, err)
		require.Equal(t, text, band.String())
	}
}

func TestDocumentList(t *testing.T) {
	t.Parallel()
	list, err := consular.BuiltInDocuments()
	require.NoError(t, err)
	child := consular.DocumentCase{Service: consular.CNIEFirst, Minor: true}
	held := []consular.DocumentHeld{
		{Kind: consular.DocRegistration}, {Kind: consular.DocGuardianRequest}, {Kind: consular.DocGuardianCard},
	}
	missing := list.Missing(child, held, "2026-11-22")
	require.Len(t, missing, 1)
	require.Equal(t, consular.DocFamilyBooklet, missing[0].Options[0].Kind)
	extract := consular.DocumentHeld{Kind: consular.DocBirthExtract, Issued: "2026-08-22"}
	require.Empty(t, list.Missing(child, append(held, extract), "2026-11-22"))
	require.Len(t, list.Missing(child, append(held, extract), "2026-11-23"), 1)
	extract.Issued = ""
	require.Len(t, list.Missing(child, append(held, extract), "2026-11-22"), 1)
	extract.Issued = "2026-12-01"
	require.Len(t, list.Missing(child, append(held, extract), "2026-11-22"), 1)
	require.True(t, list.Published(child, consular.DocPhotograph))
	require.False(t, list.Published(child, consular.DocCourtDecision))
	require.True(t, list.Published(consular.DocumentCase{Service: consular.CNIEFirst, Protected: true}, consular.DocCourtDecision))
	require.False(t, list.Published(consular.DocumentCase{Service: consular.CNIEFirst}, consular.DocMarriageAct))
	require.True(t, list.Published(consular.DocumentCase{Service: consular.CNIEFirst, Mention: true}, consular.DocMarriageAct))
	head := "service,applies,documents,required\n"
	for _, rows := range []string{
		"", "cnie.first,all,shoe,yes\n", "cnie.first,some,old-card,yes\n", "cnie.first,all,old-card:x,yes\n", "x,all,old-card,yes\n",
	} {
		_, err := consular.ParseDocumentList(strings.NewReader(head + rows))
		require.True(t, fault.Is(err, fault.Invalid), rows)
	}
}

func TestTableIsCapped(t *testing.T) {
	t.Parallel()
	_, err := consular.ParseDirectory(strings.NewReader(header + strings.Repeat("#\n", 1<<20)))
	require.True(t, fault.Is(err, fault.Invalid))
	_, err = consular.ParseDirectory(brokenReader{})
	require.ErrorIs(t, err, os.ErrClosed)
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, os.ErrClosed }
