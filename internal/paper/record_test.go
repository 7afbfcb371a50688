package paper_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/paper"
	"jaliya/internal/paper/pdf"
)

// sealText is as long as that of a seal with ordinary names.
const sealText = "JLYDC:6BFOXN%TS3DHPVO13J /G-/2YRVA.Q/R8VRU2FC1J9M$DI9CWF8B6JAT50 43RL8TW.CVW03UZBJ+EB3BCWU.NJ%E4 I89V 4LYDBV+8QD9Z6J*SK7J74FM3ERD4IF0D%C0KP*XI CF5$G1IP4P7AQSALO%V8Y8F%KOR3E22HUS3*9A5T1RMGYD8GNR2FC1J9M$DI9C" +
	"6BFOXN%TS3DHPVO13J /G-/2YRVA.Q/R8VRU2FC1J9M$DI9CWF8B6JAT50 43RL8TW.CVW03UZBJ+EB3BCWU.NJ%E4 I89V 4LYDBV+8QD9Z6J*SK7J74FM3ERD4IF0D%C0KP*XI CF5$G1IP4P7AQSALO%V8Y8F%KOR3E22HUS3*9A5T1RMGYD8GNR2FC1J9M$DI9C"

func recordData(tb testing.TB) paper.RecordData {
	tb.Helper()
	person := namesData().Person
	person.Sex, person.BirthCountry, person.Nationality = consular.Female, consular.Morocco, consular.Morocco
	return paper.RecordData{
		Service: consular.RecordJustice,
		Office:  paper.Text{Arabic: "المركز الوطني للسجل العدلي بالرباط", French: "Centre national du casier judiciaire, Rabat"},
		Number:  "B3RB26A00123457", Reference: slipData(tb).Reference, Person: person,
		Issued: "2026-11-22", Expires: "2027-02-22",
		Seal: sealText, Code: "7K2M-Q9XT-B4D8-WZ0H", Page: "https://verifier.example.ma", Made: printed(),
	}
}

func mention(i int) paper.Mention {
	return paper.Mention{
		Court: paper.Text{Arabic: "المحكمة الابتدائية الزجرية بالدار البيضاء", French: "Tribunal de première instance pénal de Casablanca"},
		Date:  consular.Date(fmt.Sprintf("20%02d-03-14", 5+i%20)),
		Offense: paper.Text{
			Arabic: "السرقة الموصوفة طبقا للفصل 509 من القانون الجنائي", French: "Vol qualifié, article 509 du code pénal",
		},
		Sentence: paper.Text{Arabic: "سنة واحدة حبسا نافذا وغرامة قدرها 500 درهم", French: "Un an d'emprisonnement ferme et amende de 500 dirhams"},
	}
}

func withMentions(d paper.RecordData, n int) paper.RecordData {
	for i := range n {
		d.Mentions = append(d.Mentions, mention(i))
	}
	return d
}

// TestRecordIsOneSheetWhateverItSays: nobody who counts sheets learns what a
// record says.
func TestRecordIsOneSheetWhateverItSays(t *testing.T) {
	t.Parallel()
	p := press(t)
	for _, service := range []consular.Service{consular.RecordPolice, consular.RecordJustice} {
		for n := range 7 {
			d := withMentions(recordData(t), n)
			d.Service = service
			out, err := p.Record(d)
			require.NoError(t, err)
			require.Equal(t, 2, pages(out), "%d mentions", n)
			again, err := press(t).Record(d)
			require.NoError(t, err)
			require.True(t, bytes.Equal(out, again), "equal data, equal bytes")
		}
	}
	out, err := p.Record(withMentions(recordData(t), 20))
	require.NoError(t, err)
	require.Greater(t, pages(out), 2)
}

func TestRecordOfLongNames(t *testing.T) {
	t.Parallel()
	d := recordData(t)
	long := consular.Name{
		Arabic: strings.TrimSpace(strings.Repeat("عبد ", 25)), Latin: strings.TrimSpace(strings.Repeat("ABDELW ", 14)),
	}
	both := consular.PersonName{Family: long, Given: long}
	d.Person.Family, d.Person.Given, d.Person.BirthPlace, d.Person.Father, d.Person.Mother = long, long, long, both, both
	for n := range 3 {
		out, err := press(t).Record(withMentions(d, n))
		require.NoError(t, err)
		require.Equal(t, 2, pages(out))
	}
}

func TestRecordKeepsWhatProgramsNeed(t *testing.T) {
	t.Parallel()
	d := recordData(t)
	d.Kept, d.Room = []byte(`{"kept": true}`), 100
	out, err := press(t).Record(d)
	require.NoError(t, err)
	require.Equal(t, d.Kept, pdf.Kept(out, paper.KeptRecord))
	require.Nil(t, pdf.Kept(out, "JLYOther"))
	require.Contains(t, string(out), "/ByteRange [0 ")
	require.Contains(t, string(out), "/AcroForm")
	require.Nil(t, pdf.Kept(append(out, out...), paper.KeptRecord), "twice is not once")
}

