package desk

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"os"
	"slices"
	"time"

	"jaliya/consulate-node/journal"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/seal"
	"jaliya/internal/web"
	"jaliya/internal/wire"
)

// Steps of a release, as DESIGN.md lists what a crash after each leaves.
const (
	stepChecked   = "checked"   // nothing written
	stepBundle    = "bundle"    // sealed images on disk, named by nothing
	stepSealed    = "sealed"    // the body sealed, in memory
	stepCommitted = "committed" // the entry is there and the draft's key is gone
	stepForgotten = "forgotten" // the draft's files are gone
)

// Released is what the person is told, and what the slip shows.
type Released struct {
	Visit     wire.RecordID
	Reference consular.Reference
	// SlipCode is empty once it has been handed over or slipLife is past.
	SlipCode consular.SlipCode
	Token    string // of the slip's QR code, likewise; none on a slip whose code was kept
	Level    journal.Level
	Position wire.Position
	At       time.Time // wall clock of the desk
	Repeated bool      // the release was done before
	Amended  bool      // it replaced a packet that was released before
}

// Release seals a visit for the hub, appends its entry and destroys the draft,
// in that order and once: asked again, it gives the same answer. The caller is
// the second person and accepts what the review puts to the attention. Errors:
// Denied with CodeFourEyes for who captured; Conflict with CodeVersionConflict
// when the review is not of the newest version, with CodeAmendDecided or
// CodeAmendElsewhere for an amendment that came too late; Invalid with CodeIncomplete and
// all violations; Unavailable with CodeNoIntakeKey; Full, nothing changed;
// Storage, the outcome is unknown and the process leaves (D3).
func (d *Desk) Release(ctx context.Context, p access.Principal, visit wire.RecordID, version uint64) (Released, error) {
	const op = "desk: release visit"
	if err := p.Require(access.VisitRelease); err != nil {
		return Released{}, err
	}
	if err := ctx.Err(); err != nil {
		return Released{}, fault.New(fault.Timeout, op, "", err)
	}
	defer d.lock(visit)()
	o, err := d.load(visit)
	if web.Has(err, web.CodeReleased) {
		return d.released(visit, true)
	}
	if err != nil {
		return Released{}, err
	}
	defer o.close()
	defer d.oneByOne(o)()
	review, err := d.checkRelease(p, o, version)
	if err != nil {
		return Released{}, err
	}
	if err := d.step(stepChecked); err != nil {
		return Released{}, err
	}
	if err := d.seal(ctx, p, o, &review); err != nil {
		return Released{}, err
	}
	if err := d.step(stepCommitted); err != nil {
		return Released{}, err
	}
	d.removeDraft(visit)
	if err := d.step(stepForgotten); err != nil {
		return Released{}, err
	}
	return d.released(visit, false)
}

func (d *Desk) checkRelease(p access.Principal, o *open, version uint64) (Review, error) {
	const op = "desk: release visit"
	if slices.Contains(o.Editors, p.ID) {
		return Review{}, fault.New(fault.Denied, op, o.id.String(), web.CodeFourEyes.Cause())
	}
	if version != o.Version {
		return Review{}, conflict(op, o)
	}
	if err := d.releasedBefore(o.id); err != nil {
		return Review{}, err
	}
	if err := d.replaceable(o.Amends); err != nil {
		return Review{}, err
	}
	review := d.assess(o)
	if !review.Ready {
		return Review{}, fault.New(fault.Invalid, op, o.id.String(),
			web.CodedError{Code: web.CodeIncomplete, Version: o.Version, Violations: review.Violations})
	}
	return review, nil
}

// seal makes everything that the entry names, and appends it.
func (d *Desk) seal(ctx context.Context, p access.Principal, o *open, review *Review) error {
	const op = "desk: seal visit"
	intake, err := d.o.Intake()
	if err != nil {
		return fault.New(fault.Unavailable, op, "", errors.Join(web.CodeNoIntakeKey.Cause(), err))
	}
	visit, err := seal.NewVisit(intake, o.id, d.o.Dictionaries)
	if err != nil {
		return err
	}
	defer visit.Destroy()
	draft := journal.Draft{Header: wire.Header{IntakeKey: intake.ID}}
	info, err := d.bundle(o, visit)
	if err != nil {
		return err
	}
	if info.Size > 0 {
		draft.Header.Images = []wire.Image{{Digest: info.Address, Size: uint64(info.Size)}}
		draft.Images = []journal.ImageFile{{ChunkSize: uint32(info.ChunkSize), Chunks: slices.Concat(chunkDigests(info)...)}} //nolint:gosec // a constant
	}
	if err := d.step(stepBundle); err != nil {
		return err
	}
	body, err := review.release(wire.PartsOf(info.Parts), p.ID, o)
	if err != nil {
		return err
	}
	plain := wire.Marshal(body)
	defer clear(plain)
	if draft.Body, err = visit.SealBody(plain, wire.BodyAAD(o.id, o.kind())); err != nil {
		return err
	}
	if err := d.step(stepSealed); err != nil {
		return err
	}
	return d.commit(ctx, o, review, draft)
}

func chunkDigests(info seal.BundleInfo) [][]byte {
	out := make([][]byte, len(info.ChunkDigests))
	for i := range info.ChunkDigests {
		out[i] = info.ChunkDigests[i][:]
	}
	return out
}

