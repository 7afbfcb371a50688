package staff_test

import (
	"context"
	"encoding/base32"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/staff"
	"jaliya/internal/access"
	"jaliya/internal/fault"
	"jaliya/internal/seal"
	"jaliya/internal/web"
	"jaliya/internal/wire"
)

func unbase32(t *testing.T, text string) []byte {
	t.Helper()
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ReplaceAll(text, " ", ""))
	require.NoError(t, err)
	return raw
}

func wantCode(t *testing.T, code web.Code, err error) {
	t.Helper()
	require.Error(t, err)
	require.True(t, web.Has(err, code), "%v", err)
}

func TestEnter(t *testing.T) {
	w := newWorld(t)
	p, first := w.enroll(salma, access.Supervisor)
	kind, event := w.lastEvent()
	require.Equal(t, wire.KindStaffSignedIn, kind)
	require.Equal(t, wire.StaffEvent{
		Version: 1, Staff: salma, Role: "supervisor", How: wire.StaffEnrolled, Workstation: desk,
	}, event)
	who, err := w.staff.Who(first.Token, true)
	require.NoError(t, err)
	require.Equal(t, access.Principal{
		ID: string(salma), Name: name, Role: access.Supervisor, Surface: access.SurfaceDesk,
	}, who)

	t.Run("OK", func(t *testing.T) {
		in, err := w.staff.Enter(t.Context(), staff.Credentials{
			Staff: " lyo 48213 ", Password: password, Code: p.code(), Workstation: desk,
		})
		require.NoError(t, err)
		require.Equal(t, name, in.Session.Name)
		require.Equal(t, "green", in.Session.Trust.Level)
		require.NotEqual(t, first.Token, in.Token)
		_, event := w.lastEvent()
		require.Equal(t, wire.StaffBothFactors, event.How)
	})
	t.Run("ErrReplayedCode", func(t *testing.T) {
		_, err := w.staff.Enter(t.Context(), p.in(p.code()))
		wantCode(t, web.CodeSignIn, err)
		w.restart()
		_, err = w.staff.Enter(t.Context(), p.in(p.code()))
		wantCode(t, web.CodeSignIn, err)
	})
	t.Run("OKRestartKeepsSessions", func(t *testing.T) {
		w.restart()
		who, err := w.staff.Who(first.Token, true)
		require.NoError(t, err)
		require.Equal(t, string(salma), who.ID)
	})
	t.Run("ErrOtherToken", func(t *testing.T) {
		for _, token := range []string{"", "x", first.Token + "x", strings.Repeat("A", len(first.Token))} {
			_, err := w.staff.Who(token, true)
			require.ErrorIs(t, err, access.ErrNoIdentity)
		}
	})
}

// TestUniform wants one answer, one kind of entry and the same work for
// everything that can be wrong.
func TestUniform(t *testing.T) {
	w := newWorld(t)
	p, _ := w.enroll(salma, access.Agent)
	for n, in := range []staff.Credentials{
		{Staff: string(salma), Password: password + "x", Code: p.code()},
		{Staff: string(salma), Password: password, Code: "000000"},
		{Staff: string(salma), Password: "", Code: ""},
		{Staff: "LYO-99999", Password: password, Code: p.code()},
		{Staff: "LYO-99999", Password: "", Code: ""},
		{Staff: "my password, typed into the wrong field", Password: password, Code: p.code()},
	} {
		in.Workstation = "192.0.2." + string(rune('1'+n))
		_, err := w.staff.Enter(t.Context(), in)
		wantCode(t, web.CodeSignIn, err)
		require.Equal(t, web.ProblemOf(err, web.French), web.ProblemOf(errRefused(), web.French))
		kind, event := w.lastEvent()
		require.Equal(t, wire.KindStaffRefused, kind)
		require.Equal(t, wire.StaffWrong, event.How)
		if n == 5 {
			require.Empty(t, event.Staff, "what is no staff id may be a password")
		}
	}
	w.change(salma, wire.StaffDisable, "")
	w.restart()
	w.pass(time.Hour)
	_, err := w.staff.Enter(t.Context(), p.in(p.code()))
	require.Equal(t, web.ProblemOf(err, web.French), web.ProblemOf(errRefused(), web.French))
	_, event := w.lastEvent()
	require.Equal(t, wire.StaffDisabled, event.How)
}

