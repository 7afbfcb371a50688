package emulate

import (
	"bytes"
	"errors"
	"io"
	"os"
	"sync"

	"jaliya/internal/fault"
)

// Device carries the packets of several links that do not touch each other.
type Device struct {
	packets io.ReadWriteCloser // one packet at a time
	address func(link byte) error
	closed  chan struct{} // closed by Close
	running sync.WaitGroup
	broke   error // why reading ended; read after running

	mu    sync.Mutex // guards links
	links []*Link
}

// maxLinks is bounded by the addresses.
const maxLinks = 255

// Open makes a TUN device, which is there until Close. Without the right to, the
// error is fault.Denied; where there are no such devices, fault.Unsupported.
func Open() (*Device, error) {
	t, err := openTUN()
	if err != nil {
		return nil, err
	}
	return newDevice(t, t.address), nil
}

func newDevice(packets io.ReadWriteCloser, address func(link byte) error) *Device {
	d := &Device{packets: packets, address: address, closed: make(chan struct{})}
	d.running.Go(d.read)
	return d
}

// Link makes a link without limits.
func (d *Device) Link() (*Link, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.links) == maxLinks {
		return nil, fault.New(fault.Full, "emulate: make link", "too many", nil)
	}
	number := byte(len(d.links)) //nolint:gosec // below maxLinks
	if err := d.address(number); err != nil {
		return nil, err
	}
	l := &Link{number: number, up: newDirection(d.packets), down: newDirection(d.packets)}
	d.links = append(d.links, l)
	d.running.Go(func() { l.up.deliver(d.closed) })
	d.running.Go(func() { l.down.deliver(d.closed) })
	return l, nil
}

// read hands each packet to its link until the device is closed.
func (d *Device) read() {
	buf := make([]byte, 1<<16)
	for {
		n, err := d.packets.Read(buf)
		if errors.Is(err, os.ErrClosed) || errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			d.broke = err
			return
		}
		lane, ok := cross(buf[:n])
		if !ok {
			continue
		}
		if way := d.way(lane); way != nil {
			way.take(bytes.Clone(buf[:n]))
		}
	}
}

func (d *Device) way(l lane) *direction {
	d.mu.Lock()
	defer d.mu.Unlock()
	if int(l.link) >= len(d.links) {
		return nil
	}
	if l.up {
		return d.links[l.link].up
	}
	return d.links[l.link].down
}

// Close removes the device; what is under way is lost. It is called once, and
// says why packets were carried no longer if they were not.
func (d *Device) Close() error {
	close(d.closed)
	err := d.packets.Close()
	d.running.Wait()
	if err = errors.Join(err, d.broke); err != nil {
		return fault.New(fault.Other, "emulate: carry packets", "", err)
	}
	return nil
}
