package localnet

import (
	"context"
	"fmt"
	"net/http"
	"sync"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/workflow"
)

// acts are what hand-over desks confirmed.
type acts struct {
	mu   sync.Mutex // guards list
	list []act
}

// act is one thing done to a card or a pouch, with the event that it is to be in
// the hub's timeline.
type act struct {
	about  string // reference or label
	event  workflow.Event
	post   consular.PostID
	serial string // of a card
}

func (a *acts) add(one act) {
	if a == nil {
		return // nobody accounts for them
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.list = append(a.list, one)
}

func (a *acts) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.list)
}

// bench is the table of a post at which pouches are opened and cards given out.
// It takes every decision from what the desk says now, so that whatever a kill
// left half done is gone on with.
type bench struct {
	post     *Post
	first    *client
	second   *client
	together map[string]string
	book     *book
	acts     *acts
	// Where people take their time; nil: at once, and whoever is in the book.
	here  func(bag tableView) bool      // somebody opens the bag now
	comes func(reference string) bool   // the person comes for the card now
	known func(string) (released, bool) // the slip of a person, instead of the book's
	given func(reference string)        // the card is in the hand
}

func newBench(p *Post, b *book, a *acts) *bench {
	second := p.account(access.Supervisor)
	return &bench{
		post: p, first: newClient(p, p.account(access.Agent)), second: newClient(p, second),
		together: map[string]string{"Second-Authorization": "Bearer " + second.Token}, book: b, acts: a,
	}
}

// work goes on until the context ends. What the desk refuses is an error; what
// was cut off is tried again, from what the desk then says.
func (b *bench) work(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := b.round(ctx); err != nil && !fault.Is(err, fault.Unavailable) {
			return fault.New(fault.Other, "localnet: work at the counter", string(b.post.ID), err)
		}
		pause(ctx)
	}
	return nil
}

// tableView is a pouch with its cards as the desk shows them.
type tableView struct {
	Pouch      string `json:"pouch"`
	Seal       string `json:"seal"`
	State      string `json:"state"`
	Complete   bool   `json:"manifest_complete"`
	Arrived    string `json:"arrived"`
	Opened     string `json:"opened"`
	Reconciled string `json:"reconciled"`
	Cards      []struct {
		Reference string `json:"reference"`
		Serial    string `json:"serial"`
		Finding   string `json:"finding"`
		State     string `json:"state"`
	} `json:"cards"`
}

func (b *bench) round(ctx context.Context) error {
	var list struct {
		Pouches []tableView `json:"pouches"`
	}
	if err := b.first.do(ctx, call{Method: http.MethodGet, Path: "/pouches", Into: &list}); err != nil {
		return err
	}
	for _, bag := range list.Pouches {
		if !bag.Complete || bag.State == workflow.PouchClosed.String() || bag.State == workflow.PouchWithCourier.String() {
			continue // not here yet
		}
		if b.here != nil && !b.here(bag) {
			continue
		}
		if err := b.receive(ctx, bag); err != nil {
			return err
		}
		if err := b.giveOut(ctx, bag); err != nil {
			return err
		}
	}
	return nil
}

// receive takes a bag from its arrival to the end of its count.
func (b *bench) receive(ctx context.Context, bag tableView) error {
	path := "/pouches/" + bag.Pouch
	if bag.Arrived == "" {
		k := call{Path: path + "/arrive", Body: map[string]any{}}
		if err := b.confirm(ctx, b.second, k, act{about: bag.Pouch, event: workflow.BagArrived}); err != nil {
			return err
		}
	}
	if bag.Opened == "" {
		k := call{Path: path + "/open", Body: map[string]any{"seal": bag.Seal}, Header: b.together}
		if err := b.confirm(ctx, b.first, k, act{about: bag.Pouch, event: workflow.BagOpened}); err != nil {
			return err
		}
	}
	if bag.Reconciled != "" {
		return nil
	}
	for _, line := range bag.Cards {
		if line.Finding != "open" {
			continue
		}
		k := call{Path: path + "/scan", Body: map[string]any{"serial": line.Serial}}
		if err := b.confirm(ctx, b.first, k, act{about: line.Reference, event: workflow.CardReceived, serial: line.Serial}); err != nil {
			return err
		}
	}
	k := call{Path: path + "/reconcile", Body: map[string]any{"missing": 0}}
	return b.confirm(ctx, b.first, k, act{about: bag.Pouch, event: workflow.BagCounted})
}

// giveOut shelves what was received and hands over whose slip is in the book.
func (b *bench) giveOut(ctx context.Context, bag tableView) error {
	for _, line := range bag.Cards {
		path := "/cards/" + line.Reference
		if line.State == workflow.Received.String() {
			k := call{Path: path + "/shelve", Body: map[string]any{"safe": "A", "box": "12"}}
			if err := b.confirm(ctx, b.first, k, act{about: line.Reference, event: workflow.CardShelved, serial: line.Serial}); err != nil {
				return err
			}
		}
		slip, known := b.slip(line.Reference)
		if !known || line.State != workflow.Ready.String() || b.comes != nil && !b.comes(line.Reference) {
			continue
		}
		k := call{Path: path + "/handover", Header: b.together, Body: map[string]any{
			"serial": line.Serial, "receiver": "person", "document": "passport", "face": true, "print": "matched",
			"receipt": true, "slip_code": slip.SlipCode, "old_card": "none", "pin_letter": true,
		}}
		if err := b.confirm(ctx, b.first, k, act{about: line.Reference, event: workflow.CardHandedOver, serial: line.Serial}); err != nil {
			return err
		}
		if b.given != nil {
			b.given(line.Reference)
		}
	}
	return nil
}

// slip gives what the person holds whose card this is.
func (b *bench) slip(reference string) (released, bool) {
	if b.known != nil {
		return b.known(reference)
	}
	c, known := b.book.find(reference)
	return c.released, known
}

// confirm does one act and notes it once the desk has confirmed it.
func (b *bench) confirm(ctx context.Context, by *client, k call, done act) error {
	k.Method = http.MethodPost
	if err := by.do(ctx, k); err != nil {
		return fault.New(fault.KindOf(err), "localnet: "+done.event.String(), fmt.Sprintf("%s at %s", done.about, b.post.ID), err)
	}
	done.post = b.post.ID
	b.acts.add(done)
	return nil
}
