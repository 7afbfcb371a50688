package centre

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"jaliya/hub/gateway/peer"
	"jaliya/internal/fault"
	"jaliya/internal/seal"
)

// site speaks the contract with one production site.
type site struct {
	SiteConfig

	key     seal.PostPublic
	client  *peer.Client
	sending time.Duration
}

func (s *site) capacity(ctx context.Context) (Capacity, error) {
	const op = "centre: ask capacity"
	var c Capacity
	err := s.client.Ask(ctx, peer.Question{Op: op, Method: http.MethodGet, Path: "/v1/capacity", Read: func(raw []byte) (err error) {
		if c, err = DecodeCapacity(raw); err == nil && c.Number != s.Number {
			err = fault.New(fault.Denied, op, s.Name, errors.New("another site answers at this address"))
		}
		return err
	}})
	return c, err
}

// job asks about a job; fault.NotFound when the site does not know it.
func (s *site) job(ctx context.Context, id string) (Job, error) {
	return s.askJob(ctx, id, peer.Question{Op: "centre: ask job", Method: http.MethodGet, Path: "/v1/jobs/" + id})
}

// put sends a job; a repeat is answered as the first was.
func (s *site) put(ctx context.Context, id string, o order) (Job, error) {
	const op = "centre: send job"
	body, err := json.Marshal(o)
	if err != nil {
		return Job{}, fault.New(fault.Internal, op, id, err)
	}
	if len(body) > MaxRequest {
		return Job{}, fault.New(fault.TooLarge, op, id, errors.New(strconv.Itoa(len(body))+" bytes"))
	}
	return s.askJob(ctx, id, peer.Question{Op: op, Method: http.MethodPut, Path: "/v1/jobs/" + id, Body: body, Limit: s.sending})
}

// cancel takes a job back, known there or not.
func (s *site) cancel(ctx context.Context, id string) (Job, error) {
	return s.askJob(ctx, id, peer.Question{
		Op: "centre: cancel job", Method: http.MethodPut, Path: "/v1/jobs/" + id + "/cancellation", Body: []byte("{}"),
	})
}

func (s *site) askJob(ctx context.Context, id string, q peer.Question) (Job, error) {
	var j Job
	q.Read = func(raw []byte) (err error) {
		if j, err = DecodeJob(raw); err == nil && j.ID != id {
			err = corrupt("another job")
		}
		return err
	}
	err := s.client.Ask(ctx, q)
	return j, err
}
