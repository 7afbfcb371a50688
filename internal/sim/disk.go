package sim

import (
	"errors"

	"jaliya/internal/fault"
	"jaliya/internal/kv"
)

// Disk is a kv.Store over kv.Memory that can be full, fail and crash, and tells
// when the process above it has to go.
type Disk struct {
	*kv.Memory
	Full bool // every change is refused before any harm
	// Commits counts the changes that became durable.
	Commits int
	down    func(error) // told once for each failed commit
}

// NewDisk puts a memory store on a disk. down is called when a commit failed
// and the store is latched: the process is to leave.
func NewDisk(m *kv.Memory, down func(error)) *Disk { return &Disk{Memory: m, down: down} }

// Update implements kv.Store.
func (d *Disk) Update(fn func(kv.Writer) error) error {
	if d.Full {
		return fault.New(fault.Full, "sim: update", "disk", nil)
	}
	err := d.Memory.Update(fn)
	switch {
	case err == nil:
		d.Commits++
	case d.Latched() != nil:
		d.down(err)
	}
	return err
}

// ErrSync is what a disk says whose sync failed.
var ErrSync = errors.New("simulated sync failure")

// Mishap is what happens to the next commit.
type Mishap int

// The mishaps.
const (
	LoseCommit Mishap = iota // the process dies before the change is durable
	KeepCommit               // it dies after, and nobody was told
	FailCommit               // the sync fails and the change is lost
)

// Prepare lets a mishap happen to the next commit.
func (d *Disk) Prepare(m Mishap) {
	switch m {
	case LoseCommit:
		d.CrashBeforeCommit()
	case KeepCommit:
		d.CrashAfterCommit()
	case FailCommit:
		d.FailNextCommit(ErrSync)
	}
}
