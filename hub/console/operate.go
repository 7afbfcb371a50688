package console

import (
	"context"
	"slices"

	"jaliya/hub/watch"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
)

// Watch is what the operators' screens read; watch.Watcher is one. Nothing of it
// is personal.
type Watch interface {
	Picture(ctx context.Context) (watch.Picture, error)
	History(post consular.PostID, hours int) ([]watch.Point, error)
	Stuck(n int) ([]watch.Stuck, error)
	RefusedEntries(n int) ([]watch.Refused, error)
}

const (
	// historyHours is how far the charts of a post go back: 14 days.
	historyHours = 14 * 24
	// maxDesk is how many lines a desk of the operators shows.
	maxDesk = 200
)

// Overview gives how the whole network stands, with what needs a person.
func (c *Console) Overview(ctx context.Context, who access.Principal) (watch.Picture, error) {
	if err := who.Require(access.HubStatus); err != nil {
		return watch.Picture{}, err
	}
	return c.Watch.Picture(ctx)
}

// OnePost is how one post stands, with its needs and its last 14 days by hour.
type OnePost struct {
	Post    watch.Post
	Needs   []watch.Need
	History []watch.Point // oldest first
}

// PostStanding gives one post. Errors: NotFound for one that the directory does
// not have.
func (c *Console) PostStanding(ctx context.Context, who access.Principal, id consular.PostID) (OnePost, error) {
	if err := who.Require(access.HubStatus); err != nil {
		return OnePost{}, err
	}
	picture, err := c.Watch.Picture(ctx)
	if err != nil {
		return OnePost{}, err
	}
	at := slices.IndexFunc(picture.Posts, func(p watch.Post) bool { return p.ID == id })
	if at < 0 {
		return OnePost{}, fault.New(fault.NotFound, "console: show post", string(id), nil)
	}
	one := OnePost{Post: picture.Posts[at]}
	for _, n := range picture.Needs {
		if n.Post == id {
			one.Needs = append(one.Needs, n)
		}
	}
	one.History, err = c.Watch.History(id, historyHours)
	return one, err
}

// StuckOrders lists the orders that were tried and have not worked.
func (c *Console) StuckOrders(_ context.Context, who access.Principal) ([]watch.Stuck, error) {
	if err := who.Require(access.HubStatus); err != nil {
		return nil, err
	}
	return c.Watch.Stuck(maxDesk)
}

// RefusedEntries lists the entries that the hub refused.
func (c *Console) RefusedEntries(_ context.Context, who access.Principal) ([]watch.Refused, error) {
	if err := who.Require(access.HubStatus); err != nil {
		return nil, err
	}
	return c.Watch.RefusedEntries(maxDesk)
}
