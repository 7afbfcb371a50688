package localnet

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"jaliya/internal/fault"
)

// The book of those who wait for a card outlives a day, for a slip cannot be had
// again: who was enrolled yesterday collects today.

func (d *day) bookFile() string { return filepath.Join(d.net.dir, "waiting.json") }

func (d *day) readBook() error {
	const op = "localnet: read who waits for a card"
	raw, err := os.ReadFile(d.bookFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fault.New(fault.Storage, op, d.bookFile(), err)
	}
	if err := json.Unmarshal(raw, &d.book); err != nil {
		return fault.New(fault.Corrupt, op, d.bookFile(), err)
	}
	return nil
}

// writeBook keeps the book as it now is; what does not succeed is said.
func (d *day) writeBook() {
	d.filing.Lock()
	defer d.filing.Unlock()
	if err := d.putBook(); err != nil {
		d.sorry("keeping who waits for a card", err)
	}
}

func (d *day) putBook() error {
	d.mu.Lock()
	raw, err := json.Marshal(d.book)
	d.mu.Unlock()
	if err != nil {
		return fault.New(fault.Internal, "localnet: write who waits for a card", "", err)
	}
	return write(d.bookFile(), string(raw))
}
