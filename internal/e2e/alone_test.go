package e2e

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/base32"
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/desk"
	"jaliya/consulate-node/ship"
	"jaliya/consulate-node/staff"
	"jaliya/hub/ledger"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/link"
	"jaliya/internal/link/pki"
	"jaliya/internal/seal"
	"jaliya/internal/web"
	"jaliya/internal/wire"
)

const (
	loneDay   = 24 * time.Hour
	loneStaff = wire.StaffID("LYO-48213")
	lonePass  = "quatre cigognes sur le minaret"
)

// loner is a whole post but for its hand-over desk and its sockets: journal,
// ship, renewal, sign-in and desk, as the program joins them, on a simulated
// road and in time of its own.
type loner struct {
	*outpost
	dicts   *seal.Dictionaries
	data    *seal.DataKey
	post    *seal.PostKey
	intake  *seal.IntakeKeys
	want    pki.Identity
	renewer *link.Renewer
	staff   *staff.SignIn
	desk    *desk.Desk
	totp    access.TOTP
	off     func() // ends what on began

	word sync.Mutex // guards heard
	last time.Time
}

func newLoner(t *testing.T, o *office) *loner {
	t.Helper()
	dicts, err := seal.NewDictionaries(0, nil)
	require.NoError(t, err)
	l := &loner{outpost: o.outpost(1), dicts: dicts, last: time.Now()}
	l.data, err = seal.NewDataKey()
	require.NoError(t, err)
	l.post, err = seal.GeneratePostKey(dicts)
	require.NoError(t, err)
	l.intake, err = seal.GenerateIntakeKeys(dicts)
	require.NoError(t, err)
	l.want = pki.Identity{Role: pki.Node, Name: string(l.kit.Identity.Post), ID: l.kit.Identity.Node.String()}
	l.ring = o.world.Ring(t, l.want, pki.Identity{Role: pki.Device, Name: l.want.Name, ID: l.want.ID})
	l.serveRenewals()
	return l
}

// serveRenewals is the hub's answer to a device certificate, on a socket of its
// own of the same road.
func (l *loner) serveRenewals() {
	l.t.Helper()
	at := &net.UDPAddr{IP: net.IPv4(10, 0, 0, 9), Port: 4433}
	listener, err := link.NewListener(l.road.endpoint(l.t, at), link.ListenerOptions{Log: roadLogger()})
	require.NoError(l.t, err)
	ctx, cancel := context.WithCancel(context.WithoutCancel(l.t.Context()))
	done := make(chan error, 1)
	go func() {
		done <- listener.Serve(ctx, map[string]link.Endpoint{link.ALPNRenew: {
			TLS: l.world.Server(l.t, l.office.ring, link.ALPNRenew, pki.Device),
			Handle: link.Exchanger{Answer: func(_ context.Context, peer pki.Peer, csr []byte) ([]byte, error) {
				id := peer.Identity
				id.Role = pki.Node // the issuer decides
				chain, err := l.world.Authorities[pki.Node].IssueCSR(csr, pki.Request{Identity: id, Now: time.Now()})
				return pki.EncodeChain(chain), err
			}}.Serve,
		}})
	}()
	l.t.Cleanup(func() { cancel(); require.NoError(l.t, <-done) })
	l.renewer, err = link.NewRenewer(link.RenewerOptions{
		Ring: l.ring, Slot: pki.SlotWorking, Via: []pki.Slot{pki.SlotDevice}, Want: l.want, Now: time.Now,
		Verifier: l.world.Verifier(pki.Node), Log: roadLogger(),
		Ask: func(ctx context.Context, via pki.Slot, csr []byte) ([]*x509.Certificate, error) {
			s, err := l.dialer.Dial(ctx, at, link.ALPNRenew, l.world.Client(l.t, l.ring, via))
			if err != nil {
				return nil, err
			}
			defer s.CloseWithReason(link.CodeDone, "")
			der, err := link.Exchange(ctx, s, csr, pki.MaxChain)
			if err != nil {
				return nil, err
			}
			return pki.DecodeChain(der)
		},
	})
	require.NoError(l.t, err)
}

func (l *loner) heard() time.Time {
	l.word.Lock()
	defer l.word.Unlock()
	if l.ship != nil && l.ship.Status().Phase == ship.Following.String() {
		l.last = time.Now()
	}
	return l.last
}

