package main

import (
	"encoding/json"

	"jaliya/internal/atlas"
	"jaliya/internal/fault"
)

// topology is the part of TopoJSON that world-atlas uses: coordinates are whole
// numbers, each arc a first position and steps from it.
type topology struct {
	Transform struct{ Scale, Translate [2]float64 }
	Arcs      [][][2]float64
	Objects   struct {
		Land struct{ Geometries []geometry }
	}
}

type geometry struct {
	Type string
	Arcs json.RawMessage
}

// land gives every ring of the land, in degrees. Longitudes of a ring follow each
// other without a jump, so one that crosses the antimeridian goes beyond 180.
func land(raw []byte) ([][]atlas.Point, error) {
	const op = "draw: read land"
	var t topology
	if err := json.Unmarshal(raw, &t); err != nil {
		return nil, fault.New(fault.Invalid, op, "", err)
	}
	var rings [][]atlas.Point
	for _, g := range t.Objects.Land.Geometries {
		var polygons [][][]int
		into := any(&polygons)
		if g.Type == "Polygon" {
			polygons = make([][][]int, 1)
			into = &polygons[0]
		}
		if err := json.Unmarshal(g.Arcs, into); err != nil {
			return nil, fault.New(fault.Invalid, op, g.Type, err)
		}
		for _, polygon := range polygons {
			for _, ring := range polygon {
				rings = append(rings, unwrapped(t.ring(ring)))
			}
		}
	}
	return rings, nil
}

// ring joins arcs; a negative number is an arc that is walked backwards.
func (t topology) ring(arcs []int) []atlas.Point {
	var out []atlas.Point
	for _, n := range arcs {
		var arc []atlas.Point
		at := n
		if n < 0 {
			at = ^n
		}
		var x, y float64
		for _, step := range t.Arcs[at] {
			x, y = x+step[0], y+step[1]
			arc = append(arc, atlas.Point{
				Lon: x*t.Transform.Scale[0] + t.Transform.Translate[0], Lat: y*t.Transform.Scale[1] + t.Transform.Translate[1],
			})
		}
		if n < 0 {
			for i, j := 0, len(arc)-1; i < j; i, j = i+1, j-1 {
				arc[i], arc[j] = arc[j], arc[i]
			}
		}
		if len(out) > 0 {
			arc = arc[1:] // the end of the one before
		}
		out = append(out, arc...)
	}
	return out
}

func unwrapped(ring []atlas.Point) []atlas.Point {
	for i := 1; i < len(ring); i++ {
		for ring[i].Lon-ring[i-1].Lon > 180 {
			ring[i].Lon -= 360
		}
		for ring[i].Lon-ring[i-1].Lon < -180 {
			ring[i].Lon += 360
		}
	}
	return ring
}
