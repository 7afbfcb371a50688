package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/link"
)

// Images have a connection of their own: it carries all their bytes, and its end
// ends neither the control session nor what an entry waits for (D25).
func TestRoadClassesApart(t *testing.T) {
	const size = 300_000
	road(t, roadRTT, func(t *testing.T, o *office, p *outpost) {
		t.Helper()
		o.road.set(func(up, _ *way) { up.rate, up.queue = 512_000, time.Second })
		p.append(1)
		p.secured(10 * time.Second)
		digest := p.appendWith(size)
		wait(2 * time.Second)
		p.mu.Lock()
		for _, s := range p.bulks {
			s.CloseWithReason(link.CodeStopping, "")
		}
		p.mu.Unlock()
		p.secured(2 * time.Minute)
		p.inVault(digest)
		require.Equal(t, 1, p.dialed(), "the control session stands")
		require.Greater(t, o.road.sentForBundles(), size, "images have a road of their own")
	})
}
