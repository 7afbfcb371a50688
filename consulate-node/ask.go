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
func AskCompact(ctx context.Context, c Config) (done journal.Compaction, err error) {
	const op = "consulate-node: compact"
	c = c.WithDefaults()
	ctx, cancel := context.WithTimeout(ctx, compactPatience)
	defer cancel()
	client := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return byhand.Dial(ctx, c.Admin.Socket)
	}}}
	defer client.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://node"+pathCompact, nil)
	if err != nil {
		return done, fault.New(fault.Invalid, op, c.Admin.Socket, err)
	}
	response, err := client.Do(request)
	if err != nil {
		return done, fault.New(fault.Unavailable, op, "the node does not answer at "+c.Admin.Socket, err)
	}
	defer func() { _ = response.Body.Close() }() // only read
	d := json.NewDecoder(io.LimitReader(response.Body, 1<<16))
	if response.StatusCode != http.StatusOK {
		var why Refusal
		if err := d.Decode(&why); err != nil {
			return done, fault.New(fault.Unavailable, op, response.Status, err)
		}
		return done, fault.New(fault.Unavailable, op, why.Text, nil)
	}
	if err := d.Decode(&done); err != nil {
		return done, fault.New(fault.Invalid, op, "answer", err)
	}
	return done, nil
}

// AskInside asks the running node how it stands.
func AskInside(ctx context.Context, c Config) (in Inside, err error) {
	return in, doctor.Ask(ctx, c.WithDefaults().Admin.Listen, pathInside, &in)
}
