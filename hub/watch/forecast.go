package watch

import (
	"time"

	"jaliya/hub/ledger"
)

// Points that a forecast needs, and how long they must reach back: less is
// noise.
const (
	forecastPoints = 24
	forecastDays   = 7
)

// forecast says by how much a disk fills a day, by the straight line through its
// free bytes of the last week: one deletion or one backup does not bend it much.
func forecast(hours []ledger.HourPoint) (perDay int64) {
	var n, sumX, sumY, sumXX, sumXY float64
	for x, p := range hours {
		if p.Total == 0 {
			continue
		}
		hour, free := float64(x), float64(p.Free)
		n, sumX, sumY = n+1, sumX+hour, sumY+free
		sumXX, sumXY = sumXX+hour*hour, sumXY+hour*free
	}
	spread := n*sumXX - sumX*sumX
	if n < forecastPoints || spread <= 0 {
		return 0
	}
	slope := (n*sumXY - sumX*sumY) / spread // bytes free an hour
	if slope >= 0 {
		return 0
	}
	return int64(-slope * float64(24*time.Hour/time.Hour))
}

// fullIn gives the days until a disk reaches its reserve, -1 when that is not
// foreseen within a year.
func fullIn(d Disk, reserve int64) int {
	const year = 365
	switch left := d.Free - reserve; {
	case d.Total == 0:
		return -1
	case left <= 0:
		return 0
	case d.PerDay <= 0 || left/d.PerDay > year:
		return -1
	default:
		return int(left / d.PerDay)
	}
}
