package localnet

import (
	"context"
	"embed"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"jaliya/internal/access"
	"jaliya/internal/fault"
	"jaliya/internal/lang"
	"jaliya/internal/web"
)

//go:embed templates/*.html
var startFiles embed.FS

// offsetStart is the port of the start page, from the port base.
const offsetStart = 100

// startRenew is how many seconds a start page is shown before it renews itself.
const startRenew = 15

// startPage leads to every place of the network, with who may sign in there and
// the code of this half minute. It listens on loopback, for specimen people, and
// answers only to its own address, so that no page of elsewhere reads it by name.
type startPage struct {
	net   *Network
	day   bool
	ui    *web.UI
	l     net.Listener
	began time.Time
}

func openStart(ctx context.Context, n *Network, o Options) (*startPage, error) {
	const op = "localnet: open start page"
	templates, err := fs.Sub(startFiles, "templates")
	if err != nil {
		return nil, fault.New(fault.Internal, op, "templates", err)
	}
	s := &startPage{net: n, day: o.Day, began: time.Now()}
	s.ui, err = web.NewUI(web.UIOptions{Surface: "localnet", Catalog: n.words, Zone: time.Local, Templates: []fs.FS{templates}})
	if err != nil {
		return nil, err
	}
	var lc net.ListenConfig
	if s.l, err = lc.Listen(ctx, "tcp", strings.TrimPrefix(n.Start, "http://")); err != nil {
		return nil, fault.New(fault.Unavailable, op, n.Start, err)
	}
	return s, nil
}

// run serves until ctx ends.
func (s *startPage) run(ctx context.Context) error {
	log := slog.New(slog.DiscardHandler)
	engine := web.NewEngine(log)
	group := engine.Group("", s.own, web.Policy())
	s.ui.Register(group)
	group.GET("/", s.show)
	server := web.NewServer(engine, log)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(s.l) }()
	<-ctx.Done()
	err := server.Close()
	if served := <-ended; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, fault.New(fault.Unavailable, "localnet: serve start page", s.net.Start, served))
	}
	return err
}

// own refuses who came by another name.
func (s *startPage) own(c *gin.Context) {
	host, _, err := net.SplitHostPort(c.Request.Host)
	if err != nil || host != "127.0.0.1" && host != "localhost" {
		c.AbortWithStatus(http.StatusMisdirectedRequest)
	}
}

// place is a part of the page.
type place struct {
	Name, Text string
	Links      []web.NavLink
	People     []mayEnter
	Open       bool
}

// mayEnter is who may sign in, with the code of this half minute.
type mayEnter struct{ Name, Role, ID, Password, Code string }

func (s *startPage) show(c *gin.Context) {
	p, n, now := s.ui.Printer(c), s.net, time.Now()
	left := totpStep - now.Sub(now.Truncate(totpStep))
	link := func(href, key string) web.NavLink { return web.NavLink{Href: href, Label: p.T(key)} }
	console := []web.NavLink{link(n.Console+"/", "localnet.console.open")}
	if n.Operate != "" {
		console = append(console, link(n.Operate, "localnet.console.operate"))
	}
	places := []place{
		{
			Name: p.T("localnet.portal.name"), Text: p.T("localnet.portal.text"),
			Links: []web.NavLink{link(n.Portal+"/", "localnet.portal.open"), link("http://"+n.Outside.SMS+"/admin/inbox", "localnet.portal.phones")},
		},
		{
			Name: p.T("localnet.console.name"), People: s.people(p, n.Officers, now), Links: console,
		},
		{
			Name: p.T("localnet.office.name"), People: s.people(p, n.Office.Officers, now),
			Links: []web.NavLink{link(n.Office.Desk+"/", "localnet.office.open")},
		},
	}
	var posts []place
	for i, post := range n.Posts {
		posts = append(posts, place{
			Name: post.City + " · " + string(post.ID), Open: i == 0, People: s.people(p, post.Staff, now),
			Links: []web.NavLink{link(post.Desk+"/", "localnet.desk")},
		})
	}
	var looks []Look
	for _, l := range n.looks() {
		looks = append(looks, Look{Text: l.in(p), URL: l.URL})
	}
	c.Header("Cache-Control", "no-store")
	c.Header("Refresh", strconv.Itoa(startRenew))
	s.ui.Render(c, http.StatusOK, web.Page{Title: p.T("localnet.title"), Template: "start", Data: gin.H{
		"Looks": looks, "Day": s.day, "Seconds": int64(left.Seconds()) + 1, "Places": places, "Posts": posts,
	}})
}

func (s *startPage) people(p lang.Printer, list []Person, now time.Time) []mayEnter {
	// The code of the half minute in which they were enrolled is spent.
	if access.StepAt(now) == access.StepAt(s.began) {
		now = now.Add(totpStep)
	}
	out := make([]mayEnter, 0, len(list))
	for _, w := range list {
		code, err := Code(w.Secret, now)
		if err != nil {
			code = "" // our own secrets: there is always one
		}
		out = append(out, mayEnter{Name: w.Name, Role: p.T("role." + string(w.Role)), ID: w.Staff, Password: w.Password, Code: code})
	}
	return out
}
