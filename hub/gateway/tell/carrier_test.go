package tell_test

import (
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub/gateway/sms"
	"jaliya/hub/gateway/tell"
	"jaliya/internal/consular"
	"jaliya/internal/outside"
	outsms "jaliya/internal/outside/sms"
	"jaliya/internal/workflow"
)

// TestThroughTheCarrier sends through the true connector and loses an answer:
// the telephone has one message, and the case hears of it once it is proved.
func TestThroughTheCarrier(t *testing.T) {
	w := newWorld(t, workflow.Ready)
	w.contact.Language = consular.Arabic
	clock := outside.NewClock(1)
	sim := outsms.New(outsms.Config{Token: "only-for-tests", Clock: clock})
	server := httptest.NewServer(sim.Handler())
	t.Cleanup(server.Close)
	token := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(token, []byte("only-for-tests\n"), 0o600))
	carrier, err := sms.New(sms.Config{URL: server.URL, Sender: "Consulat", TokenFile: token}, sms.Needs{
		Now: time.Now, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	t.Cleanup(carrier.Close)
	posts, err := consular.BuiltInDirectory()
	require.NoError(t, err)
	n, err := tell.New(tell.Config{Portal: portal}, tell.Needs{
		Cluster: "c0ffee", Cases: w, Reader: w, Posts: posts, Words: words(t), SMS: carrier,
		Now: func() time.Time { return w.now }, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)

	_, err = sim.Faults().Add(outside.Fault{Kind: outside.Lose, On: "POST", Times: 1})
	require.NoError(t, err)
	_, err = w.notify(n)
	require.Error(t, err, "the answer was lost")
	_, err = w.notify(n)
	waits(t, err)
	clock.Advance(time.Minute)
	a, err := w.notify(n)
	require.NoError(t, err)
	require.Equal(t, workflow.NoticeDelivered, a.Event)
	require.Len(t, sim.Inbox(), 1)
	require.Equal(t, "+33612345678", sim.Inbox()[0].To)
	require.Contains(t, sim.Inbox()[0].Text, "جاهز للسحب")
}
