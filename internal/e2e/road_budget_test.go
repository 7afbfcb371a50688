package e2e

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/ship"
)

// Images keep to the budget, on average, and entries are never held.
func TestRoadBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, roadRTT)
		p := o.outpost(1)
		p.budget = ship.Budget{Rate: 16_000}
		p.append(1)
		digests := []int{400_000, 400_000, 400_000}
		for _, size := range digests {
			p.appendWith(size)
		}
		p.start()
		p.until(3*time.Second, func(st journal.State) bool { return st.Receipted == 1 })
		require.EqualValues(t, 128_000, p.ship.Status().Budget.Rate)
		took := p.secured(3 * time.Minute)
		require.GreaterOrEqual(t, took, 60*time.Second, "1.2 MB at 128 kbit/s")
		require.LessOrEqual(t, took, 90*time.Second)
		p.append(5)
		p.secured(3 * time.Second)
		p.stop()
		o.stop()
	})
}

// In quiet hours without a budget no image goes, and what was on its way goes on
// afterwards where it was; entries and receipts go as ever.
func TestRoadQuietHours(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, roadRTT)
		o.road.set(func(up, _ *way) { up.rate, up.queue = 64_000, time.Second })
		begins := time.Now().UTC().Add(time.Minute)
		ends := begins.Add(2 * time.Hour)
		quiet, err := ship.ParseQuiet(begins.Format("15:04")+"-"+ends.Format("15:04"), time.UTC)
		require.NoError(t, err)
		p := o.outpost(1)
		p.budget = ship.Budget{Quiet: quiet}
		p.append(2)
		digest := p.appendWith(600_000)
		p.start()
		wait(time.Until(begins) - time.Second)
		require.Nil(t, p.ship.Status().Budget)
		wait(30 * time.Second)
		sent := o.road.sentForBundles()
		require.Positive(t, sent, "it had begun")
		require.EqualValues(t, 2, p.state().Receipted)
		b := p.ship.Status().Budget
		require.NotNil(t, b)
		require.Zero(t, b.Rate)
		require.True(t, b.Until.Equal(ends), "%v", b.Until)
		wait(time.Until(ends) - time.Second)
		require.Less(t, o.road.sentForBundles(), sent+20_000, "nothing but farewells")
		require.Equal(t, ship.Following.String(), p.ship.Status().Phase)
		p.secured(90 * time.Second)
		p.inVault(digest)
		require.Less(t, o.road.sentForBundles()-sent, 420_000, "it went on where it was")
		p.stop()
		o.stop()
	})
}

// Quiet hours begin in the middle of a backlog: the connections that carried it go,
// and the entries go on, whatever images still crawl for minutes.
func TestRoadQuietHoursDuringABacklog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := lossyLinks["4M-220ms-1"]
		o := newOffice(t, l.rtt)
		o.road.set(func(up, down *way) {
			up.rate, up.queue, up.loss, down.loss = l.rate, l.rtt, l.loss, l.loss
		})
		begins := time.Now().UTC().Add(time.Minute)
		quiet, err := ship.ParseQuiet(begins.Format("15:04")+"-"+begins.Add(time.Hour).Format("15:04"), time.UTC)
		require.NoError(t, err)
		p := o.outpost(1)
		p.budget = ship.Budget{Rate: 8000, Quiet: quiet}
		wait(time.Until(begins) - 8*time.Second)
		p.fill(6000)
		last := p.state().Head.Seq
		for range 8 {
			p.appendWith(1_500_000)
		}
		p.start()
		for p.ship.Status().Bulk < 2 {
			wait(100 * time.Millisecond)
		}
		wait(time.Until(begins))
		require.Less(t, p.state().Receipted, last, "the backlog is under way")
		p.until(90*time.Second, func(st journal.State) bool { return st.Receipted >= last })
		p.stop()
		o.stop()
	})
}
