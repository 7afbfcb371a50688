package tell

import (
	"context"
	"time"

	"jaliya/hub/gateway"
	"jaliya/hub/gateway/mail"
	"jaliya/hub/gateway/sms"
	"jaliya/hub/ledger"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/workflow"
)

// firstLook and seldom bound the pause between two questions about a report.
const (
	firstLook = 10 * time.Second
	seldom    = 15 * time.Minute
)

// tell sends the message, or looks after one that was sent. The packet is
// opened only to send.
func (n *Notifier) tell(ctx context.Context, o ledger.Order, occasion Occasion, view ledger.CaseView) (Outcome, error) {
	if outcome, known, err := n.follow(ctx, o); known || err != nil {
		return outcome, err
	}
	contact, language, err := n.Reader.Contact(ctx, o)
	switch {
	case fault.Is(err, fault.NotFound):
		return Bounced, nil
	case err != nil:
		return 0, err
	}
	text, err := n.compose(o, occasion, view, language)
	if err != nil {
		return 0, err
	}
	for _, send := range n.channels(contact, language) {
		if outcome, err := send(ctx, o, contact, text); err != nil || outcome != Bounced {
			return outcome, err
		}
	}
	return Bounced, nil
}

type channel func(ctx context.Context, o ledger.Order, to consular.Contact, text Text) (Outcome, error)

// channels gives what is open to a contact, the better first: SMS, because it
// proves; for a speaker of Tamazight mail, which has room for both languages.
func (n *Notifier) channels(to consular.Contact, l consular.Language) (list []channel) {
	if n.SMS != nil && to.Phone != "" {
		list = append(list, n.bySMS)
	}
	if n.Mail != nil && to.Email != "" {
		list = append(list, n.byMail)
	}
	if l == consular.Tamazight && len(list) == 2 {
		list[0], list[1] = list[1], list[0]
	}
	return list
}

func (n *Notifier) compose(o ledger.Order, occasion Occasion, view ledger.CaseView, l consular.Language) (Text, error) {
	facts := Facts{Occasion: occasion, Reference: consular.Reference(o.Reference), Portal: n.cfg.Portal}
	post := view.Flow.Serving
	switch {
	case occasion == Place && view.Flow.Onward != "":
		post = view.Flow.Onward // as soon as the card arrived where it goes now
	case occasion == Place, workflow.State(view.Flow.State) == workflow.Ready:
		post = view.Flow.Pickup
	}
	if occasion == Moved {
		facts.Date = consular.DateOf(promised(view, n.Now()))
	}
	if post != "" { // none: the person filed it online
		found, err := n.Posts.Lookup(post)
		if err != nil {
			return Text{}, err
		}
		facts.City = found.City
	}
	return Compose(n.Words, l, facts)
}

// promised gives the date that the person's page shows as well.
func promised(view ledger.CaseView, now time.Time) time.Time {
	return workflow.PromiseOf(workflow.Kind(view.Flow.Kind), view.Stays(), now).Now
}

func (n *Notifier) byMail(ctx context.Context, o ledger.Order, to consular.Contact, text Text) (Outcome, error) {
	result, err := n.Mail.Send(ctx, mail.Message{
		Key: n.key(o), To: to.Email, Language: to.Language, Subject: text.Subject, Text: text.Mail,
	})
	switch {
	case err != nil:
		return 0, err
	case result == mail.Bounced:
		return Bounced, nil
	}
	return Accepted, nil
}

func (n *Notifier) bySMS(ctx context.Context, o ledger.Order, to consular.Contact, text Text) (Outcome, error) {
	report, err := n.SMS.Send(ctx, sms.Message{Key: n.key(o), To: to.Phone, Text: text.SMS})
	switch {
	case fault.Is(err, fault.NotFound): // no telephone has the number
		return Bounced, nil
	case err != nil:
		return 0, err
	}
	return n.judge(o, report)
}

// follow asks for the report of a message that this member sent; a member that
// does not remember sends again, under the same key.
func (n *Notifier) follow(ctx context.Context, o ledger.Order) (outcome Outcome, known bool, err error) {
	n.mu.Lock()
	id := n.out[o.ID]
	n.mu.Unlock()
	if id == "" {
		return 0, false, nil
	}
	report, err := n.SMS.Report(ctx, id)
	switch {
	case fault.Is(err, fault.NotFound):
		n.forget(o.ID)
		return 0, false, nil
	case err != nil:
		return 0, true, err
	case report.State == sms.Failed: // the other channel is open
		n.forget(o.ID)
		return 0, false, nil
	}
	outcome, err = n.judge(o, report)
	return outcome, true, err
}

// judge waits for the report as long as the configuration says, asking often
// about a young order and seldom about an old one.
func (n *Notifier) judge(o ledger.Order, report sms.Report) (Outcome, error) {
	switch report.State {
	case sms.Delivered:
		return Delivered, nil
	case sms.Failed:
		return Bounced, nil
	case sms.Queued, sms.Sent:
	}
	age := n.Now().Sub(time.UnixMilli(o.Created))
	if age >= n.cfg.Report.Std() {
		return Accepted, nil
	}
	n.mu.Lock()
	n.out[o.ID] = report.ID
	n.mu.Unlock()
	return 0, gateway.Wait(min(max(age/10, firstLook), seldom), "the carrier's report")
}
