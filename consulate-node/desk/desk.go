package desk

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"jaliya/consulate-node/journal"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

// Options says what a desk works with. All are needed but those marked.
type Options struct {
	Dir          string // the node's data directory; "drafts" below it is the desk's
	Journal      *journal.Journal
	DataKey      *seal.DataKey
	Intake       func() (seal.IntakePublic, error) // newest intake key of the hub
	Trusted      func() (wire.KeySet, error)       // keys that may sign receipts
	Dictionaries *seal.Dictionaries
	Post         consular.Post
	Directory    *consular.Directory
	Tables       Tables // optional: those that ship with the program
	Clock        func() time.Time
	Offset       func() (time.Duration, bool) // best known hub time minus Clock; false when never measured
	CanCapture   func() error                 // fault.Full while space is short (D8)
	Link         func() LinkStatus            // optional
	// Queue gives the first entries that wait for the hub, with their images;
	// optional.
	Queue  func(limit int) ([]QueueItem, error)
	Logger *slog.Logger
}

// Tables are the dated tables that judge a visit.
type Tables struct {
	Fees      *consular.FeeSchedule
	Ladder    *consular.Ladder
	Documents *consular.DocumentList
}

// LinkStatus is how the link to the hub stands, as the status screen says it.
type LinkStatus struct {
	Connected bool      `json:"connected"`
	Since     time.Time `json:"since,omitzero"`
	Attempts  int       `json:"attempts,omitempty"`    // since the last success
	Next      time.Time `json:"next_attempt,omitzero"` // while down
	Reason    string    `json:"last_reason,omitempty"` // code of the last failure
	Transport string    `json:"transport,omitempty"`   // quic, tcp, file
	Bulk      int       `json:"bulk_connections"`      // of images and long backlogs, that stand now
	RTT       int64     `json:"rtt_ms,omitempty"`      // round trip to the hub, once measured
	// Budget is set while images are held to one.
	Budget *BudgetView `json:"budget,omitempty"`
}

// BudgetView is the limit on images that holds now.
type BudgetView struct {
	Rate  int64     `json:"bits_per_second"` // 0: none go
	Until time.Time `json:"until,omitzero"`  // without: always
}

// Desk holds the actions of a post. Its methods may be called from many
// goroutines.
type Desk struct {
	o      Options
	slips  *seal.DataKey
	topics *seal.IndexKey
	zone   *time.Location
	drafts string // directory
	follow *guard

	// locks order what changes one visit; visits share them by their first
	// byte, since a random id spreads evenly.
	locks [64]sync.Mutex

	amending  sync.Mutex // orders the starts of amendments
	releasing sync.Mutex // orders the releases of requests for records

	// step is called between the steps of a release; tests make it fail.
	step func(string) error
}

// New builds the desk and clears what a crash left behind. It keeps no
// goroutine.
func New(o Options) (*Desk, error) {
	const op = "desk: new"
	if missing := o.missing(); missing != "" {
		return nil, fault.New(fault.Invalid, op, missing+" is not given", nil)
	}
	if err := o.Tables.complete(); err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(o.Post.TimeZone)
	if err != nil {
		return nil, fault.New(fault.Invalid, op, "time zone of "+o.Post.ID.String(), err)
	}
	slips, err := o.DataKey.Subkey("desk/slips")
	if err != nil {
		return nil, err
	}
	topics, err := o.DataKey.IndexKey("desk/topics")
	if err != nil {
		return nil, err
	}
	d := &Desk{
		o: o, slips: slips, topics: topics, zone: zone, drafts: filepath.Join(o.Dir, "drafts"),
		follow: newGuard(o.Clock), step: func(string) error { return nil },
	}
	if err := os.MkdirAll(d.drafts, 0o700); err != nil {
		return nil, fault.New(fault.Storage, op, "drafts", err)
	}
	return d, errors.Join(d.reap(), d.reapTopics())
}

func (o Options) missing() string {
	switch {
	case o.Dir == "":
		return "directory"
	case o.Journal == nil:
		return "journal"
	case o.DataKey == nil:
		return "data key"
	case o.Intake == nil || o.Trusted == nil:
		return "source of the hub's keys"
	case o.Dictionaries == nil:
		return "dictionaries"
	case o.Directory == nil || !o.Directory.Has(o.Post.ID):
		return "post in the directory of posts"
	case o.Clock == nil || o.Offset == nil:
		return "clock"
	case o.CanCapture == nil:
		return "check of free space"
	case o.Logger == nil:
		return "logger"
	}
	return ""
}

func (t *Tables) complete() (err error) {
	if t.Fees == nil {
		if t.Fees, err = consular.BuiltInFees(); err != nil {
			return err
		}
	}
	if t.Ladder == nil {
		if t.Ladder, err = consular.BuiltInLadder(); err != nil {
			return err
		}
	}
	if t.Documents == nil {
		t.Documents, err = consular.BuiltInDocuments()
	}
	return err
}

// lock holds a visit until the function it gives is called.
func (d *Desk) lock(visit wire.RecordID) (unlock func()) {
	m := &d.locks[visit[0]%byte(len(d.locks))]
	m.Lock()
	return m.Unlock
}

// now gives the best known hub time.
func (d *Desk) now() time.Time {
	offset, _ := d.o.Offset()
	return d.o.Clock().Add(offset)
}

// today gives the day at the post.
func (d *Desk) today() consular.Date { return consular.DateOf(d.now().In(d.zone)) }
