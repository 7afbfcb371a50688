package desk

import (
	"cmp"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/web"
)

// stepPage is what the template of a step reads.
type stepPage struct {
	Steps    []web.Step
	Step     string
	Title    string
	Lead     string
	Form     *web.Form
	Captures []web.Capture
	Fee      *feeView
	Pay      *payView
	Visit    string
	Version  uint64
	Next     string
	Write    bool
	Done     bool   // nothing on the page is left to do
	Amends   string // the request that the visit corrects
	Extra    any
}

// step shows one page of a visit.
func (s *Screens) step(c *gin.Context, who access.Principal) {
	at := s.at(c, who)
	v, ok := s.visit(at)
	if !ok {
		return
	}
	step := c.Param("step")
	if !slices.Contains(stepsOf(v.Review), step) {
		web.See(c, "/visits/"+v.Visit) // the age or the service has changed since
		return
	}
	s.showStep(at, v, step, nil)
}

// showStep renders a page; draw changes it before, for what went wrong.
func (s *Screens) showStep(at screen, v visitState, step string, draw func(*web.Page, *stepPage)) {
	page := s.page(at.c, at.who, at.p.T("desk.step."+step))
	page.Template, page.Wide = "step", true
	page.Scripts = []string{"form.js", "capture.js"}
	if step == stepFingers && s.o.Device != "" {
		page.Scripts = append(page.Scripts, "reader.js")
		web.Connect(at.c, s.o.Device)
	}
	data := stepPage{
		Steps: s.stepper(at, v, step), Step: step, Title: page.Title, Lead: at.p.T("desk.lead." + step),
		Visit: v.Visit, Version: v.Version, Done: v.stateOf(step) == "done", Next: stepPath(v.Visit, following(v.Review, step)), Write: mayWrite(at.who),
		Amends: printed(v.Amends),
	}
	var wrong []FieldRule
	if at.c.Query("check") != "" {
		wrong = v.against(step)
	}
	s.fillStep(at, v, &data, wrong)
	page.Errors = summary(at.p, inOrder(wrong, data.Form))
	if step == stepGuardian {
		page.Notice = s.delayNotice(at.p, v.Review)
	}
	if draw != nil {
		draw(&page, &data)
	}
	page.Data = data
	status := http.StatusOK
	if draw != nil && len(page.Errors) > 0 {
		status = http.StatusUnprocessableEntity
	}
	if page.Notice != nil && page.Notice.Kind == "bad" {
		status = http.StatusConflict
	}
	s.ui.Render(at.c, status, page)
}

// inOrder puts what is wrong in the order in which the page asks for it.
func inOrder(wrong []FieldRule, form *web.Form) []FieldRule {
	if form == nil {
		return wrong
	}
	at := map[string]int{}
	for i, row := range form.Rows {
		at[row.ID] = i * 10
		for j, f := range row.Fields {
			at[f.ID] = i*10 + j
		}
	}
	slices.SortStableFunc(wrong, func(a, b FieldRule) int { return cmp.Compare(at[anchor(a.Field)], at[anchor(b.Field)]) })
	return wrong
}

func (s *Screens) fillStep(at screen, v visitState, data *stepPage, wrong []FieldRule) {
	switch data.Step {
	case stepDocuments:
		s.documentsStep(at, v, data, wrong)
	case stepPortrait:
		data.Captures = []web.Capture{s.capture(at, v, namePortrait, wrong)}
	case stepFingers:
		s.fingersStep(at, v, data, wrong)
	case stepSignature:
		data.Captures = []web.Capture{s.capture(at, v, nameSignature, wrong)}
	case stepFee:
		data.Fee, data.Pay = feeOf(at.p, v.Review), s.payView(at, v, PayInput{}, wrong)
	case stepConfirm:
		data.Extra = s.confirmView(at, v)
	case stepReview:
		data.Extra = s.reviewView(at, v)
	default:
		b := &builder{p: at.p, wrong: sentences(at.p, wrong)}
		s.stepForm(b, v, data.Step)
		data.Form = s.formOf(at, b, v, data)
	}
}

func (s *Screens) formOf(at screen, b *builder, v visitState, data *stepPage) *web.Form {
	f := &web.Form{
		Action: stepPath(v.Visit, data.Step), Version: v.Version, Rows: b.rows, Save: at.p.T("desk.form.save"), Auto: true,
	}
	if at.c.Query("check") != "" {
		f.Skip = &web.NavLink{Href: data.Next, Label: at.p.T("desk.form.later")}
	}
	return f
}

// stepForm builds the form of a step on a copy of what is held, and gives the
// form to save, nil for the step that is no group.
func (s *Screens) stepForm(b *builder, v visitState, step string) Form {
	switch step {
	case stepPerson:
		f := s.heldPerson(v)
		personFields(b, f)
		return f
	case stepFamily:
		f := s.heldPerson(v)
		familyFields(b, f)
		return f
	case stepContact:
		f := &ContactForm{Address: AddressForm{Country: string(s.desk.o.Post.Country)}, Language: string(b.p.Language())}
		if v.Forms.Contact != nil {
			*f = *v.Forms.Contact
		}
		contactFields(b, "contact", f)
		return f
	case stepDelivery:
		f := &DeliveryForm{Mode: consular.DeliverCollect.String()}
		if v.Forms.Delivery != nil {
			*f = *v.Forms.Delivery
		}
		deliveryFields(b, f, v.Service)
		return f
	case stepGuardian:
		f := &GuardianForm{}
		if v.Forms.Guardian != nil {
			*f = *v.Forms.Guardian
		}
		guardianFields(b, f, v.Review.Protected)
		return f
	case stepRecord:
		f := s.heldRecord(b, v)
		recordFields(b, f)
		return f
	default:
		f := &beginForm{Service: v.Service.String(), Pickup: string(v.Pickup), Protected: yesNo(v.Protected)}
		s.beginFields(b, f, v.Amends != "")
		return nil
	}
}

