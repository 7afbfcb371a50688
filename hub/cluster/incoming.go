package cluster

import (
	"bytes"
	"errors"
	"hash"
	"io"
	"os"
	"strconv"

	"jaliya/internal/fault"
)

// sink is what raft writes a snapshot to. A local one is only persisted; a
// received one is only written. raft copies a received snapshot completely
// before it restores it, and touches its log after that.
type sink struct {
	store    *snapshots
	position Position
	in       *incoming // set by the first Write
	done     bool      // persisted
}

// ID names the snapshot for Open.
func (k *sink) ID() string {
	if k.in != nil {
		return k.in.id()
	}
	return liveID
}

// persist moves the state's position to that of the snapshot, durably: raft
// counts no-ops and barriers into the index by which it truncates the log, the
// state never sees them (rule 4). A snapshot that was taken before an install is
// given up, for raft would go back to it.
func (k *sink) persist(installs uint64) error {
	k.store.mu.Lock()
	stale := k.store.installs != installs || k.store.installing
	k.store.mu.Unlock()
	if stale {
		return fault.New(fault.Stale, opPersist, subjectIndex(k.position.Index), errInstalled)
	}
	k.done = true
	err := k.store.state.Persist(k.position)
	if fault.Is(err, fault.Storage) {
		k.store.leave(err)
	}
	return err
}

// Write takes a piece of a received snapshot. The first one is refused when the
// snapshot is not ahead of the state, before anything is stored.
func (k *sink) Write(b []byte) (int, error) {
	if k.in == nil {
		if err := k.store.ahead(k.position); err != nil {
			k.store.metrics.installed(err)
			return 0, err
		}
		in, err := newIncoming(k.store.incomingPath(), k.position)
		if err != nil {
			return 0, err
		}
		k.in = in
	}
	return k.in.write(b)
}

// Close completes a received snapshot: the digest is right and the file on disk.
func (k *sink) Close() error {
	switch {
	case k.done:
		return nil
	case k.in == nil:
		return fault.New(fault.Corrupt, opRestore, subjectIndex(k.position.Index), errors.New("nothing was received"))
	}
	err := k.in.complete()
	if err != nil {
		return errors.Join(err, k.store.reap())
	}
	k.store.mu.Lock()
	k.store.received = k.in
	k.store.mu.Unlock()
	return nil
}

// Cancel forgets a received snapshot.
func (k *sink) Cancel() error {
	if k.in == nil {
		return nil
	}
	return errors.Join(k.in.abandon(), k.store.reap())
}

// incoming is a snapshot being received, then waiting to be installed.
type incoming struct {
	path     string
	position Position
	file     *os.File // nil when closed
	digest   hash.Hash
	tail     []byte // the last bytes received: the trailer, at the end
	size     int64  // of the file
}

func newIncoming(path string, p Position) (*incoming, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600) //nolint:gosec // a fixed name in our own directory
	if err != nil {
		return nil, fault.New(fault.Storage, opRestore, path, err)
	}
	return &incoming{path: path, position: p, file: f, digest: stateDigest(p)}, nil
}

func (in *incoming) id() string { return "received-" + strconv.FormatUint(in.position.Index, 10) }

// write keeps the newest bytes back, for they may be the trailer.
func (in *incoming) write(b []byte) (int, error) {
	in.tail = append(in.tail, b...)
	if n := len(in.tail) - trailerBytes; n > 0 {
		if _, err := in.file.Write(in.tail[:n]); err != nil {
			return 0, fault.New(fault.Storage, opRestore, in.path, err)
		}
		in.digest.Write(in.tail[:n])
		in.size += int64(n)
		in.tail = in.tail[:copy(in.tail, in.tail[n:])]
	}
	return len(b), nil
}

func (in *incoming) complete() error {
	if !bytes.Equal(in.digest.Sum(nil), in.tail) {
		return errors.Join(fault.New(fault.Corrupt, opRestore, subjectIndex(in.position.Index),
			errors.New("digest does not match")), in.abandon())
	}
	err := in.file.Sync()
	if err = errors.Join(err, in.abandon()); err != nil {
		return fault.New(fault.Storage, opRestore, in.path, err)
	}
	return nil
}

func (in *incoming) abandon() error {
	if in.file == nil {
		return nil
	}
	f := in.file
	in.file = nil
	return f.Close()
}

// Read has nothing: the file is installed by its name.
func (in *incoming) Read([]byte) (int, error) { return 0, io.EOF }

// Close leaves the file to install, which either renames or removes it.
func (in *incoming) Close() error { return nil }
