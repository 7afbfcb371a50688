package cluster

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"

	"github.com/hashicorp/raft"

	"jaliya/internal/fault"
	"jaliya/internal/kv"
)

const (
	opStableSet = "cluster: write stable store"
	opStableGet = "cluster: read stable store"
)

var (
	bucketStable = []byte("stable")

	// The keys of raft's vote, of which it writes the term first.
	keyVoteTerm      = []byte("LastVoteTerm")
	keyVoteCandidate = []byte("LastVoteCand")
	keyCurrentTerm   = []byte("CurrentTerm")

	// errNotFound has the text that raft compares.
	errNotFound = errors.New("not found")
)

// stableStore is raft.StableStore on a kv.Store: term and vote. A value is
// stored behind its CRC-32C over key and value (D5).
//
// The vote is atomic (D2): raft saves "term of the vote" and "candidate" in two
// calls, and after a crash between them would grant the new term's vote to the
// old candidate without looking at its log. Here saving the term removes the
// candidate in the same transaction, so that half a vote reads as no vote.
type stableStore struct {
	db    kv.Store
	watch *watch
	leave func(error)
}

var _ raft.StableStore = (*stableStore)(nil)

// Set stores val under key; it returns nil only after it is on disk.
func (s *stableStore) Set(key, val []byte) error {
	defer s.watch.start(opStableSet)()
	return s.db.Update(func(w kv.Writer) error {
		if bytes.Equal(key, keyVoteTerm) {
			if err := w.Delete(bucketStable, keyVoteCandidate); err != nil {
				return err
			}
		}
		sum := stableChecksum(key, val)
		return w.Put(bucketStable, key, append(binary.BigEndian.AppendUint32(nil, sum), val...))
	})
}

// Get gives a copy of the value under key, or an error that reads exactly "not
// found".
func (s *stableStore) Get(key []byte) ([]byte, error) {
	var val []byte
	err := s.db.View(func(r kv.Reader) error {
		b := r.Get(bucketStable, key)
		switch {
		case b == nil:
			return errNotFound
		case len(b) < 4, binary.BigEndian.Uint32(b) != stableChecksum(key, b[4:]):
			return fault.New(fault.Corrupt, opStableGet, string(key), errors.New("checksum does not match"))
		}
		val = append([]byte{}, b[4:]...)
		return nil
	})
	if fault.Is(err, fault.Corrupt) {
		s.leave(err)
	}
	return val, err
}

// SetUint64 is Set of eight bytes, big-endian.
func (s *stableStore) SetUint64(key []byte, val uint64) error {
	return s.Set(key, binary.BigEndian.AppendUint64(nil, val))
}

// GetUint64 is Get of what SetUint64 stored.
func (s *stableStore) GetUint64(key []byte) (uint64, error) {
	b, err := s.Get(key)
	if err != nil {
		return 0, err
	}
	if len(b) != 8 {
		return 0, fault.New(fault.Corrupt, opStableGet, string(key), errors.New("not eight bytes"))
	}
	return binary.BigEndian.Uint64(b), nil
}

func stableChecksum(key, val []byte) uint32 {
	return crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, val)
}
