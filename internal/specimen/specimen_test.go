package specimen_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/consular"
	"jaliya/internal/specimen"
	"jaliya/internal/wire"
)

const today consular.Date = "2026-11-22"

// update writes the golden digest anew: go test ./internal/specimen -update.
var update = flag.Bool("update", false, "write the golden digest anew")

func posts(tb testing.TB) []consular.Post {
	tb.Helper()
	d, err := consular.BuiltInDirectory()
	require.NoError(tb, err)
	return d.All()
}

// TestPersonIsValid tries every service with every band of ages, two hundred
// people each, at changing posts.
func TestPersonIsValid(t *testing.T) {
	at := posts(t)
	bands := [][2]int{{0, 0}, {0, 1}, {0, 11}, {12, 15}, {16, 17}, {18, 18}, {19, 30}, {31, 64}, {65, 110}}
	for _, service := range consular.Services() {
		for _, band := range bands {
			t.Run(fmt.Sprintf("OK/%s/%d-%d", service, band[0], band[1]), func(t *testing.T) {
				for seed := range uint64(200) {
					v := specimen.New(seed).Person(specimen.PersonOptions{
						Service: service, Post: at[seed%uint64(len(at))], MinAge: band[0], MaxAge: band[1], On: today,
					})
					requireValid(t, v)
					require.Equal(t, service, v.Service)
					if band[1] != 0 {
						require.GreaterOrEqual(t, v.Age, band[0])
						require.LessOrEqual(t, v.Age, band[1])
					}
				}
			})
		}
	}
}

// published is the built-in list of papers, read once.
var published = sync.OnceValues(consular.BuiltInDocuments)

// requireValid holds a visit against every rule that a desk and an opener have.
func requireValid(tb testing.TB, v specimen.Visit) {
	tb.Helper()
	body := v.Release("a.naji", "s.idrissi")
	body.Captured = 1_790_000_000_000
	body.Parts = []wire.Part{{Name: wire.PartPortrait, MediaType: "image/jpeg", Size: 1, Digest: wire.Digest{1}}}
	require.NoError(tb, body.Validate())
	require.NoError(tb, consular.ValidateFingers(v.Profile, v.Fingers))

	age, err := v.Person.Birth.AgeOn(v.On)
	require.NoError(tb, err)
	require.Equal(tb, v.Age, age)
	require.Equal(tb, age < 18, v.Guardian != nil)
	if v.Guardian != nil {
		require.True(tb, v.Guardian.Consent.Settled())
	}
	if v.Contact.Phone != "" {
		require.True(tb, v.Contact.Phone.Plausible(), v.Contact.Phone.Value())
	}
	require.Regexp(tb, `^[a-z]+\.[a-z]+[0-9]+@example\.(org|com)$|^$`, v.Contact.Email.Value())
	require.Regexp(tb, `^ZZ[0-9]{6}$|^$`, v.Person.NationalNumber.Value())

	list, err := published()
	require.NoError(tb, err)
	of := consular.DocumentCase{Service: v.Service, Minor: age < 18, Mention: v.Person.Mention != 0}
	if v.Guardian != nil {
		of.Consent = v.Guardian.Consent
	}
	require.Empty(tb, list.Missing(of, v.Documents, v.On))
	for _, d := range v.Documents {
		require.True(tb, list.Published(of, d.Kind))
		require.NoError(tb, d.Issued.Validate())
	}
}

