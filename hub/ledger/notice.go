package ledger

import (
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// tell appends a notice to a post's log. The log is chained; the hub signs its
// head when it sends, so apply needs no key.
func (t *tx) tell(post consular.PostID, n wire.Notice) error {
	head, err := t.head(post)
	if err != nil {
		return err
	}
	n.Version, n.Post, n.Seq = wire.Version, post, head.Seq+1
	n.Time, n.Index = t.time, t.index
	raw := wire.Marshal(n)
	head = head.Next(raw)
	// The hash after the notice stands before it, so that a log can be read and
	// proved from any cursor.
	if err := t.putRaw(inNotices, noticeKey(post, n.Seq), append(head.Hash[:], raw...)); err != nil {
		return err
	}
	return t.put(inHeads, postKey(post), head)
}

// splitNotice gives the hash after a stored notice and its bytes.
func splitNotice(value []byte) (wire.Digest, []byte, error) {
	if len(value) < len(wire.Digest{}) {
		return wire.Digest{}, nil, fault.New(fault.Corrupt, "ledger: read notices", "", nil)
	}
	return wire.Digest(value[:32]), value[32:], nil
}

func (t *tx) head(post consular.PostID) (wire.NoticeCursor, error) {
	return headOf(t.w, t.cluster.ID, post)
}

func headOf(r reader, cluster wire.ClusterID, post consular.PostID) (wire.NoticeCursor, error) {
	head, found, err := load[wire.NoticeCursor](r, inHeads, postKey(post))
	if !found {
		head = wire.NoticeGenesis(cluster, post)
	}
	return head, err
}
