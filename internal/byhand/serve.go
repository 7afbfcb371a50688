package byhand

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"jaliya/internal/fault"
	"jaliya/internal/kv"
)

// Paths of the admin socket.
const (
	PathExport = "/pouch/export" // GET: a node's file for the hub
	PathImport = "/pouch/import" // POST: a file; the body of the answer is what Import gives
)

// fileType is the media type of both directions.
const fileType = "application/vnd.jaliya.carried"

// Failure is what a daemon answers when it cannot do it, as on all its socket.
type Failure struct {
	Kind string `json:"kind"`
	Text string `json:"text"`
}

// Stream has do write the body of an answer with these headers. An error before
// the first byte is returned, and nothing was sent; after it the connection is
// broken off, so that no caller takes a part for the whole.
func Stream(w http.ResponseWriter, head map[string]string, do func(to io.Writer) error) error {
	patient(w)
	out := &lazy{w: w, head: head}
	err := do(out)
	if err != nil && out.begun {
		panic(http.ErrAbortHandler)
	}
	return err
}

// Export serves a file that do writes.
func Export(do func(r *http.Request, to io.Writer) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := Stream(w, fileHead(), func(to io.Writer) error { return do(r, to) }); err != nil {
			fail(w, err)
		}
	}
}

func fileHead() map[string]string { return map[string]string{"Content-Type": fileType} }

// Tray is where a file lies while it is read.
type Tray struct {
	Dir     string
	Most    int64 // largest file that is taken, in bytes
	Reserve int64 // free space that stays free, in bytes: others write to this disk
}

// room refuses a file before any of it is written: what others confirm on this
// disk must not fail because of it. Twice the size, as what is in it is stored
// beside it.
func (t Tray) room(size int64) error {
	const op = "byhand: make room"
	switch {
	case size < 0:
		return fault.New(fault.Invalid, op, "the length is not said", nil)
	case size > t.Most:
		return fault.New(fault.TooLarge, op, "file", nil)
	}
	free, err := kv.FreeSpace(t.Dir)
	if err != nil {
		return err
	}
	if free < t.Reserve+2*size {
		return fault.New(fault.Full, op, "the disk has no room for the file and what is in it", nil)
	}
	return nil
}

// Import takes a file into a tray, has do read it and write an answer beside it,
// and sends the answer once do has ended well. One file is taken at a time.
func Import(t Tray, do func(r *http.Request, from io.ReadSeeker, to io.Writer) error) http.HandlerFunc {
	var busy sync.Mutex
	return func(w http.ResponseWriter, r *http.Request) {
		if !busy.TryLock() {
			fail(w, fault.New(fault.Unavailable, "byhand: take file", "another one is being taken", nil))
			return
		}
		defer busy.Unlock()
		patient(w)
		err := t.room(r.ContentLength)
		if err == nil {
			err = spooled(t.Dir, func(in, out *os.File) error { return take(w, r, in, out, do) })
		}
		if err != nil {
			fail(w, err)
		}
	}
}

func take(w http.ResponseWriter, r *http.Request, in, out *os.File, do func(*http.Request, io.ReadSeeker, io.Writer) error) error { //nolint:revive // argument-limit: both files and both ends
	if _, err := io.Copy(in, r.Body); err != nil {
		return received(err)
	}
	if err := rewind(in); err != nil {
		return err
	}
	if err := do(r, in, out); err != nil {
		return err
	}
	if err := rewind(out); err != nil {
		return err
	}
	return Stream(w, fileHead(), func(to io.Writer) error {
		_, err := io.Copy(to, out)
		return err
	})
}

func received(err error) error {
	const op = "byhand: take file"
	if errors.Is(err, unix.ENOSPC) {
		return fault.New(fault.Full, op, "", err)
	}
	return fault.New(fault.Unavailable, op, "", err)
}

// spooled gives two such files.
func spooled(dir string, use func(in, out *os.File) error) error {
	in, err := nameless(dir)
	if err != nil {
		return err
	}
	out, err := nameless(dir)
	if err != nil {
		return errors.Join(err, in.Close())
	}
	return errors.Join(use(in, out), in.Close(), out.Close())
}

// nameless makes a file that nobody else sees and that ends with the process,
// however it ends.
func nameless(dir string) (*os.File, error) {
	f, err := os.CreateTemp(dir, "carried-*.tmp")
	if err != nil {
		return nil, fault.New(fault.Full, "byhand: make room", "", err)
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(fault.New(fault.Storage, "byhand: make room", "", err), f.Close())
	}
	return f, nil
}

func rewind(f *os.File) error {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fault.New(fault.Storage, "byhand: rewind", "", err)
	}
	return nil
}

// patient lifts the limits of a daemon's short commands: a file of gigabytes
// takes minutes.
func patient(w http.ResponseWriter) {
	c := http.NewResponseController(w)
	_ = c.SetReadDeadline(time.Time{}) // not supported only by a recorder in a test
	_ = c.SetWriteDeadline(time.Time{})
}

// lazy sends the headers with the first byte, so that an error before it can
// still be told.
type lazy struct {
	w     http.ResponseWriter
	head  map[string]string
	begun bool
}

func (l *lazy) Write(p []byte) (int, error) {
	if !l.begun {
		l.begun = true
		for name, value := range l.head {
			l.w.Header().Set(name, value)
		}
	}
	return l.w.Write(p)
}

func fail(w http.ResponseWriter, err error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusConflict)
	// The command is gone when this fails; there is nobody to tell.
	_ = json.NewEncoder(w).Encode(Failure{Kind: fault.KindOf(err).String(), Text: err.Error()})
}
