package lang

import (
	"cmp"
	"slices"
	"strings"

	"golang.org/x/text/language"

	"jaliya/internal/consular"
)

// aliases are what people's browsers say for a language we have under another
// code. x/text knows none of them with any confidence: Moroccan Arabic, and
// the codes under which the Amazigh languages of Morocco travel.
func alias(base string) consular.Language {
	switch base {
	case "ary", "arq", "aeb", "shu":
		return consular.Arabic
	case "ber", "tzm", "rif", "shi":
		return consular.Tamazight
	default:
		return consular.Language(base)
	}
}

// maxAccept caps the header that is looked at, in bytes.
const maxAccept = 512

// Match chooses one of the offered languages for an Accept-Language header:
// first what is named outright or by an alias, in the order of preference;
// then what a speaker can be expected to read (Catalan: Spanish). It reports
// false when nothing fits, and the caller takes the post's own order.
func Match(accept string, offered []consular.Language) (consular.Language, bool) {
	if len(accept) > maxAccept || len(offered) == 0 {
		return "", false
	}
	wanted := parseAccept(accept)
	for _, tag := range wanted {
		base, _ := tag.Base()
		if l := alias(base.String()); slices.Contains(offered, l) {
			return l, true
		}
	}
	for _, tag := range wanted {
		base, _ := tag.Base()
		if l := readBy(base.String()); slices.Contains(offered, l) {
			return l, true
		}
	}
	return nearest(wanted, offered)
}

// readBy says which of our languages the speakers of a neighboring one of the
// host countries read; x/text reports no confidence for these either.
func readBy(base string) consular.Language {
	switch base {
	case "ca", "eu", "gl", "ast":
		return consular.Spanish
	case "co", "oc", "br", "wo", "ln":
		return consular.French
	case "nap", "scn", "fur", "sc":
		return consular.Italian
	case "fy", "li", "vls":
		return consular.Dutch
	default:
		return ""
	}
}

// parseAccept gives the tags by falling weight. Each part is read by itself,
// so that one language that x/text does not know spoils none of the others.
func parseAccept(accept string) []language.Tag {
	type weighted struct {
		tag    language.Tag
		weight float32
	}
	var parts []weighted
	for part := range strings.SplitSeq(accept, ",") {
		tags, weights, err := language.ParseAcceptLanguage(part)
		if err == nil && len(tags) == 1 {
			parts = append(parts, weighted{tags[0], weights[0]})
		}
	}
	slices.SortStableFunc(parts, func(a, b weighted) int { return cmp.Compare(b.weight, a.weight) })
	out := make([]language.Tag, 0, len(parts))
	for _, p := range parts {
		out = append(out, p.tag)
	}
	return out
}

// nearest asks the matcher. Confidence No is the matcher's word for its
// default, that is for no match at all.
func nearest(wanted []language.Tag, offered []consular.Language) (consular.Language, bool) {
	if len(wanted) == 0 {
		return "", false
	}
	tags := make([]language.Tag, 0, len(offered))
	for _, l := range offered {
		tags = append(tags, tagOf(l))
	}
	_, i, confidence := language.NewMatcher(tags).Match(wanted...)
	if confidence == language.No {
		return "", false
	}
	return offered[i], true
}
