package localnet

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/html"

	"jaliya/internal/fault"
)

// browser walks pages as a person without scripts does: it follows links and
// sends forms, with cookies, and sees what the page says.
type browser struct {
	http *http.Client
	page page
}

// page is where a browser stands.
type page struct {
	at     *url.URL
	status int
	text   string // what is read, blanks folded
	raw    []byte
	kind   string // media type
	header http.Header
	took   time.Duration // from asking to the last byte
	forms  []form
	links  []link
}

type form struct {
	action, method string
	values         url.Values
	buttons        []string
}

type link struct{ href, text string }

func newBrowser() (*browser, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, fault.New(fault.Internal, "localnet: new browser", "", err)
	}
	return &browser{http: &http.Client{Jar: jar, Timeout: 60 * time.Second}}, nil
}

const opBrowse = "localnet: browse"

// open goes to an address, or to a path where the browser stands.
func (b *browser) open(ctx context.Context, address string) error {
	return b.send(ctx, http.MethodGet, address, nil)
}

func (b *browser) send(ctx context.Context, method, address string, values url.Values) error {
	to, err := url.Parse(address)
	if err != nil {
		return fault.New(fault.Invalid, opBrowse, address, err)
	}
	if b.page.at != nil {
		to = b.page.at.ResolveReference(to)
	}
	var body io.Reader
	if method == http.MethodPost {
		body = strings.NewReader(values.Encode())
	} else if len(values) > 0 {
		to.RawQuery = values.Encode()
	}
	request, err := http.NewRequestWithContext(ctx, method, to.String(), body)
	if err != nil {
		return fault.New(fault.Internal, opBrowse, to.Path, err)
	}
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return b.answer(request)
}

// answer sends a request and goes where the answer leads.
func (b *browser) answer(request *http.Request) error {
	to := request.URL
	if request.Method == http.MethodPost {
		request.Header.Set("Origin", to.Scheme+"://"+to.Host)
	}
	request.Header.Set("Accept-Language", "en")
	asked := time.Now()
	response, err := b.http.Do(request) //nolint:gosec // G704: our own network on loopback
	if err != nil {
		return fault.New(fault.Unavailable, opBrowse, to.Path, err)
	}
	defer func() { _ = response.Body.Close() }() // only read
	raw, err := io.ReadAll(io.LimitReader(response.Body, 4<<20))
	if err != nil {
		return fault.New(fault.Unavailable, opBrowse, to.Path, err)
	}
	b.page = page{
		at: response.Request.URL, status: response.StatusCode, raw: raw, kind: response.Header.Get("Content-Type"),
		header: response.Header, took: time.Since(asked),
	}
	if strings.HasPrefix(b.page.kind, "text/html") {
		return b.page.read()
	}
	return nil
}

// read takes text, forms and links out of the page.
func (p *page) read() error {
	root, err := html.Parse(strings.NewReader(string(p.raw)))
	if err != nil {
		return fault.New(fault.Invalid, opBrowse, p.at.Path, err)
	}
	var words []string
	for n := range root.Descendants() {
		switch {
		case n.Type == html.TextNode && n.Parent.Data != "style" && n.Parent.Data != "script":
			words = append(words, strings.Fields(n.Data)...)
		case n.Type == html.ElementNode && n.Data == "a":
			p.links = append(p.links, link{attribute(n, "href"), textOf(n)})
		case n.Type == html.ElementNode && n.Data == "form":
			p.forms = append(p.forms, readForm(n))
		}
	}
	p.text = strings.Join(words, " ")
	return nil
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

func textOf(n *html.Node) string {
	var words []string
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			words = append(words, strings.Fields(d.Data)...)
		}
	}
	return strings.Join(words, " ")
}

// readForm takes what the form would send as it stands.
func readForm(n *html.Node) form {
	f := form{action: attribute(n, "action"), method: strings.ToUpper(attribute(n, "method")), values: url.Values{}}
	if f.method == "" {
		f.method = http.MethodGet
	}
	for d := range n.Descendants() {
		name := attribute(d, "name")
		switch d.Data {
		case "input":
			f.input(d, name)
		case "textarea":
			f.values.Set(name, textOf(d))
		case "button":
			f.buttons = append(f.buttons, textOf(d))
		case "option":
			if has(d, "selected") {
				f.values.Set(attribute(nearest(d, "select"), "name"), attribute(d, "value"))
			}
		}
	}
	return f
}

func (f *form) input(d *html.Node, name string) {
	kind := attribute(d, "type")
	switch {
	case name == "" || kind == "submit" || kind == "file":
	case (kind == "checkbox" || kind == "radio") && !has(d, "checked"):
	default:
		f.values.Add(name, attribute(d, "value"))
	}
}

func nearest(n *html.Node, tag string) *html.Node {
	for ; n != nil && n.Data != tag; n = n.Parent {
	}
	return n
}

// submit sends the form whose action ends so, with the pairs of names and
// values in place of what stands in it.
func (b *browser) submit(ctx context.Context, action string, pairs ...string) error {
	at := slices.IndexFunc(b.page.forms, func(f form) bool { return strings.HasSuffix(f.action, action) })
	if at < 0 {
		return fault.New(fault.NotFound, opBrowse, "no form "+action+" on "+b.page.at.Path+": "+b.page.text, nil)
	}
	return b.fill(ctx, b.page.forms[at], pairs)
}

// submitPost is submit for the form that changes something, where another one
// of the same address only asks.
func (b *browser) submitPost(ctx context.Context, action string, pairs ...string) error {
	at := slices.IndexFunc(b.page.forms, func(f form) bool {
		return f.method == http.MethodPost && strings.HasSuffix(f.action, action)
	})
	if at < 0 {
		return fault.New(fault.NotFound, opBrowse, "no form to "+action+" on "+b.page.at.Path+": "+b.page.text, nil)
	}
	return b.fill(ctx, b.page.forms[at], pairs)
}

func (b *browser) fill(ctx context.Context, f form, pairs []string) error {
	for i := 0; i+1 < len(pairs); i += 2 {
		f.values.Set(pairs[i], pairs[i+1])
	}
	return b.send(ctx, f.method, f.action, f.values)
}

// give sends the form whose action ends so with a file in its field.
func (b *browser) give(ctx context.Context, action, field string, content []byte) error {
	at := slices.IndexFunc(b.page.forms, func(f form) bool { return strings.HasSuffix(f.action, action) })
	if at < 0 {
		return fault.New(fault.NotFound, opBrowse, "no form "+action+" on "+b.page.at.Path+": "+b.page.text, nil)
	}
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part, err := w.CreateFormFile(field, "file")
	if err == nil {
		_, err = part.Write(content)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		return fault.New(fault.Internal, opBrowse, action, err)
	}
	to, err := b.page.at.Parse(b.page.forms[at].action)
	if err != nil {
		return fault.New(fault.Invalid, opBrowse, action, err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), &body)
	if err != nil {
		return fault.New(fault.Internal, opBrowse, action, err)
	}
	request.Header.Set("Content-Type", w.FormDataContentType())
	return b.answer(request)
}

// follow goes where the first link leads whose address or text has the words.
func (b *browser) follow(ctx context.Context, words string) error {
	for _, l := range b.page.links {
		if strings.Contains(l.href, words) || strings.Contains(l.text, words) {
			return b.open(ctx, l.href)
		}
	}
	return fault.New(fault.NotFound, opBrowse, "no link "+words+" on "+b.page.at.Path+": "+b.page.text, nil)
}
