//go:build !linux

package link

import "net"

// holdLittle keeps the kernel from taking more than it can send soon, as far as
// the system allows: here by a small buffer.
func holdLittle(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetWriteBuffer(4 * unsent)
	}
}
