package desk

import (
	"github.com/gin-gonic/gin"

	"jaliya/consulate-node/handover"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/web"
	"jaliya/internal/wire"
)

// printsFrom is the age from which fingerprints are on the card (domain.md A.1).
const printsFrom = 12

// giveForm gives what is asked at a hand-over, in the order in which it is done
// at the counter.
func (s *Screens) giveForm(at screen, v handover.CardView, f giveBody, said told) gin.H {
	p, data := at.p, gin.H{}
	receivers := wordsReceiver
	switch v.Guardian {
	case "no":
		receivers = wordsReceiver[:2]
	case "required":
		receivers = wordsReceiver[2:]
	}
	if f.Receiver == "" && len(receivers) <= 2 {
		f.Receiver = receivers[len(receivers)-1]
	}
	age, err := v.Birth.AgeOn(s.desk.today())
	child := err == nil && age < printsFrom
	if f.Print == "" && child {
		f.Print = "none"
	}
	old := wordsOldCard
	if v.Service != consular.CNIEFirst.String() {
		old = wordsOldCard[:3]
	}
	fields := map[string]web.Field{
		"Document": choices(p, "document", f.Document, wordsDocument), "Print": choices(p, "print", f.Print, wordsPrint[:4]),
		"OldCard": choices(p, "old_card", f.OldCard, old), "OldSerial": line(p, "old_serial", f.OldSerial, mono),
		"Receiver": choices(p, "receiver", f.Receiver, receivers), "GuardianName": line(p, "guardian", f.Guardian, optional),
		"SlipCode": line(p, "slip_code", f.SlipCode, mono, optional), "Serial": line(p, "serial", f.Serial, mono),
		"Remarks": line(p, "remarks", f.Remarks, optional),
	}
	for name, field := range fields {
		said.mark(&field)
		data[name] = field
	}
	data["Face"], data["FaceWrong"] = f.Face, said.wrong["face"]
	data["Receipt"], data["PIN"] = f.Receipt, f.PIN
	data["Guardian"] = v.Guardian
	data["Second"], data["MustSecond"] = s.second(at, v.Second || f.Print == "unreadable"), v.Second
	data["Checks"] = s.toCheck(at, v, child)
	data["Attempt"] = wire.NewRecordID().String()
	failed := choices(p, "failed", "", wordsFailed)
	said.mark(&failed)
	data["Failed"] = failed
	data["FailedRemarks"] = web.Field{ID: "failed_remarks", Kind: "text", Label: p.T("handover.field.remarks"), Optional: true, Max: maxTyped}
	data["FailedOpen"] = said.wrong["failed"] != ""
	return data
}

// toCheck says in one list what this hand-over needs.
func (s *Screens) toCheck(at screen, v handover.CardView, child bool) (out []string) {
	add := func(key string) { out = append(out, at.p.T("handover.check."+key)) }
	add("face")
	if child {
		add("no_print")
	} else {
		add("print")
	}
	switch v.Guardian {
	case "required":
		add("guardian")
	case "allowed":
		add("guardian_may")
	default:
		add("person_only")
	}
	if v.Service == consular.CNIEFirst.String() {
		add("first")
	} else {
		add("old_card")
	}
	if v.Second {
		add("second")
	}
	return out
}

// giveCard hands the card over. A second person's code works once, so the form
// is judged before they are asked who they are.
func (s *Screens) giveCard(c *gin.Context, who access.Principal) {
	at := s.at(c, who)
	f := giveBody{
		Serial: clip(c.PostForm("serial")), Receiver: c.PostForm("receiver"), Guardian: clip(c.PostForm("guardian")),
		Document: c.PostForm("document"), Face: ticked(c, "face"), Print: c.PostForm("print"), Receipt: ticked(c, "receipt"),
		SlipCode: clip(c.PostForm("slip_code")), OldCard: c.PostForm("old_card"), OldSerial: clip(c.PostForm("old_serial")),
		PIN: ticked(c, "pin"), Remarks: clip(c.PostForm("remarks")),
	}
	err := s.give(at, f)
	if err == nil {
		web.See(c, pathCards+"/"+c.Param("reference"))
		return
	}
	if said, ok := s.tell(at, err); ok {
		s.showCard(at, f, said)
	}
}

func (s *Screens) give(at screen, f giveBody) error {
	in, err := f.input(at.c.Param("reference"), access.Principal{})
	if err != nil {
		return err
	}
	_, err = s.o.Handover.Give(at.c.Request.Context(), at.who, in)
	if !web.Has(err, web.CodeTwoPersons) || clip(at.c.PostForm("second.staff")) == "" {
		return err
	}
	if in.Second, err = s.beside(at); err != nil {
		return err
	}
	_, err = s.o.Handover.Give(at.c.Request.Context(), at.who, in)
	return err
}

// checkCollector records that whoever came is not the person, as far as can be
// told. The attempt is drawn with the page: a double click counts once.
func (s *Screens) checkCollector(c *gin.Context, who access.Principal) {
	at := s.at(c, who)
	attempt, err := wire.ParseRecordID(c.PostForm("attempt"))
	if err != nil {
		attempt = wire.NewRecordID() // a form of ours always carries one
	}
	var found consular.Violations
	failed := word[wire.FailedCheck](&found, "failed", c.PostForm("failed"), wordsFailed)
	if failed == 0 {
		err = refuse("desk: check identity", "failed", consular.RuleRequired)
	} else {
		var v handover.CardView
		v, err = s.o.Handover.Check(c.Request.Context(), who, handover.CheckInput{
			Attempt: attempt, Reference: c.Param("reference"), Failed: failed, Remarks: clip(c.PostForm("failed_remarks")),
		})
		if err == nil {
			web.See(c, cardPath(v.Reference))
			return
		}
	}
	if said, ok := s.tell(at, err); ok {
		s.showCard(at, giveBody{}, said)
	}
}
