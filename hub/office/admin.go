package office

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"time"

	"jaliya/hub/office/people"
	"jaliya/internal/fault"
	"jaliya/internal/telemetry"
)

// maxAdmin caps what the socket takes and gives, in bytes.
const maxAdmin = 16 << 20

// serveSocket answers the office's own commands on a unix socket. Whoever may
// open the socket may say all of them: its mode is the permission.
func (p *Process) serveSocket(ctx context.Context) error {
	const op = "office: open admin socket"
	path := p.cfg.Admin.Socket
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fault.New(fault.Storage, op, path, err)
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "unix", path)
	if err != nil {
		return fault.New(fault.Unavailable, op, path, err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return errors.Join(fault.New(fault.Storage, op, path, err), l.Close())
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /officer", answer(p.people.Change))
	mux.HandleFunc("POST /officer/list", answer(p.people.List))
	mux.HandleFunc("POST /revoked", answer(func(context.Context, struct{}) ([]RevokedLine, error) { return p.office.RevokedList() }))
	return telemetry.ServeAdminOn(ctx, l, mux)
}

// failure is the socket's answer to what it cannot do.
type failure struct {
	Text string `json:"text"`
}

// answer binds a method to JSON in and out.
func answer[In, Out any](do func(context.Context, In) (Out, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var in In
		d := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16))
		d.DisallowUnknownFields()
		if err := d.Decode(&in); err != nil {
			reply(w, http.StatusBadRequest, failure{Text: err.Error()})
			return
		}
		out, err := do(r.Context(), in)
		if err != nil {
			reply(w, http.StatusConflict, failure{Text: err.Error()})
			return
		}
		reply(w, http.StatusOK, out)
	}
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// The operator's command is gone when this fails; there is nobody to tell.
	if err := json.NewEncoder(w).Encode(body); err != nil {
		return
	}
}

// AskOfficer asks a running office to change its officers.
func AskOfficer(ctx context.Context, c Config, in people.Request) (people.Reply, error) {
	return ask[people.Reply](ctx, c, "/officer", in)
}

// AskOfficers asks a running office for its officers.
func AskOfficers(ctx context.Context, c Config) ([]people.Line, error) {
	return ask[[]people.Line](ctx, c, "/officer/list", struct{}{})
}

// AskRevoked asks a running office for the numbers of revoked documents.
func AskRevoked(ctx context.Context, c Config) ([]RevokedLine, error) {
	return ask[[]RevokedLine](ctx, c, "/revoked", struct{}{})
}

func ask[Out any](ctx context.Context, c Config, path string, in any) (out Out, err error) {
	const op = "office: ask the running office"
	socket := c.WithDefaults().Admin.Socket
	body, err := json.Marshal(in)
	if err != nil {
		return out, fault.New(fault.Internal, op, path, err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://office"+path, bytes.NewReader(body))
	if err != nil {
		return out, fault.New(fault.Internal, op, path, err)
	}
	client := http.Client{Timeout: time.Minute, Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", socket)
		},
	}}
	defer client.CloseIdleConnections()
	response, err := client.Do(request)
	if err != nil {
		return out, fault.New(fault.Unavailable, op, "nothing answers at "+socket, err)
	}
	defer response.Body.Close()
	decoder := json.NewDecoder(io.LimitReader(response.Body, maxAdmin))
	if response.StatusCode != http.StatusOK {
		var f failure
		if err := decoder.Decode(&f); err != nil {
			return out, fault.New(fault.Unavailable, op, path, err)
		}
		return out, fault.New(fault.Conflict, op, f.Text, nil)
	}
	if err := decoder.Decode(&out); err != nil {
		return out, fault.New(fault.Invalid, op, "answer", err)
	}
	return out, nil
}
