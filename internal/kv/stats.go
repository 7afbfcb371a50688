package kv

import (
	"time"

	"jaliya/internal/fault"
)

// Stats are the figures that a store shows as metrics.
type Stats struct {
	Size       int64         // of the file, bytes
	Used       int64         // up to the highest page ever used, bytes
	FreePages  int           // pages within Used that hold nothing
	FreeRatio  float64       // FreePages as a share of the pages of Used, 0 to 1; compaction is due near one half (D7)
	LastCommit time.Duration // the last commit: writing and both syncs
}

// Stats gives the figures of the moment.
func (b *Bolt) Stats() (Stats, error) {
	tx, err := b.beginView()
	if err != nil {
		return Stats{}, err
	}
	defer func() { _ = tx.Rollback() }()
	b.begin.RLock() // a compaction may replace the file
	defer b.begin.RUnlock()
	info, err := b.file.Stat()
	if err != nil {
		return Stats{}, fault.New(fault.Storage, opView, b.path, err)
	}
	bs := b.db.Stats()
	s := Stats{Size: info.Size(), Used: tx.Size(), FreePages: bs.FreePageN + bs.PendingPageN}
	if pages := s.Used / int64(b.db.Info().PageSize); pages > 0 {
		s.FreeRatio = float64(s.FreePages) / float64(pages)
	}
	s.LastCommit = b.lastCommit
	return s, nil
}
