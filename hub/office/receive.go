package office

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"unicode/utf8"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

// Sent is the body of a request as the contract has it.
type Sent struct {
	Product string `json:"product"`
	Record  string `json:"record"`
	Packet  string `json:"packet"`
	Reply   Reply  `json:"reply"`
}

// Reply names the key that the answer is sealed to.
type Reply struct {
	Number uint32 `json:"number"`
	Key    string `json:"key"`
}

// Told is what the network is told of a request.
type Told struct {
	ID      string `json:"id"`
	State   string `json:"state"`
	Package []byte `json:"package,omitempty"`
	Reason  string `json:"reason,omitempty"`
	Seq     uint64 `json:"seq"`
}

// maxPacket caps a sealed packet, in bytes.
const maxPacket = 128 << 10

// arrival is a request that was read and found good.
type arrival struct {
	product consular.Service
	record  wire.RecordID
	packet  []byte
	reply   replyKey
	content content
}

func invalid(field string) error {
	return fault.New(fault.Invalid, "office: read request", field, nil)
}

// Validate names the field that breaks a rule; what the packet holds is not
// looked at.
func (s Sent) read() (a arrival, err error) {
	if a.product, err = consular.ParseService(s.Product); err != nil || a.product.Family() != consular.FamilyRecord {
		return a, invalid("product")
	}
	raw, err := hex.DecodeString(s.Record)
	if err != nil || len(raw) != len(a.record) || s.Record != strings.ToLower(s.Record) {
		return a, invalid("record")
	}
	if a.record = wire.RecordID(raw); a.record.IsZero() {
		return a, invalid("record")
	}
	if a.packet, err = packetOf(s.Packet); err != nil {
		return a, err
	}
	a.reply.Number = s.Reply.Number
	if a.reply.Public, err = base64.StdEncoding.DecodeString(s.Reply.Key); err != nil {
		return a, invalid("reply.key")
	}
	if public, err := seal.ParseIntakePublic(a.reply.Public); err != nil || public.ID != s.Reply.Number {
		return a, invalid("reply")
	}
	return a, nil
}

func packetOf(text string) ([]byte, error) {
	if base64.StdEncoding.DecodedLen(len(text)) > maxPacket+2 {
		return nil, fault.New(fault.TooLarge, "office: read request", "packet", nil)
	}
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(raw) == 0 {
		return nil, invalid("packet")
	}
	return raw, nil
}

// Receive takes a request: on disk when it returns. The first one that came
// under an id stands for ever; fresh tells whether this was it. Errors: Invalid,
// TooLarge, Conflict with CodeAnother.
func (o *Office) Receive(id string, in Sent) (told Told, fresh bool, err error) {
	if !requestID.MatchString(id) {
		return told, false, invalid("id")
	}
	a, err := in.read()
	if err != nil {
		return told, false, err
	}
	// A repeat is known by its id, product and record: its packet is not opened.
	if told, err = o.known(id, a); !fault.Is(err, fault.NotFound) {
		return told, false, err
	}
	if err := open(o.needs.Packets, id, a.packet, &a.content); err != nil {
		return told, false, err
	}
	if err := a.content.check(id, a.product); err != nil {
		return told, false, err
	}
	err = o.store.kv.Update(func(w kv.Writer) error {
		if held, err := o.store.read(w, id); err == nil {
			if err := held.same(a); err != nil {
				return err
			}
			told, err = o.told(w, held)
			return err
		}
		fresh = true
		q, err := o.arrive(w, id, a)
		if err != nil {
			return err
		}
		told, err = o.told(w, q)
		return err
	})
	if err != nil {
		return Told{}, false, err
	}
	if fresh {
		o.needs.Metrics.received.Inc()
		o.store.tell()
	}
	return told, fresh, nil
}

func (o *Office) known(id string, a arrival) (told Told, err error) {
	err = o.store.kv.View(func(r kv.Reader) error {
		held, err := o.store.read(r, id)
		if err != nil {
			return err
		}
		if err := held.same(a); err != nil {
			return err
		}
		told, err = o.told(r, held)
		return err
	})
	return told, err
}

// same says whether a repeat is one. What was withdrawn before it came has
// neither product nor record.
func (r *request) same(a arrival) error {
	if r.Product == "" || r.Product == a.product.String() && r.Record == a.record {
		return nil
	}
	return fault.New(fault.Conflict, "office: receive", "", CodeAnother.cause())
}

// arrive writes a request down, with its lot.
func (o *Office) arrive(w kv.Writer, id string, a arrival) (request, error) {
	f, err := o.store.figures(w)
	if err != nil {
		return request{}, err
	}
	now := ms(o.needs.Now())
	q := request{
		ID: id, Product: a.product.String(), Record: a.record, Reply: a.reply, Content: a.content, State: Matching, Version: 1,
		Out: outward{State: OutReceived, Seq: 1}, Arrived: now, Since: now, Lot: draw(f.share(o.needs.Plan.Share)),
		Steps: []step{{State: Matching, At: now, By: byNetwork}},
	}
	if err := o.keepPacket(w, id, a.packet); err != nil {
		return q, err
	}
	if err := o.store.saveFinding(w, id, finding{}); err != nil {
		return q, err
	}
	return q, o.store.save(w, &q)
}

