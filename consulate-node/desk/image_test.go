package desk_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/desk"
	"jaliya/internal/access"
	"jaliya/internal/wire"
)

func TestUpload(t *testing.T) {
	t.Run("OKResumedAtAnyByte", func(t *testing.T) {
		w := newWorld(t)
		v := w.begin(t)
		content := portrait(t, 900, 900)
		require.Greater(t, len(content), 300<<10)
		path := imagePath(v.Visit, "portrait")
		w.must(t, call{role: agent, method: http.MethodPost, path: path, body: announcement(content)}, nil)
		at := 0
		for _, size := range []int{1, 17, 0, 131_071, 131_073, 40_000} {
			var s desk.ImageStatus
			w.must(t, call{role: agent, method: http.MethodPatch, path: path, body: content[at : at+size], header: offset(at)}, &s)
			at += size
			require.Equal(t, int64(at), s.Offset)
			w.restart(t)
			head := w.do(t, call{role: agent, method: http.MethodHead, path: path})
			require.Equal(t, http.StatusOK, head.Code)
			require.Equal(t, offset(at)["Upload-Offset"], head.Header().Get("Upload-Offset"))
			require.Equal(t, "?0", head.Header().Get("Upload-Complete"))
			require.Zero(t, head.Body.Len())
		}
		var s desk.ImageStatus
		w.must(t, call{role: agent, method: http.MethodPatch, path: path, body: content[at:], header: offset(at)}, &s)
		require.True(t, s.Complete)
		require.Equal(t, 900, s.Width)
		require.Equal(t, "image/jpeg", s.MediaType)
		more := w.do(t, call{role: agent, method: http.MethodPatch, path: path, body: []byte("x"), header: offset(0)})
		require.Equal(t, "upload-complete", more.problem.Code)
	})
	t.Run("ErrWrongOffset", func(t *testing.T) {
		w := newWorld(t)
		v := w.begin(t)
		content := portrait(t, 413, 531)
		path := imagePath(v.Visit, "portrait")
		w.must(t, call{role: agent, method: http.MethodPost, path: path, body: announcement(content)}, nil)
		w.must(t, call{role: agent, method: http.MethodPatch, path: path, body: content[:100], header: offset(0)}, nil)
		for _, at := range []int{0, 99, 101, 1 << 20} {
			a := w.do(t, call{role: agent, method: http.MethodPatch, path: path, body: content[100:], header: offset(at)})
			require.Equal(t, "wrong-offset", a.problem.Code)
			require.Equal(t, int64(100), *a.problem.Next.Offset)
		}
		for _, at := range []string{"", "-1", "x", "99999999999999999999"} {
			a := w.do(t, call{role: agent, method: http.MethodPatch, path: path, body: content, header: map[string]string{"Upload-Offset": at}})
			require.Equal(t, "invalid", a.problem.Code)
		}
		a := w.do(t, call{role: agent, method: http.MethodPatch, path: path, body: "text", header: offset(100)})
		require.Equal(t, "content-type", a.problem.Code)
		a = w.do(t, call{role: agent, method: http.MethodPatch, path: path, body: content, header: offset(100)})
		require.Equal(t, "too-large", a.problem.Code)
	})
	t.Run("OKBrokenBodyKeepsWhatCame", func(t *testing.T) {
		w := newWorld(t)
		v := w.begin(t)
		content := portrait(t, 413, 531)
		path := imagePath(v.Visit, "portrait")
		w.must(t, call{role: agent, method: http.MethodPost, path: path, body: announcement(content)}, nil)
		broken := io.MultiReader(bytes.NewReader(content[:5000]), failing{})
		a := w.do(t, call{role: agent, method: http.MethodPatch, path: path, body: broken, header: offset(0)})
		require.Equal(t, http.StatusGatewayTimeout, a.Code)
		head := w.do(t, call{role: agent, method: http.MethodHead, path: path})
		require.Equal(t, "5000", head.Header().Get("Upload-Offset"))
		w.must(t, call{role: agent, method: http.MethodPatch, path: path, body: content[5000:], header: offset(5000)}, nil)
	})
	t.Run("OKTornEndIsWrittenOver", func(t *testing.T) {
		w := newWorld(t)
		v := w.begin(t)
		content := portrait(t, 413, 531)
		path := imagePath(v.Visit, "portrait")
		w.must(t, call{role: agent, method: http.MethodPost, path: path, body: announcement(content)}, nil)
		w.must(t, call{role: agent, method: http.MethodPatch, path: path, body: content[:7000], header: offset(0)}, nil)
		files, err := filepath.Glob(filepath.Join(w.dir, "drafts", v.Visit, "portrait.*"))
		require.NoError(t, err)
		require.Len(t, files, 1)
		for _, torn := range [][]byte{{0}, {0, 0, 0, 0, 0, 0}, append([]byte{0, 0, 1, 0}, make([]byte, 400)...), {0xff, 0xff, 0xff, 0xff, 1}} {
			f, err := os.OpenFile(files[0], os.O_APPEND|os.O_WRONLY, 0)
			require.NoError(t, err)
			_, err = f.Write(torn)
			require.NoError(t, errors.Join(err, f.Close()))
			head := w.do(t, call{role: agent, method: http.MethodHead, path: path})
			require.Equal(t, "7000", head.Header().Get("Upload-Offset"))
		}
		var s desk.ImageStatus
		w.must(t, call{role: agent, method: http.MethodPatch, path: path, body: content[7000:], header: offset(7000)}, &s)
		require.True(t, s.Complete)
	})
	t.Run("OKReplay", func(t *testing.T) {
		w := newWorld(t)
		v := w.begin(t)
		content := portrait(t, 413, 531)
		path := imagePath(v.Visit, "portrait")
		first := w.upload(t, v.Visit, "portrait", content)
		var again desk.ImageStatus
		w.must(t, call{role: agent, method: http.MethodPost, path: path, body: announcement(content)}, &again)
		require.Equal(t, first, again)
	})
	t.Run("OKReplaced", func(t *testing.T) {
		w := newWorld(t)
		v := w.begin(t)
		path := imagePath(v.Visit, "portrait")
		w.upload(t, v.Visit, "portrait", portrait(t, 413, 531))
		second := portrait(t, 500, 600)
		a := w.do(t, call{role: agent, method: http.MethodPost, path: path, body: announcement(second)})
		require.Equal(t, "exists", a.problem.Code)
		replace := announcement(second)
		replace["replace"] = true
		w.must(t, call{role: agent, method: http.MethodPost, path: path, body: replace}, nil)
		var s desk.ImageStatus
		w.must(t, call{role: agent, method: http.MethodPatch, path: path, body: second, header: offset(0)}, &s)
		require.Equal(t, 500, s.Width)
		files, err := os.ReadDir(filepath.Join(w.dir, "drafts", v.Visit))
		require.NoError(t, err)
		require.Len(t, files, 1)
	})
	t.Run("OKDropped", func(t *testing.T) {
		w := newWorld(t)
		v := w.begin(t)
		w.upload(t, v.Visit, "portrait", portrait(t, 413, 531))
		var after desk.View
		w.must(t, call{role: agent, method: http.MethodDelete, path: imagePath(v.Visit, "portrait")}, &after)
		require.Empty(t, after.Images)
	})
	t.Run("ErrTooMany", func(t *testing.T) {
		w := newWorld(t)
		v := w.begin(t)
		names := []string{}
		for page := range 8 {
			for _, paper := range []string{"birth-extract", "old-card", "loss-statement", "change-proof"} {
				names = append(names, "scan-"+paper+"-"+string(rune('2'+page)))
			}
		}
		for i, name := range names {
			a := w.do(t, call{role: agent, method: http.MethodPost, path: imagePath(v.Visit, name), body: announcement([]byte("x"))})
			if i < desk.MaxParts {
				require.Equal(t, http.StatusCreated, a.Code, name)
				continue
			}
			require.Equal(t, "too-large", a.problem.Code)
		}
	})
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("the cable was pulled") }

