package web_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"jaliya/internal/web"
)

// pipes is a listener over connections in memory, so that a slow reader costs a
// test no time.
type pipes struct{ come chan net.Conn }

func (p pipes) Accept() (net.Conn, error) {
	c, ok := <-p.come
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}

// Close is called once, by the server.
func (p pipes) Close() error   { close(p.come); return nil }
func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }

// against runs a server as every surface does, and dials it once.
func against(t *testing.T, attack func(c net.Conn, answer *bufio.Reader)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		log := slog.New(slog.DiscardHandler)
		engine := web.NewEngine(log)
		engine.GET("/", func(c *gin.Context) { c.String(http.StatusOK, "fine") })
		engine.GET("/much", func(c *gin.Context) { c.String(http.StatusOK, strings.Repeat("x", 8<<20)) })
		engine.POST("/take", func(c *gin.Context) {
			n, err := io.Copy(io.Discard, c.Request.Body)
			if err != nil {
				c.String(http.StatusRequestTimeout, "cut")
				return
			}
			c.String(http.StatusOK, "took %d", n)
		})
		server := web.NewServer(engine, log)
		l := pipes{make(chan net.Conn)}
		ended := make(chan error, 1)
		go func() { ended <- server.Serve(l) }()
		here, there := net.Pipe()
		l.come <- there
		attack(here, bufio.NewReader(here))
		require.NoError(t, here.Close())
		require.NoError(t, server.Close())
		require.ErrorIs(t, <-ended, http.ErrServerClosed)
	})
}

// gone waits until the server has closed the connection, and says how long that
// took.
func gone(t *testing.T, answer *bufio.Reader) time.Duration {
	t.Helper()
	start := time.Now()
	_, err := io.Copy(io.Discard, answer)
	require.True(t, err == nil || errors.Is(err, io.ErrClosedPipe), err)
	return time.Since(start)
}

// TestSlowClients: whoever sends or reads by drops holds a connection for a
// bounded time, and no more than what a request may carry.
func TestSlowClients(t *testing.T) {
	t.Run("ErrHeadByDrops", func(t *testing.T) {
		against(t, func(c net.Conn, answer *bufio.Reader) {
			go func() { _, _ = io.Copy(io.Discard, answer) }() // as a socket takes what is said to it
			start := time.Now()
			for i := 0; ; i++ {
				if _, err := fmt.Fprintf(c, "%c", "GET / HTTP/1.1\r\nHost: a\r\nX-A: bbbbbbbbbbbbbbbbbbbbbbbbbbb"[min(i, 50)]); err != nil {
					break
				}
				time.Sleep(time.Second)
			}
			require.Less(t, time.Since(start), 8*time.Second)
		})
	})
	t.Run("ErrSilence", func(t *testing.T) {
		against(t, func(_ net.Conn, answer *bufio.Reader) { require.Less(t, gone(t, answer), 8*time.Second) })
	})
	t.Run("ErrIdle", func(t *testing.T) {
		against(t, func(c net.Conn, answer *bufio.Reader) {
			_, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
			require.NoError(t, err)
			_, err = answer.ReadString('\n')
			require.NoError(t, err)
			require.LessOrEqual(t, gone(t, answer), 2*time.Minute+time.Second)
		})
	})
	t.Run("ErrBodyByDrops", func(t *testing.T) {
		against(t, func(c net.Conn, answer *bufio.Reader) {
			_, err := io.WriteString(c, "POST /take HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n")
			require.NoError(t, err)
			go func() { _, _ = io.Copy(io.Discard, answer) }()
			start := time.Now()
			for {
				if err := c.SetWriteDeadline(time.Now().Add(5 * time.Minute)); err != nil {
					break
				}
				if _, err := c.Write([]byte("x")); err != nil {
					break
				}
				time.Sleep(time.Second)
			}
			require.Less(t, time.Since(start), 3*time.Minute)
		})
	})
	t.Run("ErrReadsNothing", func(t *testing.T) {
		against(t, func(c net.Conn, answer *bufio.Reader) {
			_, err := io.WriteString(c, "GET /much HTTP/1.1\r\nHost: a\r\n\r\n")
			require.NoError(t, err)
			time.Sleep(5 * time.Minute)
			n, err := io.Copy(io.Discard, answer)
			require.True(t, err == nil || errors.Is(err, io.ErrClosedPipe), err)
			require.Less(t, n, int64(8<<20), "it was not kept until somebody read it")
		})
	})
}

// TestCrookedRequests: what two servers could read in two ways is read in none.
func TestCrookedRequests(t *testing.T) {
	cases := map[string]struct{ sent, status string }{
		"OK":               {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "200"},
		"OKBody":           {"POST /take HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", "200"},
		"ErrTwoLengths":    {"POST /take HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", "400"},
		"ErrLengthSigned":  {"POST /take HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc", "400"},
		"ErrTwoCodings":    {"POST /take HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n", "501"},
		"ErrOddCoding":     {"POST /take HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", "501"},
		"ErrBlankName":     {"POST /take HTTP/1.1\r\nHost: a\r\nContent-Length : 3\r\n\r\nabc", "400"},
		"ErrFolded":        {"GET / HTTP/1.1\r\nHost: a\r\nX-A: b\r\n c: d\r\nContent-Length\t: 9\r\n\r\n", "400"},
		"ErrNoHost":        {"GET / HTTP/1.1\r\n\r\n", "400"},
		"ErrTwoHosts":      {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"},
		"ErrHostWithSpace": {"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "400"},
		"ErrChunkSize":     {"POST /take HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc\r\n0\r\n\r\n", "408"},
		"ErrManyHeaders":   {"GET / HTTP/1.1\r\nHost: a\r\n" + strings.Repeat("X-A: "+strings.Repeat("b", 1000)+"\r\n", 40) + "\r\n", "431"},
		"ErrLongPath":      {"GET /" + strings.Repeat("a", 40<<10) + " HTTP/1.1\r\nHost: a\r\n\r\n", "431"},
		"ErrNotHTTP":       {"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\r\n\r\n", "400"},
	}
	for name, one := range cases {
		t.Run(name, func(t *testing.T) {
			against(t, func(c net.Conn, answer *bufio.Reader) {
				go func() { _, _ = io.WriteString(c, one.sent) }() // the server need not read it all
				line, err := answer.ReadString('\n')
				require.NoError(t, err)
				require.Equal(t, one.status, strings.Fields(line)[1], line)
				if one.status == "200" {
					return
				}
				rest, err := io.ReadAll(answer)
				require.True(t, err == nil || errors.Is(err, io.ErrClosedPipe), err)
				require.NotContains(t, string(rest), "200 OK", "what came after was not taken for a request")
			})
		})
	}
	t.Run("OKChunkedGoesFirst", func(t *testing.T) {
		// RFC 9112, 6.3: the length counts for nothing, and the connection ends.
		against(t, func(c net.Conn, answer *bufio.Reader) {
			go func() {
				_, _ = io.WriteString(c, "POST /take HTTP/1.1\r\nHost: a\r\nContent-Length: 60\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"+
					"GET /much HTTP/1.1\r\nHost: a\r\n\r\n")
			}()
			text, err := io.ReadAll(answer)
			require.True(t, err == nil || errors.Is(err, io.ErrClosedPipe), err)
			require.Less(t, len(text), 4<<10, "the smuggled request was answered")
		})
	})
}
