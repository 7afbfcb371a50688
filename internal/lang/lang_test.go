package lang_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/lang"
	"jaliya/internal/workflow"
)

// complete are the languages in which every message must exist.
var complete = []consular.Language{consular.Arabic, consular.French, consular.English}

func open(tb testing.TB) *lang.Catalog {
	tb.Helper()
	c, err := lang.Open()
	require.NoError(tb, err)
	return c
}

func TestEveryKeyInEachCompleteLanguage(t *testing.T) {
	t.Parallel()
	c := open(t)
	keys := c.Keys(consular.French)
	require.NotEmpty(t, keys)
	for _, l := range complete {
		require.Equal(t, keys, c.Keys(l), string(l))
	}
	for _, l := range consular.Languages() {
		for _, key := range c.Keys(l) {
			require.Contains(t, keys, key, string(l))
		}
	}
}

func TestPlaceholdersAgree(t *testing.T) {
	t.Parallel()
	c := open(t)
	for _, key := range c.Keys(consular.French) {
		want := c.Arguments(consular.French, key)
		for _, l := range consular.Languages() {
			if c.Printer(l).Has(key) {
				require.Equal(t, want, c.Arguments(l, key), "%s %s", l, key)
			}
		}
	}
}

func TestPluralsHaveTheFormsOfTheirLanguage(t *testing.T) {
	t.Parallel()
	c := open(t)
	for _, key := range c.Keys(consular.French) {
		plural := len(c.FormsOf(consular.French, key)) > 1
		for _, l := range consular.Languages() {
			forms := c.FormsOf(l, key)
			if plural && forms != nil {
				want := slices.Sorted(slices.Values(lang.Forms(l)))
				require.Equal(t, want, forms, "%s %s", l, key)
			}
			require.True(t, plural || len(forms) <= 1, "%s %s", l, key)
		}
	}
}

func TestTextsAreTidy(t *testing.T) {
	t.Parallel()
	c := open(t)
	typography := regexp.MustCompile(` [:;?!»]|« |  |^ | $|'' `)
	forbidden := regexp.MustCompile(`(?i)\b(error|invalid|failed|erreur|invalide)\b`)
	arabic := regexp.MustCompile(`\p{Arabic}`)
	for _, l := range complete {
		for _, key := range c.Keys(l) {
			for _, text := range c.Texts(l, key) {
				require.NotEmpty(t, text, key)
				require.NotRegexp(t, typography, text, "%s %s", l, key)
				require.NotRegexp(t, forbidden, text, "%s %s", l, key)
				require.Equal(t, l == consular.Arabic, arabic.MatchString(text), "%s %s", l, key)
				require.NotRegexp(t, `[٠-٩]`, text, key)
			}
		}
	}
}

func TestEveryTermHasWords(t *testing.T) {
	t.Parallel()
	c := open(t)
	for _, l := range complete {
		p := c.Printer(l)
		said := func(key string) { require.True(t, p.Has(key), "%s %s", l, key) }
		for _, s := range consular.Services() {
			said("service." + s.String())
		}
		for _, d := range consular.DocumentKinds() {
			said("document." + d.String())
		}
		for _, r := range consular.RefusalReasons() {
			for _, part := range []string{".why", ".next", ".term"} {
				said("refusal." + r.String() + part)
			}
		}
		for _, f := range consular.FeeComponents() {
			said("fee." + f.String())
		}
		for _, k := range consular.PostKinds() {
			said("post." + k.String())
		}
		for _, purpose := range consular.Purposes() {
			said("purpose." + purpose.String())
		}
		for _, d := range consular.DeliveryModes() {
			said("delivery." + d.String())
		}
		for _, r := range access.Roles() {
			said("role." + string(r))
		}
		for s := workflow.StatusNone; s <= workflow.StatusExpired; s++ {
			said("status." + s.Key() + ".name")
			said("status." + s.Key() + ".means")
		}
		for level := range 4 {
			require.NotContains(t, p.Level(level)+p.LevelMeans(level), "level.")
		}
		for _, r := range rules() {
			said("rule." + string(r))
		}
	}
}

func rules() []consular.Rule {
	return []consular.Rule{
		consular.RuleRequired, consular.RuleFormat, consular.RuleLength, consular.RuleScript,
		consular.RuleControl, consular.RuleNormal, consular.RuleChecksum, consular.RuleUnknown,
		consular.RuleCalendar, consular.RuleRange, consular.RuleDuplicate, consular.RuleGap,
		consular.RuleOverlap, consular.RuleNotAllowed,
	}
}

