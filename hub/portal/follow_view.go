package portal

import (
	"slices"
	"time"

	"jaliya/hub/rpc"
	"jaliya/internal/consular"
	"jaliya/internal/lang"
	"jaliya/internal/web"
	"jaliya/internal/workflow"
)

// Statuses that this package speaks of by name (workflow.Status.Key).
const (
	statusSubmitted  = "submitted"
	statusEnrolled   = "enrolled"
	statusVerified   = "being_verified"
	statusAction     = "action_needed"
	statusProduction = "in_production"
	statusOnItsWay   = "on_its_way"
	statusReady      = "ready"
	statusHandedOver = "handed_over"
	statusProcessing = "processing"
	statusIssued     = "issued"
	statusDelivered  = "delivered"
	statusRejected   = "rejected"
	statusExpired    = "expired"
	statusClosed     = "closed"
	statusRevoked    = "revoked"
)

// statusView is the page of one request.
type statusView struct {
	Title     string
	Reference string
	Facts     []fact
	Status    string // its name
	Tone      string // "good", "warn", "now"
	Means     string
	Why, Next string // of a refusal or of what is missing
	Until     string
	Promise   *promiseView
	Stages    []web.Stage
}

// promiseView is the promised date with why it moved.
type promiseView struct{ Date, Was, Why, Late string }

type fact struct{ Label, Text, Second, Kind string }

// cardPath and recordPath are the usual ways, for what comes next.
func cardPath() []string {
	return []string{statusSubmitted, statusEnrolled, statusVerified, statusProduction, statusOnItsWay, statusReady, statusHandedOver}
}

func recordPath(f rpc.Followed) []string {
	path := []string{statusSubmitted, statusProcessing, statusIssued}
	if f.Pickup != "" || slices.ContainsFunc(f.Steps, func(s rpc.Step) bool { return s.Status == statusReady }) {
		return append(path, statusReady, statusHandedOver)
	}
	return append(path, statusDelivered)
}

func pathOf(f rpc.Followed) []string {
	if f.Service.Family() == consular.FamilyRecord {
		return recordPath(f)
	}
	return cardPath()
}

// ended says that nothing comes after a status.
func ended(status string) bool {
	switch status {
	case statusHandedOver, statusDelivered, statusRejected, statusExpired, statusClosed, statusRevoked:
		return true
	}
	return status == workflow.StatusCanceled.Key()
}

// comes gives what usually follows where the request is now.
func comes(f rpc.Followed) []string {
	if ended(f.Status) {
		return nil
	}
	path, at := pathOf(f), -1
	for _, step := range f.Steps {
		at = max(at, slices.Index(path, step.Status))
	}
	if now := slices.Index(path, f.Status); now >= 0 {
		at = now // it may have gone back
	}
	return path[at+1:]
}

// view puts what a member says into words.
func (p *Portal) view(words lang.Printer, f rpc.Followed) statusView {
	v := statusView{
		Title: words.T("portal.status.title"), Reference: f.Reference.String(),
		Status: words.Status(f.Status), Means: p.means(words, f.Status), Tone: tone(f.Status),
		Facts: []fact{
			{Label: words.T("portal.status.service"), Text: words.Service(f.Service)},
			{Label: words.T("portal.status.opened"), Text: p.day(words, f.Opened)},
		},
		Promise: p.promise(words, f),
	}
	if f.Pickup != "" {
		v.Facts = append(v.Facts, fact{Label: words.T("portal.status.pickup"), Text: p.post(words, f.Pickup)})
	}
	if reason, ok := reasonOf(f.Reason); ok {
		v.Why, v.Next = words.Refusal(reason), words.RefusalNext(reason)
	}
	if f.Until != 0 {
		v.Until = words.T("portal.status.until", "date", p.day(words, f.Until))
	}
	v.Stages = p.stages(words, f)
	return v
}

// stages is the timeline: what was, what is, what comes.
func (p *Portal) stages(words lang.Printer, f rpc.Followed) []web.Stage {
	stages := make([]web.Stage, 0, len(f.Steps)+4)
	for i, step := range f.Steps {
		one := web.Stage{State: "done", Name: words.Status(step.Status), At: rpc.At(step.Time)}
		if i == len(f.Steps)-1 && !ended(step.Status) { // what it means stands above
			one.State, one.Who = "now", p.actor(words, step.Status)
		}
		stages = append(stages, one)
	}
	for _, status := range comes(f) {
		stages = append(stages, web.Stage{State: "next", Name: words.Status(status), Who: p.actor(words, status)})
	}
	return stages
}

// means says what a status means for the person and what to do. The slips' own
// sentence for "ready" speaks of the slip in hand, and is right here too.
func (*Portal) means(words lang.Printer, status string) string {
	return words.T("status." + status + ".means")
}

// actor says who acts in a status.
func (*Portal) actor(words lang.Printer, status string) string {
	if key := "portal.who." + status; words.T(key) != key {
		return words.T(key)
	}
	return ""
}

func tone(status string) string {
	switch status {
	case statusAction, statusRejected, statusExpired, statusClosed, statusRevoked:
		return "warn"
	case statusReady, statusHandedOver, statusIssued, statusDelivered:
		return "good"
	}
	return "now"
}

// promise tells the date, the first one when it is another, and why.
func (p *Portal) promise(words lang.Printer, f rpc.Followed) *promiseView {
	if f.Promised == 0 || ended(f.Status) || f.Status == statusReady || f.Status == statusIssued {
		return nil
	}
	v := &promiseView{Date: words.DayDate(consular.DateOf(rpc.At(f.Promised).In(p.Zone)))}
	if f.Moved != "" && f.First != 0 && f.First != f.Promised {
		v.Was = words.T("portal.promise.was", "date", p.day(words, f.First))
		v.Why = words.T("portal.promise.moved." + f.Moved)
	}
	if rpc.At(f.Promised).Add(24 * time.Hour).Before(p.Now()) {
		v.Late = words.T("portal.promise.late")
	}
	return v
}

func (p *Portal) day(words lang.Printer, ms int64) string {
	return words.Date(consular.DateOf(rpc.At(ms).In(p.Zone)))
}

// post names a post.
func (p *Portal) post(words lang.Printer, id consular.PostID) string {
	post, err := p.Posts.Lookup(id)
	if err != nil {
		return string(id)
	}
	comma := ", "
	if words.Direction() == "rtl" {
		comma = "، "
	}
	return words.Post(post.Kind, post.City) + comma + words.Country(post.Country)
}

// reasonOf reads the key of a reason.
func reasonOf(key string) (consular.RefusalReason, bool) {
	for _, r := range consular.RefusalReasons() {
		if key != "" && r.String() == key {
			return r, true
		}
	}
	return 0, false
}
