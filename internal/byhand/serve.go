package byhand

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"jaliya/internal/fault"
)

// Paths of the admin socket.
const (
	PathExport = "/pouch/export" // GET: a node's file for the hub
	PathImport = "/pouch/import" // POST: a file; the body of the answer is what Import gives
)

// fileType is the media type of both directions.
const fileType = "application/vnd.jaliya.carried"

// MaxFile bounds a file that is taken, in bytes: a month of a large post.
const MaxFile = 64 << 30

// Failure is what a daemon answers when it cannot do it, as on all its socket.
type Failure struct {
	Kind string `json:"kind"`
	Text string `json:"text"`
}

// Export serves a file that do writes. When do fails half way the connection is
// broken off, so that no caller takes a part for the whole.
func Export(do func(r *http.Request, to io.Writer) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		patient(w)
		out := &lazy{w: w}
		switch err := do(r, out); {
		case err == nil:
		case out.begun:
			panic(http.ErrAbortHandler)
		default:
			fail(w, err)
		}
	}
}

// Import takes a file into dir, has do read it and write an answer beside it,
// and sends the answer once do has ended well.
func Import(dir string, do func(r *http.Request, from io.ReadSeeker, to io.Writer) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		patient(w)
		if err := spooled(dir, func(in, out *os.File) error {
			if _, err := io.Copy(in, http.MaxBytesReader(w, r.Body, MaxFile)); err != nil {
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
			w.Header().Set("Content-Type", fileType)
			if _, err := io.Copy(w, out); err != nil {
				panic(http.ErrAbortHandler)
			}
			return nil
		}); err != nil {
			fail(w, err)
		}
	}
}

func received(err error) error {
	const op = "byhand: take file"
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return fault.New(fault.TooLarge, op, "file", err)
	}
	return fault.New(fault.Unavailable, op, "", err)
}

// spooled gives two such files.
func spooled(dir string, use func(in, out *os.File) error) error {
	in, err := Nameless(dir)
	if err != nil {
		return err
	}
	out, err := Nameless(dir)
	if err != nil {
		return errors.Join(err, in.Close())
	}
	return errors.Join(use(in, out), in.Close(), out.Close())
}

// Nameless makes a file that nobody else sees and that ends with the process,
// however it ends.
func Nameless(dir string) (*os.File, error) {
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

// lazy sends the header with the first byte, so that an error before it can
// still be told.
type lazy struct {
	w     http.ResponseWriter
	begun bool
}

func (l *lazy) Write(p []byte) (int, error) {
	if !l.begun {
		l.begun = true
		l.w.Header().Set("Content-Type", fileType)
	}
	return l.w.Write(p)
}

func fail(w http.ResponseWriter, err error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusConflict)
	// The command is gone when this fails; there is nobody to tell.
	_ = json.NewEncoder(w).Encode(Failure{Kind: fault.KindOf(err).String(), Text: err.Error()})
}
