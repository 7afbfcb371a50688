package ship

import "time"

const (
	// MostLanes is how many bulk connections there may be at most.
	MostLanes = 8
	// A measurement takes epochTrips round trips, within bounds, after settleTrips
	// in which a change of the number takes effect.
	// The first ones, while more helps each time, are shorter: a backlog is worth
	// most of the link from its beginning.
	epochTrips  = 8
	climbTrips  = 4
	settleTrips = 2
	epochLeast  = 200 * time.Millisecond
	epochMost   = 10 * time.Second
	// gain is by what share each connection more must raise what arrives.
	gain = 0.015
	// After a trial that brought nothing the next one waits, twice as long each
	// time: over one link the number changes ever more seldom.
	pauseFirst = 4 // epochs
	pauseMost  = 15 * time.Minute
	// keepFor is how long what helped is left alone before fewer are tried.
	keepFor = 30 * time.Second
	// full is the share of samples with a queue from which a link counts as full.
	full = 0.8
	// leastOnWay is how many packets, of packet bytes, each connection is to have on
	// the way before there are more.
	leastOnWay = 5
	packet     = 1252
	// leastQueue is by how much longer round trips are where packets wait.
	leastQueue = 5 * time.Millisecond
	// about is how much less a trial may measure and count as the same.
	about = 0.85
	// fewerEpochs is for how many measurements fewer are tried: what one of them
	// says differs more from the next than one connection matters.
	fewerEpochs = 4
	// calmEpochs is how many measurements of what stands come before that.
	calmEpochs = 8
	// moreEpochs is how long more may take to show what they bring.
	moreEpochs = 4
)

// Spread decides how many bulk connections carry. One connection with a control
// of congestion that is led by loss gets a fraction of a long link that loses
// packets; several get the more the more they are (DESIGN.md). So one is added
// only while packets are lost without a queue, and stays only if what arrives
// grew by a margin. Later it tries whether fewer do as well. Pure: the caller
// brings time and samples.
type Spread struct {
	most int
	want int

	mark   mark
	trying int     // by how many the number changed for the trial under way; 0: none
	was    float64 // bytes per second before the trial
	usual  float64 // bytes per second with the number that stands, smoothed
	calm   int     // measurements behind usual
	until  time.Time
	pause  time.Duration // after the next trial that brings nothing
	fewer  bool          // the next trial is of fewer
	strict bool          // fewer did as well once: more must show what they bring
	kept   time.Time     // when the last trial helped
}

// mark is where a measurement began.
type mark struct {
	standing bool // the number stands as wanted
	at       time.Time
	begun    bool
	bytes    uint64
	lost     uint64
	samples  int
	queued   int
	rounds   int     // of this measurement that are over
	rate     float64 // their sum
}

// Sample is what the connections have carried up to now.
type Sample struct {
	Least    int    // connections that there must be
	Standing int    // bulk connections that stand
	Busy     bool   // more waited to be sent than the connections took
	Bytes    uint64 // arrived or on their way, over all connections that ever were
	Lost     uint64 // packets, likewise
	RTT      time.Duration
	Best     time.Duration // shortest round trip
}

// NewSpread begins without bulk connections; most is the operator's cap.
func NewSpread(most int) *Spread { return &Spread{most: min(max(most, 1), MostLanes)} }

// Step takes a sample and gives how many bulk connections there should be.
func (s *Spread) Step(now time.Time, x Sample) int {
	if least := min(x.Least, s.most); s.want < least {
		s.want, s.trying, s.mark = least, 0, mark{}
	}
	if !x.Busy {
		s.rest()
		return s.want
	}
	if x.Standing != s.want {
		s.mark = mark{}
		return s.want
	}
	if !s.mark.standing {
		s.mark = mark{standing: true, at: now.Add(settleTrips * x.RTT)}
	}
	if now.Before(s.mark.at) {
		return s.want
	}
	if !s.mark.begun {
		s.again(now, x, 0, 0)
		return s.want
	}
	s.mark.samples++
	if x.RTT > x.Best+max(x.Best/4, leastQueue) {
		s.mark.queued++
	}
	if took := now.Sub(s.mark.at); took >= s.length(x.RTT) {
		s.judge(now, x, float64(x.Bytes-min(s.mark.bytes, x.Bytes))/took.Seconds())
	}
	return s.want
}

// Failed says that a connection that was wanted does not come.
func (s *Spread) Failed(now time.Time, standing int) {
	s.want, s.trying, s.mark = standing, 0, mark{}
	s.wait(now, epochMost)
}

// rest forgets a trial under way: without work it measures nothing.
func (s *Spread) rest() {
	if s.trying != 0 {
		s.want -= s.trying
		s.trying = 0
	}
	s.mark, s.usual = mark{}, 0
}

