package localnet

import (
	"context"
	"fmt"
	"net/http"

	"jaliya/internal/fault"
)

// visitor is one person with what the desk captures.
type visitor struct {
	Service string
	Pickup  string
	Groups  map[string]any
	Files   []file
}

// atDesk is a visit at a desk, step by step.
type atDesk struct {
	agent, supervisor *client
	id                string
	seen              visit
	rest              func(context.Context) error // between two steps; nil: none
}

func newVisit(agent, supervisor *client) *atDesk {
	return &atDesk{agent: agent, supervisor: supervisor, id: newVisitID()}
}

// enrol does what a clerk and the second person do.
func enrol(ctx context.Context, agent, supervisor *client, v visitor) (released, error) {
	return newVisit(agent, supervisor).enrol(ctx, v)
}

func (a *atDesk) enrol(ctx context.Context, v visitor) (released, error) {
	for _, step := range []func(context.Context, visitor) error{a.begin, a.fill, a.pay} {
		if err := step(ctx, v); err != nil {
			return released{}, err
		}
	}
	return a.release(ctx)
}

func (a *atDesk) pause(ctx context.Context) error {
	if a.rest == nil {
		return nil
	}
	return a.rest(ctx)
}

func (a *atDesk) begin(ctx context.Context, v visitor) error {
	return a.agent.do(ctx, call{
		Method: http.MethodPost, Path: "/visits", Into: &a.seen,
		Body: map[string]string{"visit": a.id, "service": v.Service, "pickup": v.Pickup},
	})
}

// amend begins a visit that replaces what was released, under the slip that the
// person holds.
func (a *atDesk) amend(ctx context.Context, r released) error {
	return a.agent.do(ctx, call{
		Method: http.MethodPost, Path: "/requests/" + r.Reference + "/amendments", Into: &a.seen,
		Body: map[string]string{"visit": a.id, "slip_code": r.SlipCode},
	})
}

// fill types the forms and takes the pictures.
func (a *atDesk) fill(ctx context.Context, v visitor) error {
	for _, group := range []string{"person", "contact", "delivery", "documents", "fingers", "guardian"} {
		if v.Groups[group] == nil {
			continue
		}
		if err := a.pause(ctx); err != nil {
			return err
		}
		put := call{
			Method: http.MethodPut, Path: "/visits/" + a.id + "/" + group, Into: &a.seen,
			Body: v.Groups[group], Header: version(a.seen.Version),
		}
		if err := a.agent.do(ctx, put); err != nil {
			return err
		}
	}
	for _, f := range v.Files {
		if err := a.agent.upload(ctx, a.id, f); err != nil {
			return err
		}
	}
	return a.agent.do(ctx, call{Method: http.MethodGet, Path: "/visits/" + a.id, Into: &a.seen})
}

func (a *atDesk) pay(ctx context.Context, _ visitor) error {
	return a.agent.do(ctx, call{
		Method: http.MethodPost, Path: "/visits/" + a.id + "/payment", Into: &a.seen, Header: version(a.seen.Version),
		Body: map[string]string{"method": "cash", "received": "200"},
	})
}

// release is what the second person does.
func (a *atDesk) release(ctx context.Context) (r released, err error) {
	if err := a.pause(ctx); err != nil {
		return r, err
	}
	if err := a.supervisor.do(ctx, call{Method: http.MethodGet, Path: "/visits/" + a.id, Into: &a.seen}); err != nil {
		return r, err
	}
	if len(a.seen.Warnings) > 0 {
		return r, fault.New(fault.Invalid, "localnet: enrol", fmt.Sprint(a.seen.Warnings), nil)
	}
	err = a.supervisor.do(ctx, call{Method: http.MethodPost, Path: "/visits/" + a.id + "/release", Into: &r, Header: version(a.seen.Version)})
	return r, err
}

// discard destroys the draft that a visit left, also when its context has ended.
func (a *atDesk) discard(ctx context.Context) error {
	return a.agent.discard(context.WithoutCancel(ctx), a.id)
}

func (c *client) discard(ctx context.Context, id string) error {
	var seen visit
	if err := c.do(ctx, call{Method: http.MethodGet, Path: "/visits/" + id, Into: &seen}); err != nil {
		return err
	}
	return c.do(ctx, call{Method: http.MethodDelete, Path: "/visits/" + id, Header: version(seen.Version)})
}
