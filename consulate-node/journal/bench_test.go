package journal_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/journal/journaltest"
	"jaliya/consulate-node/journal/mirror"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

const benchBody = 1024

// BenchmarkAppend measures a durable save of a 1 KiB sealed entry against what
// nobody can beat on the same disk at the same moment: the same bytes appended
// to a file, and fsync. The two take turns, so that the disk's mood hits both;
// the figure is the ratio of the medians. In memory (tmpfs) it says nothing.
func BenchmarkAppend(b *testing.B) {
	j, k := fresh(b)
	raw := newRaw(b)
	ours, theirs := make([]time.Duration, 0, b.N), make([]time.Duration, 0, b.N)
	for b.Loop() {
		d := k.Release(benchBody)
		start := time.Now()
		_, err := j.Append(b.Context(), d)
		ours = append(ours, time.Since(start))
		if err != nil {
			b.Fatal(err)
		}
		theirs = append(theirs, raw.append(b))
	}
	p50, r50 := median(ours), median(theirs)
	b.ReportMetric(float64(p50), "append-p50-ns")
	b.ReportMetric(float64(r50), "raw-p50-ns")
	b.ReportMetric(float64(p50)/float64(r50), "x-raw")
}

// BenchmarkAppendMirrored is BenchmarkAppend with a mirror, on the same disk: a
// second one would not wait for the first. It takes turns with a journal without
// one and with the yardstick.
func BenchmarkAppendMirrored(b *testing.B) {
	bare, k := fresh(b)
	d := newDisks(b)
	d.kit = k
	j := open(b, d.first, d.options())
	raw := newRaw(b)
	var both, one, theirs []time.Duration
	timed := func(j *journal.Journal) time.Duration {
		draft := k.Release(benchBody)
		start := time.Now()
		if _, err := j.Append(b.Context(), draft); err != nil {
			b.Fatal(err)
		}
		return time.Since(start)
	}
	for b.Loop() {
		both, one, theirs = append(both, timed(j)), append(one, timed(bare)), append(theirs, raw.append(b))
	}
	p50, o50, r50 := median(both), median(one), median(theirs)
	b.ReportMetric(float64(p50), "mirrored-p50-ns")
	b.ReportMetric(float64(o50), "append-p50-ns")
	b.ReportMetric(float64(r50), "raw-p50-ns")
	b.ReportMetric(float64(p50)/float64(r50), "x-raw")
	b.ReportMetric(float64(o50)/float64(r50), "x-raw-without")
}

// BenchmarkMirrorOpen is what a start pays for a mirror whose log has a day's
// transactions.
func BenchmarkMirrorOpen(b *testing.B) {
	d := newDisks(b)
	j, err := journal.Open(d.first, d.options())
	require.NoError(b, err)
	for range 1000 {
		appendAll(b, j, d.kit.Release(benchBody))
	}
	size := j.Mirror().Log
	require.NoError(b, j.Close())
	b.SetBytes(size)
	for b.Loop() {
		j, err := journal.Open(d.first, d.options())
		if err != nil || j.Mirror().State != mirror.Good {
			b.Fatal(err)
		}
		require.NoError(b, j.Close())
	}
}

// BenchmarkRawAppendFsync is the yardstick alone.
func BenchmarkRawAppendFsync(b *testing.B) {
	raw := newRaw(b)
	for b.Loop() {
		raw.append(b)
	}
}

// BenchmarkStoreReceipts is what a session pays to make 64 entries L2.
func BenchmarkStoreReceipts(b *testing.B) {
	k, dir := newKit(b), b.TempDir()
	store, err := kv.Open(filepath.Join(dir, "journal.db"), kv.Options{})
	require.NoError(b, err)
	j, err := journal.OpenOn(dir, store, k.Options())
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, j.Close()) })
	for b.Loop() {
		b.StopTimer()
		at := state(b, j).Head
		require.NoError(b, store.Update(func(w kv.Writer) error { return appendMany(w, k, 64) }))
		entries, err := j.ReadAfter(at, 64)
		require.NoError(b, err)
		r := []journal.Receipted{k.Receipt(at, entries)}
		b.StartTimer()
		if err := j.StoreReceipts(r); err != nil {
			b.Fatal(err)
		}
	}
}

func appendMany(w kv.Writer, k *journaltest.Kit, n int) error {
	for range n {
		if _, err := journal.AppendTo(w, k.Release(64)); err != nil {
			return err
		}
	}
	return nil
}

// BenchmarkReadBatch reads and verifies 128 entries of 1 KiB.
func BenchmarkReadBatch(b *testing.B) {
	j, k := fresh(b)
	for range 128 {
		appendAll(b, j, k.Release(benchBody))
	}
	start := wire.Genesis(k.Identity.Node, k.Incarnation)
	b.SetBytes(128 * benchBody)
	for b.Loop() {
		if got, err := j.ReadAfter(start, 128); err != nil || len(got) != 128 {
			b.Fatal(len(got), err)
		}
	}
}

// BenchmarkCheck proves a journal of 1,000 entries.
func BenchmarkCheck(b *testing.B) {
	j, k := fresh(b)
	for range 1000 {
		appendAll(b, j, k.Release(benchBody))
	}
	require.NoError(b, k.Secure(j, 256))
	for b.Loop() {
		requireSound(b, j, k)
	}
}

type rawLog struct {
	file  *os.File
	bytes []byte
}

func newRaw(b *testing.B) *rawLog {
	b.Helper()
	f, err := os.Create(filepath.Join(b.TempDir(), "raw.log"))
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, f.Close()) })
	k, err := journaltest.New(1)
	require.NoError(b, err)
	d := k.Release(benchBody)
	e, err := wire.NewEntry(d.Header, d.Body)
	require.NoError(b, err)
	return &rawLog{file: f, bytes: wire.Marshal(e)}
}

func (r *rawLog) append(b *testing.B) time.Duration {
	b.Helper()
	start := time.Now()
	_, err := r.file.Write(r.bytes)
	if err == nil {
		err = r.file.Sync()
	}
	took := time.Since(start)
	if err != nil {
		b.Fatal(err)
	}
	return took
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}
