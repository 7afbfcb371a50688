package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"jaliya/consulate-node/desk"
	"jaliya/internal/fault"
	"jaliya/internal/telemetry"
)

// nodeStatus is what status prints: each function, and what ends while the post
// works alone.
type nodeStatus struct {
	telemetry.Report

	Limits []desk.Limit `json:"limits"`
}

// askAdmin reads what the admin listener of a running node says under a path.
func askAdmin(ctx context.Context, listen, path string, into any) error {
	const op = "consulate-node: ask status"
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+listen+path, nil)
	if err != nil {
		return fault.New(fault.Invalid, op, listen, err)
	}
	client := http.Client{Timeout: 10 * time.Second}
	response, err := client.Do(request)
	if err != nil {
		return fault.New(fault.Unavailable, op, "the node does not answer at "+listen, err)
	}
	defer func() { _ = response.Body.Close() }() // only read
	if err := json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(into); err != nil {
		return fault.New(fault.Invalid, op, "answer", err)
	}
	return nil
}

func printLimits(out io.Writer, list []desk.Limit) error {
	for _, l := range list {
		left := "no end foreseen"
		switch {
		case l.Days == nil:
		case l.Over:
			left = "over"
		default:
			left = fmt.Sprintf("%d days left, until %s", *l.Days, l.Until.Format(time.DateOnly))
		}
		if _, err := fmt.Fprintf(out, "%-20s %-5s %s\n", l.Name, l.Level, left); err != nil {
			return err
		}
	}
	return nil
}
