package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"jaliya/internal/document"
	"jaliya/internal/fault"
)

const (
	// maxRevoked caps a list of revoked documents, in bytes.
	maxRevoked  = 4 << 20
	revokedWait = 20 * time.Second
	opRevoked   = "jaliya: read revoked documents"
)

// revokedList is what a portal publishes.
type revokedList struct {
	AsOf    time.Time `json:"as_of"`
	Revoked []string  `json:"revoked"`
}

// lookUp asks the list whether the document was revoked since. A document that
// is not ours has no name to look up.
func (c *verifyDocument) lookUp(ctx context.Context, r *document.Report) error {
	name, known := r.Named()
	if c.Revoked == "" || !known {
		return nil
	}
	raw, err := readRevoked(ctx, c.Revoked)
	if err != nil {
		return err
	}
	var list revokedList
	if json.Unmarshal(raw, &list) != nil || list.AsOf.IsZero() || list.Revoked == nil {
		return fault.New(fault.Corrupt, opRevoked, c.Revoked+" is no such list", nil)
	}
	r.Revoke(slices.Contains(list.Revoked, name.String()), list.AsOf)
	return nil
}

// readRevoked gives the list from a file, or from a portal: the whole of it, so
// that the portal does not hear which document is looked up.
func readRevoked(ctx context.Context, from string) ([]byte, error) {
	at, err := url.Parse(from)
	if err != nil || at.Scheme != "https" && at.Scheme != "http" {
		text, err := readLimited(from, maxRevoked)
		return []byte(text), err
	}
	if host := at.Hostname(); at.Scheme == "http" && host != "localhost" && !strings.HasPrefix(host, "127.") && host != "::1" {
		return nil, fault.New(fault.Invalid, opRevoked, "http is for this machine only", nil)
	}
	ctx, cancel := context.WithTimeout(ctx, revokedWait)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return nil, fault.New(fault.Invalid, opRevoked, from, err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fault.New(fault.Unavailable, opRevoked, from, err)
	}
	defer func() { _ = response.Body.Close() }() // only read
	var body bytes.Buffer
	n, err := io.Copy(&body, io.LimitReader(response.Body, maxRevoked+1))
	switch {
	case err != nil:
		return nil, fault.New(fault.Unavailable, opRevoked, from, err)
	case response.StatusCode != http.StatusOK:
		return nil, fault.New(fault.Unavailable, opRevoked, from, errors.New(response.Status))
	case n > maxRevoked:
		return nil, fault.New(fault.TooLarge, opRevoked, from, nil)
	}
	return body.Bytes(), nil
}
