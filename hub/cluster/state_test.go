package cluster_test

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"jaliya/hub/cluster"
	"jaliya/internal/fault"
)

// chainState is a State for tests, and the reference for the ledger: a chain
// hash over all commands, which shows every command lost, doubled or swapped.
type chainState struct {
	path string

	mu      sync.RWMutex // held by readers of db; exclusively to replace it
	db      *bbolt.DB
	broken  error // what Apply answers instead
	batches []int // entries of each transaction
}

var (
	bucket     = []byte("state")
	keyIndex   = []byte("index")
	keyTerm    = []byte("term")
	keyMembers = []byte("members")
	keyMIndex  = []byte("members-index")
	keyChain   = []byte("chain")
	keyCount   = []byte("count")
)

func openState(tb testing.TB, dir string) *chainState {
	tb.Helper()
	s := &chainState{path: filepath.Join(dir, "state.db")}
	require.NoError(tb, s.open())
	tb.Cleanup(func() { _ = s.db.Close() })
	return s
}

func (s *chainState) open() (err error) {
	s.db, err = bbolt.Open(s.path, 0o600, &bbolt.Options{
		NoFreelistSync: true, FreelistType: bbolt.FreelistMapType,
		InitialMmapSize: 256 << 20, // a map that grows waits for all readers (D4)
	})
	if err != nil {
		return err
	}
	return s.db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucketIfNotExists(bucket)
		return err
	})
}

func number(b *bbolt.Bucket, key []byte) uint64 {
	if v := b.Get(key); v != nil {
		return binary.BigEndian.Uint64(v)
	}
	return 0
}

func put(b *bbolt.Bucket, key []byte, v uint64) error {
	return b.Put(key, binary.BigEndian.AppendUint64(nil, v))
}

func positionIn(tx *bbolt.Tx) cluster.Position {
	b := tx.Bucket(bucket)
	return cluster.Position{
		Index: number(b, keyIndex), Term: number(b, keyTerm),
		Members: append([]byte(nil), b.Get(keyMembers)...), MembersIndex: number(b, keyMIndex),
	}
}

// Position implements cluster.State.
func (s *chainState) Position() (p cluster.Position, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	err = s.db.View(func(tx *bbolt.Tx) error {
		p = positionIn(tx)
		return nil
	})
	return p, err
}

// Apply implements cluster.State.
func (s *chainState) Apply(entries []cluster.Entry) (responses []any, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.broken != nil {
		return nil, s.broken
	}
	s.batches = append(s.batches, len(entries))
	err = s.db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket(bucket)
		for _, e := range entries {
			r, err := applyOne(b, e)
			if err != nil {
				return err
			}
			responses = append(responses, r)
		}
		return nil
	})
	return responses, err
}

func applyOne(b *bbolt.Bucket, e cluster.Entry) (any, error) {
	if e.Index <= number(b, keyIndex) {
		return nil, nil //nolint:nilnil // skipped entries answer nil
	}
	err := errors.Join(put(b, keyIndex, e.Index), put(b, keyTerm, e.Term))
	if e.Members != nil {
		return nil, errors.Join(err, b.Put(keyMembers, e.Members), put(b, keyMIndex, e.Index))
	}
	sum := sha256.Sum256(append(append([]byte(nil), b.Get(keyChain)...), e.Command...))
	n := number(b, keyCount) + 1
	return n, errors.Join(err, b.Put(keyChain, sum[:]), put(b, keyCount, n))
}

// Persist implements cluster.State.
func (s *chainState) Persist(p cluster.Position) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.db.Update(func(tx *bbolt.Tx) (err error) {
		b := tx.Bucket(bucket)
		if p.Index > number(b, keyIndex) {
			err = errors.Join(put(b, keyIndex, p.Index), put(b, keyTerm, p.Term))
		}
		if p.MembersIndex > number(b, keyMIndex) {
			err = errors.Join(err, b.Put(keyMembers, p.Members), put(b, keyMIndex, p.MembersIndex))
		}
		return err
	})
}

// Export implements cluster.State.
func (s *chainState) Export(fn func(cluster.Position, int64, io.WriterTo) error) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.db.View(func(tx *bbolt.Tx) error { return fn(positionIn(tx), tx.Size(), tx) })
}

// Install implements cluster.State.
func (s *chainState) Install(path string, p cluster.Position) error {
	if err := checkImage(path, p); err != nil {
		return fault.New(fault.Corrupt, "test: install", path, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	dir, err := os.Open(filepath.Dir(s.path))
	if err == nil {
		err = errors.Join(s.db.Close(), os.Rename(path, s.path), dir.Sync(), dir.Close(), s.open())
	}
	if err != nil {
		return fault.New(fault.Storage, "test: install", path, err)
	}
	return nil
}

func checkImage(path string, p cluster.Position) error {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true})
	if err != nil {
		return err
	}
	err = db.View(func(tx *bbolt.Tx) error {
		for err := range tx.Check() {
			return err
		}
		if have := positionIn(tx); have.Index != p.Index || have.Term != p.Term {
			return errors.New("position is not as announced")
		}
		return nil
	})
	return errors.Join(err, db.Close())
}

// sum gives the number of commands applied and the chain over them.
func (s *chainState) sum(tb testing.TB) (count uint64, chain []byte) {
	tb.Helper()
	s.mu.RLock()
	defer s.mu.RUnlock()
	require.NoError(tb, s.db.View(func(tx *bbolt.Tx) error {
		b := tx.Bucket(bucket)
		count, chain = number(b, keyCount), append([]byte(nil), b.Get(keyChain)...)
		return nil
	}))
	return count, chain
}
