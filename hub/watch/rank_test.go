package watch_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub/ledger"
	"jaliya/hub/watch"
	"jaliya/internal/consular"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// fine is a post that needs nobody.
func fine() watch.Post {
	return watch.Post{
		ID: "FR-LYO", Node: "aa", Standing: watch.Connected, Heard: noon, Session: noon.Add(-time.Hour), Told: noon,
		Version: "v1.4.0", OpenNow: true, Telephone: "+33 4",
		Disk:  watch.Disk{Free: 50 << 30, Total: 100 << 30, FullIn: -1, Mirror: "good"},
		Trust: watch.Trust{Certificate: noon.AddDate(0, 0, 6), Device: noon.AddDate(0, 6, 0), AloneUntil: noon.AddDate(0, 0, 45)},
	}
}

func days(n int) time.Time { return noon.AddDate(0, 0, n).Add(time.Hour) }

// TestRankPost judges a post with one thing changed at a time.
func TestRankPost(t *testing.T) {
	t.Parallel()
	type post = watch.Post
	for name, c := range map[string]struct {
		edit func(*post)
		kind watch.NeedKind // empty: nothing
		want watch.Urgency
	}{
		"Fine":              {func(*post) {}, "", 0},
		"NotJoined":         {func(p *post) { p.Standing, p.Refused = watch.NotJoined, 3 }, "", 0},
		"Resting":           {func(p *post) { p.Standing = watch.Resting }, "", 0},
		"Alone":             {func(p *post) { p.Standing = watch.Alone }, "", 0},
		"Silent":            {func(p *post) { p.Standing = watch.Silent }, watch.NeedSilent, watch.Now},
		"SilentAtNight":     {func(p *post) { p.Standing, p.OpenNow, p.OpensAt = watch.Silent, false, noon.Add(20*time.Hour) }, watch.NeedSilent, watch.Today},
		"SilentAtWeekend":   {func(p *post) { p.Standing, p.OpenNow, p.OpensAt = watch.Silent, false, days(3) }, watch.NeedSilent, watch.Soon},
		"Fenced":            {func(p *post) { p.Standing = watch.Fenced }, watch.NeedFenced, watch.Now},
		"BacklogYoung":      {func(p *post) { p.Backlog = watch.Backlog{Entries: 9, Oldest: noon.Add(-119 * time.Minute)} }, "", 0},
		"BacklogToday":      {func(p *post) { p.Backlog = watch.Backlog{Entries: 9, Oldest: noon.Add(-2 * time.Hour)} }, watch.NeedBacklog, watch.Today},
		"BacklogNow":        {func(p *post) { p.Backlog = watch.Backlog{Entries: 9, Oldest: noon.Add(-12 * time.Hour)} }, watch.NeedBacklog, watch.Now},
		"Refused":           {func(p *post) { p.Refused = 2 }, watch.NeedRefused, watch.Today},
		"DiskSoon":          {func(p *post) { p.Disk.FullIn = 21 }, watch.NeedDisk, watch.Soon},
		"DiskToday":         {func(p *post) { p.Disk.FullIn = 7 }, watch.NeedDisk, watch.Today},
		"DiskNow":           {func(p *post) { p.Disk.FullIn = 2 }, watch.NeedDisk, watch.Now},
		"DiskFar":           {func(p *post) { p.Disk.FullIn = 22 }, "", 0},
		"DiskTenth":         {func(p *post) { p.Disk.Free = 9 << 30 }, watch.NeedDisk, watch.Today},
		"DiskTwentieth":     {func(p *post) { p.Disk.Free = 4 << 30 }, watch.NeedDisk, watch.Now},
		"DiskUnknown":       {func(p *post) { p.Disk = watch.Disk{Mirror: "none"} }, "", 0},
		"NeverTold":         {func(p *post) { p.Told, p.Disk.Free = time.Time{}, 0 }, "", 0},
		"Mirror":            {func(p *post) { p.Disk.Mirror = "failed" }, watch.NeedMirror, watch.Today},
		"DeviceSoon":        {func(p *post) { p.Trust.Device = days(30) }, watch.NeedCertificate, watch.Soon},
		"DeviceToday":       {func(p *post) { p.Trust.Device = days(7) }, watch.NeedCertificate, watch.Today},
		"DeviceNow":         {func(p *post) { p.Trust.Device = days(1) }, watch.NeedCertificate, watch.Now},
		"DevicePast":        {func(p *post) { p.Trust.Device = days(-9) }, watch.NeedCertificate, watch.Now},
		"WorkingNotRenewed": {func(p *post) { p.Trust.Certificate = noon.Add(47 * time.Hour) }, watch.NeedCertificate, watch.Today},
		"WorkingLastDay":    {func(p *post) { p.Trust.Certificate = noon.Add(time.Hour) }, watch.NeedCertificate, watch.Now},
		"WorkingAway":       {func(p *post) { p.Standing, p.Trust.Certificate = watch.Resting, noon }, "", 0},
		"AloneEnds":         {func(p *post) { p.Standing, p.Trust.AloneUntil = watch.Resting, days(7) }, watch.NeedAlone, watch.Today},
		"AloneEndsNow":      {func(p *post) { p.Standing, p.Trust.AloneUntil = watch.Resting, days(2) }, watch.NeedAlone, watch.Now},
		"ClockSoon":         {func(p *post) { p.Offset = -2 * time.Minute }, watch.NeedClock, watch.Soon},
		"ClockToday":        {func(p *post) { p.Offset = time.Hour }, watch.NeedClock, watch.Today},
		"VersionOld":        {func(p *post) { p.Version = "v1.3.9-2-gabc" }, watch.NeedVersion, watch.Soon},
		"VersionNewer":      {func(p *post) { p.Version = "v1.10.0" }, "", 0},
		"VersionOdd":        {func(p *post) { p.Version = "dev" }, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := fine()
			c.edit(&p)
			needs := watch.Rank(watch.Facts{
				Now: noon, Posts: []watch.Post{p}, Version: "v1.4.0", Hub: watch.Hub{Leader: "hub-1"},
				Refused: map[consular.PostID]time.Time{"FR-LYO": noon.Add(-time.Hour)},
			})
			if c.kind == "" {
				require.Empty(t, needs)
				return
			}
			require.Len(t, needs, 1)
			require.Equal(t, c.kind, needs[0].Kind)
			require.Equal(t, c.want, needs[0].Urgency)
			require.Equal(t, string(c.kind)+"/FR-LYO", needs[0].Key)
			require.EqualValues(t, "FR-LYO", needs[0].Post)
			require.Positive(t, needs[0].Count)
			require.False(t, needs[0].Since.IsZero())
			kind, subject := watch.SplitKey(needs[0].Key)
			require.Equal(t, c.kind, kind)
			require.Equal(t, "FR-LYO", subject)
		})
	}
}

