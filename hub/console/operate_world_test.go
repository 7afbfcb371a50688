package console_test

import (
	"context"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub/ledger"
	"jaliya/hub/watch"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// dawn is a world whose operators see what the true watcher makes of the true
// ledger. Lyon answers no longer, Bologna is connected.
type dawn struct {
	*world
	watcher *watch.Watcher

	stuck   consular.Reference // whose card nobody could order
	refused uint64             // number of the entry that was refused
	late    consular.PouchID   // the pouch that has not come

	mu   sync.Mutex // guards live
	live []ledger.Observation
}

// newDawn has a card ordered in vain, a pouch sent to Lyon, and then lets 16 days
// pass; on the last of them Lyon sends an entry that is refused, and is not heard
// since three hours.
func newDawn(tb testing.TB) *dawn {
	tb.Helper()
	d := &dawn{world: newWorld(tb)}
	d.must(ledger.DescribePost{
		Time: d.now().UnixMilli(), Post: "FR-LYO", Telephone: "+33 4 72 00 00 00", Hours: allWeek(),
	})
	d.must(ledger.DescribePost{Time: d.now().UnixMilli(), Post: "IT-BLQ", Telephone: "+39 051 000 000", Hours: allWeek()})
	d.join("IT-BLQ", 9)
	d.sendPouch()
	d.order()
	d.passed.Add(int64(16 * 24 * time.Hour))
	d.must(ledger.Tick{Time: d.now().UnixMilli()})
	d.refuse()
	d.hear("FR-LYO", 7)
	d.observe()
	d.silence()
	d.passed.Add(int64(3 * time.Hour))
	d.fail(6)
	d.hear("IT-BLQ", 9)
	d.watchTruly()
	return d
}

func allWeek() (hours []ledger.OpenHours) {
	for day := range uint8(7) {
		hours = append(hours, ledger.OpenHours{Day: day, From: 0, To: 24 * 60})
	}
	return hours
}

func (d *dawn) join(post consular.PostID, id byte) {
	d.tb.Helper()
	now, key := d.now().UnixMilli(), make([]byte, 32)
	key[0] = id
	d.must(ledger.InviteNode{Time: now, Invitation: wire.Digest{id}, Post: post, Expires: now + 1e6})
	d.must(ledger.JoinNode{
		Time: now, Invitation: wire.Digest{id}, Node: wire.NodeID{id}, Post: post, Device: wire.Digest{id}, Journal: key,
		PostKey: d.world.post.Public().Encode(),
	})
	d.must(ledger.OpenSession{Time: now, Node: wire.NodeID{id}})
}

// sendPouch brings a card into a pouch that leaves for Lyon.
func (d *dawn) sendPouch() {
	d.tb.Helper()
	verifier, karim := d.signedIn(d.hire(access.Verifier, "Nadia Tazi")), d.signedIn(d.hire(access.PouchOfficer, "Karim Alaoui"))
	ref := d.made(verifier)
	at := karim.post("/pouches", "post", "FR-LYO").at
	m := labelPath.FindStringSubmatch(at)
	require.NotNil(d.tb, m, at)
	d.late = consular.PouchID(m[1])
	t, ok := d.tb.(*testing.T)
	require.True(d.tb, ok)
	act := func(what string, pairs ...string) {
		got := karim.post(at+"/"+what, append(karim.get(at).carried(t), pairs...)...)
		require.Less(d.tb, got.status, 400, got.text)
	}
	act("pack", "reference", ref.Digits())
	act("close", "seal", "MA4711")
	d.until("told", func() bool {
		p, err := d.Pouch(d.late)
		require.NoError(d.tb, err)
		return p.Sent != nil && p.Sent.Told != 0
	})
	act("send", "waybill", "RM 123 456")
}

// order approves a request: its card is to be routed to a site.
func (d *dawn) order() {
	d.tb.Helper()
	t, ok := d.tb.(*testing.T)
	require.True(d.tb, ok)
	verifier := d.signedIn(d.hire(access.Verifier, "Hind Berrada"))
	d.stuck, _ = d.release()
	verifier.decide(d.stuck, verifier.get("/verify/case/"+d.stuck.Digits()).carried(t), "decision", "pass")
	require.Equal(d.tb, workflow.Approved, d.state(d.stuck))
}

// routing gives the order that nobody carries out.
func (d *dawn) routing() ledger.Order {
	d.tb.Helper()
	orders, err := d.OpenOrders(uint8(workflow.OrderRoute), d.now().Add(time.Hour).UnixMilli(), 10)
	require.NoError(d.tb, err)
	require.Len(d.tb, orders, 1)
	return orders[0]
}

// fail has it tried in vain so many times.
func (d *dawn) fail(times int) {
	d.tb.Helper()
	for range times {
		d.must(ledger.CompleteOrder{
			Time: d.now().UnixMilli(), Order: d.routing().ID, Retry: d.now().Add(50 * time.Minute).UnixMilli(), Text: "unavailable",
		})
	}
}

// refuse has Lyon send what no request is known for.
func (d *dawn) refuse() {
	d.tb.Helper()
	unknown := reference(d.tb, 40)
	d.must(ledger.OpenSession{Time: d.now().UnixMilli(), Node: d.node})
	entry, err := wire.NewEntry(wire.Header{
		Record: wire.NewRecordID(), Kind: wire.KindRequestCancelled, Source: wire.SourceNode, Node: d.node, Incarnation: 1,
		Seq: d.head.Seq + 1, Time: d.now().UnixMilli(), Post: "FR-LYO", Reference: unknown.Digits(),
	}, nil)
	require.NoError(d.tb, err)
	r := d.must(ledger.Admit{Time: d.now().UnixMilli(), Batches: []ledger.AdmitBatch{{After: d.head, Session: 2, Entries: []wire.Entry{entry}}}})
	require.NoError(d.tb, r.Batches[0].Err())
	require.Len(d.tb, r.Batches[0].Refused, 1)
	d.head = d.head.Next(entry)
	list, err := d.RefusedNewest(10)
	require.NoError(d.tb, err)
	require.Len(d.tb, list, 1)
	d.refused = list[0].Number
}

// hear has a post connected to this member.
func (d *dawn) hear(post consular.PostID, id byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.now()
	d.live = slices.DeleteFunc(slices.Clone(d.live), func(o ledger.Observation) bool { return o.Post == post })
	d.live = append(d.live, ledger.Observation{
		Post: post, Node: wire.NodeID{id}, Heard: now.UnixMilli(), Session: now.Add(-time.Hour).UnixMilli(), RTT: 48, Offset: -1500,
		Address: "198.51.100.7", Told: now.UnixMilli(),
		Report: wire.Report{
			Time: now.UnixMilli(), Software: "1.4.2", Started: now.Add(-9 * 24 * time.Hour).UnixMilli(), Transport: "quic",
			Entries: 214, Bytes: 6e6, Oldest: now.Add(-90 * time.Minute).UnixMilli(), Images: 38, ImageBytes: 71e6, Drafts: 4,
			Free: 310e9, Total: 480e9, Used: 9e9, Mirror: wire.MirrorGood,
			Working: now.Add(6 * 24 * time.Hour).UnixMilli(), Device: now.Add(200 * 24 * time.Hour).UnixMilli(), Alone: 45,
		},
	})
}

// silence has nobody connected.
func (d *dawn) silence() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.live = nil
}

