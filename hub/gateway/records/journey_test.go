package records_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub/ledger"
	"jaliya/internal/config"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/outside"
	outoffice "jaliya/internal/outside/records"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// inWorld runs a test in simulated time.
func inWorld(t *testing.T, test func(t *testing.T, w *world), change ...func(*outoffice.Config)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w, stop := newWorld(t, change...)
		defer stop()
		test(t, w)
	})
}

func asks(c *outoffice.Config)    { c.Ask = 1 }
func refuses(c *outoffice.Config) { c.Refuse = 1 }
func hits(c *outoffice.Config)    { c.Hit = 1 }

func goWrong(tb testing.TB, w *world, f outside.Fault) {
	tb.Helper()
	_, err := w.simulator().Faults().Add(f)
	require.NoError(tb, err)
}

// issuedOnce asks for everything that one good issue leaves behind.
func issuedOnce(tb testing.TB, w *world, f filed) {
	tb.Helper()
	w.until(f, workflow.Issued)
	require.Equal(tb, 1, w.count(f, workflow.RecordIssued))
	require.Equal(tb, map[string]int{"issued": 1}, w.simulator().States())
	require.Len(tb, w.maker.made, 1, "one number")
	body, pdf := w.read(serialOf(w.view(f)))
	require.Regexp(tb, `^SPECIMEN[0-9A-F]{8}$`, body[2])
	require.True(tb, strings.HasPrefix(string(pdf), "%PDF"))
	require.Empty(tb, w.conn.Letters())
}

func TestJourney(t *testing.T) {
	for name, change := range map[string]func(*outoffice.Config){"OK/Clear": func(*outoffice.Config) {}, "OK/Mentions": hits} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				t.Helper()
				issuedOnce(t, w, w.file())
			}, change)
		})
	}
	t.Run("OK/QuestionAnswerIssue", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			t.Helper()
			f := w.file()
			w.until(f, workflow.IdentityQuery)
			body, pdf := w.read(w.view(f).Question)
			require.Nil(t, pdf)
			require.NotEmpty(t, body[6])
			require.Equal(t, "fr", body[7])
			<-time.After(7 * time.Hour)
			w.reply(f)
			issuedOnce(t, w, f)
			require.Equal(t, 1, w.count(f, workflow.QueryAsked))
		}, asks)
	})
	t.Run("OK/Refused", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			t.Helper()
			f := w.file()
			w.until(f, workflow.Rejected)
			require.Contains(t, []uint16{
				uint16(consular.RefusedNotEntitled), uint16(consular.RefusedIdentityNotProved), uint16(consular.RefusedFraud),
			}, w.view(f).Flow.Reason)
			require.Empty(t, w.maker.made)
		}, refuses)
	})
	t.Run("OK/TimeAuthorityAway", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			t.Helper()
			w.maker.away = 3
			issuedOnce(t, w, w.file())
		})
	})
}

// TestWithdrawal lets the person's word and the office's cross in every way.
func TestWithdrawal(t *testing.T) {
	for name, after := range map[string]time.Duration{"AtOnce": 0, "WhileSearched": 40 * time.Minute} {
		t.Run("OK/"+name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				t.Helper()
				f := w.file()
				w.until(f, workflow.WithIssuer)
				<-time.After(after)
				w.withdraw(f)
				<-time.After(48 * time.Hour)
				require.Equal(t, workflow.Canceled, w.state(f))
				require.Equal(t, map[string]int{"withdrawn": 1}, w.simulator().States())
				require.Empty(t, w.maker.made)
				require.Empty(t, w.conn.Letters())
				open, err := w.OpenOrders(uint8(workflow.OrderRecall), time.Now().Add(time.Hour).UnixMilli(), 10)
				require.NoError(t, err)
				require.Empty(t, open)
			})
		})
	}
	t.Run("OK/BeforeTheRequest", func(t *testing.T) { // the office was away all the time
		inWorld(t, func(t *testing.T, w *world) {
			t.Helper()
			goWrong(t, w, outside.Fault{Kind: outside.Drop})
			f := w.file()
			<-time.After(time.Hour)
			w.withdraw(f)
			<-time.After(time.Hour)
			w.simulator().Faults().Clear()
			<-time.After(24 * time.Hour)
			require.Equal(t, workflow.Canceled, w.state(f))
			require.Equal(t, map[string]int{"withdrawn": 1}, w.simulator().States(), "should it come late, nothing is searched")
			require.Empty(t, w.conn.Letters())
		})
	})
	t.Run("OK/IssuedMeanwhile", func(t *testing.T) { // the office has issued, and the hub has not heard
		inWorld(t, func(t *testing.T, w *world) {
			t.Helper()
			f := w.file()
			w.until(f, workflow.WithIssuer)
			for w.simulator().States()["issued"] == 0 {
				<-time.After(time.Second)
			}
			require.Equal(t, workflow.WithIssuer, w.state(f))
			w.withdraw(f)
			<-time.After(24 * time.Hour)
			require.Equal(t, workflow.Canceled, w.state(f), "the case hears of no document")
			require.Zero(t, w.count(f, workflow.RecordIssued))
			require.Equal(t, map[string]int{"issued": 1}, w.simulator().States())
			require.Empty(t, w.conn.Letters())
		})
	})
	t.Run("OK/Asked", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			t.Helper()
			f := w.file()
			w.until(f, workflow.IdentityQuery)
			w.withdraw(f)
			<-time.After(24 * time.Hour)
			require.Equal(t, map[string]int{"withdrawn": 1}, w.simulator().States())
		}, asks)
	})
}

