package outside

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
)

func readCloser(b []byte) io.ReadCloser { return io.NopCloser(bytes.NewReader(b)) }

// JSON answers with a value.
func JSON(w http.ResponseWriter, status int, value any) { write(w, status, "application/json", value) }

// Problem answers with an RFC 9457 document of the code.
func Problem(w http.ResponseWriter, status int, code string) {
	write(w, status, "application/problem+json", map[string]any{
		"type": "urn:jaliya:problem:" + code, "title": http.StatusText(status), "status": status, "code": code,
	})
}

func write(w http.ResponseWriter, status int, media string, value any) {
	raw, err := json.Marshal(value)
	if err != nil {
		status, raw = http.StatusInternalServerError, []byte("{}")
	}
	w.Header().Set("Content-Type", media)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(raw) // a caller that is gone is no matter
}
