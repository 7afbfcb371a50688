package desk

import (
	"path/filepath"
	"time"

	"github.com/gin-gonic/gin"

	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/journal/mirror"
	"jaliya/internal/lang"
	"jaliya/internal/web"
)

// treeDrafts is the desk's tree of files on a second disk.
const treeDrafts = "drafts"

// Mirrored says what of the desk a second disk keeps: the files of drafts, and
// which buckets hold what must be gone when it is dropped. dir is the node's data
// directory.
func Mirrored(dir string) (trees []mirror.Tree, erasable []string) {
	return []mirror.Tree{{Name: treeDrafts, Dir: filepath.Join(dir, "drafts")}},
		[]string{string(bucketKeys), string(bucketSlips)}
}

// onSecondDisk brings what was written to a file of a draft from offset on to the
// second disk, before anybody is told that it is saved.
func (d *Desk) onSecondDisk(path string, offset int64) {
	if rel, err := filepath.Rel(d.drafts, path); err == nil {
		d.o.Journal.FileAppended(treeDrafts, rel, offset)
	}
}

// offSecondDisk takes a file or a draft away there too. What cannot be removed is
// noise, and goes with the next base.
func (d *Desk) offSecondDisk(path string) {
	if rel, err := filepath.Rel(d.drafts, path); err == nil {
		d.o.Journal.FileRemoved(treeDrafts, rel)
	}
}

// oneDisk reports whether a second disk is configured and does not hold all.
func oneDisk(s mirror.Status) bool { return s.State == mirror.Failed || s.State == mirror.Filling }

// diskBar adds to the bar of the link that one disk is left.
func (d *Desk) diskBar(p lang.Printer, bar *web.LinkBar) {
	s := d.o.Journal.Mirror()
	if !oneDisk(s) {
		return
	}
	if bar.State == "good" {
		bar.State = "alone look" // amber, without the broken line
	}
	bar.Text += " " + p.T("seconddisk.bar."+string(s.State))
}

// diskPart is what a page says of the disks of the post.
type diskPart struct {
	Title  string
	Text   string
	Facts  []fact
	Tidied []fact // when the journal was compacted
}

// disks tells how both disks stand, nil when only one is configured and it was
// never compacted.
func (s *Screens) disks(p lang.Printer) (*diskPart, error) {
	m := s.desk.o.Journal.Mirror()
	c, err := s.desk.o.Journal.Compacted()
	if err != nil || m.State == mirror.None && c == (journal.Compaction{}) {
		return nil, err
	}
	part := &diskPart{}
	if m.State != mirror.None {
		part.Title = p.T("seconddisk.state." + string(m.State))
		part.Text = p.T("seconddisk.means." + string(m.State))
	}
	if m.Reason != "" {
		part.Facts = append(part.Facts, fact{Label: p.T("seconddisk.why"), Text: p.T("seconddisk.reason." + string(m.Reason))})
	}
	if !m.Since.IsZero() && m.State != mirror.None {
		part.Facts = append(part.Facts, fact{Label: p.T("seconddisk.since"), Text: p.DateTime(m.Since.In(s.desk.zone))})
	}
	if m.State == mirror.Failed && !m.Next.IsZero() {
		part.Facts = append(part.Facts, fact{Label: p.T("desk.status.next"), Text: p.Clock(m.Next.In(s.desk.zone))})
	}
	if m.Short() {
		part.Facts = append(part.Facts, fact{Label: p.T("seconddisk.room"), Text: p.T("seconddisk.short")})
	}
	if c.At > 0 {
		part.Tidied = []fact{{Label: p.T("seconddisk.compacted"), Text: p.T("seconddisk.sizes",
			"when", p.DateTime(time.UnixMilli(c.At).In(s.desk.zone)), "before", int(c.Before>>20), "after", int(c.After>>20))}}
	}
	return part, nil
}

// showDisks puts them on a page: where people look first while one disk is left.
func (s *Screens) showDisks(p lang.Printer, data gin.H) error {
	part, err := s.disks(p)
	switch {
	case part == nil:
	case oneDisk(s.desk.o.Journal.Mirror()):
		data["OneDisk"] = part
		if part.Tidied != nil {
			data["Disks"] = &diskPart{Tidied: part.Tidied}
		}
	default:
		data["Disks"] = part
	}
	return err
}
