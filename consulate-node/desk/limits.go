package desk

import (
	"time"

	"jaliya/consulate-node/staff"
)

// How a limit stands.
const (
	LimitGreen = "green" // nobody has to think of it
	LimitAmber = "amber" // it comes near, or has passed and mends itself
	LimitRed   = "red"   // something is refused because of it
)

// Names of the limits of a post that works alone (design.md sections 5 and 7).
const (
	LimitStaff   = "staff"
	LimitTrust   = "trust"
	LimitWorking = "working-certificate"
	LimitDevice  = "device-certificate"
	LimitDesk    = "desk-certificate"
	LimitTables  = "tables"
	LimitSpace   = "space"
)

const (
	day = 24 * time.Hour
	// trustAmber is for how long what the hub said last stays green.
	trustAmber = 15 * day
	// deviceAmber and deskAmber are how long before their end people are told:
	// time enough to mend a link, or to carry a new invitation to the post.
	deviceAmber = staff.MostAlone
	deskAmber   = 15 * day
	// spaceAmber is how many days of room are few for a post that is alone.
	spaceAmber = 14
)

// Limit is one thing that ends while a post works alone.
type Limit struct {
	Name  string    `json:"name"`
	Level string    `json:"level"`              // green, amber, red
	Until time.Time `json:"until,omitzero"`     // none: it has no end, or none is foreseen
	Days  *int      `json:"days_left,omitzero"` // whole days, 0 on the last one and after
	Over  bool      `json:"over,omitempty"`     // the end has passed
}

// Ends are the facts that limits follow from; a zero time is a thing that is
// not there.
type Ends struct {
	Now     time.Time // best known hub time
	Heard   time.Time // last word of the hub
	Working time.Time // ends of certificates
	Device  time.Time
	Desk    time.Time
	// Secure says that the desk speaks TLS: only then its certificate counts.
	Secure bool
	Space  Room
}

// Room is how much can still be kept, and how fast it fills.
type Room struct {
	Left  uint64        // bytes
	Kept  uint64        // bytes that wait for the hub
	Since time.Duration // in which they came together
	Full  bool          // no visit can begin
}

// LimitsOf judges each limit. It reads no clock.
func LimitsOf(e Ends) []Limit {
	trust := e.Heard.Add(staff.MostAlone)
	list := []Limit{
		e.limit(LimitStaff, trust, staff.MostAlone-trustAmber),
		e.limit(LimitTrust, trust, staff.MostAlone-trustAmber),
		e.working(),
		e.limit(LimitDevice, e.Device, deviceAmber),
	}
	if e.Secure {
		list = append(list, e.limit(LimitDesk, e.Desk, deskAmber))
	}
	return append(list, Limit{Name: LimitTables, Level: LimitGreen}, e.space())
}

// limit is green until amber is left of it, and red from its end.
func (e Ends) limit(name string, until time.Time, amber time.Duration) Limit {
	left := until.Sub(e.Now)
	l := Limit{Name: name, Level: LimitGreen, Over: left <= 0}
	if !until.IsZero() {
		l.Until = until.UTC()
	}
	switch {
	case l.Over:
		l.Level = LimitRed
	case left <= amber:
		l.Level = LimitAmber
	}
	days := max(0, int(left/day))
	l.Days = &days
	return l
}

// working: a certificate that lapsed while the post was alone refuses nothing
// here, and is renewed by that of the machine; without that one nothing renews.
func (e Ends) working() Limit {
	l := e.limit(LimitWorking, e.Working, day)
	if l.Level == LimitRed && e.Device.After(e.Now) {
		l.Level = LimitAmber
	}
	return l
}

// space foresees when no visit can begin any more, from what came together since
// the first thing that waits. With less than a day of it nothing is foreseen.
func (e Ends) space() Limit {
	l := Limit{Name: LimitSpace, Level: LimitGreen}
	switch {
	case e.Space.Full:
		none := 0
		return Limit{Name: LimitSpace, Level: LimitRed, Until: e.Now.UTC(), Days: &none, Over: true}
	case e.Space.Since < day || e.Space.Kept == 0:
		return l
	}
	perDay := max(1, uint64(float64(e.Space.Kept)/(float64(e.Space.Since)/float64(day))))
	days := int(min(e.Space.Left/perDay, 3650))
	l.Days, l.Until = &days, e.Now.Add(time.Duration(days)*day).UTC()
	if days < spaceAmber {
		l.Level = LimitAmber
	}
	return l
}

// aloneLeft gives the days until the first limit ends that refuses something.
func aloneLeft(list []Limit) (days int, known bool) {
	for _, l := range list {
		if l.Days == nil || l.Name == LimitWorking || l.Name == LimitSpace {
			continue
		}
		if !known || *l.Days < days {
			days, known = *l.Days, true
		}
	}
	return days, known
}
