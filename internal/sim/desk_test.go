package sim_test

import (
	"crypto/sha256"
	"slices"
	"time"

	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/ship"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

// desk is where people work: it makes entries and remembers what the journal
// said of them.
type desk struct {
	cases   []deskCase
	waiting []journal.Draft // not saved yet, oldest first
}

// deskCase is a request that this desk released.
type deskCase struct {
	reference string
	record    wire.RecordID
	slip      *wire.Digest // as the person has it
}

// bucketDrafts is the desk's own, for what is to be true exactly when an entry is.
var bucketDrafts = []byte("sim-drafts")

func (d *desk) begin(n *node) {
	mean := n.temper.length * time.Duration(n.temper.posts) / time.Duration(n.temper.entries)
	n.clock.After(n.rand.Spread(mean), func() {
		n.visit()
		if !n.healing {
			d.begin(n)
		}
	})
}

// visit makes one entry, or on a busy day many.
func (n *node) visit() {
	if n.healing || n.fenced != "" {
		return
	}
	count := 1
	if n.rand.Chance(0.03) {
		count = 3 + n.rand.IntN(12)
	}
	for range count {
		n.save(n.draft())
	}
}

// draft draws what happened at the desk.
func (n *node) draft() journal.Draft {
	what := n.rand.Float64()
	switch {
	case what < 0.5 || len(n.desk.cases) == 0:
		return n.release(consular.CNIERenewal)
	case what < 0.53:
		n.check.poison++
		return n.release(consular.RecordPolice) // no workflow moves it: refused, and nothing waits behind it
	case what < 0.56:
		n.check.poison++
		return n.short(wire.KindRequestCancelled, n.reference()) // nobody has that request
	case what < 0.66:
		d := n.release(consular.CNIERenewal)
		old := n.rand.IntN(len(n.desk.cases))
		replaced := n.desk.cases[old].record
		d.Header.Kind, d.Header.Reference, d.Header.Replaces = wire.KindRequestAmended, n.desk.cases[old].reference, &replaced
		return d
	case what < 0.72:
		return n.short(wire.KindRequestCancelled, n.known())
	case what < 0.78:
		return n.reroute()
	default:
		return n.short(wire.KindFileViewed, n.known())
	}
}

func (n *node) known() string { return n.one().reference }

func (n *node) one() deskCase { return n.desk.cases[n.rand.IntN(len(n.desk.cases))] }

func (n *node) reference() string {
	ref, err := consular.NewReference(n.rand)
	if err != nil {
		n.violated("reference", "%v", err)
	}
	n.check.printed(ref.Digits())
	return ref.Digits()
}

func (n *node) short(kind wire.Kind, reference string) journal.Draft {
	return journal.Draft{
		Header: wire.Header{
			Record: wire.RecordID(n.rand.Bytes(16)), Kind: kind, Time: n.wall(), Post: n.post, Reference: reference,
		},
		Body: n.rand.Bytes(20 + n.rand.IntN(60)),
	}
}

func (n *node) release(service consular.Service) journal.Draft {
	d := n.short(wire.KindRequestReleased, n.reference())
	slip := wire.Digest(n.rand.Bytes(32))
	d.Header.Service, d.Header.SlipHash, d.Header.IntakeKey = uint8(service), &slip, 1
	d.Header.Pickup = n.nodes[n.rand.IntN(n.temper.posts)].post
	d.Body = n.rand.Bytes(60 + n.rand.IntN(300))
	for range n.rand.IntN(3) {
		image, file := n.image()
		d.Header.Images, d.Images = append(d.Header.Images, image), append(d.Images, file)
	}
	return d
}

// image writes a sealed bundle and gives its address and how it is cut.
func (n *node) image() (wire.Image, journal.ImageFile) {
	whole := n.rand.Bytes(100 + n.rand.IntN(500))
	file := journal.ImageFile{ChunkSize: uint32(64 + n.rand.IntN(200))}
	for piece := range slices.Chunk(whole, int(file.ChunkSize)) {
		sum := sha256.Sum256(piece)
		file.Chunks = append(file.Chunks, sum[:]...)
	}
	digest := wire.Digest(sha256.Sum256(whole))
	n.bundles[digest] = whole
	return wire.Image{Digest: digest, Size: uint64(len(whole))}, file
}

// save appends a draft, or keeps it until it can be.
func (n *node) save(d journal.Draft) {
	record := d.Header.Record
	d.Also = func(w kv.Writer) error { return w.Put(bucketDrafts, record[:], []byte{1}) }
	n.desk.waiting = append(n.desk.waiting, d)
	if len(n.desk.waiting) == 1 {
		n.desk.retry(n)
	}
}

// retry saves what waits, in order.
func (d *desk) retry(n *node) {
	for len(d.waiting) > 0 && n.up {
		if !n.saveNow(d.waiting[0]) {
			return
		}
		d.waiting = d.waiting[1:]
	}
}

// saveNow reports whether the draft is done with.
func (n *node) saveNow(d journal.Draft) bool {
	var a journal.Appended
	var raw []byte
	err := n.disk.Update(func(w kv.Writer) (err error) {
		if a, err = journal.AppendTo(w, d); err == nil {
			raw = slices.Clone(w.Get([]byte("entries"), entryKey(a.Position)))
			// The outcome may stay unknown: it was written here, and may be shipped.
			n.check.written(a.Position, d.Header)
		}
		return err
	})
	switch {
	case err == nil:
		n.saved(d, a, raw)
		return true
	case fault.Is(err, fault.Full):
		n.clock.After(10*time.Minute, func() { n.desk.retry(n) })
		return false
	case fault.Is(err, fault.Storage) || !n.up:
		return false
	case fault.Is(err, fault.Conflict) && d.Header.Kind == wire.KindRequestAmended:
		return true // another amendment that waited before it replaced the packet
	case n.tainted():
		if fault.Is(err, fault.Corrupt) {
			n.broken(err)
		}
		return true // after a restore, the journal knows less than the desk
	}
	n.violated("desk", "%s cannot save: %v", n.name, err)
	return true
}

func (n *node) saved(d journal.Draft, a journal.Appended, raw []byte) {
	n.appends++
	n.note(n.name, "saved "+d.Header.Kind.String(), a.Position.Seq, a.Position.Incarnation)
	n.acked = append(n.acked, ackedEntry{key: entryKey(a.Position), value: raw})
	if d.Header.Kind == wire.KindRequestReleased && d.Header.Service == uint8(consular.CNIERenewal) {
		n.desk.cases = append(n.desk.cases, deskCase{d.Header.Reference, d.Header.Record, d.Header.SlipHash})
	}
	for i := range n.desk.cases {
		if d.Header.Kind == wire.KindRequestAmended && n.desk.cases[i].reference == d.Header.Reference {
			n.desk.cases[i].record, n.desk.cases[i].slip = d.Header.Record, d.Header.SlipHash
		}
	}
	n.step(ship.Event{Kind: ship.Tick})
}
