package link

import "time"

// Road is how sessions are carried.
type Road string

// The roads, in order of preference.
const (
	RoadQUIC Road = "quic"
	RoadTCP  Road = "tcp"
)

// Plan says which roads a dial takes.
type Plan uint8

// The plans.
const (
	QUICOnly Plan = iota + 1
	TCPOnly
	// Either dials both at once and takes TCP only when QUIC stays silent a
	// moment longer: while everything is down, the return of a good link must
	// not put the node on the slower road.
	Either
)

const (
	// strikes is after how many failures in a row the ladder is left.
	strikes = 2
	// trialFirst and trialMost bound the pauses before QUIC gets another
	// chance: a hotel's network lasts a day, an embassy's wall for years.
	trialFirst = 10 * time.Minute
	trialMost  = 6 * time.Hour
)

// Ladder chooses the road of a node (D33): QUIC, and TLS over TCP where QUIC
// gives no useful throughput. A handshake proves little, for some networks let
// the first packets pass and starve what follows: a road is proved by work
// done. Pure: the caller brings time and keeps it.
type Ladder struct {
	Road  Road          // that worked last
	Again time.Time     // on TCP: when QUIC is tried again
	Pause time.Duration // before the trial after that one

	failed  int // dials in a row
	starved int // sessions over QUIC in a row that did no work
}

// NewLadder begins with the road that worked last, or QUIC.
func NewLadder(last Road, now time.Time) *Ladder {
	l := &Ladder{Road: RoadQUIC, Pause: trialFirst}
	if last == RoadTCP {
		l.Road, l.Again = RoadTCP, now.Add(trialFirst)
	}
	return l
}

// Plan says how to dial the next control session.
func (l *Ladder) Plan(now time.Time) Plan {
	switch {
	case l.failed >= strikes:
		return Either
	case l.Road == RoadTCP && now.Before(l.Again), l.starved >= strikes:
		return TCPOnly
	}
	return QUICOnly
}

// Failed notes a dial that did not reach the hub.
func (l *Ladder) Failed(now time.Time) {
	l.failed++
	if l.Road == RoadTCP && !now.Before(l.Again) {
		l.later(now) // the trial is over
		l.failed = 0
	}
}

// Proved notes that a session over road has done work.
func (l *Ladder) Proved(now time.Time, road Road) {
	l.failed = 0
	if road == RoadQUIC {
		l.Road, l.starved, l.Pause, l.Again = RoadQUIC, 0, trialFirst, time.Time{}
		return
	}
	if l.Road != RoadTCP {
		l.Road = RoadTCP
		l.later(now)
	}
}

// Ended notes the end of a session that had not done any work.
func (l *Ladder) Ended(now time.Time, road Road) {
	if road != RoadQUIC {
		l.failed++
		return
	}
	l.failed = 0 // it was reached
	if l.starved++; l.Road == RoadTCP {
		l.later(now)
	}
}

func (l *Ladder) later(now time.Time) {
	l.starved = 0
	l.Again = now.Add(l.Pause)
	l.Pause = min(trialMost, 2*l.Pause)
}
