package backlog

import (
	"fmt"
	"time"

	"jaliya/internal/emulate"
)

// Profile is a link that posts have (design, section 9).
type Profile struct {
	Rate int           // bits a second, each way
	RTT  time.Duration // of an empty link
	Loss float64       // each way
}

// Profiles are those that are measured.
var Profiles = []Profile{
	{20_000_000, 40 * time.Millisecond, 0.001},
	{4_000_000, 220 * time.Millisecond, 0.01},
	{1_000_000, 600 * time.Millisecond, 0.02},
	{256_000, 800 * time.Millisecond, 0.08},
}

// leastQueue is what the cheapest device before a link holds.
const leastQueue = 64 << 10

// String names the profile as tables do.
func (p Profile) String() string {
	rate := fmt.Sprintf("%d kbit/s", p.Rate/1000)
	if p.Rate >= 1_000_000 {
		rate = fmt.Sprintf("%d Mbit/s", p.Rate/1_000_000)
	}
	return fmt.Sprintf("%s, %d ms, %.3g %% loss", rate, p.RTT.Milliseconds(), 100*p.Loss)
}

// queue holds what is under way on the full link, as routers are set up.
func (p Profile) queue() int {
	return max(leastQueue, int(p.RTT.Seconds()*float64(p.Rate)/8))
}

// weather is the same for each contender, so that the n-th packet of each has
// the same fate.
func (p Profile) weather() (up, down emulate.Weather) {
	up = emulate.Weather{Rate: p.Rate, Delay: p.RTT / 2, Loss: p.Loss, Queue: p.queue(), Seed: 1}
	down = up
	down.Seed = 2
	return up, down
}

// entries gives how many of the backlog's entries fill the link for so long.
func (p Profile) entries(full int, fill time.Duration) int {
	if fill == 0 {
		return full
	}
	return min(full, int(fill.Seconds()*float64(p.Rate)/8)/entrySize)
}

// limit is how long a contender may take: a twentieth of the link is little.
func (p Profile) limit(payload int) time.Duration {
	return time.Minute + time.Duration(20*float64(payload)*8/float64(p.Rate)*float64(time.Second))
}

// share is the payload as a part of what the link could carry in a time.
func (p Profile) share(payload int, took time.Duration) float64 {
	return float64(payload) * 8 / (float64(p.Rate) * took.Seconds())
}
