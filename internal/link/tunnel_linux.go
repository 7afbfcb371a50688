package link

import (
	"net"

	"golang.org/x/sys/unix"
)

// holdLittle keeps the kernel from taking more than it can send soon.
func holdLittle(conn net.Conn) {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return
	}
	// Without it the tunnel works too, and urgent frames wait longer.
	_ = raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, unsent)
	})
}
