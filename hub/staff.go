package hub

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"jaliya/hub/ledger"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

// staffDraws is how many ids are drawn before one that is free.
const staffDraws = 32

// StaffRequest changes a post's staff. Which fields count is the action's.
type StaffRequest struct {
	Action string          `json:"action"` // add, role, reset, disable
	Post   consular.PostID `json:"post"`   // add
	Staff  string          `json:"staff"`  // all but add
	Role   string          `json:"role"`   // add and role
	Name   string          `json:"name"`   // add; reset may give it anew
}

// StaffReply says how the member of staff stands, and what the one-time sheet
// needs. The code is shown once.
type StaffReply struct {
	Staff   wire.StaffID    `json:"staff"`
	Post    consular.PostID `json:"post"`
	Role    string          `json:"role"`
	State   string          `json:"state"`
	Code    string          `json:"one_time_code,omitempty"`
	Expires time.Time       `json:"expires,omitzero"`
}

// StaffLine is one member in a list, without a name: names are sealed to posts.
type StaffLine struct {
	Staff   wire.StaffID    `json:"staff"`
	Post    consular.PostID `json:"post"`
	Role    string          `json:"role"`
	State   string          `json:"state"`
	Changed time.Time       `json:"changed"`
	Resheet bool            `json:"needs_new_sheet,omitempty"` // the post's machine was replaced since
}

// ListRequest asks for the staff of a post, of all for an empty one.
type ListRequest struct {
	Post consular.PostID `json:"post"`
}

// openStaff gets ready what changes of staff are sealed with.
func (h *Hub) openStaff() (err error) {
	h.hasher = access.NewHasher(1)
	h.dicts, err = seal.BuiltIn()
	return err
}

func staffAction(text string) (wire.StaffAction, error) {
	actions := map[string]wire.StaffAction{
		"add": wire.StaffAdd, "role": wire.StaffRole, "reset": wire.StaffReset, "disable": wire.StaffDisable,
	}
	action, ok := actions[text]
	if !ok {
		return 0, fault.New(fault.Invalid, "hub: change staff", "action", nil)
	}
	return action, nil
}

func stateText(s ledger.StaffState) string {
	if s == ledger.StaffDisabled {
		return "disabled"
	}
	return "active"
}

// changeStaff proposes a change whose content is sealed to the post's machine.
func (h *Hub) changeStaff(ctx context.Context, in StaffRequest) (StaffReply, error) {
	action, err := staffAction(in.Action)
	if err != nil {
		return StaffReply{}, err
	}
	held, err := h.staffMember(action, in)
	if err != nil {
		return StaffReply{}, err
	}
	in.Name = strings.Join(strings.Fields(in.Name), " ")
	if err := checkStaff(action, in); err != nil {
		return StaffReply{}, err
	}
	reply := StaffReply{Staff: held.ID, Post: held.Post, Role: held.Role, State: "active"}
	change := wire.StaffChange{
		Version: wire.Version, Staff: held.ID, Post: held.Post, Action: action, Revision: held.Revision + 1,
		Role: held.Role, Name: in.Name, Time: time.Now().UnixMilli(),
	}
	if in.Role != "" {
		change.Role, reply.Role = in.Role, in.Role
	}
	if action == wire.StaffAdd || action == wire.StaffReset {
		if err := h.drawCode(ctx, &change, &reply); err != nil {
			return StaffReply{}, err
		}
	}
	if action == wire.StaffDisable {
		reply.State = "disabled"
	}
	return reply, h.proposeStaff(ctx, change, held)
}

// staffMember gives the member as they are, a new one for add.
func (h *Hub) staffMember(action wire.StaffAction, in StaffRequest) (ledger.Staff, error) {
	const op = "hub: find staff"
	if action != wire.StaffAdd {
		id, err := wire.ParseStaffID(in.Staff)
		if err != nil {
			return ledger.Staff{}, err
		}
		return h.ledger.StaffMember(id)
	}
	if err := in.Post.Validate(); err != nil {
		return ledger.Staff{}, err
	}
	for range staffDraws {
		id, err := wire.NewStaffID(in.Post, rand.Reader)
		if err != nil {
			return ledger.Staff{}, err
		}
		_, err = h.ledger.StaffMember(id)
		if fault.Is(err, fault.NotFound) {
			return ledger.Staff{ID: id, Post: in.Post}, nil
		}
		if err != nil {
			return ledger.Staff{}, err
		}
	}
	return ledger.Staff{}, fault.New(fault.Full, op, "no free staff id for "+string(in.Post), nil)
}

