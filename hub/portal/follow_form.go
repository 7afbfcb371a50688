package portal

import (
	"errors"
	"time"

	"github.com/gin-gonic/gin"

	"jaliya/internal/lang"
	"jaliya/internal/web"
)

// formData is what the form of a slip shows besides itself.
type formData struct {
	asked
	errors []web.FieldError
	wrong  map[string]string // by field
}

// form shows the form of a slip. The reference is kept as it was typed; the
// code is typed again.
func (p *Portal) form(c *gin.Context, status int, d formData) {
	words := p.UI.Printer(c)
	page := p.page(words, words.T("portal.follow.title"), "slip")
	page.Errors = d.errors
	page.Data = gin.H{
		"Places": p.places(words, "")[1:],
		"Form": web.Form{Action: followPath, Save: words.T("portal.follow.button"), Rows: []web.Row{{Fields: []web.Field{
			{
				ID: "reference", Kind: "text", Label: words.T("portal.follow.reference"), Hint: words.T("portal.follow.reference_hint", "example", lang.Code("123456 789012 345678")),
				Value: d.reference, Error: d.wrong["reference"], Dir: "ltr", Mono: true, Mode: "numeric", Max: maxTyped,
			},
			{
				ID: "slip_code", Kind: "text", Label: words.T("portal.follow.code"), Hint: words.T("portal.follow.code_hint"),
				Error: d.wrong["slip_code"], Dir: "ltr", Mono: true, Mode: "numeric", Size: "year", Max: maxTyped,
			},
		}}}},
	}
	p.UI.Render(c, status, page)
}

// waitOf gives how long a limit asks to wait.
func waitOf(err error) time.Duration {
	if coded, ok := errors.AsType[web.CodedError](err); ok {
		return coded.RetryAfter
	}
	return 0
}