// TestRecordLines: every printed field is in the lines that the seal binds.
func TestRecordLines(t *testing.T) {
	t.Parallel()
	d := withMentions(recordData(t), 1)
	require.Equal(t, []string{"nothing"}, recordData(t).OutcomeLines())
	all := func(d paper.RecordData) string {
		return strings.Join(d.OutcomeLines(), "\n") + "\n" + strings.Join(d.ParticularLines(), "\n")
	}
	before := all(d)
	for name, change := range map[string]func(d *paper.RecordData){
		"court":           func(d *paper.RecordData) { d.Mentions[0].Court.French = "X" },
		"court, Arabic":   func(d *paper.RecordData) { d.Mentions[0].Court.Arabic = "س" },
		"date":            func(d *paper.RecordData) { d.Mentions[0].Date = "2001-01-01" },
		"offense":         func(d *paper.RecordData) { d.Mentions[0].Offense.French = "X" },
		"sentence":        func(d *paper.RecordData) { d.Mentions[0].Sentence.Arabic = "س" },
		"fewer":           func(d *paper.RecordData) { d.Mentions = nil },
		"family name":     func(d *paper.RecordData) { d.Person.Family.Latin = "X" },
		"given name":      func(d *paper.RecordData) { d.Person.Given.Arabic = "س" },
		"birth date":      func(d *paper.RecordData) { d.Person.Birth = "1992-05-02" },
		"birth place":     func(d *paper.RecordData) { d.Person.BirthPlace.Latin = "Fes" },
		"birth country":   func(d *paper.RecordData) { d.Person.BirthCountry = "FR" },
		"sex":             func(d *paper.RecordData) { d.Person.Sex = consular.Male },
		"nationality":     func(d *paper.RecordData) { d.Person.Nationality = "FR" },
		"national number": func(d *paper.RecordData) { d.Person.NationalNumber = "A1" },
		"father":          func(d *paper.RecordData) { d.Person.Father.Given.Latin = "X" },
		"mother":          func(d *paper.RecordData) { d.Person.Mother.Given.Arabic = "س" },
		"office":          func(d *paper.RecordData) { d.Office.French = "X" },
		"reference":       func(d *paper.RecordData) { d.Reference = "X" },
		"issued":          func(d *paper.RecordData) { d.Issued = "2026-11-21" },
		"expires":         func(d *paper.RecordData) { d.Expires = "2028-11-21" },
		"service":         func(d *paper.RecordData) { d.Service = consular.RecordPolice },
	} {
		other := withMentions(recordData(t), 1)
		change(&other)
		require.NotEqual(t, before, all(other), name)
	}
}

func TestRecordRefuses(t *testing.T) {
	t.Parallel()
	p := press(t)
	for name, test := range map[string]struct {
		change func(d *paper.RecordData)
		kind   fault.Kind
	}{
		"a card":                {func(d *paper.RecordData) { d.Service = consular.CNIERenewal }, fault.Invalid},
		"no number":             {func(d *paper.RecordData) { d.Number = "" }, fault.Invalid},
		"no office":             {func(d *paper.RecordData) { d.Office.French = "" }, fault.Invalid},
		"expires when issued":   {func(d *paper.RecordData) { d.Expires = d.Issued }, fault.Invalid},
		"a name in one script":  {func(d *paper.RecordData) { d.Person.Given.Latin = "" }, fault.Invalid},
		"a mistyped reference":  {func(d *paper.RecordData) { d.Reference = "123456789012345678" }, fault.Invalid},
		"too many mentions":     {func(d *paper.RecordData) { *d = withMentions(*d, 21) }, fault.TooLarge},
		"a mention of tomorrow": {func(d *paper.RecordData) { *d = withMentions(*d, 1); d.Mentions[0].Date = "2026-11-23" }, fault.Invalid},
		"a mention in French":   {func(d *paper.RecordData) { *d = withMentions(*d, 1); d.Mentions[0].Court.Arabic = "" }, fault.Invalid},
		"a line feed":           {func(d *paper.RecordData) { *d = withMentions(*d, 1); d.Mentions[0].Sentence.French = "a\nb" }, fault.Invalid},
		"an endless sentence": {func(d *paper.RecordData) {
			*d = withMentions(*d, 1)
			d.Mentions[0].Sentence.French = strings.Repeat("x", 201)
		}, fault.Invalid},
		"no seal":         {func(d *paper.RecordData) { d.Seal = "" }, fault.TooLarge},
		"no control code": {func(d *paper.RecordData) { d.Code = "" }, fault.Invalid},
	} {
		d := recordData(t)
		test.change(&d)
		_, err := p.Record(d)
		require.Equal(t, test.kind, fault.KindOf(err), "%s: %v", name, err)
		require.NotContains(t, err.Error(), "BENABDERRAHMANE", name)
	}
}

// TestIndependentReadersOfRecords gives both outcomes to programs that share no
// code with ours.
func TestIndependentReadersOfRecords(t *testing.T) {
	if os.Getenv("JALIYA_PDF_TOOLS") != "1" {
		t.Skip("JALIYA_PDF_TOOLS is not 1: poppler-utils, qpdf and zbar-tools are not asked for")
	}
	p := press(t)
	for _, test := range []struct {
		name string
		d    paper.RecordData
		said []string
	}{
		{"nothing", recordData(t), []string{"NÉANT", "لا شيء", "NOTHING"}},
		{"mentions", withMentions(recordData(t), 4), []string{"Mention 1 sur 4", "المحكمة الابتدائية الزجرية", "article 509", "القانون الجنائي", "14 mars 2005"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			file, err := p.Record(test.d)
			require.NoError(t, err)
			path := filepath.Join(t.TempDir(), "record.pdf")
			require.NoError(t, os.WriteFile(path, file, 0o600))
			require.Contains(t, run(t, "qpdf", "--check", path), "No syntax or stream encoding errors")
			checkFonts(t, run(t, "pdffonts", path))
			text := tidy(run(t, "pdftotext", path, "-"))
			for _, want := range append(test.said, "BENABDERRAHMANE", "بنعبد الرحمان", "Family name", "22 février 2027", "7K2M-Q9XT-B4D8-WZ0H", test.d.Number) {
				require.Contains(t, text, want)
			}
			run(t, "pdftoppm", "-r", "150", "-png", path, path)
			codes := run(t, "zbarimg", "-q", path+"-1.png")
			require.Contains(t, codes, "QR-Code:"+sealText)
		})
	}
}
