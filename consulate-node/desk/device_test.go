package desk_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/desk"
	"jaliya/internal/fault"
)

const readerAt = "http://127.0.0.1:9091"

func TestCheckDevice(t *testing.T) {
	for _, ok := range []string{"", readerAt, "http://localhost:9091", "https://127.0.0.1:443"} {
		require.NoError(t, desk.CheckDevice(ok), ok)
	}
	for _, bad := range []string{
		"http://127.0.0.1", "http://127.0.0.1:9091/", "http://192.0.2.7:9091", "http://[::1]:9091", "ws://127.0.0.1:9091",
		"http://127.0.0.1:0", "http://127.0.0.1:9091; script-src *", "http://u@127.0.0.1:9091", "127.0.0.1:9091", "*",
		"http://localhost.evil.example:9091",
	} {
		require.True(t, fault.Is(desk.CheckDevice(bad), fault.Invalid), bad)
	}
}

func TestPolicyOfTheReader(t *testing.T) {
	w := newWorld(t)
	w.device = readerAt
	v := w.begin(t)
	v = w.put(t, v.Visit, v.Version, adult().Person)
	s := surfer{tb: t, handler: w.screens(t), role: "agent", lang: "fr"}
	fingers := "/visits/" + v.Visit + "/steps/fingers"
	t.Run("OKOneOriginOnOnePage", func(t *testing.T) {
		page := s.get(fingers)
		require.Contains(t, page.Header().Get("Content-Security-Policy"), "connect-src 'self' "+readerAt+"; form-action")
		require.Contains(t, page.text, `data-reader="`+readerAt+`"`)
		require.Contains(t, page.text, "reader.js")
		for _, path := range []string{"/", "/visits/" + v.Visit + "/steps/portrait", "/sign-in"} {
			require.Contains(t, s.get(path).Header().Get("Content-Security-Policy"), "connect-src 'self'; form-action", path)
		}
	})
	t.Run("OKNoReader", func(t *testing.T) {
		w.device = ""
		page := surfer{tb: t, handler: w.screens(t), role: "agent", lang: "fr"}.get(fingers)
		require.Contains(t, page.Header().Get("Content-Security-Policy"), "connect-src 'self'; form-action")
		require.NotContains(t, page.text, "data-reader")
	})
	t.Run("ErrNotHere", func(t *testing.T) {
		_, err := desk.NewScreens(w.desk, desk.ScreenOptions{Auth: cookieAuth{}, Catalog: catalogOf(t), Device: "http://192.0.2.7:9091"})
		require.True(t, fault.Is(err, fault.Invalid))
	})
}

// TestTriesOfTheReader counts what the page says, and no more than that.
func TestTriesOfTheReader(t *testing.T) {
	w := newWorld(t)
	w.device = readerAt
	v := w.begin(t)
	v = w.put(t, v.Visit, v.Version, adult().Person)
	s := surfer{tb: t, handler: w.screens(t), role: "agent", lang: "fr"}
	path := "/visits/" + v.Visit + "/steps/fingers"
	for _, step := range []struct {
		typed string
		want  int
	}{{"2", 2}, {"1", 3}, {"-5", 3}, {"many", 3}, {"100000000000", 99}, {"7", 99}} {
		form := s.get(path).versioned("fingers.right-index.quality", "33", "fingers.right-index.tries", step.typed)
		s.post(path, form)
		var got desk.View
		w.must(t, call{role: agent, method: http.MethodGet, path: "/visits/" + v.Visit}, &got)
		require.Equal(t, "right-index", got.Forms.Fingers.Reports[0].Finger)
		require.Equal(t, step.want, got.Forms.Fingers.Reports[0].Attempts, step.typed)
	}
}
