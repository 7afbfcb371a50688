package account

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/gin-gonic/gin"

	"jaliya/hub/rpc"
	"jaliya/internal/consular"
	"jaliya/internal/document"
	"jaliya/internal/fault"
	"jaliya/internal/seal"
	"jaliya/internal/web"
	"jaliya/internal/wire"
)

// showDocument says what opening takes, or offers the one button that opens.
// Permission: signed-in citizen.
func (a *Account) showDocument(c *gin.Context) {
	s, done := a.citizen(c)
	if s == nil {
		return
	}
	defer done()
	own, ok := a.own(c, s)
	if !ok || !a.may(c, own, own.CanOpen) {
		return
	}
	a.offerDocument(c, s, own.Reference, http.StatusOK)
}

func documentPath(ref consular.Reference) string { return at(ref) + "/document" }

func (a *Account) offerDocument(c *gin.Context, s *session, ref consular.Reference, status int) {
	p := a.o.UI.Printer(c)
	path := documentPath(ref)
	said := told{
		Title: p.T("account.document.title"), Back: &web.NavLink{Href: at(ref), Label: p.T("account.back")},
		Text:    []string{p.T("account.document.text"), p.T("account.document.once")},
		Primary: &web.NavLink{Href: path + "/signin", Label: p.T("account.document.prove")},
	}
	switch made := a.proofAt(s, path); {
	case made == nil:
	case made.used:
		said.Notice = &web.Notice{Kind: "warn", Title: p.T("account.document.used"), Text: p.T("account.document.used_text")}
		said.Text = []string{p.T("account.document.again_text")}
		said.Primary.Label = p.T("account.document.again")
	default:
		said.Notice = &web.Notice{Kind: "good", Title: p.T("account.document.proved")}
		said.Text = []string{p.T("account.document.private"), p.T("account.document.once")}
		said.Links = []web.NavLink{{Href: at(ref), Label: p.T("account.see_request")}} // the page stays when the file has come
		said.Primary, said.Form = nil, &web.Form{Action: path, Save: p.T("account.document.open")}
	}
	a.tell(c, status, said)
}

// proveForDocument sends the person to sign in once more. Permission: signed-in
// citizen.
func (a *Account) proveForDocument(c *gin.Context) {
	s, done := a.citizen(c)
	if s == nil {
		return
	}
	defer done()
	own, ok := a.own(c, s)
	if !ok || !a.may(c, own, own.CanOpen) {
		return
	}
	a.prove(c, s, documentPath(own.Reference), intent{kind: wire.KindDocumentReleased, reference: own.Reference})
}

// document opens the document, once for each fresh sign-in. Permission:
// signed-in citizen, who has just proved it again.
func (a *Account) document(c *gin.Context) {
	s, done := a.citizen(c)
	if s == nil {
		return
	}
	defer done()
	own, ok := a.own(c, s)
	if !ok {
		return
	}
	made := a.proofAt(s, documentPath(own.Reference))
	switch {
	case made == nil:
		a.offerDocument(c, s, own.Reference, http.StatusForbidden)
		return
	case made.used:
		a.offerDocument(c, s, own.Reference, http.StatusGone)
		return
	}
	if err := a.tellProof(c.Request.Context(), s, made); err != nil {
		a.fail(c, err)
		return
	}
	file, err := a.open(c.Request.Context(), s.names(own.Reference), made.record)
	if err == nil || fault.Is(err, fault.Used) {
		made.used = true
	}
	switch {
	case fault.Is(err, fault.Used):
		a.offerDocument(c, s, own.Reference, http.StatusGone)
	case err != nil:
		a.fail(c, err)
	default:
		defer clear(file)
		c.Header("Content-Disposition", `attachment; filename="`+fileName(own.Service)+`"`)
		c.Data(http.StatusOK, "application/pdf", file)
	}
}

func fileName(s consular.Service) string {
	if s == consular.RecordJustice {
		return "bulletin-3.pdf"
	}
	return "police-record.pdf"
}

// open reads the document of a release with a key made for it. The caller wipes
// what it gets.
func (a *Account) open(ctx context.Context, own rpc.OwnRequest, record wire.RecordID) ([]byte, error) {
	const op = "account: open document"
	key, err := seal.GeneratePostKey(a.dicts)
	if err != nil {
		return nil, err
	}
	sealed, err := a.o.Member.Document(ctx, rpc.Reading{OwnRequest: own, Record: record, Key: key.Public().Encode()})
	if err != nil {
		return nil, err
	}
	opened, err := key.Open(sealed.Body, rpc.ReadContext, rpc.ReadAAD(own, record))
	if err != nil {
		return nil, fault.New(fault.Corrupt, op, "body", err)
	}
	defer opened.Destroy()
	bundle, err := opened.OpenBundle(bytes.NewReader(sealed.Bundle))
	if err != nil {
		return nil, fault.New(fault.Corrupt, op, "bundle", err)
	}
	container := make([]byte, 0, document.Size+1) // never grown, so that no copy stays behind
	defer func() { clear(container[:cap(container)]) }()
	_, err = bundle.Each(func(head seal.PartHead, r io.Reader) error {
		if head.Name != wire.DocumentPart || len(container) > 0 {
			return nil
		}
		n, err := io.ReadFull(r, container[:cap(container)])
		container = container[:n]
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		return err
	})
	if err != nil {
		return nil, fault.New(fault.Corrupt, op, "part", err)
	}
	return document.Unpack(container)
}
