package consular_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"github.com/stretchr/testify/require"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
)

func goodPerson() consular.Person {
	return consular.Person{
		Family: consular.Name{Arabic: "العلوي", Latin: "El Alaoui"},
		Given:  consular.Name{Arabic: "فاطمة الزهراء", Latin: "Fatima-Zahra"},
		Sex:    consular.Female, Birth: "1975-05-XX",
		BirthPlace: consular.Name{Arabic: "الدار البيضاء", Latin: "Casablanca"}, BirthCountry: consular.Morocco,
		Nationality: consular.Morocco, NationalNumber: "BE012345",
		Father: consular.PersonName{Given: consular.Name{Arabic: "محمد", Latin: "Mohammed"}},
		Mother: consular.PersonName{
			Family: consular.Name{Arabic: "بناني", Latin: "Bennani"},
			Given:  consular.Name{Arabic: "خديجة", Latin: "Khadija"},
		},
	}
}

func TestPersonValidate(t *testing.T) {
	t.Parallel()
	require.NoError(t, goodPerson().Validate())
	tests := map[string]struct {
		change func(*consular.Person)
		field  string
		rule   consular.Rule
	}{
		"ErrArabicMissing":  {func(p *consular.Person) { p.Family.Arabic = "" }, "person.family_name.arabic", consular.RuleRequired},
		"ErrLatinInArabic":  {func(p *consular.Person) { p.Family.Arabic = "العلوي A" }, "person.family_name.arabic", consular.RuleScript},
		"ErrArabicInLatin":  {func(p *consular.Person) { p.Given.Latin = "Fatima ز" }, "person.given_name.latin", consular.RuleScript},
		"ErrDigit":          {func(p *consular.Person) { p.Given.Latin = "Fatima 2" }, "person.given_name.latin", consular.RuleScript},
		"ErrOverride":       {func(p *consular.Person) { p.Given.Latin = "Fa\u202etima" }, "person.given_name.latin", consular.RuleControl},
		"ErrZeroWidth":      {func(p *consular.Person) { p.Given.Arabic = "فا\u200bطمة" }, "person.given_name.arabic", consular.RuleControl},
		"ErrTooLong":        {func(p *consular.Person) { p.Given.Latin = strings.Repeat("a", 101) }, "person.given_name.latin", consular.RuleLength},
		"ErrOnlyHyphens":    {func(p *consular.Person) { p.Given.Latin = "--" }, "person.given_name.latin", consular.RuleFormat},
		"ErrDoubleSpace":    {func(p *consular.Person) { p.Given.Latin = "a  b" }, "person.given_name.latin", consular.RuleNormal},
		"ErrNotNFC":         {func(p *consular.Person) { p.Given.Latin = "Ai\u0308t" }, "person.given_name.latin", consular.RuleNormal},
		"ErrPresentation":   {func(p *consular.Person) { p.Given.Arabic = "\ufee3\ufea4\ufee3\ufeaa" }, "person.given_name.arabic", consular.RuleScript},
		"ErrSex":            {func(p *consular.Person) { p.Sex = 0 }, "person.sex", consular.RuleRequired},
		"ErrSexUnknown":     {func(p *consular.Person) { p.Sex = 9 }, "person.sex", consular.RuleUnknown},
		"ErrBirth":          {func(p *consular.Person) { p.Birth = "1975-02-30" }, "person.birth_date", consular.RuleCalendar},
		"ErrBirthPlace":     {func(p *consular.Person) { p.BirthPlace.Arabic = "" }, "person.birth_place.arabic", consular.RuleRequired},
		"ErrCountry":        {func(p *consular.Person) { p.BirthCountry = "ZZ" }, "person.birth_country", consular.RuleUnknown},
		"ErrNationality":    {func(p *consular.Person) { p.Nationality = "" }, "person.nationality", consular.RuleRequired},
		"ErrFather":         {func(p *consular.Person) { p.Father.Given.Latin = "" }, "person.father.given_name.latin", consular.RuleRequired},
		"ErrMotherFamily":   {func(p *consular.Person) { p.Mother.Family.Latin = "" }, "person.mother.family_name.latin", consular.RuleRequired},
		"ErrNumber":         {func(p *consular.Person) { p.NationalNumber = "be1" }, "person.national_number", consular.RuleFormat},
		"ErrFormer":         {func(p *consular.Person) { p.Former = make([]consular.PersonName, 1) }, "person.former_names.family_name.arabic", consular.RuleRequired},
		"ErrFormerMany":     {func(p *consular.Person) { p.Former = manyNames() }, "person.former_names", consular.RuleLength},
		"ErrMention":        {func(p *consular.Person) { p.Mention = consular.MentionWifeOf }, "person.spouse.arabic", consular.RuleRequired},
		"ErrSpouseAlone":    {func(p *consular.Person) { p.Spouse = p.Family }, "person.civil_mention", consular.RuleRequired},
		"ErrActNumber":      {func(p *consular.Person) { p.ActNumber = "1\n2" }, "person.act_number", consular.RuleControl},
		"ErrMentionUnknown": {func(p *consular.Person) { p.Mention, p.Spouse = 99, p.Family }, "person.civil_mention", consular.RuleUnknown},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := goodPerson()
			tc.change(&p)
			err := p.Validate()
			require.True(t, fault.Is(err, fault.Invalid))
			require.Contains(t, consular.ViolationsOf(err), consular.Violation{Field: tc.field, Rule: tc.rule})
			require.True(t, consular.Broke(err, tc.rule))
			require.NotContains(t, err.Error(), "Fatima")
		})
	}
}

