package account

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"

	"jaliya/internal/consular"
	"jaliya/internal/lang"
	"jaliya/internal/web"
)

// Why a free text is refused: keys of the catalog below "account.rule".
const (
	wrongEmpty  = "empty"
	wrongLong   = "long"
	wrongHidden = "hidden" // controls, marks and overrides of direction
	wrongSigns  = "signs"  // anything that is no letter of ours, no digit, no plain sign
)

// maxPurpose caps the words of a purpose, in characters.
const maxPurpose = 200

// plainSigns are what may stand between words beside spaces.
const plainSigns = ".,;:!?'’\"«»“”()-–/&%+°،؛؟…"

// checkText gives what is wrong with a free text, empty when nothing is. What a
// page or a program could take for a command, and what makes a reader see
// another text than is stored, is refused and not mended: the person says it in
// other words.
func checkText(s string, most int) string {
	switch {
	case s == "":
		return wrongEmpty
	case utf8.RuneCountInString(s) > most:
		return wrongLong
	case consular.HasHidden(s):
		return wrongHidden
	}
	if strings.ContainsFunc(s, func(r rune) bool { return !plain(r) }) {
		return wrongSigns
	}
	return ""
}

func plain(r rune) bool {
	if unicode.IsLetter(r) || unicode.IsMark(r) {
		return unicode.In(r, unicode.Latin, unicode.Arabic, unicode.Tifinagh, unicode.Inherited)
	}
	return unicode.IsDigit(r) || r == ' ' || r == '\n' || strings.ContainsRune(plainSigns, r)
}

// countries lists all of today.
func countries() []consular.Country {
	var all []consular.Country
	for first := 'A'; first <= 'Z'; first++ {
		for second := 'A'; second <= 'Z'; second++ {
			if c := consular.Country(string([]rune{first, second})); c.Validate() == nil {
				all = append(all, c)
			}
		}
	}
	return all
}

// countryOptions are countries in the order of the language, before them the
// question itself.
func countryOptions(p lang.Printer, all []consular.Country, chosen consular.Country) []web.Option {
	options := make([]web.Option, 0, len(all)+1)
	for _, one := range all {
		options = append(options, web.Option{Value: string(one), Label: p.Country(one), Chosen: one == chosen})
	}
	order := collate.New(language.Make(string(p.Language())))
	slices.SortFunc(options, func(x, y web.Option) int { return order.CompareString(x.Label, y.Label) })
	return slices.Insert(options, 0, web.Option{Label: p.T("account.choose"), Chosen: chosen == ""})
}

// hosts are the countries with a post.
func (a *Account) hosts() []consular.Country {
	var all []consular.Country
	for _, post := range a.o.Posts.All() {
		if !slices.Contains(all, post.Country) {
			all = append(all, post.Country)
		}
	}
	return all
}

// postOptions are the posts of a country.
func (a *Account) postOptions(p lang.Printer, in consular.Country, chosen consular.PostID) []web.Option {
	posts := a.o.Posts.InCountry(in)
	options := make([]web.Option, 0, len(posts))
	for _, one := range posts {
		option := web.Option{Value: string(one.ID), Label: one.City, Chosen: one.ID == chosen}
		if one.Kind != consular.ConsulateGeneral { // which most are
			option.Hint = p.Post(one.Kind, one.City)
		}
		options = append(options, option)
	}
	return options
}
