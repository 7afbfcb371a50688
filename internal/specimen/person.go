package specimen

import (
	"fmt"
	"strconv"
	"time"

	"jaliya/internal/consular"
)

// numbers is how many people a prefix of a national number holds.
const numbers = 1_000_000

// Prefixes of national numbers that no office has.
const (
	prefixPerson   = "ZZ"
	prefixGuardian = "ZX"
)

// number gives the national number of the n-th visit: six digits that repeat
// after a million visits only, since the step has no divisor in common with a
// million.
func (m *Maker) number(prefix string, n uint64) consular.NationalNumber {
	const step = 386_117
	return consular.NationalNumber(fmt.Sprintf("%s%06d", prefix, (m.seed%numbers+n%numbers*step)%numbers))
}

// person draws who comes, with the age on the day of the visit.
func (d *drawing) person(number consular.NationalNumber) (consular.Person, int) {
	birth, age := d.birth()
	year, _, _ := birth.Parts()
	sex := consular.Male
	if d.chance(51) {
		sex = consular.Female
	}
	family := d.family()
	p := consular.Person{
		Family: family, Given: d.given(sex, year), Sex: sex, Birth: birth, Nationality: consular.Morocco,
		Father:    consular.PersonName{Family: family, Given: d.given(consular.Male, year-30)},
		Mother:    consular.PersonName{Family: d.family(), Given: d.given(consular.Female, year-27)},
		ActNumber: strconv.Itoa(1+d.IntN(2400)) + "/" + strconv.Itoa(year),
	}
	p.BirthPlace, p.BirthCountry = d.birthplace(year)
	record := d.o.Service.Family() == consular.FamilyRecord
	if forgotten := record && d.chance(8); d.o.Service != consular.CNIEFirst && !forgotten {
		p.NationalNumber = number
	}
	if year < 1955 && d.chance(20) {
		p.Mother.Family = consular.Name{} // many old records have the mother's given name only
	}
	d.addMention(&p, age)
	return p, age
}

func (d *drawing) family() consular.Name { return d.name(pick(d.Rand, d.t.families)) }

func (d *drawing) name(s spelling) consular.Name {
	latin := s.latin[0]
	if d.chance(30) {
		latin = pick(d.Rand, s.latin)
	}
	return consular.Name{Arabic: s.arabic, Latin: latin}
}

// given draws a given name that was given in that year.
func (d *drawing) given(sex consular.Sex, year int) consular.Name {
	for {
		g := pick(d.Rand, d.t.given)
		if g.sex != sex || g.generation == "old" && year > 1970 || g.generation == "new" && year < 1985 {
			continue
		}
		return d.name(g.spelling)
	}
}

// birth draws a day of birth of somebody whose age on the day of the visit lies
// in the band. Some births before 1970 are known by year, or by month, only.
func (d *drawing) birth() (consular.BirthDate, int) {
	age := d.o.MinAge + d.IntN(d.o.MaxAge-d.o.MinAge+1)
	born := d.bornAt(age)
	year, month, _ := born.Split()
	full := consular.BirthDate(born)
	if year >= 1970 || !d.chance(25) {
		return full, age
	}
	partial := consular.BirthDate(fmt.Sprintf("%04d-XX-XX", year))
	if d.chance(30) {
		partial = consular.BirthDate(fmt.Sprintf("%04d-%02d-XX", year, month))
	}
	// A partial date counts as the last day it can mean, which may be a year
	// less than the band has.
	if years, err := partial.AgeOn(d.o.On); err == nil && years >= d.o.MinAge {
		return partial, years
	}
	return full, age
}

// bornAt draws a day of birth for an age. The second try and later ones are
// for 29 February, whose years run from 1 March.
func (d *drawing) bornAt(age int) consular.Date {
	y, m, day := d.o.On.Split()
	for {
		back := d.IntN(365)
		born := consular.DateOf(time.Date(y-age, m, day-back, 0, 0, 0, 0, time.UTC))
		if years, err := consular.BirthDate(born).AgeOn(d.o.On); err == nil && years == age {
			return born
		}
	}
}

// birthplace draws a town of Morocco, or for younger people often one of the
// host country.
func (d *drawing) birthplace(year int) (consular.Name, consular.Country) {
	abroad := 4
	if year > 1980 {
		abroad = 30
	}
	if year > 2005 {
		abroad = 60
	}
	if near := d.t.inCountry(d.o.Post.Country); len(near) > 0 && d.chance(abroad) {
		return pick(d.Rand, near).name, d.o.Post.Country
	}
	return pick(d.Rand, d.t.births), consular.Morocco
}

// addMention gives some adults the line about a spouse, which correction of a
// card is often about.
func (d *drawing) addMention(p *consular.Person, age int) {
	if d.o.Service.Family() != consular.FamilyCNIE || age < 25 || !d.chance(15) {
		return
	}
	switch {
	case p.Sex == consular.Male && age < 55:
		return
	case p.Sex == consular.Male:
		p.Mention = consular.MentionWidowerOf
	case age > 60 && d.chance(60):
		p.Mention = consular.MentionWidowOf
	default:
		p.Mention = consular.MentionWifeOf
	}
	p.Spouse = d.family()
}
