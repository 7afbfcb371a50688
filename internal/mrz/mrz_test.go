package mrz_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/mrz"
)

var today = time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)

const utopia = `I<UTOD231458907<<<<<<<<<<<<<<<
7408122F1204159UTO<<<<<<<<<<<6
ERIKSSON<<ANNA<MARIA<<<<<<<<<<`

func TestCheckDigit(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]byte{
		"520727": '3', "AB2134<<<": '5', "AB2134": '5', "D23145890": '7', "D23145890734": '9', "": '0',
	} {
		got, ok := mrz.CheckDigit(text)
		require.True(t, ok)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"a", "É", " ", "-"} {
		_, ok := mrz.CheckDigit(text)
		require.False(t, ok, text)
	}
}

// Doc 9303 promises no more than this: a wrong digit is always caught, since
// the weights 7, 3 and 1 have no common factor with 10.
func TestCheckDigitCatchesEachWrongDigit(t *testing.T) {
	t.Parallel()
	base := "740812"
	want, _ := mrz.CheckDigit(base)
	for i := range len(base) {
		for d := byte('0'); d <= '9'; d++ {
			if base[i] == d {
				continue
			}
			got, _ := mrz.CheckDigit(base[:i] + string(d) + base[i+1:])
			require.NotEqual(t, want, got)
		}
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text string
		want mrz.TD1
	}{
		"OKSpecimen": {utopia, mrz.TD1{
			Code: "I", State: "UTO", Number: "D23145890", Birth: mrz.Date{Year: 1974, Month: 8, Day: 12},
			Sex: "F", Expiry: mrz.Date{Year: 2012, Month: 4, Day: 15}, Nationality: "UTO",
			Primary: "ERIKSSON", Secondary: "ANNA MARIA",
		}},
		"OKAdult": {
			"I<MARZZ00000011ZZ123456<<<<<<<\r\n9001011F3501014MAR<<<<<<<<<<<9\r\nSPECIMEN<<TEST<FATIMA<<<<<<<<<\r\n",
			mrz.TD1{
				Code: "I", State: "MAR", Number: "ZZ0000001", Optional1: "ZZ123456",
				Birth: mrz.Date{Year: 1990, Month: 1, Day: 1}, Sex: "F", Expiry: mrz.Date{Year: 2035, Month: 1, Day: 1},
				Nationality: "MAR", Primary: "SPECIMEN", Secondary: "TEST FATIMA",
			},
		},
		"OKChildLowerCaseOneLine": {
			"i<marzz00000022zz654321<<<<<<< 1506303m2706306mar<<<<<<<<<<<7 specimen<<test<youssef<<<<<<<<",
			mrz.TD1{
				Code: "I", State: "MAR", Number: "ZZ0000002", Optional1: "ZZ654321",
				Birth: mrz.Date{Year: 2015, Month: 6, Day: 30}, Sex: "M", Expiry: mrz.Date{Year: 2027, Month: 6, Day: 30},
				Nationality: "MAR", Primary: "SPECIMEN", Secondary: "TEST YOUSSEF",
			},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := mrz.Parse(tc.text, today)
			require.NoError(t, err)
			require.True(t, tc.want == got)
			lines, err := mrz.Build(got)
			require.NoError(t, err)
			again, err := mrz.Parse(strings.Join(lines[:], "\n"), today)
			require.NoError(t, err)
			require.True(t, got == again)
		})
	}
}

func TestParseBothCodesAndOptionalFields(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"I", "ID"} {
		card := mrz.TD1{
			Code: code, State: "MAR", Number: "ZZ0000001", Optional2: "ZZ123456",
			Birth: mrz.Date{Year: 1990}, Expiry: mrz.Date{Year: 2035, Month: 1, Day: 1},
			Nationality: "MAR", Primary: "SPECIMEN", Secondary: "TEST",
		}
		lines, err := mrz.Build(card)
		require.NoError(t, err)
		got, err := mrz.Parse(strings.Join(lines[:], "\n"), today)
		require.NoError(t, err)
		require.True(t, card == got)
		require.Equal(t, []string{"ZZ123456"}, got.NationalNumber())
		require.Equal(t, "90<<<<", lines[1][:6])
	}
}

