package emulate

import (
	"math/rand/v2"
	"time"

	"jaliya/internal/fault"
)

// Weather is how one way of a link is. The zero value is a link without limits.
type Weather struct {
	Rate  int           // bits a second, 0 for no limit
	Delay time.Duration // of each packet, besides its turn in the queue
	Loss  float64       // share of packets that are lost, from 0 to 1
	Queue int           // bytes that wait for the wire before the next is dropped
	Seed  uint64        // of the losses
}

// Validate names the field that breaks a rule.
func (w Weather) Validate() error {
	const op = "emulate: validate weather"
	switch {
	case w.Rate < 0:
		return fault.New(fault.Invalid, op, "rate", nil)
	case w.Delay < 0:
		return fault.New(fault.Invalid, op, "delay", nil)
	case w.Loss < 0 || w.Loss > 1:
		return fault.New(fault.Invalid, op, "loss", nil)
	case w.Queue < 0 || w.Rate > 0 && w.Queue < mtu:
		return fault.New(fault.Invalid, op, "queue holds not one packet", nil)
	}
	return nil
}

// Fate is what becomes of a packet.
type Fate uint8

// The fates.
const (
	Arrives  Fate = iota
	Lost          // on the wire
	Overflow      // the queue was full
)

// Count is what a way has been given, in packets and bytes of IP.
type Count struct {
	Packets, Bytes           int
	Lost, Overflown          int // packets
	LostBytes, OverflowBytes int
}

// Way is one direction of a link. It has no clock: times are since a beginning
// of the caller's choice, and never go back.
type Way struct {
	weather Weather
	chance  *rand.Rand
	free    time.Duration // when the wire has sent what it was given
	count   Count
}

// NewWay makes a way whose wire is free.
func NewWay(w Weather) *Way {
	return &Way{weather: w, chance: rand.New(rand.NewPCG(w.Seed, w.Seed^0x6a616c697961))} //nolint:gosec // losses, not secrets
}

// Take takes a packet of size bytes and says when it arrives, if it does.
func (w *Way) Take(now time.Duration, size int) (arrives time.Duration, f Fate) {
	w.count.Packets++
	w.count.Bytes += size
	// Drawn for each packet, so that the n-th has its fate whatever the queue did.
	lost := w.chance.Float64() < w.weather.Loss
	if w.weather.Rate == 0 {
		w.free = now
	} else {
		begins := max(now, w.free)
		if w.waiting(begins-now)+size > w.weather.Queue {
			w.count.Overflown++
			w.count.OverflowBytes += size
			return 0, Overflow
		}
		w.free = begins + time.Duration(size)*8*time.Second/time.Duration(w.weather.Rate)
	}
	if lost {
		w.count.Lost++
		w.count.LostBytes += size
		return 0, Lost
	}
	return w.free + w.weather.Delay, Arrives
}

// waiting is how many bytes the wire sends in a time.
func (w *Way) waiting(d time.Duration) int {
	return int(d.Seconds() * float64(w.weather.Rate) / 8)
}

// Count gives what the way was given so far.
func (w *Way) Count() Count { return w.count }
