package officer

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"jaliya/hub/ledger"
	"jaliya/internal/access"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// draws is how many ids are drawn before one that is free.
const draws = 32

// Request changes the officers of the hub. Which fields count is the action's.
type Request struct {
	Action  string `json:"action"`            // add, role, reset, disable
	Officer string `json:"officer,omitempty"` // all but add
	Role    string `json:"role,omitempty"`    // add and role
	Name    string `json:"name,omitempty"`    // add
}

// Reply says how the officer stands, and what the one-time sheet needs. The
// code is shown once.
type Reply struct {
	Officer wire.StaffID `json:"officer"`
	Name    string       `json:"name"`
	Role    string       `json:"role"`
	State   string       `json:"state"`
	Code    string       `json:"one_time_code,omitempty"`
	Expires time.Time    `json:"expires,omitzero"`
}

// Line is one officer in a list.
type Line struct {
	Officer  wire.StaffID `json:"officer"`
	Name     string       `json:"name"`
	Role     string       `json:"role"`
	State    string       `json:"state"` // active, disabled
	Enrolled bool         `json:"enrolled"`
	Changed  time.Time    `json:"changed"`
}

// Change adds or changes an officer. Whoever calls has the right to: the admin
// socket's mode is the permission. Errors: Invalid names the field.
func (s *SignIn) Change(ctx context.Context, in Request) (Reply, error) {
	const op = "officer: change"
	action, ok := map[string]wire.StaffAction{
		"add": wire.StaffAdd, "role": wire.StaffRole, "reset": wire.StaffReset, "disable": wire.StaffDisable,
	}[in.Action]
	if !ok {
		return Reply{}, fault.New(fault.Invalid, op, "action", nil)
	}
	in.Name = strings.Join(strings.Fields(in.Name), " ")
	if err := check(action, in); err != nil {
		return Reply{}, err
	}
	o, held, err := s.subject(action, in)
	if err != nil {
		return Reply{}, err
	}
	c := ledger.ChangeOfficer{Time: s.Now().UnixMilli(), Officer: o.ID, Action: action, Role: in.Role, Seen: o.Revision}
	reply := Reply{Officer: o.ID, Name: held.Name, Role: o.Role, State: "active"}
	if in.Role != "" {
		reply.Role = in.Role
	}
	fresh := credentials{Name: held.Name}
	switch action {
	case wire.StaffAdd, wire.StaffReset:
		code := access.NewOneTimeCode()
		expires := time.UnixMilli(c.Time).Add(access.OneTimeLife)
		if fresh.Code, err = s.Hasher.Hash(ctx, code); err != nil {
			return Reply{}, err
		}
		fresh.Expires = expires.UnixMilli()
		reply.Code, reply.Expires = access.GroupCode(code), expires.UTC()
	case wire.StaffDisable:
		reply.State = "disabled"
	case wire.StaffRole:
	}
	if action != wire.StaffRole {
		if c.Sealed, err = s.box.seal(o.ID, fresh); err != nil {
			return Reply{}, err
		}
	}
	if _, err := s.Commit(ctx, c); err != nil {
		return Reply{}, err
	}
	return reply, nil
}

// check wants the fields of the action, and a role that the hub has.
func check(action wire.StaffAction, in Request) error {
	const op = "officer: change"
	add, role := action == wire.StaffAdd, action == wire.StaffRole
	switch {
	case add && in.Name == "":
		return fault.New(fault.Invalid, op, "name is required", nil)
	case !add && in.Name != "":
		return fault.New(fault.Invalid, op, "name is given by `add` only", nil)
	case len(in.Name) > wire.MaxStaffName || !utf8.ValidString(in.Name):
		return fault.New(fault.Invalid, op, "name is too long", nil)
	case in.Role == "" && (add || role):
		return fault.New(fault.Invalid, op, "role is required", nil)
	case in.Role != "" && !add && !role:
		return fault.New(fault.Invalid, op, "role is changed by `role` only", nil)
	case in.Role != "" && !slices.Contains(access.HubRoles(), access.Role(in.Role)):
		return fault.New(fault.Invalid, op, "the hub has no such role", nil)
	}
	return nil
}

// subject gives the officer as they are, a new one for add.
func (s *SignIn) subject(action wire.StaffAction, in Request) (ledger.Officer, credentials, error) {
	const op = "officer: find"
	if action != wire.StaffAdd {
		id, err := wire.ParseStaffID(in.Officer)
		if err != nil {
			return ledger.Officer{}, credentials{}, err
		}
		o, held, err := s.known(id)
		if err == nil && o.ID == "" {
			err = fault.New(fault.NotFound, op, string(id), nil)
		}
		return o, held, err
	}
	for range draws {
		id, err := wire.NewStaffID(letters, rand.Reader)
		if err != nil {
			return ledger.Officer{}, credentials{}, err
		}
		o, _, err := s.known(id)
		if err != nil {
			return o, credentials{}, err
		}
		if o.ID == "" {
			return ledger.Officer{ID: id}, credentials{Name: in.Name}, nil
		}
	}
	return ledger.Officer{}, credentials{}, fault.New(fault.Full, op, "no free id", nil)
}

// letters begin the ids of officers; no post has them.
const letters = "HUB"

// List gives the officers in the order of their ids.
func (s *SignIn) List(context.Context, struct{}) ([]Line, error) {
	held, err := s.State.Officers()
	if err != nil {
		return nil, err
	}
	lines := make([]Line, 0, len(held))
	for _, o := range held {
		c, err := s.box.open(o)
		if err != nil {
			return nil, err
		}
		line := Line{
			Officer: o.ID, Name: c.Name, Role: o.Role, State: "active", Enrolled: o.Enrolled, Changed: time.UnixMilli(o.Changed).UTC(),
		}
		if o.State == ledger.StaffDisabled {
			line.State = "disabled"
		}
		lines = append(lines, line)
	}
	return lines, nil
}