// heldPerson gives a copy, so that an unsaved form changes nothing.
func (*Screens) heldPerson(v visitState) *PersonForm {
	f := &PersonForm{BirthCountry: string(consular.Morocco), Nationality: string(consular.Morocco)}
	if v.Forms.Person != nil {
		*f = *v.Forms.Person
		f.Former = slices.Clone(f.Former)
	}
	return f
}

// save takes what was typed on one page, right or wrong.
func (s *Screens) save(c *gin.Context, who access.Principal) {
	at := s.at(c, who)
	v, ok := s.visit(at)
	if !ok {
		return
	}
	step := c.Param("step")
	switch step {
	case stepService:
		s.saveService(at, v)
	case stepDocuments:
		s.saveDocuments(at, v)
	case stepFingers:
		s.saveFingers(at, v)
	case stepPerson, stepFamily, stepContact, stepDelivery, stepGuardian, stepRecord:
		b := &builder{p: at.p}
		form := s.stepForm(b, v, step)
		b.fill(c)
		s.put(at, step, form)
	default:
		s.fail(c, who, fault.New(fault.NotFound, "desk: save step", "", nil))
	}
}

// put saves a group and leads on: to the same page when something on it needs
// another look, to the next one otherwise.
func (s *Screens) put(at screen, step string, form Form) {
	id, err := visitOf(at.c)
	var saved View
	if err == nil {
		saved, err = s.desk.Put(at.c.Request.Context(), at.who, PutInput{Visit: id, Version: versionOf(at.c), Form: form})
	}
	switch {
	case web.Has(err, web.CodeVersionConflict) && at.c.GetHeader("X-Autosave") == "":
		s.conflict(at, step)
	case err != nil:
		s.fail(at.c, at.who, err)
	default:
		s.goOn(at, step, saved)
	}
}

func (s *Screens) goOn(at screen, step string, saved View) {
	if at.c.GetHeader("X-Autosave") != "" {
		web.JSON(at.c, http.StatusOK, gin.H{
			"version": saved.Version, "at": at.p.Clock(s.desk.o.Clock().In(s.desk.zone)), "level": saved.Level,
		})
		return
	}
	v := visitState{View: saved, Review: Review{Service: saved.Service, Against: saved.Warnings}}
	if len(v.against(step)) > 0 {
		web.See(at.c, stepPath(saved.Visit, step)+"?check=1")
		return
	}
	fresh, ok := s.visit(at)
	switch {
	case !ok:
	case step == stepDocuments && fresh.unscanned():
		web.See(at.c, stepPath(saved.Visit, step)+"#scans")
	default:
		web.See(at.c, stepPath(saved.Visit, following(fresh.Review, step)))
	}
}

// conflict shows the page again with both versions: what was typed stays in
// the fields, what is held now stands beside it. Saving again decides.
func (s *Screens) conflict(at screen, step string) {
	v, ok := s.visit(at)
	if !ok {
		return
	}
	held := &builder{p: at.p}
	s.stepForm(held, v, step)
	typed := &builder{p: at.p, held: held.values()}
	form := s.stepForm(typed, v, step)
	typed.fill(at.c)
	if form != nil {
		form.into(&v.Forms)
	}
	shown := &builder{p: at.p, held: held.values()}
	s.stepForm(shown, v, step)
	s.showStep(at, v, step, func(page *web.Page, data *stepPage) {
		page.Notice = &web.Notice{Kind: "bad", Title: at.p.T("desk.conflict.title"), Text: at.p.T("desk.conflict.text")}
		data.Form = s.formOf(at, shown, v, data)
		data.Form.Auto = false // who saves now has read both
		data.Form.Save = at.p.T("desk.conflict.save")
	})
}

// saveService corrects what the visit was begun with.
func (s *Screens) saveService(at screen, v visitState) {
	id, err := visitOf(at.c)
	var saved View
	if err == nil {
		service, _ := consular.ParseService(at.c.PostForm("service")) // zero leaves it as it is
		pickup, _ := consular.ParsePostID(at.c.PostForm("pickup"))
		protected := at.c.PostForm("protected") == "yes"
		same := (service == 0 || service == v.Service) && (pickup == "" || pickup == v.Pickup) && protected == v.Protected
		if saved = v.View; !same {
			saved, err = s.desk.Change(at.c.Request.Context(), at.who, ChangeInput{
				Visit: id, Version: versionOf(at.c), Service: service, Pickup: pickup, Protected: &protected,
			})
		}
	}
	if err != nil {
		s.fail(at.c, at.who, err)
		return
	}
	s.goOn(at, stepService, saved)
}
