package mail

import (
	"context"
	"crypto/tls"
	"net"
	"strings"
	"time"

	"jaliya/hub/gateway/peer"
	"jaliya/internal/fault"
)

// Reach opens a connection, hears the greeting of RFC 5321 section 3.1 and
// leaves. It sends no mail and shows no password.
func (c Config) Reach(ctx context.Context) error {
	const op = "mail: reach"
	c = c.WithDefaults()
	roots, err := peer.Roots(c.CAFile)
	if err != nil {
		return err
	}
	host, err := c.host()
	if err != nil {
		return err
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", c.Server)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }() // nothing was to be kept
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return err
		}
	} else if err := conn.SetDeadline(time.Now().Add(c.Timeout.Std())); err != nil {
		return err
	}
	if c.Security == TLS {
		secured := tls.Client(conn, &tls.Config{ServerName: host, RootCAs: roots, MinVersion: tls.VersionTLS12})
		if err := secured.HandshakeContext(ctx); err != nil {
			return err
		}
		conn = secured
	}
	greeting := make([]byte, 3)
	if _, err := conn.Read(greeting); err != nil {
		return err
	}
	if !strings.HasPrefix(string(greeting), "220") {
		return fault.New(fault.Unavailable, op, string(greeting), nil)
	}
	_, err = conn.Write([]byte("QUIT\r\n"))
	return err
}