func TestLongNumber(t *testing.T) {
	t.Parallel()
	card := mrz.TD1{
		Code: "I", State: "UTO", Number: "D23145890734", Birth: mrz.Date{Year: 1974, Month: 8, Day: 12},
		Sex: "F", Expiry: mrz.Date{Year: 2012, Month: 4, Day: 15}, Nationality: "UTO", Primary: "ERIKSSON",
	}
	t.Run("OK", func(t *testing.T) {
		t.Parallel()
		lines, err := mrz.Build(card)
		require.NoError(t, err)
		require.Equal(t, "I<UTOD23145890<7349<<<<<<<<<<<", lines[0])
		got, err := mrz.Parse(lines[0]+lines[1]+lines[2], today)
		require.NoError(t, err)
		require.True(t, card == got)
	})
	t.Run("OKWithOptional", func(t *testing.T) {
		t.Parallel()
		more := card
		more.Optional1 = "AB12"
		lines, err := mrz.Build(more)
		require.NoError(t, err)
		require.Equal(t, "I<UTOD23145890<7349<AB12<<<<<<", lines[0])
		got, err := mrz.Parse(lines[0]+lines[1]+lines[2], today)
		require.NoError(t, err)
		require.True(t, more == got)
	})
	t.Run("ErrTooLong", func(t *testing.T) {
		t.Parallel()
		more := card
		more.Number = strings.Repeat("7", 23)
		_, err := mrz.Build(more)
		require.Contains(t, mrz.ProblemsOf(err), mrz.BadOptional)
	})
}

// Every single wrong character of the checked part is seen: digits and letters
// of the same value modulo 10 (0, A, K, U and <) are the known exception.
func TestParseCatchesEachWrongCharacter(t *testing.T) {
	t.Parallel()
	packed := strings.ReplaceAll(utopia, "\n", "")
	value := func(b byte) int { return strings.IndexByte("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", b) % 10 }
	for _, i := range append(span(5, 30), append(span(30, 37), append(span(38, 45), span(48, 60)...)...)...) {
		for _, b := range []byte("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") {
			if b == packed[i] || value(b) == max(value(packed[i]), 0) {
				continue
			}
			_, err := mrz.Parse(packed[:i]+string(b)+packed[i+1:], today)
			require.True(t, fault.Is(err, fault.Invalid), "position %d, %c", i, b)
		}
	}
}

func span(from, to int) []int {
	var out []int
	for i := from; i < to; i++ {
		out = append(out, i)
	}
	return out
}

func TestParseErrors(t *testing.T) {
	t.Parallel()
	swap := func(old, with string) string { return strings.Replace(utopia, old, with, 1) }
	tests := map[string]struct {
		text string
		want mrz.Problem
	}{
		"ErrShapeEmpty":     {"", mrz.BadShape},
		"ErrShapeShort":     {utopia[1:], mrz.BadShape},
		"ErrShapeHuge":      {strings.Repeat(" ", 600), mrz.BadShape},
		"ErrCharacter":      {swap("ERIKSSON", "ERIKSS?N"), mrz.BadCharacter},
		"ErrCode":           {swap("I<UTO", "P<UTO"), mrz.BadCode},
		"ErrCodeVisa":       {swap("I<UTO", "IVUTO"), mrz.BadCode},
		"ErrState":          {swap("I<UTO", "I<U1O"), mrz.BadState},
		"ErrNumber":         {swap("D231458907", "D231458908"), mrz.BadNumber},
		"ErrNumberLong":     {swap("D231458907", "D23145890<"), mrz.BadNumber},
		"ErrBirthCheck":     {swap("7408122", "7408123"), mrz.BadBirth},
		"ErrBirthNoSuchDay": {swap("7408122", "7402302"), mrz.BadBirth},
		"ErrSex":            {swap("2F1", "2X1"), mrz.BadSex},
		"ErrExpiry":         {swap("1204159", "1204150"), mrz.BadExpiry},
		"ErrNationality":    {swap("9UTO", "9U1O"), mrz.BadNationality},
		"ErrComposite":      {swap("<6\n", "<7\n"), mrz.BadComposite},
		"ErrName":           {swap("ERIKSSON<<ANNA<MARIA", "<<ERIKSSON<<ANNA<MAR"), mrz.BadName},
		"ErrNameDigit":      {swap("ERIKSSON", "ERIKSS0N"), mrz.BadName},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := mrz.Parse(tc.text, today)
			require.True(t, fault.Is(err, fault.Invalid))
			require.Contains(t, mrz.ProblemsOf(err), tc.want)
			require.NotContains(t, err.Error(), "ERIKSSON")
			require.NotContains(t, err.Error(), "D2314")
		})
	}
}

