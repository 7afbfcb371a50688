package desk_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/desk"
	"jaliya/internal/access"
	"jaliya/internal/fault"
)

// bag is a carrier whose answers the test decides.
type bag struct {
	brought desk.Brought
	err     error
	late    error // after the first bytes
	took    string
}

func (b *bag) Export(_ context.Context, to io.Writer) error {
	if b.err != nil {
		return b.err
	}
	_, err := to.Write([]byte("sealed"))
	return errors.Join(err, b.late)
}

func (b *bag) Import(_ context.Context, from io.ReadSeeker) (desk.Brought, error) {
	raw, err := io.ReadAll(from)
	b.took = string(raw)
	if err == nil {
		err = b.err
	}
	return b.brought, err
}

// answers gives in a file, as a browser does.
func (s surfer) answers(content string) seen {
	s.tb.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part, err := w.CreateFormFile("file", "hub.pouch")
	require.NoError(s.tb, err)
	_, err = part.Write([]byte(content))
	require.NoError(s.tb, err)
	require.NoError(s.tb, w.Close())
	r := httptest.NewRequestWithContext(s.tb.Context(), http.MethodPost, "/connection/by-hand/answer", &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	return s.do(r)
}

// TestCarry: a supervisor takes the work away in a file and brings the answer;
// what is none is said to be none, in plain words, and an agent has no such page.
func TestCarry(t *testing.T) {
	w := newWorld(t)
	b := &bag{brought: desk.Brought{Secured: 2}}
	s := surfer{tb: t, handler: w.screensWith(t, desk.ScreenOptions{SelfTest: &selfTest{}, Carrier: b}), role: "supervisor", lang: "fr"}
	require.Contains(t, s.get("/connection").text, "/connection/by-hand")
	require.Contains(t, s.get("/connection/by-hand").text, "Rien n&#39;attend")

	file := s.post("/connection/by-hand/file", nil)
	require.Equal(t, "sealed", file.Body.String())
	require.Equal(t, "no-store", file.Header().Get("Cache-Control"))
	require.Regexp(t, `^attachment; filename="jaliya-FR-LYO-\d{8}-\d{4}\.pouch"$`, file.Header().Get("Content-Disposition"))

	b.late = fault.New(fault.Unavailable, "test", "an image cannot be read", nil)
	require.PanicsWithValue(t, http.ErrAbortHandler, func() { s.post("/connection/by-hand/file", nil) }, "the download breaks off")

	got := s.answers("signed")
	require.Equal(t, http.StatusOK, got.Code)
	require.Equal(t, "signed", b.took)
	require.Contains(t, got.text, "2 inscriptions sont maintenant assurées au niveau national.")
	b.brought = desk.Brought{Refused: fault.Fork.String()}
	got = s.answers("signed")
	require.Contains(t, got.text, "Cette réponse n&#39;apporte rien de nouveau")
	require.Contains(t, got.text, "diffère de celle que la plateforme connaît")

	for _, c := range []struct {
		err  error
		want string
		code int
	}{
		{fault.New(fault.Unavailable, "test", "cut", nil), "n&#39;est pas arrivé en entier", http.StatusUnprocessableEntity},
		{fault.New(fault.Corrupt, "test", "bit", nil), "Modifié en route", http.StatusUnprocessableEntity},
		{fault.New(fault.Denied, "test", "Nador", nil), "Pour un autre poste", http.StatusUnprocessableEntity},
	} {
		b.err = c.err
		got := s.answers("x")
		require.Equal(t, c.code, got.Code)
		require.Contains(t, got.text, c.want)
	}
	b.err = fault.New(fault.Full, "test", "disk", nil)
	require.GreaterOrEqual(t, s.post("/connection/by-hand/file", nil).Code, http.StatusBadRequest)
	require.Contains(t, s.post("/connection/by-hand/answer", nil).text, "n&#39;est pas arrivé en entier", "no file chosen")

	s.role = "agent"
	require.NotContains(t, s.get("/connection").text, "/connection/by-hand")
	for _, route := range desk.CarryRoutes() {
		require.Equal(t, access.LinkCarry, route.Permission)
		r := httptest.NewRequestWithContext(t.Context(), route.Method, route.Path, nil)
		require.Equal(t, http.StatusForbidden, s.do(r).Code)
	}
}

// TestCarryBrowser looks at the page before and after an answer.
func TestCarryBrowser(t *testing.T) {
	for _, language := range []string{"fr", "ar"} {
		for _, width := range []int64{390, 1280} {
			t.Run(fmt.Sprintf("OK-%s-%d", language, width), func(t *testing.T) {
				w := newWorld(t)
				w.now = time.Now().UTC()
				server := httptest.NewServer(w.screensWith(t, desk.ScreenOptions{SelfTest: &selfTest{}, Carrier: &bag{}}))
				t.Cleanup(server.Close)
				b := startBrowser(t, server.URL)
				b.Name = fmt.Sprintf("carry-%s-%d", language, width)
				b.Viewport(width)
				b.Open("/sign-in")
				b.Speak(language)
				b.signIn("supervisor")
				b.Open("/connection/by-hand")
				b.Look("page")
				b.Walk("page")
			})
		}
	}
}
