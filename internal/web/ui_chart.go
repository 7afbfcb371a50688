package web

import (
	"math"
	"strconv"
	"strings"
)

// Chart is a course of values over time with the table of the same facts. Its
// drawing holds no text, which stands beside it in the page: it keeps its size on
// a telephone, and Arabic is shaped by the browser. In Arabic time runs from
// right to left, as the timeline, the steps and the columns beside it do: a
// reader who begins each line at the right looks for "now" at its end.
type Chart struct {
	Title string
	Now   string // the last value in words
	Say   string // the drawing in one sentence
	Kind  string // "line" or "bars"
	Count int    // of values, the width of the drawing
	Path  string
	Area  string // under a line
	Top   string // words of the highest line
	Ticks []string
	Table Table
}

// Table is what a chart shows, in words.
type Table struct {
	Caption string
	Head    []string
	Rows    [][]string
}

// chartHeight is the height of a drawing in its own units.
const chartHeight = 100

// Lines gives the drawing of values as a line with the area under it. A value
// that is not a number is a gap. Top is the value of the upper edge.
func Lines(values []float64, top float64) (path, area string) {
	var line, under strings.Builder
	begun := -1
	for i := 0; i <= len(values); i++ {
		if i == len(values) || math.IsNaN(values[i]) {
			if begun >= 0 {
				under.WriteString("L" + half(i-1) + " " + strconv.Itoa(chartHeight) + "H" + half(begun) + "z")
			}
			begun = -1
			continue
		}
		at := half(i) + " " + height(values[i], top)
		if begun < 0 {
			begun = i
			line.WriteString("M" + at)
			under.WriteString("M" + at)
			continue
		}
		line.WriteString("L" + at)
		under.WriteString("L" + at)
	}
	return line.String(), under.String()
}

// Columns gives the drawing of values as bars beside each other.
func Columns(values []float64, top float64) string {
	var b strings.Builder
	for i, v := range values {
		if math.IsNaN(v) || v <= 0 {
			continue
		}
		b.WriteString("M" + strconv.Itoa(i) + " " + strconv.Itoa(chartHeight) + "V" + height(v, top) + "h1V" + strconv.Itoa(chartHeight) + "z")
	}
	return b.String()
}

// half is the middle of the column of a value.
func half(i int) string { return strconv.Itoa(i) + ".5" }

// height leaves the line inside of the drawing at both edges.
func height(v, top float64) string {
	if top <= 0 {
		top = 1
	}
	share := min(max(v/top, 0), 1)
	return strconv.FormatFloat(math.Round((chartHeight-1-share*(chartHeight-2))*10)/10, 'f', -1, 64)
}

// Bars compares counts by their length, each with a part that stands out. The
// table of the same facts stands beneath it.
type Bars struct {
	Title     string
	All, Part string // words of the two tones
	Rows      []Bar
}

// Bar is one of them. Share and Part are percents of the longest one.
type Bar struct {
	Label, Text string
	Share, Part float64
}

// Of measures the bar's count and a part of it against the largest count.
func (b Bar) Of(count, part, largest int) Bar {
	percent := func(n int) float64 {
		if largest <= 0 {
			return 0
		}
		return math.Round(float64(n)/float64(largest)*1000) / 10
	}
	b.Share, b.Part = percent(count), percent(part)
	return b
}
