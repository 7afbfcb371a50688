package specimen

import (
	"embed"
	"encoding/csv"
	"strings"
	"sync"

	"jaliya/internal/consular"
)

//go:embed tables/*.csv
var tableFiles embed.FS

// spelling is one name: the Arabic, and the Latin spellings it is registered
// under.
type spelling struct {
	arabic string
	latin  []string
}

// given is a given name and when it was given.
type given struct {
	spelling
	sex        consular.Sex
	generation string
}

// city is where a post stands.
type city struct {
	country  consular.Country
	name     consular.Name
	postcode string // shape
}

// host is what a host country's addresses look like.
type host struct {
	phones, streets []string // shapes
}

// tables are all lists, fixed after they are read.
type tables struct {
	families  []spelling
	given     []given
	births    []consular.Name // towns of Morocco
	cities    []city
	hosts     map[consular.Country]host
	posts     []consular.Post
	ladder    *consular.Ladder
	documents *consular.DocumentList
	fees      *consular.FeeSchedule
}

// builtIn gives the built-in tables, read once: nobody changes them.
var builtIn = sync.OnceValue(readTables)

// readTables reads what is built in. It panics on a fault: the files are part
// of the program and its tests read them, so a fault is a broken build.
func readTables() *tables {
	t := &tables{
		hosts:     make(map[consular.Country]host),
		posts:     must(consular.BuiltInDirectory()).All(),
		ladder:    must(consular.BuiltInLadder()),
		documents: must(consular.BuiltInDocuments()),
		fees:      must(consular.BuiltInFees()),
	}
	for _, f := range rows("families") {
		t.families = append(t.families, spelling{arabic: f[0], latin: split(f[1])})
	}
	for _, f := range rows("given") {
		t.given = append(t.given, given{
			spelling: spelling{arabic: f[2], latin: split(f[3])}, sex: must(consular.ParseSex(f[0])), generation: f[1],
		})
	}
	for _, f := range rows("birthplaces") {
		t.births = append(t.births, consular.Name{Arabic: f[0], Latin: f[1]})
	}
	for _, f := range rows("cities") {
		name := consular.Name{Arabic: f[2], Latin: f[1]}
		t.cities = append(t.cities, city{country: must(consular.ParseCountry(f[0])), name: name, postcode: f[3]})
	}
	for _, f := range rows("hosts") {
		t.hosts[must(consular.ParseCountry(f[0]))] = host{phones: split(f[1]), streets: split(f[2])}
	}
	return t
}

// rows gives the rows of a table without its header.
func rows(name string) [][]string {
	file := must(tableFiles.Open("tables/" + name + ".csv"))
	in := csv.NewReader(file)
	in.Comment = '#'
	return must(in.ReadAll())[1:]
}

func split(s string) []string { return strings.Split(s, ";") }

func must[T any](v T, err error) T {
	if err != nil {
		panic("specimen: built-in table: " + err.Error())
	}
	return v
}

// inCountry gives the cities of a country.
func (t *tables) inCountry(c consular.Country) []city {
	var out []city
	for _, one := range t.cities {
		if one.country == c {
			out = append(out, one)
		}
	}
	return out
}

// cityOf gives the city of a post; a post that an operator added gets its own
// city in Latin script and no postcode.
func (t *tables) cityOf(p consular.Post) city {
	for _, one := range t.cities {
		if one.country == p.Country && one.name.Latin == p.City {
			return one
		}
	}
	return city{country: p.Country, name: consular.CleanName("", p.City)}
}
