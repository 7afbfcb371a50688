package ledger

import "jaliya/internal/wire"

// staff stand under their ids, at a post that has a machine.
func (a *auditor) staff() {
	a.r.Ascend(inStaff, nil, func(key, raw []byte) bool {
		s, err := decode[Staff](inStaff, key, raw)
		if !a.check(err == nil && s.ID == wire.StaffID(key) && s.Revision > 0, "staff %x does not decode", key) {
			return true
		}
		_, found, err := load[Post](a.r, inPosts, postKey(s.Post))
		a.check(err == nil && found, "staff %s is of a post without a machine", s.ID)
		return true
	})
}
