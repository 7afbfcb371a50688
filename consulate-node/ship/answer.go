package ship

import (
	"context"
	"errors"
	"io"
	"log/slog"

	"jaliya/consulate-node/journal"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// Answered counts what an answer by hand brought.
type Answered struct {
	Receipted uint64 `json:"receipted"` // entries secured nationally that were not before
	Stored    int    `json:"stored"`    // images that the hub holds
	Notices   int    `json:"notices"`   // that were news
	// Refused is why the hub did not take all of the file, by the name of its
	// kind; empty when it did.
	Refused string `json:"refused,omitempty"`
}

const opImport = "ship: import"

// Import takes the hub's answer to a file that traveled by hand: the same
// receipts and notices that a link brings, stored in the same way, once. An
// answer that was changed, cut short, or is not for this node is refused whole.
func (s *Ship) Import(ctx context.Context, from io.ReadSeeker) (Answered, error) {
	id, err := s.cfg.Journal.Identity()
	if err != nil {
		return Answered{}, err
	}
	file, err := wire.OpenCarried(from, func(head wire.Carried) (wire.KeySet, error) {
		switch {
		case head.Direction != wire.ToNode:
			return nil, fault.New(fault.Unsupported, opImport, "a file for the hub", nil)
		case head.Cluster != id.Cluster || head.Node != id.Node:
			return nil, fault.New(fault.Denied, opImport, "an answer for another machine", nil)
		}
		return s.cfg.Keys(), nil
	})
	if err != nil {
		return Answered{}, err
	}
	before, err := s.cfg.Journal.State()
	if err != nil {
		return Answered{}, err
	}
	m := answer{Ship: s, id: id}
	if err := m.read(ctx, file); err != nil {
		return m.told, err
	}
	after, err := s.cfg.Journal.State()
	if err != nil {
		return m.told, err
	}
	m.told.Receipted, m.told.Notices = after.Receipted-before.Receipted, int(after.Notices.Seq-before.Notices.Seq) //nolint:gosec // one file
	s.cfg.Logger.Info("answer by hand taken", slog.Uint64("receipted", m.told.Receipted), slog.Int("stored", m.told.Stored), slog.Int("notices", m.told.Notices), slog.String("refused", m.told.Refused))
	return m.told, nil
}

// answer is one answer while it is read.
type answer struct {
	*Ship
	id   journal.Identity
	told Answered
}

func (m *answer) read(ctx context.Context, file *wire.CarriedFile) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		kind, payload, err := file.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = m.frame(kind, payload)
		}
		if err != nil {
			return err
		}
	}
}

func (m *answer) frame(kind wire.FrameType, payload []byte) error {
	switch kind { //nolint:exhaustive // wire lets no other through
	case wire.FrameWelcome:
		var w wire.Welcome
		if err := wire.Unmarshal(payload, len(payload), &w); err != nil {
			return err
		}
		return m.cfg.Brought(w)
	case wire.FrameStored:
		return m.stored(payload)
	case wire.FrameReceipt:
		signed, err := wire.DecodeReceipt(payload)
		if err != nil {
			return err
		}
		r, err := signed.Verify(m.cfg.Keys())
		if err != nil {
			return err
		}
		return m.cfg.Journal.StoreReceipts([]journal.Receipted{{Signed: signed, Receipt: r}})
	case wire.FrameRefusal:
		return m.refusal(payload)
	case wire.FrameNotices:
		return m.notices(payload)
	default:
		return fault.New(fault.Unsupported, opImport, "frame type", nil)
	}
}

func (m *answer) stored(payload []byte) error {
	if len(payload) != len(wire.Digest{}) {
		return fault.New(fault.Invalid, opImport, "stored", nil)
	}
	m.told.Stored++
	return m.cfg.Journal.MarkStored(wire.Digest(payload))
}

// refusal notes why, and that the hub lacks a bundle after all: the next file
// brings it again.
func (m *answer) refusal(payload []byte) error {
	var r wire.Refusal
	if err := wire.Unmarshal(payload, len(payload), &r); err != nil {
		return err
	}
	m.told.Refused = r.Kind.String()
	if r.Image == nil {
		return nil
	}
	return m.cfg.Journal.MarkMissing(*r.Image)
}

// notices stores notices from where the file begins. The link may have brought
// some of them meanwhile; what comes twice is passed over.
func (m *answer) notices(payload []byte) error {
	var b wire.NoticeBatch
	if err := wire.Unmarshal(payload, wire.MaxNoticeBatch, &b); err != nil {
		return err
	}
	if b.First == 0 {
		return fault.New(fault.Invalid, opImport, "notices", nil)
	}
	proved, err := wire.DecodeNotices(payload, m.id.Post, wire.NoticeCursor{Seq: b.First - 1, Hash: b.Prev}, m.cfg.Keys())
	if err != nil {
		return err
	}
	return m.cfg.Journal.StoreNotices(proved)
}
