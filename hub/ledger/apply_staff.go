package ledger

import (
	"bytes"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// ChangeStaff adds a member of staff to a post, gives another role, asks them to
// enroll again, or disables them. The proposer has checked the role and has
// sealed what the post needs to the post's active machine.
type ChangeStaff struct {
	Time   int64            `cbor:"1,keyasint"`
	Staff  wire.StaffID     `cbor:"2,keyasint"`
	Post   consular.PostID  `cbor:"3,keyasint"`
	Node   wire.NodeID      `cbor:"4,keyasint"` // whose key the body is sealed to
	Action wire.StaffAction `cbor:"5,keyasint"`
	Role   string           `cbor:"6,keyasint,omitempty"` // add and role
	Seen   uint64           `cbor:"7,keyasint,omitempty"` // revision that was changed, 0 for add
	Sealed []byte           `cbor:"8,keyasint"`           // wire.StaffChange, sealed
}

// StaffState says whether a member of staff may sign in. Append-only.
type StaffState uint8

// The states.
const (
	StaffActive   StaffState = 1
	StaffDisabled StaffState = 2
)

// Staff is a member of staff as the state knows them: without a name.
type Staff struct {
	ID       wire.StaffID    `cbor:"1,keyasint"`
	Post     consular.PostID `cbor:"2,keyasint"`
	Role     string          `cbor:"3,keyasint"`
	State    StaffState      `cbor:"4,keyasint"`
	Revision uint64          `cbor:"5,keyasint"` // grows by 1 with each change
	Added    int64           `cbor:"6,keyasint"`
	Changed  int64           `cbor:"7,keyasint"`
	Node     wire.NodeID     `cbor:"8,keyasint"` // which machine was sent the newest one-time code
	Sealed   []byte          `cbor:"9,keyasint"` // newest change
}

func (ChangeStaff) kind() Kind { return KindChangeStaff }

func (c ChangeStaff) when() int64 { return c.Time }

func (c ChangeStaff) apply(t *tx) (Result, error) {
	if field := c.badField(); field != "" {
		return refuse(fault.Invalid, field), nil
	}
	post, found, err := load[Post](t.w, inPosts, postKey(c.Post))
	if err != nil {
		return Result{}, err
	}
	if !found {
		return refuse(fault.NotFound, "the post has no machine"), nil
	}
	held, known, err := load[Staff](t.w, inStaff, []byte(c.Staff))
	if err != nil {
		return Result{}, err
	}
	if known && held.Post == c.Post && bytes.Equal(held.Sealed, c.Sealed) {
		return Result{Version: held.Revision}, nil // a retry
	}
	if post.Active != c.Node {
		return refuse(fault.Conflict, "another machine is the post's"), nil
	}
	if r, refused := c.refusal(held, known); refused {
		return r, nil
	}
	return c.change(t, held)
}

func (c ChangeStaff) badField() string {
	switch {
	case c.Staff.Validate() != nil:
		return "staff"
	case c.Post.Validate() != nil:
		return "post"
	case c.Node.IsZero():
		return "node"
	case !c.Action.Known():
		return "action"
	case (c.Role == "") == (c.Action == wire.StaffAdd || c.Action == wire.StaffRole) || !roleText(c.Role):
		return "role"
	case len(c.Sealed) == 0 || len(c.Sealed) > wire.MaxStaffSealed:
		return "sealed"
	}
	return ""
}

// roleText keeps the role a short word; which words are roles is the proposer's
// to know.
func roleText(role string) bool {
	for i := range len(role) {
		if c := role[i]; (c < 'a' || c > 'z') && c != '-' {
			return false
		}
	}
	return len(role) <= wire.MaxStaffRole
}

func (c ChangeStaff) refusal(held Staff, known bool) (Result, bool) {
	switch {
	case c.Action == wire.StaffAdd && known:
		return refuse(fault.Exists, "staff id"), true
	case c.Action == wire.StaffAdd && c.Seen != 0:
		return refuse(fault.Invalid, "seen"), true
	case c.Action == wire.StaffAdd:
		return Result{}, false
	case !known:
		return refuse(fault.NotFound, "staff id"), true
	case held.Post != c.Post:
		return refuse(fault.Denied, "staff of another post"), true
	case held.Revision != c.Seen:
		return refuse(fault.Conflict, "another revision"), true
	case c.Action == wire.StaffRole && held.State == StaffDisabled:
		return refuse(fault.Denied, "disabled"), true
	}
	return Result{}, false
}

// change stores the member of staff and tells the post.
func (c ChangeStaff) change(t *tx, s Staff) (Result, error) {
	if c.Action == wire.StaffAdd {
		s = Staff{ID: c.Staff, Post: c.Post, Added: c.Time}
	}
	if c.Role != "" {
		s.Role = c.Role
	}
	s.State = StaffActive
	if c.Action == wire.StaffDisable {
		s.State = StaffDisabled
	}
	s.Revision++
	s.Changed, s.Sealed = c.Time, c.Sealed
	if c.Action == wire.StaffAdd || c.Action == wire.StaffReset {
		s.Node = c.Node
	}
	if err := t.put(inStaff, []byte(c.Staff), s); err != nil {
		return Result{}, err
	}
	return Result{Version: s.Revision}, t.tell(c.Post, wire.Notice{Kind: wire.NoticeStaff, Body: c.Sealed})
}
