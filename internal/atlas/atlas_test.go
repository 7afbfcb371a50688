package atlas_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/atlas"
	"jaliya/internal/consular"
)

// apart wants that no two dots overlap and none leaves the view.
func apart(t *testing.T, v atlas.View, dots []atlas.Dot) {
	t.Helper()
	for i, a := range dots {
		require.GreaterOrEqual(t, min(a.X, v.Width-a.X), v.Radius-0.1)
		require.GreaterOrEqual(t, min(a.Y, v.Height-a.Y), v.Radius-0.1)
		for _, b := range dots[:i] {
			require.GreaterOrEqual(t, math.Hypot(a.X-b.X, a.Y-b.Y), 2*v.Radius-0.1, "%v %v", a, b)
		}
	}
}

// TestPosts places those of the directory: each can be told from its neighbors.
func TestPosts(t *testing.T) {
	directory, err := consular.BuiltInDirectory()
	require.NoError(t, err)
	europe, world := atlas.Europe(), atlas.World()
	var near, far []atlas.Point
	for _, p := range directory.All() {
		require.True(t, world.Holds(p.Lat, p.Lon), "%s is on no map", p.ID)
		if europe.Holds(p.Lat, p.Lon) {
			near = append(near, atlas.Point{Lat: p.Lat, Lon: p.Lon})
			continue
		}
		far = append(far, atlas.Point{Lat: p.Lat, Lon: p.Lon})
	}
	require.Equal(t, 71, len(near)+len(far))
	for _, c := range []struct {
		view   atlas.View
		points []atlas.Point
		most   float64 // that a dot may be away from its city
	}{{europe, near, 60}, {world, far, 60}} {
		t.Run(c.view.Name, func(t *testing.T) {
			dots := c.view.Spread(c.points)
			apart(t, c.view, dots)
			require.Equal(t, dots, c.view.Spread(c.points), "the same each time")
			for i, d := range dots {
				x, y := c.view.Place(c.points[i].Lat, c.points[i].Lon)
				require.InDelta(t, x, d.TrueX, 0.06)
				require.InDelta(t, y, d.TrueY, 0.06)
				require.LessOrEqual(t, math.Hypot(d.X-d.TrueX, d.Y-d.TrueY), c.most, "%v", c.points[i])
			}
		})
	}
}

// TestSpread pushes random heaps apart, some of one place.
func TestSpread(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		points := make([]atlas.Point, 1+random.IntN(30))
		for i := range points {
			points[i] = atlas.Point{Lat: 45 + 4*random.Float64(), Lon: 2 + 4*random.Float64()}
			if i > 0 && random.IntN(4) == 0 {
				points[i] = points[i-1]
			}
		}
		apart(t, atlas.Europe(), atlas.Europe().Spread(points))
	}
	require.Empty(t, atlas.World().Spread(nil))
	alone := atlas.Europe().Spread([]atlas.Point{{Lat: 45.76, Lon: 4.84}})
	require.False(t, alone[0].Moved(), "nothing pushes one that is alone")
}

// TestPlace knows where things lie to each other.
func TestPlace(t *testing.T) {
	for _, v := range []atlas.View{atlas.Europe(), atlas.World()} {
		lyonX, lyonY := v.Place(45.76, 4.84)
		osloX, osloY := v.Place(59.91, 10.75)
		madridX, madridY := v.Place(40.42, -3.7)
		require.Less(t, madridX, lyonX, "west is to the left in every language")
		require.Less(t, lyonX, osloX)
		require.Less(t, osloY, lyonY, "north is up")
		require.Less(t, lyonY, madridY)
	}
	x, y, width, height := atlas.World().Around(atlas.Europe())
	lyonX, lyonY := atlas.World().Place(45.76, 4.84)
	require.True(t, lyonX > x && lyonX < x+width && lyonY > y && lyonY < y+height)
}
