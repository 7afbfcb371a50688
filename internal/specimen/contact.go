package specimen

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/unicode/norm"

	"jaliya/internal/consular"
)

// contactName gives whom the post writes to: the guardian of a minor.
func contactName(v Visit) consular.PersonName {
	if v.Guardian != nil {
		return v.Guardian.Name
	}
	return v.Person.Name()
}

// contact draws how to reach somebody who lives near the post: by telephone, by
// e-mail or by both.
func (d *drawing) contact(name consular.PersonName) consular.Contact {
	c := consular.Contact{Language: d.language(), Address: d.address()}
	if !d.chance(8) {
		c.Phone = d.phone()
	}
	if c.Phone == "" || d.chance(70) {
		c.Email = d.email(name)
	}
	return c
}

// language draws one of the product's languages that the post's public speaks.
func (d *drawing) language() consular.Language {
	spoken := []consular.Language{
		consular.Arabic, consular.Arabic, consular.Arabic, consular.French, consular.French, consular.Tamazight,
	}
	for _, code := range d.o.Post.Languages {
		if l, err := consular.ParseLanguage(code); err == nil {
			spoken = append(spoken, l, l)
		}
	}
	return pick(d.Rand, spoken)
}

func (d *drawing) address() consular.Address {
	at := d.t.cityOf(d.o.Post)
	street := "Example Street %"
	if h, ok := d.t.hosts[d.o.Post.Country]; ok {
		street = pick(d.Rand, h.streets)
	}
	house := strconv.Itoa(1 + d.IntN(120))
	return consular.Address{
		Street:   consular.Name{Latin: strings.ReplaceAll(street, "%", house)},
		City:     at.name,
		Postcode: d.shaped(at.postcode),
		Country:  d.o.Post.Country,
	}
}

// shaped fills a shape: # is a digit, @ a letter.
func (d *drawing) shaped(shape string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case '#':
			return rune("0123456789"[d.IntN(10)])
		case '@':
			return rune("ABCDEGHJKLMNPRSTVWXYZ"[d.IntN(21)])
		default:
			return r
		}
	}, shape)
}

// phone draws a number of the host country; for a country without a shape it is
// the example number of the numbering plan, and none where that has none.
func (d *drawing) phone() consular.Phone {
	if h, ok := d.t.hosts[d.o.Post.Country]; ok {
		return consular.Phone(d.shaped(pick(d.Rand, h.phones)))
	}
	n := phonenumbers.GetExampleNumberForType(string(d.o.Post.Country), phonenumbers.MOBILE)
	if n == nil {
		return ""
	}
	return consular.Phone(phonenumbers.Format(n, phonenumbers.E164))
}

func (d *drawing) email(name consular.PersonName) consular.Email {
	domain := pick(d.Rand, []string{"@example.org", "@example.com"})
	local := ascii(name.Given.Latin) + "." + ascii(name.Family.Latin)
	return consular.Email(local + strconv.FormatUint(d.n%1000, 10) + domain)
}

// ascii gives the bare letters of a Latin name in lower case.
func ascii(s string) string {
	return strings.Map(func(r rune) rune {
		if r > unicode.MaxASCII || !unicode.IsLetter(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFD.String(s))
}

// delivery draws how the document comes back. A card is handed over; a record
// goes most often online.
func (d *drawing) delivery(home consular.Address) consular.Delivery {
	v := consular.Delivery{Mode: consular.DeliverCollect}
	if d.o.Service.Family() == consular.FamilyRecord {
		v.Mode = pick(d.Rand, append(consular.DeliveryModes(),
			consular.DeliverElectronic, consular.DeliverElectronic, consular.DeliverElectronicAndCollect))
	}
	if v.Mode.NeedsPost() {
		v.Post = d.o.Post.ID
	}
	if v.Mode.NeedsAddress() {
		v.Address = home
	}
	return v
}
