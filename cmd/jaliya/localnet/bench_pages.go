package localnet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"jaliya/internal/access"
	"jaliya/internal/fault"
)

const (
	pageReaders = 16  // at the same moment
	pagesOfOne  = 100 // of one citizen, who is paced after 200
)

// pages measures the status page of one request among all that the network
// holds, loaded by citizens with an address each.
func (n *Network) pages(ctx context.Context, post *Post, loads int, out io.Writer) error {
	slip, err := n.deposit(ctx, post, newPeople(2).visitor(post))
	if err != nil {
		return err
	}
	cookies, err := shows(ctx, n.Portal, slip)
	if err != nil {
		return err
	}
	var next atomic.Int64
	var mu sync.Mutex // guards took
	took := make(times, 0, loads)
	g, ctx := errgroup.WithContext(ctx)
	began, portal, member := time.Now(), n.portal.spent(), n.Hub.spent()
	for range pageReaders {
		g.Go(func() error {
			for {
				one := int(next.Add(1))
				if one > loads/pagesOfOne {
					return nil
				}
				own, err := n.looksAgain(ctx, one, cookies)
				if err != nil {
					return err
				}
				mu.Lock()
				took = append(took, own...)
				mu.Unlock()
			}
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	rate := float64(len(took)) / time.Since(began).Seconds()
	fmt.Fprintf(out, "status page, %6d loads          %8.0f /s   p50 %.1f ms, p99 %.1f ms\n",
		len(took), rate, millis(took.at(50)), millis(took.at(99)))
	// On a machine that others use, this says more.
	portal, member = n.portal.spent()-portal, n.Hub.spent()-member
	fmt.Fprintf(out, "processor for a page                %8.0f us  portal %.0f, member %.0f\n",
		micros(portal+member)/float64(len(took)), micros(portal)/float64(len(took)), micros(member)/float64(len(took)))
	return nil
}

// deposit files one request and waits until it is secured, so that citizens can
// follow it.
func (n *Network) deposit(ctx context.Context, post *Post, v visitor) (released, error) {
	agent := newClient(post, post.account(access.Agent))
	slip, err := enrol(ctx, agent, newClient(post, post.account(access.Supervisor)), v)
	if err != nil {
		return slip, err
	}
	return slip, eventually(ctx, "level L2", l2Limit, func() (bool, error) {
		s, err := agent.follow(ctx, slip)
		return s.Level == "L2", err
	})
}

// looksAgain is one citizen, who looks at a request again and again.
func (n *Network) looksAgain(ctx context.Context, number int, cookies http.CookieJar) (times, error) {
	c := newOnlooker(n.Portal, number, cookies)
	defer c.leave()
	own := make(times, 0, pagesOfOne)
	for range pagesOfOne {
		err := own.measure(func() error {
			status, err := c.open(ctx, "/follow")
			if err == nil && status != http.StatusOK {
				err = fault.New(fault.Other, "localnet: look at a request", http.StatusText(status), nil)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return own, nil
}

// spent gives the time that a process has had of the processors, 0 when it
// cannot be read.
func (p *process) spent() time.Duration {
	const tick = 10 * time.Millisecond // of Linux, towards programs
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(raw), ") ") // the name may hold blanks
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, err := strconv.Atoi(fields[11])
	system, failed := strconv.Atoi(fields[12])
	if errors.Join(err, failed) != nil {
		return 0
	}
	return time.Duration(user+system) * tick
}
