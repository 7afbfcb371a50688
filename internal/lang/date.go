package lang

import (
	"strconv"
	"time"

	"jaliya/internal/consular"
)

// dateWords are the names of a language and how it joins them. Generated once
// with ICU (ar-MA, fr, zgh-MA, en-GB ...): plain Arabic would bring the months
// of the Mashriq, and x/text has none.
type dateWords struct {
	months [12]string
	days   [7]string // Sunday first
	of     string    // between day and month, and between month and year
	dot    string    // after the number of the day
	comma  string    // after the weekday
}

func wordsOf(l consular.Language) dateWords {
	switch l {
	case consular.French:
		return dateWords{
			months: [12]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"},
			days:   [7]string{"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"},
		}
	case consular.Tamazight:
		return dateWords{
			months: [12]string{"ⵉⵏⵏⴰⵢⵔ", "ⴱⵕⴰⵢⵕ", "ⵎⴰⵕⵚ", "ⵉⴱⵔⵉⵔ", "ⵎⴰⵢⵢⵓ", "ⵢⵓⵏⵢⵓ", "ⵢⵓⵍⵢⵓⵣ", "ⵖⵓⵛⵜ", "ⵛⵓⵜⴰⵏⴱⵉⵔ", "ⴽⵜⵓⴱⵔ", "ⵏⵓⵡⴰⵏⴱⵉⵔ", "ⴷⵓⵊⴰⵏⴱⵉⵔ"},
			days:   [7]string{"ⴰⵙⴰⵎⴰⵙ", "ⴰⵢⵏⴰⵙ", "ⴰⵙⵉⵏⴰⵙ", "ⴰⴽⵕⴰⵙ", "ⴰⴽⵡⴰⵙ", "ⴰⵙⵉⵎⵡⴰⵙ", "ⴰⵙⵉⴹⵢⴰⵙ"},
		}
	case consular.English:
		return dateWords{
			months: [12]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
			days:   [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
			comma:  ",",
		}
	case consular.Spanish:
		return dateWords{
			months: [12]string{"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"},
			days:   [7]string{"domingo", "lunes", "martes", "miércoles", "jueves", "viernes", "sábado"},
			of:     "de", comma: ",",
		}
	case consular.Italian:
		return dateWords{
			months: [12]string{"gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre"},
			days:   [7]string{"domenica", "lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato"},
		}
	case consular.Dutch:
		return dateWords{
			months: [12]string{"januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november", "december"},
			days:   [7]string{"zondag", "maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag"},
		}
	case consular.German:
		return dateWords{
			months: [12]string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"},
			days:   [7]string{"Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"},
			dot:    ".", comma: ",",
		}
	case consular.Arabic:
		return dateWords{
			months: [12]string{"يناير", "فبراير", "مارس", "أبريل", "ماي", "يونيو", "يوليوز", "غشت", "شتنبر", "أكتوبر", "نونبر", "دجنبر"},
			days:   [7]string{"الأحد", "الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت"},
			comma:  "،",
		}
	default: // a Printer has one of the languages above
		return dateWords{}
	}
}

// Date writes a day out: "22 novembre 2026", "1er janvier 2027",
// "22 نونبر 2026". Its spaces do not break. Empty for a day that is none.
func (p Printer) Date(d consular.Date) string {
	year, month, day := d.Split()
	if year == 0 {
		return ""
	}
	w := wordsOf(p.language)
	number := strconv.Itoa(day) + w.dot
	if p.language == consular.French && day == 1 {
		number = "1er"
	}
	joint := nbsp
	if w.of != "" {
		joint = nbsp + w.of + nbsp
	}
	return number + joint + w.months[month-1] + joint + strconv.Itoa(year)
}

// DayDate is Date with the weekday before it, as for an appointment.
func (p Printer) DayDate(d consular.Date) string {
	year, month, day := d.Split()
	if year == 0 {
		return ""
	}
	w := wordsOf(p.language)
	weekday := time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Weekday()
	return w.days[weekday] + w.comma + " " + p.Date(d)
}

// Clock writes the time of day in the zone that t carries, on 24 hours:
// "14:20", in French "14 h 20".
func (p Printer) Clock(t time.Time) string {
	if p.language == consular.French {
		return strconv.Itoa(t.Hour()) + nbsp + "h" + nbsp + t.Format("04")
	}
	return t.Format("15:04")
}

// DateTime writes day and time in the zone that t carries.
func (p Printer) DateTime(t time.Time) string {
	return p.T("time.at", "day", p.Date(consular.DateOf(t)), "clock", p.Clock(t))
}

// BirthDate writes a date of birth of which day or month may be unknown: the
// year alone, or month and year.
func (p Printer) BirthDate(b consular.BirthDate) string {
	year, month, day := b.Parts()
	switch {
	case year == 0:
		return ""
	case month == 0:
		return strconv.Itoa(year)
	case day == 0:
		w := wordsOf(p.language)
		joint := nbsp
		if w.of != "" {
			joint = nbsp + w.of + nbsp
		}
		return w.months[month-1] + joint + strconv.Itoa(year)
	default:
		return p.Date(consular.NewDate(year, month, day))
	}
}
