package localnet

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"jaliya/internal/consular"
	"jaliya/internal/document"
	"jaliya/internal/fault"
	"jaliya/internal/issuer"
	"jaliya/internal/neutral"
	"jaliya/internal/pades"
)

// trace is all that can be seen of one request outside of the record office:
// what each page said, how long it was and how long it took to come.
type trace struct {
	neutral.Sample

	reference consular.Reference
	use       string
	phone     string
	sheet     string // that it is printed on
	who       consular.Person
	paid      time.Time
}

func newTrace(n int, of consular.Person) *trace {
	return &trace{
		who:    of,
		Sample: neutral.Sample{Figures: map[string]float64{}, Words: map[string]string{}},
		use:    fmt.Sprintf("specimen use %04d", n), phone: fmt.Sprintf("+346123%05d", n), sheet: fmt.Sprintf("A%06d", 100001+n),
	}
}

// look keeps what a page shows at a step.
func (one *trace) look(step string, p *page) {
	one.Figures[step+": bytes"] = float64(len(p.raw))
	one.Figures[step+": ms"] = float64(p.took.Microseconds()) / 1000
	one.Words[step] = fmt.Sprintf("%d %s %s", p.status, strings.Join(slices.Sorted(maps.Keys(p.header)), " "), one.masked(p.text))
}

// What differs from request to request by itself: codes, clocks, what else is on
// the line.
var (
	birthIn = regexp.MustCompile(`Date of birth .*? Document`)
	lineIn  = regexp.MustCompile(`Connected \(.*? Details`)
	levelIn = regexp.MustCompile(`L[0-3] · .* · [A-Z]{2}-[A-Z]{3} ·`) // and whether other work waits
	codeIn  = regexp.MustCompile(`\b[0-9]{4} [0-9]{4}\b`)
	clockIn = regexp.MustCompile(`\b[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?( [AP]M)?\b`)
)

// masked is a text without what names the request, so that the texts of two
// requests are one where they say the same.
func (one *trace) masked(text string) string {
	for _, name := range []string{one.reference.String(), one.reference.Digits()} {
		text = strings.ReplaceAll(text, name, "(reference)")
	}
	for _, mine := range []string{one.sheet, one.use, one.who.Family.Latin, one.who.Family.Arabic, one.who.Given.Latin, one.who.Given.Arabic} {
		text = strings.ReplaceAll(text, mine, "(mine)")
	}
	text = lineIn.ReplaceAllString(birthIn.ReplaceAllString(text, "(birth) Document"), "(line)")
	text = levelIn.ReplaceAllString(text, "(level)")
	return clockIn.ReplaceAllString(codeIn.ReplaceAllString(text, "(code)"), "(time)")
}

// readable asks that texts say the same of most requests: where each has a form
// of its own, nothing can be compared.
func readable(all []*trace) error {
	forms := map[string]map[string]bool{}
	for _, one := range all {
		for name, text := range one.Words {
			if forms[name] == nil {
				forms[name] = map[string]bool{}
			}
			forms[name][text] = true
		}
	}
	for name, held := range forms {
		if len(held) > 1+len(all)/2 {
			return fault.New(fault.Invalid, opNeutral, name+" reads another way for each request: "+slices.Sorted(maps.Keys(held))[0], nil)
		}
	}
	return nil
}

// truth reads the documents as who holds them may: it alone says of which kind
// a request was.
type truth struct{ trust pades.Trust }

func (n *Network) truth() (truth, error) {
	roots, err := issuer.LoadPool(filepath.Join(n.outsideDir("records"), "police", "root.pem"))
	if err != nil {
		return truth{}, err
	}
	times, err := issuer.LoadPool(filepath.Join(n.outsideDir("records"), "time", "time.pem"))
	return truth{pades.Trust{Issuers: roots, Times: times}}, err
}

// found proves a document and says whether it has mentions.
func (t truth) found(pdf []byte) (bool, error) {
	r := document.Verify(pdf, t.trust, nil, consular.DateOf(time.Now().UTC()))
	for _, check := range r.Checks {
		if check.Err != nil {
			return false, fault.New(fault.Corrupt, opNeutral, string(check.Name), check.Err)
		}
	}
	return !slices.Equal(r.Outcome, document.Nothing()), nil
}

// heard is one message as the carrier's simulator kept it.
type heard struct {
	To   string `json:"to"`
	Text string `json:"text"`
}

// inbox gives what the telephones got so far.
func inbox(ctx context.Context, carrier string) ([]heard, error) {
	raw, err := get(ctx, "http://"+carrier+"/admin/inbox.json")
	if err != nil {
		return nil, fault.New(fault.Unavailable, opNeutral, "telephones", err)
	}
	var held struct {
		Messages []heard `json:"messages"`
	}
	if err := json.Unmarshal(raw, &held); err != nil {
		return nil, fault.New(fault.Invalid, opNeutral, "telephones", err)
	}
	return held.Messages, nil
}

// lastMessage is how long a message may take after everything else is done.
const lastMessage = 30 * time.Second

// hearing keeps what the telephones got, once all have got as many: the last
// messages are on their way when the last sheet is in a hand. Who gets fewer for
// good is found by the comparison.
func hearing(ctx context.Context, carrier string, all []*trace) error {
	var messages []heard
	err := eventually(ctx, "the last messages", lastMessage, func() (_ bool, err error) {
		if messages, err = inbox(ctx, carrier); err != nil {
			return false, err
		}
		fewest, most := len(messages), 0
		for _, one := range all {
			n := 0
			for _, m := range messages {
				if m.To == one.phone {
					n++
				}
			}
			fewest, most = min(fewest, n), max(most, n)
		}
		return fewest == most, nil
	})
	if err != nil && !fault.Is(err, fault.Timeout) {
		return err
	}
	for _, one := range all {
		for _, m := range messages {
			if m.To == one.phone {
				one.Figures["telephone: messages"]++
				one.Words["telephone"] += one.masked(m.Text) + "; "
			}
		}
		if one.Figures["telephone: messages"] == 0 {
			return fault.New(fault.NotFound, opNeutral, "no message about "+one.reference.String(), nil)
		}
	}
	return nil
}

// turns are the forms that a request had in the person's list, and when.
type turns struct {
	forms []string
	last  time.Time
	done  bool
}

var referenceIn = regexp.MustCompile(`[0-9]{6} [0-9]{6} [0-9]{6}`)

// listed gives what a list says of each request, by reference. The reference
// ends an entry, the name of the service begins it.
func listed(p *page) map[string]string {
	said, from := map[string]string{}, 0
	for _, at := range referenceIn.FindAllStringIndex(p.text, -1) {
		reference := p.text[at[0]:at[1]]
		entry := p.text[from:at[0]]
		digits := strings.ReplaceAll(reference, " ", "")
		for _, l := range p.links {
			if begins := strings.LastIndex(entry, l.text); strings.HasSuffix(l.href, digits) && begins >= 0 {
				entry = entry[begins:]
			}
		}
		said[reference], from = entry, at[1]
	}
	return said
}
