package account

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"jaliya/hub/rpc"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/seal"
	"jaliya/internal/web"
	"jaliya/internal/wire"
)

// asked is what an issuer wants to know; the other keys of its text are not the
// person's.
type asked struct {
	Version  uint8  `cbor:"1,keyasint"`
	Text     string `cbor:"6,keyasint"`
	Language string `cbor:"7,keyasint"`
}

// question reads the issuer's question with a key made for it.
func (a *Account) question(ctx context.Context, own rpc.OwnRequest) (asked, error) {
	const op = "account: read question"
	key, err := seal.GeneratePostKey(a.dicts)
	if err != nil {
		return asked{}, err
	}
	sealed, err := a.o.Member.Question(ctx, rpc.Reading{OwnRequest: own, Key: key.Public().Encode()})
	if err != nil {
		return asked{}, err
	}
	opened, err := key.Open(sealed.Body, rpc.ReadContext, rpc.ReadAAD(own, wire.RecordID{}))
	if err != nil {
		return asked{}, fault.New(fault.Corrupt, op, "", err)
	}
	defer opened.Destroy()
	var q asked
	if err := wire.Unmarshal(opened.Body(), wire.MaxBody, &q); err != nil || q.Version == 0 || q.Text == "" {
		return asked{}, fault.New(fault.Corrupt, op, "text", nil)
	}
	return q, nil
}

// showQuestion shows the issuer's question and takes the answer. Permission:
// signed-in citizen.
func (a *Account) showQuestion(c *gin.Context) {
	s, done := a.citizen(c)
	if s == nil {
		return
	}
	defer done()
	own, ok := a.own(c, s)
	if !ok || !a.may(c, own, own.CanAnswer) {
		return
	}
	kept := s.takeKept(c.Request.URL.Path)
	a.askAnswer(c, s, own, answered{text: kept.Get("text"), kept: kept != nil})
}

// answered is an answer as it was typed, with what is wrong with it.
type answered struct {
	text, wrong string
	kept        bool
}

func (a *Account) askAnswer(c *gin.Context, s *session, own rpc.Own, given answered) {
	status := http.StatusOK
	q, err := a.question(c.Request.Context(), s.names(own.Reference))
	if err != nil {
		a.fail(c, err)
		return
	}
	p := a.o.UI.Printer(c)
	field := web.Field{
		ID: "text", Kind: "textarea", Label: p.T("account.answer.field"), Hint: p.T("account.answer.hint"), Value: given.text, Dir: "auto",
	}
	page := a.page(c, p.T("account.answer.title"))
	if given.wrong != "" {
		field.Error = p.T("account.rule." + given.wrong)
		status = http.StatusUnprocessableEntity
		page.Errors = []web.FieldError{{Href: "#text", Text: field.Error}}
	}
	if given.kept {
		page.Notice = keptNotice(p)
	}
	language := ""
	if l, err := consular.ParseLanguage(q.Language); err == nil {
		language = string(l)
	}
	page.Template, page.Data = "account-answer", gin.H{
		"Title": page.Title, "Back": &web.NavLink{Href: at(own.Reference), Label: p.T("account.back")}, "Asked": q.Text, "Language": language,
		"Form": web.Form{Action: at(own.Reference) + "/answer", Save: p.T("account.answer.button"), Rows: []web.Row{{Fields: []web.Field{field}}}},
	}
	a.o.UI.Render(c, status, page)
}

// answer sends the answer, once. Permission: signed-in citizen.
func (a *Account) answer(c *gin.Context) {
	s, done := a.citizen(c)
	if s == nil {
		return
	}
	defer done()
	own, ok := a.own(c, s)
	if !ok {
		return
	}
	p := a.o.UI.Printer(c)
	text := strings.TrimSpace(strings.ReplaceAll(c.PostForm("text"), "\r\n", "\n"))
	sum := sha256.Sum256([]byte(text))
	name := "answer " + own.Reference.Digits() + hex.EncodeToString(sum[:])
	if before := s.acts[name]; before == nil || !before.done {
		if !a.may(c, own, own.CanAnswer || before != nil) {
			return
		}
		if wrong := checkText(text, wire.MaxAnswer); wrong != "" {
			a.askAnswer(c, s, own, answered{text: text, wrong: wrong})
			return
		}
		d := deed{kind: wire.KindQueryAnswered, reference: own.Reference, text: text, receipt: s.signed.Receipt.Raw}
		if err := a.once(c.Request.Context(), s, name, d); err != nil {
			a.fail(c, err)
			return
		}
	}
	a.tell(c, http.StatusOK, told{
		Title: p.T("account.answer.done"), Notice: &web.Notice{Kind: "good", Title: p.T("account.answer.sent")},
		Text: []string{p.T("account.answer.then")}, Primary: &web.NavLink{Href: at(own.Reference), Label: p.T("account.see_request")},
	})
}
