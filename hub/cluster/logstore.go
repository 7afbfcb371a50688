package cluster

import (
	"encoding/binary"
	"sync"

	"github.com/hashicorp/raft"

	"jaliya/internal/fault"
	"jaliya/internal/kv"
)

const (
	// deleteChunk is how many entries one transaction removes: short enough not to
	// hold up an append (pitfall: chunk large range deletes).
	deleteChunk = 512

	opLogAppend = "cluster: append to log"
)

var bucketLog = []byte("log")

// logStore is raft.LogStore on a kv.Store. It tolerates gaps and does not
// declare itself monotonic: a monotonic store loses acknowledged entries when a
// late duplicate of a snapshot arrives (D11.6).
type logStore struct {
	db    kv.Store
	watch *watch
	leave func(error)

	write sync.Mutex // one append or one chunk of a delete at a time

	mu          sync.RWMutex // guards first and last
	first, last uint64       // 0 when the log is empty

	recent *recent
}

var _ raft.LogStore = (*logStore)(nil)

// newLogStore opens the log inside db. watch times every write (D14); leave is
// told about an entry that does not match its checksum (D5).
func newLogStore(db kv.Store, w *watch, leave func(error)) (*logStore, error) {
	s := &logStore{db: db, watch: w, leave: leave, recent: newRecent()}
	return s, s.readBounds()
}

// readBounds wants write held, or the store not yet shared.
func (s *logStore) readBounds() error {
	var first, last uint64
	err := s.db.View(func(r kv.Reader) error {
		r.Ascend(bucketLog, nil, func(k, _ []byte) bool {
			first = binary.BigEndian.Uint64(k)
			return false
		})
		r.Descend(bucketLog, nil, func(k, _ []byte) bool {
			last = binary.BigEndian.Uint64(k)
			return false
		})
		return nil
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.first, s.last = first, last
	s.mu.Unlock()
	return nil
}

func (s *logStore) bounds() (first, last uint64) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.first, s.last
}

// FirstIndex gives the lowest index held, 0 for none.
func (s *logStore) FirstIndex() (uint64, error) {
	first, _ := s.bounds()
	return first, nil
}

// LastIndex gives the highest index held, 0 for none.
func (s *logStore) LastIndex() (uint64, error) {
	_, last := s.bounds()
	return last, nil
}

// GetLog reads one entry and verifies its checksum. It answers raft.ErrLogNotFound
// itself, which raft compares, and fault.Corrupt after telling leave.
func (s *logStore) GetLog(index uint64, l *raft.Log) error {
	if kept := s.recent.get(index); kept != nil {
		*l = *kept
		return nil
	}
	found := false
	err := s.db.View(func(r kv.Reader) error {
		b := r.Get(bucketLog, indexKey(index))
		if found = b != nil; !found {
			return nil
		}
		return decodeRecord(index, b, l)
	})
	switch {
	case fault.Is(err, fault.Corrupt):
		s.leave(err)
		return err
	case err != nil:
		return err
	case !found:
		return raft.ErrLogNotFound
	}
	return nil
}

// StoreLog is StoreLogs of one.
func (s *logStore) StoreLog(l *raft.Log) error { return s.StoreLogs([]*raft.Log{l}) }

// StoreLogs returns nil only after all entries are on disk, in one transaction.
func (s *logStore) StoreLogs(logs []*raft.Log) error {
	if len(logs) == 0 {
		return nil
	}
	s.write.Lock()
	defer s.write.Unlock()
	defer s.watch.start(opLogAppend)()
	err := s.db.Update(func(w kv.Writer) error {
		for _, l := range logs {
			if err := w.Put(bucketLog, indexKey(l.Index), encodeRecord(l)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	for _, l := range logs {
		if s.first == 0 || l.Index < s.first {
			s.first = l.Index
		}
		s.last = max(s.last, l.Index)
	}
	s.mu.Unlock()
	s.recent.add(logs)
	return nil
}

// DeleteRange removes first to last, both included, in chunks. A crash between
// two chunks leaves no hole: the end of the log is removed from its end, anything
// else from its beginning.
func (s *logStore) DeleteRange(first, last uint64) error {
	_, end := s.bounds()
	s.recent.remove(first, last)
	for {
		done, err := s.deleteSome(first, last, last >= end)
		if done || err != nil {
			return err
		}
	}
}

func (s *logStore) deleteSome(first, last uint64, fromEnd bool) (done bool, err error) {
	s.write.Lock()
	defer s.write.Unlock()
	defer s.watch.start(opLogDelete)()
	err = s.db.Update(func(w kv.Writer) error {
		keys := keysBetween(w, first, last, fromEnd)
		done = len(keys) < deleteChunk
		for _, k := range keys {
			if err := w.Delete(bucketLog, k); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return true, err
	}
	return done, s.readBounds()
}

const opLogDelete = "cluster: delete from log"

// keysBetween collects at most deleteChunk keys before any is deleted: a cursor
// skips after a delete.
func keysBetween(r kv.Reader, first, last uint64, fromEnd bool) [][]byte {
	keys := make([][]byte, 0, deleteChunk)
	take := func(k, _ []byte) bool {
		index := binary.BigEndian.Uint64(k)
		if index < first || index > last || len(keys) == deleteChunk {
			return false
		}
		keys = append(keys, append([]byte(nil), k...))
		return true
	}
	if fromEnd {
		r.Descend(bucketLog, indexKey(last), take)
	} else {
		r.Ascend(bucketLog, indexKey(first), take)
	}
	return keys
}
