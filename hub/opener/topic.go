package opener

import (
	"strings"

	"jaliya/internal/consular"
	"jaliya/internal/wire"
)

// topic names what a request for a record is about (who, which product, what
// for and where), so that the ledger can tell that one person asks for the same
// twice, at a counter and on the portal, or at two counters. Without the
// opener's key it says nothing. Empty for other services, and for a person
// without a national number: names alone would make two persons one.
func (o *Opener) topic(r wire.Release) []byte {
	if r.Service.Family() != consular.FamilyRecord || r.Record == nil || r.Person.NationalNumber == "" {
		return nil
	}
	use, text := r.Record.Use, ""
	if use.Purpose == consular.PurposeOther {
		text = strings.ToLower(strings.Join(strings.Fields(use.Text), " "))
	}
	sum := o.topics.Sum(
		[]byte(r.Person.NationalNumber), []byte(r.Service.String()), []byte(use.Purpose.String()),
		[]byte(use.Country), []byte(text),
	)
	return sum[:]
}
