package emulate

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
)

// kernel stands for the TUN device: what is sent is read by the link, what the
// link writes is noted with its time.
type kernel struct {
	sent  chan []byte
	fails error
	came  chan stamped
}

type stamped struct {
	packet []byte
	at     time.Time
}

func newKernel() *kernel {
	return &kernel{sent: make(chan []byte, 1000), came: make(chan stamped, 1000)}
}

func (k *kernel) Read(b []byte) (int, error) {
	p, open := <-k.sent
	if !open {
		return 0, errors.Join(io.EOF, k.fails)
	}
	if p == nil {
		return 0, k.fails
	}
	return copy(b, p), nil
}

func (k *kernel) Write(p []byte) (int, error) {
	k.came <- stamped{bytes.Clone(p), time.Now()}
	return len(p), nil
}

func (k *kernel) Close() error {
	close(k.sent)
	return nil
}

func noAddress(byte) error { return nil }

// TestDevicePacketStamps reads rate, delay and loss off the stamps of packets
// that a device carried both ways, on two links at once.
func TestDevicePacketStamps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKernel()
		d := newDevice(k, noAddress)
		slow, err := d.Link()
		require.NoError(t, err)
		fast, err := d.Link()
		require.NoError(t, err)
		up := Weather{Rate: 256_000, Delay: 400 * time.Millisecond, Loss: 0.08, Queue: 1 << 20, Seed: 3}
		require.NoError(t, slow.Set(up, Weather{Delay: 400 * time.Millisecond}))
		require.NoError(t, fast.Set(Weather{}, Weather{}))

		const packets = 100
		payload := make([]byte, 1000)
		begun := time.Now()
		for range packets {
			k.sent <- packet(0, hostClient, hostFar, payload)
		}
		k.sent <- packet(0, hostServer, hostNear, payload)
		k.sent <- packet(1, hostClient, hostFar, payload)
		k.sent <- packet(9, hostClient, hostFar, payload) // there is no such link
		time.Sleep(time.Minute)                           // of the bubble

		want := NewWay(up)
		var at []time.Duration
		for range packets {
			if arrives, fate := want.Take(0, len(packet(0, 1, 4, payload))); fate == Arrives {
				at = append(at, arrives)
			}
		}
		var ups []time.Duration
		for range len(at) + 2 {
			one := <-k.came
			took := one.at.Sub(begun)
			switch {
			case bytes.Equal(one.packet, packet(0, hostNear, hostServer, payload)):
				ups = append(ups, took)
			case bytes.Equal(one.packet, packet(0, hostFar, hostClient, payload)):
				require.Equal(t, 400*time.Millisecond, took)
			case bytes.Equal(one.packet, packet(1, hostNear, hostServer, payload)):
				require.Zero(t, took)
			default:
				require.Fail(t, "no such packet was sent")
			}
		}
		require.Equal(t, at, ups)
		require.Empty(t, k.came)
		sent, _ := slow.Counts()
		require.Equal(t, packets, sent.Packets)
		require.Equal(t, packets-len(at), sent.Lost)
		require.NoError(t, d.Close())
	})
}

func TestDeviceCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKernel()
		d := newDevice(k, noAddress)
		l, err := d.Link()
		require.NoError(t, err)
		l.Cut(true)
		k.sent <- packet(0, hostClient, hostFar, nil)
		k.sent <- packet(0, hostServer, hostNear, nil)
		time.Sleep(time.Second) // of the bubble
		l.Cut(false)
		k.sent <- packet(0, hostClient, hostFar, []byte("after"))
		require.Equal(t, packet(0, hostNear, hostServer, []byte("after")), (<-k.came).packet)
		require.Empty(t, k.came)
		up, down := l.Counts()
		require.Equal(t, 1, up.Packets)
		require.Zero(t, down.Packets)
		require.NoError(t, d.Close())
	})
}

func TestDeviceSaysWhyItEnded(t *testing.T) {
	k := newKernel()
	k.fails = errors.New("the device is gone")
	d := newDevice(k, noAddress)
	k.sent <- nil
	d.running.Wait()
	require.ErrorContains(t, d.Close(), "the device is gone")
}

func TestLinkRefuses(t *testing.T) {
	k := newKernel()
	d := newDevice(k, noAddress)
	l, err := d.Link()
	require.NoError(t, err)
	require.Equal(t, fault.Invalid.String(), fault.KindOf(l.Set(Weather{}, Weather{Loss: 2})).String())
	require.Equal(t, "198.18.0.2:7700", l.Listen(7700))
	require.Equal(t, "198.18.0.4:7700", l.Dial(7700))
	for range maxLinks - 1 {
		_, err := d.Link()
		require.NoError(t, err)
	}
	_, err = d.Link()
	require.Equal(t, fault.Full.String(), fault.KindOf(err).String())
	require.NoError(t, d.Close())
}
