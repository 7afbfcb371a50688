package localnet

import (
	"context"
	"net"
)

// offsetStart is the port of the start page, from the port base.
const offsetStart = 100

// Look is one thing to look at first.
type Look struct {
	Key  string `json:"key"`
	Text string `json:"text"` // in English
	URL  string `json:"url"`
}

type startPage struct{ l net.Listener }

func openStart(ctx context.Context, n *Network) (*startPage, error) { return &startPage{}, nil }

func (s *startPage) run(ctx context.Context) error { <-ctx.Done(); return nil }
