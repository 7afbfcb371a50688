package localnet

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// tcpLine is the TCP side of a relay: connections to the hub's port for posts whose
// network lets no UDP pass.
type tcpLine struct {
	front net.Listener
	hub   string
	cut   *atomic.Bool // of the relay: then bytes stay where they are
	bytes atomic.Uint64
	wg    sync.WaitGroup

	mu    sync.Mutex // guards the two below
	conns map[net.Conn]bool
	done  bool
}

// cutPause is how often a wire that is cut looks whether it still is.
const cutPause = 20 * time.Millisecond

func newTCPLine(listen, hub string, cut *atomic.Bool) (*tcpLine, error) {
	front, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", listen)
	if err != nil {
		return nil, err
	}
	w := &tcpLine{front: front, hub: hub, cut: cut, conns: map[net.Conn]bool{}}
	w.wg.Go(w.accept)
	return w, nil
}

func (w *tcpLine) accept() {
	for {
		node, err := w.front.Accept()
		if err != nil {
			return
		}
		w.wg.Go(func() { w.carry(node) })
	}
}

func (w *tcpLine) carry(node net.Conn) {
	if !w.keep(node) {
		return
	}
	defer w.drop(node)
	hub, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(context.Background(), "tcp", w.hub)
	if err != nil {
		return
	}
	if !w.keep(hub) {
		return
	}
	defer w.drop(hub)
	var back sync.WaitGroup
	back.Go(func() {
		w.pump(node, hub)
		_ = node.Close() // both ways end together
	})
	w.pump(hub, node)
	_ = hub.Close()
	back.Wait()
}

// pump copies until an end closes, and stands still while the line is cut.
func (w *tcpLine) pump(to io.Writer, from io.Reader) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		for w.cut.Load() {
			if w.finished() {
				return
			}
			time.Sleep(cutPause)
		}
		w.bytes.Add(uint64(n)) //nolint:gosec // a read's length
		if _, failed := to.Write(buf[:n]); failed != nil || err != nil {
			return
		}
	}
}

func (w *tcpLine) finished() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.done
}

func (w *tcpLine) keep(c net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.done {
		_ = c.Close() // nothing was said yet
		return false
	}
	w.conns[c] = true
	return true
}

func (w *tcpLine) drop(c net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.conns, c)
	_ = c.Close() // what was on its way is lost with the line
}

func (w *tcpLine) close() error {
	err := w.front.Close()
	w.mu.Lock()
	w.done = true
	for c := range w.conns {
		_ = c.Close()
	}
	w.mu.Unlock()
	w.wg.Wait()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
