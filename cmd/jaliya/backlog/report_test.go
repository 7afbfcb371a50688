package backlog

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/emulate"
	"jaliya/internal/fault"
)

func TestProfiles(t *testing.T) {
	for _, p := range Profiles {
		up, down := p.weather()
		require.NoError(t, up.Validate(), p)
		require.NoError(t, down.Validate(), p)
		require.Equal(t, p.RTT, up.Delay+down.Delay)
		require.NotEqual(t, up.Seed, down.Seed, "both ways lose different packets")
		require.Equal(t, 20_000, p.entries(20_000, 0), "not scaled down")
		require.LessOrEqual(t, p.entries(20_000, 40*time.Second)*entrySize*8, p.Rate*40)
		require.LessOrEqual(t, p.entries(20_000, time.Hour), 20_000)
		const payload = 1_000_000
		ideal := time.Duration(payload * 8 * float64(time.Second) / float64(p.Rate))
		require.InDelta(t, 1, p.share(payload, ideal), 1e-6)
		require.Greater(t, p.limit(payload), 20*ideal)
	}
	require.Equal(t, "256 kbit/s, 800 ms, 8 % loss", Profiles[3].String())
	require.Equal(t, 100_000, Profiles[0].queue(), "what is under way on the full link")
	require.Equal(t, leastQueue, Profiles[3].queue())
}

func TestReport(t *testing.T) {
	of := func(ours, theirs time.Duration) table {
		c := cargo{entries: 1000, payload: 1_000_000}
		return table{profile: Profiles[1], cargo: c, lines: []line{
			{name: "Jaliya, first time", took: 2 * ours, carried: c.payload, sent: 1_100_000},
			{name: "Jaliya", took: ours, carried: c.payload, sent: 1_100_000},
			{name: "HTTP/2, TCP bbr", took: theirs, carried: c.payload},
			{name: "plain QUIC, one stream", took: time.Minute, carried: c.payload / 2},
		}}
	}
	var out bytes.Buffer
	require.NoError(t, report([]table{of(3*time.Second, 4*time.Second)}, Options{Entries: 20_000}, &out))
	require.Contains(t, out.String(), "1000 entries, scaled down from 20000, 1.0 MB")
	require.Contains(t, out.String(), "66.7 % of the link")
	require.Contains(t, out.String(), "1.10 x sent")
	require.Contains(t, out.String(), "gave up at 50 %")

	err := report([]table{of(3*time.Second, 4*time.Second), of(4*time.Second, 4*time.Second)}, Options{}, &out)
	require.ErrorContains(t, err, "4 Mbit/s, 220 ms, 1 % loss")
}

// TestLanded: an answer counts only when it is signed, and of this batch.
func TestLanded(t *testing.T) {
	keys, err := newTrust()
	require.NoError(t, err)
	c := &tally{cargo: cargo{payload: 900, batches: [][]byte{make([]byte, 300), make([]byte, 700)}}, keys: keys, begun: time.Now()}
	other, err := newTrust()
	require.NoError(t, err)
	for name, answer := range map[string][]byte{
		"ErrCorrupt of another batch":  keys.answer(c.batches[1]),
		"ErrCorrupt by another server": other.answer(c.batches[0]),
		"ErrCorrupt cut off":           keys.answer(c.batches[0])[:answerSize-1],
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, fault.Corrupt.String(), fault.KindOf(c.landed(0, answer)).String())
			require.Zero(t, c.answered.Load())
		})
	}
	require.NoError(t, c.landed(0, keys.answer(c.batches[0])))
	require.EqualValues(t, 270, c.answered.Load())
	require.NoError(t, c.landed(1, keys.answer(c.batches[1])))
	require.EqualValues(t, 900, c.answered.Load())
	require.Positive(t, c.first.Load())
}

func TestCalibrationHolds(t *testing.T) {
	p := Profiles[0]
	good := measured{rate: float64(p.Rate), delay: p.RTT / 2, sent: 100, lost: 2, expected: 2}
	require.NoError(t, good.holds(p))
	for name, spoil := range map[string]func(*measured){
		"Slower":   func(m *measured) { m.rate *= 0.97 },
		"Faster":   func(m *measured) { m.rate *= 1.03 },
		"Nearer":   func(m *measured) { m.delay -= 2 * time.Millisecond },
		"Farther":  func(m *measured) { m.delay += 2 * delayLate },
		"LostMore": func(m *measured) { m.lost++ },
		"LostLess": func(m *measured) { m.lost-- },
	} {
		t.Run(name, func(t *testing.T) {
			m := good
			spoil(&m)
			require.Error(t, m.holds(p))
		})
	}
}

// TestSameFates: what is lost of one contender is lost of all.
func TestSameFates(t *testing.T) {
	up, _ := Profiles[3].weather()
	again, _ := Profiles[3].weather()
	one, two := emulate.NewWay(up), emulate.NewWay(again)
	for n := range 1000 {
		_, a := one.Take(time.Duration(n)*time.Second, 1200)
		_, b := two.Take(time.Duration(n)*2*time.Second, 900)
		require.Equal(t, a, b)
	}
}