func TestPluralRules(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		language consular.Language
		form     string
		numbers  []int
	}{
		{consular.Arabic, "zero", []int{0}},
		{consular.Arabic, "one", []int{1, -1}},
		{consular.Arabic, "two", []int{2}},
		{consular.Arabic, "few", []int{3, 10, 103, 1010}},
		{consular.Arabic, "many", []int{11, 26, 99, 111, 1099}},
		{consular.Arabic, "other", []int{100, 102, 200, 1000}},
		{consular.French, "one", []int{0, 1}},
		{consular.French, "many", []int{1_000_000, 3_000_000}},
		{consular.French, "other", []int{2, 17, 999_999, 1_000_001}},
		{consular.Spanish, "one", []int{1}},
		{consular.Spanish, "other", []int{0, 2}},
		{consular.Italian, "many", []int{2_000_000}},
		{consular.English, "one", []int{1}},
		{consular.English, "other", []int{0, 2, 1_000_000}},
		{consular.German, "other", []int{0, 5}},
		{consular.Dutch, "one", []int{1}},
		{consular.Tamazight, "one", []int{1}},
		{consular.Tamazight, "other", []int{0, 2, 11, 55}},
	} {
		for _, n := range test.numbers {
			require.Equal(t, test.form, lang.Form(test.language, n), "%s %d", test.language, n)
		}
	}
}

func TestRelativeTimes(t *testing.T) {
	t.Parallel()
	c := open(t)
	for _, test := range []struct {
		language consular.Language
		length   time.Duration
		want     string
	}{
		{consular.English, 3 * time.Second, "just now"},
		{consular.English, time.Minute, "1 minute ago"},
		{consular.French, 36 * time.Hour, "il y a 36 heures"},
		{consular.French, -72 * time.Hour, "il y a 3 jours"},
		{consular.Arabic, 2 * time.Minute, "قبل دقيقتين"},
		{consular.Arabic, 5 * time.Minute, "قبل 5 دقائق"},
		{consular.Arabic, 20 * time.Hour, "قبل 20 ساعة"},
		{consular.Arabic, 100 * 24 * time.Hour, "قبل 100 يوم"},
		{consular.German, time.Hour, "1 hour ago"},
	} {
		require.Equal(t, test.want, c.Printer(test.language).Ago(test.length))
	}
	require.Equal(t, "dans 44 jours", c.Printer(consular.French).In(44*24*time.Hour))
	require.Equal(t, "44 يوما", c.Printer(consular.Arabic).Span(44*24*time.Hour))
}

func TestDates(t *testing.T) {
	t.Parallel()
	c := open(t)
	day := consular.NewDate(2026, time.November, 22)
	for l, want := range map[consular.Language]string{
		consular.Arabic:    "الأحد، 22 نونبر 2026",
		consular.French:    "dimanche 22 novembre 2026",
		consular.Tamazight: "ⴰⵙⴰⵎⴰⵙ 22 ⵏⵓⵡⴰⵏⴱⵉⵔ 2026",
		consular.English:   "Sunday, 22 November 2026",
		consular.Spanish:   "domingo, 22 de noviembre de 2026",
		consular.Italian:   "domenica 22 novembre 2026",
		consular.Dutch:     "zondag 22 november 2026",
		consular.German:    "Sonntag, 22. November 2026",
	} {
		require.Equal(t, want, strings.ReplaceAll(c.Printer(l).DayDate(day), "\u00a0", " "))
	}
	fr, ar := c.Printer(consular.French), c.Printer(consular.Arabic)
	require.Equal(t, "1er\u00a0janvier\u00a02027", fr.Date("2027-01-01"))
	require.Equal(t, "1\u00a0ماي\u00a02027", ar.Date("2027-05-01"))
	require.Empty(t, fr.Date("2027-02-30"))
	require.Empty(t, fr.DayDate(""))
	require.Equal(t, "1975", fr.BirthDate("1975-XX-XX"))
	require.Equal(t, "mai\u00a01975", fr.BirthDate("1975-05-XX"))
	require.Equal(t, "12\u00a0ماي\u00a01975", ar.BirthDate("1975-05-12"))
	require.Empty(t, fr.BirthDate("x"))
	at := time.Date(2026, 11, 22, 14, 20, 0, 0, time.UTC)
	require.Equal(t, "14\u00a0h\u00a020", fr.Clock(at))
	require.Equal(t, "22 November 2026 at 14:20", lang.Plain(strings.ReplaceAll(c.Printer(consular.English).DateTime(at), "\u00a0", " ")))
}

