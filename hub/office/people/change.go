package people

import (
	"context"
	"crypto/rand"
	"strings"
	"time"
	"unicode/utf8"

	"jaliya/internal/access"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// draws is how many ids are drawn before one that is free.
const draws = 32

// Request changes the officers of the office. Which fields count is the action's.
type Request struct {
	Action  string `json:"action"`            // add, reset, disable
	Officer string `json:"officer,omitempty"` // all but add
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
	action, ok := map[string]wire.StaffAction{"add": wire.StaffAdd, "reset": wire.StaffReset, "disable": wire.StaffDisable}[in.Action]
	if !ok {
		return Reply{}, fault.New(fault.Invalid, "people: change", "action", nil)
	}
	in.Name = strings.Join(strings.Fields(in.Name), " ")
	if err := check(action, in); err != nil {
		return Reply{}, err
	}
	a, held, err := s.subject(action, in)
	if err != nil {
		return Reply{}, err
	}
	c := change{time: s.Now().UnixMilli(), officer: a.ID, action: action, role: string(access.RecordOfficer), seen: a.Revision}
	reply := Reply{Officer: a.ID, Name: held.Name, Role: c.role, State: "active"}
	fresh := credentials{Name: held.Name}
	if action == wire.StaffDisable {
		reply.State = "disabled"
	} else {
		code := access.NewOneTimeCode()
		expires := time.UnixMilli(c.time).Add(access.OneTimeLife)
		if fresh.Code, err = s.Hasher.Hash(ctx, code); err != nil {
			return Reply{}, err
		}
		fresh.Expires = expires.UnixMilli()
		reply.Code, reply.Expires = access.GroupCode(code), expires.UTC()
	}
	if c.sealed, err = s.box.seal(a.ID, fresh); err != nil {
		return Reply{}, err
	}
	return reply, s.apply(c)
}

// check wants the fields of the action.
func check(action wire.StaffAction, in Request) error {
	const op = "people: change"
	add := action == wire.StaffAdd
	switch {
	case add && in.Name == "":
		return fault.New(fault.Invalid, op, "name is required", nil)
	case !add && in.Name != "":
		return fault.New(fault.Invalid, op, "name is given by `add` only", nil)
	case add && in.Officer != "":
		return fault.New(fault.Invalid, op, "officer is drawn by `add`", nil)
	case len(in.Name) > wire.MaxStaffName || !utf8.ValidString(in.Name):
		return fault.New(fault.Invalid, op, "name is too long", nil)
	}
	return nil
}

// subject gives the officer as they are, a new one for add.
func (s *SignIn) subject(action wire.StaffAction, in Request) (account, credentials, error) {
	const op = "people: find"
	if action != wire.StaffAdd {
		id, err := wire.ParseStaffID(in.Officer)
		if err != nil {
			return account{}, credentials{}, err
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
			return account{}, credentials{}, err
		}
		o, _, err := s.known(id)
		if err != nil {
			return o, credentials{}, err
		}
		if o.ID == "" {
			return account{ID: id}, credentials{Name: in.Name}, nil
		}
	}
	return account{}, credentials{}, fault.New(fault.Full, op, "no free id", nil)
}

// letters begin the ids of officers; no post has them.
const letters = "REC"

// List gives the officers in the order of their ids.
func (s *SignIn) List(context.Context, struct{}) ([]Line, error) {
	held, err := s.accounts()
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
		if o.State == staffDisabled {
			line.State = "disabled"
		}
		lines = append(lines, line)
	}
	return lines, nil
}
