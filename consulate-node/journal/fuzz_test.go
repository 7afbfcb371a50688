package journal

import (
	"bytes"
	"errors"
	"testing"

	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

// What a disk gives back may be anything: it is read or it is damage, and it
// never panics.

func FuzzDecodeStored(f *testing.F) {
	e := wire.Entry{Header: []byte{0xa0}, Body: []byte("body")}
	f.Add(storedEntry(wire.Digest{1}, e))
	f.Add(storedEntry(wire.Digest{}, wire.Entry{Header: []byte{}, Body: []byte{}}))
	f.Add([]byte("short"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		before := bytes.Clone(raw)
		hash, e, err := decodeStored(raw)
		if err != nil {
			if !fault.Is(err, fault.Corrupt) {
				t.Fatal(err)
			}
			return
		}
		if len(e.Header)+len(e.Body) > maxStored {
			t.Fatalf("%d bytes", len(e.Header)+len(e.Body))
		}
		again, f, err := decodeStored(storedEntry(hash, e))
		if err != nil || again != hash || !bytes.Equal(f.Header, e.Header) || !bytes.Equal(f.Body, e.Body) {
			t.Fatalf("not the same again: %v", err)
		}
		if !bytes.Equal(before, raw) {
			t.Fatal("the input was written to")
		}
	})
}

func FuzzHeldValues(f *testing.F) {
	f.Add([]byte{}, uint8(0))
	f.Add(encodeHeld(State{Receipted: 3}), uint8(0))
	f.Add(encodeHeld(Identity{Post: "FR-LYO"}), uint8(1))
	f.Add(encodeHeld(Request{Reference: "1"}), uint8(2))
	f.Add(encodeHeld(Image{Named: []Place{{Seq: 1}}}), uint8(3))
	f.Fuzz(func(t *testing.T, raw []byte, which uint8) {
		var err error
		switch which % 4 {
		case 0:
			err = requireStable[State](t, raw)
		case 1:
			err = requireStable[Identity](t, raw)
		case 2:
			err = requireStable[Request](t, raw)
		case 3:
			err = requireStable[Image](t, raw)
		}
		if err != nil && !fault.Is(err, fault.Corrupt) {
			t.Fatal(err)
		}
	})
}

// requireStable wants what decodes to encode and decode to the same bytes.
func requireStable[T any](t *testing.T, raw []byte) error {
	t.Helper()
	v, err := decodeHeld[T]("fuzz", "", raw)
	if err != nil {
		return err
	}
	once := encodeHeld(v)
	again, err := decodeHeld[T]("fuzz", "", once)
	if err != nil || !bytes.Equal(once, encodeHeld(again)) {
		t.Fatalf("not the same again: %v", err)
	}
	return nil
}

// FuzzCheck puts anything under any key: Check answers, and damage is its word
// for what it does not like.
func FuzzCheck(f *testing.F) {
	buckets := [][]byte{
		bucketMeta, bucketEntries, bucketRecords, bucketImages,
		bucketUnstored, bucketReceipts, bucketNotices, bucketRequests, bucketWaiting,
	}
	f.Add(uint8(1), entryKey(7, 1), storedEntry(wire.Digest{}, wire.Entry{}))
	f.Add(uint8(5), entryKey(7, 1), wire.Marshal(wire.SignedReceipt{Raw: wire.Marshal(wire.Receipt{First: 1, Last: 1 << 60})}))
	f.Add(uint8(0), keyState, encodeHeld(State{}))
	f.Fuzz(func(t *testing.T, bucket uint8, key, value []byte) {
		if len(key) == 0 || len(key) > 100 {
			return
		}
		store := kv.NewMemory()
		id := Identity{Node: wire.NodeID{1}, Post: "FR-LYO", Cluster: wire.ClusterID{2}}
		err := store.Update(func(w kv.Writer) error {
			if err := Create(w, id, 7); err != nil {
				return err
			}
			return w.Put(buckets[int(bucket)%len(buckets)], key, value)
		})
		if err != nil {
			t.Fatal(err)
		}
		err = store.View(func(r kv.Reader) error { _, err := Check(r, nil); return err })
		if err != nil && !fault.Is(err, fault.Corrupt) {
			t.Fatal(err)
		}
		err = store.View(func(r kv.Reader) error { // only that they return
			Unstored(r, 7, 10)
			_, read := ReadAfter(r, wire.Genesis(id.Node, 7), 10)
			_, list := List(r, "", 10)
			_, prove := Prove(r, 7, 1, nil)
			return errors.Join(read, list, prove)
		})
		if err == nil {
			t.Fatal("a proof without a receipt key")
		}
	})
}
