package web_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/web"
)

func TestLines(t *testing.T) {
	gap := math.NaN()
	for _, c := range []struct {
		name       string
		values     []float64
		top        float64
		path, area string
	}{
		{"Empty", nil, 10, "", ""},
		{"OnlyGaps", []float64{gap, gap}, 10, "", ""},
		{"OK", []float64{0, 5, 10}, 10, "M0.5 99L1.5 50L2.5 1", "M0.5 99L1.5 50L2.5 1L2.5 100H0.5z"},
		{"GapInside", []float64{10, gap, 0}, 10, "M0.5 1M2.5 99", "M0.5 1L0.5 100H0.5zM2.5 99L2.5 100H2.5z"},
		{"GapsAtTheEdges", []float64{gap, 5, gap}, 10, "M1.5 50", "M1.5 50L1.5 100H1.5z"},
		{"BeyondTheEdges", []float64{-3, 30}, 10, "M0.5 99L1.5 1", "M0.5 99L1.5 1L1.5 100H0.5z"},
		{"NoTop", []float64{0}, 0, "M0.5 99", "M0.5 99L0.5 100H0.5z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path, area := web.Lines(c.values, c.top)
			require.Equal(t, c.path, path)
			require.Equal(t, c.area, area)
		})
	}
}

func TestColumns(t *testing.T) {
	require.Empty(t, web.Columns([]float64{0, math.NaN(), -1}, 10), "nothing stands for nothing")
	require.Equal(t, "M1 100V50h1V100zM2 100V1h1V100z", web.Columns([]float64{0, 5, 99}, 10))
}

func TestBar(t *testing.T) {
	require.Equal(t, web.Bar{Label: "a", Text: "3", Share: 33.3, Part: 11.1}, web.Bar{Label: "a", Text: "3"}.Of(3, 1, 9))
	require.Equal(t, web.Bar{}, web.Bar{}.Of(0, 0, 0), "of nothing, nothing is long")
}
