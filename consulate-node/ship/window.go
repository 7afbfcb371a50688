package ship

import (
	"time"

	"jaliya/internal/wire"
)

// Window is how many batches may be on the way without a receipt.
const Window = 16

// spreadWindow is how many while several connections carry them: smaller ones,
// so that one on a slow connection holds up few. spreadBytes is what they have in
// steady work at any time: receipts come late there because one of them is waited
// for, and not because the link is full.
const (
	spreadWindow = 4 * Window
	leastSpread  = 4 << 10
	spreadBytes  = 256 << 10
)

// How many bytes may be on the way without a receipt. The number doubles with each
// round while receipts come quickly, and halves once a round when they come late,
// so that a slow link never holds more than some seconds of ours: a cut costs
// little, and a heartbeat does not wait long. A round is what is on the way: many
// receipts that come at once, because the first of them was waited for, say no more
// than one.
const (
	firstBytes = 64 << 10
	leastBytes = 32 << 10
	mostBytes  = Window * wire.MaxBatch
	quick      = 2 * time.Second
	late       = 5 * time.Second
)

// flight is a batch without a receipt.
type flight struct {
	last  uint64 // its last sequence
	bytes int
	at    time.Time // when it was handed to the link
}

// window bounds what is on the way.
type window struct {
	flights []flight // oldest first
	bytes   int      // of all flights
	limit   int
	halved  uint64 // last sequence on the way when the limit was halved
	roads   int    // bulk connections that carry batches too
}

func newWindow() window { return window{limit: firstBytes} }

func (w *window) open() bool {
	if w.roads > 0 {
		return len(w.flights) == 0 || len(w.flights) < spreadWindow && w.bytes < min(w.limit, wire.MaxAhead)
	}
	return len(w.flights) == 0 || len(w.flights) < Window && w.bytes < w.limit
}

// batch is how large the next batch should be: half of the window, so that one
// is on the way while the hub commits another.
// Over several connections each has some, and the rest is at hand.
func (w *window) batch() int {
	if w.roads > 0 {
		return min(wire.MaxBatch, max(leastSpread, min(w.limit, wire.MaxAhead)/(4*(w.roads+1))))
	}
	return min(wire.MaxBatch, w.limit/2)
}

func (w *window) full() int { return len(w.flights) }

func (w *window) fly(f flight) {
	w.flights = append(w.flights, f)
	w.bytes += f.bytes
}

// land takes off the flights that a receipt covers, and learns from the newest.
func (w *window) land(now time.Time, last uint64) {
	landed, bytes := 0, 0
	for landed < len(w.flights) && w.flights[landed].last <= last {
		bytes += w.flights[landed].bytes
		landed++
	}
	if landed == 0 {
		return
	}
	took := now.Sub(w.flights[landed-1].at)
	if w.roads > 0 {
		took /= 2 // it waited for what went over the slowest connection
	}
	switch {
	case took <= quick, w.roads > 1 && w.limit < spreadBytes:
		w.limit = min(mostBytes, w.limit+bytes)
	case took > late && last > w.halved && (w.roads < 2 || w.limit > spreadBytes):
		w.limit = max(leastBytes, w.limit/2)
		w.halved = w.flights[len(w.flights)-1].last
	}
	w.bytes -= bytes
	w.flights = w.flights[landed:]
}

// empty forgets the flights of a session that ended, and begins the next with
// small batches: large ones at once would lie in the way of all that several
// connections carry behind them. Some receipts later it is as wide as before.
func (w *window) empty() {
	w.flights, w.bytes, w.halved, w.limit = nil, 0, 0, min(w.limit, firstBytes)
}
