package link

import "time"

// Stats is what a session's connection has carried in its life. Lost may shrink:
// what was taken for lost can still arrive.
type Stats struct {
	Sent        uint64 // bytes, repeats included
	Lost        uint64 // bytes
	LostPackets uint64
	Received    uint64        // packets
	RTT         time.Duration // smoothed
	BestRTT     time.Duration
}

// Stats gives what the connection has carried up to now.
func (s *Session) Stats() Stats {
	st := s.conn.ConnectionStats()
	return Stats{
		Sent: st.BytesSent, Lost: st.BytesLost, LostPackets: st.PacketsLost, Received: st.PacketsReceived,
		RTT: st.SmoothedRTT, BestRTT: st.MinRTT,
	}
}

// Delivered is what has arrived or is on its way, in bytes.
func (s Stats) Delivered() uint64 { return s.Sent - min(s.Lost, s.Sent) }
