package wire

import (
	"crypto/sha256"
	"encoding/binary"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/seal"
)

// Caps of SPEC.md section 6, in bytes and notices.
const (
	MaxNotice       = 18432
	MaxNoticeBody   = 16384
	MaxNoticeBatch  = 229376
	MaxNoticesBatch = 256
)

// NoticeKind says what the hub tells a post. Numbers are append-only.
type NoticeKind uint8

// The kinds of notice.
const (
	NoticeCaseMoved    NoticeKind = 1 // a case that the post must know of has another state
	NoticeEntryRefused NoticeKind = 2 // an entry of the post was committed as refused
	NoticeStaff        NoticeKind = 3 // the post's staff changed: the body is a StaffChange
	NoticePouch        NoticeKind = 4 // a pouch is packed for the post: the body is a Manifest
	NoticeDocument     NoticeKind = 5 // a document was sealed for a print that the post began: the body is a Ticket, in clear
	NoticeConflict     NoticeKind = 6 // an entry of the post met another's change: the body is a Conflict, in clear
)

// Notice is one line of what the hub tells a post.
type Notice struct {
	Version   uint8           `cbor:"1,keyasint"`
	Post      consular.PostID `cbor:"2,keyasint"`
	Seq       uint64          `cbor:"3,keyasint"`
	Time      int64           `cbor:"4,keyasint"`
	Kind      NoticeKind      `cbor:"5,keyasint"`
	Reference string          `cbor:"6,keyasint,omitempty"`
	Record    RecordID        `cbor:"7,keyasint"`
	Case      uint64          `cbor:"8,keyasint,omitempty"` // version of the case
	State     uint8           `cbor:"9,keyasint,omitempty"` // workflow state
	Reason    uint16          `cbor:"10,keyasint,omitempty"`
	Index     uint64          `cbor:"11,keyasint"`
	Body      []byte          `cbor:"12,keyasint,omitempty"`
	Pickup    consular.PostID `cbor:"13,keyasint,omitempty"` // of a request: where it is to be collected now
}

// DecodeNotice reads one notice.
func DecodeNotice(raw []byte) (Notice, error) {
	const op = "wire: decode notice"
	var n Notice
	if err := Unmarshal(raw, MaxNotice, &n); err != nil {
		return Notice{}, err
	}
	if n.Version == 0 || n.Version > Version {
		return Notice{}, fault.New(fault.Unsupported, op, "version "+uitoa(uint64(n.Version)), nil)
	}
	if len(n.Body) > MaxNoticeBody {
		return Notice{}, fault.New(fault.TooLarge, op, "body", nil)
	}
	return n, nil
}

// NoticeCursor is a place in a post's notice log with the hash that proves it.
type NoticeCursor struct {
	_    struct{} `cbor:",toarray"`
	Seq  uint64
	Hash Digest
}

// NoticeGenesis gives the cursor before the first notice to a post.
func NoticeGenesis(cluster ClusterID, post consular.PostID) NoticeCursor {
	h := sha256.New()
	h.Write([]byte("jaliya/notices/1"))
	h.Write(cluster[:])
	h.Write([]byte(post))
	return NoticeCursor{Hash: Digest(h.Sum(nil))}
}

// Next gives the cursor after the notice whose bytes are raw.
func (c NoticeCursor) Next(raw []byte) NoticeCursor {
	h := sha256.New()
	h.Write([]byte("jaliya/notice/1"))
	h.Write(c.Hash[:])
	h.Write(raw)
	return NoticeCursor{Seq: c.Seq + 1, Hash: Digest(h.Sum(nil))}
}

// NoticeBatch is a contiguous run of notices, signed over its head.
type NoticeBatch struct {
	First     uint64   `cbor:"1,keyasint"`
	Prev      Digest   `cbor:"2,keyasint"`
	Notices   [][]byte `cbor:"3,keyasint"`
	Key       KeyID    `cbor:"4,keyasint"`
	Signature []byte   `cbor:"5,keyasint"`
}

// SealNotices signs the notices that follow after for a post. The caller keeps
// within the caps, which are those of a batch, by FitBatch.
func SealNotices(post consular.PostID, after NoticeCursor, notices [][]byte, by *seal.SigningKey) []byte {
	head := after
	for _, raw := range notices {
		head = head.Next(raw)
	}
	return Marshal(NoticeBatch{
		First: after.Seq + 1, Prev: after.Hash, Notices: notices, Key: by.KeyID,
		Signature: by.Sign(seal.DomainNoticeHead, noticeMessage(post, head)),
	})
}

func noticeMessage(post consular.PostID, head NoticeCursor) []byte {
	m := append([]byte(post), 0)
	m = binary.BigEndian.AppendUint64(m, head.Seq)
	return append(m, head.Hash[:]...)
}

// VerifiedNotice is a notice whose place and author are proved.
type VerifiedNotice struct {
	Raw    []byte
	Notice Notice
	At     NoticeCursor
}

// DecodeNotices reads a notice batch for a post and proves that it follows
// after; fault.Gap when it does not.
func DecodeNotices(raw []byte, post consular.PostID, after NoticeCursor, keys KeySet) ([]VerifiedNotice, error) {
	const op = "wire: decode notices"
	var b NoticeBatch
	if err := Unmarshal(raw, MaxNoticeBatch, &b); err != nil {
		return nil, err
	}
	if len(b.Notices) == 0 || len(b.Notices) > MaxNoticesBatch {
		return nil, fault.New(fault.TooLarge, op, "notices", nil)
	}
	if b.First != after.Seq+1 || b.Prev != after.Hash {
		return nil, fault.New(fault.Gap, op, string(post)+" "+uitoa(b.First), nil)
	}
	out := make([]VerifiedNotice, 0, len(b.Notices))
	for _, one := range b.Notices {
		n, err := DecodeNotice(one)
		if err != nil {
			return nil, err
		}
		after = after.Next(one)
		if n.Post != post || n.Seq != after.Seq {
			return nil, fault.New(fault.Corrupt, op, string(post)+" "+uitoa(after.Seq), nil)
		}
		out = append(out, VerifiedNotice{Raw: one, Notice: n, At: after})
	}
	said := statement{seal.DomainNoticeHead, b.Key, noticeMessage(post, after), b.Signature}
	if err := keys.verify(op, said); err != nil {
		return nil, err
	}
	return out, nil
}
