package web

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/gin-gonic/gin"

	"jaliya/internal/fault"
)

// MaxBody is the largest body that any route takes, in bytes; routes set
// smaller caps of their own.
const MaxBody = 16 << 20

const (
	keyRequestID    = "jaliya.request-id"
	headerRequestID = "X-Request-Id"
)

// NewEngine gives an engine with request ids, recovery, body cap, security
// headers, one log line for each request, and problems for unknown routes and
// methods. It trusts no proxy and redirects nothing.
func NewEngine(log *slog.Logger) *gin.Engine {
	gin.SetMode(gin.ReleaseMode) // gin has no mode of an engine; the other ones print
	e := gin.New()
	e.RedirectTrailingSlash = false
	e.HandleMethodNotAllowed = true
	e.ForwardedByClientIP = false
	e.Use(identify, logged(log), recovered(log), headers, sameOrigin(), capped)
	e.NoRoute(func(c *gin.Context) { Fail(c, fault.New(fault.NotFound, "web: route", "", CodeNoRoute.Cause())) })
	e.NoMethod(func(c *gin.Context) { Fail(c, fault.New(fault.Invalid, "web: route", "", CodeMethod.Cause())) })
	return e
}

// NewServer gives a server with timeouts for a handler. Uploads are in pieces,
// so no single request needs longer on a slow line.
func NewServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       2 * time.Minute,
		WriteTimeout:      2*time.Minute + 10*time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// identify draws the reference number that the caller can quote.
func identify(c *gin.Context) {
	var b [8]byte
	_, _ = rand.Read(b[:]) // crypto/rand ends the process instead of failing
	id := hex.EncodeToString(b[:])
	c.Set(keyRequestID, id)
	c.Header(headerRequestID, id)
}

// RequestID gives the reference number of a request.
func RequestID(c *gin.Context) string { return c.GetString(keyRequestID) }

// logged writes one line: the route's pattern, not the URL.
func logged(log *slog.Logger) gin.HandlerFunc {
	return func(c *gin.Context) {
		start := time.Now()
		c.Next()
		attrs := []slog.Attr{
			slog.String("request_id", RequestID(c)), slog.String("method", c.Request.Method),
			slog.String("route", c.FullPath()), slog.Int("status", c.Writer.Status()),
			slog.Duration("took", time.Since(start)),
		}
		level := slog.LevelDebug
		if failed := c.Errors.Last(); failed != nil {
			level = slog.LevelError
			attrs = append(attrs, slog.String("error", failed.Err.Error()))
		}
		log.LogAttrs(c.Request.Context(), level, "request", attrs...)
	}
}

// recovered turns a panic into a 500. The panic's text may quote data, so only
// its type, and the text of the runtime's own errors, are logged.
func recovered(log *slog.Logger) gin.HandlerFunc {
	return func(c *gin.Context) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if v == http.ErrAbortHandler { //nolint:errorlint // recover gives back the very value
				panic(v)
			}
			what := fmt.Sprintf("%T", v)
			if e, ok := v.(runtime.Error); ok {
				what = e.Error()
			}
			log.LogAttrs(c.Request.Context(), slog.LevelError, "panic", slog.String("request_id", RequestID(c)),
				slog.String("route", c.FullPath()), slog.String("what", what), slog.String("stack", string(debug.Stack())))
			if c.Writer.Written() {
				c.Abort()
				return
			}
			Fail(c, fault.New(fault.Internal, "web: handle", "panic", nil))
		}()
		c.Next()
	}
}

func headers(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(self), microphone=(), geolocation=()")
	if c.Request.TLS != nil { // a surface behind a proxy says so itself
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// sameOrigin refuses what another site makes a browser send; programs, which
// send neither Origin nor Sec-Fetch-Site, pass.
func sameOrigin() gin.HandlerFunc {
	protection := http.NewCrossOriginProtection()
	return func(c *gin.Context) {
		if err := protection.Check(c.Request); err != nil {
			Fail(c, fault.New(fault.Denied, "web: check origin", "", CodeCrossOrigin.Cause()))
			c.Abort()
		}
	}
}

// capped bounds the body. After one in chunks the connection ends: a length that
// stood beside them may have told something before us where another request
// begins (RFC 9112, 6.1). Browsers send none.
func capped(c *gin.Context) {
	if len(c.Request.TransferEncoding) > 0 {
		c.Header("Connection", "close")
	}
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, MaxBody)
}
