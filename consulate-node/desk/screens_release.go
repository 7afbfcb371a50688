package desk

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/paper"
	"jaliya/internal/web"
	"jaliya/internal/wire"
)

// Slip gives what the person is told about a released visit, as long as the
// slip has not been handed over. Errors: NotFound.
func (d *Desk) Slip(ctx context.Context, p access.Principal, visit wire.RecordID) (Released, error) {
	if err := p.Require(access.VisitWrite); err != nil {
		return Released{}, err
	}
	if err := ctx.Err(); err != nil {
		return Released{}, fault.New(fault.Timeout, "desk: show slip", "", err)
	}
	return d.released(visit, true)
}

// slipHeld is how long the name for a slip stays in memory after a release.
const slipHeld = 30 * time.Minute

// slipMax bounds how many are held.
const slipMax = 500

// slipNames keeps, in memory alone, what a slip says of the person: after a
// release the node cannot open it any more. A restart, the hand-over of the
// slip or half an hour end it.
type slipNames struct {
	clock func() time.Time

	mu   sync.Mutex // guards held
	held map[wire.RecordID]slipName
}

type slipName struct {
	applicant consular.PersonName
	documents []consular.DocumentKind
	service   consular.Service
	fee       consular.Fee // zero when waived
	receipt   string
	before    bool // settled with the packet that was replaced
	language  consular.Language
	until     time.Time
}

func newSlipNames(clock func() time.Time) *slipNames {
	return &slipNames{clock: clock, held: map[wire.RecordID]slipName{}}
}

func (n *slipNames) keep(visit wire.RecordID, r Review) {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := n.clock()
	for id, one := range n.held {
		if now.After(one.until) || len(n.held) >= slipMax {
			delete(n.held, id)
		}
	}
	one := slipName{applicant: r.Person.Name(), language: r.Contact.Language, service: r.Service, until: now.Add(slipHeld)}
	for _, held := range r.Documents {
		one.documents = append(one.documents, held.Kind)
	}
	if r.Fee != nil && r.Payment != nil {
		one.receipt, one.before = r.Payment.Receipt, r.Payment.Waiver == consular.WaivedPaidBefore
		if r.Payment.Method == consular.PaymentCash {
			one.fee = *r.Fee
		}
	}
	n.held[visit] = one
}

func (n *slipNames) get(visit wire.RecordID) (slipName, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	one, ok := n.held[visit]
	return one, ok && n.clock().Before(one.until)
}

func (n *slipNames) forget(visit wire.RecordID) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.held, visit)
}

// handoff is the page on which the first person gives the visit away.
func (s *Screens) handoff(c *gin.Context, who access.Principal) {
	at := s.at(c, who)
	v, ok := s.visit(at)
	if !ok {
		return
	}
	page := s.page(c, who, at.p.T("desk.handoff.title"))
	page.Template, page.Data = "handoff", gin.H{
		"Visit": v.Visit, "Ready": v.Review.Ready, "Left": len(v.Review.Against), "Door": s.o.Door != nil,
		"Mine": slices.Contains(v.Review.CapturedBy, who.ID), "MayRelease": who.Role.Has(access.VisitRelease),
	}
	s.ui.Render(c, http.StatusOK, page)
}

// secondLook is the page of the second person: everything that will be
// sealed, and one button.
func (s *Screens) secondLook(c *gin.Context, who access.Principal) {
	at := s.at(c, who)
	v, ok := s.visit(at)
	if !ok {
		return
	}
	view := s.reviewView(at, v)
	two := web.TwoPerson{
		Title: at.p.T("desk.release.second"), Text: at.p.T("desk.release.text"), First: strings.Join(view.Captured, ", "),
		Action: "/visits/" + v.Visit + "/release", Button: at.p.T("desk.release.button"), Version: v.Version,
	}
	for _, check := range []string{"face", "names", "papers"} {
		two.Checks = append(two.Checks, web.Option{Value: check, Label: at.p.T("desk.release.check_" + check)})
	}
	if v.Review.Guardian != nil {
		two.Checks = append(two.Checks, web.Option{Value: "guardian", Label: at.p.T("guardian.check")})
	}
	id, _ := visitOf(c) // it was read above
	switch {
	case web.Has(s.desk.releasedBefore(id), web.CodeReleased):
		two.Refused = at.p.T("restore.draft_released")
	case view.Mine:
		two.Refused = at.p.T("desk.release.same_person")
	case !view.Ready:
		two.Refused = at.p.T("desk.release.incomplete", "count", len(view.Left))
	}
	page := s.page(c, who, at.p.T("desk.release.title"))
	page.Template, page.Wide = "release", true
	page.Data = gin.H{"View": view, "Two": two, "Visit": v.Visit, "Amends": printed(v.Amends)}
	s.ui.Render(c, http.StatusOK, page)
}

