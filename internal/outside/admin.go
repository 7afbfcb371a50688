package outside

import (
	"encoding/json"
	"net/http"

	"jaliya/internal/fault"
)

// Admin gives the handler with which people and tests break a simulator. It is
// for loopback: it asks nobody who they are.
//
//	GET    /admin/faults    those that wait
//	POST   /admin/faults    a Fault: {"kind":"drop","for":"30s"}
//	DELETE /admin/faults    none from now on
//	GET    /admin/requests  the log
func Admin(f *Faults, l *Log) *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /admin/faults", func(w http.ResponseWriter, _ *http.Request) {
		JSON(w, http.StatusOK, map[string]any{"faults": f.List()})
	})
	mux.HandleFunc("DELETE /admin/faults", func(w http.ResponseWriter, _ *http.Request) {
		f.Clear()
		JSON(w, http.StatusOK, map[string]any{"faults": f.List()})
	})
	mux.HandleFunc("POST /admin/faults", func(w http.ResponseWriter, r *http.Request) {
		var one Fault
		if !ReadJSON(w, r, 4<<10, &one) {
			return
		}
		id, err := f.Add(one)
		switch {
		case fault.Is(err, fault.Full):
			Problem(w, http.StatusInsufficientStorage, "full")
		case err != nil:
			Problem(w, http.StatusUnprocessableEntity, "invalid")
		default:
			JSON(w, http.StatusCreated, map[string]any{"id": id})
		}
	})
	mux.HandleFunc("GET /admin/requests", func(w http.ResponseWriter, _ *http.Request) {
		lines, total := l.Requests()
		JSON(w, http.StatusOK, map[string]any{"total": total, "requests": lines})
	})
	return mux
}

// ReadJSON reads a request's body of at most limit bytes, unknown fields
// refused. It answers what is wrong itself and then gives false.
func ReadJSON(w http.ResponseWriter, r *http.Request, limit int64, into any) bool {
	if r.Header.Get("Content-Type") != "application/json" {
		Problem(w, http.StatusUnsupportedMediaType, "unsupported")
		return false
	}
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, limit))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	switch {
	case err == nil && !d.More():
		return true
	case tooLarge(err):
		Problem(w, http.StatusRequestEntityTooLarge, "too-large")
	default:
		Problem(w, http.StatusBadRequest, "json")
	}
	return false
}