func errRefused() error { return fault.New(fault.Denied, "x", "", web.CodeSignIn.Cause()) }

func TestThrottled(t *testing.T) {
	w := newWorld(t)
	p, _ := w.enroll(salma, access.Agent)
	bad := p.in("000000")
	for n := range 4 {
		bad.Workstation = "192.0.2." + string(rune('1'+n))
		_, err := w.staff.Enter(t.Context(), bad)
		wantCode(t, web.CodeSignIn, err)
	}
	before, _ := w.events()
	_, err := w.staff.Enter(t.Context(), p.in(p.code()))
	wantCode(t, web.CodeAttempts, err)
	require.Equal(t, 429, web.ProblemOf(err, web.English).Status)
	require.Positive(t, web.ProblemOf(err, web.English).Next.RetryAfter)
	after, _ := w.events()
	require.Len(t, after, len(before), "who waits fills no disk")
	w.pass(time.Minute)
	_, err = w.staff.Enter(t.Context(), p.in(p.code()))
	require.NoError(t, err)
}

func TestClock(t *testing.T) {
	t.Run("OKTwoHoursWrongMeasured", func(t *testing.T) {
		w := newWorld(t)
		p, _ := w.enroll(salma, access.Agent)
		w.wrong.Store(int64(-2 * time.Hour))
		w.restart()
		_, err := w.staff.Enter(t.Context(), p.in(p.code()))
		require.NoError(t, err)
	})
	for name, wrong := range map[string]time.Duration{"Slow": -2 * time.Hour, "Fast": 2 * time.Hour} {
		t.Run("OKTwoHours"+name+"Alone", func(t *testing.T) {
			w := newWorld(t)
			p, _ := w.enroll(salma, access.Agent)
			w.pass(3 * time.Hour)
			w.wrong.Store(int64(wrong))
			w.measured.Store(false)
			w.restart()
			code := p.code()
			_, err := w.staff.Enter(t.Context(), p.in(code))
			require.NoError(t, err)
			w.wrong.Store(0)
			w.restart()
			_, err = w.staff.Enter(t.Context(), p.in(code))
			wantCode(t, web.CodeSignIn, err) // used, whatever the clock says now
			w.pass(time.Minute)
			_, err = w.staff.Enter(t.Context(), p.in(p.code()))
			require.NoError(t, err)
		})
	}
	t.Run("OKClockLost", func(t *testing.T) {
		w := newWorld(t)
		p, _ := w.enroll(salma, access.Agent)
		w.heard.Store(w.real().Add(-time.Minute).UnixMilli())
		w.wrong.Store(int64(-30 * 365 * 24 * time.Hour))
		w.measured.Store(false)
		w.restart()
		_, err := w.staff.Enter(t.Context(), p.in(p.code()))
		require.NoError(t, err, "never before the last word of the hub")
	})
}

func TestTrustAges(t *testing.T) {
	w := newWorld(t)
	p, first := w.enroll(salma, access.Agent)
	for days, level := range map[int]string{1: "green", 16: "amber", 44: "amber", 46: "red"} {
		w.heard.Store(w.real().Add(-time.Duration(days) * 24 * time.Hour).UnixMilli())
		require.Equal(t, level, w.staff.Trust().Level, days)
		require.Equal(t, days, w.staff.Trust().Days)
	}
	w.heard.Store(w.real().Add(-46 * 24 * time.Hour).UnixMilli())
	_, err := w.staff.Enter(t.Context(), p.in(p.code()))
	wantCode(t, web.CodeStaffOld, err)
	_, err = w.staff.Who(first.Token, true)
	require.NoError(t, err, "who is inside finishes the work")
	w.heard.Store(w.real().Add(-44 * 24 * time.Hour).UnixMilli())
	_, err = w.staff.Enter(t.Context(), p.in(p.code()))
	require.NoError(t, err, "the hub is gone for 44 days")
}

