package staff_test

import (
	"bytes"
	"context"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/staff"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

const (
	post     consular.PostID = "FR-LYO"
	salma    wire.StaffID    = "LYO-48213"
	karim    wire.StaffID    = "LYO-00007"
	name                     = "Salma Canaryevitch"
	password                 = "quatre cigognes sur le minaret"
	desk                     = "192.0.2.17"
)

// world is a post's sign-in over a real journal on disk, and a hub that only
// seals notices.
type world struct {
	t        *testing.T
	dir      string
	id       journal.Identity
	dataKey  *seal.DataKey
	postKey  *seal.PostKey
	intake   *seal.IntakeKeys
	dicts    *seal.Dictionaries
	hasher   *access.Hasher
	log      *bytes.Buffer
	journal  *journal.Journal
	staff    *staff.SignIn
	cursor   wire.NoticeCursor
	revision map[wire.StaffID]uint64

	wrong    atomic.Int64 // what our clock is off by, ns
	measured atomic.Bool
	heard    atomic.Int64 // ms
	passed   atomic.Int64 // ns since the start of the story
}

var start = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), log: &bytes.Buffer{}, revision: map[wire.StaffID]uint64{}}
	var err error
	w.dicts, err = seal.NewDictionaries(0, nil)
	require.NoError(t, err)
	w.dataKey, err = seal.NewDataKey()
	require.NoError(t, err)
	w.postKey, err = seal.GeneratePostKey(w.dicts)
	require.NoError(t, err)
	w.intake, err = seal.GenerateIntakeKeys(w.dicts)
	require.NoError(t, err)
	w.hasher = access.NewHasher(1)
	w.id = journal.Identity{Node: wire.NewNodeID(), Post: post, Cluster: wire.NewClusterID()}
	w.cursor = wire.NoticeGenesis(w.id.Cluster, post)
	w.heard.Store(start.UnixMilli())
	w.measured.Store(true)
	w.open()
	t.Cleanup(func() { require.NoError(t, w.journal.Close()) })
	return w
}