func TestPersonOptions(t *testing.T) {
	made := specimen.New(3)
	for _, tc := range []struct {
		name string
		o    specimen.PersonOptions
		see  func(*testing.T, specimen.Visit)
	}{
		{"OKNothing", specimen.PersonOptions{}, func(t *testing.T, v specimen.Visit) {
			t.Helper()
			require.GreaterOrEqual(t, v.Age, 18)
			require.NotEmpty(t, v.Post)
			require.Equal(t, consular.Date("2021-01-01"), v.On)
		}},
		{"OKNoDay", specimen.PersonOptions{On: "someday"}, func(t *testing.T, v specimen.Visit) {
			t.Helper()
			require.Equal(t, consular.Date("2021-01-01"), v.On)
		}},
		{"OKBandReversed", specimen.PersonOptions{MinAge: 40, MaxAge: 30}, func(t *testing.T, v specimen.Visit) {
			t.Helper()
			require.Equal(t, 40, v.Age)
		}},
		{"OKAgeBeyond", specimen.PersonOptions{MinAge: 500, MaxAge: 600}, func(t *testing.T, v specimen.Visit) {
			t.Helper()
			require.Equal(t, 110, v.Age)
		}},
		{"OKLeapDay", specimen.PersonOptions{MinAge: 1, MaxAge: 1, On: "2024-02-29"}, func(t *testing.T, v specimen.Visit) {
			t.Helper()
			require.Equal(t, 1, v.Age)
		}},
		{"OKPostOfAnOperator", specimen.PersonOptions{Post: consular.Post{
			ID: "IE-DUB", Kind: consular.Embassy, City: "Dublin", Country: "IE", TimeZone: "Europe/Dublin", Languages: []string{"en"},
		}}, func(t *testing.T, v specimen.Visit) {
			t.Helper()
			require.Equal(t, "Dublin", v.Contact.Address.City.Latin)
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for range 50 {
				v := made.Person(tc.o)
				requireValid(t, v)
				tc.see(t, v)
			}
		})
	}
}

// TestPersonRepeats holds the people of a seed against a digest that does not
// change with the machine.
func TestPersonRepeats(t *testing.T) {
	made, sum := specimen.New(42), sha256.New()
	for _, post := range posts(t) {
		for _, service := range consular.Services() {
			text, err := json.Marshal(made.Person(specimen.PersonOptions{Service: service, Post: post, MaxAge: 90, On: today}))
			require.NoError(t, err)
			sum.Write(text)
		}
	}
	got := hex.EncodeToString(sum.Sum(nil)) + "\n"
	const golden = "testdata/people.sha256"
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(got), 0o600))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), got, "rerun with -update if the tables were changed on purpose")
}

// TestPersonDependsOnItsNumber draws from many goroutines: person n is the same
// whoever asks and whatever came before.
func TestPersonDependsOnItsNumber(t *testing.T) {
	o := specimen.PersonOptions{On: today}
	want := map[uint64]specimen.Visit{}
	for made := specimen.New(8); len(want) < 200; {
		v := made.Person(o)
		want[v.Number] = v
	}
	made, found := specimen.New(8), make(chan specimen.Visit, 200)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 50 {
				found <- made.Person(o)
			}
		})
	}
	group.Wait()
	close(found)
	for v := range found {
		require.Equal(t, want[v.Number], v)
	}
}

// TestPeopleDiffer looks for variety: a demonstration of one family is none.
func TestPeopleDiffer(t *testing.T) {
	made := specimen.New(1)
	numbers, families, given, partial, hamza := map[consular.NationalNumber]bool{}, map[string]bool{}, map[string]bool{}, 0, 0
	for range 3000 {
		v := made.Person(specimen.PersonOptions{Service: consular.CNIERenewal, MaxAge: 90, On: today})
		require.False(t, numbers[v.Person.NationalNumber], "a number given twice")
		numbers[v.Person.NationalNumber] = true
		families[v.Person.Family.Arabic], given[v.Person.Given.Arabic] = true, true
		if v.Person.Birth.IsPartial() {
			partial++
		}
		if strings.ContainsAny(v.Person.Family.Arabic, "أإآؤئء") {
			hamza++
		}
	}
	require.Greater(t, len(families), 120)
	require.Greater(t, len(given), 120)
	require.Greater(t, partial, 50)
	require.Greater(t, hamza, 300)
}

func BenchmarkPerson(b *testing.B) {
	made, o := specimen.New(1), specimen.PersonOptions{On: today}
	for b.Loop() {
		made.Person(o)
	}
}

// TestBodies: what dictionaries are trained on is what a post may say.
func TestBodies(t *testing.T) {
	b := specimen.New(5).Bodies(300, false)
	require.Equal(t, b, specimen.New(5).Bodies(300, false))
	require.Len(t, b.Others, 300)
	for _, raw := range b.Releases {
		r, err := wire.DecodeRelease(raw)
		require.NoError(t, err)
		require.NoError(t, r.Validate())
	}
	strangers := specimen.New(5).Bodies(300, true)
	for i, raw := range strangers.Releases {
		r, err := wire.DecodeRelease(raw)
		require.NoError(t, err)
		known, err := wire.DecodeRelease(b.Releases[i])
		require.NoError(t, err)
		require.NotEqual(t, known.Person.Family, r.Person.Family)
	}
}
