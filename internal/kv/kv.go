// Package kv is the ordered key-value transaction that the pure cores of
// journal and ledger are written against, and its two stores: bbolt on disk
// (Open) and a map with a history in memory (NewMemory) for simulation. It
// stands under steps 2 (journal), 5 (raft log) and 6 (ledger).
//
// Guarantees: a transaction is all or nothing; Update returns nil only after
// the data and the meta page are on disk (D3); the first failed commit latches
// the store, and every later call answers fault.Storage until the process is
// started again (D3); options of D4 are set in one place. Integrity of single
// records is left to the callers, who chain or checksum what they store (D5).
package kv

// Reader reads one consistent state. Byte slices that it returns are valid only
// until the transaction ends; copy what you keep.
type Reader interface {
	// Get gives the value under key in bucket, nil when there is none.
	Get(bucket, key []byte) []byte
	// Ascend calls yield for each pair with from <= key, in byte order, until it
	// returns false. A nil from starts at the first key. Nothing may be written
	// to the bucket from inside yield: a bbolt cursor skips after a delete.
	Ascend(bucket, from []byte, yield func(key, value []byte) bool)
	// Descend is Ascend downwards: each pair with key <= from, from the last one
	// when from is nil.
	Descend(bucket, from []byte, yield func(key, value []byte) bool)
}

// Writer is a Reader that changes the state. Errors are storage errors: the
// transaction is lost.
type Writer interface {
	Reader
	// Put stores value under key; both are copied or not kept after the
	// transaction ends.
	Put(bucket, key, value []byte) error
	// Delete removes key, without complaint when it is not there.
	Delete(bucket, key []byte) error
}

// Store runs transactions. Two real stores exist: Bolt and Memory. A transaction
// must not be opened from inside another one, or the two may wait for each other.
type Store interface {
	// View runs fn on a consistent state.
	View(fn func(Reader) error) error
	// Update runs fn and commits. It returns nil only after the change is
	// durable. An error of fn rolls back and is returned as it is, as is that of
	// a Put or Delete which fn ignored; fault.Full was refused without any change;
	// an error of the commit is fault.Storage, means "outcome unknown", and
	// latches the store.
	Update(fn func(Writer) error) error
	Close() error
}