func TestEnroll(t *testing.T) {
	w := newWorld(t)
	code := w.change(salma, wire.StaffAdd, access.Agent)
	w.restart()
	enroll := func(in staff.Enrolment) error {
		w.pass(time.Hour)
		_, err := w.staff.Enroll(t.Context(), in)
		return err
	}
	offer := func(id, code string) error {
		w.pass(time.Hour)
		_, err := w.staff.Offer(t.Context(), staff.Sheet{Staff: id, OneTime: code, Workstation: desk})
		return err
	}
	t.Run("ErrWrongCode", func(t *testing.T) {
		for _, in := range [][2]string{{string(salma), "0000-0000-0000"}, {string(karim), code}, {"?", ""}} {
			require.Equal(t, web.ProblemOf(errRefused(), web.English), web.ProblemOf(offer(in[0], in[1]), web.English))
			_, event := w.lastEvent()
			require.Equal(t, wire.StaffWrongOneTime, event.How)
		}
	})
	t.Run("ErrNotBegun", func(t *testing.T) {
		require.True(t, fault.Is(enroll(enrolment(salma, code, "123456")), fault.NotFound))
		_, err := w.staff.Enter(t.Context(), staff.Credentials{Staff: string(salma), Password: password, Workstation: desk})
		wantCode(t, web.CodeSignIn, err)
	})
	w.pass(time.Hour)
	first := w.begin(salma, code)
	w.restart()
	p := w.begin(salma, code)
	require.Equal(t, first.secret.Text(), p.secret.Text(), "a page that is shown again asks for no second scan")
	t.Run("ErrPassword", func(t *testing.T) {
		for bad, rule := range map[string]string{"short": "length", "passwordpassword": "common", name: "own"} {
			in := enrolment(salma, code, "000000")
			in.Password = bad
			p := web.ProblemOf(enroll(in), web.Arabic)
			require.Equal(t, 422, p.Status)
			require.Equal(t, []web.Violation{{Field: "password", Rule: rule}}, p.Violations)
		}
	})
	t.Run("ErrNotConfirmed", func(t *testing.T) {
		w.pass(time.Hour)
		_, err := w.staff.Enter(t.Context(), p.in(p.code()))
		wantCode(t, web.CodeSignIn, err)
		wantCode(t, web.CodeSignIn, enroll(enrolment(salma, code, "000000")))
	})
	t.Run("OK", func(t *testing.T) {
		w.pass(time.Hour)
		_, err := w.staff.Enroll(t.Context(), enrolment(salma, code, p.code()))
		require.NoError(t, err)
	})
	t.Run("ErrTwice", func(t *testing.T) {
		require.True(t, fault.Is(offer(string(salma), code), fault.Used))
		require.True(t, fault.Is(enroll(enrolment(salma, code, p.code())), fault.Used))
		require.Equal(t, 410, web.ProblemOf(offer(string(salma), code), web.French).Status)
	})
	t.Run("ErrExpired", func(t *testing.T) {
		code = w.change(salma, wire.StaffReset, access.Agent)
		w.restart()
		w.pass(access.OneTimeLife)
		require.True(t, fault.Is(offer(string(salma), code), fault.Expired))
		_, err := w.staff.Enter(t.Context(), p.in(p.code()))
		wantCode(t, web.CodeSignIn, err)
	})
}

