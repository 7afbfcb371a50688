package byhand_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/byhand"
	"jaliya/internal/fault"
)

// daemon serves the two paths on a socket in a directory of its own.
type daemon struct {
	dir, socket string
	tray        byhand.Tray
	export      func(to io.Writer) error
	take        func(from io.ReadSeeker, to io.Writer) error
}

func serve(t *testing.T, dir string) *daemon {
	t.Helper()
	d := &daemon{dir: dir, socket: filepath.Join(dir, byhand.Socket), tray: byhand.Tray{Dir: dir, Most: 1 << 20}}
	l, err := byhand.Listen(t.Context(), d.socket)
	require.NoError(t, err)
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+byhand.PathExport, byhand.Export(func(_ *http.Request, to io.Writer) error { return d.export(to) }))
	mux.HandleFunc("POST "+byhand.PathImport, func(w http.ResponseWriter, r *http.Request) {
		byhand.Import(d.tray, func(_ *http.Request, from io.ReadSeeker, to io.Writer) error { return d.take(from, to) })(w, r)
	})
	server := &http.Server{Handler: mux}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	t.Cleanup(func() {
		require.NoError(t, server.Close())
		require.ErrorIs(t, <-served, http.ErrServerClosed)
	})
	return d
}

// left lists what stands in a directory.
func left(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestExport(t *testing.T) {
	d := serve(t, t.TempDir())
	out := t.TempDir()
	path := filepath.Join(out, "lyon.pouch")
	whole := bytes.Repeat([]byte("entry "), 1<<20)
	broken := errors.New("broken")
	for _, c := range []struct {
		name   string
		export func(to io.Writer) error
		want   fault.Kind
	}{
		{"ErrBeforeTheFirstByte", func(io.Writer) error { return fault.New(fault.Corrupt, "test", "journal", broken) }, fault.Conflict},
		{"ErrHalfWay", func(to io.Writer) error {
			_, err := to.Write(whole[:len(whole)/2])
			return errors.Join(err, broken)
		}, fault.Unavailable},
	} {
		t.Run(c.name, func(t *testing.T) {
			d.export = c.export
			err := byhand.AskExport(t.Context(), d.socket, path)
			require.True(t, fault.Is(err, c.want), "%v", err)
			require.Empty(t, left(t, out), "a part is never left under any name")
		})
	}
	d.export = func(to io.Writer) error {
		_, err := to.Write(whole)
		return err
	}
	require.NoError(t, byhand.AskExport(t.Context(), d.socket, path))
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, whole, got)
	require.Equal(t, []string{"lyon.pouch"}, left(t, out))
	err = byhand.AskExport(t.Context(), d.socket, path)
	require.True(t, fault.Is(err, fault.Exists), "%v", err)
}

func TestImport(t *testing.T) {
	dir := t.TempDir()
	d := serve(t, dir)
	var seen string
	d.take = func(from io.ReadSeeker, to io.Writer) error {
		raw, err := io.ReadAll(from)
		seen = string(raw)
		require.Equal(t, []string{byhand.Socket}, left(t, dir), "what is on its way has no name that could stay behind")
		if seen == "bad" {
			_, _ = to.Write([]byte("half an answer"))
			return fault.New(fault.Denied, "test", "somebody else signed it", nil)
		}
		_, werr := to.Write([]byte("receipts for " + seen))
		return errors.Join(err, werr)
	}
	var answer bytes.Buffer
	require.NoError(t, byhand.AskImport(t.Context(), d.socket, strings.NewReader("entries"), &answer))
	require.Equal(t, "entries", seen)
	require.Equal(t, "receipts for entries", answer.String())

	answer.Reset()
	err := byhand.AskImport(t.Context(), d.socket, strings.NewReader("bad"), &answer)
	require.ErrorContains(t, err, "somebody else signed it")
	require.Zero(t, answer.Len())

	out := t.TempDir()
	err = byhand.AskImportInto(t.Context(), d.socket, strings.NewReader("bad"), filepath.Join(out, "answer"))
	require.Error(t, err)
	require.Empty(t, left(t, out))
	require.NoError(t, byhand.AskImportInto(t.Context(), d.socket, strings.NewReader("entries"), filepath.Join(out, "answer")))
	require.Equal(t, []string{"answer"}, left(t, out))
	require.Equal(t, []string{byhand.Socket}, left(t, dir))
}

// TestRoom: what would take the room of others is refused before any of it is
// written, and so is what does not say how much it is.
func TestRoom(t *testing.T) {
	dir := t.TempDir()
	d := serve(t, dir)
	d.take = func(io.ReadSeeker, io.Writer) error {
		t.Error("it was taken")
		return nil
	}
	path := filepath.Join(t.TempDir(), "post.pouch")
	require.NoError(t, os.WriteFile(path, []byte("entries"), 0o600))
	for _, c := range []struct {
		name, want string
		tray       byhand.Tray
		from       func(*os.File) io.Reader
	}{
		{"ErrTooLarge", "too large", byhand.Tray{Dir: dir, Most: 6}, func(f *os.File) io.Reader { return f }},
		{"ErrFull", "no room", byhand.Tray{Dir: dir, Most: 1 << 20, Reserve: 1 << 60}, func(f *os.File) io.Reader { return f }},
		{"ErrNoLength", "length", byhand.Tray{Dir: dir, Most: 1 << 20}, func(f *os.File) io.Reader { return io.MultiReader(f) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			d.tray = c.tray
			f, err := os.Open(path)
			require.NoError(t, err)
			err = byhand.AskImport(t.Context(), d.socket, c.from(f), io.Discard)
			require.ErrorContains(t, err, c.want)
			require.NoError(t, f.Close(), "the file stays the caller's")
			require.Equal(t, []string{byhand.Socket}, left(t, dir))
		})
	}
}

// TestOneAtATime: room that was looked for is not given away twice.
func TestOneAtATime(t *testing.T) {
	tray := byhand.Tray{Dir: t.TempDir(), Most: 1 << 20}
	inside, leave := make(chan struct{}), make(chan struct{})
	take := byhand.Import(tray, func(*http.Request, io.ReadSeeker, io.Writer) error {
		close(inside)
		<-leave
		return nil
	})
	post := func() int {
		w := httptest.NewRecorder()
		take(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader("file")))
		return w.Code
	}
	first := make(chan int, 1)
	go func() { first <- post() }()
	<-inside
	require.Equal(t, http.StatusConflict, post())
	close(leave)
	require.Equal(t, http.StatusOK, <-first)
}

// TestSocket: nobody but its owner may use it, a name longer than the kernel
// takes works, and one that a killed daemon left is replaced.
func TestSocket(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("d", 120))
	require.NoError(t, os.Mkdir(dir, 0o700))
	for range 2 {
		d := serve(t, dir)
		d.export = func(to io.Writer) error {
			_, err := to.Write([]byte("file"))
			return err
		}
		info, err := os.Stat(d.socket)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
		file := filepath.Join(t.TempDir(), "file")
		require.NoError(t, byhand.AskExport(t.Context(), d.socket, file))
	}
	err := byhand.AskImport(context.Background(), filepath.Join(dir, "nobody"), strings.NewReader(""), io.Discard)
	require.True(t, fault.Is(err, fault.Unavailable), "%v", err)
}
