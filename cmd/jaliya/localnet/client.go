package localnet

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// pieceSize is how much of an image goes up at once, in bytes.
const pieceSize = 256 << 10

// client speaks the desk's API as one member of staff.
type client struct {
	base  string
	name  string // of the account
	token string
	http  *http.Client
}

func newClient(p *Post, a Account) *client {
	return &client{base: p.Desk + "/api/v1", name: a.Name, token: a.Token, http: &http.Client{Timeout: 30 * time.Second}}
}

// call is one request; Body is JSON unless it is bytes.
type call struct {
	Method, Path string
	Header       map[string]string
	Body         any
	Into         any
}

// problem is what the desk answers when it refuses (RFC 9457).
type problem struct {
	Title  string `json:"title"`
	Detail string `json:"detail"`
	Code   string `json:"code"`
}

func (c *client) do(ctx context.Context, k call) error {
	const op = "localnet: ask desk"
	body, kind, err := encode(k.Body)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, k.Method, c.base+k.Path, body)
	if err != nil {
		return fault.New(fault.Internal, op, k.Path, err)
	}
	if c.token != "" { // else it is a person, by the session's cookie
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	request.Header.Set("Accept-Language", "en")
	if kind != "" {
		request.Header.Set("Content-Type", kind)
	}
	for name, value := range k.Header {
		request.Header.Set(name, value)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return fault.New(fault.Unavailable, op, k.Method+" "+k.Path, err)
	}
	defer func() { _ = response.Body.Close() }() // only read
	raw, err := io.ReadAll(io.LimitReader(response.Body, 4<<20))
	if err != nil {
		return fault.New(fault.Unavailable, op, k.Path, err)
	}
	if response.StatusCode >= http.StatusBadRequest {
		var p problem
		if err := json.Unmarshal(raw, &p); err != nil {
			return fault.New(fault.Other, op, response.Status, err)
		}
		return fault.New(fault.Other, op, fmt.Sprintf("%s %s: %s: %s %s", k.Method, k.Path, p.Code, p.Title, p.Detail), nil)
	}
	if k.Into == nil {
		return nil
	}
	if err := json.Unmarshal(raw, k.Into); err != nil {
		return fault.New(fault.Invalid, op, k.Path, err)
	}
	return nil
}

func encode(body any) (io.Reader, string, error) {
	switch b := body.(type) {
	case nil:
		return nil, "", nil
	case []byte:
		return bytes.NewReader(b), "application/offset+octet-stream", nil
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, "", fault.New(fault.Internal, "localnet: encode", "", err)
	}
	return bytes.NewReader(raw), "application/json", nil
}

// visit is what the desk says of a visit; the rest of the answer is for screens.
type visit struct {
	Visit    string `json:"visit"`
	Version  uint64 `json:"version"`
	Warnings []struct {
		Field string `json:"field"`
		Rule  string `json:"rule"`
	} `json:"warnings"`
}

func version(n uint64) map[string]string {
	return map[string]string{"If-Match": `"` + strconv.FormatUint(n, 10) + `"`}
}

// upload sends one image in pieces, as a workstation on a bad cable would.
func (c *client) upload(ctx context.Context, id string, f file) error {
	sum := sha256.Sum256(f.Data)
	path := "/visits/" + id + "/images/" + f.Name
	start := map[string]any{"size": len(f.Data), "sha256": hex.EncodeToString(sum[:])}
	if err := c.do(ctx, call{Method: http.MethodPost, Path: path, Body: start}); err != nil {
		return err
	}
	for at := 0; at < len(f.Data); at += pieceSize {
		piece := f.Data[at:min(at+pieceSize, len(f.Data))]
		err := c.do(ctx, call{
			Method: http.MethodPatch, Path: path, Body: piece,
			Header: map[string]string{"Upload-Offset": strconv.Itoa(at)},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// released is what the second person gets.
type released struct {
	Reference string `json:"reference"`
	Printed   string `json:"reference_printed"`
	SlipCode  string `json:"slip_code"`
	Level     string `json:"level"`
}

// standing is where a request stands, by reference and slip code.
type standing struct {
	Level  string `json:"level"`
	Status string `json:"public_status"`
	Reason string `json:"reason"`
}

func (c *client) follow(ctx context.Context, r released) (standing, error) {
	var s standing
	err := c.do(ctx, call{
		Method: http.MethodPost, Path: "/follow", Into: &s,
		Body: map[string]string{"reference": r.Reference, "slip_code": r.SlipCode},
	})
	return s, err
}

func (c *client) receipt(ctx context.Context, r released) (string, error) {
	var out struct {
		Proof string `json:"proof"`
	}
	err := c.do(ctx, call{Method: http.MethodGet, Path: "/requests/" + r.Reference + "/receipt", Into: &out})
	return out.Proof, err
}

// file is one image of a visit.
type file struct {
	Name string
	Data []byte
}

func newVisitID() string { return wire.NewRecordID().String() }
