package centre

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"time"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
)

// Rule is the id of the rule that chose a site (domain.md G.1 row 16). Ids are
// kept in logs and figures: they are append-only.
type Rule string

// The rules, in the order in which they are tried.
const (
	RuleOnlyOpen     Rule = "R1-only-open"     // the others are closed, down, full or just refused
	RulePreferred    Rule = "R2-preferred"     // configured for the post or its country
	RuleWeight       Rule = "R3-weight"        // by lot, in the configured shares
	RuleShorterQueue Rule = "R4-shorter-queue" // the lot's site would take Slack days longer
)

// Candidate is a site as the choice sees it.
type Candidate struct {
	Number      uint8
	Weight      uint
	Down        bool // no answer, or left alone by its breaker
	Open        bool
	ClosedUntil time.Time // when it said it opens again; zero: unknown
	PerDay      int       // cards
	Queue       int       // jobs waiting
	MaxQueue    int       // zero: no limit
}

// Request is everything that a choice depends on.
type Request struct {
	Case   uint64          // draws the lot: the same case, the same lot
	Pickup consular.PostID // where the card goes
	Avoid  uint8           // the site that refused or was left; zero: none
	Sites  []Candidate
	Prefer map[string]uint8 // by post, then by country
	Slack  int              // days
}

// Choice is a site and why.
type Choice struct {
	Site uint8
	Rule Rule
}

// Route chooses a site: the same request always gives the same choice. With no
// site to send to it is fault.Unavailable, see Reopens.
func Route(r Request) (Choice, error) {
	usable := make([]Candidate, 0, len(r.Sites))
	for _, s := range r.Sites {
		if s.usable() {
			usable = append(usable, s)
		}
	}
	slices.SortFunc(usable, func(a, b Candidate) int { return cmp.Compare(a.Number, b.Number) })
	if len(usable) > 1 {
		usable = slices.DeleteFunc(usable, func(s Candidate) bool { return s.Number == r.Avoid })
	}
	if len(usable) == 0 {
		return Choice{}, fault.New(fault.Unavailable, "centre: route", "no site is open", nil)
	}
	if len(usable) == 1 {
		return Choice{Site: usable[0].Number, Rule: RuleOnlyOpen}, nil
	}
	shortest := slices.MinFunc(usable, func(a, b Candidate) int { return cmp.Compare(a.days(), b.days()) })
	choice, chosen := r.pick(usable)
	if chosen.days() > shortest.days()+r.Slack {
		return Choice{Site: shortest.Number, Rule: RuleShorterQueue}, nil
	}
	return choice, nil
}

func (s Candidate) usable() bool {
	return s.Open && !s.Down && s.PerDay > 0 && (s.MaxQueue == 0 || s.Queue < s.MaxQueue)
}

// days is how long the queue takes, in whole days.
func (s Candidate) days() int { return s.Queue / s.PerDay }

func (r Request) pick(usable []Candidate) (Choice, Candidate) {
	for _, where := range []string{string(r.Pickup), string(r.Pickup.Country())} {
		number, named := r.Prefer[where]
		i := slices.IndexFunc(usable, func(s Candidate) bool { return s.Number == number })
		if named && i >= 0 {
			return Choice{Site: number, Rule: RulePreferred}, usable[i]
		}
	}
	s := usable[lot(r.Case, usable)]
	return Choice{Site: s.Number, Rule: RuleWeight}, s
}

// lot draws a site in the shares of the weights. It is a digest, not chance: a
// repeat of the order finds the same site.
func lot(number uint64, sites []Candidate) int {
	var total uint64
	for _, s := range sites {
		total += uint64(s.Weight)
	}
	if total == 0 {
		return 0
	}
	sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("jaliya/centre/lot/1"), number))
	at := binary.BigEndian.Uint64(sum[:]) % total
	for i, s := range sites {
		if at < uint64(s.Weight) {
			return i
		}
		at -= uint64(s.Weight)
	}
	return 0
}

// Reopens is the earliest moment at which a closed site said that it opens
// again; zero when none did.
func Reopens(sites []Candidate) time.Time {
	var at time.Time
	for _, s := range sites {
		if !s.Down && !s.Open && !s.ClosedUntil.IsZero() && (at.IsZero() || s.ClosedUntil.Before(at)) {
			at = s.ClosedUntil
		}
	}
	return at
}
