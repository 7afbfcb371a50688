package cluster

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"
	"strconv"
	"time"

	"github.com/hashicorp/raft"

	"jaliya/internal/fault"
)

// A log entry is stored under its index as eight bytes, big-endian, as
//
//	offset  size  field
//	0       1     format, 1
//	1       4     CRC-32C over the eight bytes of the index and all that follows here
//	5       8     term
//	13      1     type
//	14      8     appended at, Unix nanoseconds; the least int64 for no time
//	22      4     length of data, n
//	26      n     data
//	26+n    rest  extensions
//
// with big-endian numbers. The index is part of the checksum, so that an entry
// that a disk returns under another key is noticed too (D5).
const (
	recordFormat = 1
	recordHeader = 26
	checksumFrom = 5
	noTime       = math.MinInt64

	opDecode = "cluster: decode log entry"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func indexKey(index uint64) []byte {
	return binary.BigEndian.AppendUint64(make([]byte, 0, 8), index)
}

func encodeRecord(l *raft.Log) []byte {
	b := make([]byte, checksumFrom, recordHeader+len(l.Data)+len(l.Extensions))
	b[0] = recordFormat
	b = binary.BigEndian.AppendUint64(b, l.Term)
	b = append(b, byte(l.Type))
	at := int64(noTime)
	if !l.AppendedAt.IsZero() {
		at = l.AppendedAt.UnixNano()
	}
	b = binary.BigEndian.AppendUint64(b, uint64(at)) //nolint:gosec // a bit pattern, turned back by decodeHeader
	b = binary.BigEndian.AppendUint32(b, uint32(len(l.Data)&math.MaxUint32))
	b = append(b, l.Data...)
	b = append(b, l.Extensions...)
	binary.BigEndian.PutUint32(b[1:], recordChecksum(l.Index, b))
	return b
}

func recordChecksum(index uint64, record []byte) uint32 {
	sum := crc32.Update(0, castagnoli, indexKey(index))
	return crc32.Update(sum, castagnoli, record[checksumFrom:])
}

// decodeRecord fills l from what is stored under index, copying it. It answers
// fault.Corrupt for anything that encodeRecord did not write for that index.
func decodeRecord(index uint64, b []byte, l *raft.Log) error {
	if err := checkRecord(index, b); err != nil {
		return err
	}
	*l = raft.Log{Index: index}
	l.Term = binary.BigEndian.Uint64(b[5:])
	l.Type = raft.LogType(b[13])
	if at := int64(binary.BigEndian.Uint64(b[14:])); at != noTime { //nolint:gosec // the bit pattern of encodeRecord
		l.AppendedAt = time.Unix(0, at).UTC()
	}
	n := recordHeader + int(binary.BigEndian.Uint32(b[22:]))
	// One copy for both; the capacity keeps an append to one out of the other.
	rest := append([]byte(nil), b[recordHeader:]...)
	if n > recordHeader {
		l.Data = rest[: n-recordHeader : n-recordHeader]
	}
	if len(b) > n {
		l.Extensions = rest[n-recordHeader:]
	}
	return nil
}

func checkRecord(index uint64, b []byte) error {
	var cause error
	switch {
	case len(b) < recordHeader:
		cause = errors.New("too short")
	case b[0] != recordFormat:
		cause = errors.New("unknown format " + strconv.Itoa(int(b[0])))
	case binary.BigEndian.Uint32(b[1:]) != recordChecksum(index, b):
		cause = errors.New("checksum does not match")
	case int64(binary.BigEndian.Uint32(b[22:])) > int64(len(b)-recordHeader):
		cause = errors.New("length of data beyond the record")
	default:
		return nil
	}
	return fault.New(fault.Corrupt, opDecode, subjectIndex(index), cause)
}

func subjectIndex(index uint64) string { return "index " + strconv.FormatUint(index, 10) }
