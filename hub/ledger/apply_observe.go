package ledger

import (
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// featureWatch is the level from which the state keeps what operators watch:
// reports, hourly figures, stages, needs. Below it members keep none of it, as
// members do that know no such buckets.
const featureWatch = 4

// watches tells whether every member keeps what operators watch.
func (t *tx) watches() bool { return t.cluster.Feature >= featureWatch }

// errLevel is how a command of a level above the cluster's is refused.
func errLevel() Result { return refuse(fault.Unsupported, "feature level") }

// Observe is what the leader saw of the posts since the last one, and which
// needs began and ended. It is committed once a minute even when nothing was
// heard: the gap between two of them is time without a leader.
type Observe struct {
	Time    int64         `cbor:"1,keyasint"`
	Reports []Observation `cbor:"2,keyasint,omitempty"`
	Begun   []Begun       `cbor:"3,keyasint,omitempty"`
	Ended   []string      `cbor:"4,keyasint,omitempty"` // keys of needs
}

// Observation is one post as the hub heard it.
type Observation struct {
	Post    consular.PostID `cbor:"1,keyasint"`
	Node    wire.NodeID     `cbor:"2,keyasint"`
	Heard   int64           `cbor:"3,keyasint"`           // last frame, hub's time
	Session int64           `cbor:"4,keyasint,omitempty"` // since when it is connected, 0: it is not
	RTT     int64           `cbor:"5,keyasint,omitempty"` // milliseconds
	Offset  int64           `cbor:"6,keyasint,omitempty"` // its clock minus the hub's, milliseconds
	Address string          `cbor:"7,keyasint,omitempty"` // host only
	Told    int64           `cbor:"8,keyasint,omitempty"` // when the report came, hub's time; 0: none yet
	Report  wire.Report     `cbor:"9,keyasint,omitzero"`
}

const (
	maxObservations = 256
	maxAddress      = 64
	// minuteMillis is the rhythm of Observe; two of them without one is a gap.
	minuteMillis = int64(60_000)
)

// watching is what the state remembers of its own watch.
type watching struct {
	Observed int64 `cbor:"1,keyasint"` // time of the newest Observe
	// Cases from before the level are put into the stages page by page: the last
	// one that was, and the last one to be.
	Staged  uint64 `cbor:"2,keyasint,omitempty"`
	StageTo uint64 `cbor:"3,keyasint,omitempty"`
}

func (Observe) kind() Kind { return KindObserve }

func (c Observe) when() int64 { return c.Time }

func (c Observe) apply(t *tx) (Result, error) {
	if !t.watches() {
		return errLevel(), nil
	}
	if field := c.badField(); field != "" {
		return refuse(fault.Invalid, field), nil
	}
	w, _, err := load[watching](t.w, inMeta, keyWatch)
	switch {
	case err != nil:
		return Result{}, err
	case c.Time <= w.Observed && w.Observed-c.Time < 2*minuteMillis:
		return refuse(fault.Stale, "observed later already"), nil
	}
	// An earlier time than that was said by a clock that ran ahead and was set
	// right: what is observed now counts, or nothing would until that time comes.
	for _, o := range c.Reports {
		if err := t.observe(o, w.Observed); err != nil {
			return Result{}, err
		}
	}
	if err := t.needs(c); err != nil {
		return Result{}, err
	}
	if gap := c.Time - w.Observed; w.Observed != 0 && gap > 2*minuteMillis {
		t.tally.Leaderless += gap - minuteMillis
	}
	if err := t.pruneHours(); err != nil {
		return Result{}, err
	}
	if err := t.fillStages(&w); err != nil {
		return Result{}, err
	}
	w.Observed = c.Time
	return Result{}, t.put(inMeta, keyWatch, w)
}

// NoteReports is what a member that does not lead heard of the posts that are
// connected to it. It says nothing of needs, and is no sign that somebody leads.
type NoteReports struct {
	Time    int64         `cbor:"1,keyasint"`
	Reports []Observation `cbor:"2,keyasint"`
}

func (NoteReports) kind() Kind { return KindNoteReports }

func (c NoteReports) when() int64 { return c.Time }

func (c NoteReports) apply(t *tx) (Result, error) {
	if t.cluster.Feature < featureMembers {
		return errLevel(), nil
	}
	if field := badReports(c.Reports, c.Time); field != "" {
		return refuse(fault.Invalid, field), nil
	}
	w, _, err := load[watching](t.w, inMeta, keyWatch)
	if err != nil {
		return Result{}, err
	}
	for _, o := range c.Reports {
		if err := t.observe(o, w.Observed); err != nil {
			return Result{}, err
		}
	}
	return Result{}, nil
}

// badReports names what is wrong with one of them.
func badReports(list []Observation, by int64) string {
	if len(list) > maxObservations {
		return "reports"
	}
	for _, o := range list {
		if field := o.badField(by); field != "" {
			return field
		}
	}
	return ""
}

func (c Observe) badField() string {
	if field := badReports(c.Reports, c.Time); field != "" {
		return field
	}
	if len(c.Begun) > maxNeeds || len(c.Ended) > maxNeeds {
		return "needs"
	}
	for _, b := range c.Begun {
		if !needKey(b.Key) || b.Urgency == 0 || b.Urgency > maxUrgency {
			return "need"
		}
	}
	for _, key := range c.Ended {
		if !needKey(key) {
			return "need"
		}
	}
	return ""
}

// badField names what cannot have been heard by then.
func (o Observation) badField(by int64) string {
	switch {
	case o.Post.Validate() != nil:
		return "post"
	case o.Heard <= 0 || o.Heard > by || o.Session < 0 || o.Session > o.Heard || o.Told < 0 || o.Told > by:
		return "heard"
	case o.RTT < 0 || o.RTT > maxTime || o.Offset < -maxTime || o.Offset > maxTime:
		return "clock"
	case len(o.Address) > maxAddress || !o.toldWell():
		return "report"
	}
	return ""
}

// toldWell wants a good report with the time that it came at, or neither.
func (o Observation) toldWell() bool {
	if o.Told == 0 {
		return o.Report == wire.Report{}
	}
	return o.Report.Validate() == nil
}

// observe keeps what was heard of one post, unless the machine is not the
// post's or the state knows newer. Figures that were told once stay until others
// are told.
func (t *tx) observe(o Observation, last int64) error {
	n, found, err := load[Node](t.w, inNodes, o.Node[:])
	if err != nil || !found || n.Post != o.Post || n.Revoked {
		return err
	}
	held, _, err := load[Observation](t.w, inReports, postKey(o.Post))
	if held.Heard > t.time { // said by a clock that ran ahead
		held.Heard = 0
	}
	if err != nil || o.Heard < held.Heard || held.Node != o.Node && o.Session == 0 && held.Session != 0 {
		return err
	}
	if o.Told == 0 && held.Node == o.Node {
		o.Told, o.Report = held.Told, held.Report
	}
	if err := t.put(inReports, postKey(o.Post), o); err != nil {
		return err
	}
	return t.observedHour(o, last)
}

// Described is what people said of a post: whom to call, and when it is open.
type Described struct {
	Post      consular.PostID `cbor:"1,keyasint"`
	Telephone string          `cbor:"2,keyasint,omitempty"`
	Hours     []OpenHours     `cbor:"3,keyasint,omitempty"` // empty: the usual ones of its country
	Closed    []consular.Date `cbor:"4,keyasint,omitempty"` // holidays, in the post's own zone
	Changed   int64           `cbor:"5,keyasint"`
}

// OpenHours are hours of one weekday, in minutes from midnight by the post's own
// clock. A day may have several, in order.
type OpenHours struct {
	Day  uint8  `cbor:"1,keyasint"` // 0 Sunday to 6 Saturday
	From uint16 `cbor:"2,keyasint"`
	To   uint16 `cbor:"3,keyasint"`
}

// DescribePost sets whom to call at a post and when it is open.
type DescribePost struct {
	Time      int64           `cbor:"1,keyasint"`
	Post      consular.PostID `cbor:"2,keyasint"`
	Telephone string          `cbor:"3,keyasint,omitempty"`
	Hours     []OpenHours     `cbor:"4,keyasint,omitempty"`
	Closed    []consular.Date `cbor:"5,keyasint,omitempty"`
}

const (
	maxTelephone = 32
	maxHours     = 21
	maxClosed    = 64
	dayMinutes   = 24 * 60
)

func (DescribePost) kind() Kind { return KindDescribePost }

func (c DescribePost) when() int64 { return c.Time }

func (c DescribePost) apply(t *tx) (Result, error) {
	if !t.watches() {
		return errLevel(), nil
	}
	if field := c.badField(); field != "" {
		return refuse(fault.Invalid, field), nil
	}
	return Result{}, t.put(inDescribed, postKey(c.Post), Described{
		Post: c.Post, Telephone: c.Telephone, Hours: c.Hours, Closed: c.Closed, Changed: c.Time,
	})
}

func (c DescribePost) badField() string {
	switch {
	case c.Post.Validate() != nil:
		return "post"
	case len(c.Telephone) > maxTelephone || !telephone(c.Telephone):
		return "telephone"
	case len(c.Hours) > maxHours:
		return "hours"
	case len(c.Closed) > maxClosed:
		return "closed"
	}
	for _, d := range c.Closed {
		if year, _, _ := d.Split(); year == 0 {
			return "closed"
		}
	}
	if !inOrder(c.Hours) {
		return "hours"
	}
	return ""
}

// inOrder wants hours within their days, one after another.
func inOrder(hours []OpenHours) bool {
	for i, h := range hours {
		if h.Day > 6 || h.From >= h.To || h.To > dayMinutes {
			return false
		}
		if i > 0 && (hours[i-1].Day > h.Day || hours[i-1].Day == h.Day && hours[i-1].To > h.From) {
			return false
		}
	}
	return true
}

// telephone allows digits and what people write between them.
func telephone(s string) bool {
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && c != '+' && c != ' ' && c != '-' && c != '(' && c != ')' {
			return false
		}
	}
	return true
}
