package watch

import (
	"time"

	"jaliya/internal/consular"
	"jaliya/internal/wire"
)

// Picture is how the network stood at one moment, with nothing personal in it.
type Picture struct {
	At    time.Time // of this picture, by the hub's clock
	Log   uint64    // the log position that it reflects
	Hub   Hub
	Posts []Post // all 71 of the directory, in its order
	Needs []Need // most urgent first
	// Stages are the open requests by kind and state, in the order of the
	// workflow's table.
	Stages []Stage
	// Since are the figures of the last 24 hours against the 24 before.
	Since []Change
}

// Standing is how a post stands, in one word.
type Standing uint8

// The standings, from calm to grave.
const (
	Connected Standing = iota + 1 // heard within the last minute
	Resting                       // not connected, and outside its opening hours
	Alone                         // not connected for less than the silence limit of its open hours
	Silent                        // not heard for that long while it was open
	Fenced                        // shut out until people have decided (D38)
	NotJoined                     // no machine yet
)

// Post is how one post stands.
type Post struct {
	ID       consular.PostID
	Node     string // id of the machine that serves it, empty: none
	Standing Standing
	Heard    time.Time // when the hub last heard it, zero: never
	Session  time.Time // since when it is connected, zero: it is not
	Told     time.Time // when the node made the figures below, by the hub's clock; zero: it told none yet

	Transport string        // "quic", "tcp" or "file"
	Address   string        // of the node, host only
	RTT       time.Duration // of the session, 0: not known
	Version   string        // of the node's program
	Started   time.Time     // the node's process
	Offset    time.Duration // its clock against the hub's; positive: it is ahead

	Backlog Backlog
	Disk    Disk
	Trust   Trust
	Refused int // entries of this post refused and not settled
	Open    int // requests under way that it enrolled
	Pickup  int // documents that wait there for their owners

	Telephone string // of the post, empty: not known
	OpenNow   bool   // by its opening hours
	OpensAt   time.Time
	ClosesAt  time.Time
}

// Backlog is what a post holds that is not secured nationally.
type Backlog struct {
	Entries int
	Bytes   int64
	Images  int
	ImageB  int64     // bytes of those images still to send
	Oldest  time.Time // of the oldest entry, zero: none
	Drafts  int       // visits not released yet
}

// Disk is the room at a post or a member.
type Disk struct {
	Free, Total int64  // bytes; Total 0: not known
	PerDay      int64  // bytes a day it fills by, over the last week; 0: not known or none
	FullIn      int    // days until the reserve is reached, -1: not foreseen
	Mirror      string // "none", "good" or "failed": the second disk
}

// Trust is until when a post may work by itself.
type Trust struct {
	Certificate time.Time // working certificate's end
	Device      time.Time // device certificate's end
	AloneUntil  time.Time // end of the 45 days
}

// Hub is how the hub stands.
type Hub struct {
	Members     []Member
	Leader      string        // name, empty: none
	Leaderless  time.Duration // of the last 24 hours
	Orders      []OrderLine   // open orders by kind
	Certificate []Expiry      // of the hub's own, soonest first
}

// Lagging is how many entries a member may be behind and still counts as one that
// keeps up (D15): what it said is as old as the last question, and the log goes on.
const Lagging = 1000

// Member is one member of the cluster.
type Member struct {
	Name    string
	Leading bool
	Voter   bool
	Applied uint64
	Disk    Disk
	Heard   time.Time
}

// Expiry is one certificate that ends.
type Expiry struct {
	Subject string // in the words of pki, without personal data
	Until   time.Time
}

// OrderLine counts the open orders of one kind.
type OrderLine struct {
	Kind   string // workflow.Order in words, as in metrics
	Open   int
	Failed int       // that have failed at least once
	Dead   int       // given up until a person acts
	Oldest time.Time // zero: none
}

// Stage counts the requests in one state.
type Stage struct {
	Kind      uint8 // workflow.Kind
	State     uint8 // workflow.State
	Name      string
	Count     int
	Oldest    time.Time     // when the oldest entered it
	P50, P95  time.Duration // time already spent in it
	Breaching int           // past its limit
	Today     int           // pass their limit before the end of today
}

// Change is one figure now and a day before.
type Change struct {
	Name        string // stable: "released", "secured", "issued", "handed_over", "refused", "opened", ...
	Now, Before int
}

// Point is one hour of a post's history.
type Point struct {
	Hour    time.Time
	Entries int   // backlog at its worst
	Bytes   int64 // likewise, images included
	Age     time.Duration
	Up      int // minutes connected, 0 to 60
	Secured int // entries committed in that hour
	Free    int64
	Offset  time.Duration
}

// NeedKind says what a need is about. Stable: alerts, runbooks and words are
// named for it.
type NeedKind string

// The kinds of need. Each has a runbook, deploy/runbooks/<kind>.md.
const (
	NeedSilent      NeedKind = "post-silent"
	NeedBacklog     NeedKind = "backlog-old" // an item not secured for too long
	NeedRefused     NeedKind = "entry-refused"
	NeedBreach      NeedKind = "request-breach" // requests that pass their limit today, or have
	NeedDead        NeedKind = "order-stuck"    // orders that failed too often
	NeedPouch       NeedKind = "pouch-late"
	NeedDisk        NeedKind = "disk-filling"
	NeedMirror      NeedKind = "mirror-failed"
	NeedCertificate NeedKind = "certificate-ends"
	NeedAlone       NeedKind = "alone-ends" // the 45 days of a post
	NeedClock       NeedKind = "clock-off"
	NeedFenced      NeedKind = "history-fork"
	NeedLeaderless  NeedKind = "hub-leaderless"
	NeedVersion     NeedKind = "version-old"
)

// Urgency ranks needs.
type Urgency uint8

// The urgencies, most urgent first.
const (
	Now   Urgency = iota + 1 // people are waiting or something may be lost
	Today                    // becomes so today
	Soon                     // becomes so within days
)

// Need is one thing that needs a person.
type Need struct {
	Key       string // stable while it lasts: "post-silent/FR-LYO"
	Kind      NeedKind
	Urgency   Urgency
	Post      consular.PostID // empty: of no post
	Subject   string          // a pouch label, an order id, a reference; without personal data
	Since     time.Time
	Due       time.Time // when it becomes worse, zero: not known
	Count     int       // how many things, at least 1
	Days      int       // for disk, certificate, alone; else 0. -1: a disk that is nearly full, and nobody can say when it is
	Telephone string    // whom to call first, empty: not known
	Taken     Taken     // zero: nobody has it
}

// Taken is who has a need.
type Taken struct {
	By   wire.StaffID
	Name string
	At   time.Time
	Note string // at most 200 characters, for the next shift
}

// Where gives the page of the console that a need leads to.
func (n Need) Where() string {
	switch {
	case n.Kind == NeedDead:
		return "/operate/stuck"
	case n.Kind == NeedBreach:
		return "/operate/requests"
	case n.Kind == NeedRefused:
		return "/operate/refused"
	case n.Kind == NeedFenced:
		return "/operate/posts/" + string(n.Post) + "/forks"
	case n.Post != "":
		return "/operate/posts/" + string(n.Post)
	}
	return "/operate/hub"
}
