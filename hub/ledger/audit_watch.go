package ledger

import (
	"bytes"
	"strconv"
)

// watch: every open case stands in the stages under its own state and nothing
// else does, cases past a limit are found, refused entries wait until settled,
// and what was observed is of posts.
func (a *auditor) watch() {
	w, _, err := load[watching](a.r, inMeta, keyWatch)
	a.check(err == nil, "watch does not decode")
	if a.cluster.Feature < featureWatch {
		return
	}
	staged := 0
	a.r.Ascend(inStages, nil, func(key, value []byte) bool {
		staged++
		if !a.check(len(key) == stageKeySize && len(value) == 16, "stage %x has a bad key", key) {
			return true
		}
		c, found, err := load[Case](a.r, inCases, key[10:])
		if !a.check(found && err == nil, "stage %x leads to no case", key) {
			return true
		}
		entered, err := enteredAt(a.r, c)
		a.check(err == nil && !over(c.Flow) && bytes.Equal(key, stageKey(c, entered)), "case %d stands in another stage", c.Number)
		return true
	})
	a.open(w, staged)
	a.r.Ascend(inUnsettled, nil, func(key, _ []byte) bool {
		line, found, err := load[RefusedLine](a.r, inRefused, key)
		return a.check(err == nil && found && line.Settled == 0, "refused entry %d waits for nobody", toNumber(key))
	})
	a.observed()
}

// open counts what must stand in the stages and in the index of late cases.
func (a *auditor) open(w watching, staged int) {
	open, late := 0, 0
	a.r.Ascend(inCases, nil, func(key, raw []byte) bool {
		c, err := decode[Case](inCases, key, raw)
		if err != nil {
			return true // found by cases
		}
		if !over(c.Flow) {
			open++
		}
		if c.late() != 0 {
			late++
			a.check(a.r.Get(inLate, key) != nil, "case %d is late and not found so", c.Number)
		}
		return true
	})
	a.check(w.Staged < w.StageTo || open == staged, "%d cases are open, %d stand in the stages", open, staged)
	a.r.Ascend(inLate, nil, func(_, _ []byte) bool {
		late--
		return true
	})
	a.check(late == 0, "%d more cases are late than are found so", late)
}

// observed checks what was seen of posts, hours, needs and descriptions.
func (a *auditor) observed() {
	a.r.Ascend(inReports, nil, func(key, raw []byte) bool {
		o, err := decode[Observation](inReports, key, raw)
		return a.check(err == nil && bytes.Equal(key, postKey(o.Post)), "observation %x does not decode", key)
	})
	a.r.Ascend(inDescribed, nil, func(key, raw []byte) bool {
		d, err := decode[Described](inDescribed, key, raw)
		return a.check(err == nil && bytes.Equal(key, postKey(d.Post)), "description %x does not decode", key)
	})
	a.r.Ascend(inNeeds, nil, func(key, raw []byte) bool {
		n, err := decode[Need](inNeeds, key, raw)
		return a.check(err == nil && n.Key == string(key), "need %s does not decode", strconv.Quote(string(key)))
	})
	a.r.Ascend(inHours, nil, func(key, raw []byte) bool {
		_, err := decode[HourPoint](inHours, key, raw)
		return a.check(err == nil && len(key) == 16, "hour %x does not decode", key)
	})
	a.r.Ascend(inFigures, nil, func(key, raw []byte) bool {
		_, err := decode[Figures](inFigures, key, raw)
		return a.check(err == nil && len(key) == 8, "figures %x do not decode", key)
	})
}
