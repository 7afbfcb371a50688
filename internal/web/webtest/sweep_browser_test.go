package webtest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSweepBrowser: each finding is found where it is, and nothing where all is
// well.
func TestSweepBrowser(t *testing.T) {
	Wanted(t)
	const good = `<h1>Good</h1><p>Text.</p><div class="noprint"><a href="#a">One</a> <label>Two <input name="b"></label>
		<label><input type="radio" name="c">c</label><label><input type="radio" name="c">d</label></div>`
	cases := map[string]struct{ body, narrow, paper, walk string }{
		"OK":           {body: good},
		"ErrWide":      {body: good + `<div class="wide">wide</div>`, narrow: "wider than 320 px", paper: "wider than paper"},
		"ErrPrinted":   {body: good + `<main><button>Press</button></main>`, paper: "on paper: <button>"},
		"ErrNoHeading": {body: `<p>Text.</p><a href="#a">One</a>`, paper: "no heading"},
		"ErrUnmarked":  {body: good + `<a class="bare" href="#x">Bare</a>`, walk: "cannot be seen"},
		"ErrCovered":   {body: good + `<a href="#x">Under</a><div class="over"></div>`, walk: "cannot be seen"},
		"ErrOwnOrder":  {body: good + `<a href="#x" tabindex="3">First</a>`, walk: "does not reach"},
		"ErrTrap": {
			body: good + `<script>addEventListener("keydown", (e) => { if (document.activeElement.name === "b") e.preventDefault(); });</script>`,
			walk: "does not reach",
		},
	}
	page := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprint(w, `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>t</title><style>
			.wide { width: 900px } .bare:focus { outline: none } .over { position: fixed; inset: 0; pointer-events: auto }
			@media print { .noprint { display: none } }</style>`+page)
	}))
	defer server.Close()
	b := Start(t, Options{Base: server.URL, Surface: "sweep"})
	b.Viewport(1280)
	for name, one := range cases {
		t.Run(name, func(t *testing.T) {
			page = one.body
			b.Open("/" + name) // never the address of the page before
			for what, found := range map[string][2]string{
				"narrow": {one.narrow, strings.Join(b.narrow(), "\n")},
				"paper":  {one.paper, strings.Join(b.paper(), "\n")},
				"walk":   {one.walk, strings.Join(b.walk(), "\n")},
			} {
				if found[0] == "" {
					require.Empty(t, found[1], what)
				} else {
					require.Contains(t, found[1], found[0], what)
				}
			}
		})
	}
}
