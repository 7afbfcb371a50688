// Package neutral asks whether anything that can be seen tells two kinds of
// things apart: requests of people of whom something was found from those of
// whom nothing was (domain.md G.2, the neutral status rule). It is for tests
// and for the journeys of localnet; what watches brings samples, and this
// package compares them by chance alone.
//
// Guarantees: a difference is said only at a level that holds over all that is
// compared together; no shape of figures is assumed. That nothing was found is
// as good as the number of samples: let a watch find what was planted, too.
package neutral

import (
	"cmp"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
)

// Sample is all that could be seen of one thing, and of which kind it is.
type Sample struct {
	Second  bool
	Figures map[string]float64
	Words   map[string]string
}

// Result is one comparison.
type Result struct {
	Name   string
	D, P   float64    // the largest gap between the shares of both kinds, and how often chance makes one as large
	Means  [2]float64 // of a figure
	Differ bool       // at the level over all that were compared
}

// Compare compares every figure and every text of the samples. A text is
// compared by how often each of its forms comes.
func Compare(samples []Sample, level float64) []Result {
	figures, words := map[string]bool{}, map[string]bool{}
	for _, one := range samples {
		for name := range one.Figures {
			figures[name] = true
		}
		for name := range one.Words {
			words[name] = true
		}
	}
	orders := enough(len(figures)+len(words), level)
	var list []Result
	for _, name := range slices.Sorted(maps.Keys(figures)) {
		list = append(list, figure(samples, name, orders))
	}
	for _, name := range slices.Sorted(maps.Keys(words)) {
		list = append(list, word(samples, name, orders))
	}
	return holm(list, level)
}

// Differ gives the names of those that differ.
func Differ(list []Result) (names []string) {
	for _, one := range list {
		if one.Differ {
			names = append(names, one.Name)
		}
	}
	return names
}

// holm marks what differs so that the chance of a single false word over all of
// the list is at most the level, however they hang together (Holm 1979).
func holm(list []Result, level float64) []Result {
	order := make([]int, len(list))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(list[a].P, list[b].P) })
	for k, i := range order {
		if list[i].P > level/float64(len(list)-k) {
			break
		}
		list[i].Differ = true
	}
	return list
}

// figure compares one figure by the statistic of Kolmogorov and Smirnov. A
// sample without it has zero.
func figure(samples []Sample, name string, orders int) Result {
	sorted := slices.Clone(samples)
	slices.SortStableFunc(sorted, func(a, b Sample) int { return cmp.Compare(a.Figures[name], b.Figures[name]) })
	values, second := make([]float64, len(sorted)), make([]bool, len(sorted))
	r := Result{Name: name}
	var n [2]int
	for i, one := range sorted {
		values[i], second[i] = one.Figures[name], one.Second
		k := 0
		if one.Second {
			k = 1
		}
		n[k]++
		r.Means[k] += values[i]
	}
	for k := range r.Means {
		r.Means[k] /= float64(max(1, n[k]))
	}
	r.D, r.P = chance(orders, second, func(second []bool) float64 { return Distance(values, second) })
	return r
}

// word compares the forms of one text: half the sum of the differences of their
// shares.
func word(samples []Sample, name string, orders int) Result {
	forms, seen := make([]int, len(samples)), map[string]int{}
	second := make([]bool, len(samples))
	for i, one := range samples {
		at, known := seen[one.Words[name]]
		if !known {
			at = len(seen)
			seen[one.Words[name]] = at
		}
		forms[i], second[i] = at, one.Second
	}
	r := Result{Name: name}
	counts := make([][2]int, len(seen))
	r.D, r.P = chance(orders, second, func(second []bool) float64 { return apart(forms, second, counts) })
	return r
}

func apart(forms []int, second []bool, counts [][2]int) float64 {
	clear(counts)
	var n [2]float64
	for i, form := range forms {
		k := 0
		if second[i] {
			k = 1
		}
		counts[form][k]++
		n[k]++
	}
	sum := 0.0
	for _, c := range counts {
		sum += math.Abs(float64(c[0])/n[0] - float64(c[1])/n[1])
	}
	return sum / 2
}

// Distance is the two-sample statistic of Kolmogorov and Smirnov: the largest
// gap between the shares of both kinds that lie at or below a value. values
// rises.
func Distance(values []float64, second []bool) float64 {
	var n [2]float64
	for _, s := range second {
		if s {
			n[1]++
		} else {
			n[0]++
		}
	}
	var a, b, most float64
	for i, s := range second {
		if s {
			b++
		} else {
			a++
		}
		if i+1 == len(values) || values[i+1] != values[i] {
			most = max(most, math.Abs(a/n[0]-b/n[1]))
		}
	}
	return most
}

// Orders of chance: more are drawn only where few were as large, for that is
// where the answer hangs on it.
const (
	few  = 999
	rare = 20 // as large among the few
)

// enough gives how many orders a figure may need that is one of so many: where
// none is as large, its share is half of what the strictest step asks for.
func enough(comparisons int, level float64) int {
	return max(few, int(math.Ceil(2*float64(comparisons)/level)))
}

// chance gives a statistic and the share of random orders of the kinds in which
// it is as large, the order that was seen counted: exact whatever the figures
// look like, ties included.
func chance(orders int, kinds []bool, statistic func([]bool) float64) (d, p float64) {
	d = statistic(kinds)
	if d < 1e-12 {
		return 0, 1
	}
	mixed, random := slices.Clone(kinds), rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same answer for the same figures
	as := 1
	for drawn := 1; ; drawn++ {
		random.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		if statistic(mixed) >= d-1e-12 {
			as++
		}
		if drawn == orders || drawn >= few && as > rare {
			return d, float64(as) / float64(drawn+1)
		}
	}
}
