package web

import "jaliya/internal/atlas"

// The marks of a map: each has a shape of its own, so that none is told by its
// color alone.
const (
	MarkGood  = "good"  // a full disc
	MarkRest  = "rest"  // a ring
	MarkHalf  = "half"  // a half disc
	MarkAlarm = "alarm" // a triangle
	MarkStop  = "stop"  // a square with a cross
	MarkNone  = "none"  // an empty diamond
)

// Map is one or more views with posts on them. A table of the same facts stands
// beneath it, to which Table leads.
type Map struct {
	Title  string
	Views  []MapView
	Legend []MapMark
	Table  string // "#id"
	Skip   string // words of the link to the table
}

// MapView is one view: the land of package atlas with dots.
type MapView struct {
	atlas.View
	Title string
	Dots  []MapDot
	Frame *MapFrame
}

// MapDot is one post. Label says all that the dot shows.
type MapDot struct {
	atlas.Dot
	Href, Label string
	Name        string // written beside it, for the few that need a look
	Mark        string
	Size        float64 // radius in units
}

// MapMark is a line of the legend.
type MapMark struct{ Mark, Text string }

// MapFrame is the part of a view that another one shows larger.
type MapFrame struct {
	X, Y, Width, Height float64
	Href, Label         string
}

// FrameOf gives where a view lies on a larger one.
func FrameOf(large, small atlas.View, href, label string) *MapFrame {
	x, y, width, height := large.Around(small)
	return &MapFrame{X: x, Y: y, Width: width, Height: height, Href: href, Label: label}
}

// Scale gives the factor from the drawing of a mark, ten units in radius.
func (d MapDot) Scale() float64 { return d.Size / 10 }

// Below gives where the name of a dot stands, above it where the view ends.
func (v MapView) Below(d MapDot) float64 {
	const line = 14
	if d.Y+d.Size+line > v.Height {
		return -d.Size - line/2
	}
	return d.Size + line
}
