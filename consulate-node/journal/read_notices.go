package journal

import (
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

// NoticesAfter gives the stored notices that follow a sequence, in order, at most
// limit. They were verified when they came.
func NoticesAfter(r kv.Reader, seq uint64, limit int) ([]wire.Notice, error) {
	const op = "journal: read notices"
	var out []wire.Notice
	var failed error
	r.Ascend(bucketNotices, noticeKey(seq+1), func(_, raw []byte) bool {
		if len(out) >= limit {
			return false
		}
		n, err := wire.DecodeNotice(raw)
		if err != nil || n.Seq <= seq {
			failed = fault.New(fault.Corrupt, op, uitoa(seq+1), err)
			return false
		}
		seq = n.Seq
		out = append(out, n)
		return true
	})
	return out, failed
}

// NoticesAfter gives stored notices (see the function NoticesAfter).
func (j *Journal) NoticesAfter(seq uint64, limit int) ([]wire.Notice, error) {
	return view(j, func(r kv.Reader) ([]wire.Notice, error) { return NoticesAfter(r, seq, limit) })
}
