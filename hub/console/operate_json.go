package console

import (
	"time"

	"jaliya/hub/watch"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// The answers of /api/v1/operate. Lengths of time are in seconds.

type pictureBody struct {
	At     time.Time    `json:"at"`
	Log    uint64       `json:"log"`
	Hub    hubBody      `json:"hub"`
	Posts  []postBody   `json:"posts"`
	Needs  []needBody   `json:"needs"`
	Stages []stageBody  `json:"stages"`
	Since  []changeBody `json:"since_yesterday"`
}

type postsBody struct {
	At    time.Time  `json:"at"`
	Posts []postBody `json:"posts"`
}

type requestsBody struct {
	At     time.Time   `json:"at"`
	Stages []stageBody `json:"stages"`
}

type standingBody struct {
	At  time.Time `json:"at"`
	Log uint64    `json:"log"`
	Hub hubBody   `json:"hub"`
}

type onePostBody struct {
	Post    postBody    `json:"post"`
	Needs   []needBody  `json:"needs"`
	History []pointBody `json:"history"` // one for each of the last 336 hours, oldest first
}

type stuckList struct {
	Stuck []stuckBody `json:"stuck"`
}

type refusedList struct {
	Refused []refusedBody `json:"refused"`
}

type changeBody struct {
	Name   string `json:"name"`
	Now    int    `json:"now"`
	Before int    `json:"before"`
}

type postBody struct {
	ID        consular.PostID `json:"id"`
	Node      string          `json:"node,omitempty"`
	Standing  string          `json:"standing"`
	Heard     time.Time       `json:"heard,omitzero"`
	Session   time.Time       `json:"connected_since,omitzero"`
	Told      time.Time       `json:"told,omitzero"`
	Transport string          `json:"transport,omitempty"`
	RTT       float64         `json:"round_trip_seconds,omitempty"`
	Version   string          `json:"version,omitempty"`
	Started   time.Time       `json:"started,omitzero"`
	Offset    float64         `json:"clock_offset_seconds"`
	Backlog   backlogBody     `json:"backlog"`
	Disk      diskBody        `json:"disk"`
	Trust     trustBody       `json:"trust"`
	Refused   int             `json:"refused"`
	Open      int             `json:"open"`
	Pickup    int             `json:"wait_for_pickup"`
	Telephone string          `json:"telephone,omitempty"`
	OpenNow   bool            `json:"open_now"`
	OpensAt   time.Time       `json:"opens_at,omitzero"`
	ClosesAt  time.Time       `json:"closes_at,omitzero"`
}

type backlogBody struct {
	Entries    int       `json:"entries"`
	Bytes      int64     `json:"bytes"`
	Images     int       `json:"images"`
	ImageBytes int64     `json:"image_bytes"`
	Oldest     time.Time `json:"oldest,omitzero"`
	Drafts     int       `json:"drafts"`
}

type diskBody struct {
	Free   int64  `json:"free"`
	Total  int64  `json:"total"`
	PerDay int64  `json:"per_day"`
	FullIn int    `json:"full_in_days"` // -1: not foreseen
	Mirror string `json:"mirror,omitempty"`
}

type trustBody struct {
	Certificate time.Time `json:"certificate,omitzero"`
	Device      time.Time `json:"device,omitzero"`
	AloneUntil  time.Time `json:"alone_until,omitzero"`
}

type needBody struct {
	Key       string          `json:"key"`
	Kind      watch.NeedKind  `json:"kind"`
	Urgency   string          `json:"urgency"`
	Post      consular.PostID `json:"post,omitempty"`
	Subject   string          `json:"subject,omitempty"`
	Since     time.Time       `json:"since,omitzero"`
	Due       time.Time       `json:"due,omitzero"`
	Count     int             `json:"count"`
	Days      int             `json:"days,omitempty"`
	Page      string          `json:"page"` // where the next action is
	Telephone string          `json:"telephone,omitempty"`
	Taken     *takenBody      `json:"taken,omitempty"`
}

type takenBody struct {
	By   wire.StaffID `json:"by,omitempty"`
	Name string       `json:"name,omitempty"`
	At   time.Time    `json:"at"`
	Note string       `json:"note,omitempty"`
}

type stageBody struct {
	Kind      uint8     `json:"kind"` // 1 card, 2 pouch, 3 record
	State     string    `json:"state"`
	Count     int       `json:"count"`
	Oldest    time.Time `json:"oldest,omitzero"`
	P50       float64   `json:"p50_seconds"`
	P95       float64   `json:"p95_seconds"`
	Breaching int       `json:"breaching"`
	Today     int       `json:"today"`
}

type hubBody struct {
	Members     []memberBody `json:"members"`
	Leader      string       `json:"leader,omitempty"`
	Leaderless  float64      `json:"leaderless_seconds"`
	Orders      []orderBody  `json:"orders"`
	Certificate []expiryBody `json:"certificates"`
}

type memberBody struct {
	Name    string    `json:"name"`
	Leading bool      `json:"leading"`
	Voter   bool      `json:"voter"`
	Applied uint64    `json:"applied"`
	Disk    diskBody  `json:"disk"`
	Heard   time.Time `json:"heard,omitzero"`
}

type orderBody struct {
	Kind   string    `json:"kind"`
	Open   int       `json:"open"`
	Failed int       `json:"failed"`
	Dead   int       `json:"dead"`
	Oldest time.Time `json:"oldest,omitzero"`
}

type expiryBody struct {
	Subject string    `json:"subject"`
	Until   time.Time `json:"until"`
}

type pointBody struct {
	Hour    time.Time `json:"hour"`
	Entries int       `json:"entries"`
	Bytes   int64     `json:"bytes"`
	Age     float64   `json:"age_seconds"`
	Up      int       `json:"minutes_connected"`
	Secured int       `json:"secured"`
	Free    int64     `json:"disk_free"`
	Offset  float64   `json:"clock_offset_seconds"`
}

type stuckBody struct {
	Order     uint64             `json:"order"`
	Kind      string             `json:"kind"`
	Reference consular.Reference `json:"reference,omitempty"`
	Post      consular.PostID    `json:"post,omitempty"`
	Attempts  int                `json:"attempts"`
	Since     time.Time          `json:"since"`
	Next      time.Time          `json:"next,omitzero"`
	Reason    string             `json:"reason"`
	Late      bool               `json:"late"`
}

type refusedBody struct {
	Number    uint64             `json:"number"`
	Post      consular.PostID    `json:"post"`
	Node      string             `json:"node"`
	Position  string             `json:"position"`
	Reference consular.Reference `json:"reference,omitempty"`
	Reason    string             `json:"reason"`
	At        time.Time          `json:"at"`
	Settled   bool               `json:"settled"`
	Note      string             `json:"note,omitempty"`
}

// impersonal takes out who has a need and what they noted for their colleagues.
func (b *needBody) impersonal() {
	if b.Taken != nil {
		b.Taken = &takenBody{At: b.Taken.At}
	}
}

// impersonal takes out what an officer noted.
func (b *refusedBody) impersonal() { b.Note = "" }

// seenBy gives a list as somebody may see it: names of officers and their notes
// are for officers, and not for the programs that watch.
func seenBy[T any](who access.Principal, list []T, impersonal func(*T)) []T {
	if who.Surface == access.SurfaceAPI {
		for i := range list {
			impersonal(&list[i])
		}
	}
	return list
}

func (b pictureBody) seenBy(who access.Principal) pictureBody {
	b.Needs = seenBy(who, b.Needs, (*needBody).impersonal)
	return b
}

// each maps a list; an empty one is [] in JSON.
func each[In, Out any](list []In, f func(In) Out) []Out {
	out := make([]Out, 0, len(list))
	for _, one := range list {
		out = append(out, f(one))
	}
	return out
}

func bodyOfPicture(p watch.Picture) pictureBody {
	return pictureBody{
		At: p.At, Log: p.Log, Hub: bodyOfHub(p.Hub), Posts: each(p.Posts, bodyOfPost), Needs: each(p.Needs, bodyOfNeed),
		Stages: each(p.Stages, bodyOfStage), Since: each(p.Since, func(c watch.Change) changeBody { return changeBody(c) }),
	}
}

func bodyOfPost(p watch.Post) postBody {
	return postBody{
		ID: p.ID, Node: p.Node, Standing: standingName(p.Standing), Heard: p.Heard, Session: p.Session, Told: p.Told,
		Transport: p.Transport, RTT: p.RTT.Seconds(), Version: p.Version, Started: p.Started, Offset: p.Offset.Seconds(),
		Backlog: backlogBody{
			Entries: p.Backlog.Entries, Bytes: p.Backlog.Bytes, Images: p.Backlog.Images, ImageBytes: p.Backlog.ImageB,
			Oldest: p.Backlog.Oldest, Drafts: p.Backlog.Drafts,
		},
		Disk: diskBody(p.Disk), Trust: trustBody(p.Trust), Refused: p.Refused, Open: p.Open, Pickup: p.Pickup,
		Telephone: p.Telephone, OpenNow: p.OpenNow, OpensAt: p.OpensAt.UTC(), ClosesAt: p.ClosesAt.UTC(),
	}
}

func bodyOfNeed(n watch.Need) needBody {
	b := needBody{
		Key: n.Key, Kind: n.Kind, Urgency: urgencyName(n.Urgency), Post: n.Post, Subject: n.Subject, Since: n.Since, Due: n.Due,
		Count: n.Count, Days: max(n.Days, 0), Telephone: n.Telephone, Page: n.Where(),
	}
	if n.Taken.By != "" {
		taken := takenBody(n.Taken)
		b.Taken = &taken
	}
	return b
}

func bodyOfStage(s watch.Stage) stageBody {
	return stageBody{
		Kind: s.Kind, State: workflow.State(s.State).String(), Count: s.Count, Oldest: s.Oldest, P50: s.P50.Seconds(), P95: s.P95.Seconds(),
		Breaching: s.Breaching, Today: s.Today,
	}
}

func bodyOfHub(h watch.Hub) hubBody {
	return hubBody{
		Members: each(h.Members, func(m watch.Member) memberBody {
			return memberBody{Name: m.Name, Leading: m.Leading, Voter: m.Voter, Applied: m.Applied, Disk: diskBody(m.Disk), Heard: m.Heard}
		}),
		Leader: h.Leader, Leaderless: h.Leaderless.Seconds(),
		Orders:      each(h.Orders, func(o watch.OrderLine) orderBody { return orderBody(o) }),
		Certificate: each(h.Certificate, func(e watch.Expiry) expiryBody { return expiryBody(e) }),
	}
}

func bodyOfPoint(p watch.Point) pointBody {
	return pointBody{
		Hour: p.Hour, Entries: p.Entries, Bytes: p.Bytes, Age: p.Age.Seconds(), Up: p.Up, Secured: p.Secured, Free: p.Free,
		Offset: p.Offset.Seconds(),
	}
}

func bodyOfStuck(s watch.Stuck) stuckBody {
	return stuckBody{
		Order: s.Order, Kind: s.Kind, Reference: s.Reference, Post: s.Post, Attempts: s.Attempts, Since: s.Since, Next: s.Next,
		Reason: s.Reason, Late: s.Late,
	}
}

func bodyOfRefused(r watch.Refused) refusedBody {
	return refusedBody{
		Number: r.Number, Post: r.Post, Node: r.Node.String(), Position: r.Position.String(), Reference: r.Reference, Reason: r.Reason, At: r.At,
		Settled: r.Settled, Note: r.Note,
	}
}

// standingName gives the stable name of a standing, of which its words are keyed.
func standingName(s watch.Standing) string {
	switch s {
	case watch.Connected:
		return "connected"
	case watch.Resting:
		return "resting"
	case watch.Alone:
		return "alone"
	case watch.Silent:
		return "silent"
	case watch.Fenced:
		return "fenced"
	case watch.NotJoined:
		return "not-joined"
	default:
		return "unknown"
	}
}

// urgencyName gives the stable name of an urgency.
func urgencyName(u watch.Urgency) string {
	switch u {
	case watch.Now:
		return "now"
	case watch.Today:
		return "today"
	case watch.Soon:
		return "soon"
	default:
		return "soon"
	}
}
