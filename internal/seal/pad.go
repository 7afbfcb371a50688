package seal

import "math/bits"

// Floors of the padding buckets, in bytes of plaintext. They are what two
// contents of nearly the same size are hidden behind.
const (
	BodyFloor   = 256       // bodies differ by a few words
	BundleFloor = 16 * 1024 // images differ by their compression
)

// Bucket gives the padded size of n bytes: the next multiple of the floor, or
// of the Padmé step (Nikitin et al., PETS 2019) where that is coarser. So small
// contents share buckets of the floor, and large ones leak O(log log n) bits at
// an overhead that never exceeds 12 % and falls with size.
func Bucket(n, floor int64) int64 {
	step := max(floor, padmeStep(n), 1)
	return max((n+step-1)/step, 1) * step
}

// padmeStep is 2^(E-S) with E = floor(log2 n) and S = floor(log2 E) + 1.
func padmeStep(n int64) int64 {
	if n < 2 {
		return 1
	}
	e := bits.Len64(uint64(n)) - 1
	s := bits.Len(uint(e))
	return 1 << max(e-s, 0)
}

// allZero reports whether padding is what it must be: a second encoding of the
// same content would be room for a hidden message.
func allZero(b []byte) bool {
	var or byte
	for _, c := range b {
		or |= c
	}
	return or == 0
}
