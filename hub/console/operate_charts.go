package console

import (
	"math"
	"strconv"
	"time"

	"jaliya/hub/watch"
	"jaliya/internal/consular"
	"jaliya/internal/lang"
	"jaliya/internal/web"
)

// course is one chart of a post's history before it has words.
type course struct {
	key   string
	bars  bool
	of    func(watch.Point) float64
	words func(lang.Printer, float64) string
	least float64 // the upper edge is at least this
	worst func(a, b float64) float64
}

func courses() []course {
	number := func(p lang.Printer, v float64) string { return p.Number(int64(v)) }
	return []course{
		{key: "backlog", of: func(o watch.Point) float64 { return float64(o.Entries) }, words: number, least: 10, worst: math.Max},
		{
			key: "age", of: func(o watch.Point) float64 { return o.Age.Seconds() }, least: 3600, worst: math.Max,
			words: func(p lang.Printer, v float64) string { return p.Span(time.Duration(v) * time.Second) },
		},
		{
			key: "up", bars: true, of: func(o watch.Point) float64 { return float64(o.Up) }, least: 60, worst: math.Min,
			words: func(p lang.Printer, v float64) string { return p.T("operate.chart.minutes", "number", int(v)) },
		},
		{key: "secured", bars: true, of: func(o watch.Point) float64 { return float64(o.Secured) }, words: number, least: 10, worst: math.Max},
		{
			key: "free", of: func(o watch.Point) float64 {
				if o.Free == 0 {
					return math.NaN()
				}
				return float64(o.Free)
			}, least: 1e9, worst: math.Min,
			words: func(p lang.Printer, v float64) string { return size(p, int64(v)) },
		},
		{
			key: "offset", of: func(o watch.Point) float64 { return o.Offset.Abs().Seconds() }, least: 10, worst: math.Max,
			words: func(p lang.Printer, v float64) string { return short(p, time.Duration(v*float64(time.Second))) },
		},
	}
}

// postCharts draws the last 14 days of a post by hour; none before it has told
// anything. The tables have a line for each day with its worst hour: 336 lines
// would hide what they tell, and the API has each hour.
func (s *Screens) postCharts(p lang.Printer, post watch.Post, history []watch.Point) []web.Chart {
	if len(history) == 0 {
		return nil
	}
	hours := byHour(history, s.console.Now())
	zone := s.zones[post.ID]
	if zone == nil {
		zone = s.zone
	}
	out := make([]web.Chart, 0, len(courses()))
	for _, one := range courses() {
		out = append(out, one.chart(p, hours, s.console.Now(), zone))
	}
	return out
}

// byHour gives a place to each hour of the 14 days, the last one being that of
// now; nil where nothing was noted.
func byHour(history []watch.Point, now time.Time) []*watch.Point {
	hours := make([]*watch.Point, historyHours)
	end := now.Truncate(time.Hour)
	for i := range history {
		if at := historyHours - 1 - int(end.Sub(history[i].Hour.Truncate(time.Hour))/time.Hour); at >= 0 && at < historyHours {
			hours[at] = &history[i]
		}
	}
	return hours
}

func (o course) chart(p lang.Printer, hours []*watch.Point, now time.Time, zone *time.Location) web.Chart {
	values := make([]float64, len(hours))
	top, last, peak := o.least, math.NaN(), math.NaN()
	for i, hour := range hours {
		values[i] = math.NaN()
		if hour != nil {
			values[i] = o.of(*hour)
		}
		if v := values[i]; !math.IsNaN(v) {
			top, last = max(top, v), v
			if math.IsNaN(peak) {
				peak = v
			}
			peak = o.worst(peak, v)
		}
	}
	top = o.rounded(top)
	at := "operate.chart." + o.key
	c := web.Chart{
		Title: p.T(at), Kind: "line", Count: len(values), Top: o.words(p, top),
		Now: p.T("operate.chart.now", "value", o.said(p, last)),
		Say: p.T("operate.chart.say", "title", p.T(at), "last", o.said(p, last), "worst", o.said(p, peak)),
	}
	if o.bars {
		c.Kind, c.Path = "bars", web.Columns(values, top)
	} else {
		c.Path, c.Area = web.Lines(values, top)
	}
	begin := now.Truncate(time.Hour).Add(-time.Duration(len(values)-1) * time.Hour)
	for i := range 3 {
		day := begin.Add(time.Duration(i*len(values)/3) * time.Hour).In(zone)
		c.Ticks = append(c.Ticks, dayAndMonth(p, day))
	}
	c.Ticks = append(c.Ticks, p.T("operate.chart.tick_now"))
	c.Table = o.table(p, values, begin, zone)
	return c
}

// rounded puts the upper edge at 1, 2 or 5 times a power of ten, so that a drawing
// does not change its scale with each value; minutes of an hour and spans of time
// keep theirs.
func (o course) rounded(top float64) float64 {
	if o.key == "up" {
		return top
	}
	unit := 1.0
	if o.key == "age" {
		unit = 3600
	}
	power := math.Pow(10, math.Floor(math.Log10(top/unit)))
	for _, step := range []float64{1, 2, 5, 10} {
		if top <= step*power*unit {
			return step * power * unit
		}
	}
	return top
}

func (o course) said(p lang.Printer, v float64) string {
	if math.IsNaN(v) {
		return p.T("operate.unknown")
	}
	return o.words(p, v)
}

func dayAndMonth(p lang.Printer, at time.Time) string {
	whole := p.Date(consular.DateOf(at))
	const nbsp = "\u00a0"
	year := nbsp + strconv.Itoa(at.Year())
	return whole[:max(len(whole)-len(year), 0)]
}

func (o course) table(p lang.Printer, values []float64, begin time.Time, zone *time.Location) web.Table {
	t := web.Table{
		Caption: p.T("operate.chart." + o.key), Head: []string{p.T("operate.chart.day"), p.T("operate.chart.worst_hour"), p.T("operate.chart.end_of_day")},
	}
	var day consular.Date
	for i, v := range values {
		at := begin.Add(time.Duration(i) * time.Hour).In(zone)
		if math.IsNaN(v) {
			continue
		}
		if d := consular.DateOf(at); d != day || len(t.Rows) == 0 {
			day = d
			t.Rows = append(t.Rows, []string{p.Date(d), o.words(p, v), o.words(p, v)})
			continue
		}
		row := t.Rows[len(t.Rows)-1]
		row[2] = o.words(p, v)
		row[1] = o.words(p, o.dayWorst(values[:i+1], begin, zone))
	}
	return t
}

// dayWorst gives the worst value of the day of the last one.
func (o course) dayWorst(values []float64, begin time.Time, zone *time.Location) float64 {
	last := len(values) - 1
	day := consular.DateOf(begin.Add(time.Duration(last) * time.Hour).In(zone))
	worst := values[last]
	for i := last - 1; i >= 0 && consular.DateOf(begin.Add(time.Duration(i)*time.Hour).In(zone)) == day; i-- {
		if !math.IsNaN(values[i]) {
			worst = o.worst(worst, values[i])
		}
	}
	return worst
}
