package records

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"jaliya/internal/consular"
	"jaliya/internal/paper"
)

// byLot reads a lot as bytes.
type byLot struct{ *rand.Rand }

func (b byLot) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(b.Uint32() & 0xff)
	}
	return len(p), nil
}

// write makes the document of a request and gives its package.
func (s *Simulator) write(ctx context.Context, r *request, p packet) ([]byte, error) {
	d, err := s.recordOf(r, p)
	if err != nil {
		return nil, err
	}
	out, err := s.cfg.Maker.Issue(ctx, d)
	if err != nil {
		return nil, err
	}
	body := said{Number: d.Number, Issued: d.Issued, Expires: d.Expires, File: "releve-" + d.Number}
	return s.sealPackage(r, body, out.PDF)
}

// recordOf gives what a document says. Number and reference come from the
// request, so that a document that is made anew after a crash is the same one.
// Its dates are of real time: an office that works for days in seconds would
// date tomorrow what is read today, and a reader refuses that.
func (s *Simulator) recordOf(r *request, p packet) (paper.RecordData, error) {
	service, err := consular.ParseService(r.Product)
	if err != nil {
		return paper.RecordData{}, err
	}
	now := time.Now().UTC()
	today := consular.DateOf(now)
	d := paper.RecordData{
		Service: service, Number: r.number(), Made: now, Person: p.Person, Issued: today,
		Office:  paper.Text{Arabic: "نموذج غير صالح للاستعمال", French: "Spécimen sans valeur"},
		Expires: today.AddMonths(3), Page: s.cfg.Page,
	}
	if d.Reference, err = consular.NewReference(byLot{s.lot(r.ID, lotOfContent)}); err != nil {
		return d, err
	}
	if s.hit(r.ID) {
		d.Mentions = s.mentions(r.ID, today)
	}
	return d, nil
}

// hit is what the search finds.
func (s *Simulator) hit(id string) bool { return s.lot(id, lotOfHit).Float64() < s.cfg.Hit }

const maxMentions = 20

// mentions are specimens, one to twenty.
func (s *Simulator) mentions(id string, today consular.Date) (list []paper.Mention) {
	lot := s.lot(id, lotOfContent+1)
	for range 1 + lot.IntN(maxMentions) {
		n := lot.IntN(1000)
		list = append(list, paper.Mention{
			Court:    paper.Text{Arabic: fmt.Sprintf("محكمة نموذجية %d", n), French: fmt.Sprintf("Tribunal spécimen %d", n)},
			Date:     today.AddYears(-1 - lot.IntN(9)),
			Offense:  paper.Text{Arabic: fmt.Sprintf("جريمة نموذجية %d", n), French: fmt.Sprintf("Infraction spécimen %d", n)},
			Sentence: paper.Text{Arabic: fmt.Sprintf("عقوبة نموذجية %d", n), French: fmt.Sprintf("Peine spécimen %d", n)},
		})
	}
	return list
}

// questions are what an office asks when the person is not clear.
var questions = []string{
	"Quel est le nom de jeune fille de votre mère ?", "Quel est votre lieu de naissance exact ?", "Avez-vous porté un autre nom ?",
}

func (s *Simulator) ask(r *request) ([]byte, error) {
	text := questions[s.lot(r.ID, lotOfQuestion+100).IntN(len(questions))]
	return s.sealPackage(r, said{Question: text, Language: "fr"}, nil)
}

// refusal gives why a request is refused, empty when it is not. None of the
// reasons is anything that a search finds.
func (s *Simulator) refusal(r *request, p packet) string {
	service, err := consular.ParseService(r.Product)
	if err != nil || p.Person.ValidateFor(service) != nil {
		return consular.RefusedIdentityNotProved.String()
	}
	lot := s.lot(r.ID, lotOfRefusal)
	if lot.Float64() >= s.cfg.Refuse {
		return ""
	}
	reasons := []consular.RefusalReason{consular.RefusedNotEntitled, consular.RefusedIdentityNotProved, consular.RefusedFraud}
	return reasons[lot.IntN(len(reasons))].String()
}

// due gives when a request that arrived now is answered: the lot, drawn before
// anything is searched. A leaky office looks first.
func (s *Simulator) due(id string, what uint64, now time.Time) time.Time {
	if s.cfg.Leaky && !s.hit(id) {
		return now.Truncate(s.cfg.Slot).Add(s.cfg.Slot)
	}
	return s.slot(id, what, now)
}
