package workflow

import "time"

// Stay is a state of a case and the moment at which it was entered.
type Stay struct {
	State State
	At    time.Time
}

// Promise is the date said to a person, and why it is another than the first
// one. Without a calendar of working days it counts days and never names one
// at the end of a week: 35 for a card (25 working days), 14 for a record (10).
type Promise struct {
	First, Now time.Time
	Moved      Status // the status in which the time was lost; none: it did not move
}

// PromiseOf gives the promise of a case from its stays, oldest first, as it is
// at now. Time in which others wait for the person, or a bag is lost, is added:
// the date moves while they last.
func PromiseOf(kind Kind, stays []Stay, now time.Time) Promise {
	if len(stays) == 0 {
		return Promise{}
	}
	days := 35
	if kind == KindRecord {
		days = 14
	}
	var lost time.Duration
	p := Promise{First: working(stays[0].At.AddDate(0, 0, days))}
	for i, stay := range stays {
		until := now
		if i+1 < len(stays) {
			until = stays[i+1].At
		}
		status, least := losesTime(stay.State)
		if status == StatusNone || until.Before(stay.At) {
			continue
		}
		spent := until.Sub(stay.At)
		if i+1 == len(stays) { // it goes on, and will take as long as that at least
			spent = max(spent, least)
		}
		lost += spent
		p.Moved = status
	}
	p.Now = working(stays[0].At.AddDate(0, 0, days).Add(lost))
	if p.Now.Sub(p.First) < 24*time.Hour { // it is the same day
		p.Now, p.Moved = p.First, StatusNone
	}
	return p
}

// losesTime gives the status to name where the promised date waits while a case
// is in a state, and how long that takes at least. An inquiry that the public may
// not know of never counts.
func losesTime(s State) (named Status, least time.Duration) {
	switch s { //nolint:exhaustive // in the others the clock of the promise runs
	case Supplement, SupplementUntold, Recapture, IdentityQuery, QueryTold:
		return StatusAction, 0
	case AwaitingPayment:
		return StatusSubmitted, 0
	case PouchIncident, Discrepancy:
		return StatusOnItsWay, 7 * 24 * time.Hour // the inquiry's five working days
	case Transfer:
		return StatusOnItsWay, 0
	}
	return StatusNone, 0
}

// working moves a day at the end of a week to the next one that is none, for
// the hosts of Friday and those of Sunday alike.
func working(t time.Time) time.Time {
	for t.Weekday() == time.Friday || t.Weekday() == time.Saturday || t.Weekday() == time.Sunday {
		t = t.AddDate(0, 0, 1)
	}
	return t
}