// on is the start of the program in the morning; off ends it.
func (l *loner) on() {
	l.t.Helper()
	var err error
	l.ship, err = ship.New(ship.Config{
		Journal: l.journal, Signer: l.kit.Journal, Keys: l.office.kit.Keys, Software: "test",
		Dial: func(ctx context.Context, alpn string) (*link.Session, error) {
			if l.renewer.Lapsed() { // as the node's uplink
				return nil, fault.New(fault.Unavailable, "loner: dial", "", nil)
			}
			return l.dial(ctx, alpn)
		},
		Welcomed: func(wire.Welcome) error { return nil }, Brought: func(wire.Welcome) error { return nil },
		Now: time.Now, Logger: roadLogger(),
	})
	require.NoError(l.t, err)
	measured := func() (time.Duration, bool) { return 0, true }
	intake := func() (seal.IntakePublic, error) { return l.intake.Public(), nil }
	l.staff, err = staff.Open(staff.Options{
		Journal: l.journal, DataKey: l.data, PostKey: l.post, Dictionaries: l.dicts, Post: l.kit.Identity.Post, Intake: intake,
		Clock: time.Now, Offset: measured, Heard: l.heard, Hasher: access.NewHasher(1), Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(l.t, err)
	directory, err := consular.BuiltInDirectory()
	require.NoError(l.t, err)
	lyon, err := directory.Lookup(l.kit.Identity.Post)
	require.NoError(l.t, err)
	l.desk, err = desk.New(desk.Options{
		Dir: l.t.TempDir(), Journal: l.journal, DataKey: l.data, Dictionaries: l.dicts, Post: lyon, Directory: directory, Intake: intake,
		Trusted: func() (wire.KeySet, error) { return l.office.kit.Keys(), nil }, Clock: time.Now, Offset: measured,
		CanCapture: func() error { return l.journal.CanCapture(1 << 20) }, Limits: l.limits, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(l.t, err)
	ctx, cancel := context.WithCancel(context.WithoutCancel(l.t.Context()))
	var running sync.WaitGroup
	for name, run := range map[string]func(context.Context) error{"ship": l.ship.Run, "renewal": l.renewer.Run, "staff": l.staff.Run} {
		running.Go(func() {
			if err := run(ctx); err != nil && !errors.Is(err, context.Canceled) {
				l.t.Errorf("%s: %v", name, err)
			}
		})
	}
	l.off = sync.OnceFunc(func() { cancel(); running.Wait() })
	l.t.Cleanup(l.off)
}

func (l *loner) limits() []desk.Limit {
	end := func(slot pki.Slot) time.Time {
		c, err := l.ring.Credential(slot)
		require.NoError(l.t, err)
		return c.Leaf.NotAfter
	}
	return desk.LimitsOf(desk.Ends{Now: time.Now(), Heard: l.heard(), Working: end(pki.SlotWorking), Device: end(pki.SlotDevice)})
}

// level gives how a limit stands at the desk, by its status.
func (l *loner) level(name string) string {
	l.t.Helper()
	st, err := l.desk.Status(l.t.Context(), access.Principal{ID: "x", Role: access.Agent})
	require.NoError(l.t, err)
	for _, one := range st.Limits {
		if one.Name == name {
			return one.Level
		}
	}
	return ""
}

// hire has the hub tell the post of a member of staff, who enrols.
func (l *loner) hire() {
	l.t.Helper()
	code := access.NewOneTimeCode()
	hash, err := access.NewHasher(1).Hash(l.t.Context(), code)
	require.NoError(l.t, err)
	sealed, err := l.dicts.SealToPost(l.post.Public(), wire.StaffContext, wire.Marshal(wire.StaffChange{
		Version: wire.Version, Staff: loneStaff, Post: l.kit.Identity.Post, Action: wire.StaffAdd, Revision: 1,
		Role: string(access.Supervisor), Name: "Salma", Code: hash, Expires: time.Now().Add(access.OneTimeLife).UnixMilli(),
		Time: time.Now().UnixMilli(),
	}), wire.StaffAAD(l.kit.Identity.Post))
	require.NoError(l.t, err)
	l.do(ledger.ChangeStaff{
		Time: l.office.now(), Staff: loneStaff, Post: l.kit.Identity.Post, Node: l.kit.Identity.Node, Action: wire.StaffAdd,
		Role: string(access.Supervisor), Sealed: sealed,
	})
	wait(10 * time.Second)
	sheet := staff.Sheet{Staff: string(loneStaff), OneTime: code, Workstation: "192.0.2.17"}
	offer, err := l.staff.Offer(l.t.Context(), sheet)
	require.NoError(l.t, err)
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ReplaceAll(offer.Text, " ", ""))
	require.NoError(l.t, err)
	l.totp = access.TOTPFrom(raw)
	_, err = l.staff.Enroll(l.t.Context(), staff.Enrolment{Sheet: sheet, Password: lonePass, Code: l.code()})
	require.NoError(l.t, err)
	wait(time.Minute)
}

func (l *loner) code() string { return l.totp.Code(access.StepAt(time.Now())) }

func (l *loner) enter() error {
	_, err := l.staff.Enter(l.t.Context(), staff.Credentials{
		Staff: string(loneStaff), Password: lonePass, Code: l.code(), Workstation: "192.0.2.17",
	})
	return err
}

// works is a day at the counter: visits, and a person who changes a request.
func (l *loner) works() {
	l.t.Helper()
	l.append(3)
	ref, err := consular.NewReference(rand.Reader)
	require.NoError(l.t, err)
	_, err = l.desk.ChangeRequest(l.t.Context(), access.Principal{ID: string(loneStaff), Role: access.Supervisor}, desk.RequestChange{
		Reference: ref.Digits(), Record: wire.NewRecordID(), What: desk.ChangeWithdraw, Document: "passport", SlipCode: "4711 0815",
	})
	require.NoError(l.t, err)
}

// passes lets days go by, in which the hub's own certificate is kept fresh.
func (l *loner) passes(days int) {
	l.t.Helper()
	for range days {
		wait(loneDay)
		c, err := l.office.ring.Credential(pki.SlotWorking)
		require.NoError(l.t, err)
		l.world.Install(l.t, l.office.ring, pki.Request{Identity: c.Identity, Now: time.Now()})
	}
}

// TestAloneFor45Days is design.md's "45 days alone": people sign in with
// password and code and work on several of 44 days, the working certificate
// lapses and stops nothing; on day 46 nobody new is let in and what is said is
// still kept; the link returns, and without a hand laid on it the certificate is
// fresh, people sign in, and all is secured nationally.
func TestAloneFor45Days(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, roadRTT)
		l := newLoner(t, o)
		l.on()
		l.hire()
		l.works()
		l.secured(30 * time.Second)
		for _, name := range []string{desk.LimitStaff, desk.LimitTrust, desk.LimitWorking, desk.LimitDevice} {
			require.Equal(t, desk.LimitGreen, l.level(name), name)
		}
		old, err := l.ring.Credential(pki.SlotWorking)
		require.NoError(t, err)
		o.road.cut(true)
		l.heard()
		l.off()

		for _, day := range []struct {
			pass    int
			staff   string
			working string
		}{
			{5, desk.LimitGreen, desk.LimitGreen},
			{5, desk.LimitGreen, desk.LimitAmber},
			{10, desk.LimitAmber, desk.LimitAmber},
			{10, desk.LimitAmber, desk.LimitAmber},
			{14, desk.LimitAmber, desk.LimitAmber},
		} {
			l.passes(day.pass)
			l.on()
			require.NoError(t, l.enter())
			l.works()
			wait(2 * time.Hour)
			require.Equal(t, day.staff, l.level(desk.LimitStaff))
			require.Equal(t, day.working, l.level(desk.LimitWorking))
			l.off()
		}
		l.passes(2) // day 46
		l.on()
		err = l.enter()
		require.True(t, web.Has(err, web.CodeStaffOld), "%v", err)
		require.Equal(t, desk.LimitRed, l.level(desk.LimitStaff))
		l.works() // by who sits there, or a program: what is said is kept
		wait(2 * time.Hour)
		st := l.state()
		require.Greater(t, st.Head.Seq-st.Receipted, uint64(20))

		o.road.cut(false)
		back := time.Now()
		l.secured(time.Minute)
		t.Logf("%d entries of 46 days at L2, %v after the link came back", st.Head.Seq-st.Receipted, time.Since(back))
		fresh, err := l.ring.Credential(pki.SlotWorking)
		require.NoError(t, err)
		require.NotEqual(t, old.Leaf.SerialNumber, fresh.Leaf.SerialNumber)
		require.True(t, fresh.Leaf.NotAfter.After(time.Now().Add(6*loneDay)))
		for _, name := range []string{desk.LimitStaff, desk.LimitTrust, desk.LimitWorking, desk.LimitDevice} {
			require.Equal(t, desk.LimitGreen, l.level(name), name)
		}
		wait(time.Minute)
		require.NoError(t, l.enter())
		l.secured(30 * time.Second)
		l.off()
		o.stop()
	})
}