func (d *dawn) heard() []ledger.Observation {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.live
}

// observe has the ledger note what is heard, as a leader does once a minute.
func (d *dawn) observe() {
	d.tb.Helper()
	d.must(ledger.Observe{Time: d.now().UnixMilli(), Reports: d.heard()})
}

// watchTruly shows operators what the true watcher sees.
func (d *dawn) watchTruly() {
	d.tb.Helper()
	directory, err := consular.BuiltInDirectory()
	require.NoError(d.tb, err)
	d.watcher, err = watch.New(watch.Config{
		State: d.world, Live: d.heard, Leading: func() bool { return true }, Directory: directory, Now: d.now, Version: "v1.4.2",
		Members: func() ([]watch.Member, string) {
			return []watch.Member{{Name: "rabat-1", Leading: true, Voter: true, Heard: d.now(), Disk: watch.Disk{Free: 8e11, Total: 2e12}}}, "rabat-1"
		},
		Commit: func(ctx context.Context, c ledger.Command) error { _, err := d.commit(ctx, c); return err },
		Logger: slog.New(slog.NewTextHandler(d.log, nil)), Name: func(id wire.StaffID) string { return d.people.Name(string(id)) },
		Metrics: watch.NewMetrics(nil),
	})
	require.NoError(d.tb, err)
	d.watch.to(d.watcher)
}

// newWatchedWorld is a world whose operators have a true watcher, and nothing to
// do yet.
func newWatchedWorld(tb testing.TB) *world {
	tb.Helper()
	d := &dawn{world: newWorld(tb)}
	d.watchTruly()
	return d.world
}

// picture is what the operators see now.
func (d *dawn) picture() watch.Picture {
	d.tb.Helper()
	p, err := d.watcher.Picture(d.tb.Context())
	require.NoError(d.tb, err)
	return p
}

func decimal(n uint64) string { return strconv.FormatUint(n, 10) }
