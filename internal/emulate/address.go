package emulate

import "net/netip"

// A packet of IP version 4 (RFC 791) as far as the link looks at it.
const (
	mtu         = 1500
	headerSize  = 20
	sourceAt    = 12
	destination = 16
)

// lane is which link and which of its ways a packet takes.
type lane struct {
	link byte
	up   bool
}

// Hosts of a link. The sum of the two ends of a packet is the same on both
// sides, 1+4 = 3+2, and with it the checksums of IP, TCP and UDP (RFC 1071).
const (
	hostClient = 1 // where the client is
	hostServer = 2 // where the server is
	hostNear   = 3 // the client, as the server sees it
	hostFar    = 4 // the server, as the client sees it
)

// address is a host of a link, of the network for benchmarks (RFC 2544).
func address(link, host byte) netip.Addr { return netip.AddrFrom4([4]byte{198, 18, link, host}) }

// cross finds the lane of a packet and gives it the addresses of the other
// side, in place. What belongs to no lane is not carried: a kernel sends
// packets of its own on any device.
func cross(packet []byte) (l lane, ok bool) {
	if len(packet) < headerSize || packet[0]>>4 != 4 {
		return l, false
	}
	from, to := packet[sourceAt:destination], packet[destination:headerSize]
	if from[0] != 198 || from[1] != 18 || from[2] != to[2] || to[0] != 198 || to[1] != 18 {
		return l, false
	}
	l.link = to[2]
	switch {
	case from[3] == hostClient && to[3] == hostFar:
		l.up, from[3], to[3] = true, hostNear, hostServer
	case from[3] == hostServer && to[3] == hostNear:
		from[3], to[3] = hostFar, hostClient
	default:
		return l, false
	}
	return l, true
}