// keepPacket keeps what came as it came.
func (o *Office) keepPacket(w kv.Writer, id string, packet []byte) error {
	sealed, err := o.store.data.Seal(cell(bucketPackets, []byte(id)), packet)
	if err != nil {
		return err
	}
	return w.Put(bucketPackets, []byte(id), sealed)
}

// told gives what the network is told. The same is read and opened whatever
// happens inside. Errors: Expired with CodeErased for a document whose time of
// keeping is over.
func (o *Office) told(r kv.Reader, q request) (Told, error) {
	t := Told{ID: q.ID, State: q.Out.State, Reason: q.Out.Reason, Seq: q.Out.Seq}
	if q.Out.State != OutIssued && q.Out.State != OutQuestion {
		return t, nil
	}
	held := r.Get(bucketPackages, []byte(q.ID))
	if held == nil {
		return Told{}, fault.New(fault.Expired, "office: tell", "", CodeErased.cause())
	}
	t.Package = append([]byte(nil), held...)
	return t, nil
}

// Tell answers the network's question how a request stands. Errors: NotFound;
// Expired.
func (o *Office) Tell(id string) (told Told, err error) {
	var q request
	err = o.store.kv.View(func(r kv.Reader) error {
		var err error
		if q, err = o.store.read(r, id); err != nil {
			return err
		}
		told, err = o.told(r, q)
		return err
	})
	if err != nil || q.Out.State != OutIssued || q.Fetched != 0 {
		return told, err
	}
	// From the first fetch on the time of keeping runs.
	return told, o.store.change(id, func(_ kv.Writer, q *request, _ *finding) error {
		if q.Fetched == 0 {
			q.Fetched = ms(o.needs.Now())
		}
		return nil
	})
}

// maxAnswer caps an answer, in characters.
const maxAnswer = wire.MaxAnswer

// check says whether an answer is one of this request.
func (a answered) check(id string) error {
	const op = "office: check answer"
	switch {
	case a.Version != 1 || a.ID != id:
		return fault.New(fault.Invalid, op, "", CodeDiffers.cause())
	case a.Text == "" || utf8.RuneCountInString(a.Text) > maxAnswer || consular.HasHidden(a.Text):
		return fault.New(fault.Invalid, op, "text", CodeIncomplete.cause())
	}
	return nil
}

// TakeAnswer takes the answer to the question. Errors: NotFound; Conflict with
// CodeAnsweredOld or CodeNotAsked; Invalid.
func (o *Office) TakeAnswer(id, packetText string) (told Told, err error) {
	const op = "office: take answer"
	packet, err := packetOf(packetText)
	if err != nil {
		return told, err
	}
	digest := sha256.Sum256(packet)
	var a answered
	var fresh bool
	err = o.store.change(id, func(w kv.Writer, q *request, f *finding) error {
		if q.Digest == digest {
			told, err = o.told(w, *q)
			return err
		}
		if q.Digest != [32]byte{} {
			return fault.New(fault.Conflict, op, "", CodeAnsweredOld.cause())
		}
		if q.Out.State != OutQuestion {
			return fault.New(fault.Conflict, op, "", CodeNotAsked.cause())
		}
		if err := open(o.needs.Packets, id, packet, &a); err != nil {
			return err
		}
		if err := a.check(id); err != nil {
			return err
		}
		now := o.needs.Now()
		q.Digest, q.Answer = digest, a.Text
		if q.State != Refused { // it was, while the question was out: the refusal waits for its slot
			if err := q.happen(Answered, *f, step{At: ms(now), By: byNetwork}); err != nil {
				return err
			}
			q.Since = ms(now)
		}
		q.leave(OutReceived, "", now)
		if err := w.Delete(bucketPackages, []byte(id)); err != nil {
			return err
		}
		fresh = true
		told, err = o.told(w, *q)
		return err
	})
	if err != nil {
		return Told{}, err
	}
	if fresh {
		o.needs.Metrics.answered.Inc()
	}
	return told, nil
}

// Withdraw takes a request back, known here or not, unless the network has the
// document.
func (o *Office) Withdraw(id string) (told Told, err error) {
	if !requestID.MatchString(id) {
		return told, invalid("id")
	}
	now := o.needs.Now()
	err = o.store.kv.Update(func(w kv.Writer) error {
		q, err := o.store.read(w, id)
		switch {
		case fault.Is(err, fault.NotFound):
			q = request{
				ID: id, State: Withdrawn, Version: 1, Arrived: ms(now), Since: ms(now), Left: ms(now), Lot: Early,
				Out: outward{State: OutWithdrawn, Seq: 1}, Steps: []step{{Event: WithdrawalAsked, State: Withdrawn, At: ms(now), By: byNetwork}},
			}
		case err != nil:
			return err
		case q.Out.State == OutIssued || q.Out.State == OutWithdrawn:
			told, err = o.told(w, q)
			return err
		default:
			f, err := o.store.finding(w, id)
			if err != nil {
				return err
			}
			if err := q.happen(WithdrawalAsked, f, step{At: ms(now), By: byNetwork}); err != nil {
				return err
			}
			q.Target = 0
			q.leave(OutWithdrawn, "", now)
			if err := w.Delete(bucketPackages, []byte(id)); err != nil {
				return err
			}
		}
		if err := o.store.save(w, &q); err != nil {
			return err
		}
		told, err = o.told(w, q)
		return err
	})
	if err != nil {
		return Told{}, err
	}
	o.store.tell()
	return told, nil
}
