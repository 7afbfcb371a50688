package train

import "slices"

// How texts are chosen: the number of bytes that have to agree to count as the
// same, and the greatest length of one piece of text.
const (
	shingle = 6
	segment = 48
)

// cover chooses the pieces of the samples that cover most of what samples share
// (Liao et al., "Effective construction of relative Lempel-Ziv dictionaries",
// WWW 2016; zstd's own trainer does the same).
type cover struct {
	samples [][]byte
	ids     [][]int32 // of the shingle at each offset of each sample
	weight  []uint32  // by id, in how many samples it is; 0 once it is covered
	inside  []int32   // by id, how often it is in the window that best looks at
}

func newCover(samples [][]byte) *cover {
	c := &cover{samples: samples, ids: make([][]int32, len(samples))}
	numbers := map[uint64]int32{}
	var last []int // by id, the sample that it was seen in, from 1
	for i, s := range samples {
		for at := 0; at+shingle <= len(s); at++ {
			key := keyOf(s[at:])
			id, known := numbers[key]
			if !known {
				id = int32(len(last)) //nolint:gosec // far fewer shingles than 2^31 fit into memory
				numbers[key] = id
				last, c.weight = append(last, 0), append(c.weight, 0)
			}
			c.ids[i] = append(c.ids[i], id)
			if last[id] != i+1 {
				last[id] = i + 1
				c.weight[id]++
			}
		}
	}
	for id, n := range c.weight {
		if n < 2 { // what one sample alone has helps no other
			c.weight[id] = 0
		}
	}
	c.inside = make([]int32, len(c.weight))
	return c
}

func keyOf(b []byte) (key uint64) {
	for _, x := range b[:shingle] {
		key = key<<8 | uint64(x)
	}
	return key
}

// choose takes the best piece of one stretch of samples after the other, round
// and round, until the size is full or nothing shared is left. The pieces taken
// first end up last, where a match costs least.
func (c *cover) choose(size int) []byte {
	stretches := min(max(1, size/segment/4), max(1, len(c.samples)))
	var pieces [][]byte
	total := 0
	for idle := 0; idle < stretches && total < size; {
		for n := 0; n < stretches && total < size; n++ {
			piece := c.best(n*len(c.samples)/stretches, (n+1)*len(c.samples)/stretches)
			if piece == nil {
				idle++
				continue
			}
			idle = 0
			pieces = append(pieces, piece)
			total += len(piece)
		}
	}
	out := make([]byte, 0, total)
	for _, piece := range slices.Backward(pieces) {
		out = append(out, piece...)
	}
	return out[max(0, len(out)-size):]
}

// best gives the piece with the greatest weight of the samples from one to
// before another, shorn of ends that weigh nothing, and takes its weight away;
// nil when nothing there weighs anything.
func (c *cover) best(from, to int) []byte {
	const window = segment - shingle + 1 // shingles in a piece
	sample, first, last := 0, 0, 0
	most := uint64(0)
	for i := from; i < to; i++ {
		ids := c.ids[i]
		sum := uint64(0)
		for at, id := range ids {
			if c.inside[id]++; c.inside[id] == 1 {
				sum += uint64(c.weight[id])
			}
			if at >= window {
				sum -= c.drop(ids[at-window])
			}
			if sum > most {
				most, sample, first, last = sum, i, max(0, at-window+1), at
			}
		}
		for _, id := range ids {
			c.inside[id] = 0
		}
	}
	if most == 0 {
		return nil
	}
	ids := c.ids[sample]
	for c.weight[ids[first]] == 0 {
		first++
	}
	for c.weight[ids[last]] == 0 {
		last--
	}
	for _, id := range ids[first : last+1] {
		c.weight[id] = 0
	}
	return c.samples[sample][first : last+shingle]
}

// drop takes a shingle out of the window and gives what it weighed there.
func (c *cover) drop(id int32) uint64 {
	if c.inside[id]--; c.inside[id] > 0 {
		return 0
	}
	return uint64(c.weight[id])
}
