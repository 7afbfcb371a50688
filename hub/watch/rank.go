package watch

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"jaliya/hub/ledger"
	"jaliya/internal/consular"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// Facts are what needs are worked out from.
type Facts struct {
	Now     time.Time
	Limits  Limits
	Hub     Hub
	Posts   []Post
	Stages  []Stage
	Late    map[workflow.Kind]Lateness // requests past a limit or about to pass one
	Pouches []LatePouch
	Refused map[consular.PostID]time.Time // the oldest refused entry that nobody settled
	Version string                        // of the hub's program
	Marks   map[string]ledger.Need        // what the ledger remembers of needs
	Name    func(wire.StaffID) string     // of an officer; nil: unknown
}

// Lateness is when limits of requests of a kind passed first, and pass next.
type Lateness struct{ Since, Due time.Time }

// LatePouch is a pouch past a limit.
type LatePouch struct {
	Label string
	Post  consular.PostID // where it goes
	Since time.Time
}

// Rank gives what needs a person, most urgent first. It reads nothing but its
// facts.
func Rank(f Facts) []Need {
	r := ranking{Facts: f, limits: f.Limits.WithDefaults()}
	for _, p := range f.Posts {
		r.post(p)
	}
	r.hub()
	r.requests()
	r.orders()
	r.pouches()
	for i := range r.needs {
		r.remember(&r.needs[i])
	}
	slices.SortFunc(r.needs, func(a, b Need) int {
		return cmp.Or(cmp.Compare(a.Urgency, b.Urgency), a.Since.Compare(b.Since), strings.Compare(a.Key, b.Key))
	})
	return r.needs
}

type ranking struct {
	Facts
	limits Limits
	needs  []Need
}

// add takes a need whose urgency is not 0.
func (r *ranking) add(n Need) {
	if n.Urgency == 0 {
		return
	}
	n.Count = max(n.Count, 1)
	r.needs = append(r.needs, n)
}

// remember adds what the ledger knows: since when, where the facts do not say
// it, and who has it.
func (r *ranking) remember(n *Need) {
	mark, known := r.Marks[n.Key]
	known = known && mark.Ended == 0
	if n.Since.IsZero() {
		n.Since = r.Now
		if known {
			n.Since = time.UnixMilli(mark.Begun)
		}
	}
	if !known || mark.By == "" {
		return
	}
	n.Taken = Taken{By: mark.By, At: time.UnixMilli(mark.Taken), Note: mark.Note}
	if r.Name != nil {
		n.Taken.Name = r.Name(mark.By)
	}
}

func key(kind NeedKind, subject string) string { return string(kind) + "/" + subject }

// ofPost begins a need of a post.
func ofPost(kind NeedKind, p Post) Need {
	return Need{Key: key(kind, string(p.ID)), Kind: kind, Post: p.ID, Telephone: p.Telephone}
}

func (r *ranking) post(p Post) {
	if p.Standing == NotJoined {
		return
	}
	if p.Standing == Fenced {
		n := ofPost(NeedFenced, p)
		n.Urgency = Now
		r.add(n)
	}
	r.silent(p)
	r.backlog(p)
	if p.Refused > 0 {
		n := ofPost(NeedRefused, p)
		n.Urgency, n.Count, n.Since = Today, p.Refused, r.Refused[p.ID]
		r.add(n)
	}
	if p.Told.IsZero() {
		return
	}
	n := ofPost(NeedDisk, p)
	n.Urgency, n.Days = r.disk(p.Disk)
	r.add(n)
	if p.Disk.Mirror == wire.MirrorFailed.String() {
		n := ofPost(NeedMirror, p)
		n.Urgency = Today
		r.add(n)
	}
	r.trust(p)
	r.clock(p)
	if older(p.Version, r.Version) {
		n := ofPost(NeedVersion, p)
		n.Urgency, n.Subject = Soon, p.Version
		r.add(n)
	}
}

// silent is for now while people stand at the counter; a post that was silent
// when it closed is for the morning.
func (r *ranking) silent(p Post) {
	if p.Standing != Silent {
		return
	}
	n := ofPost(NeedSilent, p)
	n.Urgency, n.Since = Now, p.Heard
	if !p.OpenNow {
		n.Urgency, n.Due = Soon, p.OpensAt
		if !p.OpensAt.IsZero() && p.OpensAt.Sub(r.Now) < 24*time.Hour {
			n.Urgency = Today
		}
	}
	r.add(n)
}

func (r *ranking) backlog(p Post) {
	if p.Backlog.Entries == 0 || p.Backlog.Oldest.IsZero() {
		return
	}
	n := ofPost(NeedBacklog, p)
	n.Since, n.Count = p.Backlog.Oldest, p.Backlog.Entries
	switch age := r.Now.Sub(p.Backlog.Oldest); {
	case age >= time.Duration(r.limits.BacklogNow):
		n.Urgency = Now
	case age >= time.Duration(r.limits.BacklogToday):
		n.Urgency, n.Due = Today, p.Backlog.Oldest.Add(time.Duration(r.limits.BacklogNow))
	}
	r.add(n)
}

// disk judges by how soon the reserve is reached, and by how little is left
// whatever the forecast.
func (r *ranking) disk(d Disk) (Urgency, int) {
	if d.Total <= 0 {
		return 0, 0
	}
	urgency := Urgency(0)
	if d.FullIn >= 0 {
		urgency = daysOfDisk.urgency(d.FullIn)
	}
	switch free := float64(d.Free) / float64(d.Total); {
	case free < 0.05:
		urgency = Now
	case free < 0.10 && urgency != Now:
		urgency = Today
	}
	return urgency, d.FullIn
}

