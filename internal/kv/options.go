package kv

import (
	"math"
	"strconv"
	"time"

	"go.etcd.io/bbolt"

	"jaliya/internal/fault"
)

const (
	// MinMaxSize is the smallest size limit that Open takes, in bytes: bbolt
	// grows a file 16 MiB at a time and refuses 16 MiB before the limit (D8).
	MinMaxSize = 32 << 20

	// defaultMmap is reserved address space, not memory: far above any expected
	// size, so that no writer ever waits for a reader to remap the file (D4).
	defaultMmap = 16 << 30

	defaultLockTimeout = 2 * time.Second

	// appendFill leaves pages of buckets that only grow at their end nearly
	// full; bbolt's default of one half would double such a file.
	appendFill = 0.95
)

// Options says how Open opens a file. The zero value is right for a store that
// is written by this process and has no size limit.
type Options struct {
	// ReadOnly takes a shared lock, writes nothing, and opens a suspect file too,
	// for verifiers. The file must exist.
	ReadOnly bool
	// MaxSize limits the file, in bytes; 0 is no limit. A commit that would need
	// more is refused with fault.Full, about 16 MiB before the limit (D8).
	MaxSize int64
	// InitialMmapSize is the address space reserved for the file, in bytes; 0 is
	// 16 GiB, or as much as an int holds. It costs no memory. A file that outgrows
	// it is mapped anew, for which the writer waits for all readers (D4).
	InitialMmapSize int
	// LockTimeout is how long Open waits for another process to let the file go;
	// 0 is 2 seconds.
	LockTimeout time.Duration
	// AppendBuckets names the buckets whose keys arrive in order; their pages are
	// filled to 95 %.
	AppendBuckets []string
	// OnLatch is called once, with the cause, when a commit failed and the store
	// has latched (D3), from the goroutine of that Update. It must not call the
	// store.
	OnLatch func(error)
}

// Validate says which option makes no sense, as fault.Invalid.
func (o Options) Validate() error {
	switch {
	case o.MaxSize != 0 && (o.MaxSize < MinMaxSize || o.MaxSize > math.MaxInt):
		return fault.New(fault.Invalid, opOpen, "max size "+strconv.FormatInt(o.MaxSize, 10), nil)
	case o.InitialMmapSize < 0:
		return fault.New(fault.Invalid, opOpen, "initial mmap size "+strconv.Itoa(o.InitialMmapSize), nil)
	case o.LockTimeout < 0:
		return fault.New(fault.Invalid, opOpen, "lock timeout "+o.LockTimeout.String(), nil)
	}
	return nil
}

func (o Options) lockTimeout() time.Duration {
	if o.LockTimeout == 0 {
		return defaultLockTimeout
	}
	return o.LockTimeout
}

// bolt gives the one set of bbolt options that this system uses (D4).
func (o Options) bolt() *bbolt.Options {
	mmap := o.InitialMmapSize
	if mmap == 0 {
		mmap = int(min(int64(defaultMmap), int64(math.MaxInt/4)))
	}
	return &bbolt.Options{
		Timeout:         o.lockTimeout(),
		NoFreelistSync:  true,
		FreelistType:    bbolt.FreelistMapType,
		ReadOnly:        o.ReadOnly,
		InitialMmapSize: mmap,
		MaxSize:         int(o.MaxSize),
	}
}
