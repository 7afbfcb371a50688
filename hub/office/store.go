package office

import (
	"encoding/binary"
	"sync/atomic"
	"time"

	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

// Buckets of the store. All values of people are sealed to their place.
var (
	bucketRequests = []byte("requests")
	bucketFindings = []byte("findings")
	bucketPackets  = []byte("packets")  // as received
	bucketPackages = []byte("packages") // sealed to the hub
	bucketOpen     = []byte("open")     // ids that still need something
	bucketViews    = []byte("views")    // who read which request
	bucketMeta     = []byte("meta")
	bucketRevoked  = []byte("revoked") // numbers
	keyFigures     = []byte("figures")
	keyNumbers     = []byte("numbers")
)

// Sizes before sealing: what was found must not show in the size of a value.
const (
	floorRequest  = 16 << 10
	sizeFinding   = 128 << 10
	sizeFigures   = 256
	maxRequest    = 256 << 10
	schemaRequest = 1
)

// store is the office's truth: every change is on disk when it is answered.
type store struct {
	kv   kv.Store
	data *seal.DataKey

	changed atomic.Pointer[chan struct{}] // closed at each change
}

func newStore(s kv.Store, key *seal.DataKey) (*store, error) {
	sub, err := key.Subkey("office")
	if err != nil {
		return nil, err
	}
	st := &store{kv: s, data: sub}
	first := make(chan struct{})
	st.changed.Store(&first)
	return st, nil
}

// watch gives a channel that is closed at the next change.
func (s *store) watch() <-chan struct{} { return *s.changed.Load() }

func (s *store) tell() {
	next := make(chan struct{})
	close(*s.changed.Swap(&next))
}

func cell(bucket, key []byte) []byte {
	return seal.Cell{Bucket: string(bucket), Key: key, Schema: schemaRequest}.AAD()
}

// put seals a value of at least size bytes; what is added stands behind a length.
func (s *store) put(w kv.Writer, bucket, key []byte, value any, size int64) error { //nolint:revive // argument-limit: a place, a value and its size
	raw := wire.Marshal(value)
	defer clear(raw)
	padded := make([]byte, seal.Bucket(int64(len(raw))+4, size))
	binary.BigEndian.PutUint32(padded, uint32(len(raw))) //nolint:gosec // G115: capped below
	copy(padded[4:], raw)
	defer clear(padded)
	if len(padded) > maxRequest {
		return fault.New(fault.TooLarge, "office: keep", string(bucket), nil)
	}
	sealed, err := s.data.Seal(cell(bucket, key), padded)
	if err != nil {
		return err
	}
	return w.Put(bucket, key, sealed)
}

func (s *store) get(r kv.Reader, bucket, key []byte, into any) (bool, error) {
	const op = "office: read"
	sealed := r.Get(bucket, key)
	if sealed == nil {
		return false, nil
	}
	padded, err := s.data.Open(cell(bucket, key), sealed)
	if err != nil {
		return false, err
	}
	defer clear(padded)
	if len(padded) < 4 {
		return false, fault.New(fault.Corrupt, op, string(bucket), nil)
	}
	n := int(binary.BigEndian.Uint32(padded))
	if n > len(padded)-4 {
		return false, fault.New(fault.Corrupt, op, string(bucket), nil)
	}
	if err := wire.Unmarshal(padded[4:4+n], maxRequest, into); err != nil {
		return false, fault.New(fault.Corrupt, op, string(bucket), err)
	}
	return true, nil
}

// read gives a request. Errors: NotFound.
func (s *store) read(r kv.Reader, id string) (request, error) {
	var q request
	found, err := s.get(r, bucketRequests, []byte(id), &q)
	if err == nil && !found {
		err = fault.New(fault.NotFound, "office: find request", "", nil)
	}
	return q, err
}

func (s *store) finding(r kv.Reader, id string) (f finding, err error) {
	_, err = s.get(r, bucketFindings, []byte(id), &f)
	return f, err
}

func (s *store) save(w kv.Writer, q *request) error {
	key := []byte(q.ID)
	if q.open() {
		if err := w.Put(bucketOpen, key, []byte{1}); err != nil {
			return err
		}
	} else if err := w.Delete(bucketOpen, key); err != nil {
		return err
	}
	return s.put(w, bucketRequests, key, q, floorRequest)
}

func (s *store) saveFinding(w kv.Writer, id string, f finding) error {
	return s.put(w, bucketFindings, []byte(id), f, sizeFinding)
}

// request gives a request without what was found.
func (s *store) request(id string) (q request, err error) {
	err = s.kv.View(func(r kv.Reader) error {
		var err error
		q, err = s.read(r, id)
		return err
	})
	return q, err
}

// list gives the ids that still need something, in their order.
func (s *store) list() (ids []string, err error) {
	err = s.kv.View(func(r kv.Reader) error {
		r.Ascend(bucketOpen, nil, func(key, _ []byte) bool {
			ids = append(ids, string(key))
			return true
		})
		return nil
	})
	return ids, err
}

// change changes one request in one transaction and returns after it is on disk.
func (s *store) change(id string, do func(kv.Writer, *request, *finding) error) error {
	err := s.kv.Update(func(w kv.Writer) error {
		q, err := s.read(w, id)
		if err != nil {
			return err
		}
		f, err := s.finding(w, id)
		if err != nil {
			return err
		}
		if err := do(w, &q, &f); err != nil {
			return err
		}
		if q.Erased {
			return s.save(w, &q)
		}
		// Both are written whatever changed: what is written tells nothing.
		if err := s.saveFinding(w, id, f); err != nil {
			return err
		}
		return s.save(w, &q)
	})
	if err == nil {
		s.tell()
	}
	return err
}

// figures gives the running figures.
func (s *store) figures(r kv.Reader) (f figures, err error) {
	_, err = s.get(r, bucketMeta, keyFigures, &f)
	return f, err
}

// count adds a decided request to the figures, once.
func (s *store) count(w kv.Writer, q *request, missed bool) error {
	if q.Counted {
		return nil
	}
	f, err := s.figures(w)
	if err != nil {
		return err
	}
	q.Counted = true
	return s.put(w, bucketMeta, keyFigures, f.with(q.Reviewed, missed), sizeFigures)
}

// number draws the next number of a year in the transaction that gives it to a
// request.
func (s *store) number(w kv.Writer, letters string, now time.Time) (string, error) {
	key := binary.BigEndian.AppendUint16(append([]byte{}, keyNumbers...), uint16(now.Year())) //nolint:gosec // G115: years fit
	var n uint64
	if held := w.Get(bucketMeta, key); len(held) == 8 {
		n = binary.BigEndian.Uint64(held)
	}
	n++
	return numberOf(letters, now.Year(), n), w.Put(bucketMeta, key, binary.BigEndian.AppendUint64(nil, n))
}

// erase forgets the content of a request; that it was and how it ended is kept.
func (s *store) erase(w kv.Writer, q *request) error {
	for _, bucket := range [][]byte{bucketFindings, bucketPackets, bucketPackages} {
		if err := w.Delete(bucket, []byte(q.ID)); err != nil {
			return err
		}
	}
	q.Content, q.Question, q.Answer, q.Erased = content{}, "", "", true
	for i := range q.Steps {
		q.Steps[i].Why = ""
	}
	return nil
}
