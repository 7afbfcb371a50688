package sim_test

import (
	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/ship"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/sim"
	"jaliya/internal/wire"
)

// upload is one bulk connection: bundles one after the other, as ship's bulk
// and intake's Bulk do.
type upload struct {
	*node
	digests  []wire.Digest
	up, down *sim.Pipe
	patience *sim.Timer
	offer    wire.Offer
	over     bool
}

func (n *node) startUpload(digests []wire.Digest) {
	u := &upload{node: n, digests: digests, up: n.link.Open(sim.Up), down: n.link.Open(sim.Down)}
	n.upload = u
	n.clock.After(n.link.RoundTrip(), u.next)
	u.progress()
}

// progress gives the upload more time.
func (u *upload) progress() {
	u.patience.Stop()
	u.patience = u.clock.After(idle, func() { u.end(true) })
}

// end closes the connection; again lets the node try after a pause.
func (u *upload) end(again bool) {
	if u.over {
		return
	}
	u.over = true
	u.patience.Stop()
	u.up.Close()
	u.down.Close()
	n := u.node
	if n.upload == u {
		n.upload = nil
	}
	if again && n.up {
		n.pausing = true
		epoch := n.epoch
		n.clock.After(probe+n.rand.Between(0, probe), func() {
			if n.epoch == epoch {
				n.pausing = false
				n.uploads()
			}
		})
		return
	}
	n.uploads()
}

func (n *node) dropUpload() {
	if u := n.upload; u != nil {
		u.over = true
		u.patience.Stop()
		u.up.Close()
		u.down.Close()
		n.upload = nil
	}
}

// next offers the next bundle.
func (u *upload) next() {
	if u.over || !u.node.up {
		return
	}
	if len(u.digests) == 0 || !u.canReach() {
		u.end(len(u.digests) > 0)
		return
	}
	digest := u.digests[0]
	u.digests = u.digests[1:]
	var image journal.Image
	if !u.view(func(r kv.Reader) (err error) {
		image, err = journal.ImageOf(r, digest)
		return err
	}) {
		return
	}
	u.offer = image.Offer(digest)
	raw := wire.Marshal(u.offer)
	u.progress()
	u.send(func(h *hub) { h.takeOffer(u, raw) })
}

// send lets the hub do something when the frame arrives, if it is the hub that
// began the stream.
func (u *upload) send(fn func(*hub)) {
	epoch := u.hub.epoch
	u.up.Send(func() {
		if u.hub.up && u.hub.epoch == epoch {
			fn(u.hub)
		}
	})
}

func (u *upload) reply(fn func()) {
	u.down.Send(func() {
		if !u.over && u.node.up {
			u.progress()
			fn()
		}
	})
}

func (h *hub) takeOffer(u *upload, raw []byte) {
	var offer wire.Offer
	if err := wire.Unmarshal(raw, len(raw), &offer); err != nil {
		u.reply(func() { u.end(true) })
		return
	}
	missing, stored, err := h.vault.begin(offer)
	switch {
	case err != nil:
		u.reply(func() { u.end(true) })
	case stored:
		u.reply(func() { u.stored(offer.Digest) })
	default:
		u.reply(func() { u.chunks(missing) })
	}
}

// chunks sends what is missing.
func (u *upload) chunks(missing wire.Bitmap) {
	whole := u.bundles[u.offer.Digest]
	size := int(u.offer.ChunkSize)
	for i := range u.offer.Count() {
		if !missing.Has(i) {
			continue
		}
		frame := wire.ChunkFrame(i, whole[i*size:min(len(whole), (i+1)*size)])
		digest := u.offer.Digest
		u.send(func(h *hub) { h.takeChunk(u, digest, frame) })
	}
}

func (h *hub) takeChunk(u *upload, digest wire.Digest, frame []byte) {
	index, sealed, err := wire.ParseChunk(frame)
	whole := false
	if err == nil {
		whole, err = h.vault.write(digest, index, sealed)
	}
	switch {
	case err != nil:
		u.reply(func() { u.end(true) })
	case whole:
		u.reply(func() { u.stored(digest) })
	}
}

// stored notes durably that the hub has the bundle.
func (u *upload) stored(digest wire.Digest) {
	if digest != u.offer.Digest {
		return
	}
	n := u.node
	err := n.disk.Update(func(w kv.Writer) error { return journal.MarkStored(w, digest) })
	switch {
	case !n.up:
	case fault.Is(err, fault.Full):
		u.end(true)
	case err != nil:
		n.broken(err)
	default:
		n.step(ship.Event{Kind: ship.Tick})
		u.next()
	}
}
