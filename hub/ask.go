package hub

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"time"

	"jaliya/internal/byhand"
	"jaliya/internal/fault"
)

// AskInvite asks a running member for an invitation, over its admin socket.
func AskInvite(ctx context.Context, c Config, in InviteRequest) (InviteReply, error) {
	return ask[InviteReply](ctx, c, http.MethodPost, "/invite", in)
}

// AskRevoke asks a running member to shut a machine out.
func AskRevoke(ctx context.Context, c Config, in RevokeRequest) error {
	_, err := ask[struct{}](ctx, c, http.MethodPost, "/revoke", in)
	return err
}

// AskCertify asks a running member to certify the key of a portal.
func AskCertify(ctx context.Context, c Config, in CertifyRequest) (CertifyReply, error) {
	return ask[CertifyReply](ctx, c, http.MethodPost, "/certify", in)
}

// AskStaff asks a running member to change a post's staff.
func AskStaff(ctx context.Context, c Config, in StaffRequest) (StaffReply, error) {
	return ask[StaffReply](ctx, c, http.MethodPost, "/staff", in)
}

// AskStaffList asks a running member for the staff of a post.
func AskStaffList(ctx context.Context, c Config, in ListRequest) ([]StaffLine, error) {
	return ask[[]StaffLine](ctx, c, http.MethodPost, "/staff/list", in)
}

// AskStatus asks a running member for its state.
func AskStatus(ctx context.Context, c Config) (Status, error) {
	return ask[Status](ctx, c, http.MethodGet, "/status", struct{}{})
}

func ask[Out any](ctx context.Context, c Config, method, path string, in any) (out Out, err error) { //nolint:revive // argument-limit: an HTTP request has these parts
	const op = "hub: ask the running member"
	c = c.WithDefaults()
	body, err := json.Marshal(in)
	if err != nil {
		return out, fault.New(fault.Internal, op, path, err)
	}
	request, err := http.NewRequestWithContext(ctx, method, "http://hub"+path, bytes.NewReader(body))
	if err != nil {
		return out, fault.New(fault.Internal, op, path, err)
	}
	client := http.Client{Timeout: 90 * time.Second, Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return byhand.Dial(ctx, c.Admin.Socket)
		},
	}}
	defer client.CloseIdleConnections()
	response, err := client.Do(request)
	if err != nil {
		return out, fault.New(fault.Unavailable, op, "nothing answers at "+c.Admin.Socket, err)
	}
	defer func() { _ = response.Body.Close() }() // only read
	decoder := json.NewDecoder(io.LimitReader(response.Body, 16<<20))
	if response.StatusCode != http.StatusOK {
		var f Failure
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

// AskRotate asks a running member for fresh keys.
func AskRotate(ctx context.Context, c Config, in RotateRequest) (RotateReply, error) {
	return ask[RotateReply](ctx, c, http.MethodPost, "/keys/rotate", in)
}

// AskAuthorities gives a running member fresh intermediates.
func AskAuthorities(ctx context.Context, c Config, in AuthoritiesRequest) (AuthoritiesReply, error) {
	return ask[AuthoritiesReply](ctx, c, http.MethodPost, "/authorities", in)
}
