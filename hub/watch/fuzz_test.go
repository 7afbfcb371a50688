package watch_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/hub/watch"
	"jaliya/internal/fault"
)

// FuzzParseHours: whatever people type is hours of a week, or refused.
func FuzzParseHours(f *testing.F) {
	f.Add("Mon-Thu 09:00-15:00, Fri 09:00-12:00, Sat 10:00-13:00")
	f.Add("Sat-Tue 00:00-24:00")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := watch.ParseHours(text)
		if err != nil {
			require.Equal(t, fault.Invalid, fault.KindOf(err))
			return
		}
		for _, h := range list {
			require.Less(t, h.Day, uint8(7))
			require.Less(t, h.From, h.To)
			require.LessOrEqual(t, h.To, uint16(24*60))
		}
	})
}
