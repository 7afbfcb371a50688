package atlas

import "math"

// Dot is one place on a map, in the units of its view.
type Dot struct {
	X, Y         float64 // where it is drawn
	TrueX, TrueY float64 // where the city is
}

// Moved reports whether a dot stands so far from its city that a line must say
// where the city is.
func (d Dot) Moved() bool { return math.Hypot(d.X-d.TrueX, d.Y-d.TrueY) > lineFrom }

// lineFrom is how far a dot is pushed before it gets a line, in units.
const lineFrom = 4

// View is one map: a window of a projection. X grows to the east, Y to the
// south, in both directions of writing.
type View struct {
	Name          string
	Width, Height float64
	Radius        float64 // of the room that each dot has to itself

	project            func(lat, lon float64) (x, y float64)
	west, north, scale float64 // of the projected window
	minLat, maxLat     float64
	minLon, maxLon     float64
}

// World is the whole world without the south and the middle of the Pacific,
// where nobody lives that a post of the network serves.
func World() View {
	v := View{Name: "world", Width: 800, Radius: 19, project: naturalEarth, minLat: -48, maxLat: 74, minLon: -128, maxLon: 164}
	return v.fitted()
}

// Europe is the west and the middle of Europe with the coast of the Maghreb, large
// enough to tell the posts of one country from each other.
func Europe() View {
	v := View{Name: "europe", Width: 440, Radius: 11, project: equalArea, minLat: 34.4, maxLat: 60.6, minLon: -10.5, maxLon: 19.5}
	return v.fitted()
}

// fitted makes the window the smallest that holds all of the latitudes and longitudes.
func (v View) fitted() View {
	v.west, v.north = math.Inf(1), math.Inf(1)
	east, south := math.Inf(-1), math.Inf(-1)
	for lat := v.minLat; lat <= v.maxLat; lat += (v.maxLat - v.minLat) / 64 {
		for lon := v.minLon; lon <= v.maxLon; lon += (v.maxLon - v.minLon) / 64 {
			x, y := v.project(lat, lon)
			v.west, east = min(v.west, x), max(east, x)
			v.north, south = min(v.north, y), max(south, y)
		}
	}
	v.scale = v.Width / (east - v.west)
	v.Height = math.Ceil((south - v.north) * v.scale)
	return v
}

// Place gives where a place lies in the view's units, which may be outside it.
func (v View) Place(lat, lon float64) (x, y float64) {
	x, y = v.project(lat, lon)
	return (x - v.west) * v.scale, (y - v.north) * v.scale
}

// Holds reports whether a place belongs to the view.
func (v View) Holds(lat, lon float64) bool {
	return lat >= v.minLat && lat <= v.maxLat && lon >= v.minLon && lon <= v.maxLon
}

// naturalEarth is the projection of T. Patterson (2008), with the polynomial of
// B. Šavrič and others (2011).
func naturalEarth(lat, lon float64) (x, y float64) {
	p, l := lat*math.Pi/180, lon*math.Pi/180
	p2 := p * p
	p4 := p2 * p2
	x = l * (0.8707 - 0.131979*p2 + p4*(-0.013791+p4*(0.003971*p2-0.001529*p4)))
	y = p * (1.007226 + p2*(0.015085+p4*(-0.044475+0.028874*p2-0.005916*p4)))
	return x, -y
}

// Middle of the European view, in radians.
const (
	middleLat = 47.5 * math.Pi / 180
	middleLon = 4.5 * math.Pi / 180
)

// equalArea is the azimuthal projection of Lambert.
func equalArea(lat, lon float64) (x, y float64) {
	p, l := lat*math.Pi/180, lon*math.Pi/180-middleLon
	k := math.Sqrt(2 / (1 + math.Sin(middleLat)*math.Sin(p) + math.Cos(middleLat)*math.Cos(p)*math.Cos(l)))
	x = k * math.Cos(p) * math.Sin(l)
	y = k * (math.Cos(middleLat)*math.Sin(p) - math.Sin(middleLat)*math.Cos(p)*math.Cos(l))
	return x, -y
}

// Around gives the rectangle of this view in which another one lies.
func (v View) Around(small View) (x, y, width, height float64) {
	x, y = v.Place(small.maxLat, small.minLon)
	right, bottom := v.Place(small.minLat, small.maxLon)
	return tenth(x), tenth(y), tenth(right - x), tenth(bottom - y)
}
