package node

import (
	"time"

	"golang.org/x/sys/unix"

	"jaliya/consulate-node/staff"
	"jaliya/internal/fault"
	"jaliya/internal/link/pki"
	"jaliya/internal/telemetry"
	"jaliya/internal/wire"
)

// started is when this process began to be a node.
var started = time.Now()

// report says how this node stands, for those who watch at the hub.
func (n *Node) report() (wire.Report, error) {
	waits, err := n.journal.Outstanding()
	if err != nil {
		return wire.Report{}, err
	}
	r := wire.Report{
		Time: time.Now().UnixMilli(), Software: telemetry.Version, Started: started.UnixMilli(),
		Transport: n.ship.Status().Transport,
		Entries:   waits.Entries, Bytes: waits.Bytes, Oldest: waits.Oldest, Images: waits.Images, ImageBytes: waits.ImageB,
		Used:    uint64(max(waits.Used, 0)),
		Working: n.until(pki.SlotWorking), Device: n.until(pki.SlotDevice), Alone: n.aloneDays(), Mirror: n.mirrorReport(),
	}
	if drafts, err := n.desk.DraftCount(); err == nil {
		r.Drafts = uint64(drafts) //nolint:gosec // a count
	}
	r.Free, r.Total, err = diskOf(n.cfg.Dir)
	return r, err
}

// diskOf measures the file system that the journal is on.
func diskOf(dir string) (free, total uint64, err error) {
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		return 0, 0, fault.New(fault.Storage, "node: measure disk", dir, err)
	}
	size := uint64(max(fs.Bsize, 0))
	// As df counts: what is kept for root is nobody's.
	return fs.Bavail * size, (fs.Blocks - fs.Bfree + fs.Bavail) * size, nil
}

// until gives the end of a certificate, 0 when there is none.
func (n *Node) until(slot pki.Slot) int64 {
	c, err := n.keys.ring.Credential(slot)
	if err != nil {
		return 0
	}
	return max(c.Leaf.NotAfter.UnixMilli(), 0)
}

// aloneDays gives for how many days the post may still work without the hub.
func (n *Node) aloneDays() uint16 {
	left := staff.MostAlone - time.Since(n.lastHeard())
	return uint16(min(max(left/(24*time.Hour), 0), 366))
}