// checkStaff wants the fields of the action, and a role that a post has.
func checkStaff(action wire.StaffAction, in StaffRequest) error {
	const op = "hub: change staff"
	switch {
	case action == wire.StaffAdd && in.Name == "":
		return fault.New(fault.Invalid, op, "name is required", nil)
	case len(in.Name) > wire.MaxStaffName || !utf8.ValidString(in.Name):
		return fault.New(fault.Invalid, op, "name is too long", nil)
	case in.Role == "" && (action == wire.StaffAdd || action == wire.StaffRole):
		return fault.New(fault.Invalid, op, "role is required", nil)
	case in.Role == "":
		return nil
	case action != wire.StaffAdd && action != wire.StaffRole:
		return fault.New(fault.Invalid, op, "role is changed by `role` only", nil)
	case !slices.Contains(access.PostRoles(), access.Role(in.Role)):
		return fault.New(fault.Invalid, op, "a post has no such role", nil)
	}
	return nil
}

// drawCode puts a fresh one-time code into the reply and its hash into the change.
func (h *Hub) drawCode(ctx context.Context, change *wire.StaffChange, reply *StaffReply) error {
	code := access.NewOneTimeCode()
	hash, err := h.hasher.Hash(ctx, code)
	if err != nil {
		return err
	}
	expires := time.UnixMilli(change.Time).Add(access.OneTimeLife)
	change.Code, change.Expires = hash, expires.UnixMilli()
	reply.Code, reply.Expires = access.GroupCode(code), expires.UTC()
	return nil
}

func (h *Hub) proposeStaff(ctx context.Context, change wire.StaffChange, held ledger.Staff) error {
	const op = "hub: change staff"
	if err := change.Validate(); err != nil {
		return err
	}
	post, err := h.ledger.Post(change.Post)
	if err != nil {
		return fault.New(fault.KindOf(err), op, "no machine of "+string(change.Post)+" has joined yet", err)
	}
	node, err := h.ledger.Node(post.Active)
	if err != nil {
		return err
	}
	to, err := seal.ParsePostPublic(node.PostKey)
	if err != nil {
		return err
	}
	plain := wire.Marshal(change)
	defer clear(plain)
	sealed, err := h.dicts.SealToPost(to, wire.StaffContext, plain, wire.StaffAAD(change.Post))
	if err != nil {
		return err
	}
	command := ledger.ChangeStaff{
		Time: change.Time, Staff: change.Staff, Post: change.Post, Node: node.ID, Action: change.Action,
		Seen: held.Revision, Sealed: sealed,
	}
	if change.Action == wire.StaffAdd || change.Action == wire.StaffRole {
		command.Role = change.Role
	}
	return h.propose(ctx, command)
}

// listStaff reads the staff of a post.
func (h *Hub) listStaff(_ context.Context, in ListRequest) ([]StaffLine, error) {
	lines := []StaffLine{}
	active := map[consular.PostID]wire.NodeID{}
	after := wire.StaffID("")
	for {
		staff, err := h.ledger.StaffOf(in.Post, after, ledger.MaxSlice)
		if err != nil {
			return nil, err
		}
		for _, s := range staff {
			after = s.ID
			if _, known := active[s.Post]; !known {
				post, err := h.ledger.Post(s.Post)
				if err != nil {
					return nil, err
				}
				active[s.Post] = post.Active
			}
			lines = append(lines, StaffLine{
				Staff: s.ID, Post: s.Post, Role: s.Role, State: stateText(s.State),
				Changed: time.UnixMilli(s.Changed).UTC(), Resheet: active[s.Post] != s.Node,
			})
		}
		if len(staff) < ledger.MaxSlice {
			return lines, nil
		}
	}
}
