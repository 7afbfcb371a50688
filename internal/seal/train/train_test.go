package train_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/seal"
	"jaliya/internal/seal/train"
	"jaliya/internal/specimen"
)

func TestDictionary(t *testing.T) {
	bodies := specimen.New(7).Bodies(100, false)
	samples := append(bodies.Releases, bodies.Others...)
	o := train.Options{Number: 9, Size: 4 << 10}
	dict, err := train.Dictionary(o, samples)
	require.NoError(t, err)

	t.Run("OK/Repeats", func(t *testing.T) {
		for range 2 {
			again := specimen.New(7).Bodies(100, false)
			other, err := train.Dictionary(o, append(again.Releases, again.Others...))
			require.NoError(t, err)
			require.Equal(t, dict, other)
		}
	})
	t.Run("OK/OtherSamples", func(t *testing.T) {
		other, err := train.Dictionary(o, specimen.New(8).Bodies(100, false).Releases)
		require.NoError(t, err)
		require.NotEqual(t, dict, other)
	})
	t.Run("OK/Helps", func(t *testing.T) {
		set := specimen.New(8).Bodies(50, false).Releases
		plain, trained := sealed(t, 0, nil, set), sealed(t, 9, dict, set)
		require.Less(t, total(trained), total(plain)*9/10)
	})
	t.Run("Err", func(t *testing.T) {
		for name, c := range map[string]struct {
			o       train.Options
			samples [][]byte
		}{
			"NoNumber":        {train.Options{Size: 8 << 10}, samples},
			"TooSmall":        {train.Options{Number: 1, Size: train.MinSize - 1}, samples},
			"TooLarge":        {train.Options{Number: 1, Size: train.MaxSize + 1}, samples},
			"NoSamples":       {o, nil},
			"NothingInCommon": {o, [][]byte{[]byte("abcdefghijklmnop"), []byte("0123456789"), []byte("x")}},
		} {
			_, err := train.Dictionary(c.o, c.samples)
			require.Equal(t, fault.Invalid, fault.KindOf(err), name)
		}
	})
}

// TestSizesTellNoMore: with the dictionary of this program the sizes of bodies
// fall into no more classes than without one, and the short bodies, of staff,
// cards and records, have one size whatever they say.
func TestSizesTellNoMore(t *testing.T) {
	b := specimen.New(99).Bodies(300, false)
	dicts, err := seal.BuiltIn()
	require.NoError(t, err)
	require.NoError(t, dicts.Use(0))
	plain := sizes(t, dicts, b.Releases)
	require.NoError(t, dicts.Follow(4))
	require.NotZero(t, dicts.Current())
	require.LessOrEqual(t, len(classes(sizes(t, dicts, b.Releases))), len(classes(plain)))
	require.Len(t, classes(sizes(t, dicts, b.Others)), 1)
}

func sealed(t *testing.T, number uint16, dict []byte, set [][]byte) []int {
	t.Helper()
	known := map[uint16][]byte{}
	if number != 0 {
		known[number] = dict
	}
	d, err := seal.NewDictionaries(number, known)
	require.NoError(t, err)
	return sizes(t, d, set)
}

func sizes(t *testing.T, d *seal.Dictionaries, set [][]byte) (out []int) {
	t.Helper()
	keys, err := seal.GenerateIntakeKeys(d)
	require.NoError(t, err)
	v, err := seal.NewVisit(keys.Public(), [16]byte{1}, d)
	require.NoError(t, err)
	for _, b := range set {
		e, err := v.SealBody(b, nil)
		require.NoError(t, err)
		o, err := keys.Open(e, [16]byte{1}, nil)
		require.NoError(t, err)
		require.Equal(t, b, o.Body())
		out = append(out, len(e))
	}
	return out
}

func classes(sizes []int) map[int]bool {
	out := map[int]bool{}
	for _, n := range sizes {
		out[n] = true
	}
	return out
}

func total(sizes []int) (sum int) {
	for _, n := range sizes {
		sum += n
	}
	return sum
}
