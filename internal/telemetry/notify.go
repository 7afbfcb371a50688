package telemetry

import (
	"context"
	"log/slog"
	"net"
	"os"
	"time"
)

const (
	// readyLimit is how long the service manager is kept waiting for a function
	// that only others can bring about, such as a leader among members.
	readyLimit = 10 * time.Second
	readyPoll  = 50 * time.Millisecond
)

// TellReady tells the service manager that started this process that it serves
// (sd_notify(3), Type=notify), as soon as ready says so, and after ten seconds in
// any case: whoever starts a member while no majority is there should not wait for
// it, /readyz says what is missing. Without such a manager it returns at once.
func TellReady(ctx context.Context, log *slog.Logger, ready func(context.Context) bool) {
	socket := os.Getenv("NOTIFY_SOCKET")
	if socket == "" {
		return
	}
	await(ctx, ready)
	if ctx.Err() != nil {
		return // a process that ends serves nobody
	}
	if err := notify(ctx, socket, "READY=1"); err != nil {
		log.Warn("the service manager does not hear that this process is ready", slog.Any("error", err))
	}
}

// await returns when ready says yes, when the limit is over, or when ctx ends.
func await(ctx context.Context, ready func(context.Context) bool) {
	ctx, cancel := context.WithTimeout(ctx, readyLimit)
	defer cancel()
	t := time.NewTicker(readyPoll)
	defer t.Stop()
	for !ready(ctx) {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

// notify sends one datagram; a name that begins with @ is an abstract socket.
func notify(ctx context.Context, socket, text string) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unixgram", socket)
	if err != nil {
		return err
	}
	if _, err := conn.Write([]byte(text)); err != nil {
		_ = conn.Close() // what failed is told already
		return err
	}
	return conn.Close()
}

// Works is TellReady's question for a program whose readiness is its health.
func (h *Health) Works(ctx context.Context) bool {
	return h.Report(ctx).Status != StatusUnavailable
}