func TestBuildErrors(t *testing.T) {
	t.Parallel()
	good, err := mrz.Parse(utopia, today)
	require.NoError(t, err)
	tests := map[string]struct {
		change func(*mrz.TD1)
		want   mrz.Problem
	}{
		"ErrCode":        {func(c *mrz.TD1) { c.Code = "P" }, mrz.BadCode},
		"ErrCodeLower":   {func(c *mrz.TD1) { c.Code = "Id" }, mrz.BadCode},
		"ErrState":       {func(c *mrz.TD1) { c.State = "MARO" }, mrz.BadState},
		"ErrNumber":      {func(c *mrz.TD1) { c.Number = "" }, mrz.BadNumber},
		"ErrOptional1":   {func(c *mrz.TD1) { c.Optional1 = strings.Repeat("A", 16) }, mrz.BadOptional},
		"ErrOptional2":   {func(c *mrz.TD1) { c.Optional2 = "é" }, mrz.BadOptional},
		"ErrBirth":       {func(c *mrz.TD1) { c.Birth.Day = 32 }, mrz.BadBirth},
		"ErrBirthMonth":  {func(c *mrz.TD1) { c.Birth.Month = 0 }, mrz.BadBirth},
		"ErrSex":         {func(c *mrz.TD1) { c.Sex = "X" }, mrz.BadSex},
		"ErrExpiry":      {func(c *mrz.TD1) { c.Expiry.Month = 13 }, mrz.BadExpiry},
		"ErrNationality": {func(c *mrz.TD1) { c.Nationality = "" }, mrz.BadNationality},
		"ErrName":        {func(c *mrz.TD1) { c.Primary = "" }, mrz.BadName},
		"ErrNameArabic":  {func(c *mrz.TD1) { c.Secondary = "فاطمة" }, mrz.BadName},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			card := good
			tc.change(&card)
			_, err := mrz.Build(card)
			require.True(t, fault.Is(err, fault.Invalid))
			require.Contains(t, mrz.ProblemsOf(err), tc.want)
		})
	}
}

func TestCentury(t *testing.T) {
	t.Parallel()
	build := func(birth, expiry mrz.Date) string {
		lines, err := mrz.Build(mrz.TD1{
			Code: "I", State: "MAR", Number: "A1", Birth: birth, Expiry: expiry, Nationality: "MAR", Primary: "X",
		})
		require.NoError(t, err)
		return strings.Join(lines[:], "")
	}
	tests := map[string]struct {
		today         time.Time
		birth, expiry mrz.Date
	}{
		"OKBornToday":      {today, mrz.Date{2026, 11, 22}, mrz.Date{2036, 11, 22}},
		"OKBornTomorrow":   {today, mrz.Date{1926, 11, 23}, mrz.Date{2046, 12, 31}},
		"OKYearOnly":       {today, mrz.Date{2026, 0, 0}, mrz.Date{1947, 1, 1}},
		"OKExpiredLongAgo": {today, mrz.Date{1950, 5, 0}, mrz.Date{2012, 4, 15}},
		"OKTurnOfCentury":  {time.Date(2098, 1, 1, 0, 0, 0, 0, time.UTC), mrz.Date{2098, 1, 1}, mrz.Date{2105, 1, 1}},
		"OKLeapDay":        {today, mrz.Date{2000, 2, 29}, mrz.Date{2028, 2, 29}},
		"OKUnknown":        {today, mrz.Date{}, mrz.Date{}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := mrz.Parse(build(tc.birth, tc.expiry), tc.today)
			require.NoError(t, err)
			require.Equal(t, tc.birth, got.Birth)
			require.Equal(t, tc.expiry, got.Expiry)
		})
	}
}

func TestTransliterate(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"El Amrani": "EL<AMRANI", "Aït-Ben  Haddou": "AIT<BEN<HADDOU", "D'Artagnan": "DARTAGNAN",
		"Müller": "MUELLER", "Strauß": "STRAUSS", "Ångström": "AANGSTROEM", "Çelik": "CELIK", "Łódź": "LODZ",
		"Þór": "THOR", "Nuñez": "NUNEZ", "Bjørn": "BJOERN", "İlkay Işık": "ILKAY<ISIK", "Smith, J.": "SMITH<J",
		"O’Brien": "OBRIEN", "Đorđe": "DORDE", "N\u0303": "N", "Œuvre": "OEUVRE", "Ŋħŧ": "NHT", "ĸaa": "QAA",
		"Țară": "TARA",
	} {
		got, ok := mrz.Transliterate(name)
		require.True(t, ok, name)
		require.Equal(t, want, got)
	}
	for _, name := range []string{"", "  ", "-", "محمد", "Ana2", "Иван", "'"} {
		_, ok := mrz.Transliterate(name)
		require.False(t, ok, name)
	}
}

