package outside

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"jaliya/internal/fault"
)

func tooLarge(err error) bool {
	_, yes := errors.AsType[*http.MaxBytesError](err)
	return yes
}

// Endpoint is a handler and where it listens; a TLS listener makes it HTTPS.
type Endpoint struct {
	Listener net.Listener
	Handler  http.Handler
}

// Serve serves the endpoints until ctx ends, then lets what is under way end
// for two seconds. It closes the listeners.
func Serve(ctx context.Context, endpoints ...Endpoint) error {
	const op = "outside: serve"
	g, ctx := errgroup.WithContext(ctx)
	for _, e := range endpoints {
		server := &http.Server{
			Handler: e.Handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
		}
		g.Go(func() error {
			if err := server.Serve(e.Listener); !errors.Is(err, http.ErrServerClosed) {
				return fault.New(fault.Unavailable, op, e.Listener.Addr().String(), err)
			}
			return nil
		})
		g.Go(func() error {
			<-ctx.Done()
			ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
			defer cancel()
			if err := server.Shutdown(ending); err != nil {
				return server.Close()
			}
			return nil
		})
	}
	return g.Wait()
}
