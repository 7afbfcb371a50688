package desk

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/lang"
	"jaliya/internal/web"
	"jaliya/internal/wire"
)

// screen is one request of one person.
type screen struct {
	c   *gin.Context
	who access.Principal
	p   lang.Printer
}

func (s *Screens) at(c *gin.Context, who access.Principal) screen {
	return screen{c: c, who: who, p: s.ui.Printer(c)}
}

// newVisit asks what the person wants and where the document is to go. The id
// of the visit is drawn here, so that a double click begins one visit.
func (s *Screens) newVisit(c *gin.Context, who access.Principal) {
	s.showNew(s.at(c, who), http.StatusOK, beginForm{
		Visit: wire.NewRecordID().String(), Pickup: string(s.desk.o.Post.ID), Protected: "no",
	}, nil)
}

type beginForm struct{ Visit, Service, Pickup, Protected string }

func (s *Screens) showNew(at screen, status int, f beginForm, wrong []FieldRule) {
	page := s.page(at.c, at.who, at.p.T("desk.new.title"))
	b := &builder{p: at.p, wrong: sentences(at.p, wrong)}
	s.beginFields(b, &f, false)
	form := web.Form{
		Action: "/visits", Rows: b.rows, Save: at.p.T("desk.new.begin"),
		Hidden: []web.Option{{Value: "visit", Label: f.Visit}},
	}
	page.Errors = summary(at.p, wrong)
	page.Template, page.Data = "new", gin.H{"Form": form}
	s.ui.Render(at.c, status, page)
}

// beginFields asks what a visit is about; an amendment keeps the service.
func (s *Screens) beginFields(b *builder, f *beginForm, amends bool) {
	if !amends {
		b.choice(value{id: "service", key: "service", into: &f.Service}, words(b.p, "service.", consular.Services()), nil)
	}
	b.choice(value{id: "protected", key: "service", into: &f.Protected}, []web.Option{
		{Value: "no", Label: b.p.T("guardian.acts.no")}, {Value: "yes", Label: b.p.T("guardian.acts.yes"), Hint: b.p.T("guardian.acts.hint")},
	}, func(w *web.Field) { w.Label = b.p.T("guardian.acts.label") })
	b.choice(value{id: "pickup", key: "pickup", into: &f.Pickup}, s.posts(b.p), hint(b.p.T("desk.hint.pickup")))
}

// posts lists where a document can be collected, the own post first.
func (s *Screens) posts(p lang.Printer) []web.Option {
	all := s.desk.o.Directory.All()
	slices.SortStableFunc(all, func(a, b consular.Post) int {
		if (a.ID == s.desk.o.Post.ID) != (b.ID == s.desk.o.Post.ID) {
			return map[bool]int{true: -1, false: 1}[a.ID == s.desk.o.Post.ID]
		}
		return strings.Compare(a.City, b.City)
	})
	out := make([]web.Option, 0, len(all))
	for _, post := range all {
		label := lang.Isolate(post.City) + " – " + p.Country(post.Country)
		if post.ID == s.desk.o.Post.ID {
			label += " (" + p.T("desk.new.here") + ")"
		}
		out = append(out, web.Option{Value: string(post.ID), Label: label})
	}
	return out
}