// TestFaults injects every fault into every question of a case that is asked,
// answers and is issued: nothing is lost and nothing doubled.
func TestFaults(t *testing.T) {
	questions := map[string]string{
		"Send": "PUT /v1/requests/{id}", "Ask": "GET /v1/requests/{id}", "Answer": "PUT /v1/requests/{id}/answer",
	}
	faults := map[string]outside.Fault{
		"Down": {Kind: outside.Drop}, "Status500": {Kind: outside.Status}, "Status503": {Kind: outside.Status, Status: 503},
		"Slow": {Kind: outside.Delay, Delay: config.Duration(2 * time.Minute)}, "Doubled": {Kind: outside.Twice}, "Lost": {Kind: outside.Lose},
		"WrongType": {Kind: outside.WrongType}, "Garbage": {Kind: outside.Garbage}, "Half": {Kind: outside.Truncate}, "Oversize": {Kind: outside.Oversize},
	}
	for where, on := range questions {
		for what, f := range faults {
			t.Run("OK/"+where+"/"+what, func(t *testing.T) {
				inWorld(t, func(t *testing.T, w *world) {
					t.Helper()
					f.On, f.Times = on, 2
					goWrong(t, w, f)
					through(t, w)
					require.Positive(t, w.simulator().Faults().Fired(f.Kind))
				}, asks)
			})
		}
	}
	for _, kind := range []outside.Kind{outoffice.WrongSize, outoffice.AnotherRecord, outoffice.BitFlipped} {
		t.Run("OK/Package/"+string(kind), func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				t.Helper()
				goWrong(t, w, outside.Fault{Kind: kind, Times: 9})
				through(t, w)
				require.Equal(t, 9, w.simulator().Faults().Fired(kind))
			}, asks)
		})
	}
}

// through brings a case from its filing over a question to its document.
func through(tb testing.TB, w *world) {
	tb.Helper()
	f := w.file()
	w.until(f, workflow.IdentityQuery)
	w.reply(f)
	issuedOnce(tb, w, f)
	require.Equal(tb, 1, w.count(f, workflow.QueryAsked))
	for number, times := range w.maker.made {
		require.Equal(tb, 1, times, number)
	}
}

// TestBadPackageStays: what is not what it must be is never passed on, and an
// operator reads why.
func TestBadPackageStays(t *testing.T) {
	for _, kind := range []outside.Kind{outoffice.WrongSize, outoffice.AnotherRecord, outoffice.BitFlipped} {
		t.Run("Err/"+string(kind), func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				t.Helper()
				goWrong(t, w, outside.Fault{Kind: kind})
				f := w.file()
				<-time.After(48 * time.Hour)
				require.Equal(t, workflow.WithIssuer, w.state(f))
				letters := w.conn.Letters()
				require.Len(t, letters, 1)
				require.Equal(t, "dgsn", letters[0].Office)
				require.Contains(t, letters[0].Reason, "is not passed on")
				w.simulator().Faults().Clear()
				issuedOnce(t, w, f)
			})
		})
	}
}

