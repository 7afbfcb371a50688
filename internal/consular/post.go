package consular

import (
	"slices"
	"strings"
)

// PostID names a consular post: host country, hyphen, three letters or digits
// that carry no meaning, "FR-LYO".
type PostID string

// ParsePostID reads "FR-LYO", "fr lyo", "frlyo".
func ParsePostID(s string) (PostID, error) {
	if len(s) > maxTyped {
		return "", broken(opParse, "post", RuleLength)
	}
	s = compact(s)
	if len(s) == 5 {
		s = s[:2] + "-" + s[2:]
	}
	p := PostID(s)
	if r := p.rule(); r != "" {
		return "", broken(opParse, "post", r)
	}
	return p, nil
}

func (p PostID) rule() Rule {
	if p == "" {
		return RuleRequired
	}
	s := string(p)
	if len(s) != 6 || s[2] != '-' || !all(s[:2], isUpper) ||
		!all(s[3:], func(b byte) bool { return isUpper(b) || isDigit(b) }) {
		return RuleFormat
	}
	return ""
}

// Country gives the host country that the id begins with, "" for a bad id.
func (p PostID) Country() Country {
	if p.rule() != "" {
		return ""
	}
	return Country(p[:2])
}

// String gives the id.
func (p PostID) String() string { return string(p) }

// Validate checks the shape; only a Directory knows which posts exist.
func (p PostID) Validate() error { return broken(opValidate, "post", p.rule()) }

// MarshalText gives the id.
func (p PostID) MarshalText() ([]byte, error) { return []byte(p), nil }

// UnmarshalText reads what ParsePostID reads; the empty text gives none.
func (p *PostID) UnmarshalText(b []byte) error { return unmarshalText(b, p, ParsePostID) }

// Post is a consular post as the directory describes it.
type Post struct {
	ID        PostID   `json:"id"`
	Kind      PostKind `json:"kind"`
	City      string   `json:"city"`
	Country   Country  `json:"country"`
	Lat       float64  `json:"lat"`       // degrees north
	Lon       float64  `json:"lon"`       // degrees east
	TimeZone  string   `json:"time_zone"` // IANA name, never loaded here
	Languages []string `json:"languages"` // ISO 639 codes spoken by the public of the host city
}

const maxCity = 100

// Validate checks each field, and that the id begins with the host country.
// Paths begin with "post".
func (p Post) Validate() error {
	var c, inner checks
	inner.add("id", p.ID.rule())
	inner.add("kind", postKindTerms.rule(p.Kind))
	if strings.TrimSpace(p.City) == "" {
		inner.add("city", RuleRequired)
	}
	inner.add("city", textRule(p.City, maxCity))
	inner.add("country", p.Country.rule())
	if p.ID.rule() == "" && p.ID.Country() != p.Country {
		inner.add("id", RuleNotAllowed)
	}
	if !(p.Lat >= -90 && p.Lat <= 90) { // so that NaN is refused too
		inner.add("lat", RuleRange)
	}
	if !(p.Lon >= -180 && p.Lon <= 180) {
		inner.add("lon", RuleRange)
	}
	inner.add("timezone", zoneRule(p.TimeZone))
	if slices.ContainsFunc(p.Languages, func(l string) bool { return !isLanguageCode(l) }) {
		inner.add("host_languages", RuleFormat)
	}
	c.under("post", inner.found)
	return c.err()
}

// zoneRule checks the shape of an IANA name, "Europe/Paris"; whether the zone
// exists is for package calendar, which holds the zone data.
func zoneRule(s string) Rule {
	area, place, ok := strings.Cut(s, "/")
	if s == "" {
		return RuleRequired
	}
	if !ok || len(s) > 64 || !all(area, isZoneByte) || !all(strings.ReplaceAll(place, "/", "_"), isZoneByte) {
		return RuleFormat
	}
	return ""
}

func isZoneByte(b byte) bool {
	return isUpper(b) || b >= 'a' && b <= 'z' || isDigit(b) || b == '_' || b == '-' || b == '+'
}

func isLanguageCode(s string) bool {
	return (len(s) == 2 || len(s) == 3) && all(s, func(b byte) bool { return b >= 'a' && b <= 'z' })
}