// TestRankHub judges what is of no post.
func TestRankHub(t *testing.T) {
	t.Parallel()
	good := func() watch.Facts {
		return watch.Facts{Now: noon, Hub: watch.Hub{
			Leader: "hub-1", Members: []watch.Member{{Name: "hub-1", Disk: watch.Disk{Free: 50, Total: 100, FullIn: -1}}},
			Certificate: []watch.Expiry{{Subject: "member hub-1", Until: days(5)}, {Subject: "root", Until: noon.AddDate(5, 0, 0)}},
			Orders:      []watch.OrderLine{{Kind: "print", Open: 8, Failed: 2}},
		}}
	}
	require.Empty(t, watch.Rank(good()))
	for name, c := range map[string]struct {
		edit func(*watch.Facts)
		key  string
		want watch.Urgency
	}{
		"Leaderless":    {func(f *watch.Facts) { f.Hub.Leader = "" }, "hub-leaderless/hub", watch.Now},
		"WasLeaderless": {func(f *watch.Facts) { f.Hub.Leaderless = 5 * time.Minute }, "hub-leaderless/hub", watch.Today},
		"Member":        {func(f *watch.Facts) { f.Hub.Certificate[0].Until = days(3) }, "certificate-ends/hub-member-hub-1", watch.Today},
		"MemberNow":     {func(f *watch.Facts) { f.Hub.Certificate[0].Until = days(1) }, "certificate-ends/hub-member-hub-1", watch.Now},
		"Root":          {func(f *watch.Facts) { f.Hub.Certificate[1].Until = days(30) }, "certificate-ends/hub-root", watch.Soon},
		"Disk":          {func(f *watch.Facts) { f.Hub.Members[0].Disk.Free = 4 }, "disk-filling/hub-hub-1", watch.Now},
		"Stuck":         {func(f *watch.Facts) { f.Hub.Orders[0].Dead = 1 }, "order-stuck/print", watch.Today},
		"StuckLong": {func(f *watch.Facts) {
			f.Hub.Orders[0] = watch.OrderLine{Kind: "revoke", Open: 1, Dead: 1, Oldest: noon.Add(-4 * time.Hour)}
		}, "order-stuck/revoke", watch.Now},
		"BreachToday": {func(f *watch.Facts) {
			f.Stages = []watch.Stage{{Kind: uint8(workflow.KindCNIE), Today: 2}, {Kind: uint8(workflow.KindCNIE), Today: 1}}
		}, "request-breach/" + watch.KindName(workflow.KindCNIE), watch.Today},
		"BreachNow": {func(f *watch.Facts) {
			f.Stages = []watch.Stage{{Kind: uint8(workflow.KindRecord), Today: 2, Breaching: 1}}
		}, "request-breach/" + watch.KindName(workflow.KindRecord), watch.Now},
		"Pouch": {func(f *watch.Facts) {
			f.Pouches = []watch.LatePouch{{Label: "P-7", Post: "FR-LYO", Since: noon.Add(-time.Hour)}}
		}, "pouch-late/P-7", watch.Today},
		"PouchLost": {func(f *watch.Facts) {
			f.Pouches = []watch.LatePouch{{Label: "P-7", Post: "FR-LYO", Since: noon.AddDate(0, 0, -8)}}
		}, "pouch-late/P-7", watch.Now},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := good()
			c.edit(&f)
			needs := watch.Rank(f)
			require.Len(t, needs, 1)
			require.Equal(t, c.key, needs[0].Key)
			require.Equal(t, c.want, needs[0].Urgency)
		})
	}
}