func TestNumbersAndMoney(t *testing.T) {
	t.Parallel()
	c := open(t)
	fr, ar, en := c.Printer(consular.French), c.Printer(consular.Arabic), c.Printer(consular.English)
	require.Equal(t, "303\u202f285", fr.Number(303285))
	require.Equal(t, "1.234.567", ar.Number(1234567))
	require.Equal(t, "-12,345", en.Number(-12345))
	require.Equal(t, "2026", fr.Number(2026))
	require.Equal(t, "105,00\u00a0درهم", ar.Money(consular.MAD(105)))
	require.Equal(t, "105,00\u00a0DH", fr.Money(consular.MAD(105)))
	require.Equal(t, "12.345\u00a0TND", en.Money(consular.Money{Minor: 12345, Currency: "TND"}))
}

func TestCountries(t *testing.T) {
	t.Parallel()
	c := open(t)
	require.Equal(t, "فرنسا", c.Printer(consular.Arabic).Country("FR"))
	require.Equal(t, "Pays-Bas", c.Printer(consular.French).Country("NL"))
	require.NotEqual(t, "MA", c.Printer(consular.Tamazight).Country("MA"))
	require.Equal(t, "??", c.Printer(consular.French).Country("??"))
}

func TestMatch(t *testing.T) {
	t.Parallel()
	all := consular.Languages()
	for accept, want := range map[string]consular.Language{
		"fr-CA,fr;q=0.8":           consular.French,
		"ary":                      consular.Arabic,
		"ar-EG":                    consular.Arabic,
		"ber, fr;q=0.5":            consular.Tamazight,
		"tzm-MA":                   consular.Tamazight,
		"rif":                      consular.Tamazight,
		"xx, nl-BE;q=0.5":          consular.Dutch,
		"ca":                       consular.Spanish,
		"gsw":                      consular.German,
		"ja":                       "",
		"":                         "",
		";;;":                      "",
		strings.Repeat("fr,", 500): "",
	} {
		got, ok := lang.Match(accept, all)
		require.Equal(t, want, got, accept)
		require.Equal(t, want != "", ok, accept)
	}
	got, ok := lang.Match("de,es;q=0.9", []consular.Language{consular.Arabic, consular.Spanish})
	require.True(t, ok)
	require.Equal(t, consular.Spanish, got)
	_, ok = lang.Match("fr", nil)
	require.False(t, ok)
}

func TestFallback(t *testing.T) {
	t.Parallel()
	c := open(t)
	zgh := c.Printer(consular.Tamazight)
	require.Equal(t, "ⵜⵓⵊⴰⴷ", zgh.Status("ready"))
	require.Equal(t, "\u2067سُلِّمت\u2069 / \u2066remise en main propre\u2069", zgh.Status("handed_over"))
	require.False(t, zgh.Has("status.handed_over.name"))
	require.Contains(t, c.Printer(consular.Dutch).Refusal(consular.RefusedFraud), "could not")
	require.Contains(t, c.Printer(consular.Italian).RefusalNext(consular.RefusedFraud), "recours")
	require.Equal(t, "nowhere.at.all", zgh.T("nowhere.at.all"))
	require.Equal(t, consular.Arabic, c.Printer("tlh").Language())
	require.Equal(t, "rtl", c.Printer(consular.Arabic).Direction())
	require.Equal(t, "ltr", zgh.Direction())
}

func TestArguments(t *testing.T) {
	t.Parallel()
	c, err := lang.Load(fstest.MapFS{
		"fr/x.toml": {Data: []byte(`a = "Voici {v} !"`)},
		"ar/x.toml": {Data: []byte(`a = "هذا {v}."`)},
	})
	require.NoError(t, err)
	fr, ar := c.Printer(consular.French), c.Printer(consular.Arabic)
	for _, test := range []struct {
		value     any
		fr, ar    string
		reference string
	}{
		{"Lyon", "Lyon", "\u2068Lyon\u2069", "text"},
		{"محمد", "\u2068محمد\u2069", "محمد", "Arabic text"},
		{7, "7", "7", "number"},
		{int64(12345), "12\u202f345", "12.345", "int64"},
		{uint64(3), "3", "3", "uint64"},
		{consular.MAD(5), "5,00\u00a0DH", "5,00\u00a0درهم", "money"},
		{consular.Country("FR"), "France", "فرنسا", "country"},
		{consular.Date("2026-11-22"), "22\u00a0novembre\u00a02026", "22\u00a0نونبر\u00a02026", "date"},
		{consular.Reference("123456789012345678"), "\u2066123456\u00a0789012\u00a0345678\u2069", "\u2066123456\u00a0789012\u00a0345678\u2069", "reference"},
		{"a\u202eb\u2069", "\u2068ab\u2069", "\u2068ab\u2069", "controls are taken out"},
		{consular.Name{Latin: "SECRET"}, "\u2068[name]\u2069", "\u2068[name]\u2069", "a personal type says nothing"},
		{1.5, "", "", "an unknown type says nothing"},
	} {
		require.Equal(t, "Voici "+test.fr+"\u00a0!", fr.T("x.a", "v", test.value), test.reference)
		require.Equal(t, "هذا "+test.ar+".", ar.T("x.a", "v", test.value), test.reference)
	}
	require.Equal(t, "Voici {v}\u00a0!", fr.T("x.a"))
	require.Equal(t, "Voici {v}\u00a0!", fr.T("x.a", "v"))
}