func manyNames() []consular.PersonName {
	out := make([]consular.PersonName, 9)
	for i := range out {
		out[i] = goodPerson().Mother
	}
	return out
}

func TestPersonValidateFor(t *testing.T) {
	t.Parallel()
	bare := goodPerson()
	bare.Father, bare.Mother, bare.NationalNumber, bare.Nationality = consular.PersonName{}, consular.PersonName{}, "", "FR"
	require.NoError(t, bare.ValidateFor(consular.RecordPolice))
	require.Equal(t, consular.Violations{
		{Field: "person.nationality", Rule: consular.RuleNotAllowed},
		{Field: "person.father.given_name", Rule: consular.RuleRequired},
		{Field: "person.mother.given_name", Rule: consular.RuleRequired},
	}, consular.ViolationsOf(bare.ValidateFor(consular.CNIEFirst)))
	renewal := goodPerson()
	renewal.NationalNumber = ""
	require.Equal(t, "person.national_number", consular.ViolationsOf(renewal.ValidateFor(consular.CNIERenewal))[0].Field)
	require.NoError(t, renewal.ValidateFor(consular.CNIEFirst))
	require.Error(t, goodPerson().ValidateFor(0))
	require.False(t, goodPerson().BornAbroad())
	require.False(t, goodPerson().Name().IsZero())
}

func TestParseName(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ arabic, latin, wantArabic, wantLatin string }{
		"OKSpaces":       {"  بن   علي ", "Ben\u00a0 Ali ", "بن علي", "Ben Ali"},
		"OKNFC":          {"أحمد", "Ai\u0308t O\u2019Hara", "أحمد", "Aït O’Hara"},
		"OKPresentation": {"\ufee3\ufea4\ufee3\ufeaa", "Mohammed", "محمد", "Mohammed"},
		"OKMarks":        {"مُحَمَّد", "d'Ávila-Núñez", "مُحَمَّد", "d'Ávila-Núñez"},
		"OKTatweel":      {"محـمد", "M", "محـمد", "M"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := consular.ParseName(tc.arabic, tc.latin)
			require.NoError(t, err)
			require.True(t, got == consular.Name{Arabic: tc.wantArabic, Latin: tc.wantLatin})
		})
	}
	for r := rune(0x200B); r <= 0x2069; r++ {
		if r >= 0x2010 && r <= 0x2029 || r == 0x202F || r >= 0x2030 && r <= 0x205F || r == 0x2065 {
			continue
		}
		_, err := consular.ParseName("مح"+string(r)+"مد", "Mohammed")
		require.True(t, consular.Broke(err, consular.RuleControl), "%U", r)
	}
}

func TestSearchArabic(t *testing.T) {
	t.Parallel()
	key := func(s string) string { return consular.Name{Arabic: s}.SearchArabic() }
	require.Equal(t, key("أحمد"), key("احمد"))
	require.Equal(t, key("فاطمة الزهراء"), key("فاطمه الزهراء"))
	require.Equal(t, key("مُحَمَّد"), key("محـمد"))
	require.Equal(t, key("موسى"), key("موسي"))
	require.Equal(t, key("عبد الله"), key("عبدالله"))
	require.NotEqual(t, key("حسن"), key("حسين"))
}

