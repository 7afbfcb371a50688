package kv

import (
	"errors"
	"time"

	"go.etcd.io/bbolt"

	"jaliya/internal/durable"
	"jaliya/internal/fault"
)

// Compaction says what giving space back achieved.
type Compaction struct {
	At     time.Time     // when it ended
	Before int64         // size of the file, bytes
	After  int64         // the same afterwards
	Took   time.Duration // writers waited that long; readers did not
}

// Compact is CompactFile for a store in use (D7). Writers wait while it copies;
// readers go on, those that began before it on the old file. A crash at any
// moment leaves the old file or the complete new one under the name. An error
// that leaves the new file in doubt latches the store; after any other the store
// works on as it was.
func (b *Bolt) Compact() (c Compaction, err error) {
	start := time.Now()
	b.writer.Lock()
	defer b.writer.Unlock()
	b.begin.RLock()
	err = b.usable(opCompact)
	old := b.db
	info, serr := b.file.Stat()
	b.begin.RUnlock()
	if err != nil {
		return c, err
	}
	if serr != nil {
		return c, fault.New(fault.Storage, opCompact, b.path, serr)
	}
	c.Before = info.Size()
	if err := b.copyLive(old); err != nil {
		return c, err
	}
	if err := b.swap(); err != nil {
		return c, b.latch(err)
	}
	b.retired.Go(func() { _ = old.Close() }) // waits for its readers; its file has no name any more
	if info, err = b.file.Stat(); err != nil {
		return c, fault.New(fault.Storage, opCompact, b.path, err)
	}
	c.After, c.At, c.Took = info.Size(), time.Now(), time.Since(start)
	return c, nil
}

// copyLive writes and proves the copy beside the file. The writer lock keeps the
// state still.
func (b *Bolt) copyLive(old *bbolt.DB) error {
	tmp := b.path + suffixCompact
	if err := removeFile(tmp); err != nil {
		return fault.New(fault.Storage, opCompact, tmp, err)
	}
	src := &Bolt{path: b.path, db: old, file: b.file}
	if err := rewriteInto(opCompact, tmp, src); err != nil {
		return errors.Join(err, removeFile(tmp))
	}
	if err := proveCopy(opCompact, tmp, src, func(Reader) error { return nil }); err != nil {
		return errors.Join(err, removeFile(tmp))
	}
	return nil
}

// swap puts the copy into the place of the file and opens it.
func (b *Bolt) swap() error {
	if err := durable.Rename(b.path+suffixCompact, b.path); err != nil {
		return fault.New(fault.Storage, opCompact, b.path, err)
	}
	if err := syncDir(b.path); err != nil {
		return err
	}
	file, err := lockFile(b.path, b.options)
	if err != nil {
		return err
	}
	db, err := openBolt(file, b.options)
	if err != nil {
		return err
	}
	b.begin.Lock()
	defer b.begin.Unlock()
	b.db, b.file = db, file
	return nil
}

// latch refuses everything from here on: which file has the name after a crash is
// not known. The file itself is sound.
func (b *Bolt) latch(err error) error {
	b.begin.Lock()
	b.latched = err
	b.begin.Unlock()
	if b.onLatch != nil {
		b.onLatch(err)
	}
	return err
}