// trust judges the certificates and the days alone. A working certificate that
// ends is a need only of a post that is connected: it should have been renewed;
// another renews it by its device certificate when it comes back.
func (r *ranking) trust(p Post) {
	n := ofPost(NeedCertificate, p)
	if !p.Trust.Device.IsZero() {
		n.Days, n.Due, n.Subject = r.days(p.Trust.Device), p.Trust.Device, "device"
		n.Urgency = daysOfDevice.urgency(n.Days)
	}
	if end := p.Trust.Certificate; p.Standing == Connected && !end.IsZero() && end.Sub(r.Now) < hoursOfWeekly && n.Urgency != Now {
		n.Days, n.Due, n.Subject = r.days(end), end, "working"
		n.Urgency = Today
		if n.Days == 0 {
			n.Urgency = Now
		}
	}
	r.add(n)
	if end := p.Trust.AloneUntil; !end.IsZero() && p.Standing != Connected {
		n := ofPost(NeedAlone, p)
		n.Days, n.Due, n.Since = r.days(end), end, p.Heard
		n.Urgency = daysAlone.urgency(n.Days)
		r.add(n)
	}
}

// days gives the whole days until a moment, 0 once it has passed.
func (r *ranking) days(end time.Time) int { return max(int(end.Sub(r.Now)/(24*time.Hour)), 0) }

func (r *ranking) clock(p Post) {
	n := ofPost(NeedClock, p)
	switch off := max(p.Offset, -p.Offset); {
	case off >= time.Duration(r.limits.ClockToday):
		n.Urgency = Today
	case off >= time.Duration(r.limits.ClockSoon):
		n.Urgency = Soon
	}
	r.add(n)
}

func (r *ranking) hub() {
	for _, e := range r.Hub.Certificate {
		days := r.days(e.Until)
		term := daysOfHub
		if strings.HasPrefix(e.Subject, memberSubject) {
			term = daysOfMember
		}
		r.add(Need{
			Key: key(NeedCertificate, "hub-"+slug(e.Subject)), Kind: NeedCertificate, Subject: e.Subject,
			Urgency: term.urgency(days), Days: days, Due: e.Until,
		})
	}
	for _, m := range r.Hub.Members {
		urgency, days := r.disk(m.Disk)
		r.add(Need{Key: key(NeedDisk, "hub-"+slug(m.Name)), Kind: NeedDisk, Subject: m.Name, Urgency: urgency, Days: days})
	}
	n := Need{Key: key(NeedLeaderless, "hub"), Kind: NeedLeaderless, Count: int(r.Hub.Leaderless / time.Minute)}
	switch {
	case r.Hub.Leader == "":
		n.Urgency = Now
	case r.Hub.Leaderless >= time.Duration(r.limits.Leaderless):
		n.Urgency = Today
	}
	r.add(n)
}

// requests is one need for each kind of request, not one for each request: what
// is to be done is on the page that it leads to.
func (r *ranking) requests() {
	past, today := make(map[workflow.Kind]int), make(map[workflow.Kind]int)
	for _, s := range r.Stages {
		past[workflow.Kind(s.Kind)] += s.Breaching
		today[workflow.Kind(s.Kind)] += s.Today
	}
	for _, kind := range []workflow.Kind{workflow.KindCNIE, workflow.KindRecord} {
		n := Need{
			Key: key(NeedBreach, kindName(kind)), Kind: NeedBreach, Subject: kindName(kind),
			Count: past[kind] + today[kind], Since: r.Late[kind].Since, Due: r.Late[kind].Due,
		}
		switch {
		case past[kind] > 0:
			n.Urgency = Now
		case today[kind] > 0:
			n.Urgency = Today
		}
		r.add(n)
	}
}

func (r *ranking) orders() {
	for _, o := range r.Hub.Orders {
		if o.Dead == 0 {
			continue
		}
		n := Need{Key: key(NeedDead, o.Kind), Kind: NeedDead, Subject: o.Kind, Urgency: Today, Count: o.Dead}
		if !o.Oldest.IsZero() && r.Now.Sub(o.Oldest) >= lateAfter(o.Kind) {
			n.Urgency = Now
		}
		r.add(n)
	}
}

// lostAfter is how long after its limit a pouch is no longer merely late.
const lostAfter = 7 * 24 * time.Hour

func (r *ranking) pouches() {
	telephones := map[consular.PostID]string{}
	for _, p := range r.Posts {
		telephones[p.ID] = p.Telephone
	}
	for _, p := range r.Pouches {
		n := Need{
			Key: key(NeedPouch, p.Label), Kind: NeedPouch, Post: p.Post, Subject: p.Label, Since: p.Since,
			Urgency: Today, Due: p.Since.Add(lostAfter), Telephone: telephones[p.Post],
		}
		if r.Now.After(n.Due) {
			n.Urgency, n.Due = Now, time.Time{}
		}
		r.add(n)
	}
}

// kindName is how a kind of request is called in keys.
func kindName(k workflow.Kind) string {
	if m := workflow.For(k); m != nil {
		return slug(strings.ToLower(m.Name))
	}
	return strconv.Itoa(int(k))
}

// slug makes a text fit for a key.
func slug(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '.', r == '_':
			return r
		}
		return '-'
	}, s)
}

// older compares two versions of the form v1.2.3; one that has another form is
// not older.
func older(node, hub string) bool {
	a, okA := version(node)
	b, okB := version(hub)
	return okA && okB && slices.Compare(a[:], b[:]) < 0
}

func version(s string) (v [3]int, ok bool) {
	s, _, _ = strings.Cut(strings.TrimPrefix(s, "v"), "-")
	parts := strings.Split(s, ".")
	if len(parts) != len(v) {
		return v, false
	}
	for i, part := range parts {
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 {
			return v, false
		}
		v[i] = n
	}
	return v, true
}
