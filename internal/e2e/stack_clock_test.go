package e2e

import (
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// rawTime is time.Time as package time lays it out.
type rawTime struct {
	wall uint64
	ext  int64
	loc  *time.Location
}

// secondsTo1885 is from the year 1885, where the wall part of a time begins that
// carries a monotonic reading, to 1970.
const secondsTo1885 = ((1969*365 + 1969/4 - 1969/100 + 1969/400) - (1884*365 + 1884/4 - 1884/100 + 1884/400)) * 86400

// wallJumped gives now after somebody has set the clock by jump: the wall clock
// is another, the monotonic reading goes on, as with the kernel's clocks. Time.Add
// moves both, and the fake clock of a bubble has no monotonic reading at all.
func wallJumped(now time.Time, jump time.Duration) time.Time {
	wall := now.Add(jump)
	seconds := uint64(wall.Unix() + secondsTo1885)
	var out time.Time
	*(*rawTime)(unsafe.Pointer(&out)) = rawTime{
		wall: 1<<63 | seconds<<30 | uint64(wall.Nanosecond()),
		ext:  now.UnixNano() - time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano() + 1,
		loc:  time.Local,
	}
	return out
}

func TestWallJumped(t *testing.T) {
	before := time.Date(2000, 1, 1, 0, 10, 0, 7, time.UTC)
	after := before.Add(time.Second)
	a, b := wallJumped(before, 0), wallJumped(after, -48*time.Hour)
	require.Equal(t, before.UnixNano(), a.UnixNano())
	require.Equal(t, after.Add(-48*time.Hour).UnixNano(), b.UnixNano())
	require.Equal(t, time.Second, b.Sub(a), "timers do not see it")
	require.True(t, a.Before(b))
	require.Equal(t, time.Minute, b.Add(time.Minute).Sub(b))
}
