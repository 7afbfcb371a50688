//go:build !linux

package emulate

import (
	"os"

	"jaliya/internal/fault"
)

type tun struct{ *os.File }

func openTUN() (*tun, error) {
	return nil, fault.New(fault.Unsupported, "emulate: open TUN device", "Linux alone", nil)
}

func (*tun) address(byte) error { return nil }
