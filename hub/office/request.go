package office

import (
	"fmt"
	"log/slog"
	"regexp"
	"strconv"
	"time"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/paper"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

// Outward states: all that the network is told.
const (
	OutReceived  = "received"
	OutQuestion  = "question"
	OutIssued    = "issued"
	OutRefused   = "refused"
	OutWithdrawn = "withdrawn"
)

var requestID = regexp.MustCompile(`^[a-z0-9-]{1,64}$`)

// MaxQuestion caps a question, in characters.
const MaxQuestion = 1000

// step is one line of a request's history.
type step struct {
	Event Event  `cbor:"1,keyasint"`
	State State  `cbor:"2,keyasint"` // after it
	At    int64  `cbor:"3,keyasint"` // ms
	By    string `cbor:"4,keyasint"` // id of an officer; "network" or "office"
	Why   string `cbor:"5,keyasint,omitempty"`
}

// Actors that are no officers.
const (
	byNetwork = "network"
	byOffice  = "office"
)

// replyKey is what the answer is sealed to.
type replyKey struct {
	Number uint32 `cbor:"1,keyasint"`
	Public []byte `cbor:"2,keyasint"`
}

// outward is what the network sees.
type outward struct {
	State  string `cbor:"1,keyasint"`
	Seq    uint64 `cbor:"2,keyasint"`
	Reason string `cbor:"3,keyasint,omitempty"`
}

// request is one request with its history. It shows itself under no verb.
type request struct { //nolint:recvcheck // hidden as a value, changed by pointer
	ID      string        `cbor:"1,keyasint"`
	Product string        `cbor:"2,keyasint"`
	Record  wire.RecordID `cbor:"3,keyasint"`
	Reply   replyKey      `cbor:"4,keyasint"`
	Content content       `cbor:"5,keyasint"`
	State   State         `cbor:"6,keyasint"`
	Version uint64        `cbor:"7,keyasint"`
	Out     outward       `cbor:"8,keyasint"`
	Arrived int64         `cbor:"9,keyasint"`  // ms
	Since   int64         `cbor:"10,keyasint"` // the slots count from here: arrival, or the answer's
	Lot     Lot           `cbor:"11,keyasint"`
	Steps   []step        `cbor:"12,keyasint"`

	Question string   `cbor:"13,keyasint,omitempty"`
	Language string   `cbor:"14,keyasint,omitempty"`
	Answer   string   `cbor:"15,keyasint,omitempty"`
	Digest   [32]byte `cbor:"16,keyasint"` // of the answer's packet

	Ordered   int64  `cbor:"17,keyasint,omitempty"` // when the document was ordered, ms
	Number    string `cbor:"18,keyasint,omitempty"` // of the document
	Target    int64  `cbor:"19,keyasint,omitempty"` // slot in which what is ready leaves, ms
	Reviewed  bool   `cbor:"20,keyasint,omitempty"`
	Counted   bool   `cbor:"21,keyasint,omitempty"` // in the figures
	Reason    string `cbor:"22,keyasint,omitempty"` // of a refusal
	Left      int64  `cbor:"23,keyasint,omitempty"` // when the last thing left, ms
	Fetched   int64  `cbor:"24,keyasint,omitempty"` // when the hub first had the document, ms
	Erased    bool   `cbor:"25,keyasint,omitempty"`
	Hindrance string `cbor:"26,keyasint,omitempty"` // why the document could not be made: code of a fault
}

// Format shows nothing.
func (request) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("[request]")) }

// LogValue shows nothing.
func (request) LogValue() slog.Value { return slog.StringValue("[request]") }

// finding is what a search brought and what was decided of it. It is kept apart
// from the request, in one size for all.
type finding struct {
	Entries  []paper.Mention `cbor:"1,keyasint,omitempty"`
	Proposer string          `cbor:"2,keyasint,omitempty"`
	Keep     []int           `cbor:"3,keyasint,omitempty"` // places in Entries
	Grounds  string          `cbor:"4,keyasint,omitempty"`
}

// Format shows nothing.
func (finding) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("[finding]")) }

// LogValue shows nothing.
func (finding) LogValue() slog.Value { return slog.StringValue("[finding]") }

// mentions gives what stays.
func (f finding) mentions() []paper.Mention {
	var out []paper.Mention
	for _, i := range f.Keep {
		if i >= 0 && i < len(f.Entries) {
			out = append(out, f.Entries[i])
		}
	}
	return out
}

