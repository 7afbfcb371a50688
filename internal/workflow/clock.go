package workflow

// Clock names one time limit of a case. A case has at most one timer of each
// clock, so the ledger may key timers by case and clock.
type Clock uint8

// The clocks. Legal and target run over the whole request, the others in one
// state.
const (
	ClockLegal      Clock = 1  // law 55-19: the request must end within 60 days
	ClockTarget     Clock = 2  // our own hard alarm, 45 days
	ClockAbandoned  Clock = 3  // nobody came back to a draft or pre-request
	ClockUnsent     Clock = 4  // a sealed packet has no receipt
	ClockUnsentLate Clock = 5  // the same, escalated: carry it by hand
	ClockStage      Clock = 6  // the state's own limit for whoever acts next
	ClockSupplement Clock = 7  // the citizen's time for the one supplement
	ClockTransit    Clock = 8  // pouch under way
	ClockNotice     Clock = 9  // the citizen must have been told
	ClockRemind1    Clock = 10 // first reminder to collect
	ClockRemind2    Clock = 11 // second
	ClockRemind3    Clock = 12 // third
	ClockCollectBy  Clock = 13 // card unclaimed after this
	ClockPayment    Clock = 14 // the citizen must have paid
	ClockValid      Clock = 15 // a record's three months
	ClockReceipt    Clock = 16 // what was mailed has come by now
)

var clockNames = [...]string{
	"", "legal", "target", "abandoned", "unsent", "unsent-late", "stage", "supplement",
	"transit", "notice", "remind-1", "remind-2", "remind-3", "collect-by", "payment", "valid",
	"receipt",
}

// String gives the clock's name, "legal".
func (c Clock) String() string { return name(clockNames[:], uint8(c)) }

// Unit is what a limit counts.
type Unit uint8

// The units. Hours and days run through; working days count in a calendar.
const (
	Hours       Unit = 1
	Days        Unit = 2
	WorkingDays Unit = 3
)

var unitNames = [...]string{"", "h", "d", "wd"}

// String gives the unit as in domain.md G: "h", "d", "wd".
func (u Unit) String() string { return name(unitNames[:], uint8(u)) }

// Calendar says whose working days count: those of the party that must act.
type Calendar uint8

// The calendars. NoCalendar goes with hours and days.
const (
	NoCalendar      Calendar = 0
	HubCalendar     Calendar = 1
	ServingCalendar Calendar = 2
	PickupCalendar  Calendar = 3
	HolderCalendar  Calendar = 4
	SiteCalendar    Calendar = 5
)

var calendarNames = [...]string{"none", "hub", "serving", "pickup", "holder", "site"}

// String gives the calendar's owner, "pickup".
func (c Calendar) String() string { return name(calendarNames[:], uint8(c)) }

// Limit is a time limit as data. Amounts are the proposals of domain.md G:
// the ledger may hold a policy that replaces the amount of a state's clock.
// When it passes, the ledger steps the case with Fires as System; Fires zero
// raises an alarm and changes nothing.
type Limit struct {
	Clock    Clock
	Amount   uint16
	Unit     Unit
	Calendar Calendar
	Fires    Event
	// Keeps lets the clock run on into a state that has the same one.
	Keeps bool
}

// TimerOp says what becomes of a timer.
type TimerOp uint8

// The operations. Pause keeps the time left; Resume counts on from there.
const (
	TimerStart  TimerOp = 1
	TimerStop   TimerOp = 2
	TimerPause  TimerOp = 3
	TimerResume TimerOp = 4
)

var timerOpNames = [...]string{"", "start", "stop", "pause", "resume"}

// String gives the operation's name, "pause".
func (o TimerOp) String() string { return name(timerOpNames[:], uint8(o)) }

// Timer is one change to a case's timers; only Limit.Clock counts except for
// TimerStart.
type Timer struct {
	Op    TimerOp
	Limit Limit
}

// wholeCase are the clocks from enrolment to the end (domain.md G, targets).
var wholeCase = [...]Limit{
	{Clock: ClockLegal, Amount: 60, Unit: Days},
	{Clock: ClockTarget, Amount: 45, Unit: Days},
}

// LegalClock is how the whole-case clocks stand for a case.
type LegalClock uint8

// Never, running, paused (law 55-19: on the one supplement), stopped for good.
const (
	LegalUnset   LegalClock = 0
	LegalRunning LegalClock = 1
	LegalPaused  LegalClock = 2
	LegalStopped LegalClock = 3
)

// legalRule is what a state asks of the whole-case clocks.
type legalRule uint8

const (
	legalKeep legalRule = iota // drafts, pre-requests, pouches: not concerned
	legalRun
	legalPause
	legalStop
)

// legalStep moves the whole-case clocks to what the state asks. A clock that
// stopped stays stopped: an appeal has a limit of its own.
func legalStep(was LegalClock, rule legalRule) (LegalClock, TimerOp) {
	switch {
	case rule == legalRun && was == LegalUnset:
		return LegalRunning, TimerStart
	case rule == legalRun && was == LegalPaused:
		return LegalRunning, TimerResume
	case rule == legalPause && was == LegalRunning:
		return LegalPaused, TimerPause
	case rule == legalStop && (was == LegalRunning || was == LegalPaused):
		return LegalStopped, TimerStop
	default:
		return was, 0
	}
}
