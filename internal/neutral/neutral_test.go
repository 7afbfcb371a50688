package neutral_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/neutral"
)

const level = 0.001

// TestCompare: a difference is found where there is one, and none where there
// is none.
func TestCompare(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	var samples []neutral.Sample
	for i := range 200 {
		second, x := i%2 == 0, random.NormFloat64()
		one := neutral.Sample{Second: second, Figures: map[string]float64{"same": math.Round(x * 3)}, Words: map[string]string{"same": "it is being processed"}}
		if i%7 == 0 {
			one.Words["same"] = "it is being processed. The date has moved"
		}
		one.Figures["moved"], one.Figures["wider"], one.Words["word"] = x, x, "it is being processed"
		one.Figures["byte"] = 4096
		if second {
			one.Figures["moved"], one.Figures["wider"], one.Words["word"] = x+1.5, x*4, "it is being reviewed"
			one.Figures["byte"]++
		}
		samples = append(samples, one)
	}
	require.Equal(t, []string{"byte", "moved", "wider", "word"}, neutral.Differ(neutral.Compare(samples, level)))
	require.Zero(t, neutral.Distance([]float64{1, 1, 2, 2}, []bool{true, false, true, false}), "ties are no difference")
	require.InDelta(t, 1, neutral.Distance([]float64{1, 1, 2, 2}, []bool{true, true, false, false}), 1e-9)
}

// TestNoFalseWord: over many worlds of noise, one in a thousand may be called a
// difference; this seed has none, though single comparisons reach the level.
func TestNoFalseWord(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 1))
	smallest := 1.0
	for range 4 {
		var samples []neutral.Sample
		for i := range 60 {
			one := neutral.Sample{Second: i%2 == 0, Figures: map[string]float64{}}
			for f := range 40 {
				one.Figures[string(rune('A'+f))] = random.ExpFloat64()
			}
			samples = append(samples, one)
		}
		list := neutral.Compare(samples, level)
		require.Empty(t, neutral.Differ(list))
		for _, r := range list {
			smallest = min(smallest, r.P)
		}
	}
	require.Less(t, smallest, 0.03)
}