func TestNationalNumber(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]consular.NationalNumber{
		"be 012-345": "BE012345", "A1": "A1", "zz١٢٣": "ZZ123", "ABC12345678": "ABC12345678", "k 000001": "K000001",
	} {
		got, err := consular.ParseNationalNumber(typed)
		require.NoError(t, err)
		require.True(t, want == got)
		require.Equal(t, string(want), got.Value())
	}
	for _, typed := range []string{"", "123456", "ABCD1", "A123456789", "A", "A12B", "É123", strings.Repeat("A", 200)} {
		_, err := consular.ParseNationalNumber(typed)
		require.True(t, fault.Is(err, fault.Invalid), typed)
	}
}

func TestContact(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		typed string
		home  consular.Country
		want  consular.Phone
	}{
		"OKFrench":  {"06 12 34 56 78", "FR", "+33612345678"},
		"OKMorocco": {"0612345678", "MA", "+212612345678"},
		"OKArabic":  {"٠٦١٢٣٤٥٦٧٨", "MA", "+212612345678"},
		"OKForeign": {"+32 470 12 34 56", "FR", "+32470123456"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := consular.ParsePhone(tc.typed, tc.home)
			require.NoError(t, err)
			require.Equal(t, tc.want.Value(), got.Value())
			require.True(t, got.Plausible())
			require.NoError(t, got.Validate())
		})
	}
	for _, typed := range []string{"", "12", "call me", strings.Repeat("1", 300)} {
		_, err := consular.ParsePhone(typed, "FR")
		require.True(t, fault.Is(err, fault.Invalid), typed)
	}
	email, err := consular.ParseEmail(" Fatima.Z@Example.ORG ")
	require.NoError(t, err)
	require.Equal(t, "Fatima.Z@example.org", email.Value())
	for _, typed := range []string{
		"", "a", "a@b", "Fatima <a@b.org>", "a@b.org, c@d.org", "a@b\r\nBcc: x@y.org", "<a@b.org>",
		strings.Repeat("a", 250) + "@b.org", "a@[127.0.0.1]",
	} {
		_, err := consular.ParseEmail(typed)
		require.True(t, fault.Is(err, fault.Invalid), typed)
	}
	contact := consular.Contact{Phone: "+33612345678", Language: consular.Arabic, Address: goodAddress()}
	require.NoError(t, contact.Validate())
	require.False(t, contact.IsZero())
	contact.Phone, contact.Address.City.Latin = "", ""
	require.Equal(t, consular.Violations{
		{Field: "contact.phone", Rule: consular.RuleRequired},
		{Field: "contact.address.city.latin", Rule: consular.RuleRequired},
	}, consular.ViolationsOf(contact.Validate()))
	contact.Phone, contact.Email, contact.Language = "06", "A@B.org", "xx"
	require.Len(t, consular.ViolationsOf(contact.Validate()), 4)
}

func goodAddress() consular.Address {
	return consular.Address{
		Street: consular.Name{Latin: "12 bis, rue de l'Église"}, City: consular.Name{Latin: "Lyon"},
		Postcode: "69003", Country: "FR",
	}
}

func TestAddress(t *testing.T) {
	t.Parallel()
	require.NoError(t, goodAddress().Validate())
	typed := goodAddress()
	typed.Street.Arabic, typed.Postcode = " شارع  12 ", " ٦٩٠٠٣ "
	got, err := consular.ParseAddress(typed)
	require.NoError(t, err)
	require.Equal(t, "69003", got.Postcode)
	require.Equal(t, "شارع 12", got.Street.Arabic)
	for name, change := range map[string]func(*consular.Address){
		"ErrArabicInLatin": func(a *consular.Address) { a.Street.Latin = "شارع" },
		"ErrLatinInArabic": func(a *consular.Address) { a.City.Arabic = "Lyon" },
		"ErrControl":       func(a *consular.Address) { a.Street.Latin = "a\u202eb" },
		"ErrPostcode":      func(a *consular.Address) { a.Postcode = strings.Repeat("1", 17) },
		"ErrCountry":       func(a *consular.Address) { a.Country = "" },
		"ErrPunctuation":   func(a *consular.Address) { a.City.Latin = "," },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := goodAddress()
			change(&a)
			_, err := consular.ParseAddress(a)
			require.True(t, fault.Is(err, fault.Invalid))
		})
	}
}

