package web_test

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/consular"
	"jaliya/internal/lang"
	"jaliya/internal/web"
)

func newUI(t *testing.T) *web.UI {
	t.Helper()
	catalog, err := lang.Open()
	require.NoError(t, err)
	u, err := web.NewUI(web.UIOptions{Surface: "test", Catalog: catalog, Zone: time.UTC, Development: true})
	require.NoError(t, err)
	return u
}

func surface(t *testing.T) http.Handler {
	t.Helper()
	e := web.NewEngine(slog.New(slog.DiscardHandler))
	newUI(t).Register(e.Group("", web.Policy()))
	return e
}

func get(t *testing.T, h http.Handler, path, language string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	r.Header.Set("Accept-Language", language)
	if strings.HasPrefix(path, "/assets/") {
		r.Header.Set("Accept-Encoding", "gzip")
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestPinnedFonts(t *testing.T) {
	pinned := map[string]string{
		"noto-sans.woff2":        "c5fcf4ed2e1ae84dcd2b9ad2beaf0125958b355cb779e72137cd30aeaf039ab1",
		"noto-sans-arabic.woff2": "7a431b801f86733685368c609fa29fd71ac477b6ce0fa241ad3b1f8c9f07eebe",
	}
	for name, want := range pinned {
		raw, err := os.ReadFile(filepath.Join("assets", "fonts", name))
		require.NoError(t, err)
		sum := sha256.Sum256(raw)
		require.Equal(t, want, hex.EncodeToString(sum[:]), name)
	}
}

// TestSheetMirrors holds the sheet to logical properties, so that the Arabic
// page is a true mirror.
func TestSheetMirrors(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("assets", "style.css"))
	require.NoError(t, err)
	sheet := regexp.MustCompile(`(?s)/\*.*?\*/`).ReplaceAllString(string(raw), "")
	for _, physical := range []string{
		`(?:margin|padding|border)-(?:left|right|top|bottom)`, `[{;]\s*(?:left|right|top|bottom)\s*:`,
		`(?:text-align|float|clear)\s*:\s*(?:left|right)`, `[{;]\s*(?:min-|max-)?(?:width|height)\s*:`,
		`(?:padding|margin): [^ ;]+ [^ ;]+ [^ ;]+ [^ ;]+;`,
	} {
		require.NotRegexp(t, physical, sheet)
	}
	require.NotRegexp(t, `url\("?https?:`, sheet)
}

func TestComponents(t *testing.T) {
	h := surface(t)
	for language, dir := range map[string]string{"ar": "rtl", "fr": "ltr", "en": "ltr"} {
		page := get(t, h, "/components", language)
		require.Equal(t, http.StatusOK, page.Code)
		require.Contains(t, page.Body.String(), `<html lang="`+language+`" dir="`+dir+`">`)
		require.NotRegexp(t, `[> ]web\.[a-z]|ZgotmplZ`, page.Body.String())
		for level := range 4 {
			require.Contains(t, page.Body.String(), "badge l"+string(rune('0'+level)))
		}
		require.Equal(t, 1, strings.Count(page.Body.String(), "<h1"))
	}
}

func TestAssets(t *testing.T) {
	h := surface(t)
	page := get(t, h, "/components", "ar").Body.String()
	address := regexp.MustCompile(`/assets/[0-9a-f]{16}/style\.css`).FindString(page)
	require.NotEmpty(t, address)
	sheet := get(t, h, address, "ar")
	require.Equal(t, "gzip", sheet.Header().Get("Content-Encoding"))
	require.Contains(t, sheet.Header().Get("Cache-Control"), "immutable")
	z, err := gzip.NewReader(sheet.Body)
	require.NoError(t, err)
	raw, err := io.ReadAll(z)
	require.NoError(t, err)
	require.Regexp(t, `url\("/assets/[0-9a-f]{16}/noto-sans-arabic\.woff2"\)`, string(raw))
	require.NotContains(t, string(raw), "asset:")
	require.Equal(t, http.StatusNotFound, get(t, h, strings.Replace(address, "/assets/", "/assets/0", 1), "ar").Code)
	require.Equal(t, http.StatusNotFound, get(t, h, "/assets/0000000000000000/nothing.css", "ar").Code)
}

func TestLocalPath(t *testing.T) {
	for in, want := range map[string]string{
		"/visits/1/steps/person": "/visits/1/steps/person", "/a?b=c": "/a", "": "/", "//x.example/": "/",
		"https://x.example/": "/", "/\\x.example": "/", "javascript:x": "/", "/a\r\nSet-Cookie: x": "/", "visits": "/",
	} {
		require.Equal(t, want, web.LocalPath(in), in)
	}
}

func TestQR(t *testing.T) {
	qr, err := web.NewQR("jaliya:123456789012345678")
	require.NoError(t, err)
	require.Greater(t, qr.Side, 21)
	require.NotEmpty(t, qr.Path)
	for _, bad := range []string{"", strings.Repeat("x", 501)} {
		_, err := web.NewQR(bad)
		require.Error(t, err)
	}
}

func TestAutonyms(t *testing.T) {
	seen := map[string]bool{}
	for _, l := range consular.Languages() {
		seen[web.Autonym(l)] = true
	}
	require.Len(t, seen, len(consular.Languages()))
}
