package staff

import (
	"cmp"
	"context"
	"slices"
	"time"

	"jaliya/internal/access"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// Line is one member of staff as the post's administrator sees them.
type Line struct {
	Staff    wire.StaffID `json:"staff"`
	Name     string       `json:"name"`
	Role     access.Role  `json:"role"`
	State    string       `json:"state"`    // active, disabled
	Enrolled bool         `json:"enrolled"` // has set password and authenticator
	Changed  time.Time    `json:"changed"`
}

// List gives the post's staff in the order of their ids.
func (s *SignIn) List(ctx context.Context, p access.Principal) ([]Line, error) {
	if err := p.Require(access.StaffManage); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, fault.New(fault.Timeout, "staff: list", "", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	lines := make([]Line, 0, len(s.members))
	for _, m := range s.members {
		who := m.principal()
		line := Line{
			Staff: m.ID, Name: who.Name, Role: who.Role, State: "active", Enrolled: m.enrolled(),
			Changed: time.UnixMilli(m.Changed).UTC(),
		}
		if m.Disabled {
			line.State = "disabled"
		}
		lines = append(lines, line)
	}
	slices.SortFunc(lines, func(a, b Line) int { return cmp.Compare(a.Staff, b.Staff) })
	return lines, nil
}

// Name gives the display name of a member of this post's staff for its screens;
// an id that it does not know stands for itself, as a program's does.
func (s *SignIn) Name(id string) string {
	if name := s.member(wire.StaffID(id)).principal().Name; name != "" {
		return name
	}
	return id
}
