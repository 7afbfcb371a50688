package desk

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"time"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// PositionView is a position as JSON carries it: 64-bit numbers that are not
// counts are text.
type PositionView struct {
	Node        string `json:"node"`
	Incarnation string `json:"incarnation"`
	Sequence    uint64 `json:"sequence"`
	Hash        string `json:"hash"`
}

func positionView(p wire.Position) PositionView {
	incarnation := binary.BigEndian.AppendUint64(nil, p.Incarnation)
	return PositionView{
		Node: p.Node.String(), Incarnation: hex.EncodeToString(incarnation), Sequence: p.Seq, Hash: p.Hash.String(),
	}
}

// Status is how the node stands, without anything about a person.
type Status struct {
	Post      consular.PostID `json:"post"`
	Head      PositionView    `json:"head"`
	Receipted uint64          `json:"receipted"` // last sequence under a receipt of the hub
	Unsecured uint64          `json:"unsecured"` // entries at level L1
	OldestAge int64           `json:"oldest_unsecured_seconds"`
	Drafts    int             `json:"drafts"`
	Capture   string          `json:"capture"` // "open", or the code of why no visit can begin
	Now       time.Time       `json:"now"`     // best known hub time
	Offset    *int64          `json:"clock_offset_ms,omitempty"`
	Link      *LinkStatus     `json:"link,omitempty"`
	Limits    []Limit         `json:"limits,omitempty"` // what ends while the post works alone
}

// Status tells how the node stands.
func (d *Desk) Status(ctx context.Context, p access.Principal) (Status, error) {
	const op = "desk: node status"
	if err := p.Require(access.NodeStatus); err != nil {
		return Status{}, err
	}
	if err := ctx.Err(); err != nil {
		return Status{}, fault.New(fault.Timeout, op, "", err)
	}
	s, err := d.o.Journal.State()
	if err != nil {
		return Status{}, err
	}
	ids, err := d.draftIDs()
	if err != nil {
		return Status{}, err
	}
	v := Status{
		Post: d.o.Post.ID, Head: positionView(s.Head), Receipted: s.Receipted, Unsecured: s.Head.Seq - s.Receipted,
		Drafts: len(ids), Capture: "open", Now: d.now().UTC(),
	}
	if err := d.o.CanCapture(); err != nil {
		v.Capture = fault.KindOf(err).Code()
	}
	if offset, measured := d.o.Offset(); measured {
		ms := offset.Milliseconds()
		v.Offset = &ms
	}
	if d.o.Link != nil {
		link := d.o.Link()
		v.Link = &link
	}
	if d.o.Limits != nil {
		v.Limits = d.o.Limits()
	}
	if v.Unsecured > 0 {
		v.OldestAge, err = d.oldestAge(s.Receipted)
	}
	return v, err
}

// oldestAge gives the seconds since the first entry after a sequence was made.
func (d *Desk) oldestAge(receipted uint64) (int64, error) {
	at, err := d.o.Journal.Position(receipted)
	if err != nil {
		return 0, err
	}
	entries, err := d.o.Journal.ReadAfter(at, 1)
	if err != nil || len(entries) == 0 {
		return 0, err
	}
	h, err := wire.DecodeHeader(entries[0].Header)
	if err != nil {
		return 0, err
	}
	return max(0, (d.o.Clock().UnixMilli()-h.Time)/1000), nil
}