// TestCrashes ends hub and office where it hurts most.
func TestCrashes(t *testing.T) {
	t.Run("OK/HubBetweenSendAndAnswer", func(t *testing.T) { // the office has it, the hub does not know
		inWorld(t, func(t *testing.T, w *world) {
			t.Helper()
			goWrong(t, w, outside.Fault{Kind: outside.Lose, On: "PUT", Times: 1})
			through(t, w)
			require.Equal(t, 1, w.asked("PUT "), "asked about, not sent again")
		}, asks)
	})
	t.Run("OK/HubBeforeItsOwnWord", func(t *testing.T) { // the package is in the vault, the case has not heard
		inWorld(t, func(t *testing.T, w *world) {
			t.Helper()
			f := w.file()
			w.until(f, workflow.WithIssuer)
			for w.simulator().States()["issued"] == 0 {
				<-time.After(time.Second)
			}
			w.mu.Lock()
			w.lost = 5
			w.mu.Unlock()
			issuedOnce(t, w, f)
		})
	})
	t.Run("OK/OfficeEveryHour", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			t.Helper()
			f := w.file()
			for range 30 {
				<-time.After(time.Hour)
				w.openOffice()
				if w.state(f) == workflow.IdentityQuery {
					w.reply(f)
				}
			}
			issuedOnce(t, w, f)
		}, asks)
	})
	t.Run("OK/OfficeLostEverything", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			t.Helper()
			f := w.file()
			<-time.After(20 * time.Minute)
			w.simCfg.Dir = t.TempDir()
			w.openOffice()
			issuedOnce(t, w, f)
		})
	})
}

// asked counts the questions of a kind that came to the office.
func (w *world) asked(what string) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, list := range w.seen {
		for _, e := range list {
			if e.what == what {
				n++
			}
		}
	}
	return n
}

// TestLetters: what a repeat does not mend is shown at once.
func TestLetters(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		text   string
	}{
		"Denied": {403, "does not accept who we are"}, "Differs": {409, "another request under this id"}, "Malformed": {422, "malformed"},
		"Version": {415, "another version"},
	} {
		t.Run("Err/"+name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				t.Helper()
				goWrong(t, w, outside.Fault{Kind: outside.Status, Status: c.status})
				f := w.file()
				<-time.After(10 * time.Second)
				require.Len(t, w.conn.Letters(), 1)
				require.Contains(t, w.conn.Letters()[0].Reason, c.text)
				w.simulator().Faults().Clear()
				issuedOnce(t, w, f)
			})
		})
	}
	t.Run("ErrNoOffice", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			t.Helper()
			_, err := w.conn.Issue(t.Context(), ledger.Order{ID: 1, Service: uint8(consular.RecordJustice)})
			require.True(t, fault.Is(err, fault.Unsupported), err)
			require.Len(t, w.conn.Letters(), 1)
		})
	})
}

// TestPacket opens what the office gets: the person and the use, no contact, no
// reference, no receipt.
func TestPacket(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		t.Helper()
		f := w.file()
		w.until(f, workflow.WithIssuer)
		v := w.view(f)
		o, err := w.Order(v.Open[len(v.Open)-1])
		require.NoError(t, err)
		for _, id := range v.Open {
			if one, err := w.Order(id); err == nil && one.Kind == uint8(workflow.OrderIssue) {
				o = one
			}
		}
		sealed, err := w.sealer.RecordPacket(t.Context(), o, recipient(w, "c0ffee-1"))
		require.NoError(t, err)
		opened, err := w.office.Open(sealed, "jaliya/records/1", []byte("jaliya/records/1\x00c0ffee-1"))
		require.NoError(t, err)
		var content map[int]any
		require.NoError(t, wire.Unmarshal(opened.Body(), wire.MaxBody, &content))
		require.Len(t, content, 7)
		require.Equal(t, "record.police", content[3])
		text := string(opened.Body())
		require.Contains(t, text, f.person.Family.Latin)
		for _, secret := range []string{f.ref.Digits(), "@", "a receipt", "12345678"} {
			require.NotContains(t, text, secret)
		}
		_, err = w.office.Open(sealed, "jaliya/records/1", []byte("jaliya/records/1\x00c0ffee-2"))
		require.Error(t, err, "of another request")
		o.Kind = uint8(workflow.OrderNotify)
		_, err = w.sealer.RecordPacket(t.Context(), o, recipient(w, "c0ffee-1"))
		require.True(t, fault.Is(err, fault.Denied), err)
		o.Kind, o.Service = uint8(workflow.OrderIssue), uint8(consular.RecordJustice)
		_, err = w.sealer.RecordPacket(t.Context(), o, recipient(w, "c0ffee-1"))
		require.True(t, fault.Is(err, fault.Invalid), err)
	})
}
