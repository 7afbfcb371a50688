package backlog

import (
	"crypto/rand"
	"net"
	"net/netip"
	"strconv"
	"time"

	"jaliya/consulate-node/journal"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

const (
	bodySize  = 880  // random, as sealed bytes are: nothing can compress them
	entrySize = 1024 // with its header, about
	views     = 6    // small entries after each release: the national year's proportion
	// perBatch makes batches of about 64 KiB: what ours begin with and grow from.
	// Twice or half as much changes nothing for the others.
	perBatch = 64
)

// drafter makes the entries of a post: a release, then what is noted about it.
type drafter struct {
	made      int
	reference string
}

func (d *drafter) next() (journal.Draft, error) {
	const op = "backlog: make entry"
	draft := journal.Draft{
		Header: wire.Header{
			Record: wire.NewRecordID(), Kind: wire.KindFileViewed, Post: place, Reference: d.reference,
			Time: time.Now().UnixMilli(), IntakeKey: 1,
		},
		Body: make([]byte, bodySize),
	}
	if _, err := rand.Read(draft.Body); err != nil {
		return draft, fault.New(fault.Internal, op, "random body", err)
	}
	release := d.made%(views+1) == 0
	d.made++
	if !release {
		return draft, nil
	}
	fresh, err := consular.NewReference(rand.Reader)
	if err != nil {
		return draft, err
	}
	d.reference = fresh.Digits()
	slip := wire.Digest(draft.Body[:32])
	draft.Header.Kind, draft.Header.Reference, draft.Header.SlipHash = wire.KindRequestReleased, d.reference, &slip
	draft.Header.Service, draft.Header.Pickup = uint8(consular.CNIEFirst), place
	return draft, nil
}

// cargo is what all contenders carry.
type cargo struct {
	entries int
	payload int      // bytes of the entries
	batches [][]byte // as a node encodes and signs them
}

// load takes all entries after a position.
func load(j *journal.Journal, after wire.Position) (c cargo, err error) {
	key, err := seal.GenerateSigningKey()
	if err != nil {
		return c, err
	}
	for {
		entries, err := j.ReadAfter(after, perBatch)
		if err != nil || len(entries) == 0 {
			return c, err
		}
		raw, err := wire.SealBatch(after, entries, 1, key)
		if err != nil {
			return c, err
		}
		for _, e := range entries {
			after = after.Next(e)
			c.payload += len(e.Header) + len(e.Body)
		}
		c.entries += len(entries)
		c.batches = append(c.batches, raw)
	}
}

func hostPort(host netip.Addr, port int) string {
	return net.JoinHostPort(host.String(), strconv.Itoa(port))
}
