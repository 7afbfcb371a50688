package ledger

import (
	"bytes"

	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

// membersIn reads all members, those that were removed too: a handful.
func membersIn(r kv.Reader) (members []Member, err error) {
	r.Ascend(inMembers, nil, func(key, raw []byte) bool {
		var m Member
		if m, err = decode[Member](inMembers, key, raw); err == nil {
			members = append(members, m)
		}
		return err == nil
	})
	return members, err
}

// Members gives the members of the hub by their ids, those that were removed too.
func (v Views) Members() ([]Member, error) { return view(v, membersIn) }

// members checks that each stands under its own id and that a removed one is shut
// out.
func (a *auditor) members() {
	a.r.Ascend(inMembers, nil, func(key, raw []byte) bool {
		m, err := decode[Member](inMembers, key, raw)
		if !a.check(err == nil && bytes.Equal(key, m.ID[:]), "member %x does not decode", key) {
			return true
		}
		shut := a.r.Get(inDenied, []byte(DeniedNode(m.ID))) != nil
		return a.check(m.Removed == 0 || shut, "member %s is removed and not shut out", m.ID)
	})
	a.r.Ascend(inMemberInvites, nil, func(key, raw []byte) bool {
		_, err := decode[MemberInvitation](inMemberInvites, key, raw)
		return a.check(err == nil && len(key) == len(wire.Digest{}), "invitation of a member %x does not decode", key)
	})
}