func TestViolation(t *testing.T) {
	t.Parallel()
	en := open(t).Printer(consular.English)
	say := func(field string, r consular.Rule) string {
		return en.Violation(consular.Violation{Field: field, Rule: r})
	}
	require.Contains(t, say("person.family_name.latin", consular.RuleScript), "Latin letters only")
	require.Equal(t, "Fill in this field.", say("person.sex", consular.RuleRequired))
	require.Contains(t, say("x", "of-a-newer-program"), "example")
}

func TestField(t *testing.T) {
	t.Parallel()
	c := open(t)
	en, ar := c.Printer(consular.English), c.Printer(consular.Arabic)
	for path, want := range map[string]string{
		"person.family_name.latin":        "Family name, in Latin letters",
		"person.father.given_name.arabic": "Given name of the father, in Arabic letters",
		"person.mother":                   "Mother",
		"birth_date":                      "Date of birth",
		"fee.lines.amount":                "Fee",
		"of.a.newer.program":              "of.a.newer.program",
		"latin":                           "latin",
	} {
		require.Equal(t, want, en.Field(path))
	}
	require.Equal(t, "الاسم الشخصي للأم، بالحروف اللاتينية", ar.Field("person.mother.given_name.latin"))
	require.Equal(t, "أنثى", ar.Sex(consular.Female))
	require.Equal(t, "Wife of X", en.T("mention.wife-of", "name", "X"))
}

func TestHTML(t *testing.T) {
	t.Parallel()
	require.Equal(t, "<bdi>&lt;b&gt;</bdi>", string(lang.Bdi("<b>\u202e")))
	require.Equal(t, `<bdi dir="ltr" class="code">12 34</bdi>`, string(lang.BdiCode("12 34")))
	require.Equal(t, "\u2067x\u2069", lang.RTL("x"))
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	for name, file := range map[string]string{
		"broken TOML":      `a = `,
		"open brace":       `a = "x {v"`,
		"closed brace":     `a = "x v}"`,
		"no name":          `a = "{}"`,
		"a number":         `a = 7`,
		"form of another":  "[a]\nother = \"x\"\nfew = \"y\"",
		"form with braces": "[a]\nother = \"{\"",
		"form not a text":  "[a]\nother = 1",
	} {
		_, err := lang.Load(fstest.MapFS{"en/x.toml": {Data: []byte(file)}})
		require.True(t, fault.Is(err, fault.Invalid), name)
	}
	_, err := lang.Load(fstest.MapFS{"tlh/x.toml": {Data: []byte(`a = "b"`)}})
	require.True(t, fault.Is(err, fault.Invalid))
	_, err = lang.Load(fstest.MapFS{"en/x.toml": {Data: make([]byte, 2<<20)}})
	require.True(t, fault.Is(err, fault.TooLarge))
}

func FuzzMatch(f *testing.F) {
	f.Add("fr-CA,fr;q=0.8,*;q=0.1")
	f.Fuzz(func(t *testing.T, accept string) {
		l, ok := lang.Match(accept, consular.Languages())
		require.Equal(t, ok, l.Validate() == nil)
	})
}

func FuzzLoad(f *testing.F) {
	f.Add("a = \"{x} y\"\n[b]\none = \"1\"\nother = \"{count}\"", "v")
	f.Fuzz(func(t *testing.T, file, value string) {
		c, err := lang.Load(fstest.MapFS{"fr/x.toml": {Data: []byte(file)}})
		if err != nil {
			require.NotEqual(t, fault.Other, fault.KindOf(err))
			return
		}
		for _, key := range c.Keys(consular.French) {
			_ = c.Printer(consular.French).T(key, "x", value, "count", len(value))
		}
	})
}

func BenchmarkT(b *testing.B) {
	p := open(b).Printer(consular.Arabic)
	b.ReportAllocs()
	for b.Loop() {
		_ = p.T("slip.legal.limit", "date", consular.Date("2026-11-22"))
	}
}