// TestRankOrder: most urgent first, then the oldest; and what the ledger
// remembers of a need is of this one, not of one that ended.
func TestRankOrder(t *testing.T) {
	t.Parallel()
	a, b, c := fine(), fine(), fine()
	a.ID, a.Standing, a.Heard = "ES-MAD", watch.Silent, noon.Add(-time.Hour)
	b.ID, b.Standing, b.Heard = "FR-PAR", watch.Silent, noon.Add(-2*time.Hour)
	c.ID, c.Disk.Mirror = "IT-MIL", "failed"
	began := noon.Add(-30 * time.Minute)
	facts := watch.Facts{
		Now: noon, Posts: []watch.Post{c, a, b}, Hub: watch.Hub{Leader: "hub-1"},
		Marks: map[string]ledger.Need{
			"mirror-failed/IT-MIL": {Key: "mirror-failed/IT-MIL", Begun: began.UnixMilli(), By: "HUB-1", Taken: noon.UnixMilli(), Note: "disk ordered"},
			"post-silent/FR-PAR":   {Key: "post-silent/FR-PAR", Begun: 1, Ended: 2, By: "HUB-1"},
		},
		Name: func(id wire.StaffID) string { return "officer " + string(id) },
	}
	needs := watch.Rank(facts)
	require.Len(t, needs, 3)
	require.Equal(t, []string{"post-silent/FR-PAR", "post-silent/ES-MAD", "mirror-failed/IT-MIL"}, []string{needs[0].Key, needs[1].Key, needs[2].Key})
	require.Empty(t, needs[0].Taken)
	require.WithinDuration(t, began, needs[2].Since, 0)
	require.Equal(t, "officer HUB-1", needs[2].Taken.Name)
	require.Equal(t, "disk ordered", needs[2].Taken.Note)
}

func TestForecast(t *testing.T) {
	t.Parallel()
	const gib = uint64(1) << 30
	hours := func(n int, free func(i int) uint64) []ledger.HourPoint {
		list := make([]ledger.HourPoint, n)
		for i := range list {
			list[i] = ledger.HourPoint{Free: free(i), Total: 1000 * gib}
		}
		return list
	}
	for name, c := range map[string]struct {
		hours []ledger.HourPoint
		days  int
	}{
		"Steady":    {hours(168, func(i int) uint64 { return 168*gib - uint64(i)*gib + 96*gib }), 3}, // 97 left, 4 of reserve, 24 a day
		"Emptying":  {hours(168, func(i int) uint64 { return 100*gib + uint64(i)*gib }), -1},
		"Flat":      {hours(168, func(int) uint64 { return 100 * gib }), -1},
		"TooFew":    {hours(23, func(i int) uint64 { return 100*gib - uint64(i)*gib }), -1},
		"AtReserve": {hours(1, func(int) uint64 { return 4 * gib }), 0},
		"Slow":      {hours(168, func(i int) uint64 { return 900*gib - uint64(i)*gib/100 }), -1}, // years
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, days := watch.Forecast(c.hours, int64(4*gib))
			require.Equal(t, c.days, days)
		})
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	require.NoError(t, watch.Limits{}.Validate())
	for name, l := range map[string]watch.Limits{
		"watch.silent":      {Silent: 1},
		"watch.backlog_now": {BacklogNow: 1},
		"watch.stuck_after": {StuckAfter: -1},
		"watch.clock_today": {ClockToday: 1},
		"watch.reserve":     {Reserve: -1},
	} {
		require.ErrorContains(t, l.Validate(), name)
	}
}

// A disk that is short and does not fill has no day on which it is full.
func TestRankNamesNoDayThatNobodyForesees(t *testing.T) {
	for full, want := range map[int]int{-1: -1, 2: 2} {
		p := fine()
		p.Disk.Free, p.Disk.FullIn = 9<<30, full
		needs := watch.Rank(watch.Facts{Now: noon, Posts: []watch.Post{p}, Version: "v1.4.0", Hub: watch.Hub{Leader: "hub-1"}})
		require.Len(t, needs, 1)
		require.Equal(t, want, needs[0].Days)
	}
}
