package sim_test

import (
	"crypto/sha256"
	"slices"

	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// vault is hub/vault with the disk taken out: what has a name is durable, what
// has none may be lost or torn by a crash.
type vault struct {
	*world
	objects  map[wire.Digest][]byte
	partials map[wire.Digest]*partial
	order    []wire.Digest // of partials, for a crash to repeat
	stored   []wire.Digest // names in order of appearance
}

type partial struct {
	offer  wire.Offer
	chunks [][]byte
}

func newVault(w *world) *vault {
	return &vault{world: w, objects: map[wire.Digest][]byte{}, partials: map[wire.Digest]*partial{}}
}

func (v *vault) has(d wire.Digest, size uint64) bool { return uint64(len(v.objects[d])) == size }

// begin gives the chunks that are missing, none when the object is stored.
// What a crash left is verified again.
func (v *vault) begin(o wire.Offer) (missing wire.Bitmap, stored bool, err error) {
	if err := o.Validate(); err != nil {
		return nil, false, err
	}
	if v.has(o.Digest, o.Size) {
		return nil, true, nil
	}
	p := v.partials[o.Digest]
	if p == nil {
		p = &partial{offer: o, chunks: make([][]byte, o.Count())}
		v.partials[o.Digest] = p
		v.order = append(v.order, o.Digest)
	}
	missing = wire.NewBitmap(o.Count())
	for i, c := range p.chunks {
		if sha256.Sum256(c) != o.ChunkDigest(i) {
			missing.Set(i)
		}
	}
	return missing, false, nil
}

// write takes one chunk and reports whether the object is whole, named and
// durable now.
func (v *vault) write(d wire.Digest, index int, chunk []byte) (bool, error) {
	p := v.partials[d]
	switch {
	case p == nil:
		return v.objects[d] != nil, nil // another upload of the same object was faster
	case index >= len(p.chunks) || sha256.Sum256(chunk) != p.offer.ChunkDigest(index):
		return false, fault.New(fault.Corrupt, "sim: write chunk", d.String(), nil)
	}
	p.chunks[index] = chunk
	var whole []byte
	for i, c := range p.chunks {
		if sha256.Sum256(c) != p.offer.ChunkDigest(i) {
			return false, nil
		}
		whole = append(whole, c...)
	}
	v.forget(d)
	if sha256.Sum256(whole) != d {
		return false, fault.New(fault.Corrupt, "sim: commit object", d.String(), nil)
	}
	v.objects[d] = whole
	v.stored = append(v.stored, d)
	return true, nil
}

func (v *vault) forget(d wire.Digest) {
	delete(v.partials, d)
	v.order = slices.DeleteFunc(v.order, func(one wire.Digest) bool { return one == d })
}

// crash loses or tears what has no name yet.
func (v *vault) crash() {
	for _, d := range slices.Clone(v.order) {
		p := v.partials[d]
		for i, c := range p.chunks {
			switch {
			case v.rand.Chance(0.3):
				p.chunks[i] = nil
			case v.rand.Chance(0.2) && len(c) > 0:
				torn := slices.Clone(c)
				clear(torn[v.rand.IntN(len(torn)):])
				p.chunks[i] = torn
			}
		}
		if v.rand.Chance(0.2) {
			v.forget(d)
		}
	}
}

// mislay loses an object that it has not vouched for yet: the node that was
// told that it is stored has to bring it again.
func (v *vault) mislay() bool {
	for i, d := range v.stored {
		if !v.check.needed[d] {
			v.note("hub", "image mislaid", 0, 0)
			delete(v.objects, d)
			v.stored = slices.Delete(v.stored, i, i+1)
			return true
		}
	}
	return false
}
