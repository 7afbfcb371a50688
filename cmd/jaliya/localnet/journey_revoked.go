package localnet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"jaliya/internal/consular"
	"jaliya/internal/document"
	"jaliya/internal/fault"
)

// revoked has the office revoke the document, though it is in somebody's hand:
// the person's page, the page that verifies, and the offline verifier with the
// public list say so, without a reason.
func (c *citizen) revoked(ctx context.Context, t *teller) error {
	if err := c.voids(ctx); err != nil {
		return err
	}
	t.step("", "the record office revokes the document")
	err := eventually(ctx, "the portal to tell the person", l2Limit, func() (bool, error) {
		err := c.open(ctx, c.own(""))
		return strings.Contains(c.page.text, "has withdrawn the document"), err
	})
	if err != nil {
		return err
	}
	if err := c.shows(ctx, "The document was withdrawn"); err != nil {
		return err
	}
	t.step("", "the person's page and the page that verifies say that it was withdrawn")
	path := filepath.Join(t.net.dir, "document.pdf")
	office := filepath.Join(t.net.outsideDir("records"), "police")
	_, err = t.net.programs.run(ctx, "jaliya", "verify", "document", path, "--trust", filepath.Join(office, "root.pem"),
		"--time-trust", filepath.Join(t.net.outsideDir("records"), "time", "time.pem"), "--seal-keys", filepath.Join(office, "seal.pem"),
		"--revoked", c.net.Portal+"/api/v1/revoked")
	if err == nil {
		return fault.New(fault.Corrupt, opRecord, "a revoked document verifies", nil)
	}
	t.step("", "jaliya verify document with the public list: revoked")
	return os.Remove(path)
}

// voids revokes the document at the office's admin address, by its number.
func (c *citizen) voids(ctx context.Context) error {
	known, err := c.net.truth()
	if err != nil {
		return err
	}
	r := document.Verify(c.document, known.trust, nil, consular.DateOf(time.Now().UTC()))
	if r.Record == nil {
		return fault.New(fault.Corrupt, opRecord, "the document has no number", nil)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+c.net.Outside.Records+"/police/admin/revoke",
		strings.NewReader(fmt.Sprintf(`{"number":%q}`, r.Record.Number)))
	if err != nil {
		return fault.New(fault.Internal, opRecord, "revoke", err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := c.http.Do(request)
	if err != nil {
		return fault.New(fault.Unavailable, opRecord, "revoke", err)
	}
	if response.StatusCode != http.StatusOK {
		err = errors.New(response.Status)
	}
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return fault.New(fault.Other, opRecord, "revoke", err)
	}
	return nil
}

// shows gives the document to the portal's page that verifies.
func (c *citizen) shows(ctx context.Context, want string) error {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", "record.pdf")
	if err == nil {
		_, err = part.Write(c.document)
	}
	if err = errors.Join(err, form.Close()); err != nil {
		return fault.New(fault.Internal, opRecord, "form", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.net.Portal+"/verify", &body)
	if err != nil {
		return fault.New(fault.Internal, opRecord, "verify", err)
	}
	request.Header.Set("Content-Type", form.FormDataContentType())
	request.Header.Set("Origin", c.net.Portal)
	request.Header.Set("Accept-Language", "en")
	response, err := c.http.Do(request)
	if err != nil {
		return fault.New(fault.Unavailable, opRecord, "verify", err)
	}
	defer func() { _ = response.Body.Close() }() // only read
	raw, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil || !bytes.Contains(raw, []byte(want)) {
		return fault.New(fault.Corrupt, opRecord, "the page that verifies does not say: "+want, err)
	}
	return nil
}
