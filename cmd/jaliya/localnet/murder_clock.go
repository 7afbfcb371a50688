package localnet

import (
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"jaliya/internal/fault"
)

// clockVariable names the file whose first eight bytes, little-endian, are the
// seconds by which a program's clock is set. Only programs that the tests build
// for it read it: the kernel has one clock for all processes.
const clockVariable = "JALIYA_CLOCK"

const (
	// postClocks is how far off a post's clock is set, hubClocks the hub's: a
	// post's may have lost its battery, the hub's are watched.
	postClocks = 72 * time.Hour
	hubClocks  = 5 * time.Minute
	// slowest is how far a post's clock may be behind the hub's and still find
	// certificates of today valid (pki.Backdate is a day). One that is further
	// behind gets no link before somebody sets it, and works alone meanwhile.
	slowest = 20 * time.Hour
	// clockDoubt is what a clock that was set may differ, in whole seconds of a
	// header and with a program that is busy.
	clockDoubt = 10 * time.Second
)

// murderClock enrols people while somebody sets the clocks of posts and hub back
// and forth under the running programs, and kills them besides. Everything that was
// confirmed is accounted for while the posts' clocks are still wrong, by no more
// than lets a link stand.
func murderClock(ctx context.Context, t *teller) error {
	random := rand.New(rand.NewPCG(t.seed, 13)) //nolint:gosec // chooses clocks, guards nothing
	if err := t.net.giveClocks(ctx); err != nil {
		return err
	}
	working, stop := context.WithCancel(ctx)
	defer stop()
	book := &book{}
	var clerks errgroup.Group
	for _, post := range t.net.Posts {
		clerks.Go(func() error { return clerkOnAnyDay(working, post, t.people, book) })
	}
	set := 0
	killed, err := t.killSome(ctx, random, murderSpread, func() error {
		set++
		return t.net.setSomeClock(ctx, random)
	})
	stop()
	if err = errors.Join(err, clerks.Wait()); err != nil {
		return err
	}
	t.step("", "%d clocks set, %d kills, %d visits confirmed meanwhile", set, killed, book.count())
	if err := t.net.Hub.setClock(ctx, 0); err != nil {
		return err
	}
	for _, post := range t.net.Posts {
		by := between(random, -slowest, postClocks)
		if err := post.process.setClock(ctx, by); err != nil {
			return err
		}
		t.step("", "the clock of %s is off by %s", post.City, by)
	}
	return t.account(ctx, book)
}

// clerkOnAnyDay goes on with the next person when a desk asks for another paper,
// because by its clock somebody is not of age yet, or a paper is of tomorrow.
func clerkOnAnyDay(ctx context.Context, p *Post, from *people, b *book) error {
	for {
		if err := clerk(ctx, p, from, b); !fault.Is(err, fault.Invalid) {
			return err
		}
	}
}

// between gives a whole number of seconds.
func between(random *rand.Rand, least, most time.Duration) time.Duration {
	return (least + time.Duration(random.Int64N(int64(most-least)))).Truncate(time.Second)
}

// giveClocks starts hub and posts again, each with a clock of its own.
func (n *Network) giveClocks(ctx context.Context) error {
	for victim := range len(n.Posts) + 1 {
		p := n.Hub
		if victim > 0 {
			p = n.Posts[victim-1].process
		}
		p.clock = filepath.Join(n.dir, p.name+".clock")
		if err := p.writeClock(0); err != nil {
			return err
		}
		p.env = append(p.env, clockVariable+"="+p.clock)
		if err := n.killAndRestart(ctx, victim); err != nil {
			return err
		}
	}
	return nil
}

// setSomeClock sets the clock of hub or a post, forward or back.
func (n *Network) setSomeClock(ctx context.Context, random *rand.Rand) error {
	p, most := n.Hub, hubClocks
	if victim := random.IntN(len(n.Posts) + 1); victim > 0 {
		p, most = n.Posts[victim-1].process, postClocks
	}
	return p.setClock(ctx, between(random, -most, most))
}

// setClock sets a running process's clock and asks whether it is so, by the date
// that it answers with: clocks that nobody moved would prove nothing.
func (p *process) setClock(ctx context.Context, by time.Duration) error {
	const op = "localnet: set clock"
	if err := p.writeClock(by); err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.admin+"/readyz", nil)
	if err != nil {
		return fault.New(fault.Internal, op, p.name, err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fault.New(fault.Unavailable, op, p.name, err)
	}
	if err := response.Body.Close(); err != nil {
		return fault.New(fault.Unavailable, op, p.name, err)
	}
	says, err := http.ParseTime(response.Header.Get("Date"))
	if err != nil {
		return fault.New(fault.Invalid, op, p.name, err)
	}
	if off := says.Sub(time.Now().Add(by)).Abs(); off > clockDoubt {
		return fault.New(fault.Other, op, p.name+" goes by another clock: its program must read "+clockVariable, nil)
	}
	return nil
}

// writeClock changes the file in place: the program has it mapped.
func (p *process) writeClock(by time.Duration) error {
	file, err := os.OpenFile(p.clock, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fault.New(fault.Storage, "localnet: write clock", p.clock, err)
	}
	seconds := binary.LittleEndian.AppendUint64(nil, uint64(int64(by/time.Second))) //nolint:gosec // two's complement is meant
	_, err = file.WriteAt(seconds, 0)
	if err = errors.Join(err, file.Close()); err != nil {
		return fault.New(fault.Storage, "localnet: write clock", p.clock, err)
	}
	return nil
}
