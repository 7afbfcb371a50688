package portal

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"jaliya/internal/consular"
	"jaliya/internal/document"
	"jaliya/internal/fault"
	"jaliya/internal/lang"
	"jaliya/internal/pades"
	"jaliya/internal/vds"
	"jaliya/internal/web"
)

// Caps of the form, in bytes. The whole form stays in memory: what somebody was
// shown is never written to a disk.
const (
	maxSealText = 4 << 10
	maxSays     = 16 << 10
	maxProof    = pades.MaxFile + 64<<10
)

// outcomeMentions heads the outcome of a record that has any, as its paper seals
// it (paper.RecordData.OutcomeLines).
const outcomeMentions = "mentions"

// proofInput is what a person gives to be proved.
type proofInput struct {
	file             []byte
	seal, code, says string
}

// proofForm is the page that takes a document. Permission: everybody.
func (p *Portal) proofForm(c *gin.Context) { p.proofPage(c, http.StatusOK, nil) }

// prove says whether a document holds. Permission: everybody, within a limit.
func (p *Portal) prove(c *gin.Context) {
	if p.prover == nil {
		p.proofPage(c, http.StatusOK, nil)
		return
	}
	words := p.UI.Printer(c)
	if err := p.paced(p.limits.proof, client(c)); err != nil {
		wait := waitOf(err)
		c.Header("Retry-After", strconv.Itoa(int(wait.Seconds())+1))
		p.proofPage(c, http.StatusTooManyRequests, []web.FieldError{{Href: "#file", Text: words.T("portal.slow", "span", words.Span(max(wait, time.Minute)))}})
		return
	}
	in, err := readProof(c)
	var report *document.Report
	if err == nil {
		report, err = p.report(c.Request.Context(), in)
	}
	var wrong proofError
	switch {
	case errors.As(err, &wrong):
		p.proofPage(c, http.StatusUnprocessableEntity, []web.FieldError{{Href: "#" + wrong.field, Text: words.T("portal.verify.wrong." + wrong.key)}})
		return
	case err != nil:
		p.refuse(c, err)
		return
	}
	unknown := p.lookUp(c.Request.Context(), report)
	p.metrics.proved(report.Good())
	page := p.page(words, words.T("portal.verify.result"), "proof")
	view := proofView(words, report, in.code != "")
	if unknown {
		view.Unknown = words.T("revoked.unknown")
	}
	page.Data = view
	p.UI.Render(c, http.StatusOK, page)
}

// proofError is what is wrong with what was given: where, and which words.
type proofError struct{ field, key string }

// Error gives the key.
func (f proofError) Error() string { return f.key }

// readProof reads the form without writing anything down.
func readProof(c *gin.Context) (in proofInput, err error) {
	const op = "portal: read document"
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxProof)
	if err := c.Request.ParseMultipartForm(maxProof + 1); err != nil {
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			return in, proofError{"file", "large"}
		}
		return in, proofError{"file", "nothing"}
	}
	in.seal = strings.TrimSpace(c.PostForm("seal"))
	in.code, in.says = typed(c, "code"), strings.TrimSpace(c.PostForm("says"))
	if len(in.seal) > maxSealText || len(in.says) > maxSays {
		return in, proofError{"seal", "seal"}
	}
	headers := c.Request.MultipartForm.File["file"]
	if len(headers) == 0 || headers[0].Size == 0 {
		if in.seal == "" {
			return in, proofError{"file", "nothing"}
		}
		return in, nil
	}
	f, err := headers[0].Open()
	if err != nil {
		return in, fault.New(fault.Internal, op, "", nil)
	}
	defer func() { _ = f.Close() }() // only read, from memory
	if in.file, err = io.ReadAll(io.LimitReader(f, pades.MaxFile+1)); err != nil {
		return in, fault.New(fault.Internal, op, "", nil)
	}
	return in, nil
}

// report proves the file where there is one, else the seal.
func (p *Portal) report(ctx context.Context, in proofInput) (*document.Report, error) {
	today := consular.DateOf(p.Now().In(p.Zone))
	if len(in.file) > 0 {
		return p.prover.file(ctx, in.file, today)
	}
	if p.prover.keys == nil {
		return nil, proofError{"seal", "no_seals"}
	}
	t := document.Typed{Outcome: document.Nothing()}
	if in.code != "" {
		code, err := vds.ParseControlCode(in.code)
		if err != nil {
			return nil, proofError{"code", "code"}
		}
		t.Code = code
	}
	if in.says != "" {
		t.Outcome = []string{outcomeMentions}
		for line := range strings.Lines(in.says) {
			if line = strings.TrimSpace(line); line != "" {
				t.Outcome = append(t.Outcome, line)
			}
		}
	}
	return p.prover.seal(ctx, in.seal, t, today)
}