func TestNameLine(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ primary, secondary, want string }{
		"OKFits":          {"Alaoui", "Fatima Zahra", "ALAOUI<<FATIMA<ZAHRA<<<<<<<<<<"},
		"OKExactly":       {"Abcdefghijklmn", "Abcdefghijklmn", "ABCDEFGHIJKLMN<<ABCDEFGHIJKLMN"},
		"OKSecondaryCut":  {"Nilavadhanananda", "Chayapa Dejthamrong", "NILAVADHANANANDA<<CHAYAPA<DEJT"},
		"OKCutAtFiller":   {"Abcdefghijklmno", "Abcdefghijkl Mno", "ABCDEFGHIJKLMNO<<ABCDEFGHIJK<M"},
		"OKPrimaryCut":    {"Bennelong Wooloomooloo Marrickville", "Dingo", "BENNELONG<WOOLOOMOOLOO<MARR<<D"},
		"OKPrimaryOnly":   {"Arkfreith", "", "ARKFREITH<<<<<<<<<<<<<<<<<<<<<"},
		"OKPrimaryLong":   {strings.Repeat("ab ", 20), "", "AB<AB<AB<AB<AB<AB<AB<AB<AB<A<A"},
		"OKPrimaryBorder": {strings.Repeat("a", 28), "Bcd", strings.Repeat("A", 27) + "<<B"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lines, err := mrz.Build(mrz.TD1{
				Code: "I", State: "MAR", Number: "A1", Nationality: "MAR", Primary: tc.primary, Secondary: tc.secondary,
			})
			require.NoError(t, err)
			require.Equal(t, tc.want, lines[2])
			got, err := mrz.Parse(strings.Join(lines[:], ""), today)
			require.NoError(t, err)
			require.Equal(t, !strings.HasSuffix(tc.want, "<"), got.MaybeCut)
		})
	}
}

func TestNothingPersonalIsPrinted(t *testing.T) {
	t.Parallel()
	card, err := mrz.Parse(utopia, today)
	require.NoError(t, err)
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("read", slog.Any("card", card))
	for _, out := range []string{
		fmt.Sprintf("%v %+v %#v %s %q %d %x", card, card, card, card, card, card, card),
		fmt.Sprint([]mrz.TD1{card}, &card), card.String(), log.String(),
	} {
		require.NotContains(t, out, "ERIKSSON")
		require.NotContains(t, out, "D23145890")
		require.Contains(t, out, "[mrz]")
	}
}

func FuzzParse(f *testing.F) {
	f.Add(utopia)
	f.Add("I<MARZZ00000011ZZ123456<<<<<<<\n9001011F3501014MAR<<<<<<<<<<<9\nSPECIMEN<<TEST<FATIMA<<<<<<<<<")
	f.Add("I<UTOD23145890<7349<<<<<<<<<<<7408122F1204159UTO<<<<<<<<<<<4ERIKSSON<<ANNA<MARIA<<<<<<<<<<")
	f.Fuzz(func(t *testing.T, text string) {
		card, err := mrz.Parse(text, today)
		if err != nil {
			require.True(t, fault.Is(err, fault.Invalid))
			return
		}
		lines, err := mrz.Build(card)
		require.NoError(t, err)
		again, err := mrz.Parse(strings.Join(lines[:], ""), today)
		require.NoError(t, err)
		require.True(t, card == again)
		require.Equal(t, strings.Join(strings.Fields(strings.ToUpper(text)), ""), strings.Join(lines[:], ""))
	})
}

func FuzzBuild(f *testing.F) {
	f.Add("El Amrani", "Fatima Zahra", "ZZ0000001", "ZZ123456")
	f.Add("Bennelong Wooloomooloo Marrickville", "A B C D E F", "D23145890734", "")
	f.Fuzz(func(t *testing.T, primary, secondary, number, optional string) {
		lines, err := mrz.Build(mrz.TD1{
			Code: "I", State: "MAR", Number: number, Optional1: optional, Nationality: "MAR",
			Primary: primary, Secondary: secondary,
		})
		if err != nil {
			return
		}
		for _, line := range lines {
			require.Len(t, line, 30)
		}
		got, err := mrz.Parse(strings.Join(lines[:], ""), today)
		require.NoError(t, err)
		require.Equal(t, number, got.Number)
		require.Equal(t, optional, got.Optional1)
	})
}
