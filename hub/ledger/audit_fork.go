package ledger

// forks: evidence and decisions stand under their numbers without a gap, each
// decision is of a node, and only of a fork that people let go on does a node wait
// for its new incarnation.
func (a *auditor) forks() {
	c, _, err := load[counts](a.r, inMeta, keyCounts)
	a.check(err == nil, "counts do not decode")
	lines, decided := a.evidence(), a.settlements()
	a.check(lines == c.Quarantine && decided == c.Settlements, "%d lines of evidence, %d decisions; numbered %d and %d",
		lines, decided, c.Quarantine, c.Settlements)
	a.r.Ascend(inNodes, nil, func(key, raw []byte) bool {
		n, err := decode[Node](inNodes, key, raw)
		if err != nil || n.Settled == 0 {
			return true
		}
		made, err := settlements(a.r, n.ID, 1)
		waits := err == nil && len(made) == 1 && made[0].Choice == ForkGoOn && made[0].Next == 0 && made[0].Incarnation == n.Settled
		return a.check(waits && !n.Fenced && !n.Revoked, "node %s goes on without a decision", n.ID)
	})
}

func (a *auditor) evidence() (lines uint64) {
	a.r.Ascend(inQuarantine, nil, func(key, raw []byte) bool {
		lines++
		q, err := decode[Quarantined](inQuarantine, key, raw)
		return a.check(err == nil && q.Number == toNumber(key) && q.Number == lines, "evidence %x does not decode", key)
	})
	return lines
}

func (a *auditor) settlements() (decided uint64) {
	a.r.Ascend(inSettlements, nil, func(key, raw []byte) bool {
		decided++
		s, err := decode[Settlement](inSettlements, key, raw)
		if !a.check(err == nil && s.Number == toNumber(key) && s.Number == decided, "settlement %x does not decode", key) {
			return true
		}
		n, found, err := load[Node](a.r, inNodes, s.Node[:])
		a.check(err == nil && found && n.Post == s.Post && s.Number > 0, "settlement %d is of no node", s.Number)
		return true
	})
	return decided
}
