package desk

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/gin-gonic/gin"

	"jaliya/internal/access"
	"jaliya/internal/byhand"
	"jaliya/internal/fault"
	"jaliya/internal/web"
)

// Carrier writes and takes the files that travel by hand where no line does.
type Carrier interface {
	// Export writes a file. It is whole only when no error comes: its end says
	// so to whoever reads it.
	Export(ctx context.Context, to io.Writer) error
	// Import takes the hub's answer. Errors: Unavailable or Invalid, it is not
	// whole; Corrupt, it was changed; Denied or Unsupported, it is for others.
	Import(ctx context.Context, from io.ReadSeeker) (Brought, error)
}

// Brought is what an answer by hand brought.
type Brought struct {
	Secured uint64 // entries that are secured nationally now
	Notices int    // news of the hub
	Refused string // kind of why the hub did not take all, empty when it did
}

const (
	pathCarry  = pathConnection + "/by-hand"
	pathFile   = pathCarry + "/file"
	pathAnswer = pathCarry + "/answer"
)

// CarryRoutes are the page of files by hand. They ask for link.carry: what
// leaves the post leaves it by the will of somebody who answers for it.
func CarryRoutes() []ScreenRoute {
	return []ScreenRoute{
		{http.MethodGet, pathCarry, access.LinkCarry, (*Screens).carry},
		{http.MethodPost, pathFile, access.LinkCarry, (*Screens).carryFile},
		{http.MethodPost, pathAnswer, access.LinkCarry, (*Screens).carryAnswer},
	}
}

func (s *Screens) carry(c *gin.Context, who access.Principal) { s.carryPage(c, who, nil, nil) }

// carryPage shows the page, after an answer with what it brought or why nothing
// was taken of it.
func (s *Screens) carryPage(c *gin.Context, who access.Principal, brought *Brought, refused error) {
	st, err := s.desk.Status(c.Request.Context(), who)
	if err != nil {
		s.fail(c, who, err)
		return
	}
	p := s.ui.Printer(c)
	page := s.page(c, who, p.T("carry.title"))
	data := gin.H{"Waiting": p.T("carry.none"), "File": pathFile, "Answer": pathAnswer, "Connection": pathConnection}
	if st.Unsecured > 0 {
		data["Waiting"] = p.T("carry.waiting", "count", int(min(st.Unsecured, 1<<30)))
	}
	status := http.StatusOK
	if refused != nil {
		var said web.ProblemPage
		status, said = web.Tell(p, refused)
		data["Wrong"] = said
	}
	if brought != nil {
		data["Took"] = p.T("carry.took_none")
		if brought.Secured > 0 {
			data["Took"] = p.T("carry.took", "count", int(min(brought.Secured, 1<<30)))
		}
		if brought.Refused != "" {
			reason := "carry.reason." + brought.Refused
			if !p.Has(reason) {
				reason = "carry.reason.other"
			}
			data["Refused"] = p.T("carry.refused", "reason", p.T(reason))
		}
	}
	page.Template, page.Data = "carry", data
	s.ui.Render(c, status, page)
}

// carryFile gives the file as it is written: a copy beside the journal could take
// the room that the next visit needs. What breaks half way breaks the download
// off, and the hub takes no file without its end.
func (s *Screens) carryFile(c *gin.Context, who access.Principal) {
	name := "jaliya-" + string(s.desk.o.Post.ID) + "-" + s.desk.now().UTC().Format("20060102-1504") + ".pouch"
	head := map[string]string{
		"Content-Type": "application/octet-stream", "Content-Disposition": `attachment; filename="` + name + `"`, "Cache-Control": "no-store",
	}
	err := byhand.Stream(c.Writer, head, func(to io.Writer) error { return s.o.Carrier.Export(c.Request.Context(), to) })
	if err != nil {
		s.fail(c, who, err)
	}
}

// carryAnswer takes the hub's answer. It is small: it holds receipts and news,
// no images.
func (s *Screens) carryAnswer(c *gin.Context, who access.Principal) {
	raw, err := readAnswer(c)
	if err != nil {
		s.carryPage(c, who, nil, err)
		return
	}
	brought, err := s.o.Carrier.Import(c.Request.Context(), bytes.NewReader(raw))
	if err != nil {
		s.carryPage(c, who, nil, carryRefusal(err))
		return
	}
	s.carryPage(c, who, &brought, nil)
}

const opAnswer = "desk: take answer"

func readAnswer(c *gin.Context) ([]byte, error) {
	head, err := c.FormFile("file")
	if err != nil {
		if _, big := errors.AsType[*http.MaxBytesError](err); big {
			return nil, fault.New(fault.TooLarge, opAnswer, "body", nil)
		}
		return nil, fault.New(fault.Invalid, opAnswer, "form", web.CodeCarriedCut.Cause())
	}
	f, err := head.Open()
	if err != nil {
		return nil, fault.New(fault.Storage, opAnswer, "file", err)
	}
	raw, err := io.ReadAll(io.LimitReader(f, web.MaxBody))
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fault.New(fault.Storage, opAnswer, "file", err)
	}
	return raw, nil
}

// carryRefusal gives what is wrong with a file the code that has its words. What
// went wrong at this post stays what it is.
func carryRefusal(err error) error {
	switch fault.KindOf(err) { //nolint:exhaustive // the others are ours
	case fault.Unavailable, fault.Invalid, fault.TooLarge:
		return fault.New(fault.Invalid, opAnswer, "file", web.CodeCarriedCut.Cause())
	case fault.Corrupt:
		return fault.New(fault.Invalid, opAnswer, "file", web.CodeCarriedChanged.Cause())
	case fault.Denied, fault.Unsupported, fault.Gap, fault.Fork:
		return fault.New(fault.Invalid, opAnswer, "file", web.CodeCarriedOther.Cause())
	}
	return err
}
