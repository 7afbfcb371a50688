package staff

import (
	"context"
	"log/slog"

	"jaliya/consulate-node/journal"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

// farewell is what is to be said of a session that ended or was locked.
type farewell struct {
	staff       wire.StaffID
	role        string
	workstation string
	how         wire.StaffHow
}

// farewell is made with mu held and said without it.
func (s *SignIn) farewell(key sessionKey, how wire.StaffHow) farewell {
	held := s.sessions[key]
	return farewell{staff: held.Staff, role: s.members[held.Staff].Role, workstation: held.Workstation, how: how}
}

// say writes what happened already: also when the program is about to end.
func (s *SignIn) say(ctx context.Context, gone []farewell) error {
	for _, one := range gone {
		if err := unlessFatal(s.log(context.WithoutCancel(ctx), wire.KindStaffSignedOut, one)); err != nil {
			return err
		}
	}
	return nil
}

// log appends an entry that nothing else hangs on.
func (s *SignIn) log(ctx context.Context, kind wire.Kind, what farewell) error {
	return s.append(ctx, kind, what, nil)
}

// append says what happened in an entry, sealed to the hub; also runs in its
// transaction.
func (s *SignIn) append(ctx context.Context, kind wire.Kind, what farewell, also func(kv.Writer) error) error {
	draft, err := s.draft(kind, what)
	if err != nil {
		return err
	}
	draft.Also = also
	if _, err := s.o.Journal.Append(ctx, draft); err != nil {
		s.o.Logger.Warn("staff entry not written", slog.String("kind", fault.KindOf(err).String()))
		return err
	}
	return nil
}

func (s *SignIn) draft(kind wire.Kind, what farewell) (journal.Draft, error) {
	intake, err := s.o.Intake()
	if err != nil {
		return journal.Draft{}, err
	}
	record := wire.NewRecordID()
	visit, err := seal.NewVisit(intake, record, s.o.Dictionaries)
	if err != nil {
		return journal.Draft{}, err
	}
	defer visit.Destroy()
	body, err := visit.SealBody(wire.Marshal(wire.StaffEvent{
		Version: wire.Version, Staff: what.staff, Role: what.role, How: what.how, Workstation: what.workstation,
	}), wire.BodyAAD(record, kind))
	if err != nil {
		return journal.Draft{}, err
	}
	h := wire.Header{
		Record: record, Kind: kind, Post: s.o.Post, Time: s.o.Clock().UnixMilli(), IntakeKey: intake.ID,
	}
	if offset, measured := s.o.Offset(); measured {
		ms := offset.Milliseconds()
		h.Offset = &ms
	}
	return journal.Draft{Header: h, Body: body}, nil
}
