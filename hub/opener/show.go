package opener

import (
	"context"
	"io"

	"jaliya/hub/ledger"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

// Commit commits a command of the hub.
type Commit func(ctx context.Context, c ledger.Command) error

// Show opens a packet for an officer's eyes, after the ledger has the line that
// says who and why. Whoever gets the answer shows it and forgets it.
func (s *Sealer) Show(ctx context.Context, note ledger.NoteOpening, commit Commit) (wire.Release, error) {
	p, err := s.noted(ctx, note, commit)
	if err != nil {
		return wire.Release{}, err
	}
	defer p.destroy()
	return p.release, nil
}

// Image is one image of a packet.
type Image struct {
	MediaType string
	Data      []byte
}

// maxShown bounds an image that is shown, in bytes.
const maxShown = 12 << 20

// ShowPart opens one image of a packet, as Show.
func (s *Sealer) ShowPart(ctx context.Context, note ledger.NoteOpening, commit Commit) (Image, error) {
	const op = "opener: show image"
	p, err := s.noted(ctx, note, commit)
	if err != nil {
		return Image{}, err
	}
	defer p.destroy()
	var found Image
	err = s.each(p, func(head seal.PartHead, r io.Reader) error {
		if head.Name != note.Part {
			return nil
		}
		data, err := io.ReadAll(io.LimitReader(r, maxShown+1))
		if err == nil && len(data) > maxShown {
			err = fault.New(fault.TooLarge, op, "", nil)
		}
		found = Image{MediaType: head.MediaType, Data: data}
		return err
	})
	if err == nil && found.Data == nil {
		err = fault.New(fault.NotFound, op, "no such part", nil)
	}
	return found, err
}

func (s *Sealer) noted(ctx context.Context, note ledger.NoteOpening, commit Commit) (*packet, error) {
	if err := commit(ctx, note); err != nil {
		return nil, err
	}
	view, err := s.state.Case(consular.Reference(note.Reference))
	if err != nil {
		return nil, err
	}
	return s.packet(view.Commit)
}
