package desk_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/desk"
	"jaliya/internal/access"
	"jaliya/internal/consular"
)

func TestFollow(t *testing.T) {
	w := newWorld(t)
	v := w.fill(t, w.begin(t))
	r := w.release(t, v)
	follow := func(reference, code string) answer {
		return w.do(t, call{role: agent, method: http.MethodPost, path: "/follow", body: map[string]string{
			"reference": reference, "slip_code": code,
		}})
	}
	other := "10000000000000001"
	other = other[:16]
	for n := range 97 {
		if ref, err := consular.ParseReference(other + string(rune('0'+n/10)) + string(rune('0'+n%10))); err == nil {
			other = ref.Digits()
			break
		}
	}
	wrong := "00000000"
	if r.SlipCode == wrong {
		wrong = "11111111"
	}
	t.Run("OK", func(t *testing.T) {
		a := follow(r.Reference, r.SlipCode[:4]+" "+r.SlipCode[4:])
		require.Equal(t, http.StatusOK, a.Code)
		require.Contains(t, a.Body.String(), `"public_status":"enrolled"`)
		require.NotContains(t, a.Body.String(), "RELEASED", "no inner state")
	})
	t.Run("ErrAlike", func(t *testing.T) {
		unknown, mistaken := follow(other, wrong), follow(r.Reference, wrong)
		require.Equal(t, http.StatusNotFound, unknown.Code)
		require.Equal(t, http.StatusNotFound, mistaken.Code)
		unknown.problem.RequestID, mistaken.problem.RequestID = "", ""
		require.Equal(t, unknown.problem, mistaken.problem)
		require.Equal(t, unknown.Body.Len(), mistaken.Body.Len())
	})
	t.Run("ErrShape", func(t *testing.T) {
		require.Equal(t, "invalid", follow("123", wrong).problem.Code)
		require.Equal(t, "invalid", follow(other, "12").problem.Code)
	})
	t.Run("ErrTooOften", func(t *testing.T) {
		for range 10 {
			follow(other, wrong)
		}
		for _, a := range []answer{follow(other, wrong), follow(r.Reference, r.SlipCode)} {
			require.Equal(t, http.StatusTooManyRequests, a.Code)
			require.Equal(t, "too-many-attempts", a.problem.Code)
			require.NotEmpty(t, a.Header().Get("Retry-After"))
		}
		w.now = w.now.Add(31 * time.Second)
		require.Equal(t, http.StatusOK, follow(r.Reference, r.SlipCode).Code)
		require.Equal(t, http.StatusOK, follow(r.Reference, r.SlipCode).Code, "who is right is not counted")
	})
	t.Run("ErrReferenceIsGuardedFromManyClients", func(t *testing.T) {
		who := access.Principal{ID: "x", Role: agent}
		limited := false
		for n := range 12 {
			_, err := w.desk.Follow(t.Context(), who, desk.FollowInput{
				Reference: r.Reference, SlipCode: wrong, Client: "client" + string(rune('a'+n)),
			})
			limited = limited || err != nil && http.StatusTooManyRequests == statusOf(err)
		}
		require.True(t, limited)
	})
}

func TestStatus(t *testing.T) {
	w := newWorld(t)
	v := w.fill(t, w.begin(t))
	w.release(t, v)
	w.begin(t)
	w.now = w.now.Add(90 * time.Second)
	var s desk.Status
	w.must(t, call{role: access.PostAdmin, method: http.MethodGet, path: "/status"}, &s)
	require.Equal(t, uint64(1), s.Head.Sequence)
	require.Equal(t, "0000000000000007", s.Head.Incarnation)
	require.Equal(t, uint64(1), s.Unsecured)
	require.Equal(t, int64(90), s.OldestAge)
	require.Equal(t, 1, s.Drafts)
	require.Equal(t, "open", s.Capture)
	require.Equal(t, int64(250), *s.Offset)
	require.True(t, s.Link.Connected)
	w.secure(t)
	s = desk.Status{}
	w.must(t, call{role: access.PostAdmin, method: http.MethodGet, path: "/status"}, &s)
	require.Zero(t, s.Unsecured)
	require.Zero(t, s.OldestAge)
}

func TestNewRefuses(t *testing.T) {
	_, err := desk.New(desk.Options{})
	require.ErrorContains(t, err, "directory is not given")
}

func TestVisitsHideThemselves(t *testing.T) {
	forms := adult()
	draft := desk.Draft{Forms: forms}
	view := desk.View{Forms: forms}
	summary := desk.Summary{Family: forms.Person.Family}
	for _, v := range []any{
		forms, forms.Person, forms.Contact, forms.Documents, forms.Fingers, &desk.DeliveryForm{}, &desk.GuardianForm{},
		forms.Person.Family, forms.Person.Father, forms.Contact.Address, draft, view, summary,
		desk.Review{},
		&view,
	} {
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Info("visit", slog.Any("v", v))
		require.Contains(t, log.String(), `"v":"[person]"`)
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x"} {
			require.Equal(t, "[person]", fmt.Sprintf(verb, v))
		}
	}
}