func TestInspect(t *testing.T) {
	huge := picture(t, 1, 1)
	copy(huge[16:], []byte{0, 1, 0, 0, 0, 1, 0, 0}) // 65,536 x 65,536 in the head of a small file
	cases := map[string]struct {
		name    string
		content []byte
		code    string
	}{
		"OKPortraitPNG":    {"portrait", picture(t, 413, 531), ""},
		"OKScanPDF":        {"scan-birth-extract-2", []byte("%PDF-1.7\nand so on"), ""},
		"OKScanJPEG":       {"scan-old-card", portrait(t, 10, 10), ""},
		"OKPrintPNG":       {"print-left-thumb", picture(t, 50, 50), ""},
		"OKPrintWSQ":       {"print-left-thumb", wsq(1), ""},
		"ErrText":          {"portrait", []byte("not a picture at all"), "media-type"},
		"ErrPDFPortrait":   {"portrait", []byte("%PDF-1.7\n"), "media-type"},
		"ErrSVGSignature":  {"signature", []byte(`<svg xmlns="http://www.w3.org/2000/svg"></svg>`), "media-type"},
		"ErrJPEGSignature": {"signature", portrait(t, 10, 10), "media-type"},
		"ErrHTMLScan":      {"scan-old-card", []byte("<html><script>"), "media-type"},
		"ErrWSQPortrait":   {"portrait", wsq(1), "media-type"},
		"ErrNotWSQ":        {"print-left-thumb", []byte{0xff, 0xa0, 0, 0, 0, 0}, "media-type"},
		"ErrCutJPEG":       {"portrait", portrait(t, 413, 531)[:40], "media-type"},
		"ErrBadPNG":        {"signature", append([]byte("\x89PNG\r\n\x1a\n"), make([]byte, 60)...), "media-type"},
		"ErrTooLarge":      {"scan-old-card", fixCRC(huge), "picture-too-large"},
		"ErrHalfJPEG":      {"portrait", half(portrait(t, 413, 531)), "picture-cut"},
		"ErrLastByteJPEG":  {"scan-old-card", cut(portrait(t, 413, 531), 1), "picture-cut"},
		"ErrHalfPNG":       {"portrait", half(picture(t, 413, 531)), "picture-cut"},
		"ErrNoEndPNG":      {"print-left-thumb", cut(picture(t, 50, 50), 12), "picture-cut"},
		"ErrTurnedPNG":     {"print-left-thumb", turned(picture(t, 50, 50)), "picture-cut"},
		"OKCameraTrailer":  {"scan-old-card", append(portrait(t, 10, 10), "a clip, as telephones append it"...), ""},
		"ErrZip":           {"scan-old-card", append([]byte("PK\x03\x04"), portrait(t, 10, 10)...), "media-type"},
		"ErrGIFScript":     {"scan-old-card", []byte("GIF89a/*<script>*/=1"), "media-type"},
		"ErrSVGInXML":      {"scan-old-card", []byte("<?xml version=\"1.0\"?><svg onload=\"x()\"/>"), "media-type"},
		"ErrManyPixels":    {"scan-old-card", fixCRC(dots(picture(t, 1, 1), 6400, 6251)), "picture-too-large"},
		"ErrTooSmall":      {"portrait", portrait(t, 412, 531), "picture-too-small"},
	}
	w := newWorld(t)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			v := w.begin(t)
			path := imagePath(v.Visit, c.name)
			w.must(t, call{role: agent, method: http.MethodPost, path: path, body: announcement(c.content)}, nil)
			a := w.do(t, call{role: agent, method: http.MethodPatch, path: path, body: c.content, header: offset(0)})
			require.Equal(t, c.code, a.problem.Code, a.Body.String())
			status := w.do(t, call{role: agent, method: http.MethodHead, path: path}).Code
			if c.code == "" {
				require.Equal(t, http.StatusOK, status)
				return
			}
			require.Equal(t, http.StatusUnprocessableEntity, a.Code)
			require.Equal(t, http.StatusNotFound, status, "an image that failed is gone")
		})
	}
	t.Run("ErrDigest", func(t *testing.T) {
		v := w.begin(t)
		content := portrait(t, 413, 531)
		path := imagePath(v.Visit, "portrait")
		w.must(t, call{role: agent, method: http.MethodPost, path: path, body: announcement(content)}, nil)
		content[5000] ^= 1
		a := w.do(t, call{role: agent, method: http.MethodPatch, path: path, body: content, header: offset(0)})
		require.Equal(t, "digest-mismatch", a.problem.Code)
	})
}

