package desk

import (
	"strings"

	"jaliya/internal/consular"
	"jaliya/internal/kv"
	"jaliya/internal/workflow"
)

// ruleAlreadyOpen: the person has an open request for the same at this post
// (domain.md G.2, row 3). What other posts and the portal were asked the hub
// alone can compare, when it examines the packet.
const ruleAlreadyOpen consular.Rule = "already-open"

// bucketTopics has the reference of the newest request of this post for one
// thing, under an HMAC of person, product, purpose and country: the packet
// itself nobody here can open again.
var bucketTopics = []byte("desk.topics")

// topic names what a visit asks for; nil for what may be asked for at any time,
// and for a person without a national number, since names make no person.
func (d *Desk) topic(v *Review) []byte {
	if v.Service.Family() != consular.FamilyRecord || v.Record == nil || v.Person.NationalNumber == "" {
		return nil
	}
	use, text := v.Record.Use, ""
	if use.Purpose == consular.PurposeOther {
		text = strings.ToLower(strings.Join(strings.Fields(use.Text), " "))
	}
	if use.Purpose == 0 || use.Country == "" {
		return nil
	}
	sum := d.topics.Sum(
		[]byte(v.Person.NationalNumber), []byte(v.Service.String()), []byte(use.Purpose.String()), []byte(use.Country), []byte(text),
	)
	return sum[:]
}

// assessAgain looks for an open request of this post for the same, once all else
// of the visit is there: that somebody asked for a record is told to nobody who
// types a number without the person.
func (d *Desk) assessAgain(v *Review, r *reading) {
	topic := d.topic(v)
	if topic == nil {
		return
	}
	var held string
	err := d.o.Journal.View(func(kr kv.Reader) error {
		held = string(kr.Get(bucketTopics, topic))
		return nil
	})
	if err != nil || held == "" || held == v.Amends || !d.goesOn(held) {
		return // a post that cannot look lets the hub decide
	}
	v.Standing = held
	r.add("use.purpose", ruleAlreadyOpen)
}

// goesOn reports whether a request of this post is open, as far as the hub has
// told.
func (d *Desk) goesOn(reference string) bool {
	q, err := d.o.Journal.Request(reference)
	if err != nil || q.Refused || q.Withdrawn {
		return false
	}
	state := workflow.State(q.State)
	return state == workflow.None || workflow.Waits(workflow.KindRecord, state)
}

// keepTopic notes, with the entry, what the request asks for.
func keepTopic(w kv.Writer, topic []byte, reference string) error {
	if topic == nil {
		return nil
	}
	return w.Put(bucketTopics, topic, []byte(reference))
}

// reapTopics forgets what has ended.
func (d *Desk) reapTopics() error {
	var all, over [][]byte
	var held []string
	err := d.o.Journal.View(func(r kv.Reader) error {
		r.Ascend(bucketTopics, nil, func(key, value []byte) bool {
			all, held = append(all, append([]byte(nil), key...)), append(held, string(value))
			return true
		})
		return nil
	})
	if err != nil {
		return err
	}
	for i, key := range all {
		if !d.goesOn(held[i]) {
			over = append(over, key)
		}
	}
	if len(over) == 0 {
		return nil
	}
	return d.o.Journal.Update(func(w kv.Writer) error {
		for _, key := range over {
			if err := w.Delete(bucketTopics, key); err != nil {
				return err
			}
		}
		return nil
	})
}

// oneByOne orders the releases of requests for records: two visits of one person
// for the same, released at the same moment, must see each other.
func (d *Desk) oneByOne(o *open) (done func()) {
	if o.Service.Family() != consular.FamilyRecord {
		return func() {}
	}
	d.releasing.Lock()
	return d.releasing.Unlock
}