// bundle seals all images into one file, comparing each with what was
// announced. A visit without images has no bundle.
func (d *Desk) bundle(o *open, visit *seal.Visit) (info seal.BundleInfo, err error) {
	if len(o.images) == 0 {
		return info, nil
	}
	_, err = d.o.Journal.WriteBundle(func(w io.Writer) (wire.Digest, error) {
		b, err := visit.BundleWriter(w)
		if err != nil {
			return wire.Digest{}, err
		}
		for _, name := range o.names() {
			if err := d.addPart(b, o, name); err != nil {
				return wire.Digest{}, err
			}
		}
		info, err = b.Finish()
		return info.Address, err
	})
	return info, err
}

func (d *Desk) addPart(b *seal.BundleWriter, o *open, name string) error {
	const op = "desk: seal image"
	m := o.images[name]
	file, err := d.openImage(o, name, os.O_RDONLY)
	if err != nil {
		return err
	}
	part, err := b.Add(name, m.MediaType, &reader{file: file})
	if err = errors.Join(err, file.f.Close()); err != nil {
		return err
	}
	if part.Size != m.Size || wire.Digest(part.Digest) != m.Digest {
		return fault.New(fault.Corrupt, op, o.id.String(), nil)
	}
	return nil
}

// commit draws reference and slip code and appends the entry; the same
// transaction ends the draft and keeps the slip code, sealed, for a while.
func (d *Desk) commit(ctx context.Context, o *open, review *Review, draft journal.Draft) error {
	reference, code, err := o.slip()
	if err != nil {
		return err
	}
	hash := wire.Digest(code.Hash(reference))
	now := d.o.Clock()
	h := &draft.Header
	h.Record, h.Kind, h.Reference, h.SlipHash = o.id, o.kind(), reference.Digits(), &hash
	if o.Amends != nil {
		h.Replaces, h.Seen = &o.Amends.Replaces, o.Amends.Seen
	}
	h.Service, h.Post, h.Pickup = uint8(review.Service), d.o.Post.ID, review.Pickup
	h.Time = now.UnixMilli()
	if offset, measured := d.o.Offset(); measured {
		ms := offset.Milliseconds()
		h.Offset = &ms
	}
	token, err := o.token(h)
	if err != nil {
		return err
	}
	sealed, err := d.sealSlip(o.id, slip{Code: string(code), Token: token, Until: now.Add(slipLife).UnixMilli()})
	if err != nil {
		return err
	}
	topic := d.topic(review)
	draft.Also = func(w kv.Writer) error {
		if err := keepTopic(w, topic, h.Reference); err != nil {
			return err
		}
		if err := w.Put(bucketSlips, o.id[:], sealed); err != nil {
			return err
		}
		if o.Amends != nil { // the slip before is not to be printed again
			if err := w.Delete(bucketSlips, o.Amends.Replaces[:]); err != nil {
				return err
			}
		}
		return forget(w, o.id)
	}
	_, err = d.o.Journal.Append(ctx, draft)
	if fault.Is(err, fault.Exists) { // it came back from the hub meanwhile
		return d.releasedBefore(o.id)
	}
	return err
}

// kind is that of the entry which a draft becomes.
func (o *open) kind() wire.Kind {
	if o.Amends != nil {
		return wire.KindRequestAmended
	}
	return wire.KindRequestReleased
}

// slip gives the reference and the code of the person's slip: drawn for a new
// request, kept for an amended one, of which only a lost slip gets a new code.
func (o *open) slip() (consular.Reference, consular.SlipCode, error) {
	if o.Amends != nil && o.Amends.SlipCode != "" {
		return consular.Reference(o.Amends.Reference), consular.SlipCode(o.Amends.SlipCode), nil
	}
	code, err := consular.NewSlipCode(rand.Reader)
	if err != nil || o.Amends != nil {
		return consular.Reference(o.amended()), code, err
	}
	reference, err := consular.NewReference(rand.Reader)
	return reference, code, err
}

// token draws the token of the slip's QR code, puts its digest into the header
// and gives its text. A slip that goes on being good keeps the one it has, which
// nobody here knows.
func (o *open) token(h *wire.Header) (string, error) {
	if o.Amends != nil && o.Amends.SlipCode != "" {
		return "", nil
	}
	token, err := consular.NewFollowToken(rand.Reader)
	if err != nil {
		return "", fault.New(fault.Internal, "desk: draw token", "", err)
	}
	digest := wire.Digest(token.Digest())
	h.Token = &digest
	return token.Text(), nil
}

func (o *open) amended() string {
	if o.Amends == nil {
		return ""
	}
	return o.Amends.Reference
}

// released gives the answer of a release out of the journal, so that the first
// answer and every later one are made of the same things.
func (d *Desk) released(visit wire.RecordID, repeated bool) (Released, error) {
	h, err := d.o.Journal.ByRecord(visit)
	if err != nil {
		return Released{}, err
	}
	q, err := d.o.Journal.Request(h.Reference)
	if err != nil {
		return Released{}, err
	}
	held, err := d.openSlip(visit)
	if err != nil {
		return Released{}, err
	}
	return Released{
		Visit: visit, Reference: consular.Reference(h.Reference), SlipCode: consular.SlipCode(held.Code), Token: held.Token,
		Level:    q.Level,
		Position: q.Position, At: time.UnixMilli(h.Time).UTC(), Repeated: repeated,
		Amended: h.Kind == wire.KindRequestAmended,
	}, nil
}
