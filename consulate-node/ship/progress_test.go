package ship

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestProgress(t *testing.T) {
	now := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	var p progress
	require.Nil(t, p.told(now), "nothing is under way")
	p.begin(now, 100, 300)
	require.Equal(t, &Progress{Back: 100, Of: 300}, p.told(now.Add(time.Minute)), "nothing was measured")
	p.back = 150
	require.Equal(t, &Progress{Back: 150, Of: 300, Left: 30}, p.told(now.Add(10*time.Second)))
	p.begin(now.Add(time.Hour), 150, 300)
	require.Zero(t, p.told(now.Add(2*time.Hour)).Left, "another session has another speed")
	p.back = 299
	require.EqualValues(t, 1, p.told(now.Add(time.Hour+time.Second)).Left, "never less than a second")
	p.back = 300
	require.Nil(t, p.told(now), "all is there")
}
