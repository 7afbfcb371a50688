package localnet

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"

	"jaliya/internal/fault"
)

// onlookerWait bounds one page, connection included.
const onlookerWait = 30 * time.Second

// onlooker is a browser with an address of its own. Loopback has sixteen million
// addresses, and the portal paces each of its clients.
type onlooker struct {
	base string
	http *http.Client
}

// newOnlooker gives the nth onlooker, with one connection that is kept. The
// cookies may be those of another, who showed the slip.
func newOnlooker(base string, n int, cookies http.CookieJar) *onlooker {
	dialer := &net.Dialer{Timeout: onlookerWait, LocalAddr: &net.TCPAddr{IP: onlookerAddress(n)}}
	return &onlooker{base: base, http: &http.Client{
		Jar: cookies, Timeout: onlookerWait, Transport: &http.Transport{DialContext: dialer.DialContext, MaxIdleConnsPerHost: 1},
	}}
}

// onlookerAddress is of 127.16.0.0/12, where nothing of the network listens.
func onlookerAddress(n int) net.IP {
	return binary.BigEndian.AppendUint32(nil, 0x7f100000|uint32(n&0xfffff))
}

func (c *onlooker) leave() { c.http.CloseIdleConnections() }

// open asks for a page, reads it to its end, and gives its status.
func (c *onlooker) open(ctx context.Context, path string) (int, error) {
	return c.send(ctx, http.MethodGet, path, nil)
}

// fill sends a form.
func (c *onlooker) fill(ctx context.Context, path string, form url.Values) (int, error) {
	return c.send(ctx, http.MethodPost, path, form)
}

func (c *onlooker) send(ctx context.Context, method, path string, form url.Values) (status int, err error) {
	const op = "localnet: ask portal"
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, fault.New(fault.Internal, op, path, err)
	}
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := c.http.Do(request)
	if err != nil {
		return 0, fault.New(fault.Unavailable, op, method+" "+path, err)
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	if _, err = io.Copy(io.Discard, response.Body); err != nil {
		return 0, fault.New(fault.Unavailable, op, method+" "+path, err)
	}
	return response.StatusCode, nil
}

// shows waits until the network knows a slip, and gives the cookies of a browser
// that may look at its request.
func shows(ctx context.Context, base string, slip released) (http.CookieJar, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, fault.New(fault.Internal, "localnet: new onlooker", "", err)
	}
	c := newOnlooker(base, 0, jar)
	defer c.leave()
	form := url.Values{"reference": {slip.Reference}, "slip_code": {slip.SlipCode}}
	status, err := c.fill(ctx, "/follow", form)
	if err == nil && status != http.StatusOK {
		err = fault.New(fault.Other, "localnet: show a slip", http.StatusText(status), nil)
	}
	return jar, err
}
