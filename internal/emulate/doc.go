// Package emulate is a link between two ends of this machine that is as slow,
// as far and as lossy as it is told to be, packet by packet, for UDP and TCP
// alike. It stands beside the path of a record: the bench measures ship
// (step 3) and intake (step 4) over it, next to others.
//
//	client 198.18.n.1 --> 198.18.n.4 = TUN = way up   = 198.18.n.3 --> server 198.18.n.2
//	client 198.18.n.1 <-- 198.18.n.4 = TUN = way down = 198.18.n.3 <-- server 198.18.n.2
//
// A client dials the far address, 198.18.n.4. The packet comes out of a TUN
// device, waits its time, gets the addresses of the other side and goes in
// again, so that the kernel's own TCP, and any program, speaks over the link as
// it is. The addresses are chosen so that checksums stay right.
//
// It guarantees: what happens to a packet is decided by Way, which is pure. The
// fate of the n-th packet of a way depends on its seed and on n alone; the
// queue is bounded in bytes and drops at its end; a packet that is lost has
// taken its time on the wire. Nothing is decided by the moment at which a
// goroutine happened to run but the time of arrival.
//
// It needs the right to make network devices (root), and the program ip.
package emulate
