package account

import (
	"context"
	"time"

	"github.com/gin-gonic/gin"

	"jaliya/hub/portal/signin"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// proofLife is how long a fresh sign-in opens what it was made for.
const proofLife = 10 * time.Minute

// maxIntents caps what a person may be about to prove at once.
const maxIntents = 8

// intent is what a person wants to prove freshly for.
type intent struct {
	kind      wire.Kind // document.released or print.asked
	reference consular.Reference
	post      consular.PostID // of a print
}

// proof is a fresh sign-in, made for one intent, with the entry that says so.
type proof struct {
	intent

	receipt string
	at      time.Time
	record  wire.RecordID
	code    consular.SlipCode // of a print
	act     act
	used    bool // of a document: it was opened
}

// prove sends the person to sign in once more. The provider's answer leads back
// to a path, under which the intent waits.
func (a *Account) prove(c *gin.Context, s *session, back string, want intent) {
	if s.intents == nil || len(s.intents) >= maxIntents {
		s.intents = map[string]intent{}
	}
	s.intents[back] = want
	a.begin(c, signin.Options{Return: back, Fresh: true, Level: s.signed.Level, Subject: s.signed.Subject})
}

// proved takes a fresh sign-in and sends its entry; false when the session is
// not that person's, or wanted nothing of the kind. An entry that did not get
// through is sent again from the page that follows.
func (a *Account) proved(c *gin.Context, s *session, signed signin.Signed) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	want, found := s.intents[signed.Return]
	if !found || s.ended || s.signed.Subject != signed.Subject {
		return false
	}
	delete(s.intents, signed.Return)
	s.signed = signed
	if s.proofs == nil || len(s.proofs) >= maxIntents {
		s.proofs = map[string]*proof{}
	}
	made := &proof{intent: want, receipt: signed.Receipt.Raw, at: a.o.Now(), record: newRecord()}
	s.proofs[signed.Return] = made
	if err := a.tellProof(c.Request.Context(), s, made); err != nil && uncertain(err) {
		_ = c.Error(err) // the page shows that it did not get through
	}
	return true
}

// proofAt gives the proof that waits under a path, nil when there is none or
// its time is over.
func (a *Account) proofAt(s *session, path string) *proof {
	held := s.proofs[path]
	if held != nil && a.o.Now().Sub(held.at) > proofLife {
		delete(s.proofs, path)
		return nil
	}
	return held
}

// tellProof sends the entry of a proof.
func (a *Account) tellProof(ctx context.Context, s *session, p *proof) error {
	if p.receipt == "" {
		return fault.New(fault.Denied, "account: use proof", "receipt", nil)
	}
	if p.act.entry == nil {
		d := deed{kind: p.kind, record: p.record, reference: p.reference, receipt: p.receipt}
		if p.kind == wire.KindPrintAsked {
			code, err := newCode()
			if err != nil {
				return err
			}
			hash := code.Hash(p.reference)
			p.code, d.pickup, d.code = code, p.post, &hash
		}
		entry, err := a.deed(ctx, s, d)
		if err != nil {
			return err
		}
		p.act.entry = entry
	}
	return a.send(ctx, &p.act)
}
