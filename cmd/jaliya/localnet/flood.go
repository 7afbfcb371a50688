package localnet

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
)

const (
	flooders  = 64  // connections that ask as fast as they are answered
	stallers  = 256 // connections that send a head by drops
	fromOne   = 40  // requests of one address, a few more than it may type
	oneTypist = 4   // of so many flooders one guesses slips
)

// flooded is what a flood has done.
type flooded struct {
	Asked   int64   `json:"asked"`
	Refused int64   `json:"refused"` // told to come back later
	Seconds float64 `json:"seconds"`
}

// Flood loads the portal at base until the context ends: some look at the
// request of a slip, which it reads from in as JSON, some guess slips, and some
// hold connections. It says when it has begun, and in the end what it did.
func Flood(ctx context.Context, base string, in io.Reader, out io.Writer) error {
	var slip released
	if err := json.NewDecoder(in).Decode(&slip); err != nil {
		return fault.New(fault.Invalid, "localnet: flood", "a slip", err)
	}
	cookies, err := shows(ctx, base, slip)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "flooding")
	began := time.Now()
	var asked, refused atomic.Int64
	var wg sync.WaitGroup
	for i := range flooders {
		wg.Go(func() {
			// Another address each turn: a flood has many, and does not wait to be paced.
			for turn := 0; ctx.Err() == nil; turn++ {
				c := newOnlooker(base, 1+i+turn*(flooders+stallers), cookies)
				for range fromOne {
					status, err := c.attack(ctx, i%oneTypist == 0)
					if err != nil {
						break
					}
					asked.Add(1)
					if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
						refused.Add(1)
					}
				}
				c.leave()
			}
		})
	}
	for i := range stallers {
		wg.Go(func() { stall(ctx, base, 1+flooders+i) })
	}
	wg.Wait()
	done := flooded{Asked: asked.Load(), Refused: refused.Load(), Seconds: time.Since(began).Seconds()}
	if err := json.NewEncoder(out).Encode(done); err != nil {
		return fault.New(fault.Storage, "localnet: flood", "", err)
	}
	return nil
}

// attack asks for something that makes the portal, and a member, work.
func (c *onlooker) attack(ctx context.Context, types bool) (int, error) {
	if !types {
		return c.open(ctx, "/follow")
	}
	ref, err := consular.NewReference(chance{})
	if err != nil {
		return 0, err
	}
	code := fmt.Sprintf("%08d", rand.IntN(1e8)) //nolint:gosec // a guess
	return c.fill(ctx, "/follow", url.Values{"reference": {ref.Digits()}, "slip_code": {code}})
}

// chance draws guesses, which need not be hard to foresee.
type chance struct{}

func (chance) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(rand.Uint32()) //nolint:gosec // a guess
	}
	return len(p), nil
}

// stall holds a connection by sending a head by drops, and takes another when
// it is closed.
func stall(ctx context.Context, base string, number int) {
	host := strings.TrimPrefix(base, "http://")
	dialer := &net.Dialer{Timeout: onlookerWait, LocalAddr: &net.TCPAddr{IP: onlookerAddress(number)}}
	for ctx.Err() == nil {
		conn, err := dialer.DialContext(ctx, "tcp", host)
		if err != nil {
			pause(ctx)
			continue
		}
		stop := context.AfterFunc(ctx, func() { _ = conn.Close() }) // ends what waits
		for _, drop := range "GET / HTTP/1.1\r\nHost: " + host + "\r\nX-Slow: " + strings.Repeat("x", 1000) {
			if _, err = io.WriteString(conn, string(drop)); err != nil {
				break
			}
			pause(ctx)
		}
		stop()
		_ = conn.Close()
	}
}
