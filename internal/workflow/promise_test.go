package workflow_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	. "jaliya/internal/workflow"
)

func TestPromise(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 3, 2+n, 9, 0, 0, 0, time.UTC) } // a Monday
	require.Zero(t, PromiseOf(KindCNIE, nil, day(0)))
	for _, tc := range []struct {
		name  string
		kind  Kind
		stays []Stay
		now   int
		first int
		moved int
		why   Status
	}{
		{"Card", KindCNIE, []Stay{{Replicated, day(0)}, {Verifying, day(0)}}, 3, 35, 35, StatusNone},
		{"Record", KindRecord, []Stay{{Filed, day(0)}, {WithIssuer, day(0)}}, 3, 14, 14, StatusNone},
		{"NeverOnFriday", KindRecord, []Stay{{Filed, day(4)}}, 5, 21, 21, StatusNone},
		{"WaitsForThePerson", KindRecord, []Stay{{WithIssuer, day(0)}, {IdentityQuery, day(2)}, {WithIssuer, day(9)}}, 20, 14, 21, StatusAction},
		{"StillWaits", KindRecord, []Stay{{WithIssuer, day(0)}, {IdentityQuery, day(2)}}, 9, 14, 21, StatusAction},
		{"BagLost", KindCNIE, []Stay{{Replicated, day(0)}, {PouchIncident, day(20)}, {InProduction, day(34)}}, 40, 35, 49, StatusOnItsWay},
		{"BagLostToday", KindCNIE, []Stay{{Replicated, day(0)}, {PouchIncident, day(20)}}, 20, 35, 42, StatusOnItsWay},
		{"SuspicionIsSilent", KindCNIE, []Stay{{Verifying, day(0)}, {Adjudication, day(1)}, {Verifying, day(9)}}, 10, 35, 35, StatusNone},
		{"PaidAtOnce", KindRecord, []Stay{{Filed, day(0)}, {AwaitingPayment, day(0)}, {WithIssuer, day(0).Add(time.Minute)}}, 1, 14, 14, StatusNone},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := PromiseOf(tc.kind, tc.stays, day(tc.now))
			require.Equal(t, day(tc.first), p.First)
			require.Equal(t, day(tc.moved).Format(time.DateOnly), p.Now.Format(time.DateOnly))
			require.Equal(t, tc.why, p.Moved)
		})
	}
}