func (s *Screens) begin(c *gin.Context, who access.Principal) {
	at := s.at(c, who)
	f := beginForm{
		Visit: c.PostForm("visit"), Service: c.PostForm("service"), Pickup: c.PostForm("pickup"), Protected: c.PostForm("protected"),
	}
	id, err := wire.ParseRecordID(f.Visit)
	if err != nil {
		id = wire.NewRecordID() // a form of ours always carries one
		f.Visit = id.String()
	}
	service, serviceErr := consular.ParseService(f.Service)
	pickup, pickupErr := consular.ParsePostID(f.Pickup)
	if serviceErr != nil || pickupErr != nil {
		var wrong []FieldRule
		if serviceErr != nil {
			wrong = append(wrong, FieldRule{Field: "service", Rule: consular.RuleRequired})
		}
		if pickupErr != nil {
			wrong = append(wrong, FieldRule{Field: "pickup", Rule: consular.RuleUnknown})
		}
		s.showNew(at, http.StatusUnprocessableEntity, f, wrong)
		return
	}
	in := BeginInput{Visit: id, Service: service, Pickup: pickup, Protected: f.Protected == "yes"}
	if _, err := s.desk.Begin(c.Request.Context(), who, in); err != nil {
		s.fail(c, who, err)
		return
	}
	web.See(c, stepPath(id.String(), stepPerson))
}

func stepPath(visit, step string) string { return "/visits/" + visit + "/steps/" + step }

// open leads to the page where work goes on.
func (s *Screens) open(c *gin.Context, who access.Principal) {
	v, ok := s.visit(s.at(c, who))
	if !ok {
		return
	}
	for _, step := range stepsOf(v.Review) {
		if state := v.stateOf(step); state == "todo" || state == "look" {
			web.See(c, stepPath(v.Visit, step))
			return
		}
	}
	web.See(c, stepPath(v.Visit, stepReview))
}

// visit reads the visit that the path names. Otherwise it has answered: a
// visit that is sealed leads to where the request stands.
func (s *Screens) visit(at screen) (visitState, bool) {
	id, err := visitOf(at.c)
	var v visitState
	if err == nil {
		v.View, err = s.desk.Draft(at.c.Request.Context(), at.who, id)
	}
	if web.Has(err, web.CodeReleased) && at.who.Role.Has(access.VisitWrite) {
		web.See(at.c, "/visits/"+id.String()+"/released")
		return v, false
	}
	if err == nil {
		v.Review, err = s.desk.Review(at.c.Request.Context(), at.who, id)
	}
	if err == nil {
		v.Confirmed, err = s.desk.Confirmed(at.c.Request.Context(), at.who, id)
	}
	if err != nil {
		s.fail(at.c, at.who, err)
	}
	return v, err == nil
}

// versionOf reads the version that a form was shown with.
func versionOf(c *gin.Context) uint64 {
	n, err := strconv.ParseUint(c.PostForm("version"), 10, 64)
	if err != nil {
		return 0 // older than any: a conflict, never an overwrite
	}
	return n
}

// sentences gives what to write at each field.
func sentences(p lang.Printer, wrong []FieldRule) map[string]string {
	out := map[string]string{}
	for _, v := range wrong {
		if _, there := out[v.Field]; !there {
			out[v.Field] = sentence(p, v)
		}
	}
	return out
}

// summary gives the lines above a form.
func summary(p lang.Printer, wrong []FieldRule) []web.FieldError {
	out := make([]web.FieldError, 0, len(wrong))
	for _, v := range wrong {
		out = append(out, web.FieldError{Href: "#" + anchor(v.Field), Text: problemAt(p, v)})
	}
	return out
}

func problemAt(p lang.Printer, v FieldRule) string {
	return p.T("desk.at", "field", fieldLabel(p, v.Field), "text", sentence(p, v))
}

// anchor is where on its page a field stands.
func anchor(field string) string {
	switch {
	case strings.HasPrefix(field, "person.former_names."):
		return strings.Replace(field, "person.former_names.", "person.former_names.0.", 1)
	case strings.HasPrefix(field, "images."+prefixPrint):
		return "fingers." + strings.TrimPrefix(field, "images."+prefixPrint)
	}
	return field
}

// discard ends a visit without a release.
func (s *Screens) discard(c *gin.Context, who access.Principal) {
	id, err := visitOf(c)
	if err == nil {
		err = s.desk.Discard(c.Request.Context(), who, id, versionOf(c))
	}
	if err != nil {
		s.fail(c, who, err)
		return
	}
	web.See(c, "/")
}