// proofPage is the form, with what is wrong above it.
func (p *Portal) proofPage(c *gin.Context, status int, wrong []web.FieldError) {
	words := p.UI.Printer(c)
	page := p.page(words, words.T("portal.verify.title"), "prove")
	page.Errors = wrong
	field := func(f web.Field) web.Field {
		f.Label, f.Hint = words.T("portal.verify."+f.ID), words.T("portal.verify."+f.ID+"_hint")
		for _, one := range wrong {
			if one.Href == "#"+f.ID {
				f.Error = one.Text
			}
		}
		return f
	}
	page.Data = gin.H{
		"Here": p.prover != nil, "Seals": p.prover != nil && p.prover.keys != nil,
		"File": field(web.Field{ID: "file", Kind: "file", Accept: "application/pdf,.pdf"}),
		"Seal": field(web.Field{ID: "seal", Kind: "textarea", Dir: "ltr"}),
		"Code": field(web.Field{ID: "code", Kind: "text", Dir: "ltr", Mono: true, Optional: true, Max: maxTyped}),
		"Says": field(web.Field{ID: "says", Kind: "textarea", Dir: "auto", Optional: true}),
	}
	p.UI.Render(c, status, page)
}

// proved is the page of a document that was looked at.
type proved struct {
	Verdict, Means, Tone string
	Checks               []provedCheck
	Facts                []fact
	Says                 []string
	Confirmed            bool   // the outcome was asked about
	Unknown              string // what could not be looked up
}

type provedCheck struct {
	Good              bool
	Name, Text, Extra string
}

// proofView says what holds and what the paper says, and nothing more.
func proofView(words lang.Printer, r *document.Report, asked bool) proved {
	verdict, tone := verdictOf(r)
	v := proved{Verdict: words.T(verdict + ".title"), Means: words.T(verdict + ".means"), Tone: tone, Confirmed: asked}
	switch {
	case slices.Equal(r.Outcome, document.Nothing()):
		v.Says = []string{words.T("portal.verify.says_nothing")}
	case len(r.Outcome) > 0 && r.Outcome[0] == outcomeMentions:
		v.Says = r.Outcome[1:]
	}
	for _, one := range r.Checks {
		line := provedCheck{Good: one.Err == nil, Name: words.T(checkKey(one.Name))}
		if one.Name != document.CheckDates { // they stand above, written out
			line.Extra = one.Detail
		}
		line.Text = words.T("portal.check.good")
		if !line.Good {
			line.Text = words.T("portal.check.bad")
		}
		v.Checks = append(v.Checks, line)
	}
	if r.Record == nil {
		return v
	}
	record := r.Record
	v.Facts = []fact{
		{Label: words.T("portal.paper.kind"), Text: words.Service(record.Service)},
		{Label: words.T("portal.paper.number"), Text: record.Number, Kind: "code"},
		{Label: words.T("field.family_name"), Text: record.Name.Family.Latin, Second: record.Name.Family.Arabic, Kind: "pair"},
		{Label: words.T("field.given_name"), Text: record.Name.Given.Latin, Second: record.Name.Given.Arabic, Kind: "pair"},
		{Label: words.T("portal.paper.birth"), Text: words.BirthDate(record.Birth)},
	}
	if record.National != "" {
		v.Facts = append(v.Facts, fact{Label: words.T("portal.paper.national"), Text: string(record.National), Kind: "code"})
	}
	v.Facts = append(
		v.Facts,
		fact{Label: words.T("portal.paper.issued"), Text: words.Date(record.Issued)},
		fact{Label: words.T("portal.paper.expires"), Text: words.Date(record.Expires)},
	)
	return v
}

func checkKey(name document.CheckName) string {
	if name == document.CheckRevoked {
		return "revoked.check"
	}
	return "portal.check." + string(name)
}

// verdictOf puts a report into one word, the key of its texts: a document that
// was good and is too old, or was revoked, is another thing than one that
// somebody changed.
func verdictOf(r *document.Report) (key, tone string) {
	if r.Good() {
		return "portal.verdict.good", "good"
	}
	for _, one := range r.Checks {
		if one.Err != nil && one.Name != document.CheckDates && one.Name != document.CheckRevoked {
			return "portal.verdict.bad", "bad"
		}
	}
	if r.Revoked() {
		return "revoked", "bad"
	}
	return "portal.verdict.old", "warn"
}
