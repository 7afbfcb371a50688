package ipp

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"jaliya/internal/fault"
)

// Limits.
const (
	maxURI      = 1023 // RFC 8011 section 5.1.6
	dialWithin  = 5 * time.Second
	askWithin   = 10 * time.Second // of an answer to a question
	sendWithin  = 2 * time.Minute  // of a whole document
	defaultPoll = 500 * time.Millisecond
	defaultWait = 10 * time.Minute // until a sheet is out, paper filled in meanwhile
)

// mediaPDF is what is printed.
const mediaPDF = "application/pdf"

// Options say where a printer is. URI is needed.
type Options struct {
	URI  string        // ipp://host[:port]/path, or ipps://
	CA   string        // PEM file that proves an ipps printer; empty: the machine's own roots
	Poll time.Duration // between two looks at a job; 0: half a second
	Wait time.Duration // until a job must have ended; 0: ten minutes
}

// Printer is one printer. Its methods may be called from many goroutines.
type Printer struct {
	o       Options
	address string // http or https
	client  *http.Client
	ids     atomic.Uint32
	older   atomic.Bool // it speaks 1.1 and nothing newer
}

// CheckURI validates the address of a printer.
func CheckURI(uri string) error {
	_, err := httpAddress(uri)
	return err
}

func httpAddress(uri string) (string, error) {
	bad := fault.New(fault.Invalid, "ipp: read address", "ipp://host/path or ipps://host/path is wanted", nil)
	u, err := url.Parse(uri)
	if err != nil || len(uri) > maxURI || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", bad
	}
	switch u.Scheme {
	case "ipp":
		u.Scheme = "http"
	case "ipps":
		u.Scheme = "https"
	default:
		return "", bad
	}
	if u.Port() == "" {
		u.Host = net.JoinHostPort(u.Hostname(), "631")
	}
	if u.Path == "" {
		u.Path = "/"
	}
	return u.String(), nil
}

// New builds a printer; nothing is asked of it yet. Errors: Invalid, NotFound
// for a CA that is not there.
func New(o Options) (*Printer, error) {
	const op = "ipp: new printer"
	address, err := httpAddress(o.URI)
	if err != nil {
		return nil, err
	}
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	if o.CA != "" {
		raw, err := os.ReadFile(o.CA)
		if err != nil {
			return nil, fault.New(fault.NotFound, op, "ca", err)
		}
		conf.RootCAs = x509.NewCertPool()
		if !conf.RootCAs.AppendCertsFromPEM(raw) {
			return nil, fault.New(fault.Invalid, op, "ca", nil)
		}
	}
	if o.Poll == 0 {
		o.Poll = defaultPoll
	}
	if o.Wait == 0 {
		o.Wait = defaultWait
	}
	dialer := &net.Dialer{Timeout: dialWithin}
	return &Printer{o: o, address: address, client: &http.Client{
		// A proxy would read the document, and a redirect would send it elsewhere.
		Transport:     &http.Transport{DialContext: dialer.DialContext, TLSClientConfig: conf, TLSHandshakeTimeout: dialWithin, DisableCompression: true, IdleConnTimeout: time.Minute},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Close lets go of idle connections.
func (p *Printer) Close() { p.client.CloseIdleConnections() }

func (p *Printer) version() [2]byte {
	if p.older.Load() {
		return [2]byte{1, 1}
	}
	return [2]byte{2, 0}
}

func (p *Printer) begin(op uint16) *builder {
	b := begin(p.version(), op, p.ids.Add(1), p.o.URI)
	return b
}

// post sends a request, with a document behind it or none.
func (p *Printer) post(ctx context.Context, head []byte, document []byte) (reply, error) {
	const op = "ipp: ask printer"
	var body io.Reader = bytes.NewReader(head)
	if document != nil {
		body = io.MultiReader(body, bytes.NewReader(document))
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.address, body)
	if err != nil {
		return reply{}, fault.New(fault.Invalid, op, "address", err)
	}
	r.ContentLength = int64(len(head) + len(document))
	r.Header.Set("Content-Type", "application/ipp")
	r.Header.Set("Accept", "application/ipp")
	answer, err := p.client.Do(r)
	if err != nil {
		return reply{}, trouble(op, reach(err), err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return reply{}, trouble(op, Refused, nil)
	}
	out, err := readReply(answer.Body)
	if err != nil {
		return reply{}, trouble(op, Unreadable, err)
	}
	return out, nil
}

// ask sends a question, again in the older version if it must be.
func (p *Printer) ask(ctx context.Context, op uint16, fill func(*builder)) (reply, error) {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	for {
		b := p.begin(op)
		fill(b)
		out, err := p.post(ctx, b.end(), nil)
		if err == nil && out.status == statusVersion && p.older.CompareAndSwap(false, true) {
			continue
		}
		return out, err
	}
}

// Status asks how the printer stands: Ready, or why not. Of a printer that
// cannot be asked the reason is that.
func (p *Printer) Status(ctx context.Context) Reason {
	out, err := p.ask(ctx, opGetPrinter, func(b *builder) {
		b.keywords("requested-attributes", "printer-state", "printer-state-reasons", "printer-is-accepting-jobs", "document-format-supported")
	})
	if err != nil {
		return TroubleOf(err).Reason
	}
	return stands(out)
}

const printerStopped = 5 // RFC 8011 section 5.4.11

func stands(out reply) Reason {
	if out.status > statusMaxOK {
		return refusal(out.status)
	}
	state, ok := out.number("printer-state")
	accepts, told := out.boolean("printer-is-accepting-jobs")
	formats := out.texts("document-format-supported")
	reason := halted(out.texts("printer-state-reasons"))
	switch {
	case !ok:
		return Unreadable
	case told && !accepts:
		return NotAccepting
	case reason != Stopped:
		return reason
	case state == printerStopped:
		return Stopped
	case len(formats) > 0 && !slices.Contains(formats, mediaPDF):
		return NoPDF
	}
	return Ready
}