func TestLock(t *testing.T) {
	w := newWorld(t)
	p, in := w.enroll(salma, access.Agent)
	require.NoError(t, w.staff.Lock(t.Context(), in.Token))
	require.NoError(t, w.staff.Lock(t.Context(), in.Token), "again")
	kind, event := w.lastEvent()
	require.Equal(t, wire.KindStaffSignedOut, kind)
	require.Equal(t, wire.StaffLocked, event.How)
	w.restart()
	_, err := w.staff.Who(in.Token, true)
	wantCode(t, web.CodeLocked, err)
	require.Equal(t, 423, web.ProblemOf(err, web.English).Status)
	v, err := w.staff.Session(in.Token)
	require.NoError(t, err)
	require.True(t, v.Locked)

	for n, bad := range []staff.Key{{}, {Password: "x"}, {Code: "000000"}} {
		bad.Workstation = desk
		_, err = w.staff.Unlock(t.Context(), in.Token, bad)
		wantCode(t, web.CodeSignIn, err)
		_, event = w.lastEvent()
		require.Equal(t, wire.StaffWrongUnlock, event.How, n)
	}
	w.pass(time.Minute)
	v, err = w.staff.Unlock(t.Context(), in.Token, staff.Key{Code: p.code(), Workstation: desk})
	require.NoError(t, err)
	require.False(t, v.Locked)
	_, err = w.staff.Enter(t.Context(), p.in(p.code()))
	wantCode(t, web.CodeSignIn, err) // the code that unlocked is used

	require.NoError(t, w.staff.Lock(t.Context(), in.Token))
	w.pass(5 * time.Minute)
	_, err = w.staff.Unlock(t.Context(), in.Token, staff.Key{Password: password, Workstation: desk})
	require.NoError(t, err)
	_, event = w.lastEvent()
	require.Equal(t, wire.StaffUnlocked, event.How)

	t.Run("OKIdle", func(t *testing.T) {
		w.pass(9 * time.Minute)
		_, err = w.staff.Who(in.Token, true)
		require.NoError(t, err)
		w.pass(9 * time.Minute)
		_, err = w.staff.Who(in.Token, false)
		require.NoError(t, err, "what a page asks by itself")
		w.pass(time.Minute)
		_, err = w.staff.Who(in.Token, true)
		wantCode(t, web.CodeLocked, err)
		_, err = w.staff.Unlock(t.Context(), in.Token, staff.Key{Password: password, Workstation: desk})
		require.NoError(t, err)
	})
	t.Run("OKLeave", func(t *testing.T) {
		require.NoError(t, w.staff.Leave(t.Context(), in.Token))
		_, event := w.lastEvent()
		require.Equal(t, wire.StaffLeft, event.How)
		require.ErrorIs(t, w.staff.Leave(t.Context(), in.Token), access.ErrNoIdentity)
		w.restart()
		_, err := w.staff.Session(in.Token)
		require.ErrorIs(t, err, access.ErrNoIdentity)
	})
	t.Run("ErrAbsolute", func(t *testing.T) {
		in, err := w.staff.Enter(t.Context(), p.in(p.code()))
		require.NoError(t, err)
		for range 12 * 60 / 5 {
			_, err = w.staff.Who(in.Token, true)
			require.NoError(t, err)
			w.pass(5 * time.Minute)
		}
		_, err = w.staff.Who(in.Token, true)
		require.ErrorIs(t, err, access.ErrNoIdentity)
	})
}

// TestRevoked wants a disabled member out within a second of the notice.
func TestRevoked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		p, in := w.enroll(salma, access.Agent)
		_, other := w.enroll(karim, access.Supervisor)
		w.run()
		w.change(karim, wire.StaffRole, access.PostAdmin)
		w.change(salma, wire.StaffDisable, "")
		time.Sleep(time.Second)
		synctest.Wait()
		_, err := w.staff.Who(in.Token, true)
		require.ErrorIs(t, err, access.ErrNoIdentity)
		_, event := w.lastEvent()
		require.Equal(t, wire.StaffRevoked, event.How)
		require.Equal(t, salma, event.Staff)
		who, err := w.staff.Who(other.Token, true)
		require.NoError(t, err)
		require.Equal(t, access.PostAdmin, who.Role, "another role counts from the next request on")
		_, err = w.staff.Enter(t.Context(), p.in(p.code()))
		wantCode(t, web.CodeSignIn, err)
	})
}

// TestPoison puts notices between the good ones that open for nobody.
func TestPoison(t *testing.T) {
	w := newWorld(t)
	stranger, err := seal.GeneratePostKey(w.dicts)
	require.NoError(t, err)
	change := wire.StaffChange{
		Version: 1, Staff: salma, Post: post, Action: wire.StaffDisable, Revision: 99, Time: 1,
	}
	w.tell(wire.Notice{Kind: wire.NoticeStaff, Body: w.sealed(stranger.Public(), change)})
	w.tell(wire.Notice{Kind: wire.NoticeStaff, Body: []byte("noise")})
	w.tell(wire.Notice{Kind: wire.NoticeStaff})
	other := change
	other.Post = "IT-MIL"
	w.tell(wire.Notice{Kind: wire.NoticeStaff, Body: w.sealed(w.postKey.Public(), other)})
	_, in := w.enroll(salma, access.Agent)
	require.Equal(t, 4, w.staff.Trust().Unread)

	change.Revision = 1
	w.tell(wire.Notice{Kind: wire.NoticeStaff, Body: w.sealed(w.postKey.Public(), change)})
	w.restart()
	_, err = w.staff.Who(in.Token, true)
	require.NoError(t, err, "an old change, told again, changes nothing")
}