func cut(raw []byte, n int) []byte { return slices.Clone(raw[:len(raw)-n]) }

func half(raw []byte) []byte { return cut(raw, len(raw)/2) }

// turned has one bit of its pixels turned.
func turned(raw []byte) []byte {
	out := slices.Clone(raw)
	out[len(out)-20] ^= 1
	return out
}

// dots writes other measures into the head of a PNG.
func dots(raw []byte, width, height uint32) []byte {
	binary.BigEndian.PutUint32(raw[16:], width)
	binary.BigEndian.PutUint32(raw[20:], height)
	return raw
}

// TestConcurrentUploads sends the same image from many sides: each byte counts
// once, and it is whole at the end.
func TestConcurrentUploads(t *testing.T) {
	w := newWorld(t)
	v := w.begin(t)
	visit, err := wire.ParseRecordID(v.Visit)
	require.NoError(t, err)
	who := access.Principal{ID: "a", Role: agent}
	content := portrait(t, 600, 700)
	in := desk.ImageInput{Visit: visit, Name: "portrait", Size: int64(len(content)), Digest: sha256.Sum256(content)}
	_, err = w.desk.StartImage(t.Context(), who, in)
	require.NoError(t, err)
	done := make(chan bool)
	for range 4 {
		go func() {
			for {
				s, err := w.desk.ImageStatus(t.Context(), who, visit, "portrait")
				if err != nil || s.Complete {
					done <- err == nil
					return
				}
				end := min(int(s.Offset)+20_000, len(content))
				_, _ = w.desk.AppendImage(t.Context(), who, desk.AppendInput{ // who comes too late asks again
					Visit: visit, Name: "portrait", Offset: s.Offset, Body: strings.NewReader(string(content[s.Offset:end])),
				})
			}
		}()
	}
	for range 4 {
		require.True(t, <-done)
	}
}