func (s *Screens) release(c *gin.Context, who access.Principal) {
	at := s.at(c, who)
	id, err := visitOf(c)
	if err != nil {
		s.fail(c, who, err)
		return
	}
	// What the slip will say is read before the node gives up the key.
	review, reviewErr := s.desk.Review(c.Request.Context(), who, id)
	r, err := s.desk.Release(c.Request.Context(), who, id, versionOf(c))
	if err != nil {
		s.fail(at.c, who, err)
		return
	}
	if reviewErr == nil && !r.Repeated {
		s.slips.keep(id, review)
	}
	web.See(c, "/visits/"+id.String()+"/released")
}

// released is what the person is told: reference, slip code, level.
func (s *Screens) released(c *gin.Context, who access.Principal) {
	at := s.at(c, who)
	id, r, ok := s.slipOf(at)
	if !ok {
		return
	}
	promised, limit := s.o.Promise(0, consular.DateOf(r.At.In(s.desk.zone)))
	data := gin.H{
		"Reference": r.Reference.String(), "Digits": r.Reference.Digits(), "Visit": id.String(), "Code": r.SlipCode.Printed(),
		"Level": web.Badge{Level: levelNumber(r.Level), Means: true}, "Promised": at.p.DayDate(promised),
		"Limit": at.p.Date(limit), "Given": r.SlipCode == "", "At": r.At, "Amended": r.Amended,
	}
	if r.SlipCode == "" {
		data["Code"] = ""
	} else if qr, err := web.NewQR(s.qrText(r)); err == nil {
		data["QR"] = web.QRCard{Title: at.p.T("desk.released.scan"), Text: at.p.T("desk.released.scan_text"), QR: qr}
	}
	_, named := s.slips.get(id)
	data["Slip"] = named && r.SlipCode != "" && s.o.Press != nil
	page := s.page(c, who, at.p.T("desk.released.title"))
	page.Template, page.Data = "released", data
	s.ui.Render(c, http.StatusOK, page)
}

// qrText gives the text of the QR code on a slip. It reaches no log: whoever has
// it follows the request.
func (s *Screens) qrText(r Released) string {
	if s.o.Portal == "" || r.Token == "" {
		return "jaliya:" + r.Reference.Digits()
	}
	return s.o.Portal + "/t/" + r.Token
}

func (s *Screens) slipOf(at screen) (wire.RecordID, Released, bool) {
	id, err := visitOf(at.c)
	var r Released
	if err == nil {
		r, err = s.desk.Slip(at.c.Request.Context(), at.who, id)
	}
	if err != nil {
		s.fail(at.c, at.who, err)
	}
	return id, r, err == nil
}

// slipPDF prints the deposit slip with the level that holds now.
func (s *Screens) slipPDF(c *gin.Context, who access.Principal) {
	const op = "desk: print slip"
	at := s.at(c, who)
	id, r, ok := s.slipOf(at)
	if !ok {
		return
	}
	name, named := s.slips.get(id)
	if !named || r.SlipCode == "" || s.o.Press == nil {
		s.fail(c, who, fault.New(fault.Expired, op, "", nil))
		return
	}
	post, on := s.desk.o.Post, consular.DateOf(r.At.In(s.desk.zone))
	promised, limit := s.o.Promise(name.service, on)
	var err error
	d := paper.SlipData{
		Kind: post.Kind, Post: post.ID, City: consular.Name{Latin: post.City}, Reference: r.Reference, Code: r.SlipCode,
		Follow: s.qrText(r), Service: name.service, Applicant: name.applicant,
		Deposited: on, Promised: promised, Limit: limit, Documents: name.documents, Fee: name.fee, Payment: name.receipt, Before: name.before,
		Level: levelNumber(r.Level), Language: name.language, Staff: who.ID, Printed: s.desk.now(),
	}
	if d.Level >= 2 { // as the receipt stands now; a slip of L2 without its proof would claim more than it shows
		if d.Proof, err = s.desk.Receipt(c.Request.Context(), who, r.Reference.Digits()); err != nil {
			s.fail(c, who, err)
			return
		}
	}
	raw, err := s.o.Press.Slip(d)
	if err != nil {
		s.fail(c, who, err)
		return
	}
	s.pdf(c, raw)
}

// slipGiven says that the person has the slip: code and name are forgotten.
func (s *Screens) slipGiven(c *gin.Context, who access.Principal) {
	id, err := visitOf(c)
	if err == nil {
		err = s.desk.SlipGiven(c.Request.Context(), who, id)
	}
	if err != nil {
		s.fail(c, who, err)
		return
	}
	s.slips.forget(id)
	web.See(c, "/visits/"+id.String()+"/released")
}
