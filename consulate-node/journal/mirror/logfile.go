package mirror

import (
	"errors"
	"os"

	"jaliya/internal/durable"
	"jaliya/internal/fault"
)

const (
	fileMode = 0o600
	dirMode  = 0o700
)

// logFile is a log being written. It is used by one goroutine at a time.
type logFile struct {
	f         *os.File
	end       int64
	last      Position // of the last frame, or of the header
	lastStart int64    // where the last frame begins, 0 before the first one
	before    Position // before the last frame
}

// createFile makes an empty file of a mirror, in the place of a leftover.
func createFile(path string, h header) (*os.File, error) {
	const op = "mirror: create file"
	if err := removeFile(path); err != nil {
		return nil, fault.New(fault.Storage, op, path, err)
	}
	f, err := durable.Create(path, fileMode)
	if err != nil {
		return nil, fault.New(fault.Storage, op, path, err)
	}
	if err := durable.WriteAt(f, h.encode(), 0); err != nil {
		return nil, errors.Join(fault.New(fault.Storage, op, path, err), f.Close())
	}
	return f, nil
}

// write puts a frame behind the last one. A frame with the number of the last one
// takes its place: that one's transaction was refused.
func (l *logFile) write(at Position, frame []byte) error {
	if at.N == l.last.N {
		if err := l.cut(at); err != nil {
			return err
		}
	}
	if err := durable.WriteAt(l.f, frame, l.end); err != nil {
		return err
	}
	l.before, l.last, l.lastStart = l.last, at, l.end
	l.end += int64(len(frame))
	return nil
}

// cut takes the last frame away when it is that of a transaction that was refused.
func (l *logFile) cut(at Position) error {
	if l.lastStart == 0 || l.last.N != at.N {
		return nil
	}
	if err := durable.Truncate(l.f, l.lastStart); err != nil {
		return err
	}
	l.end, l.last, l.lastStart = l.lastStart, l.before, 0
	return nil
}

func (l *logFile) sync() error { return durable.Sync(l.f) }

func (l *logFile) close() error {
	if l == nil || l.f == nil {
		return nil
	}
	return l.f.Close()
}
