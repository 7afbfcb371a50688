package office

import (
	"context"
	"time"

	"jaliya/internal/kv"
	"jaliya/internal/paper"
	"jaliya/internal/wire"
)

// WithoutLots is the negative control of what slots and lots are for.
func (p Plan) WithoutLots() Plan {
	p.off = true
	return p
}

// Turn does what is due now.
func (o *Office) Turn(ctx context.Context) (next time.Time, failed bool, err error) {
	return o.turn(ctx)
}

// StateOf tells where a request stands.
func (o *Office) StateOf(id string) (State, uint64, Lot, error) {
	q, err := o.store.request(id)
	return q.State, q.Version, q.Lot, err
}

// NumberOf tells a document's number.
func (o *Office) NumberOf(id string) string {
	q, _ := o.store.request(id)
	return q.Number
}

// Hindrance tells why a document was not made.
func (o *Office) Hindrance(id string) string {
	q, _ := o.store.request(id)
	return q.Hindrance
}

// Content is what a packet holds.
func Content(id string, c TestContent) []byte {
	return wire.Marshal(content{Version: c.Version, ID: id, Product: c.Product, Person: c.Person, Use: c.Use, Proof: c.Proof, Asked: 1})
}

// Answer is what the packet of an answer holds.
func Answer(id, text string) []byte { return wire.Marshal(answered{Version: 1, ID: id, Text: text}) }

// Body is what a package says beside the document.
type Body = body

// Mention is an entry.
type Mention = paper.Mention

// Guards gives the conditions that rows of the machine have.
func Guards() map[Guard]string { return guardNames }

// Update changes the store below the office.
func (o *Office) Update(fn func(kv.Writer) error) error { return o.store.kv.Update(fn) }

// CodeOf gives the code behind an error.
func CodeOf(err error) Code { return codeOf(err) }
