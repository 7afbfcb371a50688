package journal

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"

	"jaliya/internal/fault"
	"jaliya/internal/kv"
)

const (
	ballastName = "ballast"

	// enrolments that must fit before a new one may begin (D8).
	enrolmentsFree = 3
	// shareWarn is the share of a limit from which operators are warned (D8).
	shareWarn = 0.8
	// growStep is how bbolt grows a file: it refuses that far before MaxSize.
	growStep = 16 << 20
	// storeReserve is what journal.db keeps for what the hub says and for the
	// pages that each transaction copies, after capture has been refused.
	storeReserve = 1 << 20
	// lowSpace is what a start wants free beside the ballast.
	lowSpace = 32 << 20
)

// Space says how much room a post has, for metrics and the start page.
type Space struct {
	Free    int64   // bytes of the file system that this process may still write
	Disk    float64 // used share of the file system, 0 to 1
	Room    int64   // bytes that journal.db may still take, -1 for no limit of its own
	Store   float64 // used share of that limit, 0 to 1
	Ballast int64   // bytes that maintenance may release
}

// roomy is free space that no post uses within a year, 25 MB a day being the
// largest: a disk that has it is not short, whatever share of it is used.
const roomy = 16 << 30

// Warn reports whether operators are to be told: 80 % of disk or limit are used,
// and a year's work would not fit the disk.
func (s Space) Warn() bool {
	return s.Disk >= shareWarn && s.Free < roomy || s.Store >= shareWarn
}

// Space measures the room.
func (j *Journal) Space() (Space, error) {
	const op = "journal: measure space"
	s := Space{Room: -1}
	var fs unix.Statfs_t
	if err := unix.Statfs(j.dir, &fs); err != nil {
		return s, fault.New(fault.Storage, op, j.dir, err)
	}
	s.Free = int64(fs.Bavail) * fs.Bsize //nolint:gosec // far below the limit
	// As df counts: what is kept back or belongs to others is not this disk's.
	if used := fs.Blocks - fs.Bfree; used+fs.Bavail > 0 {
		s.Disk = float64(used) / float64(used+fs.Bavail)
	}
	if j.ballast != nil {
		var err error
		if s.Ballast, err = j.ballast.Held(); err != nil {
			return s, err
		}
	}
	stats, limited := j.store.(interface{ Stats() (kv.Stats, error) })
	if j.maxSize > 0 && limited {
		st, err := stats.Stats()
		if err != nil {
			return s, err
		}
		// Half of the free pages: an entry wants some that lie side by side.
		used := st.Used - int64(st.FreeRatio*float64(st.Used)/2)
		s.Room = max(0, j.maxSize-growStep-used)
		s.Store = float64(used) / float64(max(1, j.maxSize-growStep))
	}
	j.metrics.space(s)
	return s, nil
}

// CanCapture answers before a person is asked for anything whether an enrolment
// of at most maxEnrolment bytes can be kept: fault.Full unless three times that,
// and Options.MinFree besides, are free; fault.Storage when the journal has
// latched (D8).
func (j *Journal) CanCapture(maxEnrolment int64) error {
	const op = "journal: begin capture"
	if maxEnrolment <= 0 {
		return fault.New(fault.Invalid, op, "size", nil)
	}
	if err := j.usable(op); err != nil {
		return err
	}
	s, err := j.Space()
	if err != nil {
		return err
	}
	if j.ballast != nil {
		s.Free -= j.ballast.Size() - min(s.Ballast, j.ballast.Size()) // it is taken again first
	}
	if s.Free-j.minFree < enrolmentsFree*maxEnrolment {
		return fault.New(fault.Full, op, strconv.FormatInt(s.Free, 10)+" bytes free on the disk", nil)
	}
	// The entry goes to journal.db with its indexes and drafts, the images do not.
	if s.Room >= 0 && s.Room < storeReserve+enrolmentsFree*min(maxEnrolment, 4*maxStored) {
		return fault.New(fault.Full, op, strconv.FormatInt(s.Room, 10)+" bytes left in journal.db", nil)
	}
	return nil
}

// holdBallast takes the space that maintenance may release. On a disk too full for
// it the ballast is given up, which is what it is for: the node must start to send
// away what it has, and no visit begins until the space can be taken again.
func (j *Journal) holdBallast(size int64) error {
	if size == 0 {
		return nil
	}
	path := filepath.Join(j.dir, ballastName)
	j.ballast = kv.NewBallast(path, size)
	held, err := j.ballast.Held()
	if err != nil {
		return err
	}
	free, err := kv.FreeSpace(j.dir)
	if err != nil {
		return err
	}
	if free+held < size+lowSpace {
		j.warn("the disk is nearly full: the ballast file of " + strconv.FormatInt(size, 10) + " bytes is not held")
		return j.ballast.Release()
	}
	err = j.ballast.Fill()
	if fault.Is(err, fault.Full) {
		j.warn("no room for the ballast file of " + strconv.FormatInt(size, 10) + " bytes")
		return nil
	}
	return err
}

// roomToStart gives the ballast up before a start needs its room: to complete the
// journal from its mirror, to write it anew after a failed sync, to make it again.
// Whether it can be held is decided when that is done.
func (j *Journal) roomToStart(o Options) error {
	if o.Ballast == 0 {
		return nil
	}
	need := int64(lowSpace)
	info, err := os.Stat(j.path())
	switch _, suspect := kv.Suspect(j.path()); {
	case err != nil && o.Mirror.Dir == "":
		return nil // the first start
	case err != nil:
		return j.dropBallast(o)
	case suspect:
		need += info.Size()
	}
	free, err := kv.FreeSpace(j.dir)
	if err != nil || free >= need {
		return err
	}
	return j.dropBallast(o)
}

// dropBallast gives up what an earlier start held.
func (j *Journal) dropBallast(o Options) error {
	if o.Ballast == 0 {
		return nil
	}
	return kv.NewBallast(filepath.Join(j.dir, ballastName), o.Ballast).Release()
}

// ReleaseBallast gives the reserve back to the file system, so that maintenance
// can work on a full disk. The next start takes it again.
func (j *Journal) ReleaseBallast() error {
	const op = "journal: release ballast"
	var held int64
	if j.ballast != nil {
		var err error
		if held, err = j.ballast.Held(); err != nil {
			return err
		}
	}
	if held == 0 {
		return fault.New(fault.NotFound, op, "", errors.New("none is held"))
	}
	return j.ballast.Release()
}
