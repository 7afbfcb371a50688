package identity

import (
	"bytes"
	"crypto/rand"
	_ "embed" // the page
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/lang"
)

//go:embed page.html
var pageText string

// pages renders the two screens, without a script.
type pages struct {
	catalog *lang.Catalog
	t       *template.Template
}

var languages = []consular.Language{consular.Arabic, consular.French, consular.English}

func newPages(c *lang.Catalog) (*pages, error) {
	t, err := template.New("page").Parse(pageText)
	if err != nil {
		return nil, fault.New(fault.Internal, "outside/identity: parse page", "", err)
	}
	return &pages{catalog: c, t: t}, nil
}

// choose gives the language of a page: as asked for, by its address, by the
// browser.
func (p *pages) choose(asked string, r *http.Request) string {
	for _, text := range append(strings.Fields(asked), r.FormValue("lang")) {
		if l, err := consular.ParseLanguage(text); err == nil && slices.Contains(languages, l) {
			return string(l)
		}
	}
	l, _ := lang.Match(r.Header.Get("Accept-Language"), languages)
	return string(l)
}

type loginPage struct {
	Transaction string
	People      []Citizen
	High, Wrong bool
	Chosen      int // who was chosen before
	Status      int
}

type consentPage struct {
	Transaction, Client, Redirect, Level string
	Person                               consular.Person
}

// frame is what the template reads.
type frame struct {
	Lang, Dir, Nonce, Title string
	Words                   func(key string) string
	Country                 func(code consular.Country) string
	Others                  []language
	Login                   *loginPage
	Consent                 *consentPage
	People                  []choice
	Needed, Optional        []attribute
}

type language struct{ Code, Name, Href string }

type choice struct {
	Number             int
	Arabic, Latin, PIN string
	Minor, Chosen      bool
}

// attribute is a line of the consent.
type attribute struct{ Name, Label, Arabic, Value string }

func (p *pages) login(w http.ResponseWriter, r *http.Request, shown loginPage) {
	f := p.frame(r, "title")
	f.Login = &shown
	for i, c := range shown.People {
		n := c.Person.Name()
		f.People = append(f.People, choice{
			Number: i, PIN: c.PIN, Minor: c.Minor, Chosen: shown.Wrong && i == shown.Chosen,
			Arabic: n.Given.Arabic + " " + n.Family.Arabic, Latin: n.Given.Latin + " " + n.Family.Latin,
		})
	}
	p.write(w, shown.Status, f, "")
}

func (p *pages) consent(w http.ResponseWriter, r *http.Request, shown consentPage) {
	f := p.frame(r, "consent")
	f.Consent = &shown
	all := attributes(shown.Person)
	for _, name := range needed {
		f.Needed = append(f.Needed, line(f, name, all))
	}
	for _, name := range optional {
		if all[name] != nil {
			f.Optional = append(f.Optional, line(f, name, all))
		}
	}
	p.write(w, http.StatusOK, f, shown.Redirect)
}

// line writes an attribute for people.
func line(f frame, name string, all map[string]any) attribute {
	a := attribute{Name: name, Label: f.Words("attribute." + name)}
	a.Arabic, _ = all[name+"#ar"].(string)
	switch v := all[name].(type) {
	case string:
		a.Value = v
	case []string:
		for _, code := range v {
			a.Value = strings.TrimSpace(a.Value + " " + f.Country(consular.Country(code)))
		}
	case map[string]any:
		a.Value = joined(v, "given_name", "family_name", "locality")
		if code, _ := v["country"].(string); code != "" {
			a.Value += " (" + f.Country(consular.Country(code)) + ")"
		}
		a.Arabic = joined(v, "given_name#ar", "family_name#ar", "locality#ar")
	}
	if name == "gender" {
		a.Value = f.Words(a.Value)
	}
	return a
}

func joined(v map[string]any, names ...string) string {
	var all []string
	for _, name := range names {
		if text, _ := v[name].(string); text != "" {
			all = append(all, text)
		}
	}
	return strings.Join(all, " ")
}

// lost says that a page belongs to nothing any more.
func (p *pages) lost(w http.ResponseWriter, r *http.Request) {
	p.write(w, http.StatusGone, p.frame(r, "lost"), "")
}

func (p *pages) frame(r *http.Request, title string) frame {
	printer := p.catalog.Printer(consular.Language(p.choose("", r)))
	f := frame{
		Lang: string(printer.Language()), Dir: printer.Direction(), Nonce: rand.Text(),
		Words: func(key string) string { return printer.T("simidentity." + key) }, Country: printer.Country,
	}
	f.Title = f.Words(title)
	for _, l := range languages {
		if l == printer.Language() {
			continue
		}
		q := url.Values{"t": {r.FormValue("t")}, "lang": {string(l)}}
		f.Others = append(f.Others, language{
			Code: string(l), Name: p.catalog.Printer(l).T("simidentity.name"), Href: r.URL.Path + "?" + q.Encode(),
		})
	}
	return f
}

// write answers. A form's answer leads to the client, which the policy of a
// browser counts as the form's target.
func (p *pages) write(w http.ResponseWriter, status int, f frame, redirect string) {
	var b bytes.Buffer
	if err := p.t.Execute(&b, f); err != nil {
		http.Error(w, "the page cannot be shown", http.StatusInternalServerError)
		return
	}
	target := "'self'"
	if u, err := url.Parse(redirect); err == nil && u.Host != "" {
		target += " " + u.Scheme + "://" + u.Host
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", fmt.Sprintf(
		"default-src 'none'; style-src 'nonce-%s'; form-action %s; base-uri 'none'; frame-ancestors 'none'", f.Nonce, target))
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // a reader that is gone is no matter
}
