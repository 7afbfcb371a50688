package desk

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"jaliya/internal/consular"
	"jaliya/internal/wire"
)

// GroupRecord is what a request for a criminal record is for, and how the
// person was known at the counter.
const GroupRecord Group = "record"

// NoticeVersion is the information notice on criminal records that is read and
// signed at a counter now (domain.md B.3). A newer text has a newer version.
const NoticeVersion = "2026-1"

// shownAtCounter are the documents by which a counter knows a person.
func shownAtCounter() []consular.DocumentKind {
	return []consular.DocumentKind{consular.DocOldCard, consular.DocPassportCopy}
}

// RecordForm is consular.Use, with the notice that was signed and the document
// that was shown, as typed.
type RecordForm struct {
	Purpose      string `json:"purpose,omitempty"`
	Text         string `json:"text,omitempty"` // for the purpose "other"
	Country      string `json:"country,omitempty"`
	Authority    string `json:"authority,omitempty"`
	Legalization string `json:"legalization,omitempty"`
	Copies       string `json:"copies,omitempty"`
	Notice       string `json:"notice,omitempty"`   // version of the notice that the person signed
	Language     string `json:"language,omitempty"` // in which it was read
	Document     string `json:"document,omitempty"` // shown at the counter
}

func (r *RecordForm) into(f *Forms) { f.Record = r }

// Group gives the group that the form is.
func (*RecordForm) Group() Group { return GroupRecord }

// record reads what only a request for a criminal record has; nil for others.
// Without a digital sign-in nothing is delivered online, and the proof of
// identity is the document shown here.
func (r *reading) record(o *open, v *Review) *wire.RecordWish {
	f := o.Forms.Record
	if v.Service.Family() != consular.FamilyRecord {
		return nil
	}
	if f == nil {
		f = &RecordForm{}
	}
	if v.Delivery.Mode.Online() {
		r.add("delivery.mode", consular.RuleNotAllowed)
	}
	at := time.UnixMilli(o.Changed).UTC()
	w := &wire.RecordWish{
		Use: consular.Use{
			Purpose:   text(r, "use.purpose", f.Purpose, consular.ParsePurpose),
			Country:   text(r, "use.country", f.Country, consular.ParseCountry),
			Authority: strings.TrimSpace(f.Authority), Text: strings.TrimSpace(f.Text),
			Legalization: text(r, "use.legalization", f.Legalization, consular.ParseLegalization),
			Copies:       text(r, "use.copies", f.Copies, strconv.Atoi),
		},
		Consent: consular.Consent{
			Version: strings.TrimSpace(f.Notice), At: at, Channel: consular.ChannelDesk,
			Language: text(r, "consent.language", f.Language, consular.ParseLanguage),
		},
		Proof: consular.IdentityProof{
			Kind: consular.ProofCounter, At: at,
			Document: text(r, "identity_proof.document", f.Document, consular.ParseDocumentKind),
		},
	}
	r.judge(w.Use.Validate())
	r.judge(w.Consent.Validate())
	r.judge(w.Proof.Validate())
	if w.Consent.Version != "" && w.Consent.Version != NoticeVersion {
		r.add("consent.version", consular.RuleUnknown)
	}
	if w.Proof.Document != 0 && !slices.Contains(shownAtCounter(), w.Proof.Document) {
		r.add("identity_proof.document", consular.RuleNotAllowed)
	}
	return w
}