func (w *world) open() {
	w.t.Helper()
	var err error
	w.journal, err = journal.Open(w.dir, journal.Options{Identity: w.id, Incarnation: 7})
	require.NoError(w.t, err)
	w.staff, err = staff.Open(staff.Options{
		Journal: w.journal, DataKey: w.dataKey, PostKey: w.postKey, Dictionaries: w.dicts, Post: post,
		Intake: func() (seal.IntakePublic, error) { return w.intake.Public(), nil },
		Clock:  func() time.Time { return w.real().Add(time.Duration(w.wrong.Load())) },
		Offset: func() (time.Duration, bool) {
			if !w.measured.Load() {
				return 0, false
			}
			return -time.Duration(w.wrong.Load()), true
		},
		Heard: func() time.Time { return time.UnixMilli(w.heard.Load()) }, Hasher: w.hasher,
		Logger: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	require.NoError(w.t, err)
}

// restart is the end of the process and its next start.
func (w *world) restart() {
	w.t.Helper()
	require.NoError(w.t, w.journal.Close())
	w.open()
}

func (w *world) real() time.Time { return start.Add(time.Duration(w.passed.Load())) }

func (w *world) pass(d time.Duration) { w.passed.Add(int64(d)) }

// tell stores a notice as ship does.
func (w *world) tell(n wire.Notice) {
	w.t.Helper()
	n.Version, n.Post, n.Seq, n.Time = wire.Version, post, w.cursor.Seq+1, w.real().UnixMilli()
	raw := wire.Marshal(n)
	w.cursor = w.cursor.Next(raw)
	require.NoError(w.t, w.journal.StoreNotices([]wire.VerifiedNotice{{Raw: raw, Notice: n, At: w.cursor}}))
}

func (w *world) sealed(to seal.PostPublic, c wire.StaffChange) []byte {
	w.t.Helper()
	body, err := w.dicts.SealToPost(to, wire.StaffContext, wire.Marshal(c), wire.StaffAAD(post))
	require.NoError(w.t, err)
	require.LessOrEqual(w.t, len(body), wire.MaxStaffSealed)
	return body
}

// change tells the post of a member of staff, and gives the one-time code.
func (w *world) change(id wire.StaffID, action wire.StaffAction, role access.Role) string {
	w.t.Helper()
	w.revision[id]++
	c := wire.StaffChange{
		Version: wire.Version, Staff: id, Post: post, Action: action, Revision: w.revision[id], Role: string(role),
		Time: w.real().UnixMilli(),
	}
	code := ""
	if action == wire.StaffAdd || action == wire.StaffReset {
		code = access.NewOneTimeCode()
		hash, err := w.hasher.Hash(w.t.Context(), code)
		require.NoError(w.t, err)
		c.Code, c.Expires, c.Name = hash, w.real().Add(access.OneTimeLife).UnixMilli(), name
	}
	w.tell(wire.Notice{Kind: wire.NoticeStaff, Body: w.sealed(w.postKey.Public(), c)})
	return code
}

// run follows the journal until the test ends.
func (w *world) run() {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.staff.Run(ctx) }()
	w.t.Cleanup(func() {
		cancel()
		require.NoError(w.t, <-done)
	})
}

// phone is the authenticator of one member.
type phone struct {
	w      *world
	id     wire.StaffID
	secret access.TOTP
}

func (p phone) code() string { return p.secret.Code(access.StepAt(p.w.real())) }

func (p phone) in(code string) staff.Credentials {
	return staff.Credentials{Staff: string(p.id), Password: password, Code: code, Workstation: desk}
}

// enroll brings a new member to where they can sign in, a minute later.
func (w *world) enroll(id wire.StaffID, role access.Role) (phone, staff.Entered) {
	w.t.Helper()
	code := w.change(id, wire.StaffAdd, role)
	w.restart()
	p := w.begin(id, code)
	in, err := w.staff.Enroll(w.t.Context(), enrolment(id, code, p.code()))
	require.NoError(w.t, err)
	w.pass(time.Minute)
	return p, in
}

func enrolment(id wire.StaffID, oneTime, code string) staff.Enrolment {
	return staff.Enrolment{
		Sheet:    staff.Sheet{Staff: string(id), OneTime: oneTime, Workstation: desk},
		Password: password, Code: code,
	}
}

func (w *world) begin(id wire.StaffID, code string) phone {
	w.t.Helper()
	a, err := w.staff.Offer(w.t.Context(), staff.Sheet{
		Staff: string(id), OneTime: access.GroupCode(code), Workstation: desk,
	})
	require.NoError(w.t, err)
	require.Equal(w.t, id, a.Staff)
	require.True(w.t, bytes.HasPrefix(a.QR, []byte("\x89PNG")))
	require.Contains(w.t, a.URI, "otpauth://totp/Jaliya:"+string(id))
	return phone{w: w, id: id, secret: access.TOTPFrom(unbase32(w.t, a.Text))}
}

// events opens every staff entry of the journal as the hub would.
func (w *world) events() (kinds []wire.Kind, events []wire.StaffEvent) {
	w.t.Helper()
	entries, err := w.journal.ReadAfter(wire.Genesis(w.id.Node, 7), 256)
	require.NoError(w.t, err)
	for _, e := range entries {
		h, err := e.Check()
		require.NoError(w.t, err)
		require.NoError(w.t, h.Validate())
		opened, err := w.intake.Open(e.Body, h.Record, wire.BodyAAD(h.Record, h.Kind))
		require.NoError(w.t, err)
		event, err := wire.DecodeStaffEvent(opened.Body())
		require.NoError(w.t, err)
		kinds, events = append(kinds, h.Kind), append(events, event)
	}
	return kinds, events
}

func (w *world) lastEvent() (wire.Kind, wire.StaffEvent) {
	w.t.Helper()
	kinds, events := w.events()
	require.NotEmpty(w.t, kinds)
	return kinds[len(kinds)-1], events[len(events)-1]
}

// files gives every byte that the node keeps.
func (w *world) files() []byte {
	w.t.Helper()
	var all []byte
	require.NoError(w.t, filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		all = append(all, raw...)
		return err
	}))
	return append(all, w.log.Bytes()...)
}
