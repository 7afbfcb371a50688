package localnet

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
)

// What a page may weigh as it travels, with its sheet and scripts, before fonts
// and pictures, in bytes.
const (
	citizenPage = 50 << 10
	staffPage   = 150 << 10
	mostPages   = 60 // of one surface
)

// weights walks the pages of each surface that a person of it can reach from the
// first one, and weighs them. Errors: TooLarge with the first that weighs too
// much.
func (n *Network) weights(ctx context.Context, post *Post, out io.Writer) error {
	walks := []struct {
		name string
		most int
		walk func(context.Context) (*scales, []string, error)
	}{
		{"portal", citizenPage, n.citizenPages},
		{"desk", staffPage, func(ctx context.Context) (*scales, []string, error) { return n.deskPages(ctx, post) }},
		{"console", staffPage, n.consolePages},
	}
	for _, one := range walks {
		s, from, err := one.walk(ctx)
		if err != nil {
			return err
		}
		if err := s.crawl(ctx, from); err != nil {
			return err
		}
		fmt.Fprintf(out, "pages of the %-8s %3d weighed   %8.1f KB  the heaviest, %s\n", one.name, s.pages, float64(s.most)/1024, s.at)
		if s.most > one.most {
			return fault.New(fault.TooLarge, "localnet: weigh pages", fmt.Sprintf("%s %s: %d bytes", one.name, s.at, s.most), nil)
		}
	}
	return nil
}

// citizenPages signs a citizen in, who files a request and follows it.
func (n *Network) citizenPages(ctx context.Context) (*scales, []string, error) {
	c, err := (&teller{net: n}).newCitizen(officePolice, 0)
	if err != nil {
		return nil, nil, err
	}
	if err := c.signIn(ctx); err != nil {
		return nil, nil, err
	}
	if err := c.file(ctx); err != nil {
		return nil, nil, err
	}
	return newScales(c.browser, n.Portal), []string{"/", "/verify", "/ask", "/requests/" + c.reference.Digits()}, nil
}

// deskPages begins a visit and signs its clerk in.
func (n *Network) deskPages(ctx context.Context, post *Post) (*scales, []string, error) {
	begun := map[string]string{"visit": newVisitID(), "service": consular.CNIEFirst.String(), "pickup": string(post.ID)}
	agent := newClient(post, post.account(access.Agent))
	if err := agent.do(ctx, call{Method: http.MethodPost, Path: "/visits", Body: begun}); err != nil {
		return nil, nil, err
	}
	b, err := post.Staff[0].signIn(ctx, post.Desk, "staff")
	if err != nil {
		return nil, nil, err
	}
	return newScales(b, post.Desk), []string{"/", "/visits/" + begun["visit"] + "/steps/person"}, nil
}

func (n *Network) consolePages(ctx context.Context) (*scales, []string, error) {
	b, err := n.Officers[0].signIn(ctx, n.Console, "officer")
	if err != nil {
		return nil, nil, err
	}
	return newScales(b, n.Console), []string{"/"}, nil
}

// signIn takes a person through the door of a surface. A code is good once, so
// that who has just used one waits for the next.
func (w *Person) signIn(ctx context.Context, base, field string) (*browser, error) {
	b, err := newBrowser()
	if err != nil {
		return nil, err
	}
	tried := ""
	err = eventually(ctx, "a new code", 2*time.Minute, func() (bool, error) {
		code, err := Code(w.Secret, time.Now())
		if err != nil || code == tried {
			return false, err
		}
		tried = code
		if err := b.open(ctx, base+"/sign-in"); err != nil {
			return false, err
		}
		if err := b.submit(ctx, "/sign-in", field, w.Staff, "password", w.Password, "code", code); err != nil {
			return false, err
		}
		return b.page.at.Path != "/sign-in", nil
	})
	return b, err
}

// scales weigh pages as they travel.
type scales struct {
	browser *browser
	base    *url.URL
	assets  map[string]int
	pages   int
	most    int    // bytes of the heaviest
	at      string // its address, without who is there
}

func newScales(b *browser, base string) *scales {
	at, err := url.Parse(base)
	if err != nil {
		panic("localnet: " + err.Error()) // made in this package
	}
	return &scales{browser: b, base: at, assets: map[string]int{}}
}

var (
	sheetsAndScripts = regexp.MustCompile(`(?:href|src)="(/assets/[^"]+\.(?:css|js))"`)
	numbered         = regexp.MustCompile(`[0-9a-f]{16,}`)
)

// crawl weighs every page that links lead to, and each kind of page once.
func (s *scales) crawl(ctx context.Context, from []string) error {
	seen := map[string]bool{}
	for len(from) > 0 && s.pages < mostPages {
		path := from[0]
		from = from[1:]
		kind := numbered.ReplaceAllString(path, "*")
		if seen[kind] {
			continue
		}
		seen[kind] = true
		links, err := s.weigh(ctx, path, kind)
		if err != nil {
			return err
		}
		from = append(from, links...)
	}
	return nil
}

// weigh weighs one page with its sheet and scripts, and gives where it leads.
func (s *scales) weigh(ctx context.Context, path, kind string) ([]string, error) {
	weight, p, err := s.fetch(ctx, path)
	if err != nil || !strings.HasPrefix(p.kind, "text/html") {
		return nil, err
	}
	for _, asset := range sheetsAndScripts.FindAllSubmatch(p.raw, -1) {
		name := string(asset[1])
		if _, known := s.assets[name]; !known {
			if s.assets[name], _, err = s.fetch(ctx, name); err != nil {
				return nil, err
			}
		}
		weight += s.assets[name]
	}
	s.pages++
	if weight > s.most {
		s.most, s.at = weight, kind
	}
	var links []string
	for _, l := range p.links {
		to, err := s.base.Parse(l.href)
		if err == nil && to.Host == s.base.Host && strings.HasPrefix(l.href, "/") && !strings.HasPrefix(to.Path, "/signout") {
			links = append(links, to.RequestURI())
		}
	}
	return links, nil
}

// fetch asks as a browser does, and gives how much came.
func (s *scales) fetch(ctx context.Context, path string) (int, page, error) {
	const op = "localnet: weigh"
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base.String()+path, nil)
	if err != nil {
		return 0, page{}, fault.New(fault.Internal, op, path, err)
	}
	request.Header.Set("Accept-Encoding", "gzip")
	request.Header.Set("Accept-Language", "ar")
	response, err := s.browser.http.Do(request)
	if err != nil {
		return 0, page{}, fault.New(fault.Unavailable, op, path, err)
	}
	defer func() { _ = response.Body.Close() }() // only read
	raw, err := io.ReadAll(io.LimitReader(response.Body, 4<<20))
	if err != nil {
		return 0, page{}, fault.New(fault.Unavailable, op, path, err)
	}
	weight := len(raw)
	if response.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(bytes.NewReader(raw))
		if err == nil {
			raw, err = io.ReadAll(io.LimitReader(z, 4<<20))
		}
		if err != nil {
			return 0, page{}, fault.New(fault.Corrupt, op, path, err)
		}
	}
	p := page{at: response.Request.URL, status: response.StatusCode, raw: raw, kind: response.Header.Get("Content-Type")}
	return weight, p, p.read()
}
