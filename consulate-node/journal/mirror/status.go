package mirror

import (
	"context"
	"errors"
	"io/fs"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"jaliya/internal/fault"
)

// State says how the second disk stands.
type State string

// The states of a mirror.
const (
	None    State = "none"    // none is configured
	Good    State = "good"    // all that the journal has is on both disks
	Filling State = "filling" // one disk holds all; the other is being brought up to date
	Failed  State = "failed"  // one disk
)

// Reason is a code for why a mirror is not good.
type Reason string

// The reasons.
const (
	ReasonNew      Reason = "new"       // nothing was on it yet
	ReasonBehind   Reason = "behind"    // it was away while the journal went on
	ReasonMissing  Reason = "missing"   // its directory is not there
	ReasonSameDisk Reason = "same-disk" // it lies on the disk of the journal; not mounted?
	ReasonFull     Reason = "full"
	ReasonSlow     Reason = "slow"    // it did not answer in time
	ReasonDenied   Reason = "denied"  // this process may not write there
	ReasonDamaged  Reason = "damaged" // what it holds does not prove
	ReasonHistory  Reason = "history" // it holds what the journal does not know: people decide
	ReasonNetwork  Reason = "network" // it lies on a network file system
	ReasonDisk     Reason = "disk"    // writing or reading failed
)

// Status is a mirror at one moment. It holds nothing of a person.
type Status struct {
	State  State     `json:"state"`
	Reason Reason    `json:"reason,omitempty"`
	Since  time.Time `json:"since,omitzero"`
	Next   time.Time `json:"next,omitzero"` // when it is tried again
	Log    int64     `json:"log_bytes"`     // of transactions since the last base
	Base   int64     `json:"base_bytes"`
	Based  time.Time `json:"based,omitzero"` // when the last base was written
	Free   int64     `json:"free_bytes"`     // of its disk, as last measured
	Total  int64     `json:"total_bytes"`    // used and free
	Behind uint64    `json:"behind"`         // transactions that only the journal has
}

// shareWarn is the used share of its disk from which operators are told.
const shareWarn = 0.8

// roomy is free space with which they are not: a year's work of the largest post,
// and more.
const roomy = 16 << 30

// Short reports whether its disk is 80 % full.
func (s Status) Short() bool {
	return s.Total > 0 && float64(s.Total-s.Free) >= shareWarn*float64(s.Total) && s.Free < roomy
}

// Status tells how the mirror stands, without waiting for its disk.
func (m *Mirror) Status() Status {
	m.told.Lock()
	defer m.told.Unlock()
	s := m.status
	if s.State != Good {
		s.Behind = m.at.N - min(m.at.N, m.held.N)
	}
	return s
}

// measure notes how much room its disk has. It may hang with the disk.
func (m *Mirror) measure() {
	var s unix.Statfs_t
	if err := unix.Statfs(m.o.Dir, &s); err != nil {
		return
	}
	m.tell(func(st *Status) {
		used := int64(s.Blocks-s.Bfree) * s.Bsize //nolint:gosec // far below the limit
		st.Free = int64(s.Bavail) * s.Bsize       //nolint:gosec // far below the limit
		st.Total = used + st.Free                 // without what others may not take
	})
}

func (m *Mirror) tell(change func(*Status)) {
	m.told.Lock()
	defer m.told.Unlock()
	change(&m.status)
}

// errSlow is what a disk that does not answer leaves.
var errSlow = fault.New(fault.Timeout, "mirror: wait for disk", "", context.DeadlineExceeded)

// errHistory is a mirror that holds what the journal does not know.
var errHistory = fault.New(fault.Fork, "mirror: compare", "", errors.New("it holds entries that the journal does not have"))

// errSameDisk is a mirror that would be lost with the journal.
var errSameDisk = errors.New("the mirror lies on the disk of the journal")

func reasonOf(err error) Reason {
	switch {
	case errors.Is(err, errSlow):
		return ReasonSlow
	case errors.Is(err, errHistory):
		return ReasonHistory
	case errors.Is(err, errSameDisk):
		return ReasonSameDisk
	case errors.Is(err, ErrNone):
		return ReasonNew
	case errors.Is(err, errBehind):
		return ReasonBehind
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		return ReasonFull
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return ReasonDenied
	case fault.Is(err, fault.Corrupt):
		return ReasonDamaged
	case fault.Is(err, fault.Unsupported):
		return ReasonNetwork
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.ENODEV):
		return ReasonMissing
	}
	return ReasonDisk
}
