package alert

import (
	"context"
	"maps"
	"slices"
	"time"

	"jaliya/hub/gateway/mail"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
)

// message is what a channel carries at once.
type message struct {
	kind    string
	id      string
	hub     string
	console string
	at      time.Time
	lines   []Line
	open    []Line
}

// The kinds of message.
const (
	kindNeeds = "needs"
	kindPulse = "pulse"
	kindTest  = "test"
)

// channel is one way to tell, with what it has told and what it still owes. The
// loop alone touches it.
type channel struct {
	name  string
	send  func(context.Context, message) error
	pulse time.Duration // longest silence; 0: silence is good

	done     map[mark]bool // delivered here, and not noted yet
	owed     []Line        // noted, for another channel delivered it, but not delivered here
	spoke    time.Time
	failures int
	next     time.Time // not before
}

const (
	retrySoon = 15 * time.Second
	retryLate = 10 * time.Minute
)

// judge keeps what became of a message.
func (c *channel) judge(m message, err error) {
	if err != nil {
		pause := retrySoon << min(c.failures, 10)
		c.failures++
		c.next = m.at.Add(min(pause, retryLate))
		return
	}
	c.failures, c.next, c.spoke, c.owed = 0, time.Time{}, m.at, nil
	for _, l := range m.lines {
		c.done[l.mark()] = true
	}
}

// todo gives what is to be told here: what it owes, and what nobody noted yet.
func (c *channel) todo(list []Line) []Line {
	todo := slices.Clone(c.owed)
	for _, l := range list {
		if !c.done[l.mark()] {
			todo = append(todo, l)
		}
	}
	return todo
}

// settle drops from memory what the ledger remembers now: noted lines that this
// channel did not deliver it owes.
func (c *channel) settle(noted []Line) {
	for _, l := range noted {
		if !c.done[l.mark()] {
			c.owed = append(c.owed, l)
		}
		delete(c.done, l.mark())
	}
}

// forget drops what is no longer true: an owed beginning of a need that has
// ended, an owed end of one that is back, what has newer news, and what another
// leader has noted.
func (c *channel) forget(lasting map[string]bool, list []Line) {
	pending, newer := map[mark]bool{}, map[string]bool{}
	for _, l := range list {
		pending[l.mark()], newer[l.Need.Key] = true, true
	}
	c.owed = slices.DeleteFunc(c.owed, func(l Line) bool {
		return newer[l.Need.Key] || lasting[l.Need.Key] == (l.Turn == Ended)
	})
	maps.DeleteFunc(c.done, func(m mark, _ bool) bool { return !pending[m] })
}

// Mailer hands one mail to the carrier.
type Mailer interface {
	Send(ctx context.Context, m mail.Message) (mail.Result, error)
}

// errBounced says that an address takes no mail: an operator mends [alert].
func errBounced() error {
	return fault.New(fault.NotFound, "alert: send mail", "the carrier refused the address for good", nil)
}

func byMail(m Mailer, to consular.Email, w letter) func(context.Context, message) error {
	return func(ctx context.Context, msg message) error {
		subject, text := w.write(msg)
		result, err := m.Send(ctx, mail.Message{Key: msg.id, To: to, Language: w.words.Language(), Subject: subject, Text: text})
		if err == nil && result == mail.Bounced {
			err = errBounced()
		}
		return err
	}
}
