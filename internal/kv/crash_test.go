//go:build crashstates

package kv_test

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/crash"
	"jaliya/internal/kv"
)

// TestCrashStates cuts the power at every sync of a store that is used as the
// journal uses it (reliability 7.2, tier C). Its line is added up by
// scripts/crash-states.sh.
func TestCrashStates(t *testing.T) {
	o, err := crash.FromEnv()
	require.NoError(t, err)
	line, err := crash.Prove(chainWorkload{}, o, crash.DropDataSync, crash.DropSync, crash.DropDirSync)
	require.NoError(t, err)
	t.Log("kv: " + line)
}

var (
	entries = []byte("entries")
	heads   = []byte("head")
	headKey = []byte("h")
)

const (
	chainFile = "journal.db"
	appends   = 60
)

// chainHead is the record that each transaction replaces: entries floor+1 to
// last are stored, and hash chains from the base that the floor left.
type chainHead struct {
	tx, floor, last uint64
	base, hash      [32]byte
}

func (h chainHead) bytes() []byte {
	b := binary.BigEndian.AppendUint64(nil, h.tx)
	b = binary.BigEndian.AppendUint64(b, h.floor)
	b = binary.BigEndian.AppendUint64(b, h.last)
	b = append(b, h.base[:]...)
	return append(b, h.hash[:]...)
}

func readHead(r kv.Reader) (h chainHead) {
	if b := r.Get(heads, headKey); len(b) == 88 {
		h.tx, h.floor, h.last = binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:]), binary.BigEndian.Uint64(b[16:])
		copy(h.base[:], b[24:])
		copy(h.hash[:], b[56:])
	}
	return h
}

func next(hash [32]byte, value []byte) [32]byte {
	return sha256.Sum256(append(hash[:], value...))
}

func seqKey(seq uint64) []byte { return binary.BigEndian.AppendUint64(nil, seq) }

// chainWorkload appends entries with their head in one transaction, deletes
// from the floor now and then, and compacts.
type chainWorkload struct{}

func (chainWorkload) options() kv.Options { return kv.Options{AppendBuckets: []string{"entries"}} }

// Run implements crash.Workload.
func (w chainWorkload) Run(dir string, r *rand.Rand, ack func(chainHead)) error {
	path := filepath.Join(dir, chainFile)
	store, err := kv.Open(path, w.options())
	if err != nil {
		return err
	}
	for range appends {
		h, err := appendSome(store, r)
		if err != nil {
			return errors.Join(err, store.Close())
		}
		ack(h)
		if r.IntN(12) > 0 {
			continue
		}
		if r.IntN(2) == 0 {
			if _, err := store.Compact(); err != nil {
				return errors.Join(err, store.Close())
			}
			continue
		}
		if err := errors.Join(store.Close(), kv.CompactFile(path)); err != nil {
			return err
		}
		if store, err = kv.Open(path, w.options()); err != nil {
			return err
		}
	}
	return store.Close()
}

// appendSome is one transaction.
func appendSome(s kv.Store, r *rand.Rand) (h chainHead, err error) {
	err = s.Update(func(w kv.Writer) error {
		h = readHead(w)
		h.tx++
		for range 1 + r.IntN(4) {
			value := make([]byte, 200+r.IntN(2800))
			for i := range value {
				value[i] = byte(r.Uint32())
			}
			h.last++
			h.hash = next(h.hash, value)
			if err := w.Put(entries, seqKey(h.last), value); err != nil {
				return err
			}
		}
		if r.IntN(6) == 0 {
			if err := raiseFloor(w, &h, h.floor+r.Uint64N(h.last-h.floor)); err != nil {
				return err
			}
		}
		return w.Put(heads, headKey, h.bytes())
	})
	return h, err
}

func raiseFloor(w kv.Writer, h *chainHead, to uint64) error {
	for h.floor < to {
		key := seqKey(h.floor + 1)
		h.base = next(h.base, w.Get(entries, key))
		if err := w.Delete(entries, key); err != nil {
			return err
		}
		h.floor++
	}
	return nil
}

// Verify implements crash.Workload: the store opens, holds the acknowledged
// head or the one transaction after it, the chain is whole, nothing lies outside
// it, and the store can be written again.
func (w chainWorkload) Verify(dir string, acked []chainHead) error {
	path := filepath.Join(dir, chainFile)
	var last chainHead
	if len(acked) > 0 {
		last = acked[len(acked)-1]
	}
	store, err := kv.Open(path, w.options())
	if err != nil {
		return err
	}
	err = store.View(func(r kv.Reader) error { return verifyChain(r, last) })
	if err == nil {
		_, err = appendSome(store, rand.New(rand.NewPCG(1, 1)))
	}
	if err == nil {
		err = store.View(func(r kv.Reader) error { return verifyChain(r, readHead(r)) })
	}
	return errors.Join(err, store.Close())
}

func verifyChain(r kv.Reader, acked chainHead) error {
	h := readHead(r)
	switch {
	case h.tx == acked.tx && h != acked:
		return errors.New("the acknowledged head is another one")
	case h.tx != acked.tx && h.tx != acked.tx+1:
		return fmt.Errorf("transaction %d, acknowledged was %d", h.tx, acked.tx)
	case h.floor < acked.floor || h.last < acked.last:
		return errors.New("the head went backwards")
	}
	hash, seq := h.base, h.floor
	var err error
	r.Ascend(entries, nil, func(k, v []byte) bool {
		seq++
		hash = next(hash, v)
		switch {
		case len(k) != 8 || binary.BigEndian.Uint64(k) != seq || seq > h.last:
			err = fmt.Errorf("entry %x where %d of %d was due", k, seq, h.last)
		case seq == acked.last && hash != acked.hash:
			err = fmt.Errorf("entry %d is not the acknowledged one", seq)
		}
		return err == nil
	})
	if err == nil && (seq != h.last || hash != h.hash) {
		err = fmt.Errorf("chain ends at %d, head says %d", seq, h.last)
	}
	return err
}
