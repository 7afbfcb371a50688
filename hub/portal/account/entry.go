package account

import (
	"context"
	"crypto/rand"

	"jaliya/hub/rpc"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

// act is an entry that was made and is sent until it is answered. Sent again it
// is the same entry, which the hub answers as the first time.
type act struct {
	entry *wire.Entry
	done  bool
}

// newRecord draws a record id.
func newRecord() (id wire.RecordID) {
	_, _ = rand.Read(id[:]) // crypto/rand ends the process instead of failing
	return id
}

// seal makes an entry of the portal: its body is sealed to the hub's newest
// intake key, and nobody here can open it again.
func (a *Account) seal(ctx context.Context, h wire.Header, body any) (*wire.Entry, error) {
	const op = "account: seal entry"
	keys, err := a.o.Member.Keys(ctx)
	if err != nil {
		return nil, err
	}
	public, err := seal.ParseIntakePublic(keys.Intake.Public)
	if err != nil {
		return nil, fault.New(fault.Unavailable, op, "intake key", err)
	}
	visit, err := seal.NewVisit(public, h.Record, a.dicts)
	if err != nil {
		return nil, err
	}
	defer visit.Destroy()
	plain := wire.Marshal(body)
	defer clear(plain)
	sealed, err := visit.SealBody(plain, wire.BodyAAD(h.Record, h.Kind))
	if err != nil {
		return nil, err
	}
	h.Version, h.Source, h.Time, h.IntakeKey = wire.Version, wire.SourcePortal, a.o.Now().UnixMilli(), keys.Intake.Number
	if err := h.Validate(); err != nil {
		return nil, fault.New(fault.Internal, op, "header", err)
	}
	e, err := wire.NewEntry(h, sealed)
	return &e, err
}

// send sends an entry until it is answered; one that was is not sent again.
func (a *Account) send(ctx context.Context, one *act) error {
	if one.done {
		return nil
	}
	_, err := a.o.Member.File(ctx, rpc.Filing{Header: one.entry.Header, Body: one.entry.Body})
	one.done = err == nil
	return err
}

// deed is what a person does with a request that was filed.
type deed struct {
	kind      wire.Kind
	record    wire.RecordID // zero: one is drawn
	reference consular.Reference
	pickup    consular.PostID
	code      *consular.SlipHash
	text      string
	receipt   string
}

// deed makes the entry of a deed.
func (a *Account) deed(ctx context.Context, s *session, d deed) (*wire.Entry, error) {
	if d.record.IsZero() {
		d.record = newRecord()
	}
	owner := s.owner
	h := wire.Header{Record: d.record, Kind: d.kind, Reference: d.reference.Digits(), Pickup: d.pickup, Owner: &owner}
	if d.code != nil {
		hash := wire.Digest(*d.code)
		h.SlipHash = &hash
	}
	body := wire.RecordAct{
		Version: wire.Version, Reference: d.reference, Receipt: []byte(d.receipt), Text: d.text, At: a.o.Now().UnixMilli(),
	}
	if d.kind.OfRecord() {
		if err := body.Validate(d.kind); err != nil {
			return nil, err
		}
	}
	return a.seal(ctx, h, body)
}

// once does a deed under a name: what is done is not done again, what nobody
// answered is sent again as it was.
func (a *Account) once(ctx context.Context, s *session, name string, d deed) error {
	one := s.acts[name]
	if one == nil {
		entry, err := a.deed(ctx, s, d)
		if err != nil {
			return err
		}
		if s.acts == nil || len(s.acts) >= maxActs {
			s.acts = map[string]*act{}
		}
		one = &act{entry: entry}
		s.acts[name] = one
	}
	err := a.send(ctx, one)
	if err != nil && !uncertain(err) {
		delete(s.acts, name)
	}
	return err
}
