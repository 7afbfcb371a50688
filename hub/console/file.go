package console

import (
	"context"
	"slices"
	"time"

	"jaliya/hub/ledger"
	"jaliya/hub/opener"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/web"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// why is the reason of every opening at this desk; it has no other.
const why = "verification"

// File is the whole of a case that waits: its packet, who read it before, and
// what was decided before.
type File struct {
	Waiting

	Release  wire.Release `json:"release"`
	Openings []Reading    `json:"openings"` // before this one, newest first
	Deeds    []Deed       `json:"decisions"`
	Offers   []string     `json:"offers"` // decisions that are open
}

// Reading is one earlier opening of the packet.
type Reading struct {
	By   string    `json:"by"`
	Why  string    `json:"why"`
	Part string    `json:"part,omitempty"`
	At   time.Time `json:"at"`
}

// Deed is an earlier decision of an officer.
type Deed struct {
	By     string                 `json:"by"`
	Event  workflow.Event         `json:"-"`
	Name   string                 `json:"event"`
	Reason consular.RefusalReason `json:"reason,omitempty"`
	At     time.Time              `json:"at"`
}

// File opens the packet of a case that waits, after the line that says so is
// committed. Errors: NotFound when no such case waits.
func (c *Console) File(ctx context.Context, who access.Principal, ref consular.Reference) (File, error) {
	if err := who.Require(access.CaseVerify); err != nil {
		return File{}, err
	}
	w, err := c.find(ref)
	if err != nil {
		return File{}, err
	}
	f := File{Waiting: w, Offers: Decisions()}
	if w.once {
		f.Offers = slices.DeleteFunc(f.Offers, func(d string) bool { return d == DecideSupplement })
	}
	if f.Openings, err = c.readings(w.number); err != nil {
		return File{}, err
	}
	if f.Deeds, err = c.deeds(w.number); err != nil {
		return File{}, err
	}
	f.Release, err = c.Opener.Show(ctx, c.note(who, ref, ""), c.noted(who))
	return f, err
}

func (c *Console) note(who access.Principal, ref consular.Reference, part string) ledger.NoteOpening {
	return ledger.NoteOpening{Time: c.Now().UnixMilli(), Reference: ref.Digits(), By: who.ID, Why: why, Part: part}
}

func (c *Console) noted(who access.Principal) opener.Commit {
	commit := c.as(who, 0)
	return func(ctx context.Context, command ledger.Command) error {
		_, err := commit(ctx, command)
		return err
	}
}

func (c *Console) readings(number uint64) ([]Reading, error) {
	lines, err := c.State.OpeningsOf(number, maxHistory)
	list := make([]Reading, 0, len(lines))
	for _, o := range lines {
		list = append(list, Reading{By: o.By, Why: o.Why, Part: o.Part, At: time.UnixMilli(o.Time).UTC()})
	}
	return list, err
}

func (c *Console) deeds(number uint64) ([]Deed, error) {
	lines, err := c.State.DeedsOn(number, maxHistory)
	list := make([]Deed, 0, len(lines))
	for _, d := range lines {
		event := workflow.Event(d.Event)
		if d.Act == ledger.KindOpenPouch {
			event = workflow.PouchStarted
		}
		list = append(list, Deed{
			By: string(d.Officer), Event: event, Name: event.String(), At: time.UnixMilli(d.Time).UTC(),
			Reason: consular.RefusalReason(d.Reason), //nolint:gosec // set from one
		})
	}
	return list, err
}

// Shown lists the media types that a browser shows safely; a print is a format
// of its own.
func shown(media string) bool {
	return media == "image/jpeg" || media == "image/png" || media == "application/pdf"
}

// maxPart is the cap of a part's name, in bytes.
const maxPart = 64

// Image opens one image of the packet of a case that waits, as File. Errors:
// NotFound, Unsupported for what no browser shows.
func (c *Console) Image(ctx context.Context, who access.Principal, ref consular.Reference, part string) (opener.Image, error) {
	if err := who.Require(access.CaseVerify); err != nil {
		return opener.Image{}, err
	}
	if part == "" || len(part) > maxPart {
		return opener.Image{}, fault.New(fault.NotFound, "console: show image", "no such part", nil)
	}
	if _, err := c.find(ref); err != nil {
		return opener.Image{}, err
	}
	image, err := c.Opener.ShowPart(ctx, c.note(who, ref, part), c.noted(who))
	if err == nil && !shown(image.MediaType) {
		err = fault.New(fault.Unsupported, "console: show image", "", web.CodeMediaType.Cause())
	}
	if err != nil {
		clear(image.Data)
		return opener.Image{}, err
	}
	return image, nil
}