// length is how long a measurement takes.
func (s *Spread) length(rtt time.Duration) time.Duration {
	if s.pause == 0 && (s.trying == 0 || s.trying > 0 && s.mark.rounds == 0) {
		return min(epochMost, max(epochLeast, climbTrips*rtt))
	}
	return epoch(rtt)
}

func epoch(rtt time.Duration) time.Duration {
	return min(epochMost, max(epochLeast, epochTrips*rtt))
}

// judge ends a measurement: a trial is kept or taken back, and the next begins.
func (s *Spread) judge(now time.Time, x Sample, rate float64) {
	m := measured{rate: rate, lossy: x.Lost > s.mark.lost, queued: float64(s.mark.queued) >= full*float64(s.mark.samples)}
	switch {
	case s.trying > 0 && s.mark.rounds == 0: // new connections fill the link until it drops
		s.again(now, x, 1, 0)
		return
	case s.trying > 0 && s.mark.rounds < moreEpochs && !s.helped(m): // and what they dropped is not made up for
		s.again(now, x, s.mark.rounds+1, 0)
		return
	case s.trying < 0:
		rounds, sum := s.mark.rounds+1, s.mark.rate+rate
		m.rate = sum / float64(rounds)
		if rounds < fewerEpochs && m.rate >= about*s.was { // what is far less needs no more looks
			s.again(now, x, rounds, sum)
			return
		}
	}
	if !s.helped(m) {
		s.fewer = s.trying > 0 // the other way is tried next
		s.want -= s.trying
		s.trying, s.mark, s.usual = 0, mark{}, 0
		s.wait(now, epoch(x.RTT))
		return
	}
	switch {
	case s.trying > 0:
		s.kept, s.fewer = now, false
	case s.trying < 0:
		s.fewer, s.strict = true, true
		s.wait(now, epoch(x.RTT)) // or it would be added again at once
	}
	s.next(now, x, m)
}

// measured is what a measurement gave.
type measured struct {
	rate   float64 // bytes per second
	lossy  bool    // packets were lost
	queued bool    // and the link was full
}

// helped says whether the number of a trial stays. Measurements of links that
// lose packets differ much, and what the first connection sends while it begins
// fills the queue and counts as arrived: so a trial that measured about as much as
// before stays as well, while packets are lost or the link is full, which is what
// the trial was for. What brings nothing in truth is found by trying fewer.
func (s *Spread) helped(m measured) bool {
	margin := s.was * (1 + gain*float64(s.trying))
	switch {
	case s.trying == 0, m.rate >= margin:
		return true
	case s.trying > 0:
		return !s.strict && (m.lossy || m.queued) && m.rate >= about*s.was
	}
	return false
}

// next begins the next trial, or the next measurement of what stands.
func (s *Spread) next(now time.Time, x Sample, m measured) {
	if s.usual == 0 || s.trying != 0 {
		s.usual, s.calm = m.rate, 0
	}
	s.usual += (m.rate - s.usual) / fewerEpochs
	s.calm++
	limited := m.lossy && !m.queued
	s.trying = 0
	switch {
	case now.Before(s.until):
		s.again(now, x, 0, 0)
	case limited && s.want < s.room(x, m) && (!s.fewer || s.want <= x.Least):
		s.was = m.rate
		s.try(min(s.room(x, m), 2*s.want+3) - s.want)
	case s.want > x.Least && s.calm >= calmEpochs && now.Sub(s.kept) >= keepFor:
		s.was = s.usual
		s.try(-1)
	default:
		s.again(now, x, 0, 0)
	}
}

// room is how many there may be: each is to have enough on the way, for one with
// few packets there notices a loss by a timeout alone (RFC 9002, section 6.1.1),
// sends twice what arrived, and gets less done than it takes from the others. What a
// first one gets says nothing of what more would.
func (s *Spread) room(x Sample, m measured) int {
	if s.want == 0 {
		return s.most
	}
	return min(s.most, int(m.rate*x.Best.Seconds()/packet/leastOnWay))
}

// again begins a measurement of the number that stands; rounds of it are behind.
func (s *Spread) again(now time.Time, x Sample, rounds int, rate float64) {
	s.mark = mark{standing: true, begun: true, at: now, bytes: x.Bytes, lost: x.Lost, rounds: rounds, rate: rate}
}

func (s *Spread) try(change int) {
	s.want += change
	s.trying, s.mark = change, mark{}
}

func (s *Spread) wait(now time.Time, one time.Duration) {
	s.pause = min(pauseMost, max(pauseFirst*one, 2*s.pause))
	s.until = now.Add(s.pause)
}