// content is what the hub sealed for the office.
type content struct {
	Version uint8                  `cbor:"1,keyasint"`
	ID      string                 `cbor:"2,keyasint"`
	Product string                 `cbor:"3,keyasint"`
	Person  consular.Person        `cbor:"4,keyasint"`
	Use     consular.Use           `cbor:"5,keyasint"`
	Proof   consular.IdentityProof `cbor:"6,keyasint"`
	Asked   int64                  `cbor:"7,keyasint"`
}

// answered is what the hub sealed of an answer.
type answered struct {
	Version uint8  `cbor:"1,keyasint"`
	ID      string `cbor:"2,keyasint"`
	Text    string `cbor:"8,keyasint"`
}

// packetContext is the purpose that packets are sealed with.
const packetContext = "jaliya/records/1"

// PacketAAD is the associated data of a packet of a request.
func PacketAAD(id string) []byte { return []byte(packetContext + "\x00" + id) }

// open opens a packet. Errors: Invalid with CodeUnreadable.
func open(key *seal.PostKey, id string, packet []byte, into any) error {
	const op = "office: open packet"
	opened, err := key.Open(packet, packetContext, PacketAAD(id))
	if err != nil {
		return fault.New(fault.Invalid, op, "envelope", CodeUnreadable.cause())
	}
	defer opened.Destroy()
	if err := wire.Unmarshal(opened.Body(), maxContent, into); err != nil {
		return fault.New(fault.Invalid, op, "content", CodeUnreadable.cause())
	}
	return nil
}

// maxContent caps what a packet holds, in bytes.
const maxContent = 64 << 10

// check says whether the content is one of this request and enough for a record.
func (c content) check(id string, product consular.Service) error {
	const op = "office: check packet"
	if c.Version != 1 || c.ID != id || c.Product != product.String() {
		return fault.New(fault.Invalid, op, "", CodeDiffers.cause())
	}
	for field, err := range map[string]error{
		"person": c.Person.ValidateFor(product), "use": c.Use.Validate(), "proof": c.Proof.Validate(),
	} {
		if err != nil {
			return fault.New(fault.Invalid, op, field, CodeIncomplete.cause())
		}
	}
	return nil
}

func ms(t time.Time) int64 { return t.UnixMilli() }

func at(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// facts gives what guards look at.
func (r *request) facts(f finding, actor string) Facts {
	return Facts{
		Asked: r.Question != "", Ordered: r.Ordered != 0, Released: r.released(), QuestionOut: r.Out.State == OutQuestion,
		Entries: len(f.Entries), Proposer: f.Proposer, Actor: actor,
	}
}

// released reports whether the network has the end of it.
func (r *request) released() bool { return r.Out.State == OutIssued || r.Out.State == OutRefused }

// happen moves the request by an event and writes the line of it.
func (r *request) happen(on Event, f finding, line step) error {
	to, err := Step(r.State, on, r.facts(f, line.By))
	if err != nil {
		return err
	}
	line.Event, line.State = on, to
	r.State = to
	r.Version++
	r.Steps = append(r.Steps, line)
	return nil
}

// leave tells the network something new.
func (r *request) leave(state, reason string, now time.Time) {
	r.Out = outward{State: state, Seq: r.Out.Seq + 1, Reason: reason}
	r.Left = ms(now)
}

// open reports whether the office or the clock has still something to do.
func (r *request) open() bool {
	switch r.State {
	case Withdrawn, Revoked:
		return !r.Erased
	case Issued, Refused:
		return !r.released() || !r.Erased
	case Matching, IdentityQuery, Resolve, Matched, Searched, Clear, Review, Decided:
		return true
	}
	return false
}

// stem is the name of the document's file. It has one length.
func stem(number string) string { return "document-" + number }

// numberOf gives the number of a document: letters of the office, year, count.
func numberOf(letters string, year int, n uint64) string {
	const width = 1_000_000
	return letters + strconv.Itoa(year%100) + "A" + strconv.FormatUint(width+n%width, 10)[1:] + over(n/width)
}

// over tells apart the counts of a year that has more than a million.
func over(n uint64) string {
	if n == 0 {
		return ""
	}
	return "X" + strconv.FormatUint(n, 10)
}
