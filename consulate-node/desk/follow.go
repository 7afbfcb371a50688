package desk

import (
	"context"
	"time"

	"jaliya/consulate-node/journal"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/web"
)

// FollowInput is what stands on a slip. Client is who asks, an address say: it
// bounds the attempts and is kept in memory only.
type FollowInput struct {
	Reference string
	SlipCode  string
	Client    string
}

// FollowView is what the holder of a slip may read: the public status, never
// the state behind it, since states that must not be told apart share one.
type FollowView struct {
	Reference consular.Reference `json:"reference"`
	Level     journal.Level      `json:"level"`
	Status    string             `json:"public_status"`
	Reason    string             `json:"reason,omitempty"` // of a refusal; none for suspicion
	Service   string             `json:"service,omitempty"`
	Pickup    consular.PostID    `json:"pickup,omitempty"`
	Opened    time.Time          `json:"opened,omitzero"`
	Told      time.Time          `json:"told,omitzero"`
}

func followView(q journal.Tracked) FollowView {
	v := requestView(q)
	f := FollowView{
		Reference: v.Reference, Level: v.Level, Status: v.Status, Service: v.Service,
		Pickup: v.Pickup, Opened: v.Opened, Told: v.Told,
	}
	if v.Reason != consular.RefusedFraud.String() {
		f.Reason = v.Reason
	}
	return f
}

// Follow tells the holder of a slip where the request stands. An unknown
// reference and a wrong code give the same answer, after the same work. Errors:
// Invalid for what is neither, NotFound with CodeNoMatch, Denied with
// CodeAttempts after too many failures of a client or at a reference.
func (d *Desk) Follow(ctx context.Context, p access.Principal, in FollowInput) (FollowView, error) {
	const op = "desk: follow request"
	if err := p.Require(access.RequestFollow); err != nil {
		return FollowView{}, err
	}
	reference, err := consular.ParseReference(in.Reference)
	if err != nil {
		return FollowView{}, err
	}
	code, err := consular.ParseSlipCode(in.SlipCode)
	if err != nil {
		return FollowView{}, err
	}
	if wait := d.follow.wait("client "+in.Client, "reference "+reference.Digits()); wait > 0 {
		return FollowView{}, refuseAll(op, fault.Denied, web.CodedError{Code: web.CodeAttempts, RetryAfter: wait})
	}
	q, err := d.request(ctx, reference.Digits())
	if err != nil && !fault.Is(err, fault.NotFound) {
		return FollowView{}, err
	}
	// A request that is not here has the zero hash, which is compared like any
	// other and matches nothing.
	matches := consular.SlipHash(q.SlipHash).Matches(reference, code)
	if !matches || err != nil || consular.SlipHash(q.SlipHash).IsZero() {
		d.follow.failed("client "+in.Client, "reference "+reference.Digits())
		return FollowView{}, fault.New(fault.NotFound, op, "", web.CodeNoMatch.Cause())
	}
	return followView(q), nil
}
