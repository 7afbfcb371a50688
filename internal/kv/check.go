package kv

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"slices"

	"jaliya/internal/fault"
)

const opCheck = "kv: check store"

// The layout of a bbolt file, version 2, in the byte order of the machine.
const (
	pageHeader  = 16 // id u64, flags u16, count u16, overflow u32
	elementSize = 16 // branch: pos u32, ksize u32, page u64; leaf: flags, pos, ksize, vsize u32
	bucketSize  = 16 // root page u64, sequence u64; an inline page follows when root is 0
	metaSize    = 64 // magic, version, page size, flags u32; root u64, seq u64; freelist, high, txid, sum u64

	flagBranch = 1
	flagLeaf   = 2
	flagBucket = 1 // on a leaf element

	metaMagic   = 0xED0CDAED
	metaVersion = 2
	maxPageSize = 1 << 16
)

var order = binary.NativeEndian

// Check walks every page that the newest valid meta page reaches and answers
// fault.Corrupt when the structure is broken: a page out of range or used
// twice, a wrong page type, keys out of order. bbolt itself meets such a file
// with a panic in a goroutine that nobody can recover, or a bus error, so Open
// calls this first; it reads the file once. Damage inside values is for the
// callers' own checksums (D5). Nobody may write meanwhile.
func Check(path string) (err error) {
	f, err := os.Open(path) //nolint:gosec // the operator's own path
	if err != nil {
		return fault.New(fault.Storage, opCheck, path, err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := checkFile(f); err != nil {
		return fault.New(fault.Corrupt, opCheck, path, err)
	}
	return nil
}

func checkFile(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	return checkPages(f, info.Size())
}

type checker struct {
	f        io.ReaderAt
	pageSize int64
	high     uint64 // pages below this number may be used
	seen     []bool
	spare    [][]byte // page buffers to use again
}

func checkPages(f io.ReaderAt, size int64) error {
	m, err := newestMeta(f)
	if err != nil {
		return err
	}
	if pages := uint64(size / m.pageSize); m.high > pages { //nolint:gosec // sizes are positive
		return fmt.Errorf("%d pages used, the file holds %d", m.high, pages)
	}
	c := &checker{f: f, pageSize: m.pageSize, high: m.high, seen: make([]bool, m.high)}
	return c.page(m.root, nil, nil)
}

type meta struct {
	pageSize         int64
	root, high, txid uint64
}

// newestMeta finds the valid meta page with the higher transaction number.
func newestMeta(f io.ReaderAt) (best meta, err error) {
	found := false
	read := func(at int64) {
		buf := make([]byte, pageHeader+metaSize)
		if _, err := f.ReadAt(buf, at); err != nil {
			return
		}
		if m, ok := parseMeta(buf[pageHeader:]); ok && (!found || m.txid > best.txid) {
			best, found = m, true
		}
	}
	read(0)
	for size := int64(1024); size <= maxPageSize; size *= 2 {
		if !found || best.pageSize == size {
			read(size)
		}
	}
	if !found {
		return meta{}, errors.New("no valid meta page")
	}
	return best, nil
}

func parseMeta(b []byte) (meta, bool) {
	sum := fnv.New64a()
	_, _ = sum.Write(b[:metaSize-8]) // a hash never fails
	m := meta{
		pageSize: int64(order.Uint32(b[8:])), root: order.Uint64(b[16:]),
		high: order.Uint64(b[40:]), txid: order.Uint64(b[48:]),
	}
	ok := order.Uint32(b) == metaMagic && order.Uint32(b[4:]) == metaVersion &&
		m.pageSize >= 1024 && m.pageSize <= maxPageSize && order.Uint64(b[metaSize-8:]) == sum.Sum64()
	return m, ok
}

// page checks one page and all below it; its keys must lie in [low, high).
func (c *checker) page(id uint64, low, high []byte) error {
	buf, err := c.load(id)
	if err != nil {
		return err
	}
	defer func() { c.spare = append(c.spare, buf) }()
	p := parsedPage{id: id, buf: buf}
	switch flags := order.Uint16(buf[8:]); flags {
	case flagBranch:
		return c.branch(p, low, high)
	case flagLeaf:
		return c.leaf(p, low, high)
	default:
		return fmt.Errorf("page %d: type %#x", id, flags)
	}
}

// load reads a page with its overflow and marks both as used.
func (c *checker) load(id uint64) ([]byte, error) {
	var head [pageHeader]byte
	if id < 2 || id >= c.high {
		return nil, fmt.Errorf("page %d: out of range", id)
	}
	if _, err := c.f.ReadAt(head[:], int64(id)*c.pageSize); err != nil { //nolint:gosec // below high
		return nil, fmt.Errorf("page %d: %w", id, err)
	}
	span := uint64(order.Uint32(head[12:])) + 1
	if order.Uint64(head[:]) != id || span > c.high-id {
		return nil, fmt.Errorf("page %d: header of page %d, %d pages long", id, order.Uint64(head[:]), span)
	}
	for i := id; i < id+span; i++ {
		if c.seen[i] {
			return nil, fmt.Errorf("page %d: used twice", i)
		}
		c.seen[i] = true
	}
	buf := c.buffer(int(span) * int(c.pageSize))                     //nolint:gosec // below high
	if _, err := c.f.ReadAt(buf, int64(id)*c.pageSize); err != nil { //nolint:gosec // below high
		return nil, fmt.Errorf("page %d: %w", id, err)
	}
	return buf, nil
}

func (c *checker) buffer(size int) []byte {
	if last := len(c.spare) - 1; last >= 0 {
		buf := c.spare[last]
		c.spare = c.spare[:last]
		return slices.Grow(buf[:0], size)[:size]
	}
	return make([]byte, size)
}

func (c *checker) branch(p parsedPage, low, high []byte) error {
	if p.count() == 0 {
		return fmt.Errorf("page %d: empty branch", p.id)
	}
	for i := range p.count() {
		key, child, err := p.branchElement(i)
		if err != nil {
			return err
		}
		if i > 0 && !inOrder(key, low, high) {
			return fmt.Errorf("page %d: key %d out of order", p.id, i)
		}
		next := high
		if i+1 < p.count() {
			if next, _, err = p.branchElement(i + 1); err != nil {
				return err
			}
		}
		if err := c.page(child, key, next); err != nil {
			return err
		}
		low = key
	}
	return nil
}

func (c *checker) leaf(p parsedPage, low, high []byte) error {
	for i := range p.count() {
		e, err := p.leafElement(i)
		if err != nil {
			return err
		}
		after := i == 0 || bytes.Compare(e.key, low) > 0
		if !after || !inOrder(e.key, low, high) {
			return fmt.Errorf("page %d: key %d out of order", p.id, i)
		}
		if e.flags&flagBucket != 0 {
			if err := c.bucket(p.id, e.value); err != nil {
				return err
			}
		}
		low = e.key
	}
	return nil
}

func (c *checker) bucket(at uint64, value []byte) error {
	if len(value) < bucketSize {
		return fmt.Errorf("page %d: bucket of %d bytes", at, len(value))
	}
	if root := order.Uint64(value); root != 0 {
		return c.page(root, nil, nil)
	}
	inline := value[bucketSize:]
	if len(inline) < pageHeader || order.Uint16(inline[8:]) != flagLeaf {
		return fmt.Errorf("page %d: inline bucket is no leaf", at)
	}
	return c.leaf(parsedPage{id: at, buf: inline}, nil, nil)
}

// inOrder reports low <= key < high; nil is no bound.
func inOrder(key, low, high []byte) bool {
	return bytes.Compare(low, key) <= 0 && (high == nil || bytes.Compare(key, high) < 0)
}
