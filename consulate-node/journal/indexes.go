package journal

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

func (i Image) names(p Place) bool { return slices.Contains(i.Named, p) }

// indexes proves that nothing is indexed that no entry said. The walk over the
// chains has proved the other direction.
func (v *verifier) indexes() error {
	var records, named, waiting uint64
	err := v.each(bucketRecords, func([]byte, []byte) error {
		records++
		return nil
	})
	if err == nil && records != v.rep.Entries-v.rep.Again {
		err = errIndex
	}
	if err != nil {
		return damagedIndex(bucketRecords, err)
	}
	err = v.each(bucketImages, func(_, value []byte) error {
		i, err := decodeHeld[Image]("journal: read image", "", value)
		if err != nil {
			return err
		}
		v.rep.Images++
		named += uint64(len(i.Named))
		if !i.Stored {
			waiting += uint64(len(i.Named))
		}
		return nil
	})
	if err == nil && named != v.named {
		err = errIndex
	}
	if err != nil {
		return damagedIndex(bucketImages, err)
	}
	if err := v.unstored(waiting); err != nil {
		return damagedIndex(bucketUnstored, err)
	}
	if err := v.each(bucketRequests, v.request); err != nil {
		return err
	}
	err = v.each(bucketWaiting, func(key, _ []byte) error {
		q, err := readRequest(v.r, string(key))
		if err == nil && !q.Waits() {
			err = errIndex
		}
		return err
	})
	if err != nil {
		return damagedIndex(bucketWaiting, err)
	}
	return nil
}

func (v *verifier) unstored(want uint64) error {
	err := v.each(bucketUnstored, func(key, _ []byte) error {
		p, digest, ok := parseUnstoredKey(key)
		if !ok {
			return errKey
		}
		i, err := readImage(v.r, digest)
		if err != nil {
			return err
		}
		if i.Stored || !i.names(p) {
			return errIndex
		}
		want--
		return nil
	})
	if err == nil && want != 0 {
		return errIndex
	}
	return err
}

// request wants the entry that counts to be there and to speak of the request.
func (v *verifier) request(key, value []byte) error {
	q, err := decodeHeld[Request]("journal: read request", "", value)
	if err != nil {
		return err
	}
	v.rep.Requests++
	if q.Reference != string(key) || q.Waits() != (v.r.Get(bucketWaiting, key) != nil) {
		return errIndex
	}
	if q.Position.Seq == 0 {
		return nil
	}
	one, err := readEntry(v.r, q.Position.Incarnation, q.Position.Seq)
	if err != nil {
		return err
	}
	if one.at != q.Position || one.header.Record != q.Record || one.header.Reference != q.Reference {
		return errIndex
	}
	return nil
}

// countBundles looks for each bundle that an entry names, by its size; their
// bytes are hashed by whoever sends or scrubs them.
func countBundles(r kv.Reader, dir string, rep *Report) error {
	var failed error
	r.Ascend(bucketImages, nil, func(key, value []byte) bool {
		i, err := decodeHeld[Image]("journal: read image", hex.EncodeToString(key), value)
		if err != nil || len(key) != len(wire.Digest{}) {
			failed = damagedIndex(bucketImages, err)
			return false
		}
		if i.away() {
			rep.Away++
			return true
		}
		name := hex.EncodeToString(key)
		info, err := os.Stat(filepath.Join(dir, bundlesDir, name[:2], name))
		if err != nil || uint64(info.Size()) != i.Size { //nolint:gosec // a file size is not negative
			rep.Missing++
		}
		return true
	})
	return failed
}

func damagedIndex(bucket []byte, err error) error {
	return fault.New(fault.Corrupt, "journal: verify "+string(bucket), "", err)
}

func uitoa(n uint64) string { return strconv.FormatUint(n, 10) }
