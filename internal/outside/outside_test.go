package outside_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/config"
	"jaliya/internal/fault"
	"jaliya/internal/outside"
)

func call(tb testing.TB, method, url, body string) (int, map[string]any) {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), method, url, bytes.NewBufferString(body))
	require.NoError(tb, err)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil
	}
	defer resp.Body.Close()
	var got map[string]any
	if json.NewDecoder(resp.Body).Decode(&got) != nil {
		return -resp.StatusCode, nil
	}
	return resp.StatusCode, got
}

func TestFaults(t *testing.T) {
	var done atomic.Int32
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /things/{thing}", func(w http.ResponseWriter, r *http.Request) {
		var in struct{ Name string }
		if !outside.ReadJSON(w, r, 100, &in) {
			return
		}
		done.Add(1)
		outside.JSON(w, http.StatusCreated, map[string]string{"name": in.Name})
	})
	faults, log := outside.NewFaults(1), &outside.Log{}
	server := httptest.NewServer(&outside.Service{Mux: mux, Faults: faults, Log: log})
	t.Cleanup(server.Close)
	admin := httptest.NewServer(outside.Admin(faults, log))
	t.Cleanup(admin.Close)
	for kind, want := range map[outside.Kind]struct{ status, done int }{
		"": {201, 1}, outside.Drop: {0, 0}, outside.Status: {500, 0}, outside.Delay: {201, 1}, outside.Twice: {201, 2},
		outside.Lose: {0, 1}, outside.WrongType: {-201, 1}, outside.Garbage: {-201, 1}, outside.Truncate: {-201, 1}, outside.Oversize: {-201, 1},
	} {
		t.Run("OK/"+string(kind), func(t *testing.T) {
			done.Store(0)
			if kind != "" {
				status, _ := call(t, http.MethodPost, admin.URL+"/admin/faults", `{"kind":"`+string(kind)+`","on":"PUT /things","times":1,"delay":"1ms"}`)
				require.Equal(t, http.StatusCreated, status)
			}
			status, _ := call(t, http.MethodPut, server.URL+"/things/secret-thing", `{"name":"secret-name"}`)
			require.Equal(t, want.status, status)
			require.EqualValues(t, want.done, done.Load())
			status, _ = call(t, http.MethodPut, server.URL+"/things/secret-thing", `{"name":"x"}`)
			require.Equal(t, http.StatusCreated, status, "once only")
		})
	}
	t.Run("OK/LogHasNothingOfThePerson", func(t *testing.T) {
		status, got := call(t, http.MethodGet, admin.URL+"/admin/requests", "")
		require.Equal(t, http.StatusOK, status)
		raw, err := json.Marshal(got)
		require.NoError(t, err)
		require.Contains(t, string(raw), "/things/{thing}")
		require.NotContains(t, string(raw), "secret")
	})
	t.Run("ErrFault", func(t *testing.T) {
		for body, want := range map[string]int{
			`{}`: 422, `{"kind":"drop","rate":2}`: 422, `{"kind":"status","status":200}`: 422, `{"kind":"drop","when":1}`: 400, `{`: 400,
		} {
			status, _ := call(t, http.MethodPost, admin.URL+"/admin/faults", body)
			require.Equal(t, want, status, body)
		}
	})
	t.Run("ErrToken", func(t *testing.T) {
		guarded := httptest.NewServer(&outside.Service{Mux: mux, Faults: faults, Log: log, Token: "t"})
		t.Cleanup(guarded.Close)
		status, got := call(t, http.MethodPut, guarded.URL+"/things/1", `{}`)
		require.Equal(t, http.StatusUnauthorized, status)
		require.Equal(t, "unauthenticated", got["code"])
	})
}

func TestFaultEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := outside.NewFaults(1)
		_, err := f.Add(outside.Fault{Kind: outside.Drop, For: config.Duration(time.Minute)})
		require.NoError(t, err)
		_, yes := f.Fires(outside.Drop, "GET /")
		require.True(t, yes)
		<-time.After(2 * time.Minute)
		_, yes = f.Fires(outside.Drop, "GET /")
		require.False(t, yes)
		require.Empty(t, f.List())
	})
}

func TestFaultRate(t *testing.T) {
	f := outside.NewFaults(3)
	_, err := f.Add(outside.Fault{Kind: outside.Status, Rate: 0.25})
	require.NoError(t, err)
	for range 1000 {
		f.Fires(outside.Status, "GET /")
	}
	require.InDelta(t, 250, f.Fired(outside.Status), 50)
	for range 99 {
		_, err = f.Add(outside.Fault{Kind: outside.Drop})
		require.NoError(t, err)
	}
	_, err = f.Add(outside.Fault{Kind: outside.Drop})
	require.True(t, fault.Is(err, fault.Full))
}

func TestClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := outside.NewClock(3600)
		begun := c.Now()
		<-time.After(time.Second)
		require.Equal(t, time.Hour, c.Now().Sub(begun))
		c.Advance(time.Hour)
		require.Equal(t, 2*time.Hour, c.Now().Sub(begun))
		require.Equal(t, time.Second, c.Real(time.Hour))
	})
}

func TestServe(t *testing.T) {
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- outside.Serve(ctx, outside.Endpoint{Listener: listener, Handler: outside.Admin(outside.NewFaults(1), &outside.Log{})})
	}()
	status, _ := call(t, http.MethodGet, "http://"+listener.Addr().String()+"/admin/faults", "")
	require.Equal(t, http.StatusOK, status)
	stop()
	require.NoError(t, <-ended)
}
