package desk

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"jaliya/internal/access"
	"jaliya/internal/doctor"
	"jaliya/internal/lang"
)

// SelfTest examines the whole path from this node to the hub. One test runs at a
// time, and its owner waits for it.
type SelfTest interface {
	// Begin starts a test unless one runs.
	Begin()
	// Last gives the last test, or as much of a running one as is done. Without
	// steps there was none.
	Last() (r doctor.Report, running bool)
	// Support writes the support file and gives its SHA-256.
	Support(ctx context.Context, words *lang.Catalog, w io.Writer) (sum string, err error)
}

const (
	pathConnection = "/connection"
	pathSupport    = pathConnection + "/support.zip"

	// testAge is how old a test may be before the page begins another by itself.
	testAge = 10 * time.Minute
	// testRefresh is how soon a page of a running test asks again, in seconds, as
	// the header that browsers obey without scripts.
	testRefresh = "2"
	// sumShown is how much of a digest is read over the telephone.
	sumShown = 12
)

// ConnectionRoutes are the self-test and the support file. They ask for
// node.status, which everybody has who works at a post's desk, agents too: who
// stands before the broken line makes the call. Neither shows anything of a
// person.
func ConnectionRoutes() []ScreenRoute {
	return []ScreenRoute{
		{http.MethodGet, pathConnection, access.NodeStatus, (*Screens).connection},
		{http.MethodPost, pathConnection, access.NodeStatus, (*Screens).testConnection},
		{http.MethodGet, pathSupport, access.NodeStatus, (*Screens).support},
	}
}

// testedStep is one step as the page shows it.
type testedStep struct {
	doctor.Said
	At   int
	Word string // of its state
	Look string // class and icon
}

// Bad reports whether somebody is to do something.
func (s testedStep) Bad() bool { return s.State == doctor.Bad || s.State == doctor.Warn }

var stepLooks = map[doctor.State]string{doctor.Good: "done", doctor.Warn: "look", doctor.Bad: "bad", doctor.Skipped: "next"}

// connection shows the last test, and begins one when there is none that says
// anything about now.
func (s *Screens) connection(c *gin.Context, who access.Principal) {
	report, running := s.o.SelfTest.Last()
	if !running && s.desk.o.Clock().Sub(report.At) > testAge {
		s.o.SelfTest.Begin()
		running = true
	}
	p := s.ui.Printer(c)
	page := s.page(c, who, p.T("doctor.screen.title"))
	data := gin.H{"Running": running, "Support": pathSupport}
	if err := s.showDisks(p, data); err != nil {
		s.fail(c, who, err)
		return
	}
	if s.desk.o.Link != nil {
		link := s.desk.o.Link()
		data["Back"] = comingBack(p, link)
		data["Renewed"], data["RenewedText"] = s.renewedText(p, link.Renewed)
	}
	if s.o.Carrier != nil && who.Require(access.LinkCarry) == nil {
		data["ByHand"] = pathCarry
	}
	if len(report.Steps) > 0 && !running {
		data["Phone"] = doctor.Phone(p, report)
		data["State"] = string(report.State)
		data["At"] = p.T("doctor.screen.at", "when", p.DateTime(report.At.In(s.desk.zone)))
	}
	s.showSteps(p, report, running, data)
	if s.desk.o.Limits != nil {
		data["Near"], data["Far"] = s.sortedLimits(p, s.desk.o.Limits())
	}
	if running { // the page comes anew every moment: what waits is told after that
		c.Header("Refresh", testRefresh)
	} else if err := s.waiting(c, who, data); err != nil {
		s.fail(c, who, err)
		return
	}
	page.Template, page.Data = "connection", data
	s.ui.Render(c, http.StatusOK, page)
}

// showSteps puts the steps on the page: of a test that ended, what is to be done,
// and the whole path without the words that stand there already.
func (s *Screens) showSteps(p lang.Printer, report doctor.Report, running bool, data gin.H) {
	var trouble, steps []testedStep
	for _, one := range doctor.Say(p, report) {
		at, _ := report.Position(one.Step)
		step := testedStep{Said: one, At: at, Word: p.T("doctor.state." + string(one.State)), Look: stepLooks[one.State]}
		if step.Bad() && !running {
			trouble = append(trouble, step)
			step.Do = ""
		}
		steps = append(steps, step)
	}
	data["Trouble"], data["Steps"] = trouble, steps
}

func (s *Screens) testConnection(c *gin.Context, _ access.Principal) {
	s.o.SelfTest.Begin()
	c.Redirect(http.StatusSeeOther, pathConnection)
}

// support gives the file whole or not at all, under a name that ends with the
// beginning of its digest.
func (s *Screens) support(c *gin.Context, who access.Principal) {
	var b bytes.Buffer
	sum, err := s.o.SelfTest.Support(c.Request.Context(), s.o.Catalog, &b)
	if err != nil {
		s.fail(c, who, err)
		return
	}
	name := "jaliya-" + string(s.desk.o.Post.ID) + "-" + s.desk.now().UTC().Format("20060102-1504") + "-" + sum[:sumShown] + ".zip"
	c.Header("Content-Disposition", `attachment; filename="`+name+`"`)
	c.Header("Cache-Control", "no-store")
	c.Data(http.StatusOK, "application/zip", b.Bytes())
}