func TestCrowd(t *testing.T) {
	w := newWorld(t)
	p, first := w.enroll(salma, access.Agent)
	for range 8 {
		_, err := w.staff.Who(first.Token, true)
		require.NoError(t, err)
		w.pass(time.Minute)
		_, err = w.staff.Enter(t.Context(), p.in(p.code()))
		require.NoError(t, err)
	}
	_, err := w.staff.Who(first.Token, true)
	require.ErrorIs(t, err, access.ErrNoIdentity)
}

// TestCanary wants nothing of a person in any file or log.
func TestCanary(t *testing.T) {
	w := newWorld(t)
	p, in := w.enroll(salma, access.Agent)
	_, err := w.staff.Enter(t.Context(), staff.Credentials{Staff: password, Password: password, Code: p.code(), Workstation: desk})
	wantCode(t, web.CodeSignIn, err)
	require.NoError(t, w.staff.Lock(t.Context(), in.Token))
	_, err = w.staff.Unlock(t.Context(), in.Token, staff.Key{Password: password, Workstation: desk})
	require.NoError(t, err)
	w.restart()
	all := string(w.files())
	require.Greater(t, len(all), 4096)
	for _, canary := range []string{
		name, "Canaryevitch", password, string(salma), in.Token, desk, "argon2id", string(p.secret.Bytes()), "supervisor",
	} {
		require.NotContains(t, all, canary)
	}
}

func TestList(t *testing.T) {
	w := newWorld(t)
	w.enroll(salma, access.PostAdmin)
	w.change(karim, wire.StaffAdd, access.Agent)
	w.change(karim, wire.StaffDisable, "")
	w.restart()
	lines, err := w.staff.List(t.Context(), access.Principal{ID: "x", Role: access.PostAdmin})
	require.NoError(t, err)
	require.Len(t, lines, 2)
	require.Equal(t, []wire.StaffID{karim, salma}, []wire.StaffID{lines[0].Staff, lines[1].Staff})
	require.Equal(t, "disabled", lines[0].State)
	require.False(t, lines[0].Enrolled)
	require.True(t, lines[1].Enrolled)
	_, err = w.staff.List(t.Context(), access.Principal{ID: "x", Role: access.Agent})
	require.True(t, fault.Is(err, fault.Denied))
}

// TestTogether sends one code many times at once: one of them is let in.
func TestTogether(t *testing.T) {
	w := newWorld(t)
	p, _ := w.enroll(salma, access.Agent)
	in := make(chan error, 3)
	for range cap(in) {
		go func() {
			_, err := w.staff.Enter(t.Context(), p.in(p.code()))
			in <- err
		}()
	}
	let := 0
	for range cap(in) {
		if err := <-in; err == nil {
			let++
		} else {
			wantCode(t, web.CodeSignIn, err)
		}
	}
	require.Equal(t, 1, let)
}

// TestSweep locks who has gone and ends who stays too long, and says so.
func TestSweep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		_, in := w.enroll(salma, access.Agent)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- w.staff.Run(ctx) }()
		w.pass(11 * time.Minute)
		time.Sleep(31 * time.Second)
		synctest.Wait()
		_, event := w.lastEvent()
		require.Equal(t, wire.StaffIdle, event.How)
		v, err := w.staff.Session(in.Token)
		require.NoError(t, err)
		require.True(t, v.Locked)
		w.pass(12 * time.Hour)
		time.Sleep(31 * time.Second)
		synctest.Wait()
		_, event = w.lastEvent()
		require.Equal(t, wire.StaffOverlong, event.How)
		_, err = w.staff.Session(in.Token)
		require.ErrorIs(t, err, access.ErrNoIdentity)
		kinds, _ := w.events()
		time.Sleep(31 * time.Second)
		synctest.Wait()
		again, _ := w.events()
		require.Len(t, again, len(kinds), "said once")
		cancel()
		require.NoError(t, <-done)
	})
}

// TestCutOff breaks off: what is not in the journal has not happened, and uses no
// code.
func TestCutOff(t *testing.T) {
	w := newWorld(t)
	p, in := w.enroll(salma, access.Agent)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := w.staff.Enter(ctx, p.in(p.code()))
	require.True(t, fault.Is(err, fault.Timeout), "%v", err)
	require.True(t, fault.Is(w.staff.Lock(ctx, in.Token), fault.Timeout))
	_, err = w.staff.Who(in.Token, true)
	require.NoError(t, err, "what was not said has not happened")
	_, err = w.staff.Enter(t.Context(), p.in(p.code()))
	require.NoError(t, err, "the code was not used")
}