func TestGuardian(t *testing.T) {
	t.Parallel()
	g := consular.Guardian{Name: goodPerson().Name(), NationalNumber: "A1", Consent: consular.GuardianContacted}
	require.Equal(t, "guardian.contacted", consular.ViolationsOf(g.Validate())[0].Field, "since when does the delay run")
	require.Empty(t, g.Until())
	g.Contacted = "2026-02-20"
	require.NoError(t, g.Validate())
	require.EqualValues(t, "2026-03-07", g.Until())
	require.True(t, consular.GuardianCourtOrder.ForAdult())
	require.False(t, consular.GuardianSwornAbsence.ForAdult())
	require.False(t, g.Consent.Settled())
	require.True(t, consular.GuardianPresent.Settled())
	require.False(t, consular.GuardianConsent(0).Settled())
	g = consular.Guardian{NationalNumber: "1", Contact: consular.Contact{Language: "ar"}}
	require.Len(t, consular.ViolationsOf(g.Validate()), 7)
	require.Equal(t, "guardian.name.family_name.arabic", consular.ViolationsOf(g.Validate())[0].Field)
}

func TestNothingPersonalIsPrinted(t *testing.T) {
	t.Parallel()
	p := goodPerson()
	c := consular.Contact{Phone: "+33612345678", Email: "fatima@example.org", Address: goodAddress()}
	values := []any{
		p, &p, p.Family, p.Name(), p.Birth, p.NationalNumber, c, c.Phone, c.Email, c.Address,
		consular.SlipCode("12345678"),
		consular.Guardian{Name: p.Name()},
		[]consular.Person{p},
		struct{ P consular.Person }{p},
	}
	var log strings.Builder
	logger := slog.New(slog.NewJSONHandler(&log, nil))
	for _, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			leakFree(t, fmt.Sprintf(verb, v))
		}
	}
	for _, v := range values[:12] {
		if _, pointer := v.(*consular.Person); !pointer {
			logger.Info("seen", slog.Any("value", v))
		}
	}
	logger.Info("seen", slog.Any("ref", consular.Reference("012345678901234562")))
	leakFree(t, log.String())
	require.Contains(t, log.String(), "[reference]")
}

func leakFree(t *testing.T, out string) {
	t.Helper()
	for _, secret := range []string{"Alaoui", "416c616f7569", "1975", "BE012345", "336123", "fatima", "Lyon", "12345678", "Bennani"} {
		require.NotContains(t, out, secret)
	}
}

func TestPersonRoundTrips(t *testing.T) {
	t.Parallel()
	p := goodPerson()
	p.Former = []consular.PersonName{{Family: consular.Name{Arabic: "بناني", Latin: "Bennani"}}}
	asJSON, err := json.Marshal(p)
	require.NoError(t, err)
	require.Contains(t, string(asJSON), `"sex":"F"`)
	require.NotContains(t, string(asJSON), "spouse")
	var fromJSON consular.Person
	require.NoError(t, json.Unmarshal(asJSON, &fromJSON))
	require.True(t, samePerson(p, fromJSON))
	asCBOR, err := cbor.Marshal(p)
	require.NoError(t, err)
	var fromCBOR consular.Person
	require.NoError(t, cbor.Unmarshal(asCBOR, &fromCBOR))
	require.True(t, samePerson(p, fromCBOR))
	require.NoError(t, fromCBOR.Validate())
	require.Error(t, json.Unmarshal([]byte(`{"sex":"X"}`), &fromJSON))
	require.Error(t, json.Unmarshal([]byte(`{"birth_date":"1975-13-01"}`), &fromJSON))
}

func samePerson(a, b consular.Person) bool {
	same := len(a.Former) == len(b.Former) && a.Former[0] == b.Former[0]
	return same && a.Name() == b.Name() && a.Birth == b.Birth && a.Sex == b.Sex && a.Mother == b.Mother &&
		a.NationalNumber == b.NationalNumber && a.BirthPlace == b.BirthPlace && a.Nationality == b.Nationality
}
