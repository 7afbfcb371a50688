package node

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"time"

	"jaliya/consulate-node/journal"
	"jaliya/internal/byhand"
	"jaliya/internal/doctor"
	"jaliya/internal/fault"
)

// Refusal is the admin socket's answer to what it cannot do.
type Refusal struct {
	Kind string `json:"kind"`
	Text string `json:"text"`
}

func tellSocket(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // who asked has gone, there is nobody to tell
}

// compactPatience is how long the command waits for a large journal.
const compactPatience = 10 * time.Minute

// AskCompact has the running node compact its journal now.
func AskCompact(ctx context.Context, c Config) (journal.Compaction, error) {
	ctx, cancel := context.WithTimeout(ctx, compactPatience)
	defer cancel()
	return askSocket[journal.Compaction](ctx, c, http.MethodPost, pathCompact)
}

// AskCheckpoint asks the running node for the newest checkpoint of the national log
// that it was shown and has proved. Errors: NotFound before the first.
func AskCheckpoint(ctx context.Context, c Config) (Checkpoint, error) {
	return askSocket[Checkpoint](ctx, c, http.MethodGet, pathCheckpoint)
}

// askSocket asks the admin socket of the running node.
func askSocket[Answer any](ctx context.Context, c Config, method, path string) (answer Answer, err error) {
	const op = "consulate-node: ask the node"
	c = c.WithDefaults()
	client := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return byhand.Dial(ctx, c.Admin.Socket)
	}}}
	defer client.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, method, "http://node"+path, nil)
	if err != nil {
		return answer, fault.New(fault.Invalid, op, c.Admin.Socket, err)
	}
	response, err := client.Do(request)
	if err != nil {
		return answer, fault.New(fault.Unavailable, op, "the node does not answer at "+c.Admin.Socket, err)
	}
	defer func() { _ = response.Body.Close() }() // only read
	d := json.NewDecoder(io.LimitReader(response.Body, 1<<16))
	if response.StatusCode != http.StatusOK {
		return answer, refused(op, response, d)
	}
	if err := d.Decode(&answer); err != nil {
		return answer, fault.New(fault.Invalid, op, "answer", err)
	}
	return answer, nil
}

func refused(op string, response *http.Response, d *json.Decoder) error {
	kind := fault.Unavailable
	if response.StatusCode == http.StatusNotFound {
		kind = fault.NotFound
	}
	var why Refusal
	if err := d.Decode(&why); err != nil {
		return fault.New(kind, op, response.Status, err)
	}
	return fault.New(kind, op, why.Text, nil)
}

// AskInside asks the running node how it stands.
func AskInside(ctx context.Context, c Config) (in Inside, err error) {
	return in, doctor.Ask(ctx, c.WithDefaults().Admin.Listen, pathInside, &in)
}
