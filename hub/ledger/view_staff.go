package ledger

import (
	"jaliya/internal/consular"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

// StaffMember gives a member of staff, fault.NotFound when none has the id.
func (v Views) StaffMember(id wire.StaffID) (Staff, error) { return one[Staff](v, inStaff, []byte(id)) }

// StaffOf gives the staff of a post in the order of their ids, of all posts for
// an empty one, after an id and at most n.
func (v Views) StaffOf(post consular.PostID, after wire.StaffID, n int) ([]Staff, error) {
	return view(v, func(r kv.Reader) (staff []Staff, err error) {
		r.Ascend(inStaff, []byte(after), func(key, raw []byte) bool {
			var s Staff
			if s, err = decode[Staff](inStaff, key, raw); err != nil {
				return false
			}
			if s.ID != after && (post == "" || s.Post == post) {
				staff = append(staff, s)
			}
			return len(staff) < bounded(n)
		})
		return staff, err
	})
}
