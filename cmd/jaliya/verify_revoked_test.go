package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/consular"
	"jaliya/internal/document"
)

// TestVerifyRevoked: the list is read from a file or from a portal, and only
// after the document was proved.
func TestVerifyRevoked(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	name := document.Name(consular.RecordPolice, "DGSN26A0012345").String()
	other := document.Name(consular.RecordJustice, "DGSN26A0012345").String()
	list := func(names string) string { return `{"as_of":"2026-11-22T10:00:00Z","revoked":[` + names + `]}` }
	for file, text := range map[string]string{
		"with.json": list(`"` + other + `","` + name + `"`), "without.json": list(`"` + other + `"`), "empty.json": list(""),
		"none.json": `{"as_of":"2026-11-22T10:00:00Z"}`, "undated.json": `{"revoked":[]}`, "text.json": "revoked",
	} {
		require.NoError(t, os.WriteFile(d.path(file), []byte(text), 0o600))
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/api/v1/revoked", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(list(`"` + name + `"`))) })
	server := httptest.NewServer(mux)
	defer server.Close()
	for what, c := range map[string]struct {
		file, revoked string
		code          int
		said          string
	}{
		"revoked":          {"record.pdf", d.path("with.json"), 1, "REFUSED  revoked"},
		"not revoked":      {"record.pdf", d.path("without.json"), 0, "holds    revoked      2026-11-22T10:00:00Z"},
		"nothing revoked":  {"record.pdf", d.path("empty.json"), 0, "holds    revoked"},
		"portal":           {"record.pdf", server.URL + "/api/v1/revoked", 1, "REFUSED  revoked"},
		"no such page":     {"record.pdf", server.URL + "/elsewhere", 1, "404"},
		"not this machine": {"record.pdf", "http://portal.example/api/v1/revoked", 1, "http is for this machine only"},
		"no list":          {"record.pdf", d.path("none.json"), 1, "is no such list"},
		"undated":          {"record.pdf", d.path("undated.json"), 1, "is no such list"},
		"text":             {"record.pdf", d.path("text.json"), 1, "is no such list"},
		"no file":          {"record.pdf", d.path("gone.json"), 1, "not found"},
		"flipped":          {"flipped.pdf", d.path("with.json"), 1, "REFUSED  signature"},
	} {
		said, code := d.run(t, "", d.path(c.file), "--revoked", c.revoked)
		require.Equal(t, c.code, code, "%s: %s", what, said)
		require.Contains(t, said, c.said, what)
	}
}
