package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"jaliya/internal/fault"
	"jaliya/internal/telemetry"
)

// askWithin is how long a running program may take to answer for itself.
const askWithin = 5 * time.Second

// Ask gets JSON from a running program's own admin listener on this machine.
func Ask(ctx context.Context, listen, path string, into any) error {
	raw, err := Fetch(ctx, listen, path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fault.New(fault.Invalid, "doctor: ask running program", path, err)
	}
	return nil
}

// Fetch gets what a running program's admin listener says, at most 4 MiB.
func Fetch(ctx context.Context, listen, path string) ([]byte, error) {
	const op = "doctor: ask running program"
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+Near(listen)+path, nil)
	if err != nil {
		return nil, fault.New(fault.Invalid, op, listen, err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fault.New(fault.Unavailable, op, listen, err)
	}
	defer func() { _ = response.Body.Close() }() // only read
	if response.StatusCode == http.StatusNotFound {
		return nil, fault.New(fault.Unsupported, op, path, nil)
	}
	raw, err := io.ReadAll(io.LimitReader(response.Body, 4<<20))
	if err != nil {
		return nil, fault.New(fault.Unavailable, op, path, err)
	}
	return raw, nil
}

// Near gives the address by which this machine reaches its own listener.
func Near(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return listen
	}
	if ip := net.ParseIP(host); host == "" || (ip != nil && ip.IsUnspecified()) {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

// Process judges what a program says of its own functions; err is that of
// asking.
func Process(r telemetry.Report, err error) []Finding {
	if err != nil {
		return []Finding{{Code: "process-stopped"}}
	}
	var not []string
	for _, f := range r.Functions {
		if !f.OK {
			not = append(not, f.Name)
		}
	}
	facts := Facts{"functions": strings.Join(not, ", ")}
	switch {
	case r.Status == telemetry.StatusUnavailable:
		return []Finding{{Code: "process-unavailable", Facts: facts}}
	case len(not) > 0:
		return []Finding{{Code: "process-degraded", Facts: facts}}
	}
	return []Finding{{Code: "process-good"}}
}

// Names resolves the hosts of addresses, host:port.
func Names(ctx context.Context, addresses []string) []Finding {
	if len(addresses) == 0 {
		return []Finding{{Code: "names-none"}}
	}
	var out []Finding
	good := false
	for _, address := range addresses {
		host, _, err := net.SplitHostPort(address)
		if err == nil {
			_, err = net.DefaultResolver.LookupIPAddr(ctx, host)
		}
		f := Finding{Subject: address, Code: "names-good", Facts: Facts{"name": host}}
		if err != nil {
			f.Code = "names-failed"
		}
		good = good || err == nil
		out = append(out, f)
	}
	for i := range out {
		out[i].Relieve = good
	}
	return out
}

// Reason says in one word why a connection over TCP or TLS did not come about:
// "name", "closed", "silent", "identity" (they refuse us), "certificate" (we
// refuse them) or "silent" for the rest.
func Reason(err error) string {
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return "name"
	}
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "closed"
	case strings.Contains(err.Error(), "remote error: tls"):
		return "identity"
	case certificateError(err):
		return "certificate"
	case errors.Is(err, os.ErrNotExist):
		return "identity" // our own certificate or token file is not there
	}
	return "silent"
}

func certificateError(err error) bool {
	if fault.Is(err, fault.Denied) || fault.Is(err, fault.Expired) {
		return true // a verifier of ours said no
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return true
	}
	if _, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		return true
	}
	_, ok := errors.AsType[x509.HostnameError](err)
	return ok || strings.Contains(err.Error(), "tls: ")
}

// Outside judges the answer of an outside system: its status, 0 for none, and
// the error of the connection.
func Outside(name, where string, status int, err error) Finding {
	f := Finding{Subject: name, Code: "outside-good", Facts: Facts{"name": name, "address": where, "status": strconv.Itoa(status)}}
	switch {
	case err == nil:
	case status > 0:
		f.Code = "outside-unhealthy"
	default:
		f.Code = Code("outside-" + Reason(err))
	}
	return f
}

// Reach asks a system of the web whether it is there, without a token and
// without a question: any answer but a failure of its own is one. The error is
// that of the connection, or fault.Unavailable beside a status.
func Reach(ctx context.Context, address string, conf *tls.Config) (status int, err error) {
	const op = "doctor: reach"
	transport := &http.Transport{TLSClientConfig: conf, TLSHandshakeTimeout: askWithin, DisableKeepAlives: true}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, fault.New(fault.Invalid, op, "", err)
	}
	// An answer that leads elsewhere is an answer.
	response, err := transport.RoundTrip(request)
	if err != nil {
		return 0, err
	}
	defer func() { _ = response.Body.Close() }() // only the status counts
	if response.StatusCode >= http.StatusInternalServerError {
		return response.StatusCode, fault.New(fault.Unavailable, op, http.StatusText(response.StatusCode), nil)
	}
	return response.StatusCode, nil
}
