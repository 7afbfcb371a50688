package web

import (
	"math"

	"jaliya/internal/atlas"
	"jaliya/internal/lang"
)

// exampleCharts shows a line with a gap, and bars.
func exampleCharts(p lang.Printer) []Chart {
	const count, top = 48, 100
	values := make([]float64, count)
	for i := range values {
		values[i] = 50 + 40*math.Sin(float64(i)/6)
		if i > 20 && i < 26 {
			values[i] = math.NaN()
		}
	}
	table := Table{
		Caption: p.T("web.example.list"), Head: []string{p.T("web.example.one"), p.T("web.example.two")},
		Rows: [][]string{{p.T("web.example.three"), p.Number(top)}, {p.T("web.example.four"), p.Number(count)}},
	}
	line := Chart{
		Title: p.T("web.example.one"), Now: p.T("web.example.look"), Say: p.T("web.example.list"), Kind: "line", Count: count,
		Top: p.Number(top), Ticks: []string{p.Number(1), p.Number(count / 2), p.Number(count)}, Table: table,
	}
	bars := line
	line.Path, line.Area = Lines(values, top)
	bars.Kind, bars.Path = "bars", Columns(values, top)
	return []Chart{line, bars}
}

func exampleShares(p lang.Printer) Bars {
	const most = 120
	b := Bars{Title: p.T("web.example.list"), All: p.T("web.example.one"), Part: p.T("web.example.two")}
	for i, key := range []string{"web.example.three", "web.example.four"} {
		count := most / (i + 1)
		b.Rows = append(b.Rows, Bar{Label: p.T(key), Text: p.Number(int64(count))}.Of(count, 15*i, most))
	}
	return b
}

// exampleMap has one place in each mark, two of them too near to each other.
func exampleMap(p lang.Printer) Map {
	places := []atlas.Point{
		{Lat: 45.76, Lon: 4.84}, {Lat: 48.86, Lon: 2.35}, {Lat: 48.9, Lon: 2.4}, {Lat: 40.42, Lon: -3.7}, {Lat: 44.49, Lon: 11.34}, {Lat: 52.37, Lon: 4.9},
	}
	marks := []string{MarkGood, MarkRest, MarkHalf, MarkAlarm, MarkStop, MarkNone}
	view := MapView{View: atlas.Europe(), Title: p.T("web.example.list")}
	m := Map{Title: view.Title}
	for i, dot := range view.Spread(places) {
		view.Dots = append(view.Dots, MapDot{
			Dot: dot, Href: "#", Label: p.T("web.example.one") + " " + p.Number(int64(i+1)), Mark: marks[i], Size: view.Radius * 0.6,
		})
		m.Legend = append(m.Legend, MapMark{Mark: marks[i], Text: p.T("web.example.one") + " " + p.Number(int64(i+1))})
	}
	m.Views = []MapView{view}
	return m
}
