package intake

import (
	"net"
	"slices"
	"strings"
	"time"

	"jaliya/hub/ledger"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// keepGone is how long a machine that left is remembered: the leader notes it
// once a minute.
const keepGone = time.Hour

// Live gives the machines that are connected to this member, and those that left
// within the hour, by post.
func (i *Intake) Live() []ledger.Observation {
	i.mu.Lock()
	defer i.mu.Unlock()
	list := make([]ledger.Observation, 0, len(i.current)+len(i.gone))
	for _, s := range i.current {
		list = append(list, s.live())
	}
	now := i.cfg.Now().UnixMilli()
	for id, l := range i.gone {
		switch {
		case now-l.Heard > keepGone.Milliseconds():
			delete(i.gone, id)
		case i.current[id] == nil:
			list = append(list, l)
		}
	}
	slices.SortFunc(list, func(a, b ledger.Observation) int {
		if c := strings.Compare(string(a.Post), string(b.Post)); c != 0 {
			return c
		}
		return strings.Compare(a.Node.String(), b.Node.String())
	})
	return list
}

// left remembers a session that ended; mu is held.
func (i *Intake) left(s *session) {
	l := s.live()
	l.Session = 0
	i.gone[s.node.ID] = l
}

// live gives what the session heard.
func (s *session) live() ledger.Observation {
	s.figures.Lock()
	defer s.figures.Unlock()
	l := s.said
	l.Node, l.Post, l.Session = s.node.ID, s.node.Post, s.began.UnixMilli()
	l.Heard = s.heard.Load() / int64(time.Millisecond)
	l.Address = hostOf(s.link.RemoteAddr())
	return l
}

func hostOf(a net.Addr) string {
	host, _, err := net.SplitHostPort(a.String())
	if err != nil {
		return ""
	}
	return host
}

// reported takes what the node says of itself. Figures that do not hold together
// are dropped and counted: they decide nothing, so the session goes on.
func (s *session) reported(payload []byte) {
	var r wire.Report
	err := wire.Unmarshal(payload, wire.FrameReport.Limit(), &r)
	if err == nil {
		err = r.Validate()
	}
	if err != nil {
		s.cfg.Metrics.badReport(fault.KindOf(err).String())
		return
	}
	now := s.cfg.Now().UnixMilli()
	s.figures.Lock()
	defer s.figures.Unlock()
	s.said.Report, s.said.Told = r, now
	if !s.timed {
		s.said.Offset = r.Time - now
	}
}

// ponged measures round trip and clock by the answer to our ping. The fastest
// exchange of the last ones counts: the shorter it was, the smaller the error.
func (s *session) ponged(payload []byte) error {
	var p wire.Pong
	if err := wire.Unmarshal(payload, wire.FramePong.Limit(), &p); err != nil {
		return err
	}
	now := s.cfg.Now().UnixMilli()
	rtt := now - p.Asked
	if rtt < 0 || rtt > deaf.Milliseconds() || p.Time <= 0 || p.Time > maxClock {
		return nil // our own clock was set, or the answer is to no ping of ours
	}
	offset := p.Time + rtt/2 - now
	s.figures.Lock()
	defer s.figures.Unlock()
	held, apart := s.said.RTT, offset-s.said.Offset
	stepped := max(apart, -apart) > (rtt+held)/2+clockError
	if s.timed && !stepped && rtt > held+held/4+1 {
		s.said.RTT++ // ages, so that a lasting change of the path is taken over
		return nil
	}
	s.said.RTT, s.said.Offset, s.timed = rtt, offset, true
	return nil
}

const (
	// maxClock keeps sums of times far from the end of an int64, in ms.
	maxClock = int64(1) << 48
	// clockError is what rounding and drift between two measurements explain, in ms.
	clockError = 50
)
