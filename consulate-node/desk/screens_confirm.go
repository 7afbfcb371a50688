package desk

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/lang"
	"jaliya/internal/paper"
	"jaliya/internal/web"
	"jaliya/internal/wire"
)

// bucketConfirmed holds, sealed under the draft's key, that the applicant has
// read the names. A row outlives a release as noise until the next
// confirmation sweeps it.
var bucketConfirmed = []byte("desk.confirmed")

// Confirmation is that the applicant has read names and birth data in both
// scripts and said that they are right.
type Confirmation struct {
	Since uint64 `json:"since"` // version of the group "person" that was read
	By    string `json:"by"`    // who showed it
	At    int64  `json:"at"`    // wall clock of the desk, ms
}

// Confirm notes that the applicant confirmed what is held now. Errors: those
// of Draft; Conflict with CodeVersionConflict when the person's data changed
// after the version that was shown.
func (d *Desk) Confirm(ctx context.Context, p access.Principal, visit wire.RecordID, version uint64) error {
	const op = "desk: confirm names"
	if err := p.Require(access.VisitWrite); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fault.New(fault.Timeout, op, "", err)
	}
	defer d.lock(visit)()
	o, err := d.load(visit)
	if err != nil {
		return err
	}
	defer o.close()
	if version > o.Version || o.Since[GroupPerson] > version {
		return conflict(op, o)
	}
	said := Confirmation{Since: o.Since[GroupPerson], By: p.ID, At: d.o.Clock().UnixMilli()}
	return d.o.Journal.Update(func(w kv.Writer) error {
		if err := sweepConfirmed(w); err != nil {
			return err
		}
		return o.sealValue(w, bucketConfirmed, visit[:], said)
	})
}

// sweepConfirmed removes what belongs to no draft any more.
func sweepConfirmed(w kv.Writer) error {
	var over [][]byte
	w.Ascend(bucketConfirmed, nil, func(key, _ []byte) bool {
		if w.Get(bucketKeys, key) == nil {
			over = append(over, bytes.Clone(key))
		}
		return true
	})
	for _, key := range over {
		if err := w.Delete(bucketConfirmed, key); err != nil {
			return err
		}
	}
	return nil
}

// Confirmed gives the confirmation that still holds, nil when there is none or
// the person's data changed since.
func (d *Desk) Confirmed(ctx context.Context, p access.Principal, visit wire.RecordID) (*Confirmation, error) {
	if err := p.Require(access.VisitRead); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, fault.New(fault.Timeout, "desk: look at confirmation", "", err)
	}
	o, err := d.load(visit)
	if err != nil {
		return nil, err
	}
	defer o.close()
	var said Confirmation
	err = d.o.Journal.View(func(r kv.Reader) error {
		if sealed := r.Get(bucketConfirmed, visit[:]); sealed != nil {
			return o.openValue(bucketConfirmed, visit[:], sealed, &said)
		}
		return nil
	})
	if err != nil || said.At == 0 || said.Since != o.Since[GroupPerson] {
		return nil, err
	}
	return &said, nil
}

// spoken is one line of the turned screen.
type spoken struct{ French, Arabic, Latin, Written, One string }

type confirmView struct {
	Lines     []spoken
	Confirmed string // when, empty for not yet
	Proof     string
	Missing   bool
}

func (s *Screens) confirmView(at screen, v visitState) confirmView {
	out := confirmView{Lines: s.spoken(v), Missing: len(v.against(stepPerson)) > 0}
	if v.Confirmed != nil {
		out.Confirmed = at.p.DateTime(time.UnixMilli(v.Confirmed.At).In(s.desk.zone))
	}
	if s.o.Press != nil && !out.Missing {
		out.Proof = "/visits/" + v.Visit + "/proof.pdf"
	}
	return out
}

// spoken gives what the applicant reads, in Arabic and French whatever the
// language of the screen.
func (s *Screens) spoken(v visitState) []spoken {
	fr, ar := s.o.Catalog.Printer(consular.French), s.o.Catalog.Printer(consular.Arabic)
	person := v.Review.Person
	both := func(key string, n consular.Name) spoken {
		return spoken{French: fr.T("proof." + key), Arabic: ar.T("proof." + key), Latin: n.Latin, Written: n.Arabic}
	}
	out := []spoken{both("family", person.Family), both("given", person.Given)}
	birth := both("birth_date", consular.Name{})
	birth.Latin, birth.Written = fr.BirthDate(person.Birth), ar.BirthDate(person.Birth)
	out = append(out, birth, both("birth_place", person.BirthPlace))
	if !person.Father.IsZero() {
		out = append(out, both("father", person.Father.Given))
	}
	if !person.Mother.IsZero() {
		out = append(out, both("mother", person.Mother.Given))
	}
	if person.NationalNumber != "" {
		one := both("national_number", consular.Name{})
		one.One = lang.Code(string(person.NationalNumber))
		out = append(out, one)
	}
	return out
}

// turned is the screen for the eyes of the applicant: names very large, in
// both scripts, and one question.
func (s *Screens) turned(c *gin.Context, who access.Principal) {
	at := s.at(c, who)
	v, ok := s.visit(at)
	if !ok {
		return
	}
	fr, ar := s.o.Catalog.Printer(consular.French), s.o.Catalog.Printer(consular.Arabic)
	page := s.page(c, who, at.p.T("desk.step.confirm"))
	page.Template, page.Bare, page.Wide = "turned", true, true
	page.Data = gin.H{
		"Lines": s.spoken(v), "Visit": v.Visit, "Version": v.Version,
		"FrenchTitle": fr.T("proof.title"), "ArabicTitle": ar.T("proof.title"),
		"FrenchIntro": fr.T("proof.intro"), "ArabicIntro": ar.T("proof.intro"),
		"FrenchYes": fr.T("desk.confirm.yes"), "ArabicYes": ar.T("desk.confirm.yes"),
		"FrenchNo": fr.T("desk.confirm.no"), "ArabicNo": ar.T("desk.confirm.no"),
	}
	s.ui.Render(c, http.StatusOK, page)
}

func (s *Screens) confirm(c *gin.Context, who access.Principal) {
	id, err := visitOf(c)
	if err == nil {
		err = s.desk.Confirm(c.Request.Context(), who, id, versionOf(c))
	}
	if err != nil {
		s.fail(c, who, err)
		return
	}
	web.See(c, stepPath(id.String(), stepConfirm))
}

// proof is the same on paper, to be signed.
func (s *Screens) proof(c *gin.Context, who access.Principal) {
	at := s.at(c, who)
	v, ok := s.visit(at)
	if !ok {
		return
	}
	if s.o.Press == nil {
		s.fail(c, who, fault.New(fault.Unavailable, "desk: print proof", "no press", nil))
		return
	}
	post := s.desk.o.Post
	raw, err := s.o.Press.NamesProof(paper.NamesData{
		Kind: post.Kind, Post: post.ID, City: consular.Name{Latin: post.City}, Service: v.Service,
		Person: v.Review.Person, On: s.desk.today(), Staff: who.ID, Printed: s.desk.now(),
	})
	if err != nil {
		s.fail(c, who, err)
		return
	}
	s.pdf(c, raw)
}

func (s *Screens) pdf(c *gin.Context, raw []byte) {
	c.Header("Content-Security-Policy", "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'")
	c.Header("Content-Disposition", "inline")
	c.Data(http.StatusOK, "application/pdf", raw)
}
