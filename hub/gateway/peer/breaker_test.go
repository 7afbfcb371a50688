package peer_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"jaliya/hub/gateway/peer"
)

var rule = peer.BreakerRule{Failures: 3, Pause: 10 * time.Second, Most: time.Minute}

func TestBreaker(t *testing.T) {
	opened := func(t *testing.T) peer.Breaker {
		t.Helper()
		var b peer.Breaker
		for range rule.Failures {
			require.Equal(t, peer.BreakerClosed, b.State)
			b = b.Bad(rule, time.Now())
		}
		require.Equal(t, peer.BreakerOpen, b.State)
		return b
	}
	wait := func(d time.Duration) { <-time.After(d) }
	t.Run("OK/ClosedWhileSomeFail", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := peer.Breaker{}.Bad(rule, time.Now()).Bad(rule, time.Now()).Good().Bad(rule, time.Now())
			_, yes := b.Ask(rule, time.Now())
			require.True(t, yes)
		})
	})
	t.Run("OK/OpenKeepsAway", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := opened(t)
			_, yes := b.Ask(rule, time.Now())
			require.False(t, yes)
			wait(rule.Pause - 1)
			_, yes = b.Ask(rule, time.Now())
			require.False(t, yes)
		})
	})
	t.Run("OK/OneTrial", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := opened(t)
			wait(rule.Pause)
			b, yes := b.Ask(rule, time.Now())
			require.True(t, yes)
			require.Equal(t, peer.BreakerHalfOpen, b.State)
			_, yes = b.Ask(rule, time.Now())
			require.False(t, yes, "the trial is out")
			require.Equal(t, peer.BreakerClosed, b.Good().State)
		})
	})
	t.Run("OK/PauseDoubles", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := opened(t)
			for _, pause := range []time.Duration{10, 20, 40, 60, 60} {
				require.Equal(t, pause*time.Second, time.Until(b.Until))
				wait(pause * time.Second)
				trial, yes := b.Ask(rule, time.Now())
				require.True(t, yes)
				b = trial.Bad(rule, time.Now())
			}
		})
	})
	t.Run("OK/LostTrial", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := opened(t)
			wait(rule.Pause)
			b, _ = b.Ask(rule, time.Now())
			wait(rule.Most)
			_, yes := b.Ask(rule, time.Now())
			require.True(t, yes, "a trial without an answer closes nothing for ever")
		})
	})
	t.Run("OK/LateFailures", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := opened(t)
			wait(time.Second)
			require.Equal(t, b.Until, b.Bad(rule, time.Now()).Until, "they do not lengthen the pause")
		})
	})
}

// TestBreakerNeverStuck asks that whatever happened, a system is asked again
// within the longest pause.
func TestBreakerNeverStuck(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b peer.Breaker
		now := time.Unix(0, 0)
		for range rapid.IntRange(0, 60).Draw(t, "steps") {
			switch rapid.IntRange(0, 3).Draw(t, "what") {
			case 0:
				b = b.Good()
			case 1:
				b = b.Bad(rule, now)
			case 2:
				b, _ = b.Ask(rule, now)
			default:
				now = now.Add(time.Duration(rapid.Int64Range(0, int64(2*rule.Most)).Draw(t, "time")))
			}
		}
		_, yes := b.Ask(rule, now.Add(rule.Most))
		require.True(t, yes)
	})
}
