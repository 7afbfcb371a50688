package tell

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/lang"
)

// Occasion is what a person is told of.
type Occasion uint8

// The occasions.
const (
	Ready    Occasion = 1 // come and collect
	Reminder Occasion = 2 // it still waits
	Action   Occasion = 3 // something is needed from the person
	Moved    Occasion = 4 // the promised date is another one
	Decided  Occasion = 5 // refused: what and why is read on the portal
	Stopped  Occasion = 6 // withdrawn
	Issued   Occasion = 7 // it can be opened online, or printed
	Place    Occasion = 8 // it is to be collected elsewhere
)

var occasionKeys = [...]string{"", "ready", "reminder", "action", "moved", "decided", "stopped", "issued", "place"}

// String gives the occasion's name, "ready".
func (o Occasion) String() string {
	if int(o) < len(occasionKeys) {
		return occasionKeys[o]
	}
	return ""
}

// Facts is everything that a message may say.
type Facts struct {
	Occasion  Occasion
	Reference consular.Reference
	City      string        // of the post; empty: no post is concerned
	Date      consular.Date // of Moved
	Portal    string        // address
}

// Text is a message as the carriers take it.
type Text struct {
	Subject string // of a mail
	Mail    string
	SMS     string
}

// spoken are the languages that notices are written in. Others read the one
// that stands beside them.
func spoken(l consular.Language) consular.Language {
	switch l {
	case consular.Arabic, consular.French, consular.Spanish, consular.English:
		return l
	case consular.Tamazight:
		return consular.Arabic
	case consular.Italian:
		return consular.French
	case consular.Dutch, consular.German:
		return consular.English
	}
	return consular.Arabic
}

// Compose writes a message. A speaker of Tamazight gets Arabic and French by
// mail, and Arabic by SMS, which has no room for both.
func Compose(c *lang.Catalog, l consular.Language, f Facts) (Text, error) {
	const op = "tell: compose"
	if f.Occasion.String() == "" || f.Reference.Validate() != nil || f.Portal == "" {
		return Text{}, fault.New(fault.Invalid, op, "occasion, reference or portal", nil)
	}
	if f.Occasion == Moved && f.Date == "" {
		return Text{}, fault.New(fault.Invalid, op, "date", nil)
	}
	short := f
	short.City = bare(f.City)
	text := Text{
		Subject: plain(c.Printer(spoken(l)).T("notice.subject")), SMS: plain(one(c.Printer(spoken(l)), short)),
	}
	parts := []string{letter(c.Printer(spoken(l)), f)}
	if l == consular.Tamazight {
		french := c.Printer(consular.French)
		parts = append(parts, letter(french, f))
		text.Subject += " / " + plain(french.T("notice.subject"))
	}
	text.Mail = strings.Join(parts, "\n")
	return text, nil
}

func one(p lang.Printer, f Facts) string {
	if f.City == "" {
		f.City = p.T("notice.online")
	}
	args := []any{"post", f.City, "ref", f.Reference, "url", f.Portal}
	if f.Date != "" {
		args = append(args, "date", f.Date)
	}
	return p.T("notice."+f.Occasion.String(), args...)
}

func letter(p lang.Printer, f Facts) string {
	return one(p, f) + "\n\n" + p.T("notice.mail") + "\n"
}

// plain leaves out what a short message cannot carry or would pay for: marks of
// direction, which telephones do without, and spaces that GSM does not have.
func plain(s string) string { return forTelephone.Replace(s) }

// bare gives a city without the accents that the alphabet of GSM lacks (3GPP TS
// 23.038): one of them would cut the room for the message to less than half.
// The catalog's own words keep to that alphabet.
func bare(city string) string {
	var b strings.Builder
	for _, r := range city {
		if r < unicode.MaxASCII || strings.ContainsRune("èéùìòÇØøÅåÆæßÉÄÖÑÜäöñüà", r) {
			b.WriteRune(r)
			continue
		}
		for _, part := range norm.NFD.String(string(r)) {
			if !unicode.Is(unicode.Mn, part) {
				b.WriteRune(part)
			}
		}
	}
	return b.String()
}

var forTelephone = strings.NewReplacer(
	"\u2066", "", "\u2067", "", "\u2068", "", "\u2069", "", "\u200e", "", "\u200f", "",
	"\u00a0", " ", "\u202f", " ", "’", "'",
)
