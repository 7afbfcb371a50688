package watch_test

import (
	"context"
	"encoding/binary"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"jaliya/hub/ledger"
	"jaliya/hub/watch"
	"jaliya/internal/consular"
	"jaliya/internal/wire"
)

// nation is a ledger on disk with machines at all posts and open requests.
type nation struct {
	b     testing.TB
	index uint64
	live  []ledger.Observation
	*ledger.Ledger
}

func (n *nation) apply(c ledger.Command) ledger.Result {
	n.b.Helper()
	raw, err := ledger.Encode(c)
	require.NoError(n.b, err)
	n.index++
	answers, err := n.Apply([]ledger.Entry{{Index: n.index, Term: 1, Command: raw}})
	require.NoError(n.b, err)
	r, ok := answers[0].(ledger.Result)
	require.True(n.b, ok)
	require.NoError(n.b, r.Err())
	return r
}

// digest makes one out of two numbers.
func digest(a, c int) (d wire.Digest) {
	binary.BigEndian.PutUint64(d[:], uint64(a))
	binary.BigEndian.PutUint64(d[8:], uint64(c))
	d[31] = 1
	return d
}

// join gives a post its machine and requests that are under way.
func (n *nation) join(number int, post consular.PostID, requests int) {
	n.b.Helper()
	at := noon.UnixMilli()
	secret, key := digest(number, -1), digest(number, -2)
	id := wire.NodeID(key[:16])
	n.apply(ledger.InviteNode{Time: at, Invitation: secret, Post: post, Expires: at + 1e6})
	n.apply(ledger.JoinNode{Time: at, Invitation: secret, Node: id, Post: post, Device: key, Journal: key[:], PostKey: make([]byte, 64)})
	session := n.apply(ledger.OpenSession{Time: at, Node: id}).Session
	head := wire.Genesis(id, 1)
	batch := ledger.AdmitBatch{After: head, Session: session}
	for i := range requests {
		ref, err := consular.NewReference(seeded(n.index<<32 | uint64(i)))
		require.NoError(n.b, err)
		slip, record := digest(number, i), digest(i+1, number+1)
		e, err := wire.NewEntry(wire.Header{
			Source: wire.SourceNode, Node: id, Incarnation: 1, Seq: head.Seq + 1, Time: at, Record: wire.RecordID(record[:16]),
			Kind: wire.KindRequestReleased, Post: post, Reference: ref.Digits(), Service: uint8(consular.CNIERenewal), Pickup: post,
			Images: []wire.Image{{Digest: digest(number, i+1<<20), Size: 100_000}}, SlipHash: &slip, IntakeKey: 1,
		}, make([]byte, 64))
		require.NoError(n.b, err)
		head, batch.Entries = head.Next(e), append(batch.Entries, e)
		if len(batch.Entries) == 64 || i == requests-1 {
			r := n.apply(ledger.Admit{Time: at, Batches: []ledger.AdmitBatch{batch}})
			require.NoError(n.b, r.Batches[0].Err())
			require.Empty(n.b, r.Batches[0].Refused)
			batch.After, batch.Entries = head, nil
		}
	}
	n.live = append(n.live, ledger.Observation{
		Post: post, Node: id, Heard: at, Session: at - 1, RTT: 200, Told: at,
		Report: wire.Report{Time: at, Software: "v1.4.0", Started: 1, Transport: "quic", Free: 50 << 30, Total: 100 << 30, Alone: 45},
	})
}

// seeded gives bytes that differ by their seed.
type seeded uint64

// Read implements io.Reader.
func (s seeded) Read(p []byte) (int, error) {
	for i := range p {
		s = s*6364136223846793005 + 1442695040888963407
		p[i] = byte(s >> 56)
	}
	return len(p), nil
}

// processor gives the time that this process has had of a processor: what others
// on the machine do is not in it.
func processor(b *testing.B) time.Duration {
	b.Helper()
	var used unix.Rusage
	require.NoError(b, unix.Getrusage(unix.RUSAGE_SELF, &used))
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// BenchmarkPicture makes the picture of 71 posts and 20,000 requests under way,
// which is three weeks of the nation: with all facts read anew, as once in ten
// seconds, and with the light ones alone, as once in a second.
func BenchmarkPicture(b *testing.B) {
	l, err := ledger.Open(filepath.Join(b.TempDir(), "ledger.db"), ledger.Options{})
	require.NoError(b, err)
	defer func() { require.NoError(b, l.Close()) }()
	n := &nation{b: b, Ledger: l}
	n.apply(ledger.Init{
		Time: noon.UnixMilli(), Cluster: wire.ClusterID{1}, Secret: make([]byte, 32),
		Receipt: [][]byte{make([]byte, 32)}, Intake: []wire.IntakeKey{{Number: 1, Public: make([]byte, 32)}},
	})
	posts, err := consular.BuiltInDirectory()
	require.NoError(b, err)
	const requests = 20_000
	for i, p := range posts.All() {
		n.join(i, p.ID, requests/posts.Len()+1)
	}
	n.apply(ledger.Observe{Time: noon.UnixMilli() + 1, Reports: n.live})
	now := noon
	w, err := watch.New(watch.Config{
		State: n, Live: func() []ledger.Observation { return n.live }, Leading: func() bool { return true }, Directory: posts,
		Members: func() ([]watch.Member, string) { return []watch.Member{{Name: "hub-1", Leading: true}}, "hub-1" },
		Commit:  func(context.Context, ledger.Command) error { return nil }, Version: "v1.4.0",
		Now: func() time.Time { return now }, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(b, err)
	for _, c := range []struct {
		name string
		step time.Duration
	}{{"Anew", 61 * time.Second}, {"Light", time.Second}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			before := processor(b)
			for b.Loop() {
				now = now.Add(c.step)
				p, err := w.Picture(b.Context())
				if err != nil || len(p.Posts) != posts.Len() || p.Stages[0].Count < requests {
					b.Fatal("not the picture", err)
				}
			}
			b.ReportMetric((processor(b)-before).Seconds()*1000/float64(b.N), "cpu-ms/op")
		})
	}
}
