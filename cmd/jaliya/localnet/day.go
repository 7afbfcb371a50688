package localnet

import (
	"context"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"jaliya/internal/fault"
)

// What the people of a day take their time for, at the pace of people. A network
// of any size has one visit every few seconds, so that a laptop holds it for hours.
const (
	dayVisit     = 4 * time.Second  // between two visits, over all posts
	dayStep      = 2 * time.Second  // a clerk at one form
	dayLook      = 3 * time.Second  // between two looks at a list of work
	dayRoad      = 8 * time.Second  // a bag under way
	dayPack      = 5 * time.Second  // a bag being packed
	dayLate      = 20 * time.Second // after which a bag is late
	dayComing    = 25 * time.Second // until a person comes for a card
	dayRecord    = 20 * time.Second // between two requests for a record
	dayCut       = 4 * time.Minute  // a post without its line
	dayUp        = 2 * time.Minute  // and with it
	dayForgotten = 3 * time.Minute  // a late bag that nobody opens
	dayAgain     = 5 * time.Minute  // between two disputes about a packet
	daySorry     = 5 * time.Second  // after what did not succeed
)

// Bounds of a day: people rest when they are reached.
const (
	dayPosts     = 4        // a day needs so many: each story has a post of its own
	dayPending   = 200      // visits whose card nobody has yet
	daySize      = 4 << 30  // bytes below the directory
	dayForPeople = 3        // cases that are left to whoever signs in as a verifier
	dayBad       = 5        // decisions that send a visit back, in one run
	dayRecords   = 3        // requests at the record office that wait for its officers
	dayUnpaid    = 2        // requests that nobody pays
	dayMemory    = 10 << 10 // things that somebody remembers having seen
)

// day is a day of the network that goes on until it is stopped: everything in it
// is done by the APIs and pages that people use.
type day struct {
	*teller

	pace   float64
	filing sync.Mutex // held while the book's file is written

	mu      sync.Mutex // guards the rest
	random  *rand.Rand
	book    map[string]released // cards that somebody waits for, by reference
	held    map[string]bool     // cases that no verifier of the day may take
	said    map[string]time.Time
	full    bool
	bad     int // decisions that sent a visit back
	looks   map[string]Look
	shown   bool // what to look at first was printed
	figures figures
}

func newDay(t *teller, o Options) (*day, error) {
	if len(t.net.Posts) < dayPosts {
		return nil, fault.New(fault.Invalid, "localnet: begin day", "a day needs 4 posts or more: --posts 4", nil)
	}
	pace := o.Pace
	if pace <= 0 {
		pace = 1
	}
	d := &day{
		teller: t, pace: pace, book: map[string]released{}, held: map[string]bool{}, said: map[string]time.Time{}, looks: map[string]Look{},
		random: rand.New(rand.NewPCG(o.Seed, 13)), //nolint:gosec // chooses who comes, guards nothing
	}
	return d, d.readBook()
}

// The posts of the stories, each another one; the first is the one that journeys
// cut off too.
func (d *day) cutPost() *Post  { return d.net.Posts[0] }
func (d *day) openPost() *Post { return d.net.Posts[1] } // of the draft that stays open, and whence the late bag's card comes
func (d *day) latePost() *Post { return d.net.Posts[min(4, len(d.net.Posts)-1)] }

func (d *day) disputePost() *Post {
	if len(d.net.Posts) > 5 {
		return d.net.Posts[5]
	}
	return d.net.Posts[len(d.net.Posts)-2]
}

func scaled(pace float64, t time.Duration) time.Duration { return time.Duration(float64(t) / pace) }

// run is the day. It returns when ctx ends: nothing else ends a day.
func (d *day) run(ctx context.Context) error {
	d.sweep(ctx)
	var g errgroup.Group
	for i, p := range d.net.Posts {
		g.Go(func() error { return d.keep(ctx, "a visit at "+p.City, d.clerk(p, i)) })
		g.Go(func() error { return d.keep(ctx, "the counter of "+p.City, d.counter(p)) })
	}
	for what, act := range map[string]func(context.Context) error{
		"verification at the hub": d.verify, "the line of " + d.cutPost().City: d.cutOff,
		"a bag to " + d.latePost().City: d.lateBag, "a correction at " + d.disputePost().City: d.dispute,
		"a draft at " + d.openPost().City: d.draft, "a request on the portal": d.citizens, "looking at the room": d.room, "telling": d.tells,
	} {
		g.Go(func() error { return d.keep(ctx, what, act) })
	}
	return g.Wait()
}

// keep does it again and again until ctx ends. What does not succeed is said, and
// the day goes on.
func (d *day) keep(ctx context.Context, what string, act func(context.Context) error) error {
	for ctx.Err() == nil {
		if err := act(ctx); err != nil && ctx.Err() == nil {
			d.sorry(what, err)
			_ = d.rest(ctx, daySorry) // the day is over, and the loop says so
		}
	}
	return nil
}

// sorry says what did not succeed, the same thing once a minute.
func (d *day) sorry(what string, err error) {
	d.mu.Lock()
	again := time.Since(d.said[what]) < time.Minute
	if !again {
		d.said[what] = time.Now()
	}
	d.mu.Unlock()
	if !again {
		d.step("", "did not succeed, and is tried again: %s: %v", what, err)
	}
}

// rest takes the time of people: about so long, by the pace of the day.
func (d *day) rest(ctx context.Context, about time.Duration) error {
	d.mu.Lock()
	share := 0.5 + d.random.Float64()
	d.mu.Unlock()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Duration(float64(scaled(d.pace, about)) * share)):
		return nil
	}
}

// chance is yes once in n times.
func (d *day) chance(n int) bool { return d.choose(n) == 0 }

func (d *day) choose(n int) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.random.IntN(n)
}

// expect puts a person into the book of those who wait for a card.
func (d *day) expect(r released) {
	d.mu.Lock()
	d.book[r.Reference] = r
	d.mu.Unlock()
	d.writeBook()
}

func (d *day) forget(reference string) {
	d.mu.Lock()
	delete(d.book, reference)
	delete(d.held, reference)
	d.mu.Unlock()
	d.writeBook()
}

func (d *day) waitsFor(reference string) (released, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	r, ok := d.book[reference]
	return r, ok
}

// mayCome tells whether there is room for another visit.
func (d *day) mayCome() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return !d.full && len(d.book) < dayPending
}

// room looks from time to time how large the directory has become.
func (d *day) room(ctx context.Context) error {
	size, err := dirSize(ctx, d.net.dir)
	if err != nil {
		return err
	}
	d.mu.Lock()
	was := d.full
	d.full = size > daySize
	now := d.full
	d.mu.Unlock()
	if now && !was {
		d.step("", "the directory has reached 4 GiB: nobody else comes; remove it to begin anew")
	}
	return d.rest(ctx, time.Minute)
}

// sweep discards the drafts that programs left when an earlier run ended; those
// of people at the screens stay.
func (d *day) sweep(ctx context.Context) {
	for _, p := range d.net.Posts {
		agent := newClient(p, p.account("agent"))
		var list struct {
			Visits []struct {
				Visit      string `json:"visit"`
				CapturedBy string `json:"captured_by"`
			} `json:"visits"`
		}
		err := agent.do(ctx, call{Method: "GET", Path: "/visits", Into: &list})
		for _, v := range list.Visits {
			if err == nil && strings.Contains(v.CapturedBy, agent.name) {
				err = agent.discard(ctx, v.Visit)
			}
		}
		if err != nil && ctx.Err() == nil {
			d.sorry("tidying up at "+p.City, err)
		}
	}
}
